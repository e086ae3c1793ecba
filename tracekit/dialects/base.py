"""What every span has, whatever its dialect: ids, times, status, project, session, tracekit's own. Pure."""

from __future__ import annotations

from typing import Any

from tracekit import semconv as sc
from tracekit.dialects.values import MAX_INTEGER, count, names, promote, text
from tracekit.model import DEFAULT_PROJECT, KINDS, Kind, RawSpan, Span, Status

DERIVATION = 1
"""Raise it with a change by which the dialects read a span that is stored already differently."""
_STATUS: dict[int, Status] = {1: "ok", 2: "error"}
_OUTCOMES = ("complete", "partial", "cancelled", "abandoned", "interrupted")


def base(raw: RawSpan) -> Span:
    """A span with all that needs no dialect. Never raises; `tracekit.fault` tells what could not be kept.

    A status that was never set stays "unset": instrumentations leave it so on success.
    """
    attributes, resource = raw.attributes, raw.resource
    start, end = _nanoseconds(raw.start_ns), _nanoseconds(raw.end_ns)
    if start is None or (end is None and raw.end_ns is not None):
        attributes = {
            **attributes,
            sc.FAULT: f"times {raw.start_ns!r} to {raw.end_ns!r} are not nanoseconds since 1970",
        }
    outcome = attributes.get(sc.OUTCOME, "complete" if raw.end_ns is not None else None)
    span = Span(
        trace_id=raw.trace_id,
        span_id=raw.span_id,
        parent_span_id=text(raw.parent_span_id),
        project=text(attributes.get(sc.PROJECT)) or text(resource.get(sc.PROJECT)) or DEFAULT_PROJECT,
        service=text(resource.get(sc.SERVICE_NAME)),
        name=raw.name,
        kind=_kind(raw),
        start_ns=start or 0,
        end_ns=end,
        status=_STATUS.get(raw.status_code, "unset"),
        status_message=text(raw.status_message),
        error_type=text(attributes.get(sc.ERROR_TYPE)),
        outcome=outcome if outcome in _OUTCOMES else None,
        session_id=text(attributes.get(sc.SESSION_ID)),
        user_id=text(attributes.get(sc.USER_ID)),
        tags=names(attributes.get(sc.TAGS)),
        scope_name=text(raw.scope_name),
        scope_version=text(raw.scope_version),
        raw_kind=count(raw.kind),
        raw_status=count(raw.status_code),
        derivation=DERIVATION,
        attributes=attributes,
        events=raw.events,
        links=raw.links,
        resource=resource,
    )
    promote(span, "input", sc.INPUT)
    promote(span, "output", sc.OUTPUT)
    if span.status == "error":
        _explain(span)
    return span


def _kind(raw: RawSpan) -> Kind:
    """The kind a span gives itself; a span of our own SDK that gives none is a step of a program."""
    kind = raw.attributes.get(sc.KIND, "chain" if raw.scope_name == sc.SCOPE else None)
    return kind if kind in KINDS else "other"


def _explain(span: Span) -> None:
    """Error type and message from the exception event, where the span itself does not say them."""
    for event in span.events:
        if event.get("name") == sc.EVENT_EXCEPTION:
            said: dict[str, Any] = event.get("attributes") or {}
            span.error_type = span.error_type or text(said.get(sc.EXCEPTION_TYPE))
            span.status_message = span.status_message or text(said.get(sc.EXCEPTION_MESSAGE))


def _nanoseconds(value: Any) -> int | None:
    return value if isinstance(value, int) and 0 <= value <= MAX_INTEGER else None
