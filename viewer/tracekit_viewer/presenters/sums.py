"""Models and cost, errors, tools and users as tables: what was used, what failed, what was called, by whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args
from urllib.parse import quote

from tracekit import units
from tracekit.query.analytics import By, Page, Sums
from tracekit.query.savings import Saving
from tracekit.units import UNKNOWN, Quantity
from tracekit_viewer.presenters import table
from tracekit_viewer.presenters.address import address
from tracekit_viewer.presenters.table import Cell, Pager, Table, excerpt
from tracekit_viewer.presenters.timerange import Choice, TimeRange

GROUPS: tuple[By, ...] = get_args(By)
_FILTER = {"model": "model", "project": "project", "user": "user_id"}
"""Groups that the list of traces can be narrowed to, and by which parameter."""
_NONE = {"tool": "(beneath no tool)", "user": "(no user)", "model": "(no model)"}
_NAME = 120
_MESSAGE = 300
_ARGUMENTS = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A page that is a table. `hint` says what an empty one means."""

    title: str
    lead: str
    time: TimeRange
    table: Table
    pager: Pager | None = None
    groups: Sequence[Choice] = ()
    hint: str = ""


def usage(found: Sums, saved: Mapping[str | None, Saving], *, by: By, time: TimeRange, start: int, size: int) -> View:
    """Models and cost by one of `GROUPS`."""
    rows = [_usage(row, saved.get(row["key"]), by=by, time=time) for row in found.rows]
    whole = Saving(
        usd=_sum([each.usd for each in saved.values()]), unknown=sum(each.unknown for each in saved.values())
    )
    return View(
        title="Models and cost",
        lead=f"Model calls of {time.words}, each response once.",
        time=time,
        table=Table(
            label=f"Usage by {by}",
            columns=[
                by.capitalize(),
                "Calls",
                "Errors",
                "Input",
                "Cached",
                "Output",
                "Cost",
                "Caching saved",
                "p50",
                "p95",
            ],
            rows=rows,
            keys=[row["key"] or "" for row in found.rows],
            foot=[Cell(text="All"), *_figures(found.whole, whole)] if found.total > 1 else [],
        ),
        groups=[
            Choice(
                label=each.capitalize(),
                href=_grouped(time, each),
                active=each == by,
            )
            for each in GROUPS
        ],
        pager=table.pager(start=start, size=size, total=found.total, url=_grouped(time, by), noun=by),
        hint="No model call began in this time.",
    )


def _grouped(time: TimeRange, by: By) -> str:
    return time.url("/models", **({} if by == "model" else {"by": by}))


def _usage(row: Mapping[str, Any], saved: Saving | None, *, by: By, time: TimeRange) -> list[Cell]:
    key = row["key"]
    href = None
    if key is not None and by in _FILTER:
        href = time.traces(**{_FILTER[by]: key})
    elif key is not None and by == "day":
        href = address("/models", {"since": f"{key}T00:00:00+00:00", "until": f"{key}T23:59:59.999999+00:00"})
    name = _NONE.get(by, "(unknown)") if key is None else key
    return [Cell(text=name, href=href), *_figures(row, saved)]


def _figures(row: Mapping[str, Any], saved: Saving | None) -> list[Cell]:
    return [
        table.whole(row["calls"]),
        table.share(row["failed"], row["calls"], what="calls that failed"),
        table.tokens(row["input_tokens"]),
        table.tokens(row["cache_read_tokens"]),
        table.tokens(row["output_tokens"]),
        table.cost(row["cost_usd"], row["unpriced"]),
        _saved(saved),
        table.took(row["p50_ms"]),
        table.took(row["p95_ms"]),
    ]


def _saved(saved: Saving | None) -> Cell:
    if saved is None or (saved.usd is None and not saved.unknown):
        return Cell(quantity=Quantity(UNKNOWN, "no call told that it used a cache"))
    note = f"+ {units.plural(saved.unknown, 'call')} unknown" if saved.unknown else ""
    if saved.usd is not None and saved.usd < 0:
        lost = units.money(-saved.usd)
        return Cell(
            quantity=Quantity(
                f"-{lost.text}", f"-{lost.exact}: writing to the cache cost more than reading from it saved"
            ),
            note=note,
            alarming=True,
        )
    return Cell(quantity=units.money(saved.usd), note=note)


def errors(found: Page, *, time: TimeRange, now: datetime, start: int, size: int) -> View:
    """Errors by fingerprint."""
    return View(
        title="Errors",
        lead=f"{units.plural(found.all, 'failed span')} of {time.words}, alike by type, message and name of the span."
        if found.all
        else f"Failed spans of {time.words}.",
        time=time,
        table=Table(
            label="Errors",
            columns=["Error", "Span", "Count", "Traces", "Last seen", "First seen"],
            rows=[_error(row, time, now) for row in found.rows],
            keys=[str(row["fingerprint"]) for row in found.rows],
        ),
        pager=table.pager(start=start, size=size, total=found.total, url=time.url("/errors"), noun="kind"),
        hint="No span that began in this time has failed.",
    )


