"""OTLP protobuf into raw spans. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf.message import DecodeError as ProtobufDecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tracekit.errors import DecodeError
from tracekit.model import RawSpan
from tracekit.otlp.anyvalue import attributes


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
        resource = attributes(resource_spans.resource.attributes)
        for scope_spans in resource_spans.scope_spans:
            scope = scope_spans.scope
            found.extend(_span(span, resource=resource, scope=scope) for span in scope_spans.spans)
    return found


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
        attributes=attributes(span.attributes),
        events=[
            {"name": event.name, "time_ns": event.time_unix_nano, "attributes": attributes(event.attributes)}
            for event in span.events
        ],
        links=[
            {
                "trace_id": link.trace_id.hex(),
                "span_id": link.span_id.hex(),
                "attributes": attributes(link.attributes),
            }
            for link in span.links
        ],
        resource=resource,
        scope_name=scope.name or None,
        scope_version=scope.version or None,
    )
