"""What the traces and spans of OpenAI's Agents SDK tell, when they begin and when they end. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tracekit import semconv
from tracekit.model import AttributeValue, Invocation, Response
from tracekit_integrations._openai_agents_models import asked, generated, heard, responded, spoken
from tracekit_integrations._values import decoded, get, items, plain, text


def key(thing: Any, *_: Any, **__: Any) -> str | None:
    """The id of a span, or of a trace."""
    return text(get(thing, "span_id")) or text(get(thing, "trace_id"))


def parent(thing: Any) -> str | None:
    """The id of the span that a span stands beneath, else that of its trace; a trace stands beneath what is current."""
    return text(get(thing, "parent_id")) or (text(thing.trace_id) if get(thing, "span_id") else None)


def trace_begun(trace: Any) -> Invocation:
    """A workflow: one run, or what a program puts several runs into."""
    made = Invocation(
        operation=semconv.INVOKE_WORKFLOW,
        name=text(trace.name),
        attributes={semconv.WORKFLOW_NAME: str(trace.name), **_metadata({"openai_trace_id": trace.trace_id})},
    )
    made.attributes.update(_metadata(get(trace, "metadata") or {}))
    group = text(get(trace, "group_id"))
    if group is not None:
        made.attributes[semconv.CONVERSATION_ID] = group
    return made


def trace_ended(_trace: Any) -> Response:
    """It tells nothing more."""
    return Response()


def begun(span: Any) -> Invocation:
    """A span of any type; of most, what it is about is known when it ends."""
    data = span.span_data
    return _kind(data).begun(data)


def ended(span: Any) -> Response:
    """It is over. An error that the SDK tells of stands beside what is known."""
    data, error = span.span_data, span.error
    made = _kind(data).ended(data)
    if error is not None:
        made.attributes[semconv.ERROR_TYPE] = "tool_error" if data.type == "function" else "_OTHER"
        why = get(get(error, "data"), "error")
        made.failure = ": ".join(str(said) for said in (get(error, "message"), why) if said)
    return made


def _agent(data: Any) -> Invocation:
    return Invocation(operation=semconv.INVOKE_AGENT, name=data.name, attributes={semconv.AGENT_NAME: data.name})


def _agent_over(data: Any) -> Response:
    known = {"agent_tools": data.tools, "agent_handoffs": data.handoffs, "agent_output_type": data.output_type}
    return Response(attributes=_metadata(known))


def _function(data: Any) -> Invocation:
    return Invocation(operation=semconv.EXECUTE_TOOL, name=data.name, attributes={semconv.TOOL_NAME: data.name})


def _function_over(data: Any) -> Response:
    content = {semconv.TOOL_CALL_ARGUMENTS: decoded(data.input), semconv.TOOL_CALL_RESULT: plain(data.output)}
    return Response(attributes=_metadata({"mcp_server": get(data.mcp_data, "server")}), content=content)


def _guardrail(data: Any) -> Invocation:
    return Invocation(name=data.name, attributes={semconv.KIND: "guardrail"})


def _guardrail_over(data: Any) -> Response:
    return Response(content={semconv.OUTPUT: {"triggered": data.triggered}})


def _step(data: Any) -> Invocation:
    """A step by its own name, else by its type's: a handoff, a turn, the whole of a run, a group of spoken words."""
    turn = get(data, "turn")
    return Invocation(name=text(get(data, "name")) or (data.type if turn is None else f"{data.type} {turn}"))


def _step_over(data: Any) -> Response:
    """What else it tells; the tokens of a turn or a run are those of the responses in it."""
    told = {name: value for name, value in data.export().items() if name not in _TOLD and value is not None}
    told = told.get("data") or told
    kept = {name: value for name, value in told.items() if name not in _SUMS} if data.type in _ROLLED_UP else told
    return Response(content={semconv.OUTPUT: plain(kept)} if kept else {})


_TOLD = frozenset({"type", "name"})
_ROLLED_UP = frozenset({"task", "turn"})
_SUMS = frozenset({"usage", "sdk_span_type", "name"})


def _list_tools(data: Any) -> Invocation:
    return Invocation(name=f"{data.type} {data.server}" if data.server else data.type)


def _list_tools_over(data: Any) -> Response:
    return Response(content={semconv.OUTPUT: plain(data.result)})


class _Kind(NamedTuple):
    """How a type of span is understood."""

    begun: Callable[[Any], Invocation]
    ended: Callable[[Any], Response]


_STEP = _Kind(_step, _step_over)
_KINDS: Mapping[str, _Kind] = {
    "agent": _Kind(_agent, _agent_over),
    "function": _Kind(_function, _function_over),
    "generation": _Kind(asked, generated),
    "response": _Kind(asked, responded),
    "transcription": _Kind(asked, heard),
    "speech": _Kind(asked, spoken),
    "guardrail": _Kind(_guardrail, _guardrail_over),
    "mcp_tools": _Kind(_list_tools, _list_tools_over),
}


def _kind(data: Any) -> _Kind:
    return _KINDS.get(data.type, _STEP)


def _metadata(known: Mapping[str, Any]) -> dict[str, AttributeValue]:
    """Values that are there, under names of their own."""
    return {
        f"{semconv.METADATA_PREFIX}{name}": _value(value) for name, value in known.items() if value not in (None, [])
    }


def _value(value: Any) -> AttributeValue:
    if isinstance(value, (bool, int, float)):
        return value
    return [str(each) for each in items(value)] or str(value)
