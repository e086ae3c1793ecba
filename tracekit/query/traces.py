"""The trace list, one trace and one span, over whatever answers SQL: a store, a source near or far."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tracekit.errors import QueryError
from tracekit.query.searching import Searchable, search
from tracekit.store.search.following import Queryable
from tracekit.store.sqlfiles import statement

_FOLDER = Path(__file__).parent / "sql"
_JSON_STARTS = ("{", "[")
_JSON_OR_TEXT = frozenset({"input", "output"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True, frozen=True, kw_only=True)
class Filters:
    """Which traces: those for which everything given holds.

    Attributes:
        status: the word of `tracekit.state` for it: "ok" (whole, and nothing failed), "error", "running",
            "interrupted" or "incomplete". The column `status` says what the spans themselves have set.
        project: its exact name.
        model: one that the trace called, by its exact name.
        session_id: the session it belongs to.
        user_id: the user it belongs to.
        name: text that its name contains, in any case.
        text: words that one of its spans holds, all of them: see `docs/search.md`; or its whole id.
        attributes: attributes that one of its spans has, and the same span `text`: a key, and the value, which is text
            or JSON; None for any value.
        since: earliest start, included; a time without a zone is UTC.
        until: latest start, excluded; a time without a zone is UTC.
    """

    status: str | None = None
    project: str | None = None
    model: str | None = None
    session_id: str | None = None
    user_id: str | None = None
    name: str | None = None
    text: str | None = None
    attributes: tuple[tuple[str, str | None], ...] = ()
    since: datetime | None = None
    until: datetime | None = None


@dataclass(slots=True, frozen=True, kw_only=True)
class TracePage:
    """Traces, newest first, by the columns of the `traces` view.

    Attributes:
        traces: the rows.
        next: the cursor of the next page; None on the last.
        notice: what a person should know of a search that could not look everywhere.
    """

    traces: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    next: str | None = None
    notice: str | None = None


def list_traces(
    source: Searchable, *, limit: int = 50, cursor: str | None = None, filters: Filters | None = None
) -> TracePage:
    """One page of traces, newest first.

    Args:
        source: what answers.
        limit: traces on a page.
        cursor: `TracePage.next` of the page before; None for the first.
        filters: which traces; None for all.

    Raises:
        QueryError: the cursor is none that this function gave.
    """
    wanted = filters or Filters()
    bound: dict[str, Any] = {name: _bindable(value) for name, value in asdict(wanted).items()}
    text, attributes = bound.pop("text"), bound.pop("attributes")
    bound["before"], bound["before_id"] = _read_cursor(cursor)
    bound["limit"] = limit + 1
    notice = None
    if text is None and not attributes:
        traces = source.sql(statement(_FOLDER, "list_traces"), bound).dicts()
    else:
        found = search(source, text or "", attributes, filters=bound)
        traces, notice = found.traces, found.notice
    if len(traces) <= limit:
        return TracePage(traces=traces, notice=notice)
    return TracePage(traces=traces[:limit], next=_cursor(traces[limit - 1]), notice=notice)


def get_trace(source: Queryable, trace_id: str) -> dict[str, Any] | None:
    """One trace with its spans, in the order they started, and its scores; None where there is no such trace.

    The spans carry no message content: `get_span` does. `unpriced` counts the calls whose usage or price is
    not known: unless it is 0, the trace's cost is a lower bound. `lost` counts, for a trace
    that lacks spans, the records that the store never got of any process: what is missing may be among them.
    `gaps` are those that it never got of a process that wrote spans of this trace, and at about that time: rows of the
    view `gaps`.
    """
    rows = source.sql(statement(_FOLDER, "get_trace"), {"trace_id": trace_id}).dicts()
    if not rows:
        return None
    trace = rows[0]
    window = _window(trace)
    spans = [] if window["end_ns"] is None else source.sql(statement(_FOLDER, "trace_spans"), window).dicts()
    if len(spans) < trace["span_count"]:
        since = {name: window[name] for name in ("trace_id", "start_ns")}
        spans = source.sql(statement(_FOLDER, "every_trace_span"), since).dicts()
    scores = get_scores(source, trace_id, trace["session_id"])
    lost = source.sql(statement(_FOLDER, "missing_records")).dicts()[0]
    gaps = source.sql(statement(_FOLDER, "trace_gaps"), window).dicts() if lost["records"] else []
    if not trace["missing_spans"]:
        lost = {"records": 0, "processes": 0}
    return {
        **trace,
        "spans": spans,
        "scores": scores,
        "unpriced": trace["unpriced_spans"],
        "lost": lost,
        "gaps": gaps,
    }


def get_span(source: Queryable, trace_id: str, span_id: str) -> dict[str, Any] | None:
    """One span with every column of the `spans` view, JSON decoded; None where there is no such span."""
    traces = source.sql(statement(_FOLDER, "get_trace"), {"trace_id": trace_id}).dicts()
    if not traces:
        return None
    bound = _window(traces[0]) | {"span_id": span_id}
    result = source.sql(statement(_FOLDER, "get_span"), bound)
    if not result.rows:
        result = source.sql(statement(_FOLDER, "get_span"), bound | {"end_ns": None})
    if not result.rows:
        return None
    columns = zip(result.columns, result.types, result.rows[0], strict=True)
    return {name: decoded(name, kind, value) for name, kind, value in columns}


def get_scores(source: Queryable, trace_id: str, session_id: str | None) -> list[dict[str, Any]]:
    """What was said of a trace, its spans and its session, in the order it was said: rows of the `scores` view."""
    bound = {"trace_id": trace_id, "session_id": session_id}
    return source.sql(statement(_FOLDER, "trace_scores"), bound).dicts()


def is_session(source: Queryable, session_id: str) -> bool:
    """Whether a stored trace belongs to this session."""
    return bool(source.sql(statement(_FOLDER, "session_exists"), {"session_id": session_id}).rows[0][0])


def _window(trace: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters by which the spans of a trace are found without looking at those of other times.

    Of a trace that has not ended, `end_ns` is None.
    """
    started, ended = _microseconds(trace["start_time"]), trace["end_time"]
    return {
        "trace_id": trace["trace_id"],
        "start_ns": started * 1000,
        "end_ns": None if ended is None else _microseconds(ended) * 1000 + 999,
    }


def _microseconds(moment: datetime) -> int:
    """Since 1970: a number is compared as it is, while a time written as text is read by a calendar first."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


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
        except ValueError:
            return value  # text that only looks like JSON
    return value


def _bindable(value: Any) -> Any:
    """A time as text, which every way to the store can carry."""
    return value.isoformat() if isinstance(value, datetime) else value


def _cursor(trace: Mapping[str, Any]) -> str:
    key = json.dumps([_bindable(trace["start_time"]), trace["trace_id"]])
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _read_cursor(cursor: str | None) -> tuple[str | None, str | None]:
    if cursor is None:
        return None, None
    try:
        start, trace_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        datetime.fromisoformat(start)
        return start, str(trace_id)
    except (ValueError, TypeError) as error:
        raise QueryError(
            f"the cursor {cursor!r:.80} is none of tracekit's; leave it out to start at the newest."
        ) from error
