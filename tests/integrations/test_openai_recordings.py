"""Every recorded exchange, replayed by the real client: the same objects as without us, and spans that say the same."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

import tracekit
from tests.integrations.openai_replay import is_azure, seen
from tests.integrations.replaying import GOLDEN, name_of, recordings
from tests.support import conventions, corpus
from tests.support.conventions import outcome
from tests.support.provider import Exchange, Provider, recorded
from tests.support.recorded import journaled
from tracekit import semconv
from tracekit.model import RawSpan
from tracekit.sdk import guard

pytestmark = pytest.mark.openai


@pytest.mark.parametrize("path", recordings("openai", "openai"), ids=name_of)
async def test_a_recording_replays_the_same_and_is_recorded_as_it_says(
    path: Path, provider: Provider, data_dir: Path
) -> None:
    exchanges = recorded(path)
    for _ in range(4):  # sync and async, each without and with us
        provider.play(exchanges)
    faults = guard.faults()
    bare = await seen(exchanges, path, provider)
    tracekit.autolog(directory=data_dir, instrument=["openai"])
    try:
        ours = await seen(exchanges, path, provider)
    finally:
        tracekit.uninstrument()
    assert provider.left == 0
    assert guard.faults() == faults
    assert ours == bare
    spans = journaled(data_dir).ended
    assert len(spans) == 2 * len(exchanges)
    for span, exchange in zip(spans, [*exchanges, *exchanges], strict=True):
        check(span, exchange)
    if GOLDEN not in path.parents:
        corpus.ran(path)


def check(span: RawSpan, exchange: Exchange) -> None:
    """The span against the recording, read here by other means than the integration's."""
    said = span.attributes
    conventions.check(said)
    assert span.kind == 3
    assert said[semconv.REQUEST_MODEL] == exchange.request["model"]
    assert span.name == f"{said[semconv.OPERATION]} {exchange.request['model']}"
    assert said[semconv.PROVIDER] == ("azure.ai.openai" if is_azure(exchange) else "openai")
    if exchange.reply.status >= 400:
        assert span.status_code == 2
        assert said[semconv.ERROR_TYPE] in {"openai.NotFoundError", "openai.BadRequestError"}
        assert semconv.USAGE_INPUT_TOKENS not in said
        return
    assert outcome(said) == "complete"
    body = reply_body(exchange)
    assert (span.status_code == 2) == (isinstance(body, dict) and bool(body.get("error")))
    if isinstance(body, dict) and body.get("error"):  # some gateways send errors with status 200
        assert said[semconv.ERROR_TYPE] == body["error"]["code"]
        assert semconv.USAGE_INPUT_TOKENS not in said
    elif exchange.path.endswith("/responses"):
        check_response(said, body)
    elif exchange.path.endswith("/embeddings"):
        check_embedding(said, exchange, body)
    else:
        check_chat(said, exchange, body)


def reply_body(exchange: Exchange) -> Any:
    """The reply as one JSON document; of a stream, the list of its events."""
    raw = exchange.reply.body
    raw = gzip.decompress(raw) if exchange.reply.headers.get("content-encoding") == "gzip" else raw
    if exchange.reply.streamed:
        lines = [line[6:] for line in raw.decode().splitlines() if line.startswith("data: ")]
        return [json.loads(line) for line in lines if line != "[DONE]"]
    return json.loads(raw)


def check_response(said: dict[str, Any], body: Any) -> None:
    if isinstance(body, list):
        assert semconv.RESPONSE_TIME_TO_FIRST_CHUNK in said
        body = body[-1]["response"]
    assert said[semconv.OPENAI_API_TYPE] == "responses"
    assert said[semconv.RESPONSE_ID] == body["id"]
    assert said[semconv.RESPONSE_MODEL] == body["model"]
    usage = body["usage"]
    check_usage(
        said,
        usage["input_tokens"],
        usage["output_tokens"],
        usage["input_tokens_details"]["cached_tokens"],
        usage["output_tokens_details"]["reasoning_tokens"],
    )
    (message,) = said[semconv.OUTPUT_MESSAGES]
    texts = [part["content"] for part in message["parts"] if part["type"] == "text"]
    assert texts == [part["text"] for item in body["output"] if item["type"] == "message" for part in item["content"]]
    calls = [part for part in message["parts"] if part["type"] == "tool_call"]
    assert [(call["id"], call["name"], call["arguments"]) for call in calls] == [
        (item["call_id"], item["name"], json.loads(item["arguments"]))
        for item in body["output"]
        if item["type"] == "function_call"
    ]
    cut = (body.get("incomplete_details") or {}).get("reason")
    assert said[semconv.RESPONSE_FINISH_REASONS] == ["length" if cut else "tool_calls" if calls else "stop"]
    assert message["finish_reason"] == ("length" if cut else "tool_call" if calls else "stop")


