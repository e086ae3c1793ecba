"""OTLP over gRPC: the three `Export` calls, beside HTTP in its event loop, with the bytes journaled as they came.

It refuses what HTTP refuses, by gRPC's codes. There is no check of host names: a page in a browser cannot speak
gRPC without TLS.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from types import TracebackType
from typing import Any, Self

import grpc
import grpc.aio
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo

from tracekit.collector import signals
from tracekit.collector.acceptance import Acceptance, refusal
from tracekit.collector.access import Keys
from tracekit.collector.body import SlowError
from tracekit.collector.signals import Signal
from tracekit.collector.sockets import bind
from tracekit.errors import DecodeError, TracekitError, UsageError

GRACE_SECONDS = 5
"""How long calls may take to finish once the end has been asked for."""

STATUS_KEY = "grpc-status-details-bin"
"""The metadata in which gRPC has a `google.rpc.Status`, where OTLP wants `RetryInfo` among its details."""
RETRY_KEY = "google.rpc.retryinfo-bin"
"""The metadata in which OpenTelemetry's exporter for Python looks for it instead."""

_SERVICES = {
    "opentelemetry.proto.collector.trace.v1.TraceService": signals.TRACES,
    "opentelemetry.proto.collector.logs.v1.LogsService": signals.LOGS,
    "opentelemetry.proto.collector.metrics.v1.MetricsService": signals.METRICS,
}
_CODES: dict[int, Any] = {code.value[0]: code for code in grpc.StatusCode}


class GrpcReceiver:
    """The receiving end of OTLP/gRPC; serves while it is open, in the event loop that opens it.

    Args:
        acceptance: what it shares with HTTP.
        host: a numeric address.
        port: 0 picks one.
        keys: the words of which a call must carry one, as `authorization: Bearer WORD`; None asks for none.
    """

    def __init__(self, acceptance: Acceptance, *, host: str, port: int, keys: Keys | None = None) -> None:
        self._acceptance = acceptance
        self._host = host
        self._name = f"[{host}]" if ":" in host else host
        self._port = port
        self._keys = keys
        limits = acceptance.admission.limits
        self._reading = asyncio.Semaphore(max(1, limits.held // limits.body))
        self._server: Any = None
        self.address: str | None = None
        """Where it answers, as `host:port`; None while it does not."""

    async def __aenter__(self) -> Self:
        """Start to answer.

        Raises:
            UsageError: the address cannot be used.
        """
        limits = self._acceptance.admission.limits
        options = (("grpc.so_reuseport", 0), ("grpc.max_receive_message_length", limits.body))
        bind(self._host, self._port, flag="--grpc-port").close()  # says who holds the port, as gRPC does not
        self._server = grpc.aio.server(options=options)
        try:
            port = self._server.add_insecure_port(f"{self._name}:{self._port}")
        except RuntimeError as error:
            raise UsageError(f"gRPC cannot listen on {self._name} port {self._port}: {error}.") from error
        self._server.add_generic_rpc_handlers(
            [
                grpc.method_handlers_generic_handler(name, {"Export": self._handler(signal)})
                for name, signal in _SERVICES.items()
            ]
        )
        await self._server.start()
        self.address = f"{self._name}:{port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take no further calls, and let those under way finish."""
        self.address = None
        await self._server.stop(GRACE_SECONDS)

    def _handler(self, signal: Signal) -> Any:
        # As a stream of one message, a call can be refused before the message is read; on the wire it is the same.
        return grpc.stream_unary_rpc_method_handler(partial(self._export, signal))

    async def _export(self, signal: Signal, messages: AsyncIterator[bytes], context: Any) -> bytes:
        if self._keys is not None and not self._keys.in_header(_authorization(context)):
            await context.abort(
                grpc.StatusCode.UNAUTHENTICATED, "This tracekit asks for its token: send authorization: Bearer TOKEN."
            )
        try:
            rejected = await self._take(signal, messages)
        except TracekitError as error:
            await _refuse(context, error)
            raise
        return signals.encode(signals.response(signal, rejected=rejected), is_json=False)

    async def _take(self, signal: Signal, messages: AsyncIterator[bytes]) -> int:
        """Read, check and journal one request; how many of its spans cannot be kept."""
        with self._acceptance.admission.enter() as hold:
            async with self._reading:  # the size of a message is known when all of it is in memory
                data = await self._read(messages)
            hold.add(len(data))
            return await self._acceptance.accept(signal, data, is_json=False)

    async def _read(self, messages: AsyncIterator[bytes]) -> bytes:
        patience = self._acceptance.admission.limits.patience
        try:
            async with asyncio.timeout(patience):
                return await anext(messages)
        except TimeoutError:
            raise SlowError(f"no whole message came in {patience:g} seconds. Send smaller batches.") from None
        except StopAsyncIteration:
            raise DecodeError("the call has no message. Send one request in each call.") from None


async def _refuse(context: Any, error: TracekitError) -> None:
    """End the call; gRPC raises an error of its own to do so."""
    answer = refusal(error)
    metadata: tuple[tuple[str, bytes], ...] = ()
    if answer.retry_after is not None:
        retry = RetryInfo(retry_delay=Duration(seconds=answer.retry_after))
        status = signals.status(answer.grpc, str(error))
        status.details.add().Pack(retry)
        metadata = ((STATUS_KEY, status.SerializeToString()), (RETRY_KEY, retry.SerializeToString()))
    await context.abort(_CODES[answer.grpc], str(error), metadata)


def _authorization(context: Any) -> str:
    return next((value for key, value in context.invocation_metadata() if key == "authorization"), "")
