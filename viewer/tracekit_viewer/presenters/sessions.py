"""Sessions as a list, and one of them as a conversation: what was asked and answered, trace by trace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tracekit import state, units
from tracekit.query.analytics import Page
from tracekit.state import State
from tracekit.text import undated
from tracekit.units import UNKNOWN, Moment, Quantity
from tracekit_viewer.presenters import table
from tracekit_viewer.presenters.address import address, session_address
from tracekit_viewer.presenters.judging import Said, spoken
from tracekit_viewer.presenters.overview import Figure
from tracekit_viewer.presenters.sums import View
from tracekit_viewer.presenters.table import Cell, Pager, Table, excerpt
from tracekit_viewer.presenters.timerange import TimeRange
from tracekit_viewer.text import Folded, folded

_EXCERPT = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A trace of a conversation."""

    href: str
    name: str
    state: State
    asked: Folded | None
    answered: Folded | None
    started: Moment | None
    pause: str
    models: str
    tokens: Quantity
    cost: Quantity
    latency: Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """The page of a session."""

    id: str
    figures: list[Figure]
    users: list[tuple[str, str]]
    turns: list[Turn]
    pager: Pager
    said: list[Said]
    href: str


def sessions(found: Page, *, time: TimeRange, user: str | None, now: datetime, start: int, size: int) -> View:
    """The list."""
    of = f" of user {excerpt(user, _EXCERPT)}" if user else ""
    return View(
        title="Sessions",
        lead=f"Sessions{of}, {time.words}, the one heard of last first.",
        time=time,
        table=Table(
            label="Sessions",
            columns=["Session", "Traces", "Errors", "User", "Input", "Output", "Cost", "Took", "Last seen"],
            rows=[_session(row, time, now) for row in found.rows],
            keys=[str(row["session_id"]) for row in found.rows],
        ),
        pager=table.pager(
            start=start,
            size=size,
            total=found.total,
            url=time.url("/sessions", **({"user_id": user} if user else {})),
            noun="session",
        ),
        hint="No trace of this time names a session. Name them with tracekit.context(session_id=...).",
    )


def _session(row: Mapping[str, Any], time: TimeRange, now: datetime) -> list[Cell]:
    users: list[str] = row["users"] or []
    said = (("\u203a", row["input_preview"]), ("\u2039", row["output_preview"]))
    return [
        Cell(
            text=row["session_id"],
            href=session_address(row["session_id"]),
            excerpts=[f"{sign} {excerpt(words, _EXCERPT)}" for sign, words in said if words],
        ),
        table.whole(row["traces"]),
        table.share(row["failed"], row["traces"], what="traces that failed"),
        Cell(
            text=excerpt(users[0], _EXCERPT) if users else UNKNOWN,
            href=time.traces(user_id=users[0]) if users else None,
            note=f"+ {len(users) - 1} more" if len(users) > 1 else "",
        ),
        table.tokens(row["input_tokens"]),
        table.tokens(row["output_tokens"]),
        table.cost(row["cost_usd"], row["unpriced"] or 0),
        table.took(None if row["ended"] is None else (row["ended"] - row["began"]) / timedelta(milliseconds=1)),
        table.seen(row["last_seen"], now),
    ]


def conversation(
    session_id: str,
    whole: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
    *,
    scores: Sequence[Mapping[str, Any]],
    now: datetime,
    start: int,
    size: int,
) -> Conversation:
    """The page of one session.

    Args:
        session_id: its id.
        whole: its sums.
        rows: some of its traces, the oldest first.
        scores: what was said of it as a whole.
        now: what "ago" counts from.
        start: how many traces come before these.
        size: how many a page has.
    """
    before = [None, *rows[:-1]]
    return Conversation(
        id=session_id,
        figures=[
            Figure(
                label="Traces",
                value=units.count(whole["traces"], "traces"),
                href=address("/traces", {"session_id": session_id}),
            ),
            Figure(
                label="Errors",
                value=units.count(whole["failed"], "traces with an error"),
                alarming=whole["failed"] > 0,
                href=address("/traces", {"session_id": session_id, "status": "error"}) if whole["failed"] else None,
            ),
            Figure(label="Input tokens", value=units.count(whole["input_tokens"])),
            Figure(label="Output tokens", value=units.count(whole["output_tokens"])),
            Figure(label="Cost", value=units.money(whole["cost_usd"]), note=table.lacking(whole["unpriced"] or 0)),
            Figure(label="At work", value=units.duration(whole["busy_ms"])),
        ],
        users=[(user, address("/traces", {"user_id": user})) for user in whole["users"] or []],
        turns=[_turn(row, previous, now) for row, previous in zip(rows, before, strict=True)] if rows else [],
        pager=table.pager(start=start, size=size, total=whole["traces"], url=session_address(session_id), noun="trace"),
        said=spoken(scores, now=now),
        href=session_address(session_id),
    )


def _turn(row: Mapping[str, Any], previous: Mapping[str, Any] | None, now: datetime) -> Turn:
    asked = row["asked"] or row["input_preview"]
    sums = [row["input_tokens"], row["output_tokens"]]
    return Turn(
        href=f"/traces/{row['trace_id']}",
        name=row["name"] or "(unnamed)",
        state=state.of_trace(row),
        asked=folded(asked) if asked else None,
        answered=folded(row["output_preview"]) if row["output_preview"] else None,
        started=units.moment(row["start_time"], now),
        pause=_pause(row, previous),
        models=", ".join(dict.fromkeys(undated(model) for model in row["models"] or ())),
        tokens=units.count(None if sums == [None, None] else sum(each or 0 for each in sums)),
        cost=units.money(row["cost_usd"]),
        latency=units.duration(row["duration_ms"], "latency"),
    )


def _pause(row: Mapping[str, Any], previous: Mapping[str, Any] | None) -> str:
    """How long nothing happened before this trace, where that is long enough to be told."""
    if previous is None or previous["end_time"] is None:
        return ""
    pause = row["start_time"] - previous["end_time"]
    return f"{units.duration(pause / timedelta(milliseconds=1)).text} later" if pause >= timedelta(minutes=1) else ""
