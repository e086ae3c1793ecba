"""Bedrock's agents: asked once, they answer in events. What their traces tell of is in `_bedrock_steps`."""

from __future__ import annotations

from typing import Any

from tracekit import semconv
from tracekit.model import Call, Invocation, Message, Part, Response
from tracekit_integrations import _bedrock_search as search
from tracekit_integrations import _parts as parts
from tracekit_integrations._bedrock_request import in_base64, invocation, parameters_of, put
from tracekit_integrations._values import get, items, plain, text


def request(call: Call) -> Invocation:
    """The agent, and what it is asked."""
    parameters = parameters_of(call)
    id_, name = text(parameters.get("agentId")), text(parameters.get("agentName"))
    made = invocation(call, semconv.INVOKE_AGENT, name=name or id_)
    made.request_model = text(parameters.get("foundationModel"))
    put(made.attributes, AGENT_ID=id_, AGENT_NAME=name, CONVERSATION_ID=text(parameters.get("sessionId")))
    told, asked = text(parameters.get("instruction")), text(parameters.get("inputText"))
    made.system_instructions = [parts.text_part(told)] if told else None
    state = parameters.get("sessionState") or parameters.get("inlineSessionState")
    answers = list(map(_answer, items(get(state, "returnControlInvocationResults"))))
    said: list[Message] = [
        *([parts.message("user", [parts.text_part(asked)])] if asked else ()),
        *([parts.message("tool", answers)] if answers else ()),
    ]
    made.input_messages = said or None
    return made


def _answer(result: Any) -> Part:
    """What a function of the caller's gave, which the agent had asked for."""
    held = get(result, "functionResult") or get(result, "apiResult")
    body = next(iter((get(held, "responseBody") or {}).values()), None)
    return parts.tool_response_part(None, get(body, "body"))


class Accumulator:
    """An agent's answer so far: its words, the files that it made, the calls that it leaves to the caller."""

    def __init__(self) -> None:
        self._words: list[bytes] = []
        self._others: list[Part] = []
        self._references: list[Any] = []

    def add(self, event: Any, /) -> None:
        """Take one event."""
        chunk, control = get(event, "chunk"), get(event, "returnControl")
        self._words.append(get(chunk, "bytes") or b"")
        self._others += [_wish(each, get(control, "invocationId")) for each in items(get(control, "invocationInputs"))]
        self._others += [_file(each) for each in items(get(get(event, "files"), "files"))]
        for citation in items(get(get(chunk, "attribution"), "citations")):
            self._references += items(get(citation, "retrievedReferences"))

    def response(self) -> Response:
        """The answer as far as it has come."""
        words = b"".join(self._words).decode(errors="replace")
        said = [*([parts.text_part(words)] if words else ()), *self._others]
        calls = any(part["type"] == "tool_call" for part in said)
        made = search.found(self._references)
        made.output_messages = [parts.reply(said, "tool_call" if calls else parts.UNKNOWN)] if said else None
        made.finish_reasons = ["tool_call"] if calls else None
        return made


def _wish(wanted: Any, id_: Any) -> Part:
    held = get(wanted, "functionInvocationInput") or get(wanted, "apiInvocationInput")
    return parts.tool_call_part(text(id_), tool_name(held), arguments(held))


def _file(file: Any) -> Part:
    type_ = text(get(file, "type"))
    return parts.blob_part(parts.modality(type_), type_, in_base64(get(file, "bytes")) or "")


def tool_name(held: Any) -> str:
    """The function, or the path of an API, that is called; else the group that it is of."""
    names = ("function", "apiPath", "actionGroupName", "actionGroup")
    return next((name for place in names if (name := text(get(held, place)))), "")


def arguments(held: Any) -> dict[str, Any]:
    """Parameters by name, and what an API's request has beside them."""
    given = {str(get(each, "name")): get(each, "value") for each in items(get(held, "parameters"))}
    body = plain(get(get(held, "requestBody"), "content"))
    return {**given, "requestBody": body} if body else given
