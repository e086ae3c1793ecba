"""What a row of the trace list shows besides the row itself: scores, where a failed trace failed, attributes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tracekit.store.search.following import Queryable
from tracekit.store.sqlfiles import statement

EXCERPT = 200
"""Characters of an attribute that a row shows."""
_FOLDER = Path(__file__).parent / "sql"


@dataclass(slots=True, frozen=True, kw_only=True)
class Details:
    """Of some traces, by their ids.

    Attributes:
        scores: by name: `name`, `value` (the mean; None where only labels were given), `label` (the last), `count`.
        failures: the span where to look first: `span_id`, `name`, `kind`, `tool_name`, `error_type`, `status_message`,
            and `count`, how many spans failed that have no failed one below.
        attributes: the beginning of those that were asked for, by key: of the root span, else of the first that has it.
    """

    scores: dict[str, list[dict[str, Any]]] = field(default_factory=dict[str, list[dict[str, Any]]])
    failures: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    attributes: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])


def details(source: Queryable, traces: Sequence[dict[str, Any]], *, attributes: Sequence[str] = ()) -> Details:
    """The details of rows of the `traces` view, and these attributes of their spans."""
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
    return Details(scores=dict(scores), failures=failures, attributes=_attributes(source, traces, attributes))


def _attributes(source: Queryable, traces: Sequence[dict[str, Any]], keys: Sequence[str]) -> dict[str, dict[str, str]]:
    if not keys:
        return {}
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    bound = {
        "traces": [row["trace_id"] for row in traces],
        "since": min(row["start_time"] for row in traces).isoformat(),
        "pointers": [f"/{key.replace('~', '~0').replace('/', '~1')}" for key in keys],
        "length": EXCERPT,
    }
    for trace_id, place, value in source.sql(statement(_FOLDER, "list_attributes"), bound).rows:
        found[trace_id][keys[int(place)]] = value
    return dict(found)
