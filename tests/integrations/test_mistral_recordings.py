"""Every recorded exchange with Mistral, replayed by its client: the same objects, and spans that say the same."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mistralai.client import Mistral

from tests.integrations.replaying import attempt, attempt_async, name_of, recordings, replayed
from tests.support import conventions
from tests.support.conventions import outcome
from tests.support.provider import Exchange, Provider
from tracekit import semconv
from tracekit.model import RawSpan


@pytest.mark.parametrize("path", recordings("mistral", "mistral"), ids=name_of)
async def test_a_recording_replays_the_same_and_is_recorded_as_it_says(
    path: Path, provider: Provider, data_dir: Path
) -> None:
    async def seen(exchanges: list[Exchange]) -> list[Any]:
        with httpx2.Client(verify=False) as http:
            client = Mistral(api_key="none", server_url=provider.url, client=http)
            found = [attempt(asking(exchange, client, "")) for exchange in exchanges]
        async with httpx2.AsyncClient(verify=False) as http:
            client = Mistral(api_key="none", server_url=provider.url, async_client=http)
            return [*found, *[await attempt_async(asking(exchange, client, "_async")) for exchange in exchanges]]

    spans, exchanges = await replayed(path, "mistralai", seen, provider, data_dir)
    assert len(spans) == len(exchanges)
    for span, exchange in zip(spans, exchanges, strict=True):
        check(span, exchange)


def asking(exchange: Exchange, client: Mistral, kind: str) -> Callable[[], Any]:
    body = dict(exchange.request)
    if exchange.path.endswith("/embeddings"):
        body["inputs"] = body.pop("input")
        return lambda: getattr(client.embeddings, f"create{kind}")(**body)
    return lambda: getattr(client.chat, f"{'stream' if body.get('stream') else 'complete'}{kind}")(**body)


def check(span: RawSpan, exchange: Exchange) -> None:
    """The span against the recording, read here by other means than the integration's."""
    said, asked = span.attributes, exchange.request
    conventions.check(said)
    assert span.kind == 3
    assert span.name == f"{said[semconv.OPERATION]} {asked['model']}"
    assert said[semconv.PROVIDER] == "mistral_ai"
    assert said[semconv.SERVER_ADDRESS] == "127.0.0.1"
    if exchange.reply.status >= 400:
        assert (span.status_code, said[semconv.ERROR_TYPE]) == (2, "mistralai.client.errors.sdkerror.SDKError")
        return
    assert (span.status_code, outcome(said)) == (0, "complete")
    raw = exchange.reply.body
    raw = gzip.decompress(raw) if exchange.reply.headers.get("content-encoding") == "gzip" else raw
    documents = [line.removeprefix("data: ") for line in raw.decode().splitlines() if line.endswith("}")]
    chunks = [json.loads(document) for document in documents]
    assert said[semconv.RESPONSE_MODEL] == chunks[0]["model"]
    assert said[semconv.RESPONSE_ID] == chunks[0]["id"]
    usage = chunks[-1]["usage"]
    assert said[semconv.USAGE_INPUT_TOKENS] == usage["prompt_tokens"]
    if exchange.path.endswith("/embeddings"):
        assert said[semconv.INPUT] == asked["input"]
        assert said[semconv.EMBEDDINGS_DIMENSION_COUNT] == len(chunks[0]["data"][0]["embedding"])
        assert semconv.USAGE_OUTPUT_TOKENS not in said
        return
    assert said[semconv.USAGE_OUTPUT_TOKENS] == usage["completion_tokens"]
    assert (semconv.RESPONSE_TIME_TO_FIRST_CHUNK in said) is asked["stream"]
    pieces = [choice.get("delta") or choice["message"] for chunk in chunks for choice in chunk["choices"]]
    finish = chunks[-1]["choices"][0]["finish_reason"].removesuffix("s")
    calls = [call for piece in pieces for call in piece.get("tool_calls") or []]
    (message,) = said[semconv.OUTPUT_MESSAGES]
    assert message["finish_reason"] == finish
    text = "".join(piece.get("content") or "" for piece in pieces)
    assert [part["content"] for part in message["parts"] if part["type"] == "text"] == ([text] if text else [])
    assert [(part["id"], part["name"]) for part in message["parts"] if part["type"] == "tool_call"] == [
        (call["id"], call["function"]["name"]) for call in calls
    ]
    assert [each["role"] for each in said[semconv.INPUT_MESSAGES]] == [each["role"] for each in asked["messages"]]
