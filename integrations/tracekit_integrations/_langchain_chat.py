"""LangChain's model calls: what one is asked, its pieces, and the result. Pure."""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping
from typing import Any

from tracekit import semconv, semconv_vendors
from tracekit.model import AttributeValue, Invocation, Message, Response, Usage
from tracekit_integrations import _langchain_messages as messages
from tracekit_integrations import _parts as parts
from tracekit_integrations._langchain_runs import attributes_of, named, tags_of
from tracekit_integrations._openai_chat import usage as openai_usage
from tracekit_integrations._providers import provider
from tracekit_integrations._values import count, get, items, plain, text

_FINISH = {
    "tool_calls": "tool_call",
    "function_call": "tool_call",
    "tool_use": "tool_call",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "completed": "stop",
    "max_tokens": "length",
    "max_output_tokens": "length",
}
_MODEL = ("model_name", "model", "model_id")
_REASONS = ("finish_reason", "stop_reason", "stopReason", "done_reason")
_FLOATS = {
    "temperature": semconv.REQUEST_TEMPERATURE,
    "top_p": semconv.REQUEST_TOP_P,
    "frequency_penalty": semconv.REQUEST_FREQUENCY_PENALTY,
    "presence_penalty": semconv.REQUEST_PRESENCE_PENALTY,
}
_WHOLE = {
    "max_tokens": semconv.REQUEST_MAX_TOKENS,
    "max_completion_tokens": semconv.REQUEST_MAX_TOKENS,
    "max_output_tokens": semconv.REQUEST_MAX_TOKENS,
    "top_k": semconv.REQUEST_TOP_K,
    "seed": semconv.REQUEST_SEED,
}
_WRITE_LIVES = ("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")
"""Tokens written to a cache, by how long they are kept there."""


def chat_begun(serialized: Any, given: Any, **told: Any) -> Invocation:
    """A chat model is called."""
    made = _begun(semconv.CHAT, serialized, told)
    made.input_messages = [messages.message(said) for said in given[0]] or None
    return made


def text_begun(serialized: Any, prompts: Any, **told: Any) -> Invocation:
    """A model that completes text is called."""
    made = _begun(semconv.TEXT_COMPLETION, serialized, told)
    made.input_messages = [parts.message("user", [parts.text_part(prompt)]) for prompt in prompts]
    return made


def _begun(operation: str, serialized: Any, told: Mapping[str, Any]) -> Invocation:
    parameters: Mapping[str, Any] = told.get("invocation_params") or {}
    metadata: Mapping[str, Any] = told.get("metadata") or {}
    model = next(filter(None, map(text, (metadata.get("ls_model_name"), *map(parameters.get, _MODEL)))), None)
    tools = items(parameters.get("tools") or parameters.get("functions"))
    return Invocation(
        operation=operation,
        provider=provider(metadata.get("ls_provider")),
        request_model=model,
        name=None if model else named(serialized, told),
        stream=parameters.get("stream") is True,
        tags=tags_of(told),
        attributes={**attributes_of(told), **_asked(parameters, metadata, told)},
        tool_definitions=[_tool(tool) for tool in tools] or None,
    )


def _asked(
    parameters: Mapping[str, Any], metadata: Mapping[str, Any], told: Mapping[str, Any]
) -> dict[str, AttributeValue]:
    said = {"temperature": metadata.get("ls_temperature"), "max_tokens": metadata.get("ls_max_tokens"), **parameters}
    found: dict[str, AttributeValue] = {}
    for name, value in said.items():
        if name in _FLOATS and isinstance(value, (int, float)):
            found[_FLOATS[name]] = float(value)
        elif name in _WHOLE and isinstance(value, int):
            found[_WHOLE[name]] = value
    stops = parameters.get("stop") or metadata.get("ls_stop")
    words = [stops] if isinstance(stops, str) else [word for word in items(stops) if isinstance(word, str)]
    if words:
        found[semconv.REQUEST_STOP_SEQUENCES] = words
    if get(told.get("options"), "ls_structured_output_format") or parameters.get("response_format"):
        found[semconv.OUTPUT_TYPE] = "json"
    return found


