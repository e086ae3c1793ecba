"""Seeing a reply's body as its caller reads it: the bytes pass, are shown to the recording, and no more are asked for.

Knows the shape of httpx and httpx2 responses, and imports neither; `readers` does the same for other libraries. A body
says its JSON, its text, or its events.
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tracekit.model import Outcome
from tracekit.sdk import guard
from tracekit.sdk.integration import Recording

Ended = Callable[[Any], bool]
"""Whether this chunk, being the last one seen, ends a whole reply."""

UNSEEN = object()
"""In the place of the last chunk, before there is one."""


def left_outcome(last: Any, ended: Ended) -> Outcome:
    """How a reply ended that its caller left before its end, `last` being the last chunk that it saw."""
    if last is not UNSEEN and ended(last):
        return "complete"
    leaving = sys.exception()
    cancelled = leaving is not None and not isinstance(leaving, (Exception, GeneratorExit))
    return "cancelled" if cancelled else "abandoned"


@dataclass(slots=True, frozen=True, kw_only=True)
class Body:
    """A body that has been read to its end, unpacked: as much of a response as `reply` looks at."""

    headers: Mapping[str, str]
    content: bytes

    @property
    def text(self) -> str:
        """The content as text, which is UTF-8 wherever models speak."""
        return self.content.decode("utf-8", "replace")


def watch(http: Any, recording: Recording, ended: Ended) -> None:
    """End the recording with a body that is there already, or watch how the caller reads one that is not."""
    reading = Reading(http, recording, ended)
    if http.is_stream_consumed or http.is_closed:
        reading.whole(http)
    else:
        http.stream = _watched(type(http.stream))(http.stream, reading)


def unwatch(http: Any) -> Reading | None:
    """Let the bytes of a watched body pass unseen from now on, and say what was being read; None where nothing was."""
    body = http.stream
    if not isinstance(body, _WatchedBody):
        return None
    reading, body.reading = body.reading, None
    return reading


def reply(http: Any) -> Any:
    """What a body read to its end says: decoded JSON or text; None for sound, images and other bytes."""
    kind = _content_type(http)
    if kind.endswith("json"):
        return json.loads(http.content)
    return http.text if kind.startswith("text/") else None


def _content_type(http: Any) -> str:
    return http.headers.get("content-type", "").partition(";")[0].strip().lower()


class Reading:
    """What has passed of one body that the caller reads: events are shown as they come, anything else at the end.

    Args:
        http: the response, with its headers.
        recording: what the body is shown to.
        ended: says of the last chunk seen whether the model had finished.
        unpacked: whether the bytes that pass have been unpacked already, whatever the headers say.
    """

    __slots__ = ("_decode", "_events", "_kept", "_last", "ended", "recording")

    def __init__(self, http: Any, recording: Recording, ended: Ended, *, unpacked: bool = False) -> None:
        kind = _content_type(http)
        plain = unpacked or http.headers.get("content-encoding", "identity").strip().lower() == "identity"
        self.recording = recording
        self.ended = ended
        self._events = _EVENTS[kind]() if kind in _EVENTS and plain else None
        keep = self._events is None and (kind.endswith("json") or kind.startswith("text/"))
        self._kept: list[bytes] | None = [] if keep else None
        self._decode: Callable[[bytes], Any] = (
            functools.partial(_unpacked, http.headers)
            if unpacked
            else functools.partial(_decoded, type(http), http.status_code, http.headers)
        )
        self._last: Any = UNSEEN

    def data(self, data: bytes) -> None:
        """Some bytes passed, as they were on the wire."""
        if self._events is not None:
            self._show(self._events, data)
        elif self._kept is not None:
            self._kept.append(data)

    def _show(self, events: Events | Lines, data: bytes) -> None:
        for event in events.feed(data):
            self._last = event
            self.recording.chunk(event)

    def end(self) -> None:
        """The body is over."""
        if self._events is not None:
            self._show(self._events, b"\n\n")  # a last event that no blank line follows
        if not self._kept:
            self.recording.finish()
            return
        self.whole(self._decode(b"".join(self._kept)))

    def whole(self, http: Any) -> None:
        """All of a body at once, as a response that has been read."""
        packed = _EVENTS.get(_content_type(http))
        if packed is not None:
            self._show(packed(), http.content + b"\n\n")
            self.recording.finish()
        else:
            self.recording.finish(reply=reply(http))

    def leave(self) -> None:
        """The response was closed, or dropped, before its body's end."""
        if not self.recording.done:
            done = self._events is not None and self._events.done
            outcome = "complete" if done else guard.call("response.body", left_outcome, self._last, self.ended)
            self.recording.finish(outcome or "abandoned")


def _unpacked(headers: Mapping[str, str], content: bytes) -> Body:
    return Body(headers=headers, content=content)


def _decoded(response: Any, status: int, headers: Any, content: bytes) -> Any:
    """A finished response of the HTTP library's own class: it knows every content encoding that it asked for."""
    kept = {name: headers[name] for name in ("content-type", "content-encoding") if name in headers}
    return response(status, headers=kept, content=content)


class Events:
    """Server-sent events out of bytes cut anywhere: the decoded JSON of each, until `[DONE]`."""

    __slots__ = ("_data", "_rest", "done")

    def __init__(self) -> None:
        self.done = False
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
                if payload == b"[DONE]":
                    self.done = True
                else:
                    yield json.loads(payload)


class Lines:
    """JSON values one a line, out of bytes cut anywhere."""

    __slots__ = ("_rest",)

    done = False
    """Nothing says that a line is the last."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Any]:
        """The values that these bytes complete.

        Raises:
            ValueError: a line is not JSON.
        """
        *lines, self._rest = (self._rest + data).split(b"\n")
        return (json.loads(line) for line in lines if line.strip())


_EVENTS: dict[str, type[Events | Lines]] = {
    "text/event-stream": Events,
    "application/x-ndjson": Lines,
    "application/stream+json": Lines,
}
"""By content type, how a body that comes in pieces is read."""


class _WatchedBody:
    """In the place of a response's byte stream: shows what passes. The first base of a class made by `_watched`."""

    reading: Reading | None

    def __init__(self, under: Any, reading: Reading) -> None:
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
