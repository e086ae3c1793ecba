"""OTLP protobuf into raw spans. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tracekit.model import RawSpan
from tracekit.otlp.attributes import attributes
from tracekit.otlp.messages import lenient, parse, text

_Request = lenient(ExportTraceServiceRequest, unread=frozenset({"spans", "attributes"}))
_Span = lenient(Span, unread=frozenset({"attributes"}))


@dataclass(slots=True, frozen=True)
class Origin:
    """What spans that were sent together have in common: the resource and the instrumentation scope they come from."""

    resource: Mapping[str, Any]
    scope_name: str | None
    scope_version: str | None


def divided(body: bytes) -> Iterator[tuple[Origin, list[bytes]]]:
    """The spans of a protobuf body as the bytes of each, under what they come from.

    Raises:
        DecodeError: the body is no such request.
    """
    for resource_spans in parse(_Request, body).resource_spans:
        resource = attributes(resource_spans.resource.attributes)
        for scope_spans in resource_spans.scope_spans:
            scope = scope_spans.scope
            origin = Origin(resource, text(scope.name) or None, text(scope.version) or None)
            yield origin, list(scope_spans.spans)


def spans(body: bytes) -> list[RawSpan]:
    """The spans of a protobuf body; see `decode.traces`."""
    return [span(data, origin) for origin, found in divided(body) for data in found]


def span(data: bytes, origin: Origin) -> RawSpan:
    """One span.

    Raises:
        DecodeError: the bytes are none.
    """
    said = parse(_Span, data)
    status = said.status if said.HasField("status") else None
    events, links = said.events, said.links
    return RawSpan(
        trace_id=said.trace_id.hex(),
        span_id=said.span_id.hex(),
        parent_span_id=said.parent_span_id.hex() or None,
        name=text(said.name),
        kind=said.kind,
        start_ns=said.start_time_unix_nano,
        end_ns=said.end_time_unix_nano or None,
        status_code=status.code if status else 0,
        status_message=(text(status.message) or None) if status else None,
        attributes=attributes(said.attributes),
        events=[_event(event) for event in events] if events else [],
        links=[_link(link) for link in links] if links else [],
        resource=origin.resource,
        scope_name=origin.scope_name,
        scope_version=origin.scope_version,
    )


def _event(event: Any) -> dict[str, Any]:
    return {"name": text(event.name), "time_ns": event.time_unix_nano, "attributes": attributes(event.attributes)}


def _link(link: Any) -> dict[str, Any]:
    return {"trace_id": link.trace_id.hex(), "span_id": link.span_id.hex(), "attributes": attributes(link.attributes)}
