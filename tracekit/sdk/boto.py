"""Seeing the replies of botocore and aiobotocore: event streams, and bodies that the program reads when it likes.

The program keeps the client's own objects, with their types. We stand at an event stream's source and parser, and at
the methods of one body, never at a class that other services' replies are of too. Nothing is read that the program
did not ask for, and nothing is held that would keep an object alive: what is dropped ends at once. Imports neither
client: objects are told by their shape.
"""

from __future__ import annotations

import copy
import functools
import inspect
import json
import weakref
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from tracekit.sdk import guard
from tracekit.sdk.bodies import UNSEEN, Ended, left_outcome
from tracekit.sdk.integration import Adapt, Hook, Recording
from tracekit.sdk.taps import Tap, tap_of

_NOTHING: dict[str, Any] = {}
_SOURCES = ("_raw_stream", "__wrapped__")
_LENGTHS = ("_content_length", "_self_content_length")
_AMOUNTS = ("_amount_read", "_self_amount_read")
"""Where a body keeps its source, its length, and how much was read: aiobotocore's may be a proxy of the source."""


def adapter(ended: Ended) -> Adapt:
    """The `Adapt` of these clients: finds the event stream, or the body, in a reply.

    Args:
        ended: says of the last event seen whether the reply is whole.
    """

    def adapt(result: Any, recording: Recording) -> bool:
        for name, value in result.items():
            if "_event_generator" in getattr(value, "__dict__", _NOTHING):
                _watch_events(value, recording, ended)
                return True
            if hasattr(type(value), "read") and any(hasattr(value, place) for place in _SOURCES):
                _watch_body(value, _BodyReading(result, name, _number(_first(value, _LENGTHS)), recording))
                return True
        return False

    return adapt


def _first(thing: Any, places: Iterable[str]) -> Any:
    return next((getattr(thing, place) for place in places if hasattr(thing, place)), None)


def _number(length: Any) -> int | None:
    return None if length is None else int(length)


def hooks() -> tuple[Hook, ...]:
    """The patches that tell of a stream's close, and of a body that is left to the program bare by `with`."""
    return (
        Hook(module="botocore.eventstream", attribute="EventStream.close", wrapper=_on_close),
        Hook(module="botocore.response", attribute="StreamingBody.__enter__", wrapper=_on_enter),
        Hook(module="aiobotocore.response", attribute="StreamingBody.__aenter__", wrapper=_on_async_enter),
    )


def _watch_events(stream: Any, recording: Recording, ended: Ended) -> None:
    """Stand beneath an event stream that has not been read yet.

    Its source is a generator method of it, and so holds it; ours is that of a copy. The parser is the copy's too.
    """
    twin = copy.copy(stream)
    vars(twin).pop("_event_generator")
    tap = tap_of(twin._create_raw_event_generator(), recording, ended)  # noqa: SLF001 - the only place beneath it
    later = inspect.iscoroutinefunction(twin._parse_event)  # noqa: SLF001 - as above
    stream._parse_event = (_parse_later if later else _parse)(twin._parse_event, tap, recording)  # noqa: SLF001 - as above
    stream._event_generator = tap  # noqa: SLF001 - as above


def _parse(parse: Callable[[Any], Any], tap: Tap, recording: Recording) -> Callable[[Any], Any]:
    def parsed(event: Any) -> Any:
        try:
            found = parse(event)
        except BaseException as error:
            recording.fail(error)
            raise
        tap.show(found)
        return found

    return parsed


def _parse_later(parse: Callable[[Any], Awaitable[Any]], tap: Tap, recording: Recording) -> Callable[[Any], Any]:
    async def parsed(event: Any) -> Any:
        try:
            found = await parse(event)
        except BaseException as error:
            recording.fail(error)
            raise
        tap.show(found)
        return found

    return parsed


