"""OTLP protobuf into raw spans. Pure.

Touching a message from Python costs about a microsecond, so the commonest types of value are asked for first.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Mapping
from typing import Any

from google.protobuf.message import DecodeError as ProtobufDecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tracekit.errors import DecodeError
from tracekit.model import RawSpan


def spans(body: bytes) -> list[RawSpan]:
    """The spans of a protobuf body; see `decode.traces`."""
    request = ExportTraceServiceRequest()
    try:
        request.ParseFromString(body)
    except ProtobufDecodeError as error:
        raise DecodeError(
            f"the body ({len(body)} bytes) is not an OTLP trace request in protobuf: {error}. "
            "If it is JSON, send it as Content-Type application/json."
        ) from error
    found: list[RawSpan] = []
    for resource_spans in request.resource_spans:
        resource = _attributes(resource_spans.resource.attributes)
        for scope_spans in resource_spans.scope_spans:
            scope = scope_spans.scope
            found.extend(_span(span, resource=resource, scope=scope) for span in scope_spans.spans)
    return found


def finite(number: float) -> float | str:
    """A double as JSON can say it.

    >>> finite(0.5), finite(float("-inf"))
    (0.5, '-Infinity')
    """
    if math.isfinite(number):
        return number
    if math.isnan(number):
        return "NaN"
    return "Infinity" if number > 0 else "-Infinity"


def _span(span: Span, *, resource: Mapping[str, Any], scope: InstrumentationScope) -> RawSpan:
    has_status = span.HasField("status")
    return RawSpan(
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_span_id=span.parent_span_id.hex() or None,
        name=span.name,
        kind=span.kind,
        start_ns=span.start_time_unix_nano,
        end_ns=span.end_time_unix_nano or None,
        status_code=span.status.code if has_status else 0,
        status_message=(span.status.message or None) if has_status else None,
        attributes=_attributes(span.attributes),
        events=[
            {"name": event.name, "time_ns": event.time_unix_nano, "attributes": _attributes(event.attributes)}
            for event in span.events
        ],
        links=[
            {
                "trace_id": link.trace_id.hex(),
                "span_id": link.span_id.hex(),
                "attributes": _attributes(link.attributes),
            }
            for link in span.links
        ],
        resource=resource,
        scope_name=scope.name or None,
        scope_version=scope.version or None,
    )


def _attributes(pairs: Iterable[KeyValue]) -> dict[str, Any]:
    return {pair.key: (value := pair.value).string_value or _other(value) for pair in pairs}


def _value(value: AnyValue) -> Any:
    return value.string_value or _other(value)


def _other(value: AnyValue) -> Any:  # noqa: PLR0911 - one return a type of value
    """Any value but text of some length."""
    number = value.int_value
    if number:
        return number
    match value.WhichOneof("value"):
        case "double_value":
            return finite(value.double_value)
        case "bool_value":
            return value.bool_value
        case "array_value":
            return [_value(item) for item in value.array_value.values]
        case "kvlist_value":
            return _attributes(value.kvlist_value.values)
        case "bytes_value":
            return base64.b64encode(value.bytes_value).decode()
        case "string_value":
            return ""
        case "int_value":
            return 0
        case _:
            return None
