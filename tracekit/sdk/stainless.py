"""Seeing the replies of clients made by the Stainless generator (openai, anthropic, groq, together): streams and raw responses.

Owns what these clients have in common: `Stream` and `AsyncStream` over an `_iterator`, `with_raw_response` and
`with_streaming_response` over an `http_response` that the caller reads when and how it likes. The caller keeps the client's
own objects; we sit beneath them, at the iterator or at the body's bytes. It reads no byte that the caller did not ask for,
knows no provider's message format, and imports neither a client nor an HTTP library: objects are told by their shape.
"""

from __future__ import annotations

import copy
import functools
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

from tracekit.model import Outcome
from tracekit.sdk import guard
from tracekit.sdk.integration import Adapt, Hook, Recording

Ended = Callable[[Any], bool]
"""Whether this chunk, being the last one seen, ends a whole reply."""

_EMPTY: dict[str, Any] = {}
_UNSEEN = object()


def adapter(ended: Ended) -> Adapt:
    """The `Adapt` of such a client.

    Args:
        ended: says of the last chunk seen whether the model had finished. Many callers leave a stream right after it, or
            never ask for what follows; their reply is complete all the same, not abandoned.
    """

    def adapt(result: Any, recording: Recording) -> bool:
        state = getattr(result, "__dict__", _EMPTY)
        if "_iterator" in state:
            _tap(result, recording, ended)
            return True
        if "http_response" in state:
            _watch_body(result, recording, ended)
            return True
        return False

    return adapt


def hooks(module: str, *, streams: tuple[str, ...], parsers: tuple[str, ...], async_parsers: tuple[str, ...]) -> tuple[Hook, ...]:
    """The patches that tell a recording of a stream's close and of a raw response's `parse`.

    Args:
        module: the client's package.
        streams: stream classes, `submodule:Class`; also those of the `.stream()` helpers, which close the connection
            themselves and never call the inner stream's `close`.
        parsers: classes of raw responses with a `parse` method, and `async_parsers` those where it is a coroutine.
    """

    def hook(place: str, method: str, wrapper: Any) -> Hook:
        submodule, name = place.split(":")
        return Hook(module=f"{module}.{submodule}", attribute=f"{name}.{method}", wrapper=wrapper)

    return (
        *(hook(place, "close", _on_close) for place in streams),
        *(hook(place, "parse", _on_parse) for place in parsers),
        *(hook(place, "parse", _on_async_parse) for place in async_parsers),
    )


def _outcome(last: Any, ended: Ended) -> Outcome:
    """How a reply ended that its caller left before its end, `last` being the last chunk that it saw."""
    if last is not _UNSEEN and ended(last):
        return "complete"
    leaving = sys.exception()
    cancelled = leaving is not None and not isinstance(leaving, (Exception, GeneratorExit))
    return "cancelled" if cancelled else "abandoned"


class Tap:
    """The iterator beneath a stream: hands every chunk on and shows it to the recording.

    Its three closers are the iterator's end or error, the stream's `close`, and its own finalisation.
    """

    __slots__ = ("_ended", "_inner", "_last", "_recording")

    def __init__(self, inner: Any, recording: Recording, ended: Ended) -> None:
        self._inner = inner
        self._recording = recording
        self._ended = ended
        self._last: Any = _UNSEEN

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def leave(self) -> None:
        """The caller will ask for no more."""
        if not self._recording.done:
            self._recording.finish(_outcome(self._last, self._ended))

    def __del__(self) -> None:
        guard.call("stream", self.leave)


class SyncTap(Tap):
    """Beneath a `Stream`."""

    __slots__ = ()

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        try:
            chunk = next(self._inner)
        except StopIteration:
            self._recording.finish()
            raise
        except BaseException as error:
            self._recording.fail(error)
            raise
        self._last = chunk
        self._recording.chunk(chunk)
        return chunk


class AsyncTap(Tap):
    """Beneath an `AsyncStream`."""

    __slots__ = ()

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        try:
            chunk = await self._inner.__anext__()
        except StopAsyncIteration:
            self._recording.finish()
            raise
        except BaseException as error:
            self._recording.fail(error)
            raise
        self._last = chunk
        self._recording.chunk(chunk)
        return chunk


def _tap(stream: Any, recording: Recording, ended: Ended) -> None:
    """Put a tap beneath a stream that has not been read yet."""
    tap = AsyncTap if hasattr(stream, "__anext__") else SyncTap
    stream._iterator = tap(_acyclic(stream), recording, ended)  # noqa: SLF001 - the one place where the client's iterator stands


def _acyclic(stream: Any) -> Any:
    """The stream's iterator, made so that it does not hold the stream.

    The client's own is a generator method of the stream, which holds it: an abandoned stream, and with it our span and the
    caller's connection, would last until the cycle collector comes by. So the generator runs on a copy of the stream, where
    the stream is one of the client's own classes and thus known to keep no state in itself while it is read.
    """
    cls = type(stream)
    if not cls.__module__.endswith("._streaming"):
        return stream._iterator  # noqa: SLF001 - as above
    twin = copy.copy(stream)
    del twin._iterator  # noqa: SLF001 - as above
    return cls.__stream__(twin)


def _tap_of(stream: Any) -> Tap | None:
    """The tap beneath a stream, or beneath the stream that a `.stream()` helper wraps."""
    state = vars(stream)
    inner = state.get("_raw_stream")
    tap = (state if inner is None else vars(inner)).get("_iterator")
    return tap if isinstance(tap, Tap) else None


def _left(stream: Any) -> None:
    tap = _tap_of(stream)
    if tap is not None:
        tap.leave()


