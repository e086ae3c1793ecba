"""What evaluations have lost, as the list of traces shows it: the rows that became worse, each with its trace."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from tracekit.evals.reports import words
from tracekit.evals.reports.outcome import trace_id
from tracekit.evals.results import Run
from tracekit.evals.rowwise import Pair
from tracekit.units import plural
from tracekit_viewer.experiments import Loss
from tracekit_viewer.presenters.experiments import address

RUNS = 2
ROWS = 3
"""Rows of a run that are named, those that lost most; the run's page has them all."""


@dataclass(slots=True, frozen=True, kw_only=True)
class LostRow:
    """A row of an evaluation: a link to its trace, or to the row where the trace is not stored here."""

    id: str
    href: str
    title: str


@dataclass(slots=True, frozen=True, kw_only=True)
class Lost:
    """A run that the gate refused; `others` counts the rows that are not named."""

    suite: str
    href: str
    said: str
    rows: list[LostRow]
    others: int


def traces_of(losses: Sequence[Loss]) -> list[str]:
    """The traces that the named rows of the shown runs lead to, if they are stored."""
    found = (trace for loss in losses[:RUNS] for row in loss.rows[:ROWS] if (trace := _trace(row)) is not None)
    return list(found)


def lost(losses: Sequence[Loss], *, stored: Collection[str]) -> list[Lost]:
    """The newest refused runs, those that began last first.

    Args:
        losses: of the newest runs.
        stored: which of `traces_of` are stored here.
    """
    return [
        Lost(
            suite=loss.entry.head.suite,
            href=address(loss.entry.id),
            said=f"{plural(len(loss.rows), 'row')} worse" if loss.rows else "refused",
            rows=[_row(row, loss, stored) for row in loss.rows[:ROWS]],
            others=max(len(loss.rows) - ROWS, 0),
        )
        for loss in losses[:RUNS]
    ]


def _row(row: Pair, loss: Loss, stored: Collection[str]) -> LostRow:
    trace = _trace(row)
    elsewhere = f"{address(loss.entry.id)}?{urlencode({'row': row.id}, errors='replace')}#row"
    return LostRow(
        id=row.id,
        href=f"/traces/{trace}" if trace in stored else elsewhere,
        title=", ".join(_changes(row, loss.entry.head)) or "in trouble",
    )


def _trace(row: Pair) -> str | None:
    """The trace of the first trial that has one."""
    return next(filter(None, map(trace_id, row.now)), None)


def _changes(row: Pair, run: Run) -> list[str]:
    metrics = {label: info for label, info in run.metrics.items() if label in row.worse}
    return [
        f"{label} {words.score(row.cells[label].base, info).text} → {words.score(row.cells[label].now, info).text}"
        for label, info in metrics.items()
    ]
