"""Spans as OpenTelemetry makes them, and what rides beside them into the journal. The only place that starts one.

Content never goes through a span's attributes unless the user wants it there: other exporters see them, and length
limits cut them. On our own provider, while the journal is all that looks at its spans, the attributes ride beside the
span too: the SDK's checks of each cost more than writing it down.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opentelemetry.context import Context
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.trace import Span, SpanKind

from tracekit.journal.records import Fragment
from tracekit.model import AttributeValue
from tracekit.sdk.processor import NOTHING, Beside, JournalProcessor
from tracekit.sdk.runtime import Runtime


class OwnProvider(TracerProvider):
    """The provider made where the program has none. `alone` holds until somebody else adds a processor."""

    def __init__(self, **settings: Any) -> None:
        self.alone = True
        super().__init__(**settings)

    def add_span_processor(self, span_processor: SpanProcessor) -> None:
        """Add a processor; from now on attributes go through the spans, for it to see."""
        self.alone = self.alone and isinstance(span_processor, JournalProcessor)
        super().add_span_processor(span_processor)


class OpenSpan:
    """A span of ours, from its start to its end.

    Args:
        attributes: what is known at the start.
        content: members of the start record's content, encoded and redacted; the end record repeats them.
        context: what it starts beneath; None for what is current.
    """

    __slots__ = ("_beside", "_content", "_runtime", "span")

    def __init__(
        self,
        runtime: Runtime,
        name: str,
        *,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Mapping[str, AttributeValue] | None = None,
        content: Fragment = "",
        context: Context | None = None,
    ) -> None:
        self._runtime = runtime
        self._content = content
        self._beside: Mapping[str, AttributeValue] = {}
        processor = runtime.processor
        if processor is None:
            self.span: Span = runtime.tracer.start_span(name, context, kind, attributes)
            return
        if attributes and _alone(runtime):
            self._beside, attributes = attributes, None
        processor.opening.beside = Beside(self._beside, content)
        try:
            self.span = runtime.tracer.start_span(name, context, kind, attributes)
        finally:
            processor.opening.beside = NOTHING

    def end(self, attributes: Mapping[str, AttributeValue], content: Fragment = "") -> None:
        """End it, with what has become known since its start."""
        processor, span = self._runtime.processor, self.span
        if processor is None or not _alone(self._runtime):
            attributes = {**self._beside, **attributes}  # somebody looks on who did not at the start
            if attributes:
                span.set_attributes(attributes)
            attributes = {}
        if processor is None:
            span.end()
            return
        if content and self._content:
            content = f"{self._content},{content}"
        span_id = span.get_span_context().span_id
        processor.closing[span_id] = Beside(attributes, content or self._content)
        span.end()
        processor.closing.pop(span_id, None)  # still there when the span is not recorded


def _alone(runtime: Runtime) -> bool:
    provider = runtime.provider
    return isinstance(provider, OwnProvider) and provider.alone
