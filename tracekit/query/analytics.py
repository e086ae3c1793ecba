"""What a store says in sums: traffic, cost, errors, tools, sessions and users, over whatever answers SQL.

Every question is bound to a window of time and reads each row of it once. A response counts once: tokens and cost are
those of the spans that own them, and calls whose price nobody knows are counted beside the sum, a lower bound then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from tracekit.query.resolve import QUERIES
from tracekit.semconv import FETCH_RESPONSE
from tracekit.store.search.following import Queryable
from tracekit.store.sqlfiles import statement

Row = dict[str, Any]
By = Literal["model", "provider", "project", "user", "tool", "day"]

ARGUMENTS = 5
"""Arguments of a tool that are told."""
_ARGUMENT = 2_000
_ASKED = 4_000
"""Characters of what somebody said in a conversation; the trace has it all."""
_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A time: from `since`, included, to `until`, excluded; both with a zone."""

    since: datetime
    until: datetime

    def bound(self) -> dict[str, Any]:
        """The parameters of a statement."""
        return {"since": self.since.isoformat(), "until": self.until.isoformat()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Some of `total` rows, and the row that is the whole: its percentiles do not follow from those of its parts."""

    rows: list[Row]
    whole: Row
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Traces and model calls by bucket of time, by microseconds since 1970; a bucket without any has no row."""

    traces: Sums
    calls: Sums


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some of the rows that there are, and how many those are; `all` sums up what they count."""

    rows: list[Row] = field(default_factory=list[Row])
    total: int = 0
    all: int = 0


def bounds(source: Queryable) -> tuple[datetime, datetime] | None:
    """When the first and the last trace began; None of an empty store."""
    [(earliest, latest)] = source.sql(statement(QUERIES, "time_bounds")).rows
    return None if earliest is None else (earliest, latest)


def overview(source: Queryable, window: Window, *, seconds: int) -> Overview:
    """Traffic, errors, latency, tokens and cost by buckets of so many seconds, which begin at multiples of that."""
    bound = {**window.bound(), "width": seconds * _MICROSECONDS}
    traces = source.sql(statement(QUERIES, "overview_traces"), bound).dicts()
    calls = source.sql(_calls("overview_calls"), {**bound, "fetch": FETCH_RESPONSE}).dicts()
    parts = [Sums(rows=rows[:-1], whole=rows[-1], total=len(rows) - 1) for rows in (traces, calls)]
    return Overview(traces=parts[0], calls=parts[1])


def usage(source: Queryable, window: Window, *, by: By, limit: int = 100, skip: int = 0) -> Sums:
    """What model calls used and cost by `key`, the dearest or newest first; the key None is what has none."""
    bound = {**_usage_bound(window, by), "limit": limit, "skip": skip}
    rows = source.sql(_calls(_of(by), "usage"), bound).dicts()
    total = rows[0]["keys"]
    for row in rows:
        del row["whole"], row["keys"]
    return Sums(rows=rows[:-1], whole=rows[-1], total=total)


def cached(source: Queryable, window: Window, *, by: By) -> list[Row]:
    """What calls read from caches and wrote to them, by `key` and by all that prices depend on."""
    return source.sql(_calls(_of(by), "caching"), _usage_bound(window, by)).dicts()


def errors(
    source: Queryable, window: Window, *, fingerprint: str | None = None, limit: int = 100, skip: int = 0
) -> Page:
    """Failed spans by fingerprint, the commonest first; `Page.all` counts all that failed."""
    bound = {**window.bound(), "fingerprint": fingerprint, "limit": limit, "skip": skip}
    rows = source.sql(statement(QUERIES, "failures") + statement(QUERIES, "errors"), bound).dicts()
    return _page(rows, total="groups", counted="all_failed")


def error_traces(source: Queryable, window: Window, *, fingerprint: str, limit: int, skip: int = 0) -> list[Row]:
    """The traces in which that happened, the newest first, each with the last span of it."""
    bound = {**window.bound(), "fingerprint": fingerprint, "limit": limit, "skip": skip}
    return source.sql(statement(QUERIES, "failures") + statement(QUERIES, "error_traces"), bound).dicts()


def tools(source: Queryable, window: Window, *, limit: int = 100, skip: int = 0) -> Page:
    """Tools by name, the most called first, each with its most frequent `arguments`; `Page.all` counts all calls."""
    bound = {**window.bound(), "limit": limit, "skip": skip}
    found = _page(source.sql(statement(QUERIES, "tools"), bound).dicts(), total="tools", counted="all_calls")
    said = _arguments(source, window, [row["tool"] for row in found.rows])
    for row in found.rows:
        row["arguments"] = said.get(row["tool"], [])
    return found


def _arguments(source: Queryable, window: Window, names: Sequence[str]) -> dict[str, list[Row]]:
    bound = {**window.bound(), "tools": list(names), "most": ARGUMENTS, "length": _ARGUMENT}
    found: dict[str, list[Row]] = {}
    for row in source.sql(statement(QUERIES, "tool_arguments"), bound).dicts():
        found.setdefault(row.pop("tool"), []).append(row)
    return found


def sessions(source: Queryable, window: Window, *, user: str | None = None, limit: int = 100, skip: int = 0) -> Page:
    """Sessions of which a trace began in the window, the one heard of last first; they sum up the window alone."""
    bound = {**window.bound(), "user_id": user, "limit": limit, "skip": skip}
    return _page(source.sql(statement(QUERIES, "sessions"), bound).dicts(), total="sessions", counted=None)


def session(source: Queryable, session_id: str) -> Row | None:
    """The sums of one session, of all time; None where there is none."""
    rows = source.sql(statement(QUERIES, "session"), {"session_id": session_id}).dicts()
    return rows[0] if rows else None


def turns(source: Queryable, session_id: str, *, limit: int, skip: int = 0) -> list[Row]:
    """The traces of a session, the oldest first, each with what was `asked`: None where no message says it."""
    bound = {"session_id": session_id, "limit": limit, "skip": skip}
    rows = source.sql(statement(QUERIES, "session_turns"), bound).dicts()
    said = _asked(source, rows) if rows else {}
    return [{**row, "asked": said.get(row["trace_id"])} for row in rows]


def _asked(source: Queryable, traces: Sequence[Row]) -> dict[str, str | None]:
    ends = [row["end_time"] for row in traces]
    window = {
        "trace_ids": [row["trace_id"] for row in traces],
        "since": traces[0]["start_time"].isoformat(),
        "until": None if None in ends else max(ends).isoformat(),
    }
    numbers = [row[0] for row in source.sql(statement(QUERIES, "opening_calls"), window).rows]
    if not numbers:
        return {}
    bound = {"low": min(numbers), "high": max(numbers), "seqs": numbers, "length": _ASKED}
    return dict(source.sql(statement(QUERIES, "asked"), bound).rows)


def users(source: Queryable, window: Window, *, limit: int = 100, skip: int = 0) -> Page:
    """Users by what their traces of the window cost, the dearest first."""
    bound = {**window.bound(), "limit": limit, "skip": skip}
    return _page(source.sql(statement(QUERIES, "users"), bound).dicts(), total="users", counted=None)


def _calls(*names: str) -> str:
    return "".join(statement(QUERIES, name) for name in ("model_calls", *names))


def _of(by: By) -> str:
    return f"usage_of_{by}" if by in ("user", "tool") else "usage_of_column"


def _usage_bound(window: Window, by: By) -> dict[str, Any]:
    return {**window.bound(), "by": by, "fetch": FETCH_RESPONSE}


def _page(rows: list[Row], *, total: str, counted: str | None) -> Page:
    """Rows that each say how many there are in all."""
    found = Page(rows=rows, total=rows[0][total] if rows else 0, all=rows[0][counted] if rows and counted else 0)
    for row in rows:
        del row[total]
        if counted:
            del row[counted]
    return found
