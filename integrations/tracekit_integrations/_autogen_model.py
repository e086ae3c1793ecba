"""AutoGen's model clients: what one is asked, what it answers, whole or in pieces. Pure."""

from __future__ import annotations

from typing import Any

from tracekit import semconv
from tracekit.model import Call, Invocation, Message, Part, Response, Usage
from tracekit_integrations import _parts as parts
from tracekit_integrations._openai_request import CLIENTS
from tracekit_integrations._request import Endpoint, Shaped, attributes, output_type, stops, tool_definitions
from tracekit_integrations._values import bound, count, decoded, get, given, items, text

_ROLES = {"SystemMessage": "system", "UserMessage": "user", "AssistantMessage": "assistant"}
_FINISH = {"function_calls": "tool_call", "unknown": parts.UNKNOWN}
_BY_CLASS = {"Anthropic": "anthropic", "Ollama": "ollama", "AzureAI": "azure.ai.inference"}
"""Providers of the classes of clients that have one, by the beginning of their names."""
_PARAMETERS: Shaped = {
    "stop": (semconv.REQUEST_STOP_SEQUENCES, stops),
    "response_format": (semconv.OUTPUT_TYPE, output_type),
    "json_output": (semconv.OUTPUT_TYPE, lambda wanted: "json" if wanted else None),
}


def request(call: Call) -> Invocation:
    """A model is asked; what the call says goes over what its client was made with."""
    asked = given(bound(("messages",), call.args, call.kwargs))
    parameters = {**(get(call.instance, "_create_args") or {}), **asked, **(asked.get("extra_create_args") or {})}
    where = _endpoint(call.instance)
    return Invocation(
        operation=semconv.CHAT,
        provider=where.provider or None,
        request_model=text(parameters.get("model")),
        name=None if parameters.get("model") else type(call.instance).__name__,
        server_address=where.address,
        server_port=where.port,
        attributes=attributes(parameters, {}, _PARAMETERS),
        input_messages=[made for message in items(asked.get("messages")) for made in _messages(message)] or None,
        tool_definitions=tool_definitions([get(tool, "schema") or tool for tool in items(asked.get("tools"))]),
    )


def _endpoint(client: Any) -> Endpoint:
    names = [cls.__name__ for cls in type(client).__mro__]
    if any("OpenAI" in name for name in names):
        return CLIENTS.endpoint(get(client, "_client"))
    known = (_BY_CLASS[start] for name in names for start in _BY_CLASS if name.startswith(start))
    return Endpoint(next(known, ""), None, None)


def _messages(message: Any) -> list[Message]:
    """A message that goes in; what several tools gave is several."""
    kind, content = type(message).__name__, get(message, "content")
    if kind == "FunctionExecutionResultMessage":
        return [parts.message("tool", [_result(given_)]) for given_ in items(content)]
    return [parts.message(_ROLES.get(kind, kind), said(message), text(get(message, "source")))]


def _result(result: Any) -> Part:
    part = parts.tool_response_part(text(get(result, "call_id")), get(result, "content"))
    if get(result, "is_error") is True:
        part["is_error"] = True
    return part


def said(message: Any) -> list[Part]:
    """The parts of a message either way: thoughts, then words or calls."""
    thought, content = text(get(message, "thought")), get(message, "content")
    pieces = [content] if isinstance(content, str) else items(content)
    return [*([parts.reasoning_part(thought)] if thought else ()), *map(_part, pieces)]


def _part(piece: Any) -> Part:
    if isinstance(piece, str):
        return parts.text_part(piece)
    if hasattr(piece, "arguments"):
        return parts.tool_call_part(text(get(piece, "id")), get(piece, "name"), decoded(get(piece, "arguments")))
    return parts.url_part("image", str(get(piece, "data_uri")))


def response(result: Any) -> Response:
    """A whole answer. One that comes from a cache of AutoGen's has cost nothing."""
    content = said(result)
    reason = parts.finish_word(get(result, "finish_reason"), _FINISH, content)
    made = Response(
        usage=None if get(result, "cached") else _usage(get(result, "usage")),
        finish_reasons=None if reason == parts.UNKNOWN else [reason],
        output_messages=[parts.reply(content, reason)],
    )
    if get(result, "cached"):
        made.attributes[f"{semconv.METADATA_PREFIX}cached"] = True
    return made


def _usage(used: Any) -> Usage | None:
    """Tokens; 0 is what AutoGen says of those that nobody told."""
    asked, answered = count(get(used, "prompt_tokens")), count(get(used, "completion_tokens"))
    return Usage(input_tokens=asked, output_tokens=answered) if asked or answered else None


class Accumulator:
    """An answer in pieces so far: words, and last the whole."""

    __slots__ = ("_whole", "_words")

    def __init__(self) -> None:
        self._words: list[str] = []
        self._whole: Any = None

    def add(self, chunk: Any, /) -> None:
        """Take some words, or the whole."""
        if isinstance(chunk, str):
            self._words.append(chunk)
        else:
            self._whole = chunk

    def response(self) -> Response:
        """The answer as far as it has come."""
        if self._whole is not None:
            return response(self._whole)
        words = "".join(self._words)
        return Response(output_messages=[parts.reply([parts.text_part(words)], parts.UNKNOWN)] if words else None)
