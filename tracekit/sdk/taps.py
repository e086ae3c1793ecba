"""Standing beneath a client's own streams, which the caller keeps. Reads nothing unasked, and knows no client.

A client that streams from a generator gives no place to stand in that generator. So we stand where the generator looks:
it reads from a tap, or enters what has been watched.
"""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from opentelemetry import context as otel

from tracekit.sdk import bodies, guard, stepwise
from tracekit.sdk.bodies import UNSEEN, Ended, left_outcome
from tracekit.sdk.context import Activation, beneath
from tracekit.sdk.integration import Recording


def _sending(recording: Recording) -> Activation | None:
    """What the first step of a generator runs in, entered: it sends its request only then."""
    if recording.activation is not None:
        recording.activation.enter()
    return recording.activation


class Tap:
    """The iterator beneath a stream: hands every chunk on and shows it to the recording.

    Its three closers are the iterator's end or error, the stream's `close`, and its own finalisation.
    """

    __slots__ = ("_ended", "_inner", "_last", "_recording")

    def __init__(self, inner: Any, recording: Recording, ended: Ended) -> None:
        self._inner = inner
        self._recording = recording
        self._ended = ended
        self._last: Any = UNSEEN

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def show(self, chunk: Any) -> None:
        """A chunk passed."""
        self._last = chunk
        self._recording.chunk(chunk)

    def leave(self) -> None:
        """The caller will ask for no more."""
        if not self._recording.done:
            self._recording.finish(guard.call("stream", left_outcome, self._last, self._ended) or "abandoned")

    def __del__(self) -> None:
        guard.call("stream", self.leave)


class SyncTap(Tap):
    """Beneath a `Stream`."""

    __slots__ = ()

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        sending = _sending(self._recording) if self._last is UNSEEN else None
        try:
            chunk = next(self._inner)
        except StopIteration:
            self._recording.finish()
            raise
        except BaseException as error:
            self._recording.fail(error)
            raise
        finally:
            if sending is not None:
                sending.leave()
        self.show(chunk)
        return chunk


class AsyncTap(Tap):
    """Beneath an `AsyncStream`."""

    __slots__ = ()

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        sending = _sending(self._recording) if self._last is UNSEEN else None
        try:
            chunk = await self._inner.__anext__()
        except StopAsyncIteration:
            self._recording.finish()
            raise
        except BaseException as error:
            self._recording.fail(error)
            raise
        finally:
            if sending is not None:
                sending.leave()
        self.show(chunk)
        return chunk


def tap_of(iterator: Any, recording: Recording, ended: Ended) -> Tap:
    """A tap over an iterator, sync or async, that has not been read yet."""
    return (AsyncTap if hasattr(iterator, "__anext__") else SyncTap)(iterator, recording, ended)


def tapping(ended: Ended) -> Callable[[Any, Recording], Tap]:
    """The `tap` of a method; `ended` says of the last chunk seen whether the model had finished."""
    return lambda iterator, recording: tap_of(iterator, recording, ended)


class _Within:
    """Who watches a generator that works within a recording: its span is current at every step, and no longer."""

    __slots__ = ("_activation", "_recording")

    def __init__(self, recording: Any) -> None:
        self._recording = recording
        self._activation = Activation(beneath(recording.span, otel.get_current()))

    def enter(self) -> None:
        self._activation.enter()

    def leave(self) -> None:
        self._activation.leave()

    def item(self, value: Any, /) -> None:
        self._recording.chunk(value)

    def close(self, error: BaseException | None = None, /) -> None:
        if error is None:
            self._recording.finish()
        elif isinstance(error, GeneratorExit):
            self._recording.finish("abandoned")
        else:
            self._recording.fail(error)


def within(generator: Any, recording: Recording) -> Any:
    """The `tap` of a method that gives a generator of the program's to read: one like it, whose work is the span's."""
    return stepwise.watched(generator, _Within(recording))


