"""What every span has, whatever its dialect: ids, times, status, project, session, tracekit's own. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracekit import semconv as sc
from tracekit.dialects.values import MAX_INTEGER, count, names, promote, text
from tracekit.model import DEFAULT_PROJECT, KINDS, RawSpan, Span, Status

DERIVATION = 3
"""Raise it with a change by which the dialects read a span that is stored already differently."""
STATUSES: dict[int, Status] = {1: "ok", 2: "error"}
"""OTLP's numbers of a status; any other is none that was set."""
OUTCOMES = ("complete", "partial", "cancelled", "abandoned", "interrupted")
FIELDS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    sc.ERROR_TYPE: ("error_type", text),
    sc.SESSION_ID: ("session_id", text),
    sc.USER_ID: ("user_id", text),
    sc.TAGS: ("tags", names),
}
"""The field that an attribute is, whatever the dialect."""


def base(raw: RawSpan) -> Span:
    """A span with all that needs no dialect. Never raises; `tracekit.fault` tells what could not be kept.

    A status that was never set stays "unset": instrumentations leave it so on success.
    """
    # Every span passes here, and most have little of this: to ask costs less than to set.
    span = Span(
        trace_id=raw.trace_id,
        span_id=raw.span_id,
        name=raw.name,
        raw_kind=count(raw.kind),
        raw_status=count(raw.status_code),
        derivation=DERIVATION,
        attributes=raw.attributes,
        events=raw.events,
        links=raw.links,
        resource=raw.resource,
    )
    if raw.parent_span_id is not None:
        span.parent_span_id = text(raw.parent_span_id)
    if raw.scope_name is not None:
        span.scope_name = text(raw.scope_name)
    if raw.scope_version is not None:
        span.scope_version = text(raw.scope_version)
    _times(raw, span)
    _said(raw, span)
    _belonging(raw, span)
    status: Any = raw.status_code
    if isinstance(status, int):
        span.status = STATUSES.get(status, "unset")
    if raw.status_message is not None:
        span.status_message = text(raw.status_message)
    if span.status == "error":
        _explain(span)
    return span


def _times(raw: RawSpan, span: Span) -> None:
    start, end = raw.start_ns, raw.end_ns
    if _is_time(start) and (end is None or _is_time(end)):
        span.start_ns, span.end_ns = start, end
        if end is not None and end < start:
            told = f"it ends {start - end} ns before it starts: a clock went back"
            span.attributes = {**raw.attributes, sc.FAULT: told}
        return
    span.start_ns = start if _is_time(start) else 0
    span.end_ns = end if _is_time(end) else None
    told = f"times {start!r:.80} to {end!r:.80} are not nanoseconds since 1970"
    span.attributes = {**raw.attributes, sc.FAULT: told}


def _said(raw: RawSpan, span: Span) -> None:
    """What any span may say of itself in its attributes."""
    said = raw.attributes
    for name, (field, read) in FIELDS.items():
        if name in said:
            setattr(span, field, read(said[name]))
    if sc.KIND in said:
        kind = said[sc.KIND]
        span.kind = kind if kind in KINDS else "other"
    elif span.scope_name == sc.SCOPE:
        span.kind = "chain"  # a span of our own SDK that gives none is a step of a program
    outcome = said.get(sc.OUTCOME, None if raw.end_ns is None else "complete")
    if outcome in OUTCOMES:
        span.outcome = outcome
    if sc.INPUT in said:
        promote(span, "input", sc.INPUT)
    if sc.OUTPUT in said:
        promote(span, "output", sc.OUTPUT)


def _belonging(raw: RawSpan, span: Span) -> None:
    """The project and the service that a span is of."""
    said, resource = raw.attributes, raw.resource
    if sc.SERVICE_NAME in resource:
        span.service = text(resource[sc.SERVICE_NAME])
    if sc.PROJECT in said:
        span.project = text(said[sc.PROJECT])
    if span.project is None and sc.PROJECT in resource:
        span.project = text(resource[sc.PROJECT])
    if span.project is None:
        span.project = DEFAULT_PROJECT


def _explain(span: Span) -> None:
    """Error type and message from the exception event, where the span itself does not say them."""
    events: list[Any] = span.events
    for event in events:
        said = event.get("attributes") if isinstance(event, dict) else None
        if isinstance(said, dict) and event.get("name") == sc.EVENT_EXCEPTION:
            span.error_type = span.error_type or text(said.get(sc.EXCEPTION_TYPE))
            span.status_message = span.status_message or text(said.get(sc.EXCEPTION_MESSAGE))


def _is_time(value: Any) -> bool:
    return type(value) is int and 0 <= value <= MAX_INTEGER  # no boolean, which no column of times can hold
