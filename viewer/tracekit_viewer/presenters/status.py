"""Tracing's own health as a page shows it: clients, then processes with what tracing cost them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tracekit import units
from tracekit.query.tracing import Tracing
from tracekit.units import Moment


@dataclass(slots=True, frozen=True, kw_only=True)
class Client:
    """A client as the newest process that has it told of it. `mark` is ok, cut (not verified) or error."""

    name: str
    mark: str
    state: str
    version: str | None
    supported: str
    tested: list[str]
    found: int
    missing: list[str]
    calls: int
    requests: int
    unseen: int
    functions: list[str]
    processes: int
    reported: Moment | None


@dataclass(slots=True, frozen=True, kw_only=True)
class Process:
    """A process, with tracing's own time in it."""

    program: str
    name: str
    calls: int
    mean: str | None
    p99: str | None
    total: str | None
    share: str | None
    shed: int
    others: int
    faults: list[str]
    reported: Moment | None


@dataclass(slots=True, frozen=True, kw_only=True)
class Status:
    """The page."""

    clients: list[Client]
    processes: list[Process]


def status(found: Tracing, *, now: datetime) -> Status:
    """The page of what was found."""
    return Status(
        clients=[_client(row, now) for row in found.clients],
        processes=[_process(row, now) for row in found.processes],
    )


def _client(row: Mapping[str, Any], now: datetime) -> Client:
    mark, state = _state(row)
    return Client(
        name=row["client"],
        mark=mark,
        state=state,
        version=row["version"],
        supported=row["supported"],
        tested=row["tested"],
        found=len(row["patched"]),
        missing=row["missing"],
        calls=row["calls"],
        requests=row["requests"],
        unseen=row["unseen"],
        functions=row["unseen_functions"],
        processes=row["processes"],
        reported=units.moment(row["reported_at"], now),
    )


def _state(row: Mapping[str, Any]) -> tuple[str, str]:
    if row["unseen"]:
        return "error", "Calls left no span"
    if row["verified"] is False:
        return "cut", "This version is not verified"
    return ("cut", "Points are missing") if row["missing"] else ("ok", "All is seen")


def _process(row: Mapping[str, Any], now: datetime) -> Process:
    share = row["overhead_share"]
    return Process(
        program=row["program"] or "",
        name=row["process"],
        calls=row["calls"],
        mean=_milliseconds(row["overhead_mean_ms"]),
        p99=_milliseconds(row["overhead_p99_ms"]),
        total=_milliseconds(row["overhead_total_ms"]),
        share=None if share is None else f"{share:.2%}",
        shed=row["shed"],
        others=row["other_requests"],
        faults=[f"{place}: {count} (the last: {last})" for place, (count, last) in row["faults"].items()],
        reported=units.moment(row["reported_at"], now),
    )


def _milliseconds(number: float | None) -> str | None:
    """As a call's own time wants it: most of them take a fraction of a millisecond."""
    return None if number is None else f"{number:,.2f} ms"
