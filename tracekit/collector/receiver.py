"""OTLP over HTTP: takes a request, checks that it is what it claims to be, makes it durable, and only then says 200.

It stores the bytes as they came, in the journal, and looks no further into them: rows are the ingest loop's work.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from google.protobuf.message import Message
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tracekit._version import __version__
from tracekit.collector import body, signals
from tracekit.collector.acceptance import Acceptance, refusal
from tracekit.collector.body import EncodingError
from tracekit.collector.signals import JSON, PROTOBUF, Signal
from tracekit.errors import TracekitError

_UNREAD = frozenset({408, 413})


class Receiver:
    """The receiving end of OTLP/HTTP.

    Args:
        acceptance: what checks requests and makes them durable.
        instance: a word that only this process knows until it says it at `/health`, so that others can tell it is the
            one that wrote `up.json`.
        quarantined: counts the records that are set aside.
        grpc: where OTLP/gRPC is answered, as `host:port`; None where it is not.
    """

    def __init__(
        self,
        acceptance: Acceptance,
        *,
        instance: str,
        quarantined: Callable[[], int] = lambda: 0,
        grpc: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._acceptance = acceptance
        self._instance = instance
        self._quarantined = quarantined
        self._grpc = grpc

    def routes(self) -> list[Route]:
        """`POST /v1/traces`, `/v1/logs` and `/v1/metrics`, and `GET /health`."""
        return [
            *(Route(f"/v1/{signal.name}", self._endpoint(signal), methods=["POST"]) for signal in signals.SIGNALS),
            Route("/health", self._health),
        ]

    async def _health(self, _: Request) -> Response:
        return JSONResponse(
            {
                "status": "ok",
                "version": __version__,
                "instance": self._instance,
                "quarantined": self._quarantined(),
                "grpc": self._grpc(),
            }
        )

    def _endpoint(self, signal: Signal) -> Callable[[Request], Awaitable[Response]]:
        return partial(self._receive, signal)

    async def _receive(self, signal: Signal, request: Request) -> Response:
        content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        is_json = content_type != PROTOBUF
        try:
            if content_type not in {PROTOBUF, JSON}:
                raise EncodingError(f"Content-Type {content_type[:80]!r} is not OTLP's. Send {PROTOBUF} or {JSON}.")
            rejected = await self._take(signal, request, is_json=is_json)
        except TracekitError as error:
            return _refusal(error, is_json=is_json)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        return _answer(200, signals.response(signal, rejected=rejected), is_json=is_json)

    async def _take(self, signal: Signal, request: Request, *, is_json: bool) -> int:
        """Read, check and journal one request; how many of its spans cannot be kept."""
        encoding = body.encoding(request.headers.get("content-encoding", ""))
        admission = self._acceptance.admission
        with admission.enter() as hold:
            if int(request.headers.get("content-length", 0)) > admission.limits.body:
                raise body.too_large(admission.limits)
            data = await body.read(request.stream(), encoding, hold)
            return await self._acceptance.accept(signal, data, is_json=is_json)


def _refusal(error: TracekitError, *, is_json: bool) -> Response:
    answer = refusal(error)
    headers = {} if answer.retry_after is None else {"Retry-After": str(answer.retry_after)}
    if answer.http in _UNREAD:
        headers["Connection"] = "close"  # rather than take the rest of the body in
    return _answer(answer.http, signals.status(answer.grpc, str(error)), is_json=is_json, headers=headers)


def _answer(code: int, message: Message, *, is_json: bool, headers: dict[str, str] | None = None) -> Response:
    content = signals.encode(message, is_json=is_json)
    return Response(content, status_code=code, headers=headers, media_type=JSON if is_json else PROTOBUF)
