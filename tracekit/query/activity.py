"""What happened lately, added up: calls a second, errors, latency, tokens and cost, by model, name, tool or project."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from tracekit.query.filters import Filters
from tracekit.query.searching import Searchable, narrow
from tracekit.store.sqlfiles import statement

GROUPS = ("model", "name", "tool", "project")
_FOLDER = Path(__file__).parent / "sql"


@dataclass(slots=True, frozen=True, kw_only=True)
class Activity:
    """Groups of spans, those with most calls first.

    Attributes:
        rows: `group`, `calls`, `running`, `errors`, `calls_per_second`, `p50_ms`, `p95_ms`, `input_tokens`,
            `output_tokens`, `cost_usd`, and `unpriced`, how many counted calls have no cost. What is unknown is None.
        notice: what a person should know of a search that could not look everywhere.
    """

    rows: list[dict[str, Any]]
    notice: str | None = None


def activity(source: Searchable, *, by: str, since: datetime, until: datetime, filters: Filters) -> Activity:
    """What the spans that began in a time say, in groups.

    Args:
        source: what answers.
        by: one of `GROUPS`: "model" and "tool" are of those spans that have one, "name" and "project" of all calls.
        since: the beginning, included.
        until: the end, excluded.
        filters: spans of these traces only; their own times are left out.
    """
    narrowed = narrow(source, replace(filters, since=None, until=None), whole=True)
    bound = {"by": by, "from": since.isoformat(), "to": until.isoformat(), "all": filters == Filters()}
    query, given = narrowed.where.into(statement(_FOLDER, "activity"), **bound, seconds=(until - since).total_seconds())
    return Activity(rows=source.sql(query, given).dicts(), notice=narrowed.notice)