class _Context:
    """In the place of the generator that a context manager is made of: the body of what it gives is watched."""

    __slots__ = ("_body", "_ended", "_entered", "_inner", "_recording")

    def __init__(self, inner: Any, recording: Recording, ended: Ended, body: Callable[[Any], Any]) -> None:
        self._inner = inner
        self._recording = recording
        self._ended = ended
        self._body = body
        self._entered = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def _given(self, value: Any) -> None:
        """What entering gave. Of an error's body the client makes its exception, so that is let be."""
        self._entered = True
        http = guard.call("stream", self._body, value)
        if http is not None and not http.is_error:
            guard.call("stream", bodies.watch, http, self._recording, self._ended)

    def _left(self, error: BaseException | None = None) -> None:
        """The block inside is over. Where it was left before the body's end, closing the body says so."""
        if isinstance(error, Exception):
            self._recording.fail(error)

    def _over(self) -> None:
        if not self._recording.done:
            self._recording.finish("complete" if self._entered else "abandoned")

    def __del__(self) -> None:
        guard.call("stream", self._over)


class SyncContext(_Context):
    """Of `contextlib.contextmanager`."""

    __slots__ = ()

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        sending = None if self._entered else _sending(self._recording)
        try:
            value = next(self._inner)
        except StopIteration:
            self._over()
            raise
        except BaseException as error:
            self._recording.fail(error)
            raise
        finally:
            if sending is not None:
                sending.leave()
        self._given(value)
        return value

    def throw(self, *error: Any) -> Any:
        """The block raised."""
        self._left(_raised(error))
        return self._inner.throw(*error)


class AsyncContext(_Context):
    """Of `contextlib.asynccontextmanager`."""

    __slots__ = ()

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        sending = None if self._entered else _sending(self._recording)
        try:
            value = await self._inner.__anext__()
        except StopAsyncIteration:
            self._over()
            raise
        except BaseException as error:
            self._recording.fail(error)
            raise
        finally:
            if sending is not None:
                sending.leave()
        self._given(value)
        return value

    async def athrow(self, *error: Any) -> Any:
        """The block raised."""
        self._left(_raised(error))
        return await self._inner.athrow(*error)


def _raised(thrown: tuple[Any, ...]) -> BaseException | None:
    """The exception out of the arguments of `throw`: it alone, or its class before it."""
    return next((each for each in thrown if isinstance(each, BaseException)), None)


def watch_context(manager: Any, recording: Recording, ended: Ended, body: Callable[[Any], Any]) -> bool:
    """Watch the body of the reply that a context manager gives, one that `contextlib` made of a generator.

    Args:
        manager: not entered yet.
        recording: what the body is shown to.
        ended: says of the last chunk seen whether the model had finished.
        body: finds the HTTP response in what entering gives.

    Returns:
        False for a context manager that is made of something else.
    """
    inner = getattr(manager, "gen", None)
    if inner is None:
        return False
    manager.gen = (AsyncContext if hasattr(inner, "__anext__") else SyncContext)(inner, recording, ended, body)
    return True


def standing_in(place: str, ended: Ended) -> Callable[[Any, Recording], Any]:
    """The `stand_in` of a method that reads from a context `self.<place>.stream(...)` of an HTTP client's."""

    def stand_in(instance: Any, recording: Recording) -> Any:
        twin = copy.copy(instance)
        setattr(twin, place, _StreamingClient(getattr(instance, place), recording, ended))
        return twin

    return stand_in


class _StreamingClient:
    """In the place of an HTTP client for one call: its `stream` is watched."""

    def __init__(self, under: Any, recording: Recording, ended: Ended) -> None:
        self._under = under
        self._recording = recording
        self._ended = ended

    def __getattr__(self, name: str) -> Any:
        return getattr(self._under, name)

    def stream(self, *args: Any, **kwargs: Any) -> Any:
        """The context of a streamed reply."""
        manager = self._under.stream(*args, **kwargs)
        guard.call("stream", watch_context, manager, self._recording, self._ended, lambda http: http)
        return manager

    def __del__(self) -> None:
        """A generator that was never started asks for no stream."""
        if not self._recording.done:
            self._recording.finish("abandoned")
