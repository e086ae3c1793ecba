"""agno's models: what one is asked, what it answers, whole or in pieces. Pure."""

from __future__ import annotations

import dataclasses
from typing import Any

from tracekit import semconv
from tracekit.model import Call, Invocation, Message, Response, Usage
from tracekit_integrations import _openai_chat as chat
from tracekit_integrations import _parts as parts
from tracekit_integrations._openai_chat_stream import Accumulator as Chunks
from tracekit_integrations._providers import provider
from tracekit_integrations._request import Shaped, attributes, output_type, stops, tool_definitions
from tracekit_integrations._values import added, count, get, given, items, said, text

_OWN = ("temperature", "top_p", "top_k", "max_tokens", "max_completion_tokens", "max_output_tokens", "seed", "stop",
        "frequency_penalty", "presence_penalty")  # fmt: skip
"""Parameters that a model keeps for all of its calls, where its class has them."""
_PARAMETERS: Shaped = {
    "stop": (semconv.REQUEST_STOP_SEQUENCES, stops),
    "response_format": (semconv.OUTPUT_TYPE, output_type),
}


def request(call: Call) -> Invocation:
    """A model is asked; agno gives all by name."""
    own = given({name: get(call.instance, name) for name in _OWN})
    asked = given(call.kwargs)
    return Invocation(
        operation=semconv.CHAT,
        provider=provider(get(call.instance, "provider")),
        request_model=text(get(call.instance, "id")),
        attributes=attributes({**own, **asked}, {}, _PARAMETERS),
        input_messages=[_message(message) for message in items(asked.get("messages"))] or None,
        tool_definitions=tool_definitions(asked.get("tools")),
    )


def _message(message: Any) -> Message:
    found = said(message)
    role = chat.role_of(found)
    if role == "tool":
        return parts.message(role, [parts.tool_response_part(text(found.get("tool_call_id")), found.get("content"))])
    held = [
        parts.generic_part(kind, {"count": len(found[f"{kind}s"])})
        for kind in ("image", "video", "file")
        if items(found.get(f"{kind}s"))
    ]
    known = {name: found.get(name) for name in ("content", "tool_calls", "reasoning_content")}
    return parts.message(role, [*chat.message_parts(known), *held], text(found.get("name")))


def response(reply: Any) -> Response:
    """A whole answer."""
    known = {name: get(reply, name) for name in ("content", "tool_calls", "reasoning_content")}
    made = _response(get(reply, "response_usage"), get(reply, "provider_data"))
    made.output_messages = [parts.reply(chat.message_parts(known), parts.UNKNOWN)]
    return made


def _response(used: Any, told: Any) -> Response:
    return Response(usage=_usage(used), response_id=text(get(told, "id")) or text(get(told, "response_id")))


def _usage(used: Any) -> Usage | None:
    """Tokens as agno counts them: 0 is what it says of those that nobody told."""
    known = {field.name: count(get(used, field.name)) or None for field in dataclasses.fields(Usage)}
    return Usage(**known) if any(known.values()) else None


def claude_response(reply: Any) -> Response:
    """An answer of Claude's."""
    return _with_cached(response(reply))


def _with_cached(made: Response) -> Response:
    """Tokens from and to the cache are inside the input; agno hands on what Anthropic says, who counts them beside."""
    used = made.usage
    if used is not None:
        used.input_tokens = added(used.input_tokens, used.cache_read_tokens, used.cache_write_tokens)
    return made


class Accumulator:
    """An answer in pieces so far."""

    __slots__ = ("_chunks", "_told", "_used")

    def __init__(self) -> None:
        self._chunks = Chunks()
        self._used: Any = None
        self._told: Any = None

    def add(self, chunk: Any, /) -> None:
        """Take one piece."""
        known = {name: get(chunk, name) for name in ("content", "tool_calls", "reasoning_content")}
        self._chunks.add({"choices": [{"delta": known}]})
        self._used = get(chunk, "response_usage") or self._used
        self._told = get(chunk, "provider_data") or self._told

    def response(self) -> Response:
        """The answer as far as it has come."""
        made = _response(self._used, self._told)
        made.output_messages = self._chunks.response().output_messages
        return made


class ClaudeAccumulator(Accumulator):
    """An answer of Claude's in pieces."""

    __slots__ = ()

    def response(self) -> Response:
        """The same, with tokens of the cache inside."""
        return _with_cached(super().response())
