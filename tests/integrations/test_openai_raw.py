"""Raw and streaming responses: the caller reads what it likes, when it likes; the recording says what that showed."""

from __future__ import annotations

import gc
import gzip
import json
from collections.abc import Callable, Iterator
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletionChunk

from tests.integrations import wire
from tests.support import conventions
from tests.support.conventions import outcome
from tests.support.patched import Spans
from tests.support.provider import Provider, Reply, answer, events
from tracekit import semconv

pytestmark = pytest.mark.openai

ASK: Any = {"model": "gpt-9", "messages": [{"role": "user", "content": "Hi"}]}
JSON_TYPE = {"content-type": "application/json"}


def only(spans: Spans) -> dict[str, Any]:
    (span,) = spans()
    conventions.check(span.attributes)
    return span.attributes


def is_whole(said: dict[str, Any]) -> bool:
    """Whether everything that the scripted replies say was recorded."""
    (message,) = said[semconv.OUTPUT_MESSAGES]
    return (
        outcome(said) == "complete"
        and said[semconv.USAGE_INPUT_TOKENS] == 30
        and said[semconv.RESPONSE_ID] == "chatcmpl-1"
        and message == {"role": "assistant", "parts": [{"type": "text", "content": "Hello"}], "finish_reason": "stop"}
    )


@pytest.mark.parametrize("parses", [0, 1, 2])
def test_a_raw_reply_is_recorded_however_often_it_is_parsed(
    parses: int, provider: Provider, spans: Spans, client: openai.OpenAI
) -> None:
    provider.queue(wire.CHAT, answer(wire.completion(), headers={**JSON_TYPE, "x-request-id": "req_7"}))
    raw = client.chat.completions.with_raw_response.create(**ASK)
    assert type(raw).__name__ == "LegacyAPIResponse"
    assert (raw.headers["x-request-id"], raw.status_code, raw.is_closed) == ("req_7", 200, True)
    assert raw._parsed_by_type == {}  # not parsed on the quiet
    parsed = [raw.parse() for _ in range(parses)]
    assert all(type(one).__name__ == "ChatCompletion" and one is parsed[0] for one in parsed)
    assert is_whole(only(spans))
    assert json.loads(raw.content) == wire.completion()


async def test_a_raw_reply_of_an_async_client(
    provider: Provider, spans: Spans, async_client: openai.AsyncOpenAI
) -> None:
    provider.queue(wire.CHAT, answer(wire.completion()), events(wire.chat("Hel", "lo")))
    raw = await async_client.chat.completions.with_raw_response.create(**ASK)
    assert raw.parse().choices[0].message.content == "Hello"
    stream = (await async_client.chat.completions.with_raw_response.create(**ASK, stream=True)).parse()
    assert type(stream) is openai.AsyncStream
    assert len([chunk async for chunk in stream]) == 5
    assert [is_whole(span.attributes) for span in spans()] == [True, True]


def test_a_raw_stream_is_tapped_once(provider: Provider, spans: Spans, client: openai.OpenAI) -> None:
    provider.queue(wire.CHAT, events(wire.chat("Hel", "lo")))
    raw = client.chat.completions.with_raw_response.create(**ASK, stream=True)
    assert not raw.is_closed
    stream = raw.parse()
    assert raw.parse() is stream
    assert type(stream) is openai.Stream
    assert len(list(stream)) == 5
    assert is_whole(only(spans))


def test_a_stream_class_of_the_callers_keeps_its_own_state(
    provider: Provider, spans: Spans, client: openai.OpenAI
) -> None:
    class Counting(openai.Stream[ChatCompletionChunk]):
        seen = 0

        def __stream__(self) -> Iterator[ChatCompletionChunk]:
            for chunk in super().__stream__():
                self.seen += 1
                yield chunk

    provider.queue(wire.CHAT, events(wire.chat("Hel", "lo")))
    stream = client.chat.completions.with_raw_response.create(**ASK, stream=True).parse(to=Counting)
    assert type(stream) is Counting
    assert (len(list(stream)), stream.seen) == (5, 5)
    assert is_whole(only(spans))


