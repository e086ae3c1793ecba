"""How a run goes, on stderr: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from tracekit import config, units
from tracekit.errors import tell
from tracekit.evals.dataset import Facts
from tracekit.evals.plan import Plan
from tracekit.evals.results import Result
from tracekit.evals.score import Status
from tracekit.evals.tally import Tally
from tracekit.text import visible

LINE_SECONDS = 10.0
"""How often a line says how far a run is, where there is no terminal."""
_QUIET = frozenset({Status.OK, Status.SKIPPED})


class Progress(Protocol):
    """Shows how a run goes."""

    def of(self, plan: Plan, facts: Facts) -> contextlib.AbstractContextManager[Plan]:
        """The plan, watched for as long as the context is open."""
        ...


def progress(*, quiet: bool = False) -> Progress | None:
    """What shows progress here; None where nothing is to."""
    if quiet or sys.stderr is None:
        return None
    fancy = sys.stderr.isatty() and config.environment("TERM") != "dumb"
    return _Shown(_bar if fancy else _lines)


@dataclass(slots=True)
class Counts:
    """What has come so far."""

    name: str
    total: int
    done: int = 0
    errors: int = 0
    spent: Tally = field(default_factory=Tally)

    def hear(self, result: Result, tally: Tally) -> None:
        """Count one result."""
        self.done += 1
        self.errors += any(score.status not in _QUIET for score in result.scores.values())
        self.spent = self.spent + tally

    @property
    def said(self) -> str:
        """The counts in words."""
        errors = f", {self.errors} without a score" if self.errors else ""
        money = f", {units.money(self.spent.known_usd).text}" if self.spent.known_usd else ""
        return f"{self.done} of {self.total}{errors}{money}"


class _Shown:
    def __init__(self, display: Any) -> None:
        self._display = display

    @contextlib.contextmanager
    def of(self, plan: Plan, facts: Facts) -> Generator[Plan]:
        counts = Counts(name=plan.suite.name, total=_total(plan, facts), done=len(plan.done), spent=plan.spent)
        with self._display(counts) as refresh:

            def hear(result: Result, tally: Tally) -> None:
                counts.hear(result, tally)
                if plan.hear is not None:
                    plan.hear(result, tally)
                refresh()

            yield replace(plan, hear=hear)


def _total(plan: Plan, facts: Facts) -> int:
    rows = facts.rows if plan.shard is None else sum(1 for row in plan.suite.dataset if row.id in plan.shard)
    return rows * plan.suite.trials


@contextlib.contextmanager
def _bar(counts: Counts) -> Generator[Any]:
    from rich.console import Console  # noqa: PLC0415 - only where a person looks on
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (
        TextColumn("{task.description}", markup=False), BarColumn(), TextColumn("{task.fields[said]}", markup=False),
        TimeElapsedColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(visible(counts.name), total=counts.total, completed=counts.done, said=counts.said)
        yield lambda: bar.update(task, completed=counts.done, said=counts.said)


@contextlib.contextmanager
def _lines(counts: Counts) -> Generator[Any]:
    told = time.monotonic()

    def refresh() -> None:
        nonlocal told
        if time.monotonic() - told >= LINE_SECONDS:
            told = time.monotonic()
            tell(f"{visible(counts.name)}: {counts.said}")

    yield refresh
