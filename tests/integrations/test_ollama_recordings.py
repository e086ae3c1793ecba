"""The recorded exchange with Ollama, replayed by its client: the same objects, and spans that say it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ollama
import pytest

from tests.integrations.replaying import attempt, attempt_async, name_of, recordings, replayed
from tests.support import conventions
from tests.support.conventions import outcome
from tests.support.provider import Exchange, Provider
from tracekit import semconv
from tracekit.model import RawSpan

_METHODS = {"/api/chat": "chat", "/api/generate": "generate", "/api/embed": "embed"}


@pytest.mark.parametrize("path", recordings("ollama", "ollama"), ids=name_of)
async def test_a_recording_replays_the_same_and_is_recorded_as_it_says(
    path: Path, provider: Provider, data_dir: Path
) -> None:
    async def seen(exchanges: list[Exchange]) -> list[Any]:
        with ollama.Client(provider.url, verify=False) as client:
            found = [attempt(asking(exchange, client)) for exchange in exchanges]
        async with ollama.AsyncClient(provider.url, verify=False) as client:
            return [*found, *[await attempt_async(asking(exchange, client)) for exchange in exchanges]]

    spans, exchanges = await replayed(path, "ollama", seen, provider, data_dir)
    assert len(spans) == len(exchanges)
    for span, exchange in zip(spans, exchanges, strict=True):
        check(span, exchange)


def asking(exchange: Exchange, client: Any) -> Callable[[], Any]:
    return lambda: getattr(client, _METHODS[exchange.path])(**exchange.request)


def check(span: RawSpan, exchange: Exchange) -> None:
    """The span against the recording, read here by other means than the integration's."""
    said, asked = span.attributes, exchange.request
    conventions.check(said)
    assert span.kind == 3
    assert span.name == f"{said[semconv.OPERATION]} {asked['model']}"
    assert said[semconv.PROVIDER] == "ollama"
    if exchange.reply.status >= 400:
        assert (span.status_code, said[semconv.ERROR_TYPE]) == (2, "ollama._types.ResponseError")
        return
    assert (span.status_code, outcome(said)) == (0, "complete")
    lines = [json.loads(line) for line in exchange.reply.body.decode().splitlines()]
    last = lines[-1]
    assert said[semconv.RESPONSE_MODEL] == last["model"]
    assert said[semconv.USAGE_INPUT_TOKENS] == last["prompt_eval_count"]
    if exchange.path == "/api/embed":
        assert said[semconv.INPUT] == asked["input"]
        assert said[semconv.EMBEDDINGS_DIMENSION_COUNT] == len(last["embeddings"][0])
        return
    assert said[semconv.USAGE_OUTPUT_TOKENS] == last["eval_count"]
    assert (semconv.RESPONSE_TIME_TO_FIRST_CHUNK in said) is asked["stream"]
    options = asked.get("options", {})
    assert said.get(semconv.REQUEST_TEMPERATURE) == options.get("temperature")
    assert said.get(semconv.REQUEST_SEED) == options.get("seed")
    messages = [line["message"] for line in lines]
    (message,) = said[semconv.OUTPUT_MESSAGES]
    calls = [call for each in messages for call in each.get("tool_calls", [])]
    assert message["finish_reason"] == ("tool_call" if calls else last["done_reason"])
    for kind, field in (("text", "content"), ("reasoning", "thinking")):
        written = "".join(each.get(field, "") for each in messages)
        assert [part["content"] for part in message["parts"] if part["type"] == kind] == ([written] if written else [])
    assert [part for part in message["parts"] if part["type"] == "tool_call"] == [
        {"type": "tool_call", "id": call.get("id"), **{name: call["function"][name] for name in ("name", "arguments")}}
        for call in calls
    ]
    asked_messages = said[semconv.INPUT_MESSAGES]
    assert [each["role"] for each in asked_messages] == [each["role"] for each in asked["messages"]]
    assert asked_messages[0]["parts"] == [{"type": "text", "content": asked["messages"][0]["content"]}]
    if "tools" in asked:
        assert said[semconv.TOOL_DEFINITIONS] == [{"type": "function"} | tool["function"] for tool in asked["tools"]]
