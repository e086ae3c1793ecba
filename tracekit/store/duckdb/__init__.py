"""The store in one DuckDB file; the only importer of duckdb. `open_store` is the way in."""

from __future__ import annotations

from tracekit.store.duckdb.database import open_store

__all__ = ["open_store"]
