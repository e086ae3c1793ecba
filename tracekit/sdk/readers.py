"""Seeing the bodies of urllib3 and aiohttp responses, and so those of requests, as their callers read them.

The object that a caller reads from stays that object: it becomes one of a class beneath its own, whose methods show
what passes. Imports neither library. Beside `bodies`, which does the same for httpx.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tracekit.model import Outcome
from tracekit.sdk import guard
from tracekit.sdk.bodies import Body, Ended, Reading, watch
from tracekit.sdk.context import Activation
from tracekit.sdk.integration import Adapt, Recording

_readings: dict[int, Reading] = {}
"""By the identity of the object that is read from, which takes its own out as it goes: aiohttp's has no room for it."""

_reading_on: set[int] = set()
"""The responses of urllib3 that are closed by none but themselves right now."""

_LET_GO = ("Connection closed",)
"""What an aiohttp response tells its body when it is let go."""


@dataclass(slots=True, frozen=True, kw_only=True)
class Refusal:
    """The reply to a request that was refused: its HTTP status, and what its body says, where that was read."""

    status: int
    said: Any = None


def adapter(ended: Ended) -> Adapt:
    """The `Adapt` of what the HTTP libraries themselves return: their responses, read already or not.

    A reply whose status says no is a `Refusal`, however much of it is read.
    """

    def adapt(response: Any, recording: Recording) -> bool:
        status = response.status_code if hasattr(response, "status_code") else response.status
        told = recording if status < FIRST_REFUSAL else _Refused(recording, status)
        if hasattr(response, "is_stream_consumed"):
            watch(response, told, ended)
            return True
        if hasattr(response, "read_chunked"):
            _watch_urllib3(response, told, ended)
            return True
        return _watch_aiohttp(response, told, ended)

    return adapt


FIRST_REFUSAL = 400


class _Refused:
    """The recording of a reply whose status says no: however its body is read, that is what came of the call."""

    __slots__ = ("_recording", "_status")

    def __init__(self, recording: Recording, status: int) -> None:
        self._recording = recording
        self._status = status

    @property
    def done(self) -> bool:
        return self._recording.done

    @property
    def activation(self) -> Activation | None:
        return self._recording.activation

    def chunk(self, chunk: Any, /) -> None:
        """What an error says in events is no reply of a model's."""

    def finish(self, outcome: Outcome = "complete", *, reply: Any = None) -> None:  # noqa: ARG002 - it is refused either way
        self._recording.finish(reply=Refusal(status=self._status, said=reply))

    def fail(self, error: BaseException) -> None:  # noqa: ARG002 - as above
        self.finish()


def _watch_urllib3(response: Any, recording: Recording, ended: Ended) -> None:
    """End the recording with a body that is there already, or watch how the caller reads one that is not."""
    reading = Reading(response, recording, ended, unpacked=True)
    if response.closed:
        reading.whole(Body(headers=response.headers, content=response.data))
    else:
        _become(response, _WatchedResponse, reading)


def _watch_aiohttp(response: Any, recording: Recording, ended: Ended) -> bool:
    """Watch how the caller reads a body; False where there is none to read."""
    if not hasattr(type(response.content), "_read_nowait_chunk"):
        return False
    reading = Reading(response, recording, ended, unpacked=True)
    _become(response.content, _WatchedReader, reading)
    if response.content.at_eof():
        reading.end()
    return True


def _become(thing: Any, watched: type[Any], reading: Reading) -> None:
    thing.__class__ = _beneath(watched, type(thing))
    _readings[id(thing)] = reading


@functools.cache
def _beneath(watched: type[Any], kind: type[Any]) -> type[Any]:
    """A class like `kind` that is watched. It has no fields of its own, so that an object of `kind` can become one."""
    named = {"__slots__": (), "__module__": kind.__module__, "__qualname__": kind.__qualname__, "__doc__": kind.__doc__}
    return type(kind.__name__, (watched, kind), named)


