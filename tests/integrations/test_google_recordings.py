"""Every recorded exchange with Gemini and Vertex AI, replayed: the same objects, and spans that say the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from google import genai
from google.oauth2.credentials import Credentials

from tests.integrations.replaying import attempt, attempt_async, name_of, recordings, replayed
from tests.support import conventions
from tests.support.conventions import outcome
from tests.support.provider import Exchange, Provider
from tracekit import semconv
from tracekit.model import RawSpan

WEATHER = {
    "location": "San Francisco",
    "temperature": 65,
    "unit": "fahrenheit",
    "condition": "foggy",
    "humidity": "85%",
}


def get_weather(location: str, unit: str = "fahrenheit") -> dict[str, Any]:
    """The weather of a city."""
    return WEATHER


@pytest.mark.parametrize("path", recordings("google", "google"), ids=name_of)
async def test_a_recording_replays_the_same_and_is_recorded_as_it_says(
    path: Path, provider: Provider, data_dir: Path
) -> None:
    async def seen(exchanges: list[Exchange]) -> list[Any]:
        ask = asking(exchanges, automatic="auto" in path.stem)
        with client_for(exchanges[0], provider) as client:
            found = attempt(lambda: ask(client))
        async with client_for(exchanges[0], provider).aio as client:
            return [found, await attempt_async(lambda: ask(client))]

    ended, exchanges = await replayed(path, "google_genai", seen, provider, data_dir)
    spans = [span for span in ended if span.kind == 3]
    assert len(spans) == len(exchanges)
    for span, exchange in zip(spans, exchanges, strict=True):
        check(span, exchange)
    tools = [span for span in ended if span.kind != 3]
    assert len(tools) == (2 if "auto" in path.stem else 0)
    for span in tools:
        assert span.name == "execute_tool get_weather"
        assert span.attributes[semconv.TOOL_CALL_ARGUMENTS] == {"location": "San Francisco"}
        assert span.attributes[semconv.TOOL_CALL_RESULT] == WEATHER


def client_for(exchange: Exchange, provider: Provider) -> genai.Client:
    version = exchange.path.split("/")[1]
    plain = {"verify": False}  # no CA files to load
    options: Any = {"base_url": provider.url, "api_version": version, "client_args": plain, "async_client_args": plain}
    if is_vertex(exchange):
        who: Any = {"vertexai": True, "project": "test-project", "location": "test-location"}
        return genai.Client(**who, credentials=Credentials(token="none"), http_options=options)
    return genai.Client(api_key="none", http_options=options)


def is_vertex(exchange: Exchange) -> bool:
    return "/projects/" in exchange.path


def asking(exchanges: list[Exchange], *, automatic: bool) -> Callable[[Any], Any]:
    """The call that the first of these requests came from."""
    exchange = exchanges[0]
    body = exchange.request
    if exchange.path.endswith("/interactions"):
        return lambda client: client.interactions.create(**body)
    model = exchange.path.rpartition("/")[2].partition(":")[0]
    config = {name: value for name, value in body.items() if name in {"systemInstruction", "tools"}}
    config |= body.get("generationConfig", {})
    if automatic:
        config["tools"] = [get_weather]
    given: Any = {"model": model, "contents": body.get("contents"), "config": config}
    if exchange.path.endswith(":streamGenerateContent"):
        return lambda client: client.models.generate_content_stream(**given)
    if exchange.path.endswith(":batchEmbedContents"):
        texts = [each["content"]["parts"][0]["text"] for each in body["requests"]]
        return lambda client: client.models.embed_content(model=model, contents=texts)
    return lambda client: client.models.generate_content(**given)


def check(span: RawSpan, exchange: Exchange) -> None:
    """The span against the recording, read here by other means than the integration's."""
    said = span.attributes
    conventions.check(said)
    assert said[semconv.PROVIDER] == ("gcp.vertex_ai" if is_vertex(exchange) else "gcp.gemini")
    assert said[semconv.SERVER_ADDRESS] == "127.0.0.1"
    assert span.name == f"{said[semconv.OPERATION]} {said[semconv.REQUEST_MODEL]}"
    if exchange.reply.status >= 400:
        assert span.status_code == 2
        assert said[semconv.ERROR_TYPE] == "google.genai.errors.ClientError"
        assert semconv.USAGE_INPUT_TOKENS not in said
        return
    assert (span.status_code, outcome(said)) == (0, "complete")
    if exchange.path.endswith("/interactions"):
        check_interaction(said, exchange)
    elif exchange.path.endswith(":batchEmbedContents"):
        assert said[semconv.INPUT] == [each["content"]["parts"][0]["text"] for each in exchange.request["requests"]]
        assert said[semconv.EMBEDDINGS_DIMENSION_COUNT] == len(
            json.loads(exchange.reply.body)["embeddings"][0]["values"]
        )
    else:
        check_content(said, exchange)


