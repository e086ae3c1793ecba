"""Threads that take job after job of a blocking program: one while rows are quick, all of them once rows wait.

Threads that only compute stand in each other's way: with eight of them, ten thousand rows of a program that answers at
once take twice as long as with one. Where a lane waits for longer than it computes, the others help.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import threading
import time
from dataclasses import dataclass
from time import perf_counter, thread_time
from typing import TYPE_CHECKING

from tracekit.evals import scoring
from tracekit.evals.answering import Asking
from tracekit.evals.score import Score
from tracekit.evals.steps import Step

if TYPE_CHECKING:
    from tracekit.evals.runner import Running

MOMENT = 0.05
"""Seconds after which it is known whether a lane waits."""
_COMPUTES = 0.25
"""Share of its time that a lane that waits computes, at the most; on a busy machine one that only computes has half."""
_LOOK = 0.25
"""How often, at the most, it is looked whether an answer is overdue."""


@dataclass(slots=True, eq=False)
class _Lane:
    """A thread, the step that it is at, and since when it is watched: by the clock, and by what it had computed."""

    step: Step | None = None
    began: float = 0.0
    computed: float = 0.0
    thread: int = 0

    def enter(self, step: Step) -> None:
        """Begin a step, in the lane's own thread."""
        if not self.thread:
            self.thread = threading.get_ident()
            self.began, self.computed = perf_counter(), thread_time()
        self.step = step

    def waits(self) -> bool:
        """Whether it has waited for most of the time since it was last asked, or is asked for the first time."""
        if not self.thread or (now := perf_counter()) - self.began < MOMENT:
            return False
        computed, since, before = _computed(self.thread), self.began, self.computed
        self.began, self.computed = now, computed
        return computed - before < (now - since) * _COMPUTES


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

    async def run(self) -> None:
        """Have every job done.

        Raises:
            UsageError: a row of the dataset cannot be read.
        """
        self._open()
        while self._lanes or self._late:
            look = min(_LOOK, self._suite.timeout / 4) if self._wide else MOMENT
            done, _ = await asyncio.wait({*self._lanes, *self._late}, timeout=look, return_when=asyncio.FIRST_COMPLETED)
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
            self._wide = any(lane.waits() for lane in self._lanes.values())
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
        while (step := self._running.take()) is not None:
            lane.enter(step)
            if step.fresh:  # in a context of its own: what the program sets there is gone with the row
                contextvars.copy_context().run(self._asking.answer, step.answer, step.job.trial)
            if not step.claim():
                return  # too late: another lane has taken this one's place
            self._score(step)
            lane.step = None

    def _score(self, step: Step) -> None:
        self._running.steps.observe(step)
        scores = {label: one for label, one in step.begun.items() if isinstance(one, Score)}
        if len(scores) < len(step.begun):
            waiting = scoring.finish(step.begun, seconds=self._suite.timeout)
            scores = asyncio.run_coroutine_threadsafe(waiting, self._loop).result()
        self._running.hand_in(step, *self._running.steps.told(step, scores))


def _computed(thread: int) -> float:
    """Seconds that another thread has computed; 0 where the system does not tell, so that it seems to wait."""
    if not hasattr(time, "pthread_getcpuclockid"):
        return 0.0
    return time.clock_gettime(time.pthread_getcpuclockid(thread))
