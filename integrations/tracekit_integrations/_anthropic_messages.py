"""Anthropic's messages: a request that any of its clients sends, the reply as a whole, and the reply in events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from tracekit import semconv
from tracekit.model import Call, Invocation, Part, Response, Usage
from tracekit_integrations import _anthropic_content as contents
from tracekit_integrations import _parts as parts
from tracekit_integrations import _request
from tracekit_integrations._values import count, declared, decoded, get, items, said, text

_PATH = "/v1/messages"
_FINISH = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_call",
    "refusal": "content_filter",
}

_LIVES = {
    "ephemeral_5m_input_tokens": semconv.ANTHROPIC_CACHE_WRITE_5M,
    "ephemeral_1h_input_tokens": semconv.ANTHROPIC_CACHE_WRITE_1H,
}

CLIENTS = _request.Clients(
    default="anthropic",
    classes={
        "AnthropicBedrock": "aws.bedrock",
        "AnthropicBedrockMantle": "aws.bedrock",
        "AnthropicVertex": "gcp.vertex_ai",
        "AnthropicFoundry": "anthropic",  # these three serve Anthropic's own API, by its names of models and prices
        "AnthropicAWS": "anthropic",
        "AnthropicGoogleCloud": "anthropic",
    },
    hosts={host: provider for host, provider in _request.HOSTS.items() if not provider.startswith("azure.")},
)
_WORDS = {"service_tier": semconv.ANTHROPIC_REQUEST_SERVICE_TIER}
_SHAPED: _request.Shaped = {"stop_sequences": (semconv.REQUEST_STOP_SEQUENCES, _request.stops)}


def sent_options(call: Call) -> Any:
    """What a client's method that sends a request is given of it: its method, its path, its body."""
    return call.kwargs["options"] if "options" in call.kwargs else call.args[1]


def invocation(client: Any, operation: str) -> Invocation:
    """A call of which nothing is known but who makes it, and whom it goes to."""
    where = CLIENTS.endpoint(client)
    return Invocation(
        operation=operation, provider=where.provider, server_address=where.address, server_port=where.port
    )


def request(call: Call) -> Invocation | None:
    """A request of the client, just before it is sent; None where it asks no model: other paths than that of messages.

    `create`, `parse`, the `.stream()` managers, threads and tool runners of all clients come to this.
    """
    options = sent_options(call)
    if str(get(options, "url")).partition("?")[0] != _PATH or get(options, "method") != "post":
        return None
    parameters = _request.sent(said(get(options, "json_data")), get(options, "extra_json"))
    made = invocation(call.instance, semconv.CHAT)
    made.request_model = text(parameters.get("model"))
    made.stream = parameters.get("stream") is True
    describe(made, parameters)
    return made


def describe(made: Invocation, parameters: Mapping[str, Any]) -> None:
    """Put what a request for a message says into its invocation."""
    made.attributes = _request.attributes(parameters, _WORDS, _SHAPED)
    made.system_instructions = contents.blocks(parameters.get("system")) or None
    made.input_messages = [contents.message(each) for each in items(parameters.get("messages"))] or None
    made.tool_definitions = _request.tool_definitions(parameters.get("tools"))
    wanted = parameters.get("output_config")
    output_type = _request.output_type(get(wanted, "format") or parameters.get("output_format"))
    for name, value in (
        (semconv.OUTPUT_TYPE, output_type),
        (semconv.REQUEST_REASONING_LEVEL, text(get(wanted, "effort"))),
    ):
        if value is not None:
            made.attributes[name] = value


def response(reply: Any) -> Response:
    """A whole message."""
    found = said(reply)
    return _response(found, said(found.get("usage")), [contents.block(each) for each in items(found.get("content"))])


def _response(head: Mapping[str, Any], reported: Mapping[str, Any], found: list[Part]) -> Response:
    """A reply out of its head, its usage and its parts."""
    stopped = text(head.get("stop_reason"))
    reason = None if stopped is None else _FINISH.get(stopped, stopped)
    made = Response(
        response_model=text(head.get("model")),
        response_id=text(head.get("id")),
        finish_reasons=None if reason is None else [reason],
        usage=usage(reported),
        output_messages=[parts.reply(found, reason or parts.UNKNOWN)] if found else None,
    )
    speed = text(reported.get("speed"))
    for name, value in (
        (semconv.ANTHROPIC_STOP_REASON, stopped),
        (semconv.ANTHROPIC_RESPONSE_SERVICE_TIER, text(reported.get("service_tier"))),
        (semconv.ANTHROPIC_RESPONSE_SPEED, speed if speed != "standard" else None),
        *_written(reported).items(),
    ):
        if value is not None:
            made.attributes[name] = value
    return made


