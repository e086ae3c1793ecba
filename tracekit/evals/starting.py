"""A run from code that is not asynchronous: in a terminal, in a notebook whose event loop already runs, in a test."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from tracekit import config
from tracekit.sdk.runtime import runtime
from tracekit.sdk.setup import autolog

T = TypeVar("T")


def record(directory: Any = None) -> None:
    """See that what is answered is recorded, all of it. A program that has called `autolog()` keeps its settings."""
    if runtime.processor is None and not config.sdk_disabled():
        autolog(directory=directory, sample=1.0)


def wait(work: Coroutine[Any, Any, T]) -> T:
    """What a coroutine returns. An interrupt cancels it once, and what it returns then is what there is."""
    if _is_looping():
        return _beside(work)
    with asyncio.Runner() as runner:
        return runner.run(work)


def _is_looping() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _beside(work: Coroutine[Any, Any, T]) -> T:
    """On a loop of its own in another thread: the one of this thread is busy running us."""
    ended: list[T] = []
    failed: list[BaseException] = []
    begun: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[T]]] = []

    async def main() -> T:
        task = asyncio.ensure_future(work)
        begun.append((asyncio.get_running_loop(), task))
        return await task

    def body() -> None:
        try:
            ended.append(asyncio.run(main()))
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            failed.append(error)

    thread = threading.Thread(target=body, name="tracekit-eval-loop", daemon=True)
    thread.start()
    try:
        thread.join()
    except KeyboardInterrupt:
        for loop, task in begun:
            loop.call_soon_threadsafe(task.cancel)
        thread.join()
    if failed:
        raise failed[0]
    return ended[0]
