"""The span processor that writes every span of a provider into the journal: once when it starts, once when it ends."""

from __future__ import annotations

import os
import threading
import time
from typing import Any

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from tracekit.journal.records import SPAN_END, SPAN_START, Fragment, span_record
from tracekit.journal.writer import JournalWriter
from tracekit.sdk import guard
from tracekit.sdk.context import values
from tracekit.sdk.redaction import Redact, redact_secrets, redact_values

_KIND = {0: 1, 1: 2, 2: 3, 3: 4, 4: 5}  # the SDK counts span kinds from 0 (internal), OTLP from 1


class JournalProcessor(SpanProcessor):
    """Journals spans, whoever starts them on the provider it was added to.

    Content does not ride on attributes, which other exporters see and length limits may cut: `content` (by span id) and
    `opening` (for the span that this thread is about to start) carry it beside the span.
    """

    def __init__(self, writer: JournalWriter, *, redact: bool = True, hook: Redact | None = None) -> None:
        self.writer = writer
        self.content: dict[int, Fragment] = {}
        self.opening = threading.local()
        self._redact = redact
        self._hook = hook
        self._forked_ns = 0
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._after_fork)

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Write the start record."""
        guard.call("journal.start", self._start, span)

    def on_end(self, span: ReadableSpan) -> None:
        """Write the end record, whole in itself, so that a lost start loses no more than that."""
        guard.call("journal.end", self._end, span)

    def shutdown(self) -> None:
        """Nothing: a host that shuts its provider down may go on calling, and each record is written already."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Each record is handed to the system when it is made: there is nothing to wait for."""
        return True

    def _after_fork(self) -> None:
        self._forked_ns = time.time_ns()
        self.content.clear()

    def _start(self, span: Span) -> None:
        current = values()
        if current:
            span.set_attributes(current)
        content: Fragment = getattr(self.opening, "content", "")
        self._write(SPAN_START, self._fields(span), content)

    def _end(self, span: ReadableSpan) -> None:
        started = span.start_time or 0
        if started < self._forked_ns:
            return  # begun by the parent of a fork: its end is the parent's to tell
        fields = self._fields(span)
        fields["end_ns"] = span.end_time
        status = span.status
        if status.status_code.value:
            fields["status"] = (status.status_code.value, status.description)
        if span.events:
            fields["events"] = [
                {"name": event.name, "time_ns": event.timestamp, "attributes": dict(event.attributes or {})}
                for event in span.events
            ]
        span_context = span.get_span_context()
        content = self.content.pop(span_context.span_id, "") if span_context else ""
        self._write(SPAN_END, fields, content)

    def _fields(self, span: ReadableSpan) -> dict[str, Any]:
        span_context, parent, scope = span.get_span_context(), span.parent, span.instrumentation_scope
        assert span_context is not None  # a span that reaches a processor has one
        fields: dict[str, Any] = {
            "trace_id": format(span_context.trace_id, "032x"),
            "span_id": format(span_context.span_id, "016x"),
            "name": span.name,
            "kind": _KIND[span.kind.value],
            "start_ns": span.start_time,
            "resource": self.writer.resource(span.resource.attributes),
        }
        if parent is not None:
            fields["parent_span_id"] = format(parent.span_id, "016x")
        if scope is not None:
            fields["scope"] = (scope.name, scope.version)
        attributes = _attributes(span)
        if attributes:
            fields["attributes"] = attributes
        if span.links:
            fields["links"] = [
                {
                    "trace_id": format(link.context.trace_id, "032x"),
                    "span_id": format(link.context.span_id, "016x"),
                    "attributes": dict(link.attributes or {}),
                }
                for link in span.links
            ]
        return fields

    def _write(self, kind: bytes, fields: dict[str, Any], content: Fragment) -> None:
        if self._hook is not None:
            for name in ("name", "status", "attributes", "events", "links"):
                if name in fields:
                    fields[name] = redact_values(fields[name], self._hook)
        text = span_record(fields, content)
        self.writer.append(kind, (redact_secrets(text) if self._redact else text).encode())


def _attributes(span: ReadableSpan) -> dict[str, Any]:
    """The attributes as a dictionary that the encoder takes as it is.

    The SDK's own mapping takes a lock and a look-up for each key; the dictionary inside it, where there is one, is copied at once.
    """
    inner = getattr(getattr(span, "_attributes", None), "_dict", None)
    return dict(inner) if isinstance(inner, dict) else dict(span.attributes or {})
