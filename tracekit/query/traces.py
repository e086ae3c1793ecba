"""The trace list, one trace and one span, over whatever answers SQL: a store, a source near or far."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from typing import Any

from tracekit.errors import QueryError
from tracekit.query.filters import Filters
from tracekit.query.searching import Searchable, narrow, search
from tracekit.query.times import microseconds, timed
from tracekit.store.search.following import Queryable
from tracekit.store.sqlfiles import statement

_FOLDER = Path(__file__).parent / "sql"
_JSON_STARTS = ("{", "[")
_JSON_OR_TEXT = frozenset({"input", "output"})


def _tokens(trace: Mapping[str, Any]) -> int | None:
    known = [number for number in (trace["input_tokens"], trace["output_tokens"]) if number is not None]
    return sum(known) if known else None


NEWEST = "newest"
SORTS: dict[str, Callable[[Mapping[str, Any]], float | None]] = {
    NEWEST: lambda _: None,
    "slowest": lambda trace: trace["duration_ms"],
    "dearest": lambda trace: trace["cost_usd"],
    "tokens": _tokens,
}
"""The orders of the list, each with what it compares, as `sql/keys` has it."""


@dataclass(slots=True, frozen=True, kw_only=True)
class TracePage:
    """Traces, in the order asked for, by the columns of the `traces` view.

    Attributes:
        traces: the rows.
        next: the cursor of the next page; None on the last.
        notice: what a person should know of a search that could not look everywhere.
    """

    traces: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    next: str | None = None
    notice: str | None = None


def list_traces(
    source: Searchable,
    *,
    limit: int = 50,
    cursor: str | None = None,
    filters: Filters | None = None,
    sort: str = NEWEST,
) -> TracePage:
    """One page of traces.

    Args:
        source: what answers.
        limit: traces on a page.
        cursor: `TracePage.next` of the page before; None for the first.
        filters: which traces; None for all.
        sort: one of `SORTS`. Traces of which the figure is not known come last, and equals newest first.

    Raises:
        QueryError: the cursor is none that this function gave for this order, or there is no such order.
    """
    if sort not in SORTS:
        raise QueryError(f"traces cannot be sorted by {sort!r:.80}; there are {', '.join(SORTS)}.")
    wanted = filters or Filters()
    place = _read_cursor(cursor, sort)
    paging = {"limit": limit + 1, **place}
    narrowed = narrow(source, wanted, whole=sort != NEWEST)
    if narrowed.words is not None:
        found = search(source, narrowed.words, where=narrowed.where, since=wanted.since, paging=paging)
        traces, notice = found.traces, narrowed.notice or found.notice
    else:
        query = statement(_FOLDER, "list_traces" if sort == NEWEST else "list_traces_by")
        if sort != NEWEST:
            query = query.replace("/* key */ NULL", statement(_FOLDER / "keys", sort).strip())
        rows = source.sql(*narrowed.where.into(query, **paging)).dicts()
        traces, notice = [timed(row) for row in rows], narrowed.notice
    if len(traces) <= limit:
        return TracePage(traces=traces, notice=notice)
    return TracePage(traces=traces[:limit], next=_cursor(traces[limit - 1], sort), notice=notice)


def get_trace(source: Queryable, trace_id: str) -> dict[str, Any] | None:
    """One trace with its spans, in the order they started, and its scores; None where there is no such trace.

    The spans carry no message content: `get_span` does. Beside them stands what `get_summary` tells.
    """
    trace = get_summary(source, trace_id)
    if trace is None:
        return None
    bound = window_of(trace)
    spans: list[dict[str, Any]] = []
    if bound["end_ns"] is not None:
        spans = [timed(span) for span in source.sql(statement(_FOLDER, "trace_spans"), bound).dicts()]
    if len(spans) < trace["span_count"]:
        since = {name: bound[name] for name in ("trace_id", "start_ns")}
        spans = source.sql(statement(_FOLDER, "every_trace_span"), since).dicts()
    return {**trace, "spans": sorted(spans, key=itemgetter("start_time", "span_id"))}


def get_summary(source: Queryable, trace_id: str) -> dict[str, Any] | None:
    """One trace without its spans; None where there is no such trace.

    `unpriced` counts the calls whose usage or price is
    not known: unless it is 0, the trace's cost is a lower bound. `lost` counts, for a trace
    that lacks spans, the records that the store never got of any process: what is missing may be among them.
    `gaps` are those that it never got of a process that wrote spans of this trace, and at about that time: rows of the
    view `gaps`.
    """
    trace = _row(source, trace_id)
    if trace is None:
        return None
    scores = get_scores(source, trace_id, trace["session_id"])
    lost = source.sql(statement(_FOLDER, "missing_records")).dicts()[0]
    gaps = source.sql(statement(_FOLDER, "trace_gaps"), window_of(trace)).dicts() if lost["records"] else []
    if not trace["missing_spans"]:
        lost = {"records": 0, "processes": 0}
    return {**trace, "scores": scores, "unpriced": trace["unpriced_spans"], "lost": lost, "gaps": gaps}


def get_span(source: Queryable, trace_id: str, span_id: str) -> dict[str, Any] | None:
    """One span with every column of the `spans` view, JSON decoded; None where there is no such span."""
    trace = _row(source, trace_id)
    if trace is None:
        return None
    bound = window_of(trace) | {"span_id": span_id}
    result = source.sql(statement(_FOLDER, "get_span"), bound)
    if not result.rows:
        result = source.sql(statement(_FOLDER, "get_span"), bound | {"end_ns": None})
    if not result.rows:
        return None
    columns = zip(result.columns, result.types, result.rows[0], strict=True)
    return {name: decoded(name, kind, value) for name, kind, value in columns}


def _row(source: Queryable, trace_id: str) -> dict[str, Any] | None:
    """The row of one trace in the `traces` view."""
    rows = source.sql(statement(_FOLDER, "get_trace"), {"trace_id": trace_id}).dicts()
    return timed(rows[0]) if rows else None


def get_scores(source: Queryable, trace_id: str, session_id: str | None) -> list[dict[str, Any]]:
    """What was said of a trace, its spans and its session, in the order it was said: rows of the `scores` view."""
    bound = {"trace_id": trace_id, "session_id": session_id}
    return source.sql(statement(_FOLDER, "trace_scores"), bound).dicts()


def is_session(source: Queryable, session_id: str) -> bool:
    """Whether a stored trace belongs to this session."""
    return bool(source.sql(statement(_FOLDER, "session_exists"), {"session_id": session_id}).rows[0][0])


def window_of(trace: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters by which the spans of a trace are found without looking at those of other times.

    They are numbers, which are compared as they are: a time written as text is read by a calendar first. Of a trace
    that has not ended, `end_ns` is None.
    """
    started, ended = microseconds(trace["start_time"]), trace["end_time"]
    return {
        "trace_id": trace["trace_id"],
        "start_ns": started * 1000,
        "end_ns": None if ended is None else microseconds(ended) * 1000 + 999,
    }


