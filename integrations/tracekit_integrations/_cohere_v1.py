"""Cohere's chat of version 1: one message and what was said before it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracekit import semconv
from tracekit.model import Call, Invocation, Message, Part, Response
from tracekit_integrations import _parts as parts
from tracekit_integrations._cohere_chat import answered
from tracekit_integrations._cohere_request import PARAMETERS, invocation
from tracekit_integrations._request import attributes
from tracekit_integrations._values import get, items, plain, text

_ROLES = {"CHATBOT": "assistant", "USER": "user", "SYSTEM": "system", "TOOL": "tool"}


def request(call: Call) -> Invocation:
    """A call of `chat`."""
    made, parameters = invocation(call, semconv.CHAT)
    describe(made, parameters)
    return made


def describe(made: Invocation, parameters: Mapping[str, Any]) -> None:
    """Put what a request says into its invocation."""
    made.attributes = attributes(parameters, {}, PARAMETERS)
    told, asked = text(parameters.get("preamble")), text(parameters.get("message"))
    made.system_instructions = [parts.text_part(told)] if told else None
    said = [
        *map(_message, items(parameters.get("chat_history"))),
        *([parts.message("user", [parts.text_part(asked)])] if asked else ()),
        *([_message({"role": "TOOL", **parameters})] if items(parameters.get("tool_results")) else ()),
    ]
    made.input_messages = said or None
    made.tool_definitions = list(map(_tool, items(parameters.get("tools")))) or None


def _message(message: Any) -> Message:
    role = str(get(message, "role"))
    answers = [parts.tool_response_part(None, get(result, "outputs")) for result in items(get(message, "tool_results"))]
    return parts.message(_ROLES.get(role, role.lower()), answers or _said(get(message, "message"), message))


def _said(words: Any, beside: Any) -> list[Part]:
    calls = [
        parts.tool_call_part(None, get(call, "name"), get(call, "parameters"))
        for call in items(get(beside, "tool_calls"))
    ]
    return [*([parts.text_part(words)] if text(words) else ()), *calls]


def _tool(tool: Any) -> dict[str, Any]:
    definition = {"type": "function", "name": str(get(tool, "name")), "description": get(tool, "description")}
    parameters = get(tool, "parameter_definitions")
    return {**definition, "parameters": plain(parameters)} if parameters is not None else definition


def response(reply: Any) -> Response:
    """A whole reply."""
    return whole(get(reply, "data"))


def whole(reply: Any) -> Response:
    """A reply as it is in JSON."""
    id_ = get(reply, "response_id") or get(reply, "generation_id")
    return answered(id_, _said(get(reply, "text"), reply), get(reply, "finish_reason"), get(reply, "meta"))


class Accumulator:
    """A streamed reply so far: the last event holds all of it."""

    def __init__(self) -> None:
        self._words: list[str] = []
        self._calls: list[Any] = []
        self._id: Any = None
        self._end: Any = None

    def add(self, event: Any, /) -> None:
        """Take one event."""
        kind = get(event, "event_type")
        if kind == "stream-start":
            self._id = get(event, "generation_id")
        elif kind == "text-generation":
            self._words.append(get(event, "text") or "")
        elif kind == "tool-calls-generation":
            self._calls = list(items(get(event, "tool_calls")))
        elif kind == "stream-end":
            self._end = event

    def response(self) -> Response:
        """The reply as far as it has come."""
        if self._end is None:
            return answered(self._id, _said("".join(self._words), {"tool_calls": self._calls}), None, None)
        made = {"finish_reason": get(self._end, "finish_reason"), **(get(self._end, "response") or {})}
        return whole(made)
