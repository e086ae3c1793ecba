"""Text search: an index of words beside the database, behind ingest, rebuilt from the store whenever it is missing.

It owns no span: it answers with `seq`, the number that the store gave each, and losing it loses nothing.
"""
