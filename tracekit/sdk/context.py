"""What is current: the span beneath which things happen, and the values that `context()` puts on every span.

Restores by value, never by token: a generator closed from another task must neither fail nor leave anything there.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, NamedTuple

from opentelemetry import context as otel
from opentelemetry.context import Context
from opentelemetry.trace import INVALID_SPAN, Span, set_span_in_context

from tracekit import semconv


class _InForce(NamedTuple):
    """What `context()` has put in force: attributes of spans, and whether content may be kept."""

    attributes: Mapping[str, Any]
    content: bool


_NOTHING = _InForce(MappingProxyType({}), content=True)
_values: ContextVar[_InForce] = ContextVar("tracekit_values", default=_NOTHING)


def values() -> Mapping[str, Any]:
    """Span attributes that `context()` has put in force here."""
    return _values.get().attributes


def content_wanted() -> bool:
    """Whether `context()` lets content be kept here."""
    return _values.get().content


@contextmanager
def context(
    *,
    session_id: str | None = None,
    user_id: str | None = None,
    tags: Sequence[str] | None = None,
    metadata: Mapping[str, Any] | None = None,
    prompt: str | tuple[str, str] | None = None,
    capture_content: bool | None = None,
) -> Generator[None]:
    """Put a session, a user, tags, metadata or a prompt's name on every span that starts inside; inner values win.

    Args:
        session_id: the conversation that the spans belong to.
        user_id: who it is for.
        tags: added to the tags already in force.
        metadata: further values by key, stored as `tracekit.metadata.<key>`; what is no number or boolean becomes text.
        prompt: the name of the prompt in use, or its name and version.
        capture_content: False keeps prompts, answers, arguments and results out of what is recorded; True lets them in
            again, where content is captured at all.

    Example:
        >>> with context(session_id="s-1", user_id="u-17", tags=["beta"]):
        ...     pass
    """
    before = _values.get()
    new = dict(before.attributes)
    if session_id is not None:
        new[semconv.SESSION_ID] = session_id
    if user_id is not None:
        new[semconv.USER_ID] = user_id
    if tags:
        new[semconv.TAGS] = list(dict.fromkeys([*new.get(semconv.TAGS, ()), *map(str, tags)]))
    for key, value in (metadata or {}).items():
        new[semconv.METADATA_PREFIX + key] = value if isinstance(value, (bool, int, float)) else str(value)
    if prompt is not None:
        name, version = (prompt, None) if isinstance(prompt, str) else prompt
        new[semconv.PROMPT_NAME] = name
        if version is not None:
            new[semconv.PROMPT_VERSION] = version
    with in_force(new, content=before.content if capture_content is None else capture_content):
        yield


@contextmanager
def in_force(attributes: Mapping[str, Any], *, content: bool) -> Generator[None]:
    """Have these values in force, and no others."""
    before, now = _values.get(), _InForce(attributes, content)
    _values.set(now)
    try:
        yield
    finally:
        if _values.get() is now:
            _values.set(before)


INSIDE = otel.create_key("tracekit-inside")
"""The key of the integration whose call is being made; what it calls of itself within is the same call."""

_SPAN_KEY = next(iter(set_span_in_context(INVALID_SPAN, Context())))
"""The key that the API keeps the current span under, found out once by asking it."""


def beneath(span: Span, current: Context, **values_: object) -> Context:
    """`current` with the span as the current one, and further values by key; one copy for all of them."""
    return Context({**current, _SPAN_KEY: span, **values_})


class Activation:
    """An OpenTelemetry context made current for a stretch of code; `enter` and `leave` may be called again."""

    __slots__ = ("_before", "context")

    def __init__(self, context_: Context) -> None:
        self.context = context_
        self._before: Context | None = None

    def enter(self) -> None:
        """Make it current."""
        self._before = otel.get_current()
        otel.attach(self.context)

    def leave(self) -> None:
        """Bring back what was current; nothing if something else is current by now, or this is another task."""
        before, self._before = self._before, None
        if before is not None and otel.get_current() is self.context:
            otel.attach(before)


class Carried:
    """A function that runs, in whatever thread, beneath what was current where it was made."""

    __slots__ = ("_context", "_function", "_values")

    def __init__(self, function: Any) -> None:
        self._function = function
        self._context = otel.get_current()
        self._values = _values.get()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run it. Only our own two context variables are carried: the host's stay as its executor has them."""
        before = _values.get()
        activation = Activation(self._context)
        activation.enter()
        _values.set(self._values)
        try:
            return self._function(*args, **kwargs)
        finally:
            _values.set(before)
            activation.leave()


def anything_current() -> bool:
    """Whether there is anything here that another thread would have to be given."""
    values_ = _values.get()
    return bool(otel.get_current()) or bool(values_.attributes) or not values_.content
