"""Spans that a program makes itself: `span()`, the handle it gives, and `current_span()`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from opentelemetry import context as otel
from opentelemetry import trace as otel_trace
from opentelemetry.trace import INVALID_SPAN, Status, StatusCode

from tracekit import semconv
from tracekit.errors import UsageError
from tracekit.journal.records import Fragment
from tracekit.model import KINDS, AttributeValue, Kind, Outcome
from tracekit.sdk import content, guard
from tracekit.sdk.context import Activation, beneath
from tracekit.sdk.recording import error_type
from tracekit.sdk.runtime import runtime
from tracekit.sdk.tracer import OpenSpan

_HANDLE = otel.create_key("tracekit-span")

_OPERATIONS: dict[str, str] = {
    "tool": semconv.EXECUTE_TOOL,
    "agent": semconv.INVOKE_AGENT,
    "retriever": semconv.RETRIEVAL,
    "embedding": semconv.EMBEDDINGS,
    "llm": semconv.CHAT,
}
_NAMES = {"tool": semconv.TOOL_NAME, "agent": semconv.AGENT_NAME}
_INPUTS = {"tool": semconv.TOOL_CALL_ARGUMENTS, "retriever": semconv.RETRIEVAL_QUERY}
_OUTPUTS = {"tool": semconv.TOOL_CALL_RESULT, "retriever": semconv.RETRIEVAL_DOCUMENTS}


class SpanHandle:
    """A span that is open: what a program may say of it. Nothing here raises into the program once the span is made.

    Used as a context manager, sync or async, it is current inside and ends on leaving; an exception that passes through
    is recorded on it and goes on.
    """

    __slots__ = ("_activation", "_content", "_done", "_kind", "_open", "span")

    def __init__(self, name: str, *, kind: Kind = "chain", input: Any = None) -> None:  # noqa: A002 - the surface's word
        if kind not in KINDS:
            raise UsageError(f"span {name!r}: kind {kind!r} is unknown; use one of {', '.join(KINDS)}.")
        self._kind: Kind = kind
        self._content: dict[str, Any] = {}
        self._done = False
        attributes = _opening_attributes(name, kind) if kind != "chain" else None  # what a span of ours is by itself
        opening: Fragment = ""
        capture = runtime.capturing()
        if input is not None and capture.journal:
            opening = content.fragment({_INPUTS.get(kind, semconv.INPUT): input}, runtime.redaction)
        self._open = OpenSpan(runtime, name, attributes=attributes, content=opening)
        self.span = self._open.span
        if input is not None and capture.spans:
            self._put(_INPUTS.get(kind, semconv.INPUT), input)
        self._activation = Activation(beneath(self.span, otel.get_current(), **{_HANDLE: self}))

    @property
    def trace_id(self) -> str:
        """The trace's id, 32 hex digits."""
        return format(self.span.get_span_context().trace_id, "032x")

    @property
    def span_id(self) -> str:
        """The span's id, 16 hex digits."""
        return format(self.span.get_span_context().span_id, "016x")

    def set_input(self, value: Any) -> None:
        """What went in: text, or anything that JSON can hold. Content: kept where content is captured."""
        self._keep(_INPUTS.get(self._kind, semconv.INPUT), value)

    def set_output(self, value: Any) -> None:
        """What came out."""
        self._keep(_OUTPUTS.get(self._kind, semconv.OUTPUT), value)

    def set_documents(self, documents: Sequence[Mapping[str, Any]]) -> None:
        """What a retriever found, best first: each with `id`, `content`, `score` and further fields of its own."""
        self._keep(semconv.RETRIEVAL_DOCUMENTS, [dict(document) for document in documents])

    def set_attribute(self, name: str, value: AttributeValue) -> None:
        """Any further attribute; exported with the span, so not the place for content."""
        guard.call("span.set_attribute", self.span.set_attribute, name, value)

    def add_event(self, name: str, attributes: Mapping[str, AttributeValue] | None = None) -> None:
        """Something that happened at this moment."""
        guard.call("span.add_event", self.span.add_event, name, attributes)

    def fail(self, error: BaseException) -> None:
        """Mark the span as failed with this error; it stays open."""
        guard.call("span.fail", self._fail, error)

    def abandon(self) -> None:
        """Nobody will read on."""
        self.end("abandoned")

    def end(self, outcome: Outcome = "complete") -> None:
        """End the span; once is enough, twice is no harm."""
        if not self._done:
            self._done = True
            guard.call("span.end", self._end, outcome)

    def enter(self) -> None:
        """Make it current."""
        self._activation.enter()

    def leave(self) -> None:
        """Bring back what was current."""
        self._activation.leave()

    def __enter__(self) -> Self:
        self.enter()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.leave()
        self.close(error)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, tb)

    def close(self, error: BaseException | None = None) -> None:
        """End the span as its code ended: in order, by an error, by a cancellation."""
        if error is None:
            self.end()
        elif type(error).__name__ == "CancelledError" or isinstance(error, (GeneratorExit, KeyboardInterrupt)):
            self.end("abandoned" if isinstance(error, GeneratorExit) else "cancelled")
        else:
            if not (isinstance(error, SystemExit) and error.code in (None, 0)):
                self.fail(error)
            self.end()

    def _keep(self, name: str, value: Any) -> None:
        capture = runtime.capturing()
        if capture.journal:
            self._content[name] = value
        if capture.spans:
            self._put(name, value)

    def _put(self, name: str, value: Any) -> None:
        guard.call("span.set_attribute", lambda: self.span.set_attribute(name, content.text(value, runtime.redaction)))

    def _fail(self, error: BaseException) -> None:
        self.span.set_attribute(semconv.ERROR_TYPE, error_type(error))
        self.span.record_exception(error)
        self.span.set_status(Status(StatusCode.ERROR, str(error)))

    def _end(self, outcome: Outcome) -> None:
        # complete is what an ended span is unless it says otherwise
        attributes = {semconv.OUTCOME: outcome} if outcome != "complete" else {}
        self._open.end(attributes, content.fragment(self._content, runtime.redaction) if self._content else "")


