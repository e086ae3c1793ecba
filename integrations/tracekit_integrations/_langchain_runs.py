"""LangChain's steps, agents, tools and retrievers, and what all of its runs tell of themselves. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tracekit import semconv
from tracekit.model import AttributeValue, Invocation, Response
from tracekit_integrations import _langchain_messages as messages
from tracekit_integrations._values import get, items, text

_CONVERSATIONS = ("thread_id", "session_id", "conversation_id")
_TOLD_ELSEWHERE = frozenset({
    *_CONVERSATIONS, "user_id", "lc_agent_name", "lc_versions", "langgraph_path", "langgraph_triggers", "checkpoint_ns",
})  # fmt: skip
_PLACES = ("seq:step:", "map:key:", "graph:step:", "langsmith:")
"""Beginnings of tags that LangChain gives itself: which step of what."""
_NODE = "graph:step:"
_UNKNOWN_YET = {"input": ""}
"""What a step that is streamed says of its input when it begins; it says what it was when it ends."""
_STEERING = frozenset({"GraphBubbleUp"})
"""LangGraph's exceptions that stop a step to ask a person, or to go on elsewhere."""


def key(*_: Any, run_id: Any, **_told: Any) -> Any:
    """The id of the run that an event is about."""
    return run_id


def parent(*_: Any, parent_run_id: Any = None, **_told: Any) -> Any:
    """The id of the run that a run stands beneath."""
    return parent_run_id


def is_failure(error: BaseException) -> bool:
    """Whether a run that ended by this failed."""
    return _STEERING.isdisjoint(cls.__name__ for cls in type(error).__mro__)


def step_begun(serialized: Any, given: Any, **told: Any) -> Invocation:
    """A step of a chain or a graph, a graph, or an agent."""
    name, tags = named(serialized, told), items(told.get("tags"))
    node = any(str(tag).startswith(_NODE) for tag in tags)
    agent = not node and (get(told.get("metadata"), "lc_agent_name") == name or name.endswith("AgentExecutor"))
    made = Invocation(
        operation=semconv.INVOKE_AGENT if agent else None,
        name=name,
        tags=tags_of(told),
        attributes=attributes_of(told),
    )
    if agent:
        made.attributes[semconv.AGENT_NAME] = name
    if node and isinstance(given, Mapping):
        made.attributes[f"{semconv.METADATA_PREFIX}langgraph_state_keys"] = [str(name) for name in given]
    if given != _UNKNOWN_YET:
        made.content[semconv.INPUT] = messages.state(given)
    return made


def step_ended(result: Any, *, inputs: Any = None, **_told: Any) -> Response:
    """It gives its result, and what it was given where that was not known before."""
    content = {semconv.OUTPUT: messages.state(result)}
    if inputs is not None:
        content[semconv.INPUT] = messages.state(inputs)
    return Response(content=content)


def step_steered(error: BaseException, **_told: Any) -> Response:
    """It stopped to ask, or to go on elsewhere: what it asks or says is its result."""
    steering = type(error).__name__
    return Response(
        attributes={f"{semconv.METADATA_PREFIX}langgraph_stopped_by": steering},
        content={semconv.OUTPUT: {steering: messages.state(list(error.args))}},
    )


def tool_begun(serialized: Any, given: Any, **told: Any) -> Invocation:
    """A tool is called."""
    name, inputs = named(serialized, told), told.get("inputs")
    known = {
        semconv.TOOL_NAME: text(get(serialized, "name")) or name,
        semconv.TOOL_DESCRIPTION: text(get(serialized, "description")),
        semconv.TOOL_CALL_ID: text(told.get("tool_call_id")),
    }
    return Invocation(
        operation=semconv.EXECUTE_TOOL,
        name=name,
        tags=tags_of(told),
        attributes={**attributes_of(told), **{name: value for name, value in known.items() if value is not None}},
        content={semconv.TOOL_CALL_ARGUMENTS: messages.state(given if inputs is None else inputs)},
    )


def tool_ended(result: Any, **_told: Any) -> Response:
    """It answers. A tool that handles its own errors answers with what went wrong: that is a result, and marked."""
    made = Response(content={semconv.TOOL_CALL_RESULT: messages.state(result)})
    if messages.is_message(result):
        made.content[semconv.TOOL_CALL_RESULT] = messages.state(result.content)
        call_id, status = text(get(result, "tool_call_id")), text(get(result, "status"))
        if call_id is not None:
            made.attributes[semconv.TOOL_CALL_ID] = call_id
        if status == "error":
            made.attributes[f"{semconv.METADATA_PREFIX}tool_status"] = status
    return made


def retriever_begun(serialized: Any, query: Any, **told: Any) -> Invocation:
    """A retriever is asked."""
    return Invocation(
        operation=semconv.RETRIEVAL,
        name=named(serialized, told),
        tags=tags_of(told),
        attributes=attributes_of(told),
        content={semconv.RETRIEVAL_QUERY: messages.state(query)},
    )


def retriever_ended(documents: Sequence[Any], **_told: Any) -> Response:
    """It has found these."""
    return Response(content={semconv.RETRIEVAL_DOCUMENTS: [messages.document(found) for found in documents]})


def named(serialized: Any, told: Mapping[str, Any]) -> str:
    """The name of a run: the caller's, else that of what runs."""
    where = items(get(serialized, "id"))
    return text(told.get("name")) or text(get(serialized, "name")) or (str(where[-1]) if where else "step")


def tags_of(told: Mapping[str, Any]) -> list[str] | None:
    """The program's tags."""
    return [str(tag) for tag in items(told.get("tags")) if not str(tag).startswith(_PLACES)] or None


def attributes_of(told: Mapping[str, Any]) -> dict[str, AttributeValue]:
    """Metadata that the program gives, where in a graph it is, whose conversation."""
    metadata: Mapping[str, Any] = told.get("metadata") or {}
    found: dict[str, AttributeValue] = {
        f"{semconv.METADATA_PREFIX}{name}": value if isinstance(value, (bool, int, float)) else str(value)
        for name, value in metadata.items()
        if value is not None and name not in _TOLD_ELSEWHERE and not name.startswith(("ls_", "__"))
    }
    conversation = next((metadata[name] for name in _CONVERSATIONS if metadata.get(name)), None)
    if conversation is not None:
        found[semconv.CONVERSATION_ID] = str(conversation)
    if metadata.get("user_id"):
        found[semconv.USER_ID] = str(metadata["user_id"])
    return found
