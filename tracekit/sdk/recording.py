"""One call as a span: opened from an `Invocation`, closed by whichever of its closers comes first."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from time import perf_counter
from typing import Any

from opentelemetry import context as otel
from opentelemetry._logs import SeverityNumber
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context

from tracekit import semconv
from tracekit.errors import tell
from tracekit.journal.records import Fragment
from tracekit.model import Accumulator, AttributeValue, Call, Invocation, Outcome, Response, Usage
from tracekit.sdk import content, guard
from tracekit.sdk.context import Activation, beneath
from tracekit.sdk.integration import Method
from tracekit.sdk.runtime import Runtime
from tracekit.sdk.tracer import OpenSpan

_WITHIN = frozenset({None, semconv.EXECUTE_TOOL, semconv.INVOKE_AGENT, semconv.INVOKE_WORKFLOW, semconv.PLAN})
"""Operations that are the program's own work, and no request to another one."""
_SIDES = {"client": SpanKind.CLIENT, "server": SpanKind.SERVER}


class LiveRecording:
    """A call that was sent and whose span is open; see `integration.Recording` for what may be said to it."""

    __slots__ = (
        "_accumulate", "_accumulator", "_capture", "_client", "_closing", "_each", "_first_chunk", "_integration",
        "_invocation", "_last_chunk", "_measured", "_open", "_read", "_runtime", "_shed", "_started", "_told",
        "activation", "done", "own", "span",
    )  # fmt: skip

    def __init__(
        self,
        runtime: Runtime,
        invocation: Invocation,
        *,
        response: Callable[[Any], Response],
        accumulator: Callable[[], Accumulator] | None,
        each: Method | None = None,
        client: Any = None,
        integration: str | None = None,
        context: Context | None = None,
        measured: bool = True,
    ) -> None:
        entered = perf_counter()
        self._runtime = runtime
        self._shed = runtime.cost.over
        self._integration = integration
        self._capture = runtime.capturing(integration)
        self._each = each
        self._client = client
        self._invocation = invocation
        self._read = response
        self._accumulate = accumulator
        self._accumulator: Accumulator | None = None
        self._measured = measured
        self._closing = threading.Lock()
        self._first_chunk: float | None = None
        self._last_chunk: float | None = None
        self._told: Response | None = None
        self.done = False
        self.activation: Activation | None = None
        attributes = request_attributes(invocation)
        opening: Fragment = ""
        if self._capture.journal and not self._shed:
            opening = content.fragment(_input_members(invocation), runtime.redaction)
        if self._capture.spans and not self._shed:
            attributes.update(_texts(_input_members(invocation), runtime))
        kind = _SIDES.get(invocation.side or "") or (
            SpanKind.INTERNAL if invocation.operation in _WITHIN else SpanKind.CLIENT
        )
        name = span_name(invocation)
        self._open = OpenSpan(runtime, name, kind=kind, attributes=attributes, content=opening, context=context)
        self.span = self._open.span
        self._started = perf_counter()
        self.own = self._started - entered
        """Seconds of our own that the call has cost so far."""

    @classmethod
    def begin(
        cls,
        runtime: Runtime,
        method: Method,
        call: Call,
        integration: str | None,
        context: Context | None = None,
    ) -> LiveRecording | None:
        """Open the span of a call, if it is to be recorded. Under the guard: it runs the integration's own function."""
        invocation = method.request(call)
        if invocation is None:
            return None
        return cls(
            runtime,
            invocation,
            response=method.response,
            accumulator=method.accumulator,
            each=method.each,
            client=call.instance,
            measured=method.measured,
            integration=integration,
            context=context,
        )

    @property
    def streams(self) -> bool:
        """Whether the reply was asked for as a stream."""
        return self._invocation.stream

    def chunk(self, chunk: Any, /) -> None:
        """Take one chunk of a streamed reply and its time."""
        self._last_chunk = perf_counter()
        if self._first_chunk is None:
            self._first_chunk = self._last_chunk
        self.take(chunk)

    def take(self, chunk: Any, /) -> None:
        """Take one piece of a reply that was not asked for as a stream."""
        begun = perf_counter()
        if self._accumulate is not None:
            self._accumulator, self._accumulate = guard.call("accumulator", self._accumulate), None
        if self._accumulator is not None:
            guard.call("chunk", self._accumulator.add, chunk)
        if self._each is not None:
            guard.call("chunk", self._tell, self._each, chunk)
        self.own += perf_counter() - begun

    def _tell(self, method: Method, chunk: Any) -> None:
        """Record the call that a chunk is the reply to, as a span beneath this one."""
        within = Activation(beneath(self.span, otel.get_current()))
        within.enter()
        try:
            call = Call(instance=self._client, args=(chunk,), kwargs={})
            told = LiveRecording.begin(self._runtime, method, call, self._integration)
        finally:
            within.leave()
        if told is not None:
            told.finish(reply=chunk)

    def measured_beneath(self) -> None:
        """A call within this one is measured: if this asks a model too, that is the same request, and is measured."""
        if self._invocation.operation not in _WITHIN:
            self._measured = False

    def told(self, response: Response) -> None:
        """What is known of the reply on the side."""
        self._told = response

    def got_over(self, error: BaseException) -> None:
        """An error within the call that does not end it: the client tries again."""
        self.span.record_exception(error)

    def defer(self) -> None:
        """The reply goes on beyond the call: if nobody ends it, the end of the process does."""
        if not self.done:
            self._runtime.unread.add(self)

    def abandon(self, *, reply: Any = None) -> None:
        """Nobody will read on."""
        self.finish("abandoned", reply=reply)

    def finish(self, outcome: Outcome = "complete", *, reply: Any = None) -> None:
        """End the span with what the reply, or the chunks so far, amount to."""
        if self._claim():
            guard.call("finish", self._finish, outcome, reply, None)

    def fail(self, error: BaseException, *, reply: Any = None) -> None:
        """End the span with this error. A cancelled task is no error of the call's: its outcome says `cancelled`."""
        if self._claim():
            cancelled = isinstance(error, GeneratorExit) or type(error).__name__ == "CancelledError"
            outcome = "cancelled" if cancelled else "partial" if self._first_chunk is not None else "complete"
            guard.call("finish", self._finish, outcome, reply, error)

    def _claim(self) -> bool:
        with self._closing:
            mine, self.done = not self.done, True
        self._runtime.unread.discard(self)
        return mine

    def _finish(self, outcome: Outcome, reply: Any, error: BaseException | None) -> None:
        now = perf_counter()
        response = self._response(reply)
        attributes = response_attributes(response)
        if outcome != "complete":  # which an ended span is unless it says otherwise
            attributes[semconv.OUTCOME] = outcome
        if self._first_chunk is not None and self._last_chunk is not None:
            attributes[semconv.RESPONSE_TIME_TO_FIRST_CHUNK] = self._first_chunk - self._started
            attributes[semconv.TIME_TO_LAST_CHUNK] = self._last_chunk - self._started
        if error is not None:
            attributes[semconv.ERROR_TYPE] = error_type(error)
        if semconv.ERROR_TYPE in attributes and outcome != "cancelled":
            self.span.set_status(Status(StatusCode.ERROR, response.failure if error is None else str(error)))
        members = {semconv.OUTPUT_MESSAGES: response.output_messages, **response.content}
        if self._shed or self.own > self._runtime.cost.budget:
            self._say_shed(attributes)
            members = {}
        if self._capture.spans:
            attributes.update(_texts(members, self._runtime))
        if self._capture.events:
            guard.call("event", self._emit, {**attributes, **_texts(members, self._runtime)})
        closing = content.fragment(members, self._runtime.redaction) if self._capture.journal else ""
        self._open.end(attributes, closing)
        if self._measured and self._invocation.operation is not None and self._runtime.measuring:
            guard.call("metrics", self._measure, now - self._started, response, attributes)
        over = perf_counter()
        self._runtime.cost.add(self.own + over - now, over - self._started)
        if over >= self._runtime.health_due and self._runtime.tell_health is not None:
            guard.call("health", self._runtime.tell_health)

    def _say_shed(self, attributes: dict[str, AttributeValue]) -> None:
        """Content is left out, and nothing else: once on stderr, and on each span."""
        attributes[semconv.CONTENT_SHED] = "overhead_budget"
        cost = self._runtime.cost
        cost.shed += 1
        if cost.shed == 1:
            tell(
                f"tracing costs calls more time than overhead_budget allows ({cost.budget * 1e3:g} ms, in the mean): "
                "content is left out until that is over; structure and usage are kept. Raise the budget "
                "(TRACEKIT_OVERHEAD_BUDGET, in milliseconds), or capture no content."
            )

    def _response(self, reply: Any) -> Response:
        response = None
        if reply is not None:
            response = guard.call("response", self._read, reply)
        elif self._accumulator is not None:
            response = guard.call("response", self._accumulator.response)
        made = response if response is not None else Response()
        return made if self._told is None else _filled(made, self._told)

    def _emit(self, attributes: Mapping[str, AttributeValue]) -> None:
        """The convention's event that repeats the span with its content, for those who keep content in their logs."""
        given = {} if self._shed else _input_members(self._invocation)
        request = {**request_attributes(self._invocation), **_texts(given, self._runtime)}
        self._runtime.logger.emit(
            severity_number=SeverityNumber.DEBUG,
            context=set_span_in_context(self.span),
            event_name=semconv.EVENT_DETAILS,
            attributes={**request, **attributes},
        )

    def _measure(self, seconds: float, response: Response, attributes: Mapping[str, Any]) -> None:
        invocation, instruments = self._invocation, self._runtime.instruments
        labels = _known(
            {
                semconv.OPERATION: invocation.operation,
                semconv.PROVIDER: invocation.provider,
                semconv.REQUEST_MODEL: invocation.request_model,
                semconv.RESPONSE_MODEL: response.response_model,
                semconv.SERVER_ADDRESS: invocation.server_address,
                semconv.ERROR_TYPE: attributes.get(semconv.ERROR_TYPE),
            }
        )
        instruments.duration.record(seconds, labels)
        if self._first_chunk is not None:
            instruments.first_chunk.record(self._first_chunk - self._started, labels)
        if response.usage is not None:
            for kind, tokens in (
                ("input", response.usage.input_tokens),
                ("output", response.usage.output_tokens),
            ):
                if tokens is not None:
                    instruments.tokens.record(tokens, {**labels, semconv.TOKEN_TYPE: kind})


