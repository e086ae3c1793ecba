"""The demo's model server: OpenAI's routes on a loopback port, answered by the script at a model's pace.

Nothing leaves the machine, no key is asked for. POST /v1/chat/completions, /v1/responses, /v1/embeddings.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tracekit.demo import wire
from tracekit.demo.exchange import MODELS, Asked, Failure, Reply, bad_request
from tracekit.demo.script import answer


@dataclass(slots=True, frozen=True, kw_only=True)
class _Api:
    """How one of the two chat APIs is read and written."""

    read: Callable[..., Asked]
    whole: Callable[..., wire.Json]
    parts: Callable[..., Iterator[wire.Json]]
    named: bool


_APIS = {
    "/v1/chat/completions": _Api(
        read=wire.chat_request, whole=wire.chat_completion, parts=wire.chat_chunks, named=False
    ),
    "/v1/responses": _Api(read=wire.responses_request, whole=wire.response, parts=wire.response_events, named=True),
}


class ModelServer:
    """Serves on a free port of 127.0.0.1 while the context is open.

    Args:
        pace: multiplies every wait; 0 answers at once.

    Example:
        >>> with ModelServer() as server:
        ...     client = openai.OpenAI(base_url=server.url, api_key="none")
    """

    def __init__(self, *, pace: float = 1.0) -> None:
        handler = type("Handler", (_Handler,), {"pace": pace})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.02},  # seconds that closing may wait
            name="tracekit-demo-model",
            daemon=True,
        )

    @property
    def url(self) -> str:
        """The base URL for a client, with /v1."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "tracekit-demo"
    pace = 1.0

    def do_POST(self) -> None:
        """Answer one request; a caller who hangs up in the middle is no error of the server's."""
        with contextlib.suppress(ConnectionError):
            data = self.rfile.read(int(self.headers.get("content-length") or 0))
            try:
                self._route(json.loads(data))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                self._fail(bad_request(f"The request cannot be read: {error!r}."))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's signature
        """Say nothing: the demo's output is its traces."""

    def _route(self, body: dict[str, Any]) -> None:
        api = _APIS.get(self.path)
        if api is not None:
            self._chat(api, body)
        elif self.path == "/v1/embeddings":
            self._embed(body)
        else:
            self._fail(
                Failure(
                    status=404,
                    message=f"No route {self.path}.",
                    kind="invalid_request_error",
                    code="not_found",
                )
            )

    def _chat(self, api: _Api, body: dict[str, Any]) -> None:
        if body.get("n") not in (None, 1):
            self._fail(bad_request(f"n is {body['n']!r}; this model gives one answer.", param="n"))
            return
        asked = api.read(body, retries=int(self.headers.get("x-stainless-retry-count") or 0))
        reply = answer(asked)
        if isinstance(reply, Failure):
            self._fail(reply)
            return
        form = {"key": secrets.token_hex(12), "created": int(time.time())}
        if asked.stream:
            self._stream(asked, reply, api.parts(asked, reply, **form), named=api.named)
            return
        card = MODELS[asked.model]
        self._wait(card.first + card.each * reply.output_tokens)
        self._json(200, api.whole(asked, reply, **form))

    def _stream(self, asked: Asked, reply: Reply, parts: Iterator[wire.Json], *, named: bool) -> None:
        card = MODELS[asked.model]
        self.send_response(200)
        self.send_header("content-type", "text/event-stream; charset=utf-8")
        self.send_header("connection", "close")
        self.end_headers()
        self._wait(card.first + card.each * reply.reasoning_tokens)
        for part in parts:
            self.wfile.write(wire.sse(part, named=named))
            self._wait(card.each)
        if not named:
            self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True

    def _embed(self, body: dict[str, Any]) -> None:
        unknown = answer(Asked(model=str(body["model"]), turns=()))
        if isinstance(unknown, Failure):
            self._fail(unknown)
            return
        self._wait(MODELS[body["model"]].first)
        self._json(200, wire.embeddings(body))

    def _wait(self, seconds: float) -> None:
        if self.pace:
            time.sleep(seconds * self.pace)

    def _fail(self, failure: Failure) -> None:
        headers: dict[str, str] = {}
        if failure.retry_after is not None:
            headers["retry-after"] = str(max(1, round(failure.retry_after)))  # whole seconds are all it may say
            headers["retry-after-ms"] = str(int(failure.retry_after * 1000))
        self._json(failure.status, failure.body(), headers)

    def _json(self, status: int, body: wire.Json, headers: dict[str, str] | None = None) -> None:
        data = json.dumps(body, ensure_ascii=False).encode()
        self.send_response(status)
        for name, value in {"content-type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("x-request-id", f"req_{secrets.token_hex(8)}")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
