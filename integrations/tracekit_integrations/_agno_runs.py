"""agno's agents, teams, workflows and their steps, tools and knowledge. Pure."""

from __future__ import annotations

from typing import Any

from tracekit import semconv
from tracekit.model import AttributeValue, Call, Invocation, Response
from tracekit_integrations._values import bound, get, items, plain, text

_FINISHED = frozenset({"RunCompleted", "TeamRunCompleted", "WorkflowCompleted", "RunPaused", "TeamRunPaused"})
_FAILED = frozenset({"RunError", "TeamRunError", "WorkflowError"})
"""Events that say how a run ended; those of the members of a team come before the team's own."""
_WORDS = ("TeamRunContent", "RunContent")
"""Events that have words of an answer: a team's go before those of its members."""
_AS_IT_SHOULD = frozenset({"COMPLETED", "RUNNING", "PENDING"})


def agent(call: Call) -> Invocation:
    """An agent or a team begins to run, or goes on with what it stopped at."""
    made = _begun(call, semconv.INVOKE_AGENT)
    made.attributes[semconv.AGENT_NAME] = made.name or ""
    identity = text(get(call.instance, "id"))
    if identity is not None:
        made.attributes[semconv.AGENT_ID] = identity
    return made


def workflow(call: Call) -> Invocation:
    """A workflow begins to run, or goes on."""
    made = _begun(call, semconv.INVOKE_WORKFLOW)
    made.attributes[semconv.WORKFLOW_NAME] = made.name or ""
    return made


def _begun(call: Call, operation: str) -> Invocation:
    asked = bound(("input",), call.args, call.kwargs)
    stream = asked.get("stream")
    return Invocation(
        operation=operation,
        name=text(get(call.instance, "name")) or type(call.instance).__name__,
        stream=bool(get(call.instance, "stream") if stream is None else stream),
        attributes=_whose(
            asked.get("session_id") or get(call.instance, "session_id"),
            asked.get("user_id") or get(call.instance, "user_id"),
        ),
        content={semconv.INPUT: plain(asked.get("input"))},
    )


def _whose(session: Any, user: Any) -> dict[str, AttributeValue]:
    told = {semconv.CONVERSATION_ID: text(session), semconv.USER_ID: text(user)}
    return {name: value for name, value in told.items() if value is not None}


def ran(output: Any) -> Response:
    """What a run came to: a whole one, or the event that says so."""
    made = Response(
        content={semconv.OUTPUT: plain(get(output, "content"))},
        attributes=_whose(get(output, "session_id"), get(output, "user_id")),
    )
    status = text(getattr(get(output, "status"), "value", None))
    if status is not None and status not in _AS_IT_SHOULD:
        made.attributes[f"{semconv.METADATA_PREFIX}status"] = status
    if status == "ERROR" or get(output, "event") in _FAILED:
        made.attributes[semconv.ERROR_TYPE] = text(get(output, "error_type")) or "_OTHER"
    return made


class Events:
    """The events of a run that is streamed: the last of those that end one, else the words that have come."""

    __slots__ = ("_last", "_words")

    def __init__(self) -> None:
        self._last: Any = None
        self._words: dict[str, list[str]] = {}

    def add(self, chunk: Any, /) -> None:
        """Take one event."""
        event, words = get(chunk, "event"), get(chunk, "content")
        if event in _FINISHED | _FAILED:
            self._last = chunk
        elif event in _WORDS and isinstance(words, str):
            self._words.setdefault(event, []).append(words)

    def response(self) -> Response:
        """How it ended, or how far it has come."""
        if self._last is not None:
            return ran(self._last)
        words = next((self._words[event] for event in _WORDS if event in self._words), [])
        return Response(content={semconv.OUTPUT: "".join(words) or None})


class StepEvents:
    """The events of a step: its output comes last, and is no event."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last: Any = None

    def add(self, chunk: Any, /) -> None:
        """Take one event, or the output."""
        if type(chunk).__name__ == "StepOutput":
            self._last = chunk

    def response(self) -> Response:
        """The output, once it is there."""
        return ran(self._last)


def step(call: Call) -> Invocation:
    """A step of a workflow."""
    asked = bound(("step_input",), call.args, call.kwargs)
    return Invocation(
        name=f"step {get(call.instance, 'name')}",
        content={semconv.INPUT: plain(get(asked.get("step_input"), "input"))},
    )


def tool(call: Call) -> Invocation:
    """A function is called for a model."""
    function = get(call.instance, "function")
    name = str(get(function, "name"))
    known = {
        semconv.TOOL_NAME: name,
        semconv.TOOL_DESCRIPTION: text(get(function, "description")),
        semconv.TOOL_CALL_ID: text(get(call.instance, "call_id")),
    }
    return Invocation(
        operation=semconv.EXECUTE_TOOL,
        name=name,
        attributes={name: value for name, value in known.items() if value is not None},
        content={semconv.TOOL_CALL_ARGUMENTS: plain(get(call.instance, "arguments"))},
    )


def executed(outcome: Any) -> Response:
    """What it gave; agno makes an answer of an error, which the model gets."""
    failed = get(outcome, "status") == "failure"
    given = get(outcome, "error" if failed else "result")
    streamed = hasattr(given, "__next__") or hasattr(given, "__anext__")  # read by agno later, by nobody else
    return Response(
        content={semconv.TOOL_CALL_RESULT: None if streamed else plain(given)},
        attributes={semconv.ERROR_TYPE: "_OTHER"} if failed else {},
    )


def search(call: Call) -> Invocation:
    """Knowledge is searched."""
    asked = bound(("query", "max_results"), call.args, call.kwargs)
    wanted = asked.get("max_results")
    return Invocation(
        operation=semconv.RETRIEVAL,
        name=text(get(call.instance, "name")) or type(call.instance).__name__,
        attributes={semconv.RETRIEVAL_TOP_K: wanted} if isinstance(wanted, int) else {},
        content={semconv.RETRIEVAL_QUERY: plain(asked.get("query"))},
    )


def found(documents: Any) -> Response:
    """The documents, best first."""
    return Response(content={semconv.RETRIEVAL_DOCUMENTS: [_document(each) for each in items(documents)]})


def _document(document: Any) -> dict[str, Any]:
    known = {
        "id": get(document, "id"),
        "content": get(document, "content"),
        "score": get(document, "reranking_score"),
        "name": get(document, "name"),
        "metadata": plain(get(document, "meta_data")) or None,
    }
    return {name: value for name, value in known.items() if value is not None}
