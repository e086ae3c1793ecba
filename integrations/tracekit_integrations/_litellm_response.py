"""LiteLLM's replies: whole ones in OpenAI's shape, with what LiteLLM hides in them, and streams. Pure."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tracekit import model, semconv
from tracekit.model import Response, Usage
from tracekit_integrations import _openai_chat as chat
from tracekit_integrations import _openai_chat_stream as chat_stream
from tracekit_integrations import _openai_responses as responses
from tracekit_integrations._cohere_chat import billed
from tracekit_integrations._litellm_request import provider
from tracekit_integrations._values import count, get, items, text

_ENCODED, _PROVIDERS_ID = "resp_", ";response_id:"


def told(read: Callable[[Any], Response]) -> Callable[[Any], Response]:
    """The `response` of a function whose reply `read` understands, with what LiteLLM says beside it."""

    def response(reply: Any) -> Response:
        made = read(reply)
        _say(made, get(reply, "_hidden_params") or {})
        _add_written(made.usage, get(reply, "usage"))
        made.response_id = own_id(made.response_id)
        return made

    return response


def _say(made: Response, hidden: Mapping[str, Any]) -> None:
    """Who answered, and by which model, where LiteLLM knows."""
    answered = provider(text(hidden.get("custom_llm_provider")))
    if answered is not None:
        made.attributes[semconv.PROVIDER] = answered
    made.response_model = text(hidden.get("provider_response_model")) or made.response_model


def usage(reported: Any) -> Usage | None:
    """Tokens in the form of chat."""
    made = chat.usage(reported)
    _add_written(made, reported)
    return made


def _add_written(made: Usage | None, reported: Any) -> None:
    """Tokens that went into the provider's cache are inside the input's, and told by Anthropic's name for them."""
    if made is not None and made.cache_write_tokens is None:
        made.cache_write_tokens = count(get(reported, "cache_creation_input_tokens"))


def own_id(told_id: str | None) -> str | None:
    """The provider's id of a response: LiteLLM wraps it in one that also says where it came from."""
    if told_id is None or not told_id.startswith(_ENCODED):
        return told_id
    try:
        unwrapped = base64.b64decode(told_id.removeprefix(_ENCODED), validate=True).decode()
    except ValueError:
        return told_id
    _, found, own = unwrapped.partition(_PROVIDERS_ID)
    return own if found else told_id


def rerank_response(reply: Any) -> Response:
    """Documents, best first, with their scores, and what they say where that comes back."""
    made = Response(response_id=text(get(reply, "id")), usage=billed(get(reply, "meta")))
    ranked = [_document(result) for result in items(get(reply, "results"))]
    made.content[semconv.RETRIEVAL_DOCUMENTS] = ranked or None
    return made


def _document(result: Any) -> dict[str, Any]:
    document = get(result, "document")
    found = {"id": str(get(result, "index")), "score": get(result, "relevance_score")}
    return found if document is None else {**found, "content": get(document, "text") or document}


_SAID = ("role", "content", "reasoning_content", "refusal", "tool_calls", "function_call", "audio")


class Piece(NamedTuple):
    """A chunk of a stream, and the chunks that the stream keeps."""

    chunk: Any
    kept: Any


def shown(stream: Any, chunk: Any) -> Piece:
    """What is looked at of a step of a stream."""
    return Piece(chunk, get(stream, "chunks"))


def shown_chat(stream: Any, chunk: Any) -> Piece:
    """The same of a stream of chat: LiteLLM's choices keep their fields where only asking for each finds them."""
    choices = [
        {name: get(choice, name) for name in ("index", "finish_reason")} | {"delta": _delta(get(choice, "delta"))}
        for choice in items(get(chunk, "choices"))
    ]
    fields = {name: get(chunk, name) for name in ("id", "model", "usage", "service_tier", "_hidden_params")}
    return shown(stream, {**fields, "choices": choices})


def _delta(delta: Any) -> dict[str, Any]:
    return {name: value for name in _SAID if (value := get(delta, name)) is not None}


class Accumulator:
    """A stream in OpenAI's shape so far.

    Its caller may not want to see the usage, and where the provider tells none LiteLLM counts: what the provider told
    is in the chunks that a stream of chat keeps. One of text keeps none, and has one of chat beneath.
    """

    def __init__(self, pieces: Callable[[], model.Accumulator] = chat_stream.Accumulator) -> None:
        self._pieces = pieces()
        self._last: Any = None
        self._kept: Any = None

    def add(self, piece: Piece, /) -> None:
        """Take one piece."""
        self._last, self._kept = piece
        self._pieces.add(piece.chunk)

    def response(self) -> Response:
        """The reply as far as it has come."""
        made = self._pieces.response()
        made.response_model = None  # which is the one asked for, unless LiteLLM knows better
        _say(made, get(self._last, "_hidden_params") or {})
        reported = next((used for each in reversed(items(self._kept)) if (used := get(each, "usage"))), None)
        made.usage = usage(reported)
        return made


class ResponsesAccumulator:
    """A streamed response of the Responses API so far."""

    def __init__(self) -> None:
        self._pieces = responses.CreateAccumulator()

    def add(self, piece: Piece, /) -> None:
        """Take one event."""
        self._pieces.add(piece.chunk)

    def response(self) -> Response:
        """The response as far as it has come."""
        made = self._pieces.response()
        made.response_id = own_id(made.response_id)
        return made


def ended(piece: Piece) -> bool:
    """Whether a piece is the last of a reply."""
    return chat_stream.ended(piece.chunk) or responses.ended(piece.chunk)