def span_name(invocation: Invocation) -> str:
    """The conventions' name: the operation and the model, or the tool's or agent's own name. A step's is its own."""
    if invocation.title is not None:
        return invocation.title
    words = invocation.operation, invocation.name or invocation.request_model
    return " ".join(filter(None, words)) or "step"


def request_attributes(invocation: Invocation) -> dict[str, AttributeValue]:
    """What is known before the call, by the conventions' names. Without content."""
    attributes: dict[str, AttributeValue] = {}
    if invocation.operation is not None:
        attributes[semconv.OPERATION] = invocation.operation
    if invocation.provider is not None:
        attributes[semconv.PROVIDER] = invocation.provider
    if invocation.request_model is not None:
        attributes[semconv.REQUEST_MODEL] = invocation.request_model
    if invocation.server_address is not None:
        attributes[semconv.SERVER_ADDRESS] = invocation.server_address
        if invocation.server_port is not None:
            attributes[semconv.SERVER_PORT] = invocation.server_port
    if invocation.stream:
        attributes[semconv.REQUEST_STREAM] = True
    attributes.update(invocation.attributes)
    return attributes


def response_attributes(response: Response) -> dict[str, AttributeValue]:
    """What the reply says, by the conventions' names. Without content; unknown is absent."""
    usage = response.usage or Usage()
    known = {
        semconv.RESPONSE_MODEL: response.response_model,
        semconv.RESPONSE_ID: response.response_id,
        semconv.RESPONSE_FINISH_REASONS: response.finish_reasons or None,
        semconv.USAGE_INPUT_TOKENS: usage.input_tokens,
        semconv.USAGE_OUTPUT_TOKENS: usage.output_tokens,
        semconv.USAGE_CACHE_READ: usage.cache_read_tokens,
        semconv.USAGE_CACHE_CREATION: usage.cache_write_tokens,
        semconv.USAGE_REASONING: usage.reasoning_tokens,
    }
    return {**response.attributes, **_known(known)}


def _filled(response: Response, told: Response) -> Response:
    """A response with what else was told of it."""
    unknown = {name: getattr(told, name) for name in _SCALARS if getattr(response, name) is None}
    return replace(response, **unknown, attributes={**told.attributes, **response.attributes})


_SCALARS = ("response_model", "response_id", "finish_reasons", "usage", "output_messages")


def _known(values: Mapping[str, AttributeValue | None]) -> dict[str, AttributeValue]:
    return {name: value for name, value in values.items() if value is not None}


def error_type(error: BaseException) -> str:
    """The exception's class, with its module unless it is a built-in one."""
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _input_members(invocation: Invocation) -> dict[str, Any]:
    return {
        semconv.SYSTEM_INSTRUCTIONS: invocation.system_instructions,
        semconv.INPUT_MESSAGES: invocation.input_messages,
        semconv.TOOL_DEFINITIONS: invocation.tool_definitions,
        **invocation.content,
    }


def _texts(members: Mapping[str, Any], runtime: Runtime) -> dict[str, AttributeValue]:
    """Content as attributes, where the user wants it there: JSON text, as exporters cannot carry structure."""
    return {name: content.text(value, runtime.redaction) for name, value in members.items() if value is not None}