def _on_close(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    tap = vars(instance).get("_event_generator")
    if isinstance(tap, Tap):
        guard.call("stream.close", tap.leave)
    return wrapped(*args, **kwargs)


class _BodyReading:
    """What has passed of one body: kept until it is whole, then put in the body's place in a copy of the reply."""

    __slots__ = ("_kept", "_length", "_name", "_reply", "recording")

    def __init__(self, reply: Mapping[str, Any], name: str, length: int | None, recording: Recording) -> None:
        self._reply = {key: value for key, value in reply.items() if key != name}
        self._name = name
        self._length = length
        self._kept = bytearray()
        self.recording = recording

    def passed(self, data: bytes, wanted: int | None) -> None:
        """A read of at most `wanted` bytes gave these; None or below 0: of all."""
        self._kept += data
        everything = wanted is None or wanted < 0
        if everything or (wanted and not data) or (self._length is not None and len(self._kept) >= self._length):
            self._end()

    def left(self) -> None:
        """The body was closed, or dropped: complete all the same if what was read is whole."""
        if self._length is None and _is_json(self._kept):
            self._end()
        elif not self.recording.done:
            self.recording.finish(left_outcome(UNSEEN, bool))

    def _end(self) -> None:
        if not self.recording.done:
            self.recording.finish(reply={**self._reply, self._name: bytes(self._kept)})

    def __del__(self) -> None:
        guard.call("response.body", self.left)


def _is_json(data: bytes | bytearray) -> bool:
    try:
        json.loads(data)
    except ValueError:
        return False
    return True


def _watch_body(body: Any, reading: _BodyReading) -> None:
    """Put watched methods on one body, each of a copy with the same source: so that nothing there holds the body."""
    twin = type(body)(_first(body, _SOURCES), _first(body, _LENGTHS))
    _watch_methods(body, twin, reading, (*_READS, *_CLOSES))


def _watch_methods(thing: Any, of: Any, reading: _BodyReading, names: Iterable[str]) -> None:
    for name in names:
        method = getattr(of, name, None)
        if method is not None:
            watched = _later if inspect.iscoroutinefunction(method) else _now
            setattr(thing, name, watched(name, method, _Watch(thing, of, reading)))


class _Watch:
    """What one watched method tells of its calls."""

    __slots__ = ("_of", "_thing", "reading")

    def __init__(self, thing: Any, of: Any, reading: _BodyReading) -> None:
        self._thing = weakref.ref(thing)
        self._of = of
        self.reading = reading

    def begun(self, name: str) -> None:
        """A call begins: closing means that nobody will read on."""
        if name in _CLOSES:
            guard.call("response.body", self.reading.left)

    def ended(self, name: str, args: tuple[Any, ...], result: Any) -> None:
        """A call gave its result."""
        if name in _READS:
            guard.call("response.body", self._ended, name, args, result)

    def _ended(self, name: str, args: tuple[Any, ...], result: Any) -> None:
        thing = self._thing()
        for place in _AMOUNTS if thing is not None else ():
            if hasattr(self._of, place):
                setattr(thing, place, getattr(self._of, place))
        self.reading.passed(*_READS[name](args, result))


def _read(args: tuple[Any, ...], result: bytes) -> tuple[bytes, int | None]:
    return result, args[0] if args else None


def _read_into(args: tuple[Any, ...], result: int) -> tuple[bytes, int | None]:
    return bytes(memoryview(args[0])[:result]), len(args[0])


def _read_lines(_args: tuple[Any, ...], result: list[bytes]) -> tuple[bytes, int | None]:
    return b"\n".join(result), None  # asynchronous bodies leave the ends of lines out; to JSON they are nothing


_READS = {"read": _read, "readinto": _read_into, "readlines": _read_lines}
"""Methods that read, each with what its arguments and its result tell: the bytes, and how many were wanted."""
_CLOSES = ("close", "aclose")


def _now(name: str, method: Callable[..., Any], watch: _Watch) -> Callable[..., Any]:
    @functools.wraps(method)
    def watched(*args: Any, **kwargs: Any) -> Any:
        watch.begun(name)
        try:
            result = method(*args, **kwargs)
        except BaseException as error:
            watch.reading.recording.fail(error)
            raise
        watch.ended(name, (*args, *kwargs.values()), result)
        return result

    return _marked(watched, watch)


def _later(name: str, method: Callable[..., Awaitable[Any]], watch: _Watch) -> Callable[..., Any]:
    @functools.wraps(method)
    async def watched(*args: Any, **kwargs: Any) -> Any:
        watch.begun(name)
        try:
            result = await method(*args, **kwargs)
        except BaseException as error:
            watch.reading.recording.fail(error)
            raise
        watch.ended(name, (*args, *kwargs.values()), result)
        return result

    return _marked(watched, watch)


def _marked(watched: Any, watch: _Watch) -> Any:
    watched.tracekit = watch
    return watched


def _on_enter(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    raw = wrapped(*args, **kwargs)
    guard.call("response.body", _entered, instance, raw, bare=True)
    return raw


async def _on_async_enter(
    wrapped: Callable[..., Awaitable[Any]], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    raw = await wrapped(*args, **kwargs)
    guard.call("response.body", _entered, instance, raw, bare=False)
    return raw


def _entered(body: Any, raw: Any, *, bare: bool) -> None:
    """The program has the body's source now, and may read from it.

    Args:
        body: the body.
        raw: its source, or the body itself.
        bare: whether the body reads through its source's own `read`, so that only that is watched from now on.
    """
    watch = getattr(body.read, "tracekit", None)
    if watch is None or raw is body or not hasattr(raw, "__dict__"):
        return
    for name in (*_READS, *_CLOSES) if bare else ():
        vars(body).pop(name, None)
    _watch_methods(raw, raw, watch.reading, ("read", "close"))
