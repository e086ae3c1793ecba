"""A run as it is asked for, and what one answer of it is: nouns of the runner, which others fill in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from tracekit.evals.answering import Answer
from tracekit.evals.dataset import Facts, Shard
from tracekit.evals.journaled import Journals
from tracekit.evals.metric import Services
from tracekit.evals.results import Result, Run
from tracekit.evals.row import Row
from tracekit.evals.suite import Suite
from tracekit.evals.tally import Tally

Key = tuple[str, int]
"""A row's id, and the trial."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One answer to be had: the row, its hash, which trial, and its place in the run."""

    row: Row
    hash: str
    trial: int
    place: int

    @property
    def key(self) -> Key:
        """Names the result."""
        return self.row.id or "", self.trial


class Purse(Protocol):
    """Something that money is spent from."""

    def spend(self, cost: float | None, *, what: str) -> None:
        """So much was paid for that."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A run as it is asked for.

    Attributes:
        suite: what is run.
        services: the judge and the embedder.
        judge: names the judge, where there is one.
        shard: the part of the dataset; None for all of it.
        done: results from before that are not to be had again, by key.
        earlier: gives the answer of an earlier run to a row, where that is to be used again.
        hear: told of each result that is new, as it comes, with what the program's calls and the judge's cost. One
            call at a time, in any thread.
        keep_rows: whether results hold their rows, with the answers.
        created: when it began; now, where it does not go on from an earlier one.
        spent: what the earlier one had spent.
        journals: what reads the traces of rows, where several runs share it.
        budget: what the judge's calls are paid from; it is told of the program's.
        after: what is done with the run on its event loop, once its results are there.
    """

    suite: Suite
    services: Services | None = None
    judge: str | None = None
    shard: Shard | None = None
    done: Mapping[Key, Result] = field(default_factory=dict)
    earlier: Callable[[Job], Answer | None] | None = None
    hear: Callable[[Result, Tally], None] | None = None
    keep_rows: bool = False
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    spent: Tally = field(default_factory=Tally)
    journals: Journals | None = None
    budget: Purse | None = None
    after: Callable[[Run], Awaitable[Run]] | None = None


def empty_run(plan: Plan, facts: Facts) -> Run:
    """The run before its first result."""
    suite = plan.suite
    return Run(
        suite=suite.name,
        metrics=suite.infos,
        results=(),
        created=plan.created,
        trials=suite.trials,
        rows=facts.rows,
        dataset=facts.hash,
        judge=plan.judge,
        shard=None if plan.shard is None else str(plan.shard),
        max_cost=suite.max_cost,
        gate=suite.gate or None,
    )
