"""CrewAI's events: what begins, and what came of it. Pure; told by the events' own names, imports nothing of CrewAI.

An event has an id, that of the event whose scope it is in, and, where it ends a scope, that of the one that began it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any, Self

from tracekit import semconv
from tracekit.model import AttributeValue, Invocation, Part, Response
from tracekit_integrations import _openai_chat as chat
from tracekit_integrations import _parts as parts
from tracekit_integrations._request import attributes, tool_definitions
from tracekit_integrations._usage_shapes import usage
from tracekit_integrations._values import decoded, get, given, items, plain, said, text

_PROVIDERS = {
    "anthropic": "anthropic",
    "azure": "azure.ai.openai",
    "bedrock": "aws.bedrock",
    "gemini": "gcp.gemini",
    "mistral": "mistral_ai",
    "openai": "openai",
}
"""CrewAI's names of providers; of others, who are asked through LiteLLM, the client beneath knows better."""
_FAILED = ("_failed", "_error")
_ENDED = ("_completed", "_finished", "_paused", *_FAILED)
_SCOPES = frozenset({
    "agent_execution", "agent_reasoning", "crew_kickoff", "crew_test", "crew_train", "flow", "knowledge_query",
    "knowledge_search_query", "lite_agent_execution", "llm_call", "llm_guardrail", "mcp_tool_execution",
    "memory_query", "memory_retrieval", "memory_save", "method_execution", "task", "tool_usage",
})  # fmt: skip
"""What CrewAI opens a scope for; other beginnings have no end."""
_INNER = "AgentExecutor"
"""The flow that an agent of CrewAI's is itself run by."""
_PIECE = "llm_stream_chunk"


class FailedError(Exception):
    """What went wrong, where CrewAI tells only its text."""

    __module__ = "builtins"  # it is named without one


class Scope(str):
    """The id of the event that opened a scope, and what that is a scope of."""

    __slots__ = ("kind",)

    def __new__(cls, event: Any) -> Self:
        """The scope that an event opens."""
        made = super().__new__(cls, get(event, "event_id"))
        made.kind = _stem(event)
        return made

    kind: str


def begins(event: Any) -> bool:
    """Whether this event opens a scope: one that CrewAI will close by another, and so counts as such."""
    return _kind(event).endswith("_started") and _stem(event) in _SCOPES


def ends(event: Any) -> bool:
    """Whether this event closes a scope."""
    return _kind(event).endswith(_ENDED) and _stem(event) in _SCOPES


def ends_scope(scope: Any, *_: Any, event: Any, **_told: Any) -> bool:
    """Whether an event closes a scope of this kind: CrewAI names the wrong one where it tells of an end twice."""
    return scope.kind == _stem(event)


def is_piece(event: Any) -> bool:
    """Whether this event is a piece of a model's answer."""
    return _kind(event) == _PIECE


def piece(*, event: Any) -> Any:
    """The text of a piece."""
    return get(event, "chunk")


def holds(**_told: Any) -> bool:
    """CrewAI itself opens and closes scopes in one context."""
    return True


def error(event: Any) -> BaseException | None:
    """Why what has ended failed; None where it did not."""
    if not _kind(event).endswith(_FAILED):
        return None
    told, handled = get(event, "error"), sys.exception()
    if isinstance(told, BaseException):
        return told
    return handled if handled is not None and str(handled) in str(told) else FailedError(str(told))


def key(*_: Any, event: Any, **_told: Any) -> Any:
    """The scope that an event opens, closes, or stands in."""
    if begins(event):
        return Scope(event)
    return get(event, "parent_event_id" if is_piece(event) else "started_event_id") or ""


def parent(*_: Any, event: Any, **_told: Any) -> Any:
    """The scope that an event's own stands in."""
    return get(event, "parent_event_id")


def is_failure(_error: BaseException) -> bool:
    """CrewAI steers by events, not by exceptions."""
    return True


def begun(*, event: Any, source: Any) -> Invocation | None:
    """Something begins."""
    return None if get(event, "flow_name") == _INNER else _BEGUN.get(_kind(event), _step)(event, source)


