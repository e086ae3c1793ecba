"""Seeing the replies of clients made by the Stainless generator (openai, anthropic, groq, together).

Owns what these clients have in common: `Stream` and `AsyncStream` over an `_iterator`, `with_raw_response` and
`with_streaming_response` over an `http_response` that the caller reads when and how it likes. The caller keeps the
client's own objects; we sit beneath them, at the iterator or at the body's bytes. It reads no byte that the caller did
not ask for, knows no provider's message format, and imports no client: objects are told by their shape.
"""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable
from typing import Any

import wrapt

from tracekit.sdk import bodies, guard
from tracekit.sdk.bodies import Ended
from tracekit.sdk.integration import Adapt, Hook, Recording
from tracekit.sdk.taps import Tap, tap_of

_EMPTY: dict[str, Any] = {}


def adapter(ended: Ended) -> Adapt:
    """The `Adapt` of such a client.

    Args:
        ended: says of the last chunk seen whether the model had finished. Many callers leave a stream right then, and
            never ask for what may follow; their reply is complete all the same, not abandoned.
    """

    def adapt(result: Any, recording: Recording) -> bool:
        stream = _unwrapped(result)
        if _is_stream(stream):
            _tap(stream, recording, ended)
            return True
        if "http_response" in getattr(result, "__dict__", _EMPTY):
            bodies.watch(result.http_response, recording, ended)
            return True
        return False

    return adapt


def hooks(
    module: str,
    *,
    streams: tuple[str, ...] = ("_streaming:Stream", "_streaming:AsyncStream"),
    parsers: tuple[str, ...] = ("_response:APIResponse",),
    async_parsers: tuple[str, ...] = ("_response:AsyncAPIResponse",),
) -> tuple[Hook, ...]:
    """The patches that tell a recording of a stream's close and of a raw response's `parse`.

    Args:
        module: the client's package.
        streams: stream classes, `submodule:Class`; also those of the `.stream()` helpers, which close the connection
            themselves and never call the inner stream's `close`.
        parsers: classes of raw responses with a `parse` method.
        async_parsers: those where it is a coroutine.
    """

    def hook(place: str, method: str, wrapper: Any) -> Hook:
        submodule, name = place.split(":")
        return Hook(module=f"{module}.{submodule}", attribute=f"{name}.{method}", wrapper=wrapper)

    return (
        *(hook(place, "close", _on_close) for place in streams),
        *(hook(place, "parse", _on_parse) for place in parsers),
        *(hook(place, "parse", _on_async_parse) for place in async_parsers),
    )


_GENERATORS = ("__stream__", "__decode__")
"""The methods that make the iterator: of a stream of events, and of a body of JSON lines."""


def _unwrapped(result: Any) -> Any:
    """What another instrumentation has put its proxies around, between the client and us."""
    while isinstance(result, wrapt.ObjectProxy):
        result = result.__wrapped__
    return result


def _is_stream(result: Any) -> bool:
    """Whether this is a stream; its `_iterator` may not be made yet: anthropic makes it when it is first wanted."""
    return any(hasattr(type(result), name) for name in _GENERATORS)


def _tap(stream: Any, recording: Recording, ended: Ended) -> None:
    """Put a tap beneath a stream that has not been read yet."""
    stream._iterator = tap_of(_acyclic(stream), recording, ended)  # noqa: SLF001 - the one place where the client's iterator stands


def _acyclic(stream: Any) -> Any:
    """The stream's iterator, made so that it does not hold the stream.

    The client's own is a generator method of the stream, which holds it: an abandoned stream, and with it our span and
    the caller's connection, would last until the cycle collector comes by. So the generator runs on a copy of the
    stream, where the stream is of the client's own classes and thus known to keep no state in itself while it is read.
    """
    generator = next((vars(type(stream))[name] for name in _GENERATORS if name in vars(type(stream))), None)
    if generator is None or not generator.__module__.endswith(("._streaming", "._decoders.jsonl")):
        return stream._iterator  # noqa: SLF001 - as above
    twin = copy.copy(stream)
    vars(twin).pop("_iterator", None)
    return generator(twin)


def _tap_beneath(stream: Any) -> Tap | None:
    """The tap beneath a stream, or beneath the stream that a `.stream()` helper wraps."""
    state = vars(stream)
    inner = state.get("_raw_stream")
    tap = (state if inner is None else vars(inner)).get("_iterator")
    return tap if isinstance(tap, Tap) else None


def _left(stream: Any) -> None:
    tap = _tap_beneath(stream)
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
    """A raw response was parsed. A stream that comes of it is the better place to look, so its bytes are let be."""
    if _is_stream(result):
        reading = bodies.unwatch(response.http_response)
        if reading is not None:
            _tap(result, reading.recording, reading.ended)
