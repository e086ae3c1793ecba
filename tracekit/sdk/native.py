"""Clients that trace themselves: where we record a call, the client's own span of it gives way to ours.

The client's settings stay as the program made them; all that changes is the tracer that one function is handed. Spans
that the client sends to a provider of its own stay, and so do those of whatever else it does.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, nullcontext
from typing import Any

import wrapt
from opentelemetry import context as otel
from opentelemetry.trace import INVALID_SPAN, NonRecordingSpan, Span, get_current_span, get_tracer

from tracekit.sdk import guard
from tracekit.sdk.context import INSIDE, RECORDING, SAME
from tracekit.sdk.integration import Hook, StandIn
from tracekit.sdk.runtime import runtime


def gives_way(module: str, attribute: str) -> Hook:
    """The hook on a client's function that starts the span of a call with the tracer that it is given.

    That is its argument `tracer`, or the first one.

    Older versions of a client do not trace themselves: there may be no such function.
    """

    def start(wrapped: Callable[..., Any], _instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        named = "tracer" in kwargs
        quiet = guard.call("own spans", _in_place_of, kwargs["tracer"] if named else args[0]) if named or args else None
        if quiet is None:
            return wrapped(*args, **kwargs)
        return wrapped(*args, **{**kwargs, "tracer": quiet}) if named else wrapped(quiet, *args[1:], **kwargs)

    return Hook(module=module, attribute=attribute, wrapper=start, everywhere=False)


def gives_way_within(module: str, attribute: str, tracer: str) -> Hook:
    """The hook on a client's function that gives a span as a context manager, by a tracer of its own.

    Args:
        module: where the function is called from, by this name.
        attribute: the function.
        tracer: `module:name` of the tracer.
    """

    def start(wrapped: Callable[..., Any], _instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        quiet = guard.call("own spans", _instead_of, tracer)
        return wrapped(*args, **kwargs) if quiet is None else nullcontext(quiet.start_span())

    return Hook(module=module, attribute=attribute, wrapper=start, everywhere=False)


def stands_back(module: str, attribute: str) -> Hook:
    """The same of a function that starts a span as the current one, with its argument `tracer` or the global one."""

    def start(wrapped: Callable[..., Any], _instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        quiet = guard.call("own spans", _in_place_of, kwargs.get("tracer") or get_tracer(__name__))
        return wrapped(*args, **kwargs) if quiet is None else wrapped(*args, **{**kwargs, "tracer": quiet})

    return Hook(module=module, attribute=attribute, wrapper=start, everywhere=False)


def _instead_of(place: str) -> Quiet | None:
    """The same of a tracer of the global provider's, which may be one that was global before ours."""
    if otel.get_value(RECORDING) is not None:
        return _of_current()
    module, _, name = place.partition(":")
    return _in_place_of(getattr(sys.modules[module], name))


def keeps_silent(module: str, attribute: str) -> Hook:
    """The hook on a method that opens a span, with its object's `tracer`, of something that we do not record.

    Such spans stay on a provider of the program's; on ours there would be none without us.
    """

    def start(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        ours = runtime.owns_provider and guard.call("own spans", _is_ours, getattr(instance, "tracer", None))
        return Quiet(INVALID_SPAN).start_as_current_span() if ours else wrapped(*args, **kwargs)

    return Hook(module=module, attribute=attribute, wrapper=start, everywhere=False)


def switched_off(module: str, attribute: str, switch: str) -> StandIn:
    """What stands in a module for a client's settings: those, but its own spans are switched off where they give way.

    Args:
        module: one that makes spans if the settings say so.
        attribute: its name for the settings.
        switch: their field that is true where there are to be none.
    """

    def make(settings: Any) -> Any:
        def off(_self: Any) -> Any:
            return getattr(settings, switch) or _give_way()

        return type("Settings", (wrapt.ObjectProxy,), {switch: property(off)})(settings)

    return StandIn(module=module, attribute=attribute, make=make)


def writes_nothing(module: str, attribute: str) -> Hook:
    """The hook on a function that writes what a client knows on the current span, which may be ours."""

    def write(wrapped: Callable[..., Any], _instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return None if _give_way() else wrapped(*args, **kwargs)

    return Hook(module=module, attribute=attribute, wrapper=write, everywhere=False)


def _give_way() -> bool:
    """Whether spans that the global tracer makes here are to give way."""
    return guard.call("own spans", _in_place_of, get_tracer(__name__)) is not None


class Quiet:
    """A tracer whose spans record nothing.

    Args:
        span: what every span that it starts is.
    """

    __slots__ = ("_span",)

    def __init__(self, span: Span) -> None:
        self._span = span

    def start_span(self, *_args: Any, **_kwargs: Any) -> Span:
        """That span."""
        return self._span

    @contextmanager
    def start_as_current_span(self, *_args: Any, **_kwargs: Any) -> Generator[Span]:
        """That span; what is current stays current."""
        yield self._span


def _in_place_of(tracer: Any) -> Quiet | None:
    """The tracer to use instead of a client's own; None where its span is wanted.

    On a provider that is ours alone the client would have no spans without us, and would send no trace context along:
    so it is to be. On the program's own, its requests go on carrying a context: that of our span.
    """
    if not _is_ours(tracer):
        return None
    if runtime.owns_provider:
        return Quiet(INVALID_SPAN)
    if otel.get_value(INSIDE) is None and otel.get_value(SAME) is None:
        return None
    return _of_current()


def _of_current() -> Quiet:
    return Quiet(NonRecordingSpan(get_current_span().get_span_context()))


def _is_ours(tracer: Any) -> bool:
    """Whether a tracer's spans go where ours go. The SDK's has no reference to its provider, only to the processors."""
    real = getattr(tracer, "_tracer", tracer)  # one made before there was a provider looks the real one up
    held = getattr(real, "span_processor", None)
    return held is not None and held is getattr(runtime.provider, "_active_span_processor", None)
