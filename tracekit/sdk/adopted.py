"""Clients that trace themselves: switched on, and their content kept where ours is kept.

Their spans go to the provider in use, and are journaled like every span of it. What is there because of us follows our
content switch: it rides beside the span into the journal, and comes onto the span, where other exporters see it, only
if the user wants ours there too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import wrapt
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.trace import ReadableSpan, Span
from opentelemetry.trace import Tracer, TracerProvider, get_current_span

from tracekit.config import ContentCapture
from tracekit.sdk import guard
from tracekit.sdk.foreign import TOLD, Takes, is_content
from tracekit.sdk.integration import Adoption, Answer, Integration, Wrapper
from tracekit.sdk.runtime import runtime
from tracekit.sdk.tracer import Following

Told = tuple[str, Mapping[str, Any]]
"""An event: its name and what it says."""


class Adopted(TracerProvider):
    """The provider to hand to a client that is told where to make its spans: those in use, whichever that is."""

    def __init__(self, integration: str) -> None:
        self._integration = integration

    def get_tracer(self, instrumenting_module_name: str, *args: Any, **kwargs: Any) -> Tracer:
        """A tracer whose spans have all their content beside them."""
        return Following((instrumenting_module_name, *args), kwargs, handed_to=self._integration)


def know(integration: Integration, *, taken: bool) -> None:
    """Whether the spans that a client makes by itself are taken into our traces, or left out of them."""
    adoption = integration.adoption
    runtime.adopted.update(dict.fromkeys(adoption.scopes, (integration.name, adoption if taken else None)))


def providers(integration: str) -> dict[str, Any]:
    """What to hand to a client that takes providers: spans go where ours go; of metrics the clients beneath tell."""
    return {"tracer_provider": Adopted(integration), "meter_provider": NoOpMeterProvider()}


def answering(answer: Answer, integration: str, active: Callable[[], bool]) -> Callable[[Any], Any]:
    """What to put around the place of an answer.

    Args:
        answer: the place, and what is said there instead.
        integration: whose it is.
        active: whether the integration is in place.
    """

    def change(said: Any) -> Any:
        if not active() or runtime.disabled:
            return said
        where, wanted = f"{integration} {answer.attribute}", runtime.capturing(integration).journal
        changed = guard.call(where, answer.change, said, wanted)
        return said if changed is None else changed

    def around(original: Any) -> Any:
        if isinstance(original, property):
            read = original.fget
            assert read is not None  # a property that cannot be read is no answer
            return property(lambda owner: change(read(owner)), original.fset, original.fdel, original.__doc__)
        if callable(original):
            return wrapt.FunctionWrapper(original, lambda wrapped, _, args, kwargs: change(wrapped(*args, **kwargs)))
        return change(original)

    return around


def telling(
    integration: str,
    describe: Callable[..., Iterable[Told]],
    *,
    unasked: Callable[[], bool] = bool,
    shown: Callable[..., Any] | None = None,
) -> Wrapper:
    """A hook on a function that tells of content elsewhere than on the current span: it is told beside that span too.

    Args:
        integration: whose hook it is.
        describe: the events, of the function's arguments.
        unasked: whether the function is called because of our answers alone. Then it is not called: what it tells
            would come into the program's logs.
        shown: what the function gives where the user does not want our content on exported spans, of what it gave and
            of its arguments.
    """

    def hook(wrapped: Callable[..., Any], _instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        result = None if guard.call(f"{integration} own spans", unasked) else wrapped(*args, **kwargs)
        capture = runtime.capturing(integration)
        if capture.journal:
            guard.call(f"{integration} own spans", _tell, capture, describe, args, kwargs)
        if shown is None or capture.spans:
            return result
        less = guard.call(f"{integration} own spans", shown, result, *args, **kwargs)
        return result if less is None else less

    return hook


def _tell(
    capture: ContentCapture, describe: Callable[..., Iterable[Told]], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    span, processor = get_current_span(), runtime.processor
    for name, said in describe(*args, **kwargs):
        if capture.spans:
            span.add_event(name, dict(said))
        elif processor is not None:
            processor.tell(span.get_span_context().span_id, name, said)


def keeps(span: ReadableSpan) -> bool:
    """Whether the content of a foreign span that begins here and now is written."""
    return _client(span)[0].journal


def diverts(span: Span) -> Takes | None:
    """What of a foreign span's content rides beside it: all that is there because of us."""
    capture, adoption = _client(span)
    if capture.spans or adoption is None:
        return None
    if _handed_to() is not None or runtime.owns_provider:  # without us the client would have had no provider
        return is_content
    return TOLD.__contains__ if adoption.answers else None


def _client(span: ReadableSpan) -> tuple[ContentCapture, Adoption | None]:
    """Where the content of a span goes that begins here and now, and whether a client makes it that we took in."""
    handed_to = _handed_to()
    if handed_to is not None:
        return runtime.capturing(handed_to), Adoption()
    scope = span.instrumentation_scope
    name, adoption = (scope and runtime.adoption_of(scope.name)) or (None, None)
    return runtime.capturing(name), adoption


def _handed_to() -> str | None:
    """The integration on whose tracer this thread is starting a span."""
    return runtime.processor and getattr(runtime.processor.opening, "handed_to", None)