class _Watched:
    """The first base of what is watched."""

    __slots__ = ()

    def _tell(self, step: Callable[..., None], *said: Any) -> None:
        reading = _readings.get(id(self))
        if reading is not None and not reading.recording.done:
            guard.call("response.body", step, reading, *said)

    def __del__(self) -> None:
        self._tell(Reading.leave)
        _readings.pop(id(self), None)
        finalise: Any = getattr(super(), "__del__", None)  # the library's own, which gives the connection back
        if finalise is not None:
            finalise()


class _WatchedResponse(_Watched):
    """Of urllib3: `stream`, `readinto`, `data` and lines go through these three, and so does all of requests."""

    __slots__ = ()

    def _passed(self, data: bytes, unpacking: bool | None) -> None:  # noqa: FBT001 - the library's own word is None too
        http: Any = self
        packed = http.headers.get("content-encoding", "identity").strip().lower() != "identity"
        if data and not (packed and not (http.decode_content if unpacking is None else unpacking)):
            self._tell(Reading.data, data)

    def _over(self) -> bool:
        http: Any = self
        return http.closed and not len(getattr(http, "_decoded_buffer", b""))

    def _take(self, read: Callable[..., bytes], unpacking: bool | None, *args: Any, **kwargs: Any) -> bytes:  # noqa: FBT001 - as above
        try:
            data = read(*args, **kwargs)
        except Exception as error:
            self._tell(_broke, error)
            raise
        guard.call("response.body", self._passed, data, unpacking)
        if guard.call("response.body", self._over):
            self._tell(Reading.end)
        return data

    def read(self, amt: int | None = None, decode_content: bool | None = None, **options: Any) -> bytes:  # noqa: FBT001 - as above
        above: Any = super()
        return self._take(above.read, decode_content, amt, decode_content, **options)

    def read1(self, amt: int | None = None, decode_content: bool | None = None) -> bytes:  # noqa: FBT001 - as above
        above: Any = super()
        return self._take(above.read1, decode_content, amt, decode_content)

    def read_chunked(self, amt: int | None = None, decode_content: bool | None = None) -> Iterator[bytes]:  # noqa: FBT001 - as above
        above: Any = super()
        chunks = above.read_chunked(amt, decode_content)
        while (data := self._step(chunks)) is not None:
            guard.call("response.body", self._passed, data, decode_content)
            yield data
        self._tell(Reading.end)

    def _step(self, chunks: Iterator[bytes]) -> bytes | None:
        """The next chunk. A broken body makes the library close the response before it raises."""
        _reading_on.add(id(self))
        try:
            return next(chunks, None)
        except Exception as error:
            self._tell(_broke, error)
            raise
        finally:
            _reading_on.discard(id(self))

    def close(self) -> None:
        if id(self) not in _reading_on:
            self._tell(Reading.leave)
        above: Any = super()
        above.close()


class _WatchedReader(_Watched):
    """Of aiohttp: all that is read is taken out of the buffer by one method, and two others say that it is over."""

    __slots__ = ()

    def _read_nowait_chunk(self, n: int) -> bytes:
        above: Any = super()
        data = above._read_nowait_chunk(n)  # noqa: SLF001 - the one place that all reading goes through
        self._tell(Reading.data, data)
        self._see_end()
        return data

    def feed_eof(self) -> None:
        above: Any = super()
        above.feed_eof()
        self._see_end()

    def set_exception(self, exc: Any, *cause: Any) -> None:
        left = getattr(exc, "args", None) == _LET_GO
        error = sys.exception() if left else exc
        if left and not isinstance(error, TimeoutError):
            self._tell(Reading.leave)
        else:
            self._tell(_broke, error)
        above: Any = super()
        above.set_exception(exc, *cause)

    def _see_end(self) -> None:
        reader: Any = self
        if reader.at_eof():
            self._tell(Reading.end)


def _broke(reading: Reading, error: BaseException) -> None:
    reading.recording.fail(error)