def ended(*_: Any, event: Any, **_told: Any) -> Response:
    """It has ended, and this came of it."""
    kind = _kind(event)
    if kind.startswith("llm_call"):
        return _answer(event)
    if kind.startswith(("tool_usage", "mcp_tool")):
        made = Response(content={semconv.TOOL_CALL_RESULT: value(get(event, "output") or get(event, "result"))})
        if get(event, "failure") is not None:
            made.attributes[f"{semconv.METADATA_PREFIX}tool_status"] = "error"
        return made
    if kind == "memory_query_completed":
        return Response(content={semconv.MEMORY_RECORDS: [record(each) for each in items(get(event, "results"))]})
    if kind == "knowledge_search_query_completed":
        found = [{"content": each} for each in _texts(get(event, "retrieved_knowledge"))]
        return Response(content={semconv.RETRIEVAL_QUERY: get(event, "query"), semconv.RETRIEVAL_DOCUMENTS: found})
    came = next((get(event, name) for name in ("output", "result", "memory_content", "plan") if get(event, name)), None)
    return Response(content={} if came is None else {semconv.OUTPUT: value(came)})


class Pieces:
    """What was said so far of an answer that may break off."""

    __slots__ = ("_said",)

    def __init__(self) -> None:
        self._said: list[str] = []

    def add(self, chunk: Any, /) -> None:
        """Take one piece of the text."""
        if isinstance(chunk, str):
            self._said.append(chunk)

    def response(self) -> Response:
        """What they amount to."""
        return Response(output_messages=[parts.reply([parts.text_part("".join(self._said))], parts.UNKNOWN)])


def value(thing: Any) -> Any:
    """What a step takes or gives, as data; a crew's or a task's output is its text."""
    raw = get(thing, "raw")
    if isinstance(raw, str):
        return raw
    if isinstance(thing, dict):
        return {str(name): value(inner) for name, inner in thing.items()}
    return plain(thing) if isinstance(thing, (str, int, float, bool, list)) or thing is None else _shown(thing)


def _shown(thing: Any) -> Any:
    return plain(thing) if hasattr(thing, "model_dump") else type(thing).__name__


def record(found: Any) -> dict[str, Any]:
    """A memory with its score: a dictionary in older versions, a match of a record since."""
    kept = get(found, "record") or found
    told = {
        "id": text(get(kept, "id")),
        "score": get(found, "score"),
        "content": get(kept, "content") or get(kept, "memory") or get(kept, "context"),
    }
    return {name: each for name, each in told.items() if each is not None}


def _kind(event: Any) -> str:
    return str(get(event, "type"))


def _stem(event: Any) -> str:
    return _kind(event).rpartition("_")[0]


def _texts(found: Any) -> list[str]:
    return [found] if isinstance(found, str) and found else [each for each in items(found) if isinstance(each, str)]


def _known(**named: Any) -> dict[str, AttributeValue]:
    """Metadata by name, where it is known."""
    return {f"{semconv.METADATA_PREFIX}{name}": each for name, each in named.items() if each is not None}


def _crew(event: Any, _source: Any) -> Invocation:
    name = text(get(event, "crew_name")) or "crew"
    inputs = get(event, "inputs")
    return Invocation(
        operation=semconv.INVOKE_WORKFLOW,
        name=name,
        attributes={semconv.WORKFLOW_NAME: name},
        content={} if inputs is None else {semconv.INPUT: value(inputs)},
    )


def _flow(event: Any, source: Any) -> Invocation:
    made = _crew(event, source)
    made.name = text(get(event, "flow_name")) or "flow"
    made.attributes[semconv.WORKFLOW_NAME] = made.name
    return made


def _method(event: Any, _source: Any) -> Invocation:
    return Invocation(name=text(get(event, "method_name")), content={semconv.INPUT: value(get(event, "params"))})


def _task(event: Any, source: Any) -> Invocation:
    """A task. Its description is content, and no name."""
    task = get(event, "task") or source
    asked = {name: get(task, name) for name in ("description", "expected_output")}
    return Invocation(
        name=text(get(task, "name")) or "task",
        attributes=_known(task_id=get(event, "task_id")),
        content={semconv.INPUT: given({**asked, "context": text(get(event, "context"))})},
    )


