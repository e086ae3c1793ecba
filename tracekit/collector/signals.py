"""The three signals of OTLP: their messages, their journal records, and whether a body is what it claims to be. Pure.

A span without usable ids cannot be kept, and is counted as rejected; the rest of its request is kept.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from tracekit.errors import DecodeError
from tracekit.journal import records
from tracekit.otlp import decode, messages

PROTOBUF = "application/x-protobuf"
JSON = "application/json"

_TRACE_ID_BYTES = 16
_SPAN_ID_BYTES = 8
_NO_TRACE_ID = bytes(_TRACE_ID_BYTES)
_NO_SPAN_ID = bytes(_SPAN_ID_BYTES)


@dataclass(slots=True, frozen=True, kw_only=True)
class Signal:
    """One of traces, logs and metrics.

    `field` is the list that a JSON request of it holds; `request` takes any bytes as text, as the decoders do.
    """

    name: str
    field: str
    request: type[Any]
    response: type[Message]
    protobuf_record: bytes
    json_record: bytes

    def record(self, *, is_json: bool) -> bytes:
        """The kind of journal record that holds a body of this signal."""
        return self.json_record if is_json else self.protobuf_record


TRACES = Signal(
    name="traces",
    field="resourceSpans",
    request=messages.lenient(ExportTraceServiceRequest),
    response=ExportTraceServiceResponse,
    protobuf_record=records.OTLP_TRACES,
    json_record=records.OTLP_TRACES_JSON,
)
LOGS = Signal(
    name="logs",
    field="resourceLogs",
    request=messages.lenient(ExportLogsServiceRequest),
    response=ExportLogsServiceResponse,
    protobuf_record=records.OTLP_LOGS,
    json_record=records.OTLP_LOGS_JSON,
)
METRICS = Signal(
    name="metrics",
    field="resourceMetrics",
    request=messages.lenient(ExportMetricsServiceRequest),
    response=ExportMetricsServiceResponse,
    protobuf_record=records.OTLP_METRICS,
    json_record=records.OTLP_METRICS_JSON,
)
SIGNALS = (TRACES, LOGS, METRICS)


def usable(trace_id: str, span_id: str) -> bool:
    """Whether a span can be kept under these ids: hex of the right length, and not all zeros."""
    return _is_id(trace_id, _TRACE_ID_BYTES) and _is_id(span_id, _SPAN_ID_BYTES)


def rejected(signal: Signal, body: bytes, *, is_json: bool) -> int:
    """How many spans of a request cannot be kept; 0 for logs and metrics, whose records need no ids.

    Raises:
        DecodeError: the body is not a request of this signal.
    """
    if is_json and signal is TRACES:
        return sum(not usable(span.trace_id, span.span_id) for span in decode.traces(body, json=True))
    if is_json:
        _check_json(signal, body)
        return 0
    message = messages.parse(signal.request, body)
    return _unusable(message) if signal is TRACES else 0


def response(signal: Signal, *, rejected: int) -> Message:
    """The answer to a request that was taken in."""
    if not rejected:
        return signal.response()
    why = f"{rejected} spans have an id that is missing, all zeros or of the wrong length; the others are stored."
    return ExportTraceServiceResponse(
        partial_success=ExportTracePartialSuccess(rejected_spans=rejected, error_message=why)
    )


def encode(message: Message, *, is_json: bool) -> bytes:
    """A message in the format the sender speaks."""
    return MessageToJson(message, indent=None).encode() if is_json else message.SerializeToString()


def status(code: int, message: str) -> Status:
    """The body of a refusal, as OTLP wants it: a gRPC status code and a sentence."""
    return Status(code=code, message=message)


def _is_id(text: str, size: int) -> bool:
    try:
        data = bytes.fromhex(text)
    except ValueError:
        return False
    return len(data) == size and len(text) == 2 * size and any(data)


def _unusable(request: Any) -> int:
    count = 0
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                trace_id, span_id = span.trace_id, span.span_id  # each touch of a message costs
                sized = len(trace_id) == _TRACE_ID_BYTES and len(span_id) == _SPAN_ID_BYTES
                count += not sized or trace_id == _NO_TRACE_ID or span_id == _NO_SPAN_ID
    return count


def _check_json(signal: Signal, body: bytes) -> None:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise DecodeError(f"the body is not JSON: {error}.") from error
    if not isinstance(data, dict) or not isinstance(data.get(signal.field, []), list):
        raise DecodeError(f'the body is not OTLP JSON of {signal.name}: {{"{signal.field}": [...]}} is expected.')
