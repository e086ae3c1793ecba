"""OTLP over HTTP: takes a request, checks that it is what it claims to be, makes it durable, and only then says 200.

It stores the bytes as they came, in the journal, and looks no further into them: rows are the ingest loop's work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from google.protobuf.message import Message
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tracekit._version import __version__
from tracekit.collector import body, signals
from tracekit.collector.body import Admission, BusyError, EncodingError, Limits, SlowError
from tracekit.collector.durable import GroupCommit, NotDurableError
from tracekit.collector.signals import JSON, PROTOBUF, Signal
from tracekit.errors import BodyTooLargeError, DecodeError, TracekitError

RETRY_AFTER_BUSY = 1
RETRY_AFTER_DISK = 10
"""Seconds."""

JSON_BYTES = 256 << 10
PROTOBUF_BYTES = 4 << 20
"""Bodies up to these sizes are looked into between other requests, some milliseconds; larger ones beside them."""

_UNREAD = frozenset({408, 413})

# What refuses a request: its HTTP status, its gRPC code, and when to try again.
_REFUSALS: dict[type[TracekitError], tuple[int, int, int | None]] = {
    EncodingError: (415, 3, None),
    BodyTooLargeError: (413, 3, None),
    DecodeError: (400, 3, None),
    SlowError: (408, 4, None),
    BusyError: (429, 8, RETRY_AFTER_BUSY),
    NotDurableError: (503, 14, RETRY_AFTER_DISK),
}


class Receiver:
    """The receiving end of OTLP/HTTP.

    Args:
        journal: where a request becomes durable.
        limits: what is taken at most.
        instance: a word that only this process knows until it says it at `/health`, so that others can tell it is the
            one that wrote `up.json`.
        quarantined: counts the records that are set aside.
    """

    def __init__(
        self,
        journal: GroupCommit,
        *,
        instance: str,
        limits: Limits | None = None,
        quarantined: Callable[[], int] = lambda: 0,
    ) -> None:
        self._journal = journal
        self._quarantined = quarantined
        self._instance = instance
        self._admission = Admission(limits or Limits())

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
        with self._admission.enter() as hold:
            if int(request.headers.get("content-length", 0)) > self._admission.limits.body:
                raise body.too_large(self._admission.limits)
            data = await body.read(request.stream(), encoding, hold)
            rejected = await self._check(signal, data, is_json=is_json)
            await self._journal.append(signal.record(is_json=is_json), data)
        return rejected

    async def _check(self, signal: Signal, data: bytes, *, is_json: bool) -> int:
        if len(data) <= (JSON_BYTES if is_json else PROTOBUF_BYTES):
            return signals.rejected(signal, data, is_json=is_json)
        async with self._admission.checking:
            return await asyncio.to_thread(signals.rejected, signal, data, is_json=is_json)


def _refusal(error: TracekitError, *, is_json: bool) -> Response:
    http, grpc, retry = next(_REFUSALS[kind] for kind in type(error).__mro__ if kind in _REFUSALS)
    headers = {} if retry is None else {"Retry-After": str(retry)}
    if http in _UNREAD:
        headers["Connection"] = "close"  # rather than take the rest of the body in
    return _answer(http, signals.status(grpc, str(error)), is_json=is_json, headers=headers)


def _answer(code: int, message: Message, *, is_json: bool, headers: dict[str, str] | None = None) -> Response:
    content = signals.encode(message, is_json=is_json)
    return Response(content, status_code=code, headers=headers, media_type=JSON if is_json else PROTOBUF)
