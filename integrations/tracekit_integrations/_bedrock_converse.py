"""Converse: messages in, one message out, whole or in events. Nova's replies to InvokeModel are the same in JSON."""

from __future__ import annotations

from typing import Any

from tracekit import semconv
from tracekit.model import Call, Invocation, Part, Response
from tracekit_integrations import _bedrock_content as contents
from tracekit_integrations import _parts as parts
from tracekit_integrations._bedrock_request import (
    Parameters,
    guarded,
    identified,
    invocation,
    parameters_of,
    put,
    usage,
)
from tracekit_integrations._request import attributes, number, stops, whole
from tracekit_integrations._values import count, decoded, get, items, text

_FINISH = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_call",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
    "malformed_model_output": "error",
    "malformed_tool_use": "error",
}
_PARAMETERS = {
    **dict.fromkeys(("maxTokens", "max_new_tokens"), (semconv.REQUEST_MAX_TOKENS, whole)),
    "topP": (semconv.REQUEST_TOP_P, number),
    "topK": (semconv.REQUEST_TOP_K, whole),
    "stopSequences": (semconv.REQUEST_STOP_SEQUENCES, stops),
}


def request(call: Call) -> Invocation:
    """A call of Converse or ConverseStream."""
    parameters = parameters_of(call)
    made = invocation(call, semconv.CHAT, request_model=text(parameters.get("modelId")))
    describe(made, parameters)
    guarded(made, parameters.get("guardrailConfig"))
    wanted = parameters.get("outputConfig")
    put(
        made.attributes,
        OUTPUT_TYPE="json" if get(wanted, "textFormat") else None,
        REQUEST_REASONING_LEVEL=text(get(wanted, "effort")),
        BEDROCK_REQUEST_SERVICE_TIER=text(get(parameters.get("serviceTier"), "type")),
    )
    return made


def describe(made: Invocation, parameters: Parameters) -> None:
    """Put messages, instructions, tools and parameters into the invocation."""
    more = parameters.get("additionalModelRequestFields")
    own = {**(get(more, "inferenceConfig") or {}), **(more or {})}
    made.attributes |= attributes({**own, **(parameters.get("inferenceConfig") or {})}, {}, _PARAMETERS)
    made.system_instructions = contents.blocks(parameters.get("system")) or None
    made.input_messages = contents.messages(parameters.get("messages"))
    made.tool_definitions = contents.tools(parameters.get("toolConfig"))


def response(reply: Any) -> Response:
    """A whole reply."""
    message = get(get(reply, "output"), "message")
    return identified(_response(contents.blocks(get(message, "content")), get(reply, "stopReason"), reply), reply)


def _response(found: list[Part], stopped: Any, told: Any) -> Response:
    """A reply out of its parts, why it stopped, and what is told of it: usage, trace, tier."""
    message = parts.reply(found, parts.finish_word(stopped, _FINISH, found))
    spent = get(told, "usage")
    made = Response(
        response_model=text(get(get(get(told, "trace"), "promptRouter"), "invokedModelId")),
        finish_reasons=parts.finish_reasons([message]),
        usage=usage(
            get(spent, "inputTokens"),
            get(spent, "outputTokens"),
            _either(spent, "cacheReadInputTokens", "cacheReadInputTokenCount"),
            _either(spent, "cacheWriteInputTokens", "cacheWriteInputTokenCount"),
        ),
        output_messages=[message] if found else None,
    )
    written = {text(get(each, "ttl")): count(get(each, "inputTokens")) for each in items(get(spent, "cacheDetails"))}
    put(
        made.attributes,
        BEDROCK_RESPONSE_SERVICE_TIER=text(get(get(told, "serviceTier"), "type")),
        ANTHROPIC_CACHE_WRITE_5M=written.get("5m"),
        ANTHROPIC_CACHE_WRITE_1H=written.get("1h"),
    )
    return made


def _either(spent: Any, name: str, in_json: str) -> Any:
    found = get(spent, name)
    return get(spent, in_json) if found is None else found


class Accumulator:
    """A streamed message so far: blocks by their index, each in pieces."""

    def __init__(self) -> None:
        self._blocks: dict[int, dict[str, Any]] = {}
        self._stopped: Any = None
        self._told: dict[str, Any] = {}

    def add(self, event: Any, /) -> None:
        """Take one event, which has one member."""
        begun, piece = get(event, "contentBlockStart"), get(event, "contentBlockDelta")
        stopped, told = get(event, "messageStop"), get(event, "metadata")
        if piece is not None:
            self._piece(self._block(piece), get(piece, "delta") or {})
        elif begun is not None:
            self._block(begun).update({kind: dict(held) for kind, held in (get(begun, "start") or {}).items()})
        elif stopped is not None:
            self._stopped = get(stopped, "stopReason")
        elif told is not None:
            self._told = told

    def _block(self, event: Any) -> dict[str, Any]:
        return self._blocks.setdefault(get(event, "contentBlockIndex") or 0, {})

    def _piece(self, block: dict[str, Any], delta: Any) -> None:
        for kind, held in delta.items():
            if kind == "text":
                block.setdefault("text", []).append(held)
            elif kind == "toolUse":
                block.setdefault(kind, {}).setdefault("pieces", []).append(get(held, "input") or "")
            elif kind == "toolResult":
                block.setdefault(kind, {}).setdefault("content", []).extend(held)
            elif kind == "reasoningContent":
                thought = block.setdefault(kind, {"pieces": []})
                thought["pieces"].append(get(held, "text") or "")
                thought.update({name: piece for name, piece in held.items() if name == "redactedContent"})
            elif kind == "image":
                block.setdefault(kind, {}).update(held)

    def response(self) -> Response:
        """The message as far as it has come."""
        whole = [_joined(self._blocks[index]) for index in sorted(self._blocks)]
        return _response(contents.blocks(whole), self._stopped, self._told)


def _joined(block: dict[str, Any]) -> dict[str, Any]:
    """A block as a whole reply has it, out of its pieces."""
    made = dict(block)
    if "text" in made:
        made["text"] = "".join(made["text"])
    if "toolUse" in made:
        made["toolUse"] = {**made["toolUse"], "input": decoded("".join(made["toolUse"].get("pieces", ())) or "{}")}
    if "reasoningContent" in made:
        thought = made["reasoningContent"]
        made["reasoningContent"] = {**thought, "reasoningText": {"text": "".join(thought["pieces"])}}
    return made


def ended(event: Any) -> bool:
    """Whether an event is the last of a message, or tells why it stopped."""
    return get(event, "messageStop") is not None or get(event, "metadata") is not None