def test_a_raw_stream_that_nobody_parses_is_abandoned(provider: Provider, spans: Spans, client: openai.OpenAI) -> None:
    provider.queue(wire.CHAT, events(wire.chat("Hello")))
    raw = client.chat.completions.with_raw_response.create(**ASK, stream=True)
    assert spans() == []
    raw.http_response.close()
    said = only(spans)
    assert outcome(said) == "abandoned"
    assert semconv.USAGE_INPUT_TOKENS not in said


READS: dict[str, Callable[[Any], Any]] = {
    "parse": lambda response: response.parse().model_dump(),
    "parse twice": lambda response: (response.parse(), response.parse().model_dump())[1],
    "read": lambda response: response.read(),
    "text": lambda response: response.text(),
    "json": lambda response: response.json(),
    "iter_bytes": lambda response: b"".join(response.iter_bytes(11)),
    "iter_text": lambda response: "".join(response.iter_text(7)),
    "iter_lines": lambda response: list(response.iter_lines()),
    "http_response.read": lambda response: response.http_response.read(),
    "http_response.iter_raw": lambda response: b"".join(response.http_response.iter_raw()),
}


BODY = json.dumps(wire.completion()).encode()
PLAIN = Reply(body=BODY)
GZIP = Reply(headers={**JSON_TYPE, "content-encoding": "gzip"}, body=gzip.compress(BODY, mtime=0))


@pytest.mark.parametrize("case", [(how, reply) for how in READS for reply in (PLAIN, GZIP)], ids=lambda case: case[0])
def test_a_streaming_response_is_recorded_from_what_is_read(
    case: tuple[str, Reply], provider: Provider, bare: openai.OpenAI, spans: Spans, client: openai.OpenAI
) -> None:
    how, reply = case
    provider.queue(wire.CHAT, reply, reply)
    with bare.chat.completions.with_streaming_response.create(**ASK) as response:
        expected = READS[how](response)
    with client.chat.completions.with_streaming_response.create(**ASK) as response:
        assert type(response).__name__ == "APIResponse"
        assert not response.is_closed
        assert spans() == []
        assert READS[how](response) == expected
        assert response.elapsed.total_seconds() > 0
    assert is_whole(only(spans))


@pytest.fixture
def bare(provider: Provider) -> Iterator[openai.OpenAI]:
    """A client whose calls are not recorded. Ask for it before `spans`: its methods are bound before the patch."""
    plain = openai.DefaultHttpxClient(verify=False)
    with openai.OpenAI(base_url=f"{provider.url}/v1", api_key="none", max_retries=0, http_client=plain) as unpatched:
        assert unpatched.chat.completions.with_streaming_response.create
        yield unpatched


@pytest.mark.parametrize("part", ["nothing", "some"])
def test_a_streaming_response_that_is_not_read_is_abandoned(
    part: str, provider: Provider, spans: Spans, client: openai.OpenAI
) -> None:
    big = wire.completion("word " * 60_000)
    provider.queue(wire.CHAT, answer(big))
    with client.chat.completions.with_streaming_response.create(**ASK) as response:
        if part == "some":
            assert next(response.iter_bytes(10))
    said = only(spans)
    assert outcome(said) == "abandoned"
    assert not {semconv.USAGE_INPUT_TOKENS, semconv.RESPONSE_ID, semconv.OUTPUT_MESSAGES} & said.keys()


@pytest.mark.parametrize("how", ["parse", "iter_lines", "iter_bytes", "break at [DONE]"])
def test_events_read_from_a_streaming_response(
    how: str, provider: Provider, spans: Spans, client: openai.OpenAI
) -> None:
    provider.queue(wire.CHAT, events(wire.chat("Hel", "lo")))
    with client.chat.completions.with_streaming_response.create(**ASK, stream=True) as response:
        if how == "parse":
            assert len(list(response.parse())) == 5
        elif how == "break at [DONE]":
            assert any(line == "data: [DONE]" for line in response.iter_lines())
        else:
            assert sum(map(len, getattr(response, how)())) > 500
    said = only(spans)
    assert is_whole(said)
    assert 0 < said[semconv.RESPONSE_TIME_TO_FIRST_CHUNK] <= said[semconv.TIME_TO_LAST_CHUNK]


