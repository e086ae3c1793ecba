"""Rows ready to be read: the baseline beside the candidate, trial by trial, with a link to every trace.

Whoever shows it escapes it, and cuts what is too long for its page.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tracekit.evals import rowwise
from tracekit.evals.reports import words
from tracekit.evals.reports.outcome import Outcome, trace_id
from tracekit.evals.results import Result, Run
from tracekit.evals.row import write_row
from tracekit.evals.rowwise import Cell, Kind, Pair
from tracekit.evals.score import Status
from tracekit.units import Quantity

Link = Callable[[str], str | None]
"""From a trace id to an address."""

_ASKED = ("input", "messages", "expected", "expected_tool_calls", "relevant")
_ANSWERED = ("output", "contexts", "retrieved", "tool_calls")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One metric of one row: both values, which way it went, and a number to sort by."""

    base: Quantity
    now: Quantity
    way: str
    status: str
    key: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One answer: where it came from, what was scored, and what came out."""

    name: str
    trace_id: str | None
    href: str | None
    error: str | None
    scores: tuple[tuple[str, str, str], ...]
    texts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare:
    """A row in both runs; `asked` is what went in and what is known to be right, the same for all its trials."""

    number: int
    id: str
    asked: tuple[tuple[str, str], ...]
    kind: Kind
    marks: tuple[str, ...]
    cells: tuple[Compared, ...]
    trace_id: str | None
    href: str | None
    now: tuple[Trial, ...]
    base: tuple[Trial, ...]
    in_full: bool


def urgency(pair: Pair) -> tuple[bool, float, bool, bool]:
    """A key that sorts what a reader looks for to the front: became worse, then in trouble, then not compared."""
    return not pair.worse, -pair.severity, not pair.troubled, pair.kind in {Kind.BOTH, Kind.ALONE}


def beside(outcome: Outcome, pair: Pair, *, place: int = 0, in_full: bool = True, link: Link) -> Compare:
    """A row, ready to be read.

    Args:
        outcome: what the row is of.
        pair: the row.
        place: its number on the page.
        in_full: with its trials, and what went in and came out.
        link: the address of a trace; None where there is none.
    """
    found = {
        "worse": bool(pair.worse),
        "better": bool(pair.better),
        "troubled": pair.troubled,
        "flaky": pair.flaky,
    }
    worst = _trace(pair)
    return Compare(
        number=place,
        id=pair.id,
        asked=tuple(_asked(pair)) if in_full else (),
        kind=pair.kind,
        marks=tuple(name for name, holds in found.items() if holds),
        cells=tuple(_cell(outcome, label, cell) for label, cell in pair.cells.items()),
        trace_id=worst,
        href=link(worst) if worst else None,
        now=tuple(_trial(outcome.run, result, link) for result in pair.now) if in_full else (),
        base=tuple(_trial(outcome.base or outcome.run, result, link) for result in pair.base) if in_full else (),
        in_full=in_full,
    )


def _trace(pair: Pair) -> str | None:
    return next((found for result in pair.now if (found := trace_id(result))), None)


def _cell(outcome: Outcome, label: str, cell: Cell) -> Compared:
    info = outcome.info(label)
    loss = cell.loss or 0.0
    return Compared(
        base=words.score(cell.base, info, "baseline"),
        now=words.score(cell.now, info),
        way="worse" if loss > 0 else "better" if loss < 0 else "same",
        status=", ".join(dict.fromkeys(map(str, cell.statuses))),
        key=cell.now if cell.loss is None else -rowwise.severity(cell, info) if loss > 0 else -loss,
    )


def _trial(run: Run, result: Result, link: Link) -> Trial:
    found = trace_id(result)
    return Trial(
        name=f"trial {result.trial}" if run.trials > 1 else "",
        trace_id=found,
        href=link(found) if found else None,
        error=result.error,
        scores=tuple(
            (
                label,
                words.score(score.value, run.metrics[label]).text
                if score.status is Status.OK and label in run.metrics
                else str(score.status),
                score.rationale or "",
            )
            for label, score in result.scores.items()
        ),
        texts=tuple(_texts(result, _ANSWERED)),
    )


def _asked(pair: Pair) -> Iterable[tuple[str, str]]:
    first = next((result for result in (*pair.now, *pair.base) if result.row is not None), None)
    if first is not None and first.row is not None:
        yield from _texts(first, (*_ASKED, *first.row.columns))


def _texts(result: Result, names: Iterable[str]) -> Iterable[tuple[str, str]]:
    data = write_row(result.row) if result.row is not None else {}
    for name in names:
        value = data.get(name)
        if value not in (None, [], {}):
            yield (
                name,
                value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1, default=str),
            )
