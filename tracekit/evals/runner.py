"""Running a suite: rows times trials, several at a time, each answered, observed and scored; then one `Run`.

Owns concurrency, time limits, the budget and the end by hand. What is done is handed on at once, so that a run that
ends early has lost nothing.
"""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from tracekit.evals import scoring
from tracekit.evals.answering import Answer, Asking
from tracekit.evals.dataset import Facts, Shard, row_hash
from tracekit.evals.journaled import Journals
from tracekit.evals.metric import Services
from tracekit.evals.observed import with_trace
from tracekit.evals.results import Result, Run
from tracekit.evals.row import Row
from tracekit.evals.score import Score, Status
from tracekit.evals.spans import Spent, spent
from tracekit.evals.suite import Suite
from tracekit.evals.tally import Tally
from tracekit.evals.workers import Workers
from tracekit.sdk.runtime import runtime
from tracekit.sdk.scores import score

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
        hear: told of each result that is new, as it comes, with what the program's calls and the judge's cost.
        keep_rows: whether results hold their rows, with the answers.
        created: when it began; now, where it does not go on from an earlier one.
        spent: what the earlier one had spent.
        journals: what reads the traces of rows, where several runs share it.
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


def empty_run(plan: Plan, facts: Facts) -> Run:
    """The run before its first result."""
    suite = plan.suite
    return Run(
        suite=suite.name,
        metrics={one.label: one.info for one in suite.asked},
        results=(),
        created=plan.created,
        trials=suite.trials,
        rows=facts.rows,
        dataset=facts.hash,
        judge=plan.judge,
        shard=None if plan.shard is None else str(plan.shard),
        gate=suite.gate or None,
    )


async def execute(plan: Plan, facts: Facts) -> Run:
    """Run a suite. Cancelling it ends the run with what is done; the run says that it was interrupted.

    Raises:
        UsageError: a row of the dataset cannot be read.
    """
    running = _Running(plan, asyncio.get_running_loop())
    began = perf_counter()
    tasks = [asyncio.ensure_future(running.work()) for _ in range(plan.suite.concurrency)]
    interrupted = False
    try:
        await asyncio.gather(*tasks)
    except asyncio.CancelledError:
        interrupted = True
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        running.close()
    spent = running.spent
    return replace(
        empty_run(plan, facts),
        results=tuple(result for _, result in sorted(running.results, key=lambda one: one[0])),
        interrupted=interrupted,
        budget_spent=running.budget_spent,
        app_cost_usd=spent.app_usd,
        judge_cost_usd=spent.judge_usd,
        judge_calls=spent.judge_calls,
        seconds=perf_counter() - began,
    )


