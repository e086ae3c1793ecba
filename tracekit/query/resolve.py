"""Which trace a person means: a whole id, the beginning of one, or `latest`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tracekit.errors import UsageError
from tracekit.store.search.following import Queryable
from tracekit.store.sqlfiles import statement

QUERIES = Path(__file__).parent / "sql"
LATEST = "latest"
_SHOWN = 5


def stored(source: Queryable, ids: Iterable[str]) -> set[str]:
    """Those of some whole ids that a trace here has."""
    asked = " ".join(ids)
    return (
        {row[0] for row in source.sql(statement(QUERIES, "stored_traces"), {"among": asked}).rows} if asked else set()
    )


def trace_id(source: Queryable, word: str) -> str:
    """The id of the trace that `word` names.

    Raises:
        UsageError: none or more than one does.
    """
    prefix = "" if word == LATEST else word.strip().lower()
    if not prefix and word != LATEST:
        raise UsageError("an empty text names no trace. Give an id, the beginning of one, or latest.")
    limit = 1 if word == LATEST else _SHOWN
    found = source.sql(statement(QUERIES, "find_trace"), {"prefix": prefix, "limit": limit}).rows
    ids = [str(row[0]) for row in found]
    if prefix in ids or len(ids) == 1:
        return prefix if prefix in ids else ids[0]
    if ids:
        shown = ", ".join(ids) + (", ..." if len(ids) == _SHOWN else "")
        raise UsageError(f"{word!r} begins the id of more than one trace: {shown}. Give more of it.")
    if word == LATEST:
        raise UsageError("there is no trace yet. Record a program with `tracekit run app.py`.")
    raise UsageError(f"{word!r} is no trace and begins the id of none. `tracekit ls` lists them.")