def _written(usage: Mapping[str, Any]) -> dict[str, int]:
    """What was written to the cache by how long it is kept, which decides its price.

    A stream tells that as it begins, and may write more after that: then what it told is not the whole, and not kept.
    """
    told = usage.get("cache_creation")
    found = {name: count(get(told, field)) for field, name in _LIVES.items()}
    known = {name: tokens for name, tokens in found.items() if tokens is not None}
    return known if sum(known.values()) == (count(usage.get("cache_creation_input_tokens")) or 0) else {}


def usage(reported: Mapping[str, Any]) -> Usage | None:
    """Tokens by the conventions' rule: this API counts those of the cache beside the input.

    What it took to make a long conversation shorter (`compaction`) is paid, and counted beside all of that.
    """
    if not reported:
        return None
    beside = [each for each in items(reported.get("iterations")) if get(each, "type") == "compaction"]
    read, written = (
        _sum("cache_read_input_tokens", reported, beside),
        _sum("cache_creation_input_tokens", reported, beside),
    )
    given = _sum("input_tokens", reported, beside)
    return Usage(
        input_tokens=None if given is None else given + (read or 0) + (written or 0),
        output_tokens=_sum("output_tokens", reported, beside),
        cache_read_tokens=read,
        cache_write_tokens=written,
        reasoning_tokens=count(get(reported.get("output_tokens_details"), "thinking_tokens")),
    )


def _sum(name: str, reported: Mapping[str, Any], beside: list[Any]) -> int | None:
    told = count(reported.get(name))
    return None if told is None else told + sum(count(get(each, name)) or 0 for each in beside)


class _Place(NamedTuple):
    """Where a delta has its piece, and which field of the block the pieces make."""

    piece: str
    field: str


_PIECES = {
    "text_delta": _Place("text", "text"),
    "thinking_delta": _Place("thinking", "thinking"),
    "input_json_delta": _Place("partial_json", "input"),
    "compaction_delta": _Place("content", "content"),
}
"""By type of a delta."""


class Accumulator:
    """The events of a streamed message so far.

    `add` runs for every event on the caller's time. What a message begins with says of the output's tokens only what
    stands there for now: they are unknown until the event that says why it stopped.
    """

    def __init__(self) -> None:
        self._head: dict[str, Any] = {}
        self._usage: dict[str, Any] = {}
        self._blocks: dict[int, dict[str, Any]] = {}
        self._pieces: dict[tuple[int, str], list[str]] = {}
        self._error: str | None = None

    def add(self, event: Any, /) -> None:
        """Take one event."""
        found = declared(event)
        kind = found.get("type")
        if kind == "content_block_delta":
            delta = found.get("delta")
            place = _PIECES.get(get(delta, "type"))
            written = None if place is None else get(delta, place.piece)
            if place is not None and written:
                self._pieces.setdefault((found.get("index") or 0, place.field), []).append(written)
        elif kind == "content_block_start":
            self._blocks[found.get("index") or 0] = _told(found.get("content_block"))
        elif kind == "message_start":
            self._head = dict(said(found.get("message")))
            self._usage = dict(said(self._head.get("usage")))
            self._usage.pop("output_tokens", None)
        elif kind == "message_delta":
            self._head |= _told(found.get("delta"))
            self._usage |= _told(found.get("usage"))
        elif kind == "error":
            self._error = text(get(found.get("error"), "type")) or kind

    def response(self) -> Response:
        """The message as far as it has come."""
        for (index, field), pieces in self._pieces.items():
            written = "".join(pieces)
            self._blocks.setdefault(index, {})[field] = decoded(written) if field == "input" else written
        blocks = [self._blocks[index] for index in sorted(self._blocks)]
        made = _response(self._head, self._usage, [contents.block(each) for each in blocks])
        if self._error is not None:
            made.attributes[semconv.ERROR_TYPE] = self._error
        return made


def _told(thing: Any) -> dict[str, Any]:
    """The fields that say something: those that an event leaves out stay as the message began."""
    return {name: value for name, value in said(thing).items() if value is not None}


def ended(event: Any) -> bool:
    """Whether an event is the last of a message, or the last but its end: it says why the message stopped."""
    return get(event, "type") in {"message_delta", "message_stop", "error"}