def _tool(tool: Any) -> dict[str, Any]:
    """A tool in the conventions' flat shape: LangChain has it in the provider's."""
    details = get(tool, "function") or tool
    kind = "function" if details is not tool or get(tool, "type") in {None, "custom"} else str(get(tool, "type"))
    schema = get(details, "parameters") or get(details, "input_schema")
    said = {
        "type": kind,
        "name": get(details, "name") or kind,
        "description": get(details, "description"),
        "parameters": plain(schema) if kind == "function" else None,
    }
    return {name: value for name, value in said.items() if value is not None}


def piece(token: Any = None, **told: Any) -> Any:
    """A piece of an answer: a chunk, where LangChain gives one, else its text."""
    return told.get("chunk") or token


class Pieces:
    """The pieces of an answer that may break off."""

    __slots__ = ("_seen",)

    def __init__(self) -> None:
        self._seen: list[Any] = []

    def add(self, chunk: Any, /) -> None:
        if hasattr(chunk, "generation_info"):
            self._seen.append(chunk)

    def response(self) -> Response:
        return _response([functools.reduce(operator.add, self._seen)], {}) if self._seen else Response()


def model_ended(result: Any, **_told: Any) -> Response:
    """A model has answered."""
    batches = items(get(result, "generations"))
    return _response(items(batches[0]) if batches else (), get(result, "llm_output") or {})


def _response(generations: Any, told: Mapping[str, Any]) -> Response:
    """A result: what is told with the whole, with each generation, and with its message."""
    made = Response()
    answers: list[Message] = []
    reasons: list[str] = []
    for generation in generations:
        said = get(generation, "message")
        meta = {**told, **(get(generation, "generation_info") or {}), **(get(said, "response_metadata") or {})}
        reason = _reason(meta, said)
        reasons += [reason] if reason else []
        body = messages.message_parts(said) if said is not None else [parts.text_part(str(get(generation, "text")))]
        answers.append(parts.reply(body, _FINISH.get(reason, reason) if reason else parts.UNKNOWN))
        made.response_model = made.response_model or next(filter(None, (text(meta.get(name)) for name in _MODEL)), None)
        made.response_id = made.response_id or _id(meta, said)
        made.usage = made.usage or _usage(get(said, "usage_metadata"), made.attributes)
        made.usage = made.usage or openai_usage(meta.get("token_usage"))
    made.output_messages = answers or None
    made.finish_reasons = reasons or None
    return made


def _reason(meta: Mapping[str, Any], said: Any) -> str | None:
    """Why the model stopped; where its provider has no word for a call of tools, that there are calls."""
    told = next(filter(None, (text(meta.get(name)) for name in _REASONS)), None)
    if told is None and isinstance(meta.get("status"), str):
        cut = get(meta.get("incomplete_details"), "reason")
        told = "tool_calls" if get(said, "tool_calls") else text(cut) or str(meta["status"])
    return told


def _id(meta: Mapping[str, Any], said: Any) -> str | None:
    """The provider's id of the response; LangChain gives a message one of its own where there is none."""
    own = text(get(said, "id"))
    return text(meta.get("id")) or (None if own is None or own.startswith(("run-", "lc_run-")) else own)


def _usage(told: Any, attributes: dict[str, AttributeValue]) -> Usage | None:
    """Tokens as LangChain counts them: everything inside the totals. Those of sound go to the attributes."""
    if not told:
        return None
    within, after = get(told, "input_token_details") or {}, get(told, "output_token_details") or {}
    written = [count(within.get(name)) for name in _WRITE_LIVES]
    for details, name in ((within, "INPUT"), (after, "OUTPUT")):
        sound = count(details.get("audio"))
        if sound is not None:
            attributes[getattr(semconv_vendors, f"USAGE_DETAILS_{name}_AUDIO")] = sound
    return Usage(
        input_tokens=count(get(told, "input_tokens")),
        output_tokens=count(get(told, "output_tokens")),
        cache_read_tokens=count(within.get("cache_read")),
        cache_write_tokens=sum(filter(None, written)) or count(within.get("cache_creation")),
        reasoning_tokens=count(after.get("reasoning")),
    )
