"""The steps that an agent's trace tells of: models, tools, searches, other agents, guardrails.

Each is told twice, as it begins and when it is over, and becomes a span beneath the agent's when it is over. How long
it took is not known from that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tracekit import semconv
from tracekit.model import Call, Invocation, Part, Response
from tracekit_integrations import _bedrock_search as search
from tracekit_integrations import _parts as parts
from tracekit_integrations._bedrock_agents import arguments, tool_name
from tracekit_integrations._bedrock_request import invocation, put, usage
from tracekit_integrations._request import attributes, number, stops, whole
from tracekit_integrations._values import get, items, plain, text

_PARAMETERS = {
    "maximumLength": (semconv.REQUEST_MAX_TOKENS, whole),
    "topP": (semconv.REQUEST_TOP_P, number),
    "topK": (semconv.REQUEST_TOP_K, whole),
    "stopSequences": (semconv.REQUEST_STOP_SEQUENCES, stops),
}


class Steps:
    """Those of one call of an agent: what was asked of a step is kept until it is over."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._asked: dict[tuple[Any, str], Any] = {}

    def request(self, call: Call) -> Invocation | None:
        """What was asked of the step that an event is the end of; None of other events."""
        told = _told(call.args[0])
        for step in _STEPS.values():
            if step.asked in told:
                self._asked[_id(told, step.asked), step.asked] = told[step.asked]
        over = _over(told)
        if over is None:
            return None
        step = _STEPS[over]
        return step.request(self._call, self._asked.pop((_id(told, over), step.asked), None))


def response(event: Any) -> Response:
    """What came of the step that an event is the end of."""
    told = _told(event)
    over = _over(told)
    return Response() if over is None else _STEPS[over].response(told[over])


def _told(event: Any) -> dict[str, Any]:
    """The parts of a trace, where an event has one: one flat dictionary, out of the three kinds of wrapping."""
    found: dict[str, Any] = dict(get(get(event, "trace"), "trace") or {})
    for wrapper in (*found, "invocationInput", "observation"):
        held = found.get(wrapper)
        found |= held if isinstance(held, Mapping) else {}
    return found


def _over(told: Mapping[str, Any]) -> str | None:
    return next((name for name in _STEPS if name in told), None)


def _id(told: Mapping[str, Any], place: str) -> Any:
    return get(told[place], "traceId") or told.get("traceId")


def _model(call: Call, asked: Any) -> Invocation:
    made = invocation(call, semconv.CHAT, request_model=text(get(asked, "foundationModel")))
    made.attributes |= attributes(get(asked, "inferenceConfiguration") or {}, {}, _PARAMETERS)
    return _asking(made, get(asked, "text"))


def _asking(made: Invocation, words: Any) -> Invocation:
    made.input_messages = [parts.message("user", [parts.text_part(words)])] if text(words) else None
    return made


def _tool(_call: Call, asked: Any) -> Invocation:
    return _executed(tool_name(asked), arguments(asked), text(get(asked, "invocationId")))


def _code(_call: Call, asked: Any) -> Invocation:
    return _executed("code_interpreter", {"code": get(asked, "code")})


def _executed(name: str, given: dict[str, Any], id_: str | None = None) -> Invocation:
    made = Invocation(operation=semconv.EXECUTE_TOOL, name=name)
    put(made.attributes, TOOL_NAME=name, TOOL_CALL_ID=id_)
    made.content[semconv.TOOL_CALL_ARGUMENTS] = given
    return made


def _lookup(call: Call, asked: Any) -> Invocation:
    return search.lookup(call, get(asked, "knowledgeBaseId"), get(asked, "text"))


def _colleague(call: Call, asked: Any) -> Invocation:
    made = invocation(call, semconv.INVOKE_AGENT, name=text(get(asked, "agentCollaboratorName")))
    put(made.attributes, AGENT_NAME=made.name)
    return _asking(made, get(get(asked, "input"), "text"))


def _guard(call: Call, _asked: Any) -> Invocation:
    return invocation(call, semconv.MODERATE)


def _said(held: Any) -> Response:
    """What a model said, as it said it: in the words of the prompt's template."""
    spent, thought = get(get(held, "metadata"), "usage"), get(get(held, "reasoningContent"), "reasoningText")
    words = text(get(get(held, "rawResponse"), "content"))
    found: list[Part] = [
        *([parts.reasoning_part(str(get(thought, "text")))] if thought else ()),
        *([parts.text_part(words)] if words else ()),
    ]
    return Response(
        usage=usage(get(spent, "inputTokens"), get(spent, "outputTokens")),
        output_messages=[parts.reply(found, parts.UNKNOWN)] if found else None,
    )


def _result(held: Any) -> Response:
    return Response(content={semconv.TOOL_CALL_RESULT: get(held, "text")})


def _ran(held: Any) -> Response:
    failed = text(get(held, "executionError"))
    made = Response(content={semconv.TOOL_CALL_RESULT: failed or get(held, "executionOutput")})
    put(made.attributes, ERROR_TYPE="executionError" if failed else None)
    return made


def _found(held: Any) -> Response:
    return search.found(items(get(held, "retrievedReferences")))


def _answered(held: Any) -> Response:
    words = text(get(get(held, "output"), "text"))
    return Response(output_messages=[parts.reply([parts.text_part(words)], parts.UNKNOWN)] if words else None)


def _verdict(held: Any) -> Response:
    return Response(content={semconv.OUTPUT: plain(held)})


class _Step(NamedTuple):
    """Where a trace says what was asked, and how that and what came of it are read."""

    asked: str
    request: Callable[[Call, Any], Invocation]
    response: Callable[[Any], Response]


_STEPS = {
    "modelInvocationOutput": _Step("modelInvocationInput", _model, _said),
    "actionGroupInvocationOutput": _Step("actionGroupInvocationInput", _tool, _result),
    "codeInterpreterInvocationOutput": _Step("codeInterpreterInvocationInput", _code, _ran),
    "knowledgeBaseLookupOutput": _Step("knowledgeBaseLookupInput", _lookup, _found),
    "agentCollaboratorInvocationOutput": _Step("agentCollaboratorInvocationInput", _colleague, _answered),
    "guardrailTrace": _Step("guardrailTrace", _guard, _verdict),
}
"""By where a trace says what came of the step."""
