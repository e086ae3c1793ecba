"""The span processor that writes every span of a provider into the journal: once when it starts, once when it ends."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.trace import StatusCode

from tracekit.journal.records import SPAN_END, SPAN_START, Fragment, encode, span_head, span_record
from tracekit.journal.writer import JournalWriter
from tracekit.sdk import guard
from tracekit.sdk.context import values
from tracekit.sdk.redaction import SHORTEST, Redaction


class Beside(NamedTuple):
    """What goes into a span's record and not through the span: attributes, and content encoded and redacted already."""

    attributes: Mapping[str, Any]
    content: Fragment


NOTHING = Beside({}, "")
_ATTRIBUTES_OPEN = len('"attributes":{')


class JournalProcessor(SpanProcessor):
    """Journals spans, whoever starts them on the provider it was added to.

    `opening` (of the span that this thread is about to start) and `closing` (by span id) hold what rides beside a span.
    """

    def __init__(self, writer: JournalWriter, redaction: Redaction) -> None:
        self.writer = writer
        self.closing: dict[int, Beside] = {}
        self.opening = threading.local()
        self._redaction = redaction
        self._open: dict[int, tuple[Fragment, dict[str, Any], Fragment]] = {}
        self._origins: dict[tuple[int, int, int], tuple[Fragment, object, object]] = {}
        self._forked_ns = 0
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._after_fork)

    @property
    def about_to_start(self) -> Beside:
        """What rides beside the span that this thread is about to start."""
        return getattr(self.opening, "beside", NOTHING)

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002 - the SDK calls it so
        """Write the start record."""
        guard.call("journal.start", self._start, span)

    def on_end(self, span: ReadableSpan) -> None:
        """Write the end record, whole in itself, so that a lost start loses no more than that."""
        guard.call("journal.end", self._end, span)

    def shutdown(self) -> None:
        """Nothing: a host that shuts its provider down may go on calling, and each record is written already."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002 - the SDK calls it so
        """Each record is handed to the system when it is made: there is nothing to wait for."""
        return True

    def _after_fork(self) -> None:
        self._forked_ns = time.time_ns()
        self.closing.clear()
        self._open.clear()

    def _start(self, span: Span) -> None:
        current = values()
        if current:
            span.set_attributes(current)
        assert span.context is not None  # a span that reaches a processor has one
        head = self._head(span)
        beside = self.about_to_start
        attributes = {**beside.attributes, **_attributes(span)}
        encoded = self._encode_attributes(attributes) if attributes else ""
        self._open[span.context.span_id] = (head, attributes, encoded)
        self.writer.append(SPAN_START, span_record(head, self._name(span), members=encoded, content=beside.content))

    def _end(self, span: ReadableSpan) -> None:
        assert span.context is not None  # a span that reaches a processor has one
        span_id = span.context.span_id
        beside = self.closing.pop(span_id, NOTHING)
        opened = self._open.pop(span_id, None)
        if opened is None and (span.start_time or 0) < self._forked_ns:
            return  # begun by the parent of a fork: its end is the parent's to tell
        head, before, encoded = opened or (self._head(span), {}, "")
        attributes = {**before, **_attributes(span), **beside.attributes}
        if len(attributes) > len(before) or attributes != before:
            encoded = self._encode_more(attributes, before, encoded)
        members = f'{encoded},"end_ns":{span.end_time}' if encoded else f'"end_ns":{span.end_time}'
        if span.status.status_code is not StatusCode.UNSET:
            members = f'{members},"status":{self._encode((span.status.status_code.value, span.status.description))}'
        if _any(span, "events"):
            members = f'{members},"events":{self._encode([_event(each) for each in span.events])}'
        if _any(span, "links"):
            members = f'{members},"links":{self._encode([_link(each) for each in span.links])}'
        self.writer.append(SPAN_END, span_record(head, self._name(span), members=members, content=beside.content))

    def _head(self, span: ReadableSpan) -> Fragment:
        span_context, parent = span.context, span.parent
        assert span_context is not None
        return span_head(
            span_context.trace_id,
            span_context.span_id,
            parent_id=parent.span_id if parent is not None else None,
            kind=span.kind.value + 1,  # the SDK counts span kinds from 0 (internal), OTLP from 1
            start_ns=span.start_time or 0,
            origin=self._origin(span),
        )

    def _origin(self, span: ReadableSpan) -> Fragment:
        """The members that all spans of a tracer share: which resource, which scope."""
        resource, scope = span.resource.attributes, span.instrumentation_scope
        key = id(resource), id(scope), self.writer.generation
        known = self._origins.get(key)
        if known is None:
            number = self.writer.resource(resource)
            named = (scope.name, scope.version) if scope is not None else (None, None)
            known = (f'"resource":{encode(number)},"scope":{encode(named)}', resource, scope)
            if number is not None:
                self._origins[key] = known  # with the two kept alive, so that their ids stay their own
        return known[0]

    def _name(self, span: ReadableSpan) -> str:
        name = span.name
        if len(name) < SHORTEST and self._redaction.hook is None:
            return name
        return self._redaction.text(self._redaction.values(name))

    def _encode_attributes(self, attributes: dict[str, Any]) -> Fragment:
        return f'"attributes":{self._encode(attributes)}'

    def _encode_more(self, attributes: dict[str, Any], before: dict[str, Any], encoded: Fragment) -> Fragment:
        """The attributes, where `before` is encoded already and is mostly a part of them."""
        added = {name: value for name, value in attributes.items() if before.get(name) is not value}
        if not before or len(before) + len(added) != len(attributes):
            return self._encode_attributes(attributes)
        return f"{encoded[:-1]},{self._encode_attributes(added)[_ATTRIBUTES_OPEN:]}"

    def _encode(self, value: Any) -> Fragment:
        return self._redaction.encoded(encode(self._redaction.values(value)))


def _attributes(span: ReadableSpan) -> dict[str, Any]:
    """A copy of the attributes.

    The SDK's own mapping takes a lock and a look-up for each key; the dictionary inside it is copied at once.
    """
    inner = getattr(getattr(span, "_attributes", None), "_dict", None)
    return inner.copy() if isinstance(inner, dict) else dict(span.attributes or {})


def _any(span: ReadableSpan, name: str) -> bool:
    """Whether there are events or links, without the copy that the SDK's own property makes of them."""
    held = getattr(span, f"_{name}", None)
    return bool(getattr(span, name)) if held is None else len(held) > 0


def _event(event: Any) -> dict[str, Any]:
    return {"name": event.name, "time_ns": event.timestamp, "attributes": dict(event.attributes or {})}


def _link(link: Any) -> dict[str, Any]:
    return {
        "trace_id": format(link.context.trace_id, "032x"),
        "span_id": format(link.context.span_id, "016x"),
        "attributes": dict(link.attributes or {}),
    }