async def test_async_streaming_responses(provider: Provider, spans: Spans, async_client: openai.AsyncOpenAI) -> None:
    chat = async_client.chat.completions.with_streaming_response
    provider.queue(wire.CHAT, answer(wire.completion()), answer(wire.completion()), answer(wire.completion()))
    async with chat.create(**ASK) as response:
        assert type(response).__name__ == "AsyncAPIResponse"
        assert (await response.parse()).choices[0].message.content == "Hello"
    async with chat.create(**ASK) as response:
        assert len([line async for line in response.iter_lines()]) == 1
    async with chat.create(**ASK) as response:
        pass
    provider.queue(wire.CHAT, events(wire.chat("Hel", "lo")), events(wire.chat("Hel", "lo")))
    async with chat.create(**ASK, stream=True) as response:
        assert len([chunk async for chunk in await response.parse()]) == 5
    async with chat.create(**ASK, stream=True) as response:
        assert [line async for line in response.iter_lines()][-2] == "data: [DONE]"
    said = [span.attributes for span in spans()]
    assert [outcome(attributes) for attributes in said] == [
        "complete",
        "complete",
        "abandoned",
        "complete",
        "complete",
    ]
    assert [is_whole(attributes) for attributes in said if outcome(attributes) == "complete"] == [True] * 4


def test_a_body_that_breaks_off_is_an_error(provider: Provider, spans: Spans, client: openai.OpenAI) -> None:
    provider.queue(wire.CHAT, Reply(headers=JSON_TYPE, body=b'{"id": "chatc', cut=True))
    with (
        pytest.raises(Exception, match=r"incomplete|closed") as caught,
        client.chat.completions.with_streaming_response.create(**ASK) as response,
    ):
        response.read()
    (span,) = spans()
    assert span.status_code == 2
    assert span.attributes[semconv.ERROR_TYPE].endswith(type(caught.value).__name__)


def test_a_streaming_response_that_is_dropped_ends(provider: Provider, spans: Spans, client: openai.OpenAI) -> None:
    provider.queue(wire.CHAT, events(wire.chat("Hello")))
    raw = client.chat.completions.with_raw_response.create(**ASK, stream=True)
    del raw
    gc.collect()
    assert only(spans)[semconv.OUTCOME] == "abandoned"


def test_sound_passes_unrecorded(provider: Provider, spans: Spans, client: openai.OpenAI) -> None:
    sound = bytes(range(256)) * 64
    reply = Reply(headers={"content-type": "audio/mpeg"}, body=sound)
    provider.queue("/v1/audio/speech", reply, reply, reply)
    ask: Any = {"model": "tts-9", "voice": "ash", "input": "Read me"}
    assert client.audio.speech.create(**ask).content == sound
    assert client.audio.speech.with_raw_response.create(**ask).content == sound
    with client.audio.speech.with_streaming_response.create(**ask) as response:
        assert b"".join(response.iter_bytes(1000)) == sound
    for span in spans():
        conventions.check(span.attributes)
        assert span.name == "generate_speech tts-9"
        assert outcome(span.attributes) == "complete"
        assert span.attributes[semconv.OUTPUT_TYPE] == "speech"
        assert span.attributes[semconv.INPUT_MESSAGES][0]["parts"] == [{"type": "text", "content": "Read me"}]
        assert semconv.OUTPUT_MESSAGES not in span.attributes
    assert len(spans()) == 3


def test_parsed_models_come_out_of_a_raw_reply(provider: Provider, spans: Spans, client: openai.OpenAI) -> None:
    class Colour(openai.BaseModel):
        name: str

    provider.queue(wire.CHAT, answer(wire.completion('{"name": "red"}')))
    raw = client.chat.completions.with_raw_response.parse(**ASK, response_format=Colour)
    assert raw.parse().choices[0].message.parsed == Colour(name="red")
    said = only(spans)
    assert said[semconv.OUTPUT_TYPE] == "json"
    assert said[semconv.OUTPUT_MESSAGES][0]["parts"] == [{"type": "text", "content": '{"name": "red"}'}]
