"""Streams that are objects of a client's own classes with state that we leave alone: seen at their own steps.

The caller keeps the client's object. Hooks on its class see each step of those that are followed; all others pass.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from weakref import WeakKeyDictionary

from tracekit.sdk import bodies, guard
from tracekit.sdk.bodies import Ended
from tracekit.sdk.integration import Hook, Recording

Show = Callable[[Any, Any], Any]
"""Makes the chunk that the accumulator takes, of the stream and what a step of it gave."""


class _Reader:
    """What is known of one followed stream. Never holds the stream: it goes when that goes."""

    __slots__ = ("_ended", "_last", "_show", "recording", "stepping")

    def __init__(self, recording: Recording, ended: Ended, show: Show) -> None:
        self.recording = recording
        self.stepping = False
        self._ended = ended
        self._show = show
        self._last: Any = bodies.UNSEEN

    def take(self, stream: Any, value: Any) -> None:
        """A step gave this."""
        self.stepping = False
        shown = guard.call("stream", self._show, stream, value)
        if shown is not None:
            self._last = shown
            self.recording.chunk(shown)

    def broke(self, error: BaseException) -> None:
        """A step raised this: that there is no more, or an error."""
        if isinstance(error, StopIteration | StopAsyncIteration):
            self.recording.finish()
        else:
            self.recording.fail(error)

    def leave(self) -> None:
        """The caller will ask for no more. A stream that closes itself within a step says in that step why."""
        if not (self.recording.done or self.stepping):
            outcome = guard.call("stream", bodies.left_outcome, self._last, self._ended)
            self.recording.finish(outcome or "abandoned")

    def __del__(self) -> None:
        self.stepping = False
        guard.call("stream", self.leave)


_readers: WeakKeyDictionary[Any, _Reader] = WeakKeyDictionary()


def follow(stream: Any, recording: Recording, ended: Ended, show: Show) -> bool:
    """Show a stream that has not been read yet to the recording, which ends with it.

    Args:
        stream: of a class that has the hooks of `steps`.
        recording: the call that it is the reply to.
        ended: says of the last chunk shown whether the model had finished.
        show: makes chunks of what the stream gives.

    Returns:
        False for a stream that a call within this one gave, and that is followed for that.
    """
    if stream in _readers:
        return False
    _readers[stream] = _Reader(recording, ended, show)
    return True


def steps(*places: str) -> tuple[Hook, ...]:
    """The hooks on classes of streams, each `module:Class`; not every version has each of them, or each method."""
    return tuple(
        Hook(module=module, attribute=f"{name}.{method}", wrapper=wrapper, everywhere=False)
        for module, name in (place.split(":") for place in places)
        for method, wrapper in _METHODS.items()
    )


def _step(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    reader = _readers.get(instance)
    if reader is None:
        return wrapped(*args, **kwargs)
    reader.stepping = True
    try:
        value = wrapped(*args, **kwargs)
    except BaseException as error:
        reader.broke(error)
        raise
    reader.take(instance, value)
    return value


async def _async_step(
    wrapped: Callable[..., Awaitable[Any]], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    reader = _readers.get(instance)
    if reader is None:
        return await wrapped(*args, **kwargs)
    reader.stepping = True
    try:
        value = await wrapped(*args, **kwargs)
    except BaseException as error:
        reader.broke(error)
        raise
    reader.take(instance, value)
    return value


def _on_close(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    reader = _readers.get(instance)
    if reader is not None:
        guard.call("stream.close", reader.leave)
    return wrapped(*args, **kwargs)


_METHODS = {"__next__": _step, "__anext__": _async_step, "close": _on_close, "aclose": _on_close}
