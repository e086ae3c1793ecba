"""A trace in full: every span with its content and log records, some at a time, for what leaves the viewer whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tracekit.query.traces import decoded, window_of
from tracekit.store import Result
from tracekit.store.search.following import Queryable
from tracekit.store.sqlfiles import statement

PAGE = 200
"""Spans fetched at a time."""
MOST_LOGS = 20_000
"""Log records of a trace that are read; a span's own page has them all."""
_FOLDER = Path(__file__).parent / "sql"


def contents(source: Queryable, trace: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The spans of a trace in full, in the order they started: as `get_span` gives them, with `logs` and `scores`.

    Args:
        source: what answers.
        trace: as `get_trace` gives it.
    """
    logs = _logs(source, trace["trace_id"])
    after: dict[str, Any] = {"after": None, "after_id": None}
    bound = window_of(trace)
    if _is_beyond(trace):
        bound["end_ns"] = None
    while True:
        page = _rows(source.sql(statement(_FOLDER, "trace_contents"), {**bound, **after, "limit": PAGE}))
        for span in page:
            yield {**span, "logs": logs.get(span["span_id"], []), "scores": trace["scores"]}
        if len(page) < PAGE:
            return
        after = {"after": page[-1]["start_time"].isoformat(), "after_id": page[-1]["span_id"]}


def _is_beyond(trace: Mapping[str, Any]) -> bool:
    """Whether a span began after the last one had ended, as far as the trace's row knows."""
    ended = trace["end_time"]
    return ended is not None and any(span["start_time"] > ended for span in trace["spans"])


def _logs(source: Queryable, trace_id: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    rows = _rows(source.sql(statement(_FOLDER, "trace_logs"), {"trace_id": trace_id, "limit": MOST_LOGS}))
    for row in rows:
        found[row.pop("span_id")].append(row)
    return found


def _rows(result: Result) -> list[dict[str, Any]]:
    return [
        {name: decoded(name, kind, value) for name, kind, value in zip(result.columns, result.types, row, strict=True)}
        for row in result.rows
    ]
