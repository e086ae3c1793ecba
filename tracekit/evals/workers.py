"""Threads for a program's blocking functions: as many as are busy at once, and none that an end has to wait for.

The standard library's pool joins its threads when the interpreter ends, so that one answer that never comes would keep
a command from ending; and a thread that is stuck would take a place for ever.
"""

from __future__ import annotations

import asyncio
import contextvars
import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

_Job = tuple[asyncio.AbstractEventLoop, "asyncio.Future[Any]", Callable[[], Any]]


class Workers:
    """Runs functions in daemon threads; a thread that is idle is used again."""

    def __init__(self, name: str = "tracekit-eval") -> None:
        self._name = name
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._idle = 0
        self._threads = 0

    def run(self, function: Callable[[], T]) -> asyncio.Future[T]:
        """What a function returns or raises, in a thread, with the context variables that are set here.

        Where it is cancelled nobody waits any longer; the function goes on, and nobody hears what it says.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        context = contextvars.copy_context()
        self._put((loop, future, lambda: context.run(function)))
        return future

    def close(self) -> None:
        """Let idle threads end. Busy ones end with what they do."""
        with self._lock:
            for _ in range(self._threads):
                self._jobs.put(None)

    def _put(self, job: _Job) -> None:
        with self._lock:
            if self._idle:
                self._idle -= 1
            else:
                self._threads += 1
                threading.Thread(target=self._work, name=f"{self._name}-{self._threads}", daemon=True).start()
            self._jobs.put(job)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            loop, future, function = job
            try:
                result, error = function(), None
            except BaseException as raised:  # noqa: BLE001 - whoever awaits it gets it, SystemExit too
                result, error = None, raised
            with self._lock:
                self._idle += 1
            _settle(loop, future, result, error)
            del job, future, function, result, error


def _settle(
    loop: asyncio.AbstractEventLoop, future: asyncio.Future[Any], result: Any, error: BaseException | None
) -> None:
    def settle() -> None:
        if future.done():
            return  # nobody waits any longer
        if error is None:
            future.set_result(result)
        elif isinstance(error, StopIteration | KeyboardInterrupt | SystemExit):
            future.set_exception(RuntimeError(f"{type(error).__name__}: {error}"))  # a future takes none of these
        else:
            future.set_exception(error)

    if not loop.is_closed():
        try:
            loop.call_soon_threadsafe(settle)
        except RuntimeError:
            return  # it has been closed since: the run is over
