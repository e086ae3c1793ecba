"""OTLP/JSON of grouped raw spans: ids in hex, 64-bit integers as text, as the protocol's JSON mapping has it. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from tracekit.jsontext import encoder
from tracekit.model import RawLog, RawSpan

_INT64 = range(-(1 << 63), 1 << 63)
_encode = encoder(str)

R = TypeVar("R", RawSpan, RawLog)
Groups = Iterable[tuple[Mapping[str, Any], list[tuple[tuple[str | None, str | None], list[R]]]]]
"""Spans or log records under their scopes under their resources."""


def traces(groups: Groups[RawSpan]) -> bytes:
    """The body of an `ExportTraceServiceRequest`, on one line."""
    return _body(groups, "Spans", lambda found: {"spans": [_span(span) for span in found]})


def logs(groups: Groups[RawLog]) -> bytes:
    """The body of an `ExportLogsServiceRequest`, on one line."""
    return _body(groups, "Logs", lambda found: {"logRecords": [_record(record) for record in found]})


def _body(groups: Groups[R], what: str, leaf: Callable[[list[R]], dict[str, Any]]) -> bytes:
    said = [
        {
            "resource": {"attributes": _pairs(resource)},
            f"scope{what}": [
                {"scope": _present(name=scope[0], version=scope[1]), **leaf(found)} for scope, found in scopes
            ],
        }
        for resource, scopes in groups
    ]
    return _encode({f"resource{what}": said}).encode()


def _span(span: RawSpan) -> dict[str, Any]:
    return {
        "traceId": span.trace_id,
        "spanId": span.span_id,
        **_present(parentSpanId=span.parent_span_id),
        "name": span.name,
        "kind": span.kind,
        "startTimeUnixNano": str(span.start_ns),
        **_present(endTimeUnixNano=None if span.end_ns is None else str(span.end_ns)),
        "attributes": _pairs(span.attributes),
        "events": [
            {"name": event["name"], "timeUnixNano": str(event["time_ns"]), "attributes": _pairs_of(event)}
            for event in span.events
        ],
        "links": [
            {"traceId": link["trace_id"], "spanId": link["span_id"], "attributes": _pairs_of(link)}
            for link in span.links
        ],
        "status": _present(code=span.status_code or None, message=span.status_message),
    }


def _record(record: RawLog) -> dict[str, Any]:
    return {
        **_present(
            timeUnixNano=None if record.time_ns is None else str(record.time_ns),
            observedTimeUnixNano=None if record.observed_ns is None else str(record.observed_ns),
            eventName=record.event_name,
            severityText=record.severity,
            severityNumber=record.severity_number,
            traceId=record.trace_id,
            spanId=record.span_id,
        ),
        "attributes": _pairs(record.attributes),
        **_present(body=None if record.body is None else _value(record.body)),
    }


def _present(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def _pairs_of(owner: Mapping[str, Any]) -> list[dict[str, Any]]:
    return _pairs(owner.get("attributes") or {})


def _pairs(attributes: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in attributes.items()]


def _value(value: Any) -> dict[str, Any]:  # noqa: PLR0911 - one return a type of value
    match value:
        case None:
            return {}
        case str():
            return {"stringValue": value}
        case bool():
            return {"boolValue": value}
        case int() if value in _INT64:
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value if math.isfinite(value) else str(value)}
        case list() | tuple():
            return {"arrayValue": {"values": [_value(item) for item in value]}}
        case dict():
            return {"kvlistValue": {"values": _pairs(value)}}
        case _:
            return {"stringValue": str(value)}
