"""The clients of Groq and Together, made by the generator that made openai's: recorded exchanges, and every method."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import groq
import pytest
import together

import tracekit
from tests.integrations import wire
from tests.integrations.openai_replay import dumped
from tests.integrations.test_openai_recordings import check_chat, reply_body
from tests.support import conventions, corpus
from tests.support.conventions import outcome
from tests.support.patched import Spans
from tests.support.provider import Exchange, Provider, Reply, answer, events, recorded
from tests.support.recorded import journaled
from tracekit import semconv
from tracekit.dialects import canonical
from tracekit.model import RawSpan
from tracekit.sdk import guard, registry

GOLDEN = Path(__file__).parents[1] / "golden"
RECORDINGS = [
    path
    for name in ("groq", "together")
    for path in (*sorted((GOLDEN / name).glob("*.yaml")), *corpus.files(f"cassettes/{name}/*.yaml"))
]
PROVIDERS = {"groq": "groq", "together": "together_ai"}
ASK: Any = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}


def clients(name: str, provider: Provider) -> tuple[Any, Any]:
    """The synchronous and the asynchronous client."""
    options: Any = {"api_key": "none", "max_retries": 0}
    if name == "groq":
        plain = groq.DefaultHttpxClient(verify=False), groq.DefaultAsyncHttpxClient(verify=False)
        kinds: Any = groq.Groq, groq.AsyncGroq
        url = provider.url
    else:
        plain = together.DefaultHttpxClient(verify=False), together.DefaultAsyncHttpxClient(verify=False)
        kinds = together.Together, together.AsyncTogether
        url = f"{provider.url}/v1"
    sync, later = (kind(**options, base_url=url, http_client=http) for kind, http in zip(kinds, plain, strict=True))
    return sync, later


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: f"{path.parent.name}-{path.parts[-3]}-{path.stem}")
async def test_a_recording_replays_the_same_and_is_recorded_as_it_says(
    path: Path, provider: Provider, data_dir: Path
) -> None:
    name, exchanges = path.parent.name, recorded(path)
    for _ in range(4):  # sync and async, each without and with us
        provider.play(exchanges)
    faults = guard.faults()
    bare = await seen(name, exchanges, provider)
    tracekit.autolog(directory=data_dir)
    try:
        ours = await seen(name, exchanges, provider)
    finally:
        tracekit.uninstrument()
    assert provider.left == 0
    assert guard.faults() == faults
    assert ours == bare
    for span, exchange in zip(journaled(data_dir).ended, [*exchanges, *exchanges], strict=True):
        check(span, exchange, PROVIDERS[name])
    if path.is_relative_to(corpus.ROOT):
        corpus.ran(path)


async def seen(name: str, exchanges: list[Exchange], provider: Provider) -> list[Any]:
    """What a program sees of the exchanges, by a synchronous and an asynchronous client."""
    sync, later = clients(name, provider)
    found: list[Any] = []
    with sync:
        for exchange in exchanges:
            try:
                result = sync.chat.completions.create(**exchange.request)
                found.append((type(result), dumped(list(result) if isinstance(result, Iterator) else result)))
            except (groq.APIError, together.APIError) as error:
                found.append((type(error), str(error), error.body))
    async with later:
        for exchange in exchanges:
            try:
                result = await later.chat.completions.create(**exchange.request)
                many = isinstance(result, AsyncIterator)
                found.append((type(result), dumped([chunk async for chunk in result] if many else result)))
            except (groq.APIError, together.APIError) as error:
                found.append((type(error), str(error), error.body))
    return found


def check(span: RawSpan, exchange: Exchange, provider_name: str) -> None:
    said = span.attributes
    conventions.check(said)
    assert (span.name, said[semconv.PROVIDER]) == (f"chat {exchange.request['model']}", provider_name)
    if exchange.reply.status >= 400:
        assert (span.status_code, said[semconv.ERROR_TYPE]) == (2, "groq.BadRequestError")
        return
    assert outcome(said) == "complete"
    body = reply_body(exchange)
    if isinstance(body, list):
        used = body[-1]["x_groq"]["usage"]
        assert said[semconv.USAGE_INPUT_TOKENS] == used["prompt_tokens"]
        assert said[semconv.USAGE_OUTPUT_TOKENS] == used["completion_tokens"]
        assert said[semconv.OUTPUT_MESSAGES][0]["parts"][0]["content"] == "".join(
            choice["delta"].get("content") or "" for chunk in body for choice in chunk["choices"]
        )
    else:
        request = {name: value for name, value in exchange.request.items() if name != "tools"}
        request["messages"] = [{**each, "content": each.get("content")} for each in request["messages"]]
        (told,) = body["choices"]
        check_chat(said, Exchange(**{**fields(exchange), "request": request}), {**body, "choices": [told]})
    assert canonical(span).counted


def fields(exchange: Exchange) -> dict[str, Any]:
    return {name: getattr(exchange, name) for name in Exchange.__slots__}


@pytest.mark.parametrize("name", PROVIDERS)
def test_streams_and_raw_replies(name: str, provider: Provider, spans: Spans) -> None:
    path = "/openai/v1/chat/completions" if name == "groq" else wire.CHAT
    provider.queue(path, *[events(wire.chat("Hel", "lo"))] * 3, *[answer(wire.completion())] * 2)
    sync, _ = clients(name, provider)
    with sync:
        with sync.chat.completions.create(**ASK, stream=True) as stream:
            next(stream)
        assert len(list(sync.chat.completions.create(**ASK, stream=True))) == 5
        assert len(list(sync.chat.completions.with_raw_response.create(**ASK, stream=True).parse())) == 5
        assert sync.chat.completions.with_raw_response.create(**ASK).parse().id == "chatcmpl-1"
        with sync.chat.completions.with_streaming_response.create(**ASK) as response:
            assert response.json() == wire.completion()
    assert [outcome(span.attributes) for span in spans()] == ["abandoned", *["complete"] * 4]
    assert [span.attributes.get(semconv.USAGE_INPUT_TOKENS) for span in spans()] == [None, 30, 30, 30, 30]


@pytest.mark.parametrize("name", PROVIDERS)
async def test_every_method_makes_one_span(name: str, provider: Provider, spans: Spans) -> None:
    v1 = "/openai/v1" if name == "groq" else "/v1"
    completion = {"id": "c", "object": "text_completion", "created": 1, "model": "m", "choices": []}
    provider.queue(f"{v1}/embeddings", *[answer({"object": "list", "model": "m", "data": []})] * 2)
    provider.queue(f"{v1}/completions", *[answer(completion)] * 2)
    provider.queue(f"{v1}/images/generations", *[answer({"id": "i", "model": "m", "object": "list", "data": []})] * 2)
    provider.queue(f"{v1}/audio/speech", *[Reply(headers={"content-type": "audio/mpeg"}, body=b"sound")] * 2)
    for path in ("transcriptions", "translations"):
        provider.queue(f"{v1}/audio/{path}", *[answer({"text": "Hey"})] * 2)
    sound = ("a.wav", b"RIFF", "audio/wav")
    sync, later = clients(name, provider)
    for client in (sync, later):
        made = [client.embeddings.create(model="m", input="a")]
        if name == "groq":
            made.append(client.audio.speech.create(model="m", voice="v", input="Read", response_format="wav"))
            made.append(client.audio.transcriptions.create(model="m", file=sound))
            made.append(client.audio.translations.create(model="m", file=sound))
        else:
            made.append(client.completions.create(model="m", prompt="Once"))
            made.append(client.images.generate(model="m", prompt="a cat"))
        if client is later:
            for each in made:
                await each
    sync.close()
    await later.close()
    groqs = ["embeddings m", "generate_speech m", "transcribe_audio m", "translate_audio m"]
    expected = groqs if name == "groq" else ["embeddings m", "text_completion m", "generate_image m"]
    assert [span.name for span in spans()] == expected * 2
    assert {span.attributes[semconv.PROVIDER] for span in spans()} == {PROVIDERS[name]}
    assert registry.installed[name].health.missing == []
