"""smolagents' models: what one is asked, what it answers, whole or in pieces. Pure."""

from __future__ import annotations

from typing import Any

from tracekit import semconv
from tracekit.model import Call, Invocation, Message, Response, Usage
from tracekit_integrations import _openai_chat as chat
from tracekit_integrations import _parts as parts
from tracekit_integrations import _request
from tracekit_integrations._openai_chat_stream import Accumulator as Chunks
from tracekit_integrations._openai_request import CLIENTS
from tracekit_integrations._providers import provider
from tracekit_integrations._request import Endpoint, Shaped, attributes, output_type, stops
from tracekit_integrations._values import bound, count, get, given, items, plain, said, text

_POSITIONS = ("messages", "stop_sequences", "response_format", "tools_to_call_from")
_PARAMETERS: Shaped = {
    "stop_sequences": (semconv.REQUEST_STOP_SEQUENCES, stops),
    "response_format": (semconv.OUTPUT_TYPE, output_type),
}
_ROLES = {"tool-call": "assistant", "tool-response": "user"}
"""What smolagents turns its own roles into when it asks a model."""
_BY_CLASS = {"AmazonBedrock": "aws.bedrock", "InferenceClient": "huggingface"}
"""Providers of the classes of models that have one, by the beginning of their names."""


def request(call: Call) -> Invocation:
    """A model is asked; its own parameters go over those of the call."""
    asked = given(bound(_POSITIONS, call.args, call.kwargs))
    where = _endpoint(call.instance)
    return Invocation(
        operation=semconv.CHAT,
        provider=where.provider or None,
        request_model=text(get(call.instance, "model_id")),
        server_address=where.address,
        server_port=where.port,
        attributes=attributes({**asked, **(get(call.instance, "kwargs") or {})}, {}, _PARAMETERS),
        input_messages=[_message(message) for message in items(asked.get("messages"))] or None,
        tool_definitions=[_tool(tool) for tool in items(asked.get("tools_to_call_from"))] or None,
    )


streamed = _request.streamed(request)


def _endpoint(model: Any) -> Endpoint:
    """Whom a model talks to: what its client, its class or the beginning of its name says."""
    names = [cls.__name__ for cls in type(model).__mro__]
    if any(name.startswith(("OpenAI", "AzureOpenAI")) for name in names):
        return CLIENTS.endpoint(get(model, "client"))
    known = next((_BY_CLASS[start] for name in names for start in _BY_CLASS if name.startswith(start)), "")
    maker, _, model_name = str(get(model, "model_id")).partition("/")
    routed = model_name and any(name.startswith("LiteLLM") for name in names)
    return Endpoint(provider(maker) or "" if routed else known, None, None)


def _message(message: Any) -> Message:
    found = said(message)
    role = chat.role_of(found)
    return parts.message(_ROLES.get(role, role), chat.message_parts(found))


def _tool(tool: Any) -> dict[str, Any]:
    return {
        "type": "function",
        "name": str(get(tool, "name")),
        "description": str(get(tool, "description")),
        "parameters": {"type": "object", "properties": plain(get(tool, "inputs"))},
    }


def response(reply: Any) -> Response:
    """A whole answer: as the provider gave it, where that is in OpenAI's form, which nearly all are."""
    raw = get(reply, "raw")
    if items(get(raw, "choices")):
        return chat.response(raw)
    return Response(
        usage=_usage(get(reply, "token_usage")),
        output_messages=[parts.reply(chat.message_parts(said(reply)), parts.UNKNOWN)],
    )


def _usage(counted: Any) -> Usage | None:
    """Tokens as smolagents counts them."""
    if counted is None:
        return None
    return Usage(input_tokens=count(get(counted, "input_tokens")), output_tokens=count(get(counted, "output_tokens")))


class Accumulator:
    """An answer in pieces so far."""

    __slots__ = ("_chunks", "_usage")

    def __init__(self) -> None:
        self._chunks = Chunks()
        self._usage: Any = None

    def add(self, chunk: Any, /) -> None:
        """Take one piece: words, fragments of calls, or the tokens of all."""
        self._usage = get(chunk, "token_usage") or self._usage
        self._chunks.add({"choices": [{"delta": chunk}]})

    def response(self) -> Response:
        """The answer as far as it has come."""
        made = self._chunks.response()
        made.usage = _usage(self._usage)
        return made
