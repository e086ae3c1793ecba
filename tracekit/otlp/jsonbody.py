"""OTLP/JSON into raw spans. Pure.

Ids are hex; 64-bit integers are text or numbers, enums numbers or names, keys camelCase or snake_case:
senders differ, and none of these can be mistaken for another.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tracekit.errors import DecodeError
from tracekit.model import RawSpan
from tracekit.otlp.anyvalue import finite

_KINDS = {
    "SPAN_KIND_UNSPECIFIED": 0,
    "SPAN_KIND_INTERNAL": 1,
    "SPAN_KIND_SERVER": 2,
    "SPAN_KIND_CLIENT": 3,
    "SPAN_KIND_PRODUCER": 4,
    "SPAN_KIND_CONSUMER": 5,
}
_STATUSES = {"STATUS_CODE_UNSET": 0, "STATUS_CODE_OK": 1, "STATUS_CODE_ERROR": 2}


def spans(body: bytes) -> list[RawSpan]:
    """The spans of a JSON body; see `decode.traces`."""
    try:
        return _request(json.loads(body))
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is a ValueError
        raise DecodeError(f"the body ({len(body)} bytes) is not JSON: {error}.") from error


def _request(data: Any) -> list[RawSpan]:
    found: list[RawSpan] = []
    for resource_spans in _objects(_object(data, "the body"), "resourceSpans", "resource_spans"):
        resource = _attributes(_object(resource_spans.get("resource"), "resource"))
        for scope_spans in _objects(resource_spans, "scopeSpans", "scope_spans"):
            scope = _object(scope_spans.get("scope"), "scope")
            found.extend(_span(span, resource=resource, scope=scope) for span in _objects(scope_spans, "spans"))
    return found


def _span(span: Mapping[str, Any], *, resource: Mapping[str, Any], scope: Mapping[str, Any]) -> RawSpan:
    status = _object(span.get("status"), "status")
    return RawSpan(
        trace_id=_text(span, "traceId", "trace_id").lower(),
        span_id=_text(span, "spanId", "span_id").lower(),
        parent_span_id=_text(span, "parentSpanId", "parent_span_id").lower() or None,
        name=_text(span, "name"),
        kind=_enum(span.get("kind", 0), _KINDS, "kind"),
        start_ns=_integer(_get(span, "startTimeUnixNano", "start_time_unix_nano"), "startTimeUnixNano"),
        end_ns=_integer(_get(span, "endTimeUnixNano", "end_time_unix_nano"), "endTimeUnixNano") or None,
        status_code=_enum(status.get("code", 0), _STATUSES, "status.code"),
        status_message=_text(status, "message") or None,
        attributes=_attributes(span),
        events=[
            {
                "name": _text(event, "name"),
                "time_ns": _integer(_get(event, "timeUnixNano", "time_unix_nano"), "timeUnixNano"),
                "attributes": _attributes(event),
            }
            for event in _objects(span, "events")
        ],
        links=[
            {
                "trace_id": _text(link, "traceId", "trace_id").lower(),
                "span_id": _text(link, "spanId", "span_id").lower(),
                "attributes": _attributes(link),
            }
            for link in _objects(span, "links")
        ],
        resource=resource,
        scope_name=_text(scope, "name") or None,
        scope_version=_text(scope, "version") or None,
    )


def _attributes(owner: Mapping[str, Any]) -> dict[str, Any]:
    return _pairs(owner, "attributes")


def _pairs(owner: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {_text(pair, "key"): _value(pair.get("value")) for pair in _objects(owner, key)}


def _value(data: Any) -> Any:  # noqa: PLR0911 - one return a type of value
    for key, value in _object(data, "an attribute's value").items():
        match key:
            case "stringValue" | "string_value" | "bytesValue" | "bytes_value":
                return value
            case "intValue" | "int_value":
                return _integer(value, "intValue")
            case "doubleValue" | "double_value":
                return _double(value)
            case "boolValue" | "bool_value":
                return value
            case "arrayValue" | "array_value":
                return [_value(item) for item in _objects(_object(value, "arrayValue"), "values")]
            case "kvlistValue" | "kvlist_value":
                return _pairs(_object(value, "kvlistValue"), "values")
            case _:
                continue
    return None


def _get(owner: Mapping[str, Any], camel: str, snake: str) -> Any:
    value = owner.get(camel)
    return owner.get(snake) if value is None else value


def _object(data: Any, what: str) -> Mapping[str, Any]:
    if data is None:
        return {}
    if isinstance(data, dict):
        return data
    raise DecodeError(f"{what} is a JSON {type(data).__name__} where OTLP has an object.")


def _objects(owner: Mapping[str, Any], camel: str, snake: str | None = None) -> list[Mapping[str, Any]]:
    data = _get(owner, camel, snake or camel)
    if data is None:
        return []
    if not isinstance(data, list):
        raise DecodeError(f"{camel} is a JSON {type(data).__name__} where OTLP has a list.")
    return [_object(item, f"a member of {camel}") for item in data]


def _text(owner: Mapping[str, Any], camel: str, snake: str | None = None) -> str:
    value = _get(owner, camel, snake or camel)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise DecodeError(f"{camel}: {value!r:.80} is not text.")
    return value


def _integer(value: Any, what: str) -> int:
    if value is None or value == "":
        return 0
    if isinstance(value, str | int) or (isinstance(value, float) and value.is_integer()):
        try:
            return int(value)
        except ValueError:
            pass
    raise DecodeError(f"{what}: {value!r:.80} is not a whole number.")


def _double(value: Any) -> Any:
    return finite(value) if isinstance(value, float) else value


def _enum(value: Any, names: Mapping[str, int], what: str) -> int:
    return names[value] if isinstance(value, str) and value in names else _integer(value, what)
