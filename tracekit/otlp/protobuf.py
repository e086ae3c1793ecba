"""OTLP protobuf into raw spans. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tracekit.model import RawSpan
from tracekit.otlp.attributes import attributes
from tracekit.otlp.messages import lenient, parse, text

_Request = lenient(ExportTraceServiceRequest, unread=frozenset({"attributes"}))


def spans(body: bytes) -> list[RawSpan]:
    """The spans of a protobuf body; see `decode.traces`."""
    found: list[RawSpan] = []
    for resource_spans in parse(_Request, body).resource_spans:
        resource = attributes(resource_spans.resource.attributes)
        for scope_spans in resource_spans.scope_spans:
            scope = scope_spans.scope
            name, version = text(scope.name) or None, text(scope.version) or None
            found.extend(_span(span, resource, name, version) for span in scope_spans.spans)
    return found


def _span(span: Any, resource: Mapping[str, Any], scope_name: str | None, scope_version: str | None) -> RawSpan:
    status = span.status if span.HasField("status") else None
    events, links = span.events, span.links
    return RawSpan(
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_span_id=span.parent_span_id.hex() or None,
        name=text(span.name),
        kind=span.kind,
        start_ns=span.start_time_unix_nano,
        end_ns=span.end_time_unix_nano or None,
        status_code=status.code if status else 0,
        status_message=(text(status.message) or None) if status else None,
        attributes=attributes(span.attributes),
        events=[_event(event) for event in events] if events else [],
        links=[_link(link) for link in links] if links else [],
        resource=resource,
        scope_name=scope_name,
        scope_version=scope_version,
    )


def _event(event: Any) -> dict[str, Any]:
    return {"name": text(event.name), "time_ns": event.time_unix_nano, "attributes": attributes(event.attributes)}


def _link(link: Any) -> dict[str, Any]:
    return {"trace_id": link.trace_id.hex(), "span_id": link.span_id.hex(), "attributes": attributes(link.attributes)}
