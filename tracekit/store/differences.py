"""Which rows that were derived anew say something else than those that are stored. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from tracekit.store import Table
from tracekit.store.cells import text

_NEVER = frozenset({"start_time", "derivation", "counted", "journal", "record"})
"""Said by `start_ns`; no part of what a span says; decided among the spans of a trace; see below."""
_ORIGIN = {"journal": pa.string(), "record": pa.int64()}
"""Where a span came from, which it does not say itself."""
_INTERRUPTED = "interrupted"


def differing(incoming: Table, stored: Table) -> Table:
    """The rows of `incoming` whose span is stored and that say something else there.

    A span that never ended because its program died stays interrupted: it does not say so itself.
    """
    known = {(row["trace_id"], row["span_id"]): row for row in stored.drop_columns(["start_time"]).to_pylist()}
    outcomes: list[str | None] = []
    differ: list[bool] = []
    for row in incoming.drop_columns(["start_time"]).to_pylist():
        before = known.get((row["trace_id"], row["span_id"]))
        if before is not None and before["outcome"] == _INTERRUPTED and row["end_ns"] is None:
            row["outcome"] = _INTERRUPTED
        outcomes.append(row["outcome"])
        differ.append(before is not None and _differs(row, before))
    columns = {"outcome": text(outcomes)}
    keys = list(zip(incoming["trace_id"].to_pylist(), incoming["span_id"].to_pylist(), strict=True))
    for name, kind in _ORIGIN.items():
        columns[name] = pa.array([known[key][name] if key in known else None for key in keys], kind)
    for name, column in columns.items():
        incoming = incoming.set_column(incoming.schema.get_field_index(name), name, column)
    return incoming.filter(pa.array(differ, pa.bool_()))


def _differs(row: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    return any(value != before[name] for name, value in row.items() if name not in _NEVER)
