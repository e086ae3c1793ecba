"""Every recorded exchange, replayed by the real client: the same objects as without us, and spans that say the same."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

import tracekit
from tests.integrations.anthropic_replay import calls, seen
from tests.integrations.replaying import GOLDEN, name_of, recordings
from tests.support import conventions, corpus
from tests.support.conventions import outcome
from tests.support.provider import Exchange, Provider, recorded
from tests.support.recorded import journaled
from tracekit import semconv
from tracekit.dialects import canonical
from tracekit.model import RawSpan
from tracekit.sdk import guard
from tracekit.store.pricing import Pricer

pytestmark = [  # the client warns of models that it knows to be old
    pytest.mark.filterwarnings("ignore:The model:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Using Claude with:UserWarning"),
]

STOPS = {"end_turn": "stop", "tool_use": "tool_call", "max_tokens": "length", "refusal": "content_filter"}
PRICER = Pricer()


@pytest.mark.parametrize("path", recordings("anthropic", "anthropic"), ids=name_of)
async def test_a_recording_replays_the_same_and_is_recorded_as_it_says(
    path: Path, provider: Provider, data_dir: Path
) -> None:
    exchanges = recorded(path)
    for _ in range(4):  # sync and async, each without and with us
        provider.play([exchange for exchange in exchanges for _ in calls(exchange)])
    faults = guard.faults()
    bare = await seen(exchanges, provider)
    tracekit.autolog(directory=data_dir)
    try:
        ours = await seen(exchanges, provider)
    finally:
        tracekit.uninstrument()
    assert provider.left == 0
    assert guard.faults() == faults
    assert ours == bare
    spans = journaled(data_dir).ended
    told = [exchange for exchange in exchanges for _ in calls(exchange)]
    for span, exchange in zip(spans, [*told, *told], strict=True):
        check(span, exchange)
    if GOLDEN not in path.parents:
        corpus.ran(path)


def check(span: RawSpan, exchange: Exchange) -> None:
    """The span against the recording, read here by other means than the integration's."""
    said = span.attributes
    conventions.check(said)
    assert span.kind == 3
    assert span.name == f"chat {exchange.request['model']}"
    assert said[semconv.REQUEST_MODEL] == exchange.request["model"]
    assert said[semconv.PROVIDER] == "anthropic"
    assert said[semconv.REQUEST_MAX_TOKENS] == exchange.request["max_tokens"]
    asked = said[semconv.INPUT_MESSAGES]
    assert strings(asked) >= strings([each["content"] for each in exchange.request["messages"]])
    offered = [tool["name"] for tool in exchange.request.get("tools", [])]
    assert [tool["name"] for tool in said.get(semconv.TOOL_DEFINITIONS, [])] == offered
    if exchange.reply.status >= 400:
        assert span.status_code == 2
        assert said[semconv.ERROR_TYPE] == "anthropic.BadRequestError"
        assert semconv.USAGE_INPUT_TOKENS not in said
        return
    assert outcome(said) == "complete"
    body = reply_body(exchange)
    if isinstance(body, list):
        assert said[semconv.REQUEST_STREAM] is True
        assert semconv.RESPONSE_TIME_TO_FIRST_CHUNK in said
        body = assembled(body)
    check_message(said, body)
    row = canonical(span)
    assert (row.kind, row.counted, row.usage_fault) == ("llm", True, None)
    assert (row.input_tokens, row.output_tokens) == (said[semconv.USAGE_INPUT_TOKENS], body["usage"]["output_tokens"])
    assert (PRICER.price(row) or 0) > 0


def check_message(said: dict[str, Any], body: dict[str, Any]) -> None:
    usage = body["usage"]
    read, written = usage.get("cache_read_input_tokens", 0), usage.get("cache_creation_input_tokens", 0)
    assert said[semconv.RESPONSE_ID] == body["id"]
    assert said[semconv.RESPONSE_MODEL] == body["model"]
    assert said[semconv.USAGE_INPUT_TOKENS] == usage["input_tokens"] + read + written
    assert said[semconv.USAGE_OUTPUT_TOKENS] == usage["output_tokens"]
    assert (said[semconv.USAGE_CACHE_READ], said[semconv.USAGE_CACHE_CREATION]) == (read, written)
    assert said.get(semconv.ANTHROPIC_RESPONSE_SERVICE_TIER) == usage.get("service_tier")
    assert said[semconv.RESPONSE_FINISH_REASONS] == [STOPS[body["stop_reason"]]]
    (message,) = said[semconv.OUTPUT_MESSAGES]
    assert message["finish_reason"] == STOPS[body["stop_reason"]]
    assert [part["type"] for part in message["parts"]] == [part_type(block["type"]) for block in body["content"]]
    for part, block in zip(message["parts"], body["content"], strict=True):
        if part["type"] == "text":
            assert part["content"] == block["text"]
        elif part["type"] == "reasoning":
            assert part["content"] == block.get("thinking", "")
        elif part["type"] == "tool_call":
            assert (part["id"], part["name"], part["arguments"]) == (block["id"], block["name"], block["input"])
        elif part["type"] == "server_tool_call":
            assert (part["id"], part["name"]) == (block["id"], block["name"])
            assert part["server_tool_call"]["input"] == block["input"]


def part_type(block_type: str) -> str:
    known = {"thinking": "reasoning", "redacted_thinking": "reasoning", "tool_use": "tool_call"}
    known["server_tool_use"] = "server_tool_call"
    return "server_tool_call_response" if block_type.endswith("_tool_result") else known.get(block_type, block_type)


def reply_body(exchange: Exchange) -> Any:
    """The reply as one JSON document; of a stream, the list of its events."""
    raw = exchange.reply.body
    raw = gzip.decompress(raw) if exchange.reply.headers.get("content-encoding") == "gzip" else raw
    if exchange.reply.streamed:
        return [json.loads(line[6:]) for line in raw.decode().splitlines() if line.startswith("data: ")]
    return json.loads(raw)


def assembled(events: list[Any]) -> dict[str, Any]:
    """A streamed message put together the plain way."""
    message = events[0]["message"]
    written: dict[int, str] = {}
    for event in events:
        if event["type"] == "content_block_start":
            message["content"].append(event["content_block"])
        elif event["type"] == "content_block_delta":
            delta, block = event["delta"], message["content"][event["index"]]
            for name in {"text", "thinking"} & delta.keys():
                block[name] += delta[name]
            if "partial_json" in delta:
                written[event["index"]] = written.get(event["index"], "") + delta["partial_json"]
        elif event["type"] == "message_delta":
            message |= event["delta"]
            message["usage"] |= event["usage"]
    for index, text in written.items():
        message["content"][index]["input"] = json.loads(text)
    return message


def strings(value: Any) -> set[str]:
    """Every text of a value that was said, shown or asked for: not what things are called, nor what is encrypted."""
    if isinstance(value, str):
        return {value}
    if isinstance(value, dict):
        hidden = {"type", "signature", "cache_control"} | (
            {"data"} if value.get("type") == "redacted_thinking" else set()
        )
        return {text for name, inner in value.items() if name not in hidden for text in strings(inner)}
    return {text for inner in (value if isinstance(value, list) else ()) for text in strings(inner)}