def _error(row: Mapping[str, Any], time: TimeRange, now: datetime) -> list[Cell]:
    here = time.url(f"/errors/{row['fingerprint']}")
    return [
        Cell(text=row["error_type"] or "(no type)", href=here, excerpts=_excerpts(row["message"])),
        Cell(text=excerpt(row["name"], _NAME)),
        table.whole(row["count"]),
        table.whole(row["traces"], href=here),
        table.seen(row["last_seen"], now, href=span_address(row["newest_trace"], row["newest_span"])),
        table.seen(row["first_seen"], now),
    ]


def _excerpts(message: str | None) -> list[str]:
    return [excerpt(message, _MESSAGE) if message else "(no message)"]


def affected(
    rows: Sequence[Mapping[str, Any]], kind: Mapping[str, Any], *, time: TimeRange, now: datetime, start: int, size: int
) -> View:
    """The traces of one kind of error."""
    return View(
        title=kind["error_type"] or "(no type)",
        lead=f"{units.plural(kind['count'], 'failed span')} in {units.plural(kind['traces'], 'trace')}, {time.words}.",
        time=time,
        table=Table(
            label="Affected traces",
            columns=["Trace", "What it said", "Times", "Latency", "Started"],
            rows=[
                [
                    Cell(
                        text=row["name"] or "(unnamed)",
                        href=span_address(row["trace_id"], row["span_id"]),
                        excerpts=[excerpt(row["input_preview"], _ARGUMENTS)] if row["input_preview"] else [],
                    ),
                    Cell(text=excerpt(row["said"], _MESSAGE) if row["said"] else "(no message)"),
                    table.whole(row["failed"]),
                    table.took(row["duration_ms"]),
                    table.seen(row["start_time"], now),
                ]
                for row in rows
            ],
            keys=[str(row["trace_id"]) for row in rows],
        ),
        pager=table.pager(
            start=start, size=size, total=kind["traces"], url=time.url(f"/errors/{kind['fingerprint']}"), noun="trace"
        ),
    )


def tools(found: Page, *, time: TimeRange, now: datetime, start: int, size: int) -> View:
    """Tools by name."""
    return View(
        title="Tools",
        lead=f"{units.plural(found.all, 'call')} of {time.words}." if found.all else f"Calls of tools, {time.words}.",
        time=time,
        table=Table(
            label="Tools",
            columns=["Tool", "Calls", "Errors", "p50", "p95", "p99", "Most frequent arguments", "Last called"],
            rows=[_tool(row, now) for row in found.rows],
            keys=[str(row["tool"]) for row in found.rows],
        ),
        pager=table.pager(start=start, size=size, total=found.total, url=time.url("/tools"), noun="tool"),
        hint="No tool was called in this time.",
    )


def _tool(row: Mapping[str, Any], now: datetime) -> list[Cell]:
    newest = span_address(row["newest_trace"], row["newest_span"])
    failed = span_address(row["failed_trace"], row["failed_span"]) if row["failed_trace"] else None
    return [
        Cell(text=row["tool"], href=newest, note=f"{row['open']:,} still open" if row["open"] else ""),
        table.whole(row["calls"]),
        table.share(row["failed"], row["calls"], what="calls that failed; the link leads to the newest", href=failed),
        table.took(row["p50_ms"]),
        table.took(row["p95_ms"]),
        table.took(row["p99_ms"]),
        Cell(
            excerpts=[
                f"{each['calls']:,} \u00d7 {excerpt(each['arguments'], _ARGUMENTS)}" for each in row["arguments"]
            ],
            text=None if row["arguments"] else UNKNOWN,
            code=True,
        ),
        table.seen(row["last_called"], now, href=newest),
    ]


def users(found: Page, *, time: TimeRange, now: datetime, start: int, size: int) -> View:
    """Users by cost."""
    return View(
        title="Users",
        lead=f"Users of {time.words}, those who cost most first.",
        time=time,
        table=Table(
            label="Users",
            columns=[
                "User",
                "Traces",
                "Errors",
                "Sessions",
                "Input",
                "Output",
                "Cost",
                "p50",
                "p95",
                "Last seen",
                "First seen",
            ],
            rows=[_user(row, time, now) for row in found.rows],
            keys=[str(row["user_id"]) for row in found.rows],
        ),
        pager=table.pager(start=start, size=size, total=found.total, url=time.url("/users"), noun="user"),
        hint="No trace of this time names its user. Name them with tracekit.context(user_id=...).",
    )


def _user(row: Mapping[str, Any], time: TimeRange, now: datetime) -> list[Cell]:
    who = row["user_id"]
    return [
        Cell(text=who, href=time.traces(user_id=who)),
        table.whole(row["traces"]),
        table.share(
            row["failed"], row["traces"], what="traces that failed", href=time.traces(user_id=who, status="error")
        ),
        table.whole(row["sessions"], href=time.url("/sessions", user_id=who) if row["sessions"] else None),
        table.tokens(row["input_tokens"]),
        table.tokens(row["output_tokens"]),
        table.cost(row["cost_usd"], row["unpriced"] or 0),
        table.took(row["p50_ms"]),
        table.took(row["p95_ms"]),
        table.seen(row["last_seen"], now),
        table.seen(row["first_seen"], now),
    ]


def span_address(trace_id: str, span_id: str) -> str:
    """The page of a trace, at one of its spans."""
    return f"/traces/{quote(trace_id, safe='')}?span={quote(span_id, safe='')}"


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