def _on_close(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    guard.call("stream.close", _left, instance)
    return wrapped(*args, **kwargs)


def _on_parse(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    result = wrapped(*args, **kwargs)
    guard.call("response.parse", _parsed, instance, result)
    return result


async def _on_async_parse(
    wrapped: Callable[..., Awaitable[Any]], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    result = await wrapped(*args, **kwargs)
    guard.call("response.parse", _parsed, instance, result)
    return result


def _parsed(response: Any, result: Any) -> None:
    """A raw response was parsed; a stream that comes of it is the better place to look, so the bytes are let be."""
    body = getattr(response.http_response, "stream", None)
    if not isinstance(body, _WatchedBody) or "_iterator" not in getattr(result, "__dict__", _EMPTY):
        return
    reading = body.reading
    if reading is not None:
        body.reading = None
        _tap(result, reading.recording, reading.ended)


def _watch_body(response: Any, recording: Recording, ended: Ended) -> None:
    """End the recording with a body that is there already, or watch how the caller reads one that is not."""
    http = response.http_response
    if http.is_stream_consumed or http.is_closed:
        recording.finish(reply=_reply(http))
    else:
        reading = _Reading(http, recording, ended)
        http.stream = _watched(type(http.stream))(http.stream, reading)


def _reply(http: Any) -> Any:
    """What a body read to its end says: decoded JSON or text; None for sound, images and other bytes."""
    kind = _content_type(http)
    if kind.endswith("json"):
        return json.loads(http.content)
    return http.text if kind.startswith("text/") else None


def _content_type(http: Any) -> str:
    return http.headers.get("content-type", "").partition(";")[0].strip().lower()


class _Reading:
    """What has passed of one body that the caller reads: events are shown as they come, anything else at the end."""

    __slots__ = ("_decode", "_events", "_kept", "_last", "ended", "recording")

    def __init__(self, http: Any, recording: Recording, ended: Ended) -> None:
        kind = _content_type(http)
        plain = http.headers.get("content-encoding", "identity").strip().lower() == "identity"
        self.recording = recording
        self.ended = ended
        self._events = Events() if kind == "text/event-stream" and plain else None
        keep = self._events is None and (kind.endswith("json") or kind.startswith("text/"))
        self._kept: list[bytes] | None = [] if keep else None
        self._decode = functools.partial(_decoded, type(http), http.status_code, http.headers)
        self._last: Any = _UNSEEN

    def data(self, data: bytes) -> None:
        """Some bytes passed, as they were on the wire."""
        if self._events is not None:
            self._show(self._events, data)
        elif self._kept is not None:
            self._kept.append(data)

    def _show(self, events: Events, data: bytes) -> None:
        for event in events.feed(data):
            self._last = event
            self.recording.chunk(event)

    def end(self) -> None:
        """The body is over."""
        if self._events is not None:
            self._show(self._events, b"\n\n")  # a last event that no blank line follows
        if self._kept is None:
            self.recording.finish()
            return
        http = self._decode(b"".join(self._kept))
        if _content_type(http) == "text/event-stream":
            self._show(Events(), http.content + b"\n\n")
            self.recording.finish()
        else:
            self.recording.finish(reply=_reply(http))

    def leave(self) -> None:
        """The response was closed, or dropped, before its body's end."""
        if not self.recording.done:
            self.recording.finish(_outcome(self._last, self.ended))


def _decoded(response: Any, status: int, headers: Any, content: bytes) -> Any:
    """A finished response of the HTTP library's own class: it knows every content encoding that it asked for."""
    kept = {name: headers[name] for name in ("content-type", "content-encoding") if name in headers}
    return response(status, headers=kept, content=content)


class Events:
    """Server-sent events out of bytes cut anywhere: the decoded JSON of each, until `[DONE]`."""

    __slots__ = ("_data", "_rest")

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []

    def feed(self, data: bytes) -> Iterator[Any]:
        """The events that these bytes complete.

        Raises:
            ValueError: an event's data is not JSON.
        """
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            text = line.rstrip(b"\r")
            if text.startswith(b"data:"):
                self._data.append(text[5:].strip())
            elif not text and self._data:
                payload = b"\n".join(self._data)
                self._data.clear()
                if payload != b"[DONE]":
                    yield json.loads(payload)


class _WatchedBody:
    """Stands for a response's byte stream and shows what passes; the first base of a class made for the library's own."""

    reading: _Reading | None

    def __init__(self, under: Any, reading: _Reading) -> None:
        self._under = under
        self.reading = reading

    def __getattr__(self, name: str) -> Any:
        return getattr(self._under, name)

    def __iter__(self) -> Iterator[bytes]:
        try:
            for data in self._under:
                self._passed(data)
                yield data
        except Exception as error:
            self._broke(error)
            raise
        self._over()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for data in self._under:
                self._passed(data)
                yield data
        except Exception as error:
            self._broke(error)
            raise
        self._over()

    def close(self) -> None:
        self._left()
        self._under.close()

    async def aclose(self) -> None:
        self._left()
        await self._under.aclose()

    def __del__(self) -> None:
        self._left()

    def _passed(self, data: bytes) -> None:
        if self.reading is not None:
            guard.call("response.body", self.reading.data, data)

    def _over(self) -> None:
        if self.reading is not None:
            guard.call("response.body", self.reading.end)

    def _broke(self, error: BaseException) -> None:
        if self.reading is not None:
            self.reading.recording.fail(error)

    def _left(self) -> None:
        if self.reading is not None:
            guard.call("response.body", self.reading.leave)


@functools.cache
def _watched(stream: type[Any]) -> type[_WatchedBody]:
    """A watched body that passes for this class: the HTTP library asks whether its stream is one of its own."""
    return type(f"Watched{stream.__name__}", (_WatchedBody, stream), {})
