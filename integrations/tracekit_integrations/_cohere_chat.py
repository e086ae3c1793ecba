"""Cohere's chat of version 2: messages in, one message out, whole or as events."""

from __future__ import annotations

from typing import Any

from tracekit import semconv
from tracekit.model import Call, Invocation, Part, Response, Usage
from tracekit_integrations import _parts as parts
from tracekit_integrations._cohere_request import PARAMETERS, invocation
from tracekit_integrations._openai_chat import content_part, message_in, tool_call
from tracekit_integrations._request import attributes, tool_definitions
from tracekit_integrations._values import count, get, items, text

_FINISH = {
    "COMPLETE": "stop",
    "STOP_SEQUENCE": "stop",
    "MAX_TOKENS": "length",
    "ERROR_LIMIT": "length",
    "TOOL_CALL": "tool_call",
    "ERROR": "error",
    "TIMEOUT": "error",
    "ERROR_TOXIC": "content_filter",
}


def request(call: Call) -> Invocation:
    """A call of `v2.chat`."""
    made, parameters = invocation(call, semconv.CHAT)
    made.attributes = attributes(parameters, {}, PARAMETERS)
    made.input_messages = [message_in(message) for message in items(parameters.get("messages"))] or None
    made.tool_definitions = tool_definitions(parameters.get("tools"))
    return made


def response(reply: Any) -> Response:
    """A whole reply, in the client's wrapper that has the HTTP response beside it."""
    data = get(reply, "data")
    return answered(get(data, "id"), _said(get(data, "message")), get(data, "finish_reason"), get(data, "usage"))


def answered(id_: Any, said: list[Part], finish: Any, usage: Any) -> Response:
    """A reply out of its parts, the provider's finish reason and usage."""
    message = parts.reply(said, parts.finish_word(finish, _FINISH, said))
    return Response(
        response_id=text(id_),
        finish_reasons=parts.finish_reasons([message]),
        usage=billed(usage),
        output_messages=[message] if said else None,
    )


def billed(usage: Any) -> Usage | None:
    """Tokens as they are billed, which the conventions want of this provider; as they were used where not told."""
    units = get(usage, "billed_units")
    told = units if count(get(units, "input_tokens")) is not None else get(usage, "tokens")
    spent, made = count(get(told, "input_tokens")), count(get(told, "output_tokens"))
    return None if spent is None and made is None else Usage(input_tokens=spent, output_tokens=made)


def _said(message: Any) -> list[Part]:
    plan = text(get(message, "tool_plan"))
    return [
        *([parts.reasoning_part(plan)] if plan else ()),
        *map(content_part, items(get(message, "content"))),
        *map(tool_call, items(get(message, "tool_calls"))),
    ]


class Accumulator:
    """A streamed reply so far: each content and each call has an index, and comes in pieces."""

    def __init__(self) -> None:
        self._id: Any = None
        self._end: Any = None
        self._plan: list[str] = []
        self._contents: dict[int, dict[str, Any]] = {}
        self._calls: dict[int, dict[str, Any]] = {}

    def add(self, event: Any, /) -> None:
        """Take one event."""
        kind, index, delta = get(event, "type"), get(event, "index") or 0, get(event, "delta")
        message = get(delta, "message")
        if kind == "message-start":
            self._id = get(event, "id")
        elif kind == "message-end":
            self._end = delta
        elif kind == "tool-plan-delta":
            self._plan.append(get(message, "tool_plan") or "")
        elif kind in {"content-start", "content-delta"}:
            _add(self._contents.setdefault(index, {}), get(message, "content"))
        elif kind in {"tool-call-start", "tool-call-delta"}:
            call = self._calls.setdefault(index, {"function": {}})
            piece = get(message, "tool_calls")
            call["id"] = get(piece, "id") or call.get("id")
            _add(call["function"], get(piece, "function"))

    def response(self) -> Response:
        """The reply as far as it has come."""
        contents = [self._contents[index] for index in sorted(self._contents)]
        calls = [self._calls[index] for index in sorted(self._calls)]
        whole = {
            "tool_plan": "".join(self._plan),
            "content": [content for content in contents if content.get(content.get("type", "text"))],
            "tool_calls": calls,
        }
        return answered(self._id, _said(whole), get(self._end, "finish_reason"), get(self._end, "usage"))


def _add(whole: dict[str, Any], piece: Any) -> None:
    """Add the texts of a piece to those of the whole; a type is said once."""
    for name, value in (piece or {}).items():
        if name == "type":
            whole[name] = value
        elif isinstance(value, str):
            whole[name] = whole.get(name, "") + value
            if name in {"text", "thinking"}:
                whole.setdefault("type", name)


def ended(event: Any) -> bool:
    """Whether an event is the last of a reply, of either version."""
    return get(event, "type") == "message-end" or get(event, "event_type") == "stream-end"
