"""A model server on this machine: answers with recorded exchanges or scripted replies, and keeps what it was asked.

Event streams go out in small separate writes, as from a real provider, so that a client sees them cut anywhere.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import yaml

_PIECE = 37
"""Bytes of an event stream a write: a prime, so that cuts fall in different places of successive events."""

_STREAMS = (
    "text/event-stream",
    "application/x-ndjson",
    "application/stream+json",
    "application/vnd.amazon.eventstream",
)

_EVENTS = "text/event-stream; charset=utf-8"
_KEPT_HEADERS = {"content-type", "content-encoding", "x-request-id", "openai-processing-ms", "retry-after"}


@dataclass(slots=True, kw_only=True)
class Reply:
    """One answer. `cut` breaks the connection off after the body; `hold` keeps the body open until it is set."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    body: bytes = b""
    pause: float = 0.0
    cut: bool = False
    hold: threading.Event | None = None

    @property
    def streamed(self) -> bool:
        """Whether it goes out in pieces."""
        return self.headers.get("content-type", "").startswith(_STREAMS)


@dataclass(slots=True, frozen=True, kw_only=True)
class Asked:
    """One request that came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)


@dataclass(slots=True, frozen=True, kw_only=True)
class Exchange:
    """One recorded request and its reply."""

    method: str
    url: str
    request_headers: dict[str, str]
    request: Any
    reply: Reply

    @property
    def path(self) -> str:
        """The path that was asked for."""
        return urlsplit(self.url).path


def answer(value: Any, *, status: int = 200, **options: Any) -> Reply:
    """A JSON reply."""
    return Reply(status=status, body=json.dumps(value).encode(), **options)


def events(values: Sequence[Any], *, done: bool = True, **options: Any) -> Reply:
    """A stream of server-sent events. Those with a type carry it in an `event` field too; chat ends in `done`."""
    lines = [
        (f"event: {value['type']}\n" if "type" in value else "") + f"data: {json.dumps(value)}\n\n" for value in values
    ]
    body = "".join([*lines, "data: [DONE]\n\n" * done]).encode()
    return Reply(headers={"content-type": _EVENTS}, body=body, **options)


def recorded(path: Path) -> list[Exchange]:
    """The exchanges of a VCR recording, in order."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [_exchange(interaction) for interaction in document["interactions"]]


def _exchange(interaction: dict[str, Any]) -> Exchange:
    request, response = interaction["request"], interaction["response"]
    body = response["body"]["string"]
    kept = _headers(response["headers"]).items()
    headers = {name: value for name, value in kept if name in _KEPT_HEADERS or name.startswith("x-amzn-")}
    headers.setdefault("content-type", _EVENTS if body[:6] in ("event:", b"event:") else "application/json")
    return Exchange(
        method=request["method"],
        url=request["uri"],
        request_headers=_headers(request["headers"]),
        request=json.loads(request["body"]),
        reply=Reply(
            status=response["status"]["code"],
            headers=headers,
            body=body if isinstance(body, bytes) else body.encode(),
        ),
    )


def _headers(recorded_headers: dict[str, Any]) -> dict[str, str]:
    return {name.lower(): value if isinstance(value, str) else value[0] for name, value in recorded_headers.items()}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    take: Callable[[Asked], Reply]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Leave alone what a client does that goes away early, which some tests are about."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Provider:
    """The server. Replies queued for a path are given in order; a request for which there is none gets a 599."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._replies: dict[tuple[str, str], list[Reply]] = {}
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.take = self.take
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def queue(self, path: str, *replies: Reply, method: str = "POST") -> None:
        """Give these replies, in order, to requests for a path."""
        with self._lock:
            self._replies.setdefault((method, path), []).extend(replies)

    def play(self, exchanges: Sequence[Exchange]) -> None:
        """Queue the replies of recorded exchanges."""
        for exchange in exchanges:
            self.queue(exchange.path, exchange.reply, method=exchange.method)

    def take(self, asked: Asked) -> Reply:
        """The next reply for a request."""
        with self._lock:
            self.asked.append(asked)
            waiting = self._replies.get((asked.method, urlsplit(asked.path).path))
            if not waiting:
                return answer({"error": {"message": f"nothing queued for {asked.method} {asked.path}"}}, status=599)
            return waiting.pop(0)

    @property
    def left(self) -> int:
        """How many queued replies nobody has asked for."""
        return sum(map(len, self._replies.values()))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def date_time_string(self, timestamp: float | None = None) -> str:
        """A date that stays: replies are compared, and some clients hand on their headers."""
        return super().date_time_string(1_795_000_000 if timestamp is None else timestamp)

    def do_POST(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._send(self.server.take(Asked(method=self.command, path=self.path, headers=headers, body=body)))

    def _send(self, reply: Reply) -> None:
        time.sleep(reply.pause)
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if not (reply.streamed or reply.cut or reply.hold):
            self.send_header("content-length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)
            return
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for start in range(0, len(reply.body), _PIECE):
            self._chunk(reply.body[start : start + _PIECE])
        if reply.hold is not None:
            reply.hold.wait(10)
        if reply.cut:
            self.close_connection = True  # without the last chunk: the body has no end
        else:
            self._chunk(b"")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing: pytest's output is for failures."""
