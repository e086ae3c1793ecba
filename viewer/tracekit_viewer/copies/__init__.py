"""A recorded model call as something to run again: a request in its provider's shape, as Python and as curl.

Only what was recorded is in it. What was not, and what this could not carry over, stands as a comment at its top.
"""
