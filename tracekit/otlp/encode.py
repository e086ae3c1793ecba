"""Raw spans and log records into OTLP requests, in either encoding: the inverse of `decode`. Pure.

They are put under their resource and scope, each of which is written once. What OTLP cannot say is said as it can: a
whole number beyond 64 bits as text, half a surrogate pair (in protobuf) as U+FFFD.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tracekit.jsontext import encoder
from tracekit.model import RawLog, RawSpan
from tracekit.otlp import jsonwriter

_INT64 = range(-(1 << 63), 1 << 63)
_key = encoder(str)
_Scope = tuple[str | None, str | None]
R = TypeVar("R", RawSpan, RawLog)


def traces(spans: Iterable[RawSpan], *, json: bool) -> bytes:
    """The body of an `ExportTraceServiceRequest`; spans of one resource and scope stay in their order.

    Args:
        spans: ids are hex text of 16 and 8 bytes; times are Unix nanoseconds.
        json: OTLP/JSON, on one line, instead of protobuf.
    """
    if json:
        return jsonwriter.traces(grouped(spans))
    request = ExportTraceServiceRequest()
    for resource, scopes in grouped(spans):
        of_resource = request.resource_spans.add(resource=Resource(attributes=_pairs(resource)))
        for scope, found in scopes:
            of_resource.scope_spans.add(scope=_scope(scope), spans=[_span(span) for span in found])
    return request.SerializeToString()


def logs(records: Iterable[RawLog], *, json: bool) -> bytes:
    """The body of an `ExportLogsServiceRequest`; see `traces`."""
    if json:
        return jsonwriter.logs(grouped(records))
    request = ExportLogsServiceRequest()
    for resource, scopes in grouped(records):
        of_resource = request.resource_logs.add(resource=Resource(attributes=_pairs(resource)))
        for scope, found in scopes:
            of_resource.scope_logs.add(scope=_scope(scope), log_records=[_record(record) for record in found])
    return request.SerializeToString()


def grouped(found: Iterable[R]) -> list[tuple[Mapping[str, Any], list[tuple[_Scope, list[R]]]]]:
    """Spans or log records under their scopes under their resources, in the order in which these are first met."""
    resources: dict[str, tuple[Mapping[str, Any], dict[_Scope, list[R]]]] = {}
    keys: dict[int, tuple[str, Mapping[str, Any]]] = {}  # holds each object, so that its number stays its own
    for one in found:
        if id(one.resource) not in keys:
            keys[id(one.resource)] = _key(dict(one.resource)), one.resource
        _, scopes = resources.setdefault(keys[id(one.resource)][0], (one.resource, {}))
        scopes.setdefault((one.scope_name, one.scope_version), []).append(one)
    return [(resource, list(scopes.items())) for resource, scopes in resources.values()]


def _scope(scope: _Scope) -> InstrumentationScope:
    return InstrumentationScope(name=_text(scope[0] or ""), version=_text(scope[1] or ""))


def _span(span: RawSpan) -> Span:
    made = Span(
        trace_id=bytes.fromhex(span.trace_id),
        span_id=bytes.fromhex(span.span_id),
        parent_span_id=bytes.fromhex(span.parent_span_id or ""),
        name=_text(span.name),
        kind=span.kind,  # pyright: ignore[reportArgumentType] - the stubs take only names; a number beyond them is kept
        start_time_unix_nano=span.start_ns,
        end_time_unix_nano=span.end_ns or 0,
        attributes=_pairs(span.attributes),
        events=[
            Span.Event(name=_text(event["name"]), time_unix_nano=event["time_ns"], attributes=_pairs_of(event))
            for event in span.events
        ],
        links=[
            Span.Link(
                trace_id=bytes.fromhex(link["trace_id"]),
                span_id=bytes.fromhex(link["span_id"]),
                attributes=_pairs_of(link),
            )
            for link in span.links
        ],
    )
    if span.status_code or span.status_message:
        code: Any = span.status_code
        made.status.CopyFrom(Status(code=code, message=_text(span.status_message or "")))
    return made


def _record(record: RawLog) -> LogRecord:
    number: Any = record.severity_number or 0
    return LogRecord(
        time_unix_nano=record.time_ns or 0,
        observed_time_unix_nano=record.observed_ns or 0,
        event_name=_text(record.event_name or ""),
        severity_text=_text(record.severity or ""),
        severity_number=number,
        trace_id=bytes.fromhex(record.trace_id or ""),
        span_id=bytes.fromhex(record.span_id or ""),
        attributes=_pairs(record.attributes),
        body=None if record.body is None else _value(record.body),
    )


def _pairs_of(owner: Mapping[str, Any]) -> list[KeyValue]:
    return _pairs(owner.get("attributes") or {})


def _pairs(attributes: Mapping[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=_text(key), value=_value(value)) for key, value in attributes.items()]


def _value(value: Any) -> AnyValue:  # noqa: PLR0911 - one return a type of value
    match value:
        case None:
            return AnyValue()
        case str():
            return AnyValue(string_value=_text(value))
        case bool():
            return AnyValue(bool_value=value)
        case int() if value in _INT64:
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case list() | tuple():
            return AnyValue(array_value=ArrayValue(values=[_value(item) for item in value]))
        case dict():
            return AnyValue(kvlist_value=KeyValueList(values=_pairs(value)))
        case _:
            return AnyValue(string_value=str(value))


def _text(text: str) -> str:
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
