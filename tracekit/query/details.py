"""What a row of the trace list shows besides the row itself: scores, and where a failed trace failed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tracekit.store.search.following import Queryable
from tracekit.store.sqlfiles import statement

_FOLDER = Path(__file__).parent / "sql"


@dataclass(slots=True, frozen=True, kw_only=True)
class Details:
    """Of some traces, by their ids.

    Attributes:
        scores: by name: `name`, `value` (the mean; None where only labels were given), `label` (the last), `count`.
        failures: the span where to look first: `span_id`, `name`, `kind`, `tool_name`, `error_type`, `status_message`,
            and `count`, how many spans failed that have no failed one below.
    """

    scores: dict[str, list[dict[str, Any]]] = field(default_factory=dict[str, list[dict[str, Any]]])
    failures: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])


def details(source: Queryable, traces: Sequence[dict[str, Any]]) -> Details:
    """The details of rows of the `traces` view."""
    scores: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    if not traces:
        return Details()
    for row in source.sql(statement(_FOLDER, "list_scores"), {"traces": [row["trace_id"] for row in traces]}).dicts():
        scores[row.pop("trace_id")].append(row)
    failed = [row for row in traces if row["error_count"]]
    failures: dict[str, dict[str, Any]] = {}
    if failed:
        since = min(row["start_time"] for row in failed).isoformat()
        bound = {"traces": [row["trace_id"] for row in failed], "since": since}
        for row in source.sql(statement(_FOLDER, "list_failures"), bound).dicts():
            failures[row.pop("trace_id")] = row
    return Details(scores=dict(scores), failures=failures)