class _Running:
    """A run under way."""

    def __init__(self, plan: Plan, loop: asyncio.AbstractEventLoop) -> None:
        self._plan = plan
        self._suite = plan.suite
        self._workers = Workers()
        self._jobs = self._jobs_left()
        self.results: list[tuple[int, Result]] = []
        self.spent = plan.spent
        self.budget_spent = False
        self._journals = plan.journals
        self._asking: Asking | None = None
        if self._suite.function is not None:
            if runtime.writer is not None and self._journals is None:
                self._journals = Journals(runtime.writer.directory)
            self._asking = Asking(
                name=self._suite.name,
                function=self._suite.function,
                tags=self._suite.tags,
                loop=loop,
                watch=None if self._journals is None else self._journals.watch,
            )

    def _jobs_left(self) -> Iterator[Job]:
        place = 0
        for row in self._suite.dataset:
            if self._plan.shard is not None and row.id not in self._plan.shard:
                continue
            digest = row_hash(row)
            for trial in range(self._suite.trials):
                job = Job(row=row, hash=digest, trial=trial, place=place)
                place += 1
                done = self._plan.done.get(job.key)
                if done is not None and done.hash == digest:
                    self.results.append((job.place, done))
                else:
                    yield job

    async def work(self) -> None:
        """Take one row after another, until there is none or the budget is spent."""
        for job in self._jobs:
            if self._suite.max_cost is not None and self.spent.known_usd >= self._suite.max_cost:
                self.budget_spent = True
                return
            result, tally = await self._result(job)
            self.spent = self.spent + tally
            kept = result if self._plan.keep_rows else replace(result, row=None)
            self.results.append((job.place, kept))
            if self._plan.hear is not None:
                self._plan.hear(result, tally)

    def close(self) -> None:
        """Let the threads end."""
        self._workers.close()
        if self._journals is not None and self._journals is not self._plan.journals:
            self._journals.close()

    async def _result(self, job: Job) -> tuple[Result, Tally]:
        answer = self._plan.earlier(job) if self._plan.earlier is not None else None
        step = _Step(job, answer or Answer(row=job.row, trace_id=job.row.trace_id), fresh=answer is None)
        if self._asking is None or not step.fresh:
            await self._workers.run(functools.partial(self._observe_and_begin, step))
        elif self._asking.waits:
            await self._waiting(self._asking, step)
        else:
            await self._blocking(self._asking, step)
        scores = await scoring.finish(step.begun, timeout=self._suite.timeout)
        tally = Tally.of(scores.values(), app=step.spent)
        if step.answer.trace_id is not None and step.fresh and self._asking is not None:
            self._write(step.answer.trace_id, scores)
        return self._told(job, step, scores), tally

    async def _waiting(self, asking: Asking, step: _Step) -> None:
        try:
            async with asyncio.timeout(self._suite.timeout):
                await asking.answer_waiting(step.answer, step.job.trial)
        except TimeoutError:
            self._overdue(step)
        await self._workers.run(functools.partial(self._observe_and_begin, step))

    async def _blocking(self, asking: Asking, step: _Step) -> None:
        def work() -> None:
            asking.answer(step.answer, step.job.trial)
            if step.claim():
                self._observe_and_begin(step)

        working = self._workers.run(work)
        await asyncio.wait({working}, timeout=self._suite.timeout)
        if not working.done() and step.claim():  # the thread goes on, and what it says is not heard
            working.cancel()
            step.answer = replace(step.answer)
            self._overdue(step)
            await self._workers.run(functools.partial(self._observe_and_begin, step))
        else:
            await working

    def _overdue(self, step: _Step) -> None:
        step.answer.error = f"TimeoutError: no answer within {self._suite.timeout:g} s"
        step.answer.seconds = self._suite.timeout

    def _observe_and_begin(self, step: _Step) -> None:
        """Read the row's trace, and score what can be scored at once. Blocks."""
        answer = step.answer
        if step.fresh and answer.trace_id is not None and self._journals is not None:
            spans = self._journals.take(answer.trace_id)
            step.spent = spent(spans)
            answer.row = _observed(answer, spans)
        if answer.error is not None:
            why = f"{self._suite.name} raised {answer.error}"
            step.begun = dict(scoring.without(self._suite.asked, Status.APP_ERROR, why))
        else:
            step.begun = scoring.begin(answer.row, self._suite.asked, self._plan.services)

    def _write(self, trace_id: str, scores: Mapping[str, Score]) -> None:
        """Put the scores on the row's trace, beside what people say of it."""
        for one in self._suite.asked:
            value = scores[one.label].value
            if value is not None:
                source = "judge" if one.metric.kind == "judge" else "code"
                score(one.label, value, trace_id=trace_id, comment=scores[one.label].rationale, source=source)

    def _told(self, job: Job, step: _Step, scores: Mapping[str, Score]) -> Result:
        answer = step.answer
        return Result(
            id=job.row.id or "",
            trial=job.trial,
            cluster=_cluster(self._suite, job.row),
            scores=scores,
            trace_id=answer.trace_id,
            hash=job.hash,
            row=replace(answer.row, spans=None),
            seconds=answer.seconds,
            error=answer.error,
        )


@dataclass(slots=True)
class _Step:
    """One job on its way; `fresh` says that the answer is new."""

    job: Job
    answer: Answer
    fresh: bool
    begun: scoring.Begun = field(default_factory=dict[str, Any])
    spent: Spent = field(default_factory=Spent)
    _claimed: threading.Lock = field(default_factory=threading.Lock)

    def claim(self) -> bool:
        """Whether whoever asks is the first: the thread that has an answer, or the time that is over."""
        return self._claimed.acquire(blocking=False)


def _observed(answer: Answer, spans: tuple[Mapping[str, Any], ...]) -> Row:
    """The row with its trace; what the function returned itself stands."""
    told = with_trace(answer.row, spans)
    kept = {name: getattr(answer.row, name) for name in answer.given}
    return replace(told, trace_id=answer.trace_id, **kept)


def _cluster(suite: Suite, row: Row) -> str | None:
    if suite.cluster is None:
        return None
    found = row.get(suite.cluster) if isinstance(suite.cluster, str) else suite.cluster(row)
    return None if found is None else str(found)
