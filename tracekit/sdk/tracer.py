"""Spans as OpenTelemetry makes them, and what rides beside them into the journal. The only place that starts one.

Content never goes through a span's attributes unless the user wants it there: other exporters see them, and length
limits cut them. On our own provider, while the journal is all that looks at its spans, the attributes ride beside the
span too: the SDK's checks of each cost more than writing it down.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.trace import NoOpTracer, ProxyTracerProvider, Span, SpanKind, Tracer

from tracekit.journal.records import Fragment
from tracekit.model import AttributeValue
from tracekit.sdk.processor import NOTHING, Beside, JournalProcessor
from tracekit.sdk.runtime import Runtime, runtime


class OwnProvider(TracerProvider):
    """The provider made where the program has none. `alone` holds until somebody else adds a processor.

    Clients that trace themselves keep the tracers that they are given: those follow the provider in use.
    """

    def __init__(self, **settings: Any) -> None:
        self.alone = True
        super().__init__(**settings)

    def add_span_processor(self, span_processor: SpanProcessor) -> None:
        """Add a processor; from now on attributes go through the spans, for it to see."""
        self.alone = self.alone and isinstance(span_processor, JournalProcessor)
        super().add_span_processor(span_processor)

    def get_tracer(self, instrumenting_module_name: str, *args: Any, **kwargs: Any) -> Tracer:
        """A tracer; for a client of which there is an integration, one that is off while that is left out."""
        if runtime.adoption_of(instrumenting_module_name) is not None:
            return Following((instrumenting_module_name, *args), kwargs)
        return self.plain_tracer(instrumenting_module_name, *args, **kwargs)

    def plain_tracer(self, *args: Any, **kwargs: Any) -> Tracer:
        """A tracer of this provider and no other."""
        return super().get_tracer(*args, **kwargs)


class Following(NoOpTracer):
    """A client's tracer, on the provider in use at the time of each span; none where there is no provider.

    Args:
        args: what a provider is asked for a tracer with.
        kwargs: the same by name.
        handed_to: the integration that has handed it out, where the client makes spans on it because of us alone.
    """

    def __init__(self, args: tuple[Any, ...], kwargs: Mapping[str, Any], *, handed_to: str | None = None) -> None:
        self._asked = args, kwargs
        self._handed_to = handed_to
        self._held: tuple[Any, Tracer] | None = None

    def start_span(self, name: str, *args: Any, **kwargs: Any) -> Span:
        """Start a span there."""
        tracer, processor = self._tracer(), runtime.processor
        if tracer is None:
            return super().start_span(name, *args, **kwargs)
        if processor is None or self._handed_to is None:
            return tracer.start_span(name, *args, **kwargs)
        processor.opening.handed_to = self._handed_to
        try:
            return tracer.start_span(name, *args, **kwargs)
        finally:
            processor.opening.handed_to = None

    def _tracer(self) -> Tracer | None:
        args, kwargs = self._asked
        provider = runtime.provider or trace.get_tracer_provider()
        if isinstance(provider, OwnProvider) and provider is runtime.provider:
            client = runtime.adoption_of(args[0])
            if client is not None and client[1] is None:
                return None
        elif isinstance(provider, (OwnProvider, ProxyTracerProvider)):
            return None  # nobody's, or ours from before `uninstrument()`
        if self._held is None or self._held[0] is not provider:
            made = provider.plain_tracer if isinstance(provider, OwnProvider) else provider.get_tracer
            self._held = provider, made(*args, **kwargs)
        return self._held[1]


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