def check_embedding(said: dict[str, Any], exchange: Exchange, body: Any) -> None:
    assert said[semconv.RESPONSE_MODEL] == body["model"]
    assert said[semconv.USAGE_INPUT_TOKENS] == body["usage"]["prompt_tokens"]
    assert said[semconv.EMBEDDINGS_DIMENSION_COUNT] == exchange.request.get("dimensions", 1536)
    assert said[semconv.INPUT] == exchange.request["input"]
    assert semconv.OUTPUT_MESSAGES not in said


def check_chat(said: dict[str, Any], exchange: Exchange, body: Any) -> None:
    if isinstance(body, list):
        assert semconv.RESPONSE_TIME_TO_FIRST_CHUNK in said
        body = assembled(body)
    assert said[semconv.RESPONSE_ID] == body["id"]
    assert said[semconv.RESPONSE_MODEL] == body["model"]
    usage = body.get("usage") or {}
    check_usage(
        said,
        usage.get("prompt_tokens"),
        usage.get("completion_tokens"),
        (usage.get("prompt_tokens_details") or {}).get("cached_tokens"),
        (usage.get("completion_tokens_details") or {}).get("reasoning_tokens"),
    )
    assert said[semconv.RESPONSE_FINISH_REASONS] == [choice["finish_reason"] for choice in body["choices"]]
    messages = said[semconv.OUTPUT_MESSAGES]
    assert len(messages) == len(body["choices"])
    for message, choice in zip(messages, body["choices"], strict=True):
        check_choice(message, choice)
    if "messages" in exchange.request:
        asked = said[semconv.INPUT_MESSAGES]
        assert [message["role"] for message in asked] == [message["role"] for message in exchange.request["messages"]]
        assert strings(asked) >= strings([message.get("content") for message in exchange.request["messages"]])
    if "tools" in exchange.request:
        assert said[semconv.TOOL_DEFINITIONS] == [
            {"type": "function"} | tool["function"] for tool in exchange.request["tools"]
        ]


def check_choice(message: dict[str, Any], choice: dict[str, Any]) -> None:
    said = choice.get("message") or {"content": choice["text"]}
    texts = [part["content"] for part in message["parts"] if part["type"] == "text"]
    assert texts == [text for text in (said.get("content"), said.get("refusal")) if text]
    calls = [part for part in message["parts"] if part["type"] == "tool_call"]
    assert [(call["id"], call["name"], call["arguments"]) for call in calls] == [
        (call["id"], call["function"]["name"], json.loads(call["function"]["arguments"]))
        for call in said.get("tool_calls") or []
    ]
    expected = "tool_call" if choice["finish_reason"] == "tool_calls" else choice["finish_reason"]
    assert message["finish_reason"] == expected


def check_usage(said: dict[str, Any], *expected: int | None) -> None:
    names = (
        semconv.USAGE_INPUT_TOKENS,
        semconv.USAGE_OUTPUT_TOKENS,
        semconv.USAGE_CACHE_READ,
        semconv.USAGE_REASONING,
    )
    assert [said.get(name) for name in names] == list(expected)


def assembled(events: list[Any]) -> dict[str, Any]:
    """A streamed chat put together the plain way."""
    choices: dict[int, dict[str, Any]] = {}
    for choice in (choice for event in events for choice in event["choices"]):
        kept = choices.setdefault(
            choice["index"], {"finish_reason": None, "message": {"content": "", "tool_calls": []}}
        )
        kept["finish_reason"] = choice["finish_reason"] or kept["finish_reason"]
        kept["message"]["content"] += choice["delta"].get("content") or ""
        for call in choice["delta"].get("tool_calls") or []:
            if "id" in call:
                kept["message"]["tool_calls"].append({"id": call["id"], "function": dict(call["function"])})
            else:
                fragment = call["function"]["arguments"]
                kept["message"]["tool_calls"][call["index"]]["function"]["arguments"] += fragment
    usage = next((event["usage"] for event in reversed(events) if event.get("usage")), None)
    return {
        "id": events[0]["id"],
        "model": events[0]["model"],
        "usage": usage,
        "choices": [choices[index] for index in sorted(choices)],
    }


def strings(value: Any) -> set[str]:
    """Every text of a value, but addresses and bytes, which are kept in another form."""
    if isinstance(value, str):
        return set() if value.startswith(("data:", "http")) else {value}
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {text for each in inner for text in strings(each) if text not in {"text", "image_url"}}