def events(exchange: Exchange) -> list[Any]:
    """The JSON documents of a reply: one, or one for each event."""
    raw = exchange.reply.body.decode()
    lines = [line[6:] for line in raw.splitlines() if line.startswith("data: {")]
    return [json.loads(line) for line in lines] if lines else [json.loads(raw)]


def check_content(said: dict[str, Any], exchange: Exchange) -> None:
    chunks = events(exchange)
    last, config = chunks[-1], exchange.request.get("generationConfig", {})
    assert said[semconv.OPERATION] == "generate_content"
    assert (semconv.RESPONSE_TIME_TO_FIRST_CHUNK in said) is ("streamGenerateContent" in exchange.path)
    assert said[semconv.RESPONSE_ID] == last["responseId"]
    assert said[semconv.RESPONSE_MODEL] == last["modelVersion"]
    assert said.get(semconv.REQUEST_TEMPERATURE) == config.get("temperature")
    usage = last["usageMetadata"]
    thoughts = usage.get("thoughtsTokenCount")
    assert said[semconv.USAGE_INPUT_TOKENS] == usage["promptTokenCount"]
    assert said[semconv.USAGE_OUTPUT_TOKENS] == usage["candidatesTokenCount"] + (thoughts or 0)
    assert said[semconv.USAGE_INPUT_TOKENS] + said[semconv.USAGE_OUTPUT_TOKENS] == usage["totalTokenCount"]
    assert said.get(semconv.USAGE_REASONING) == thoughts
    made = [part for chunk in chunks for part in chunk["candidates"][0]["content"]["parts"]]
    calls = [part["functionCall"] for part in made if "functionCall" in part]
    (message,) = said[semconv.OUTPUT_MESSAGES]
    assert message["role"] == "assistant"
    finish = "tool_call" if calls else "stop"
    assert (message["finish_reason"], said[semconv.RESPONSE_FINISH_REASONS]) == (finish, [finish])
    text = "".join(part.get("text", "") for part in made if not part.get("thought"))
    thought = "".join(part.get("text", "") for part in made if part.get("thought"))
    assert "".join(part["content"] for part in message["parts"] if part["type"] == "reasoning") == thought
    assert "".join(part["content"] for part in message["parts"] if part["type"] == "text") == text
    assert [part for part in message["parts"] if part["type"] == "tool_call"] == [
        {"type": "tool_call", "id": call.get("id"), "name": call["name"], "arguments": call["args"]} for call in calls
    ]
    asked = said[semconv.INPUT_MESSAGES]
    text = exchange.request["contents"][0]["parts"][0]["text"]
    assert asked[0] == {"role": "user", "parts": [{"type": "text", "content": text}]}
    assert len(asked) == len(exchange.request["contents"])
    if "systemInstruction" in exchange.request:
        told = exchange.request["systemInstruction"]["parts"][0]["text"]
        assert said[semconv.SYSTEM_INSTRUCTIONS] == [{"type": "text", "content": told}]
    if "tools" in exchange.request:
        (tool,) = said[semconv.TOOL_DEFINITIONS]
        assert (tool["type"], tool["name"]) == ("function", "get_weather")
        assert tool["parameters"]["required"] == ["location"]


def check_interaction(said: dict[str, Any], exchange: Exchange) -> None:
    seen, config = events(exchange), exchange.request["generation_config"]
    (whole,) = [event["interaction"] for event in seen if event["event_type"] == "interaction.completed"]
    assert said[semconv.RESPONSE_ID] == whole["id"]
    assert said[semconv.RESPONSE_MODEL] == whole["model"]
    assert said[semconv.REQUEST_MAX_TOKENS] == config["max_output_tokens"]
    assert said[semconv.REQUEST_REASONING_LEVEL] == config["thinking_level"]
    usage = whole["usage"]
    assert said[semconv.USAGE_INPUT_TOKENS] + said[semconv.USAGE_OUTPUT_TOKENS] == usage["total_tokens"]
    assert said[semconv.USAGE_REASONING] == usage["total_thought_tokens"]
    assert said[semconv.USAGE_CACHE_READ] == 0
    text = "".join(event["delta"].get("text", "") for event in seen if event["event_type"] == "step.delta")
    assert said[semconv.OUTPUT_MESSAGES] == [
        {"role": "assistant", "parts": [{"type": "text", "content": text}], "finish_reason": "stop"}
    ]
    assert said[semconv.INPUT_MESSAGES] == [
        {"role": "user", "parts": [{"type": "text", "content": exchange.request["input"]}]}
    ]