def _agent(event: Any, _source: Any) -> Invocation:
    agent = get(event, "agent") or get(event, "agent_info")
    role, asked = text(get(agent, "role")), get(event, "task_prompt") or get(event, "messages")
    known = {semconv.AGENT_NAME: role, semconv.AGENT_ID: text(str(get(agent, "id") or ""))}
    return Invocation(
        operation=semconv.INVOKE_AGENT,
        name=role,
        attributes={name: each for name, each in known.items() if each is not None},
        tool_definitions=[_tool(tool) for tool in items(get(event, "tools"))] or None,
        content={semconv.INPUT: value(asked)},
    )


def _tool(tool: Any) -> dict[str, Any]:
    told = {"type": "function", "name": str(get(tool, "name")), "description": text(get(tool, "description"))}
    return {name: each for name, each in told.items() if each is not None}


def _called(event: Any, _source: Any) -> Invocation:
    name = str(get(event, "tool_name"))
    return Invocation(
        operation=semconv.EXECUTE_TOOL,
        name=name,
        attributes={semconv.TOOL_NAME: name},
        content={semconv.TOOL_CALL_ARGUMENTS: decoded(get(event, "tool_args"))},
    )


def _model(event: Any, source: Any) -> Invocation:
    """A call of a model. CrewAI prints tools of its own classes; only those that are data are taken up."""
    asked, model = get(event, "messages"), text(get(event, "model"))
    told: list[Any] = [{"role": "user", "content": asked}] if isinstance(asked, str) else list(items(asked))
    parameters = {**given(said(source)), **given(said(event))}
    return Invocation(
        operation=semconv.CHAT,
        provider=_PROVIDERS.get(str(get(source, "provider"))),
        request_model=model,
        stream=parameters.get("stream") is True,
        attributes=attributes({name: each for name, each in parameters.items() if name != "n"}, {}, {}),
        input_messages=[chat.message_in(each) for each in told] or None,
        tool_definitions=tool_definitions([tool for tool in items(get(event, "tools")) if get(tool, "function")]),
    )


def _answer(event: Any) -> Response:
    reason, answer = text(get(event, "finish_reason")), get(event, "response")
    return Response(
        response_id=text(get(event, "response_id")),
        finish_reasons=None if reason is None else [reason],
        usage=usage(get(event, "usage")),
        output_messages=[parts.reply(_answered(answer), chat.finish_word(reason))],
    )


def _answered(answer: Any) -> list[Part]:
    """Text, or calls of tools, as CrewAI prints them; anything else is data."""
    if isinstance(answer, str):
        return [parts.text_part(answer)]
    calls = [each for each in items(answer) if get(each, "function") is not None]
    if calls:
        return [chat.tool_call(each) for each in calls]
    return [] if answer is None else [parts.generic_part("data", {"content": plain(answer)})]


def _memory(event: Any, _source: Any) -> Invocation:
    return Invocation(operation=semconv.SEARCH_MEMORY, content={semconv.MEMORY_QUERY: get(event, "query")})


def _knowledge(_event: Any, _source: Any) -> Invocation:
    return Invocation(operation=semconv.RETRIEVAL, name="knowledge")


def _guardrail(_event: Any, _source: Any) -> Invocation:
    return Invocation(name="guardrail", attributes={semconv.KIND: "guardrail"})


def _step(event: Any, _source: Any) -> Invocation:
    """Any other scope, by the name of its event."""
    given_: Mapping[str, Any] = {name: get(event, name) for name in ("value", "query", "task_prompt")}
    asked = next((each for each in given_.values() if each), None)
    return Invocation(
        name=_kind(event).removesuffix("_started"), content={} if asked is None else {semconv.INPUT: value(asked)}
    )


_BEGUN: dict[str, Callable[[Any, Any], Invocation]] = {
    "agent_execution_started": _agent,
    "crew_kickoff_started": _crew,
    "flow_started": _flow,
    "knowledge_search_query_started": _knowledge,
    "lite_agent_execution_started": _agent,
    "llm_call_started": _model,
    "llm_guardrail_started": _guardrail,
    "mcp_tool_execution_started": _called,
    "memory_query_started": _memory,
    "method_execution_started": _method,
    "task_started": _task,
    "tool_usage_started": _called,
}