def get_logs(source: Queryable, trace_id: str, span_id: str) -> list[dict[str, Any]]:
    """The log records that name a span, in the order of their time: rows of the `logs` view, JSON decoded."""
    result = source.sql(statement(_FOLDER, "logs_of_span"), {"trace_id": trace_id, "span_id": span_id})
    return [
        {name: decoded(name, kind, value) for name, kind, value in zip(result.columns, result.types, row, strict=True)}
        for row in result.rows
    ]


def decoded(name: str, kind: str, value: Any) -> Any:
    """A cell of a view, with JSON read."""
    if not isinstance(value, str):
        return value
    if kind == "JSON" or (name in _JSON_OR_TEXT and value.startswith(_JSON_STARTS)):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value  # text that only looks like JSON, or is nested deeper than anything can read
    return value


def _bindable(value: Any) -> Any:
    """A time as text, which every way to the store can carry."""
    return value.isoformat() if isinstance(value, datetime) else value


def _cursor(trace: Mapping[str, Any], sort: str) -> str:
    place = [_bindable(trace["start_time"]), trace["trace_id"]]
    key = json.dumps(place if sort == NEWEST else [*place, sort, SORTS[sort](trace)])
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _read_cursor(cursor: str | None, sort: str) -> dict[str, Any]:
    """The parameters that say after which trace a page begins."""
    start = trace_id = key = None
    if cursor is not None:
        try:
            start, trace_id, *rest = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
            datetime.fromisoformat(start)
            if sort != NEWEST:
                of, key = rest
                key = None if key is None else float(key)
                rest = [] if of == sort else [of]
            if rest:
                raise ValueError(rest)  # noqa: TRY301 - a place in another order
        except (ValueError, TypeError) as error:
            raise QueryError(
                f"the cursor {cursor!r:.80} is none of tracekit's for this order; leave it out to start anew."
            ) from error
    place = {"before": start, "before_id": None if trace_id is None else str(trace_id)}
    return place if sort == NEWEST else {**place, "before_key": key}
