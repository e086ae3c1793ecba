"""Running a suite: rows times trials, several at a time, each answered, observed and scored; then one `Run`.

Owns concurrency, time limits, the budget and the end by hand. What is done is handed on at once, so that a run that
ends early has lost nothing.
"""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from time import perf_counter
from types import MappingProxyType
from typing import Any

from tracekit.errors import tell
from tracekit.evals import scoring
from tracekit.evals.answering import Asking
from tracekit.evals.dataset import Facts, row_hash
from tracekit.evals.journaled import Journals
from tracekit.evals.lanes import Lanes
from tracekit.evals.plan import Job, Plan, empty_run
from tracekit.evals.results import Result, Run
from tracekit.evals.score import Status
from tracekit.evals.steps import Step, Steps
from tracekit.evals.tally import Tally
from tracekit.evals.workers import Workers
from tracekit.sdk.runtime import runtime

QUICK_SECONDS = 0.005
"""Scoring that takes less than that is done on the event loop: handing it to a thread would take about as long."""


async def execute(plan: Plan, facts: Facts) -> Run:
    """Run a suite. Cancelling it ends the run with what is done; the run says that it was interrupted.

    Raises:
        UsageError: a row of the dataset cannot be read.
    """
    running = Running(plan, asyncio.get_running_loop())
    began = perf_counter()
    interrupted = False
    try:
        await running.run()
    except asyncio.CancelledError:
        interrupted = True
    finally:
        running.close()
    spent = running.spent
    run = replace(
        empty_run(plan, facts),
        results=tuple(result for _, result in sorted(running.results, key=lambda one: one[0])),
        interrupted=interrupted,
        budget_spent=running.budget_spent,
        app_cost_usd=spent.app_usd,
        judge_cost_usd=spent.judge_usd,
        judge_calls=spent.judge_calls,
        app_unpriced=spent.app_unpriced,
        judge_unpriced=spent.judge_unpriced,
        seconds=perf_counter() - began,
    )
    return run if plan.after is None else await plan.after(run)


class Running:
    """A run under way. Its jobs are taken, and its results come in, from the loop or from threads."""

    def __init__(self, plan: Plan, loop: asyncio.AbstractEventLoop) -> None:
        self.plan = plan
        self.results: list[tuple[int, Result]] = []
        self.spent = plan.spent
        self.budget_spent = False
        self.workers = Workers()
        self._lock = threading.Lock()
        self._jobs = self._left()
        self._ended = self._closed = False
        self._slow = False
        self.asking: Asking | None = None
        self._journals = plan.journals
        if plan.suite.function is not None:
            if runtime.writer is not None and self._journals is None:
                self._journals = Journals(runtime.writer.directory)
            self.asking = Asking(
                name=plan.suite.name,
                function=plan.suite.function,
                tags=plan.suite.tags,
                loop=loop,
                watch=None if self._journals is None else self._journals.watch,
            )
        self.steps = Steps(plan, self._journals)

    def _left(self) -> Iterator[Job]:
        place = 0
        for row in self.plan.suite.dataset:
            if self.plan.shard is not None and row.id not in self.plan.shard:
                continue
            digest = row_hash(row)
            for trial in range(self.plan.suite.trials):
                job = Job(row=row, hash=digest, trial=trial, place=place)
                place += 1
                done = self.plan.done.get(job.key)
                if done is not None and done.hash == digest:
                    self.results.append((job.place, done))
                else:
                    yield job

    async def run(self) -> None:
        """Have every job done, or as many as the budget allows."""
        if self.asking is not None and not self.asking.waits:
            await Lanes(self, self.asking).run()
            return
        tasks = [asyncio.ensure_future(self._work()) for _ in range(self.plan.suite.concurrency)]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def take(self) -> Step | None:
        """The next job; None where there is none, the budget is spent, or the run is over."""
        limit = self.plan.suite.max_cost
        with self._lock:
            job = None if self._ended else next(self._jobs, None)
            if job is not None and limit is not None and self.spent.known_usd >= limit:
                self.budget_spent, job = True, None
            if job is None:
                self._ended = True
                return None
        return self.steps.begin(job)

    def hand_in(self, step: Step, result: Result, tally: Tally) -> None:
        """Take a result, unless the run is over by now."""
        kept = result if self.plan.keep_rows else _slim(result)
        with self._lock:
            if self._closed:
                return
            before, self.spent = self.spent, self.spent + tally
            self._warn(before)
            if self.plan.budget is not None and tally.app_known_usd:
                self.plan.budget.spend(tally.app_known_usd, what=self.plan.suite.name)
            if any(score.status is Status.BUDGET for score in result.scores.values()):
                self.budget_spent = self._ended = True
            self.results.append((step.job.place, kept))
            if self.plan.hear is not None:
                self.plan.hear(result, tally)

    def _warn(self, before: Tally) -> None:
        """Say it once where the limit cannot be kept, because nobody knows what a call has cost."""
        if self.plan.suite.max_cost is not None and self.spent.unpriced and not before.unpriced:
            tell(
                f"{self.plan.suite.name}: a call was made whose price is not known, so ${self.plan.suite.max_cost:g} "
                "may be exceeded; name the price in the file of TRACEKIT_PRICES. The report counts such calls."
            )

    def close(self) -> None:
        """Hand out no job any more, and let the threads end."""
        with self._lock:
            self._ended = self._closed = True
        self.workers.close()
        if self._journals is not None and self._journals is not self.plan.journals:
            self._journals.close()

    async def _work(self) -> None:
        while (step := self.take()) is not None:
            if self.asking is not None and step.fresh:
                try:
                    async with asyncio.timeout(self.plan.suite.timeout):
                        await self.asking.answer_waiting(step.answer, step.job.trial)
                except TimeoutError:
                    self.steps.overdue(step)
            await self._observe(step)
            await self.finish(step)

    async def _observe(self, step: Step) -> None:
        """Observe on the loop while that is quick; in a thread once it was not."""
        if self._slow:
            await self.workers.run(functools.partial(self.steps.observe, step))
            return
        began = perf_counter()
        self.steps.observe(step)
        self._slow = perf_counter() - began > QUICK_SECONDS

    async def finish(self, step: Step) -> None:
        """Wait for the scores that are not there yet, and hand the result in."""
        scores = await scoring.finish(step.begun, seconds=self.plan.suite.timeout)
        self.hand_in(step, *self.steps.told(step, scores))


_NOTHING: Mapping[str, Any] = MappingProxyType({})


def _slim(result: Result) -> Result:
    """A result without its row, and without the details of its scores: what memory holds of it is its numbers."""
    scores = {label: replace(one, details=_NOTHING) for label, one in result.scores.items()}
    return replace(result, row=None, scores=scores, metadata=result.metadata or _NOTHING)