def _opening_attributes(name: str, kind: Kind) -> dict[str, AttributeValue]:
    attributes: dict[str, AttributeValue] = {semconv.KIND: kind}
    if kind in _OPERATIONS:
        attributes[semconv.OPERATION] = _OPERATIONS[kind]
    if kind in _NAMES:
        attributes[_NAMES[kind]] = name
    return attributes


class _Foreign(SpanHandle):
    """The current span where another library made it: it can be added to, and its owner ends it."""

    __slots__ = ()

    def __init__(self, span: otel_trace.Span) -> None:
        self._kind = "other"
        self._content = {}
        self._done = True
        self.span = span
        self._activation = Activation(otel.get_current())

    def _keep(self, name: str, value: Any) -> None:
        if runtime.capturing().spans:
            self._put(name, value)


def span(name: str, *, kind: Kind = "chain", input: Any = None) -> SpanHandle:  # noqa: A002 - the surface's word
    """Open a span around a block of code.

    Args:
        name: what the viewer shows.
        kind: llm, embedding, tool, agent, chain, retriever, reranker, guardrail, evaluator, prompt or other.
        input: what goes in: text, or anything that JSON can hold.

    Raises:
        UsageError: the kind is none of these.

    Example:
        >>> with span("look up", kind="tool", input={"city": "Paris"}) as lookup:
        ...     lookup.set_output({"weather": "rain"})
    """
    return SpanHandle(name, kind=kind, input=input)


def current_span() -> SpanHandle:
    """The span that is current here. Where there is none, a handle that takes everything and keeps nothing."""
    current = otel_trace.get_current_span()
    handle = otel.get_value(_HANDLE)
    if isinstance(handle, SpanHandle) and handle.span is current:
        return handle
    return _Foreign(current)


def current_trace_id() -> str | None:
    """The current trace's id, 32 hex digits; None where no trace is open."""
    current = otel_trace.get_current_span()
    if current is INVALID_SPAN:
        return None
    identifier = current.get_span_context().trace_id
    return format(identifier, "032x") if identifier else None
