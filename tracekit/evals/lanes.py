"""Threads that take job after job of a blocking program: one while rows are quick, all of them once rows wait.

Threads that only compute stand in each other's way: with eight of them, ten thousand rows of a program that answers at
once take twice as long as with one. Where a lane waits for longer than it computes, the others help.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
from dataclasses import dataclass
from time import perf_counter, thread_time
from typing import TYPE_CHECKING

from tracekit.evals import scoring
from tracekit.evals.answering import Asking
from tracekit.evals.score import Score
from tracekit.evals.steps import Step

if TYPE_CHECKING:
    from tracekit.evals.runner import Running

MOMENT = 0.02
"""Seconds after which it is known whether a lane waits."""
_LOOK = 0.25
"""How often, at the most, it is looked whether an answer is overdue."""


@dataclass(slots=True, eq=False)
class _Lane:
    """A thread, and the step that it is at."""

    step: Step | None = None


class Lanes:
    """The lanes of a run whose program blocks."""

    def __init__(self, running: Running, asking: Asking) -> None:
        self._running = running
        self._asking = asking
        self._suite = running.plan.suite
        self._loop = asyncio.get_running_loop()
        self._lanes: dict[asyncio.Future[None], _Lane] = {}
        self._late: set[asyncio.Future[None]] = set()
        self._wide = False
        self._waits = False

    async def run(self) -> None:
        """Have every job done.

        Raises:
            UsageError: a row of the dataset cannot be read.
        """
        self._open()
        while self._lanes or self._late:
            look = min(_LOOK, self._suite.timeout / 4) if self._wide else MOMENT
            done, _ = await asyncio.wait(
                {*self._lanes, *self._late}, timeout=look, return_when=asyncio.FIRST_COMPLETED
            )
            for one in done:
                self._lanes.pop(one, None)
                self._late.discard(one)
                one.result()  # raises what it raised
            self._look_after()

    def _open(self) -> None:
        lane = _Lane()
        self._lanes[self._running.workers.run(functools.partial(self._go, lane))] = lane

    def _look_after(self) -> None:
        """Open all lanes where the first one waits, and give up answers that are overdue."""
        now = perf_counter()
        steps = [(future, lane.step) for future, lane in self._lanes.items()]
        if not self._wide and self._lanes:
            self._wide = self._waits or any(step is not None and now - step.began > MOMENT for _, step in steps)
            for _ in range(self._suite.concurrency - 1 if self._wide else 0):
                self._open()
        for future, step in steps:
            overdue = step is not None and not step.answer.done and now - step.began > self._suite.timeout
            if step is not None and overdue and step.claim():
                del self._lanes[future]  # the thread goes on, and ends with what it does
                self._late.add(asyncio.ensure_future(self._without_answer(step)))
                self._open()

    async def _without_answer(self, step: Step) -> None:
        self._running.steps.overdue(step)
        await self._running.workers.run(functools.partial(self._running.steps.observe, step))
        await self._running.finish(step)

    def _go(self, lane: _Lane) -> None:
        """Take job after job, in this thread."""
        began, computed = perf_counter(), thread_time()
        while (step := self._running.take()) is not None:
            lane.step = step
            if step.fresh:  # in a context of its own: what the program sets there is gone with the row
                contextvars.copy_context().run(self._asking.answer, step.answer, step.job.trial)
            if not step.claim():
                return  # too late: another lane has taken this one's place
            self._score(step)
            lane.step = None
            waited = perf_counter() - began
            self._waits = self._waits or (waited > MOMENT and thread_time() - computed < waited / 2)

    def _score(self, step: Step) -> None:
        self._running.steps.observe(step)
        scores = {label: one for label, one in step.begun.items() if isinstance(one, Score)}
        if len(scores) < len(step.begun):
            waiting = scoring.finish(step.begun, timeout=self._suite.timeout)
            scores = asyncio.run_coroutine_threadsafe(waiting, self._loop).result()
        self._running.hand_in(step, *self._running.steps.told(step, scores))
