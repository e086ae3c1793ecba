"""Results that do the work only when they are run: generators, async generators, coroutines. Knows no framework.

The caller gets one of the same kind and name. The call's span is current while it runs, never while its consumer does.
"""

from __future__ import annotations

import inspect
from collections.abc import Coroutine
from typing import Any

from tracekit.sdk import stepwise
from tracekit.sdk.context import Activation
from tracekit.sdk.recording import LiveRecording


class Run:
    """One call that lasts: its recording, and what is current within. Ended by the first of its closers."""

    __slots__ = ("_activation", "_recording", "enter", "leave")

    def __init__(self, recording: LiveRecording, activation: Activation) -> None:
        self._recording = recording
        self._activation = activation
        self.enter = activation.enter
        self.leave = activation.leave

    def item(self, value: Any, /) -> None:
        """It yields this: a chunk, where the caller asked for a stream."""
        (self._recording.chunk if self._recording.streams else self._recording.take)(value)

    def result(self, value: Any) -> None:
        """It returns this."""
        self._recording.finish(reply=value)

    def close(self, error: BaseException | None = None, /) -> None:
        """It is over; with `GeneratorExit` when its consumer left."""
        if error is None:
            self._recording.finish()
        elif isinstance(error, GeneratorExit):
            self._recording.abandon()
        else:
            self._recording.fail(error)

    def __del__(self) -> None:
        """One that was never run, or never to its end."""
        if not self._recording.done:
            self._recording.abandon()


def lasting(result: Any, recording: LiveRecording, activation: Activation) -> Any:
    """What the caller gets instead of a result that has its work before it; None of any other result."""
    if inspect.isgenerator(result):
        watched: Any = stepwise.generator(lambda: result, _watching(recording, activation))()
    elif inspect.isasyncgen(result):
        watched = stepwise.async_generator(lambda: result, _watching(recording, activation))()
    elif inspect.iscoroutine(result):
        watched = _awaited(result, Run(recording, activation))
    else:
        return None
    watched.__name__, watched.__qualname__ = result.__name__, result.__qualname__
    return watched


def _watching(recording: LiveRecording, activation: Activation) -> stepwise.Start:
    run = Run(recording, activation)
    return lambda _args, _kwargs: run


async def _awaited(inner: Coroutine[Any, Any, Any], run: Run) -> Any:
    run.enter()
    try:
        result = await inner
    except BaseException as error:
        run.leave()
        run.close(error)
        raise
    run.leave()
    run.result(result)
    return result
