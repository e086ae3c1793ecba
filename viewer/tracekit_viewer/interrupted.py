"""Which traces without an end will never have one, because their process died: `traces` does not say."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from typing import Any

from tracekit.query.traces import Queryable

_STATEMENT = (resources.files("tracekit_viewer") / "queries" / "interrupted.sql").read_text(encoding="utf-8")


def interrupted(source: Queryable, traces: Sequence[dict[str, Any]]) -> frozenset[str]:
    """The ids of those traces in which the store knows an interrupted span.

    Args:
        source: what answers.
        traces: rows of the `traces` view; it is asked only about those that have not ended.
    """
    unended = [trace for trace in traces if trace["end_time"] is None]
    if not unended:
        return frozenset()
    since = min(trace["start_time"] for trace in unended).isoformat()
    ids = [trace["trace_id"] for trace in unended]
    return frozenset(row[0] for row in source.sql(_STATEMENT, {"ids": ids, "since": since}).rows)
