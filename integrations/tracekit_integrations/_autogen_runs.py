"""AutoGen's agents, teams and tools. Pure."""

from __future__ import annotations

from typing import Any

from tracekit import semconv
from tracekit.model import Call, Invocation, Response
from tracekit_integrations._values import bound, get, items, plain, text


def agent(call: Call) -> Invocation:
    """An agent is run, or gets messages."""
    return _begun(call, semconv.INVOKE_AGENT, semconv.AGENT_NAME)


def team(call: Call) -> Invocation:
    """A team is run."""
    return _begun(call, semconv.INVOKE_WORKFLOW, semconv.WORKFLOW_NAME)


def _begun(call: Call, operation: str, named: str) -> Invocation:
    asked = bound(("messages",), call.args, call.kwargs)
    task = asked.get("messages", asked.get("task"))
    name = text(get(call.instance, "name")) or type(call.instance).__name__
    return Invocation(
        operation=operation,
        name=name,
        attributes={named: name},
        content={semconv.INPUT: [_message(message) for message in items(task)] or _message(task)},
    )


def _message(message: Any) -> Any:
    """A message of agents as who said what; anything else as it is."""
    content = get(message, "content")
    if content is None:
        return plain(message)
    return {"source": get(message, "source"), "type": get(message, "type"), "content": plain(content)}


def ran(result: Any) -> Response:
    """What came of it: an agent's response, or all messages of a run."""
    answer = get(result, "chat_message")
    if answer is not None:
        return Response(content={semconv.OUTPUT: _message(answer)})
    made = Response(content={semconv.OUTPUT: [_message(message) for message in items(get(result, "messages"))]})
    reason = text(get(result, "stop_reason"))
    if reason is not None:
        made.attributes[f"{semconv.METADATA_PREFIX}stop_reason"] = reason
    return made


class Messages:
    """The messages of a run so far; the last one is its result."""

    __slots__ = ("_seen",)

    def __init__(self) -> None:
        self._seen: list[Any] = []

    def add(self, chunk: Any, /) -> None:
        """Take one; pieces of a model's answer are its call's."""
        if type(chunk).__name__ != "ModelClientStreamingChunkEvent":
            self._seen.append(chunk)

    def response(self) -> Response:
        """The result, or the messages until it broke off."""
        last = self._seen[-1] if self._seen else None
        whole = get(last, "chat_message") is not None or get(last, "messages") is not None
        return ran(last if whole else {"messages": self._seen})


def tool(call: Call) -> Invocation:
    """A tool is called."""
    asked = bound(("args", "cancellation_token", "call_id"), call.args, call.kwargs)
    name = str(get(call.instance, "name"))
    known = {
        semconv.TOOL_NAME: name,
        semconv.TOOL_DESCRIPTION: text(get(call.instance, "description")),
        semconv.TOOL_CALL_ID: text(asked.get("call_id")),
    }
    return Invocation(
        operation=semconv.EXECUTE_TOOL,
        name=name,
        attributes={key: value for key, value in known.items() if value is not None},
        content={semconv.TOOL_CALL_ARGUMENTS: plain(asked.get("args"))},
    )


def gave(value: Any) -> Response:
    """What it gave."""
    return Response(content={semconv.TOOL_CALL_RESULT: plain(value)})


class LastGiven:
    """What a tool that streams has given: the last is its result."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last: Any = None

    def add(self, chunk: Any, /) -> None:
        """Take one."""
        self._last = chunk

    def response(self) -> Response:
        """The last."""
        return gave(self._last)
