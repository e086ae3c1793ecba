"""What every span has, whatever its dialect: ids, times, status, project, session, tracekit's own. Pure."""

from __future__ import annotations

from typing import Any

from tracekit import semconv as sc
from tracekit.dialects.values import MAX_INTEGER, names, promote, text
from tracekit.model import KINDS, RawSpan, Span

DEFAULT_PROJECT = "default"
_OK, _ERROR = 1, 2
_OUTCOMES = ("complete", "partial", "cancelled", "abandoned", "interrupted")


def base(raw: RawSpan) -> Span:
    """A span with all that needs no dialect. Never raises; `tracekit.fault` tells what could not be kept.

    A status that was never set stays "unset": instrumentations leave it so on success.
    """
    said, resource, end_ns = raw.attributes, raw.resource, raw.end_ns
    start = _nanoseconds(raw.start_ns)
    end = None if end_ns is None else _nanoseconds(end_ns)
    attributes = said
    if start is None or (end is None and end_ns is not None):
        attributes = {**said, sc.FAULT: f"times {raw.start_ns!r} to {end_ns!r} are not nanoseconds since 1970"}
    kind, outcome, parent = said.get(sc.KIND), said.get(sc.OUTCOME), raw.parent_span_id
    if kind is None and raw.scope_name == sc.SCOPE:
        kind = "chain"  # a span of our own SDK that gives none is a step of a program
    if outcome is None and end_ns is not None:
        outcome = "complete"
    # Every span passes here: most attributes are absent in most, and a call costs more than asking.
    span = Span(
        trace_id=raw.trace_id,
        span_id=raw.span_id,
        parent_span_id=None if parent is None else text(parent),
        project=_project(raw),
        service=text(resource[sc.SERVICE_NAME]) if sc.SERVICE_NAME in resource else None,
        name=raw.name,
        kind=kind if kind in KINDS else "other",
        start_ns=start or 0,
        end_ns=end,
        status="ok" if raw.status_code == _OK else "error" if raw.status_code == _ERROR else "unset",
        status_message=None if raw.status_message is None else text(raw.status_message),
        error_type=text(said[sc.ERROR_TYPE]) if sc.ERROR_TYPE in said else None,
        outcome=outcome if outcome in _OUTCOMES else None,
        session_id=text(said[sc.SESSION_ID]) if sc.SESSION_ID in said else None,
        user_id=text(said[sc.USER_ID]) if sc.USER_ID in said else None,
        tags=names(said[sc.TAGS]) if sc.TAGS in said else None,
        scope_name=None if raw.scope_name is None else text(raw.scope_name),
        scope_version=None if raw.scope_version is None else text(raw.scope_version),
        attributes=attributes,
        events=raw.events,
        links=raw.links,
        resource=resource,
    )
    if sc.INPUT in said:
        promote(span, "input", sc.INPUT)
    if sc.OUTPUT in said:
        promote(span, "output", sc.OUTPUT)
    if span.status == "error":
        _explain(span)
    return span


def _project(raw: RawSpan) -> str:
    for said in (raw.attributes, raw.resource):
        if sc.PROJECT in said:
            named = text(said[sc.PROJECT])
            if named is not None:
                return named
    return DEFAULT_PROJECT


def _explain(span: Span) -> None:
    """Error type and message from the exception event, where the span itself does not say them."""
    events: list[Any] = span.events
    for event in events:
        said = event.get("attributes") if isinstance(event, dict) else None
        if isinstance(said, dict) and event.get("name") == sc.EVENT_EXCEPTION:
            span.error_type = span.error_type or text(said.get(sc.EXCEPTION_TYPE))
            span.status_message = span.status_message or text(said.get(sc.EXCEPTION_MESSAGE))


def _nanoseconds(value: Any) -> int | None:
    return value if isinstance(value, int) and 0 <= value <= MAX_INTEGER else None
