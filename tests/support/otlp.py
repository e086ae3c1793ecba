"""OTLP requests for tests, small and whole."""

from __future__ import annotations

import json

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

START = 1_795_000_000_000_000_000
"""Unix nanoseconds of the first span."""


def text(key: str, value: str) -> KeyValue:
    """A text attribute."""
    return KeyValue(key=key, value=AnyValue(string_value=value))


def spans(count: int, *, trace: int = 1, name: str = "work") -> list[Span]:
    """Spans of one trace, one millisecond each, with ids that `trace` and their number decide."""
    return [
        Span(
            trace_id=trace.to_bytes(16, "big"),
            span_id=(trace * 1_000_000 + number + 1).to_bytes(8, "big"),
            name=f"{name} {number}",
            start_time_unix_nano=START + number * 1_000_000,
            end_time_unix_nano=START + (number + 1) * 1_000_000,
        )
        for number in range(count)
    ]


def request(found: list[Span], *, service: str = "tests") -> ExportTraceServiceRequest:
    """One request with these spans."""
    return ExportTraceServiceRequest(
        resource_spans=[
            ResourceSpans(
                resource=Resource(attributes=[text("service.name", service)]),
                scope_spans=[ScopeSpans(scope=InstrumentationScope(name="tests"), spans=found)],
            )
        ]
    )


def json_request(count: int, *, trace: int = 2) -> bytes:
    """The same in OTLP/JSON: hex ids, 64-bit numbers as text."""
    found = [
        {
            "traceId": span.trace_id.hex(),
            "spanId": span.span_id.hex(),
            "name": span.name,
            "startTimeUnixNano": str(span.start_time_unix_nano),
            "endTimeUnixNano": str(span.end_time_unix_nano),
        }
        for span in spans(count, trace=trace)
    ]
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": found}]}]}).encode()
