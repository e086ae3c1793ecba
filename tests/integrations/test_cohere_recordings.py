"""Every recorded exchange with Cohere, replayed by its client: the same objects, and spans that say the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cohere
import httpx
import pytest

from tests.integrations.replaying import attempt, attempt_async, name_of, recordings, replayed
from tests.support import conventions
from tests.support.conventions import outcome
from tests.support.provider import Exchange, Provider
from tracekit import semconv
from tracekit.model import RawSpan

_VERSIONS = {"v1": (cohere.Client, cohere.AsyncClient), "v2": (cohere.ClientV2, cohere.AsyncClientV2)}


@pytest.mark.parametrize("path", recordings("cohere", "cohere"), ids=name_of)
async def test_a_recording_replays_the_same_and_is_recorded_as_it_says(
    path: Path, provider: Provider, data_dir: Path
) -> None:
    async def seen(exchanges: list[Exchange]) -> list[Any]:
        options: Any = {"api_key": "none", "base_url": provider.url}
        kinds = _VERSIONS[exchanges[0].path.split("/")[1]]
        with httpx.Client(verify=False) as http:
            client = kinds[0](**options, httpx_client=http)
            found = [attempt(asking(exchange, client)) for exchange in exchanges]
        async with httpx.AsyncClient(verify=False) as http:
            client = kinds[1](**options, httpx_client=http)
            return [*found, *[await attempt_async(asking(exchange, client)) for exchange in exchanges]]

    spans, exchanges = await replayed(path, "cohere", seen, provider, data_dir)
    assert len(spans) == len(exchanges)
    for span, exchange in zip(spans, exchanges, strict=True):
        check(span, exchange)


def asking(exchange: Exchange, client: Any) -> Callable[[], Any]:
    body = dict(exchange.request)
    streamed = body.pop("stream", False)
    name = exchange.path.rpartition("/")[2]
    return lambda: getattr(client, f"{name}_stream" if streamed else name)(**body)


def check(span: RawSpan, exchange: Exchange) -> None:
    """The span against the recording, read here by other means than the integration's."""
    said, asked = span.attributes, exchange.request
    conventions.check(said)
    assert span.kind == 3
    assert span.name == f"{said[semconv.OPERATION]} {asked['model']}"
    assert said[semconv.PROVIDER] == "cohere"
    assert said[semconv.SERVER_ADDRESS] == "127.0.0.1"
    if exchange.reply.status >= 400:
        assert (span.status_code, said[semconv.ERROR_TYPE]) == (2, "cohere.errors.not_found_error.NotFoundError")
        return
    assert (span.status_code, outcome(said)) == (0, "complete")
    events = [
        json.loads(line.removeprefix("data: "))
        for line in exchange.reply.body.decode().splitlines()
        if line[-1:] == "}"
    ]
    {"chat": check_chat, "embed": check_embedding, "rerank": check_ranking}[exchange.path.rpartition("/")[2]](
        said, asked, events
    )


def check_embedding(said: dict[str, Any], asked: dict[str, Any], events: list[Any]) -> None:
    (body,) = events
    assert said[semconv.INPUT] == asked["texts"]
    assert said[semconv.EMBEDDINGS_DIMENSION_COUNT] == len(body["embeddings"]["float"][0])
    assert said[semconv.USAGE_INPUT_TOKENS] == body["meta"]["billed_units"]["input_tokens"]
    assert said[semconv.RESPONSE_ID] == body["id"]


def check_ranking(said: dict[str, Any], asked: dict[str, Any], events: list[Any]) -> None:
    (body,) = events
    assert said[semconv.RETRIEVAL_QUERY] == asked["query"]
    assert said.get(semconv.RETRIEVAL_TOP_K) == asked.get("top_n")
    assert said[semconv.RETRIEVAL_DOCUMENTS] == [
        {"id": str(one["index"]), "score": one["relevance_score"], "content": asked["documents"][one["index"]]}
        for one in body["results"]
    ]
    assert semconv.USAGE_INPUT_TOKENS not in said


def check_chat(said: dict[str, Any], asked: dict[str, Any], events: list[Any]) -> None:
    streamed = len(events) > 1
    assert (semconv.RESPONSE_TIME_TO_FIRST_CHUNK in said) is streamed
    if streamed:
        deltas = [event["delta"]["message"]["content"]["text"] for event in events if event["type"] == "content-delta"]
        message: dict[str, Any] = {"content": [{"text": "".join(deltas)}]}
        whole = {"id": events[0]["id"], "message": message, **events[-1]["delta"]}
    else:
        (whole,) = events
    assert said[semconv.RESPONSE_ID] == whole["id"]
    billed = whole["usage"]["billed_units"]
    assert said[semconv.USAGE_INPUT_TOKENS] == billed["input_tokens"]
    assert said[semconv.USAGE_OUTPUT_TOKENS] == billed["output_tokens"]
    finish = {"COMPLETE": "stop", "TOOL_CALL": "tool_call", "MAX_TOKENS": "length"}[whole["finish_reason"]]
    (out,) = said[semconv.OUTPUT_MESSAGES]
    assert (out["finish_reason"], said[semconv.RESPONSE_FINISH_REASONS]) == (finish, [finish])
    texts = [part["content"] for part in out["parts"] if part["type"] == "text"]
    assert texts == [content["text"] for content in whole["message"].get("content", [])]
    plan = whole["message"].get("tool_plan")
    assert [part["content"] for part in out["parts"] if part["type"] == "reasoning"] == ([plan] if plan else [])
    assert [part for part in out["parts"] if part["type"] == "tool_call"] == [
        {
            "type": "tool_call",
            "id": call["id"],
            "name": call["function"]["name"],
            "arguments": json.loads(call["function"]["arguments"]),
        }
        for call in whole["message"].get("tool_calls", [])
    ]
    assert [message["role"] for message in said[semconv.INPUT_MESSAGES]] == [each["role"] for each in asked["messages"]]
    if "tools" in asked:
        assert said[semconv.TOOL_DEFINITIONS] == [{"type": "function"} | tool["function"] for tool in asked["tools"]]
