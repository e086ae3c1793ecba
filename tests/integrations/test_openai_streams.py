"""Streamed replies: every way in which a stream can end, sync and async, and what is recorded of each."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import threading
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from tests.integrations import wire
from tests.support import conventions
from tests.support.conventions import outcome
from tests.support.patched import Spans
from tests.support.provider import Provider, events
from tracekit import semconv

pytestmark = pytest.mark.openai

ASK: Any = {"model": "gpt-9", "messages": [{"role": "user", "content": "Hi"}], "stream": True}


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Without the cycle collector: what ends here, ends because nobody holds it any more."""
    gc.disable()
    yield
    gc.enable()


def only(spans: Spans) -> dict[str, Any]:
    """The attributes of the one span that ended."""
    (span,) = spans()
    conventions.check(span.attributes)
    return span.attributes


def text(said: dict[str, Any]) -> list[Any]:
    return [[part.get("content") for part in message["parts"]] for message in said[semconv.OUTPUT_MESSAGES]]


def test_a_stream_read_to_its_end_is_complete(provider: Provider, spans: Spans, client: openai.OpenAI) -> None:
    provider.queue(wire.CHAT, events(wire.chat("Hel", "lo ", "Łódź")))
    stream = client.chat.completions.create(**ASK)
    assert type(stream) is openai.Stream
    assert "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices) == "Hello Łódź"
    said = only(spans)
    assert outcome(said) == "complete"
    assert said[semconv.REQUEST_STREAM] is True
    assert said[semconv.RESPONSE_FINISH_REASONS] == ["stop"]
    assert (said[semconv.USAGE_INPUT_TOKENS], said[semconv.USAGE_CACHE_READ]) == (30, 20)
    assert (said[semconv.USAGE_OUTPUT_TOKENS], said[semconv.USAGE_REASONING]) == (9, 4)
    assert 0 < said[semconv.RESPONSE_TIME_TO_FIRST_CHUNK] <= said[semconv.TIME_TO_LAST_CHUNK]
    assert text(said) == [["Hello Łódź"]]


async def test_an_async_stream_read_to_its_end_is_complete(
    provider: Provider, spans: Spans, async_client: openai.AsyncOpenAI
) -> None:
    provider.queue(wire.CHAT, events(wire.chat("Hel", "lo")))
    stream = await async_client.chat.completions.create(**ASK)
    assert type(stream) is openai.AsyncStream
    assert len([chunk async for chunk in stream]) == 5
    said = only(spans)
    assert (outcome(said), text(said)) == ("complete", [["Hello"]])


def test_a_stream_without_usage_has_unknown_tokens(provider: Provider, spans: Spans, client: openai.OpenAI) -> None:
    provider.queue(wire.CHAT, events(wire.chat("Hello", usage=None)))
    list(client.chat.completions.create(**ASK))
    said = only(spans)
    assert outcome(said) == "complete"
    assert not {semconv.USAGE_INPUT_TOKENS, semconv.USAGE_OUTPUT_TOKENS, semconv.USAGE_CACHE_READ} & said.keys()


def test_groq_reports_usage_beside_the_chunk(provider: Provider, spans: Spans, client: openai.OpenAI) -> None:
    chunks = wire.chat("Hello", usage=None)
    chunks[-1]["x_groq"] = {"id": "req_1", "usage": {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}}
    provider.queue(wire.CHAT, events(chunks))
    list(client.chat.completions.create(**ASK))
    said = only(spans)
    assert (said[semconv.USAGE_INPUT_TOKENS], said[semconv.USAGE_OUTPUT_TOKENS]) == (7, 2)


def test_choices_may_interleave(provider: Provider, spans: Spans, client: openai.OpenAI) -> None:
    chunks = [
        wire.chunk(wire.delta(1, role="assistant", content="uno ")),
        wire.chunk(wire.delta(0, role="assistant", content="one ")),
        wire.chunk(wire.delta(1, content="dos"), wire.delta(0, content="two")),
        wire.chunk(wire.delta(1, finish="length")),
        wire.chunk(wire.delta(0, finish="stop")),
    ]
    provider.queue(wire.CHAT, events(chunks))
    list(client.chat.completions.create(**ASK, n=2))
    said = only(spans)
    assert text(said) == [["one two"], ["uno dos"]]
    assert said[semconv.RESPONSE_FINISH_REASONS] == ["stop", "length"]
    assert [message["finish_reason"] for message in said[semconv.OUTPUT_MESSAGES]] == ["stop", "length"]
    assert said[semconv.REQUEST_CHOICE_COUNT] == 2


def test_parts_of_all_kinds_come_in_fragments(provider: Provider, spans: Spans, client: openai.OpenAI) -> None:
    def call(index: int, arguments: str, **head: Any) -> dict[str, Any]:
        name = {"name": head.pop("name")} if "name" in head else {}
        return {"index": index, **head, "function": {**name, "arguments": arguments}}

    chunks = [
        wire.chunk(wire.delta(role="assistant", reasoning_content="Let me ")),
        wire.chunk(wire.delta(reasoning_content="think.")),
        wire.chunk(wire.delta(content="Two calls:")),
        wire.chunk(wire.delta(tool_calls=[call(0, '{"a"', id="c1", type="function", name="add")])),
        wire.chunk(wire.delta(tool_calls=[call(1, "{", id="c2", type="function", name="cut")])),
        wire.chunk(wire.delta(tool_calls=[call(0, ": 1}")])),
        wire.chunk(wire.delta(finish="tool_calls")),
    ]
    provider.queue(wire.CHAT, events(chunks))
    list(client.chat.completions.create(**ASK))
    (message,) = only(spans)[semconv.OUTPUT_MESSAGES]
    assert message["finish_reason"] == "tool_call"
    assert message["parts"] == [
        {"type": "reasoning", "content": "Let me think."},
        {"type": "text", "content": "Two calls:"},
        {"type": "tool_call", "id": "c1", "name": "add", "arguments": {"a": 1}},
        {"type": "tool_call", "id": "c2", "name": "cut", "arguments": "{"},
    ]


def test_what_gateways_make_of_the_format_is_recorded(provider: Provider, spans: Spans, client: openai.OpenAI) -> None:
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
    chunks = [
        wire.chunk(wire.delta(role="assistant", content=[thought])),
        wire.chunk(wire.delta(content="Hi", reasoning="so", reasoning_content="so")),
        wire.chunk(wire.delta(tool_calls=[{"id": "c1", "function": {"name": "f", "arguments": {"a": 1}}}])),
        wire.chunk(wire.delta(tool_calls=[{"id": "c2", "function": {"name": "g", "arguments": '{"b"'}}])),
        wire.chunk(wire.delta(tool_calls=[{"function": {"name": "g", "arguments": ": 2}"}}])),
        wire.chunk(wire.delta(tool_calls=[{"id": "c3", "type": "custom", "custom": {"name": "run", "input": "1"}}])),
        wire.chunk(wire.delta(tool_calls=[{"custom": {"input": "7"}}])),
        wire.chunk(wire.delta(audio={"data": "not base64!"}, finish="eos")),
    ]
    provider.queue(wire.CHAT, events(chunks))
    list(client.chat.completions.create(**ASK))
    (message,) = only(spans)[semconv.OUTPUT_MESSAGES]
    assert message["finish_reason"] == "eos"
    assert message["parts"] == [
        {"type": "reasoning", "content": "hmso"},
        {"type": "text", "content": "Hi"},
        {"type": "blob", "modality": "audio", "mime_type": None, "content": "not base64!", "transcript": ""},
        {"type": "tool_call", "id": "c1", "name": "f", "arguments": {"a": 1}},
        {"type": "tool_call", "id": "c2", "name": "g", "arguments": {"b": 2}},
        {"type": "tool_call", "id": "c3", "name": "run", "arguments": "17"},
    ]


def test_refusal_legacy_function_and_sound_are_recorded(
    provider: Provider, spans: Spans, client: openai.OpenAI
) -> None:
    chunks = [
        wire.chunk(wire.delta(role="assistant", refusal="I can")),
        wire.chunk(wire.delta(refusal="not.")),
        wire.chunk(wire.delta(function_call={"name": "old", "arguments": '{"x":'})),
        wire.chunk(wire.delta(function_call={"arguments": " 2}"})),
        wire.chunk(wire.delta(audio={"id": "audio_1", "data": "AA==", "transcript": "No"})),
        wire.chunk(wire.delta(audio={"data": "AQI=", "transcript": "pe"})),
        wire.chunk(wire.delta(finish="function_call")),
    ]
    provider.queue(wire.CHAT, events(chunks))
    list(client.chat.completions.create(**ASK))
    (message,) = only(spans)[semconv.OUTPUT_MESSAGES]
    assert message["parts"] == [
        {"type": "text", "content": "I cannot.", "refusal": True},
        {"type": "blob", "modality": "audio", "mime_type": None, "content": "AAEC", "transcript": "Nope"},
        {"type": "tool_call", "id": None, "name": "old", "arguments": {"x": 2}},
    ]
    assert message["finish_reason"] == "tool_call"


@pytest.mark.parametrize("how", ["close", "with", "drop", "drop_unread", "response.close"])
@pytest.mark.usefixtures("no_collector")
def test_a_stream_that_is_left_is_abandoned_at_once(
    how: str, provider: Provider, spans: Spans, client: openai.OpenAI
) -> None:
    hold = threading.Event()
    provider.queue(wire.CHAT, events(wire.chat("One ", "two")[:3], done=False, hold=hold))
    stream = client.chat.completions.create(**ASK)
    response = stream.response
    read = 0 if how == "drop_unread" else 2
    for _ in range(read):
        next(stream)
    assert spans() == []
    if how == "close":
        stream.close()
    elif how == "with":
        with stream:
            pass
    elif how == "response.close":
        stream.response.close()
    del stream
    said = only(spans)
    hold.set()
    response.close()
    assert outcome(said) == "abandoned"
    assert semconv.ERROR_TYPE not in said
    assert semconv.RESPONSE_FINISH_REASONS not in said
    if read:
        assert text(said) == [["One "]]
        assert said[semconv.OUTPUT_MESSAGES][0]["finish_reason"] == "unknown"
    else:
        assert semconv.OUTPUT_MESSAGES not in said


@pytest.mark.usefixtures("no_collector")
def test_a_loop_that_breaks_lets_the_connection_go(provider: Provider, spans: Spans, client: openai.OpenAI) -> None:
    hold = threading.Event()
    provider.queue(wire.CHAT, events(wire.chat("One ", "two")[:3], done=False, hold=hold))
    for chunk in client.chat.completions.create(**ASK):
        if chunk.choices[0].delta.content:
            break
    assert only(spans)[semconv.OUTCOME] == "abandoned"
    hold.set()


def test_a_stream_left_after_its_finish_reason_is_complete(
    provider: Provider, spans: Spans, client: openai.OpenAI
) -> None:
    provider.queue(wire.CHAT, events(wire.chat("Hello")))
    with client.chat.completions.create(**ASK) as stream:
        for chunk in stream:
            if chunk.choices[0].finish_reason:
                break
    said = only(spans)
    assert outcome(said) == "complete"
    assert semconv.USAGE_INPUT_TOKENS not in said


def test_a_stream_may_be_left_and_taken_up_again(provider: Provider, spans: Spans, client: openai.OpenAI) -> None:
    provider.queue(wire.CHAT, events(wire.chat("Hel", "lo")))
    stream = client.chat.completions.create(**ASK)
    for _ in stream:
        break
    assert len(list(stream)) == 4
    assert text(only(spans)) == [["Hello"]]


def test_an_error_in_mid_stream_keeps_what_came_before(provider: Provider, spans: Spans, client: openai.OpenAI) -> None:
    broken = {"error": {"message": "overloaded", "type": "server_error", "code": "overloaded"}}
    provider.queue(wire.CHAT, events([*wire.chat("Half")[:2], broken]))
    with pytest.raises(openai.APIError, match="overloaded"):
        list(client.chat.completions.create(**ASK))
    (span,) = spans()
    assert span.status_code == 2
    assert span.attributes[semconv.ERROR_TYPE] == "openai.APIError"
    assert outcome(span.attributes) == "partial"
    assert text(span.attributes) == [["Half"]]


def test_a_connection_cut_in_mid_stream_is_an_error(provider: Provider, spans: Spans, client: openai.OpenAI) -> None:
    provider.queue(wire.CHAT, events(wire.chat("Half")[:2], done=False, cut=True))
    stream = client.chat.completions.create(**ASK)
    with pytest.raises(Exception, match=r".") as caught:
        list(stream)
    (span,) = spans()
    assert span.attributes[semconv.ERROR_TYPE] == f"{type(caught.value).__module__}.{type(caught.value).__qualname__}"
    assert text(span.attributes) == [["Half"]]


@pytest.mark.parametrize("how", ["close", "with", "drop"])
@pytest.mark.usefixtures("no_collector")
async def test_an_async_stream_that_is_left_is_abandoned_at_once(
    how: str, provider: Provider, spans: Spans, async_client: openai.AsyncOpenAI
) -> None:
    hold = threading.Event()
    provider.queue(wire.CHAT, events(wire.chat("One ", "two")[:3], done=False, hold=hold))
    stream = await async_client.chat.completions.create(**ASK)
    for _ in range(2):
        await anext(stream)
    if how == "close":
        await stream.close()
    elif how == "with":
        async with stream:
            pass
    del stream
    said = only(spans)
    hold.set()
    assert (outcome(said), text(said)) == ("abandoned", [["One "]])


@pytest.mark.parametrize("where", ["in the client", "in the caller"])
async def test_a_cancelled_task_cancels(
    where: str, provider: Provider, spans: Spans, async_client: openai.AsyncOpenAI
) -> None:
    hold, reached = threading.Event(), asyncio.Event()
    provider.queue(wire.CHAT, events(wire.chat("One ", "two")[:3], done=False, hold=hold))

    async def consume() -> None:
        async with await async_client.chat.completions.create(**ASK) as stream:
            async for chunk in stream:
                if chunk.choices[0].delta.content:
                    reached.set()
                    await asyncio.sleep(0 if where == "in the client" else 10)

    task = asyncio.create_task(consume())
    await reached.wait()
    await asyncio.sleep(0.05)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    hold.set()
    (span,) = spans()
    assert outcome(span.attributes) == "cancelled"
    assert span.status_code != 2
    assert "One " in text(span.attributes)[0][0]


def test_the_stream_helper_makes_one_span(provider: Provider, spans: Spans, client: openai.OpenAI) -> None:
    provider.queue(
        wire.CHAT,
        events(wire.chat("Hel", "lo")),
        events(wire.chat("Hel", "lo")),
        events(wire.chat("A")[:2], done=False),
    )
    ask: Any = {name: value for name, value in ASK.items() if name != "stream"}
    with client.chat.completions.stream(**ask) as stream:
        assert stream.get_final_completion().choices[0].message.content == "Hello"
    with client.chat.completions.stream(**ask) as stream:
        assert [event.type for event in stream].count("content.delta") == 3
    with client.chat.completions.stream(**ask) as stream:
        next(iter(stream))
    outcomes = [outcome(span.attributes) for span in spans()]
    assert outcomes == ["complete", "complete", "abandoned"]
    assert text(spans()[0].attributes) == [["Hello"]]


async def test_the_async_stream_helper_makes_one_span(
    provider: Provider, spans: Spans, async_client: openai.AsyncOpenAI
) -> None:
    provider.queue(wire.CHAT, events(wire.chat("Hel", "lo")), events(wire.chat("A")[:2], done=False))
    ask: Any = {name: value for name, value in ASK.items() if name != "stream"}
    async with async_client.chat.completions.stream(**ask) as stream:
        await stream.until_done()
    async with async_client.chat.completions.stream(**ask) as stream:
        await anext(aiter(stream))
    assert [outcome(span.attributes) for span in spans()] == ["complete", "abandoned"]


def test_a_streamed_response_is_recorded_from_its_last_event(
    provider: Provider, spans: Spans, client: openai.OpenAI
) -> None:
    script = wire.response_events("Hel", "lo")
    provider.queue(wire.RESPONSES, *[events(script, done=False) for _ in range(3)])
    list(client.responses.create(model="gpt-9", input="Hi", stream=True))
    with client.responses.stream(model="gpt-9", input="Hi") as stream:
        assert stream.get_final_response().output_text == "Hello"
    with client.responses.create(model="gpt-9", input="Hi", stream=True) as events_:
        assert next(event for event in events_ if event.type == "response.completed")
    for span in spans():
        conventions.check(span.attributes)
        assert outcome(span.attributes) == "complete"
        assert text(span.attributes) == [["Hello"]]
        assert span.attributes[semconv.USAGE_OUTPUT_TOKENS] == 9
        assert span.attributes[semconv.RESPONSE_FINISH_REASONS] == ["stop"]
    assert len(spans()) == 3


def test_a_streamed_response_left_early_keeps_its_deltas(
    provider: Provider, spans: Spans, client: openai.OpenAI
) -> None:
    provider.queue(wire.RESPONSES, events(wire.response_events("Hel", "lo"), done=False))
    with client.responses.stream(model="gpt-9", input="Hi") as stream:
        for event in stream:
            if event.type == "response.output_text.delta":
                break
    said = only(spans)
    assert outcome(said) == "abandoned"
    assert said[semconv.RESPONSE_ID] == "resp_1"
    assert text(said) == [["Hel"]]
    assert semconv.USAGE_OUTPUT_TOKENS not in said
    assert semconv.RESPONSE_FINISH_REASONS not in said


def test_a_fetched_stream_counts_no_tokens(provider: Provider, spans: Spans, client: openai.OpenAI) -> None:
    script = events(wire.response_events("Hello"), done=False)
    provider.queue("/v1/responses/resp_1", script, method="GET")
    with client.responses.stream(response_id="resp_1") as stream:
        stream.until_done()
    said = only(spans)
    assert said[semconv.OPERATION] == "fetch_response"
    assert said[semconv.RESPONSE_ID] == "resp_1"
    assert text(said) == [["Hello"]]
    assert semconv.USAGE_INPUT_TOKENS not in said


def test_streamed_text_completions_images_and_transcriptions(
    provider: Provider, spans: Spans, client: openai.OpenAI
) -> None:
    def piece(text: str, finish: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "text": text, "finish_reason": finish, "logprobs": None}
        return {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "old", "choices": [choice]}

    tokens = {
        "input_tokens": 5,
        "output_tokens": 6,
        "total_tokens": 11,
        "input_tokens_details": {"image_tokens": 0, "text_tokens": 5},
    }
    picture = {
        "b64_json": "AAAA",
        "background": "auto",
        "created_at": 1,
        "output_format": "png",
        "quality": "low",
        "size": "auto",
    }
    provider.queue("/v1/completions", events([piece("Once "), piece("upon", "length")]))
    provider.queue(
        "/v1/images/generations",
        events(
            [
                {"type": "image_generation.partial_image", **picture, "partial_image_index": 0, "b64_json": "BBBB"},
                {"type": "image_generation.completed", **picture, "usage": tokens},
            ],
            done=False,
        ),
    )
    provider.queue(
        "/v1/audio/transcriptions",
        events(
            [
                {"type": "transcript.text.delta", "delta": "He"},
                {
                    "type": "transcript.text.done",
                    "text": "Hey",
                    "usage": {"type": "tokens", "input_tokens": 3, "output_tokens": 1, "total_tokens": 4},
                },
            ]
        ),
    )
    list(client.completions.create(model="old", prompt="Once", stream=True))
    list(client.images.generate(model="gpt-image", prompt="a cat", stream=True))
    list(client.audio.transcriptions.create(model="ears", file=("a.wav", b"RIFF"), stream=True))
    completed, drawn, heard = (span.attributes for span in spans())
    for said in (completed, drawn, heard):
        conventions.check(said)
        assert outcome(said) == "complete"
    assert (text(completed), completed[semconv.RESPONSE_FINISH_REASONS]) == ([["Once upon"]], ["length"])
    assert drawn[semconv.OUTPUT_MESSAGES][0]["parts"] == [
        {"type": "blob", "modality": "image", "mime_type": "image/png", "content": "AAAA"}
    ]
    assert (drawn[semconv.USAGE_INPUT_TOKENS], drawn[semconv.USAGE_OUTPUT_TOKENS]) == (5, 6)
    assert (text(heard), heard[semconv.USAGE_INPUT_TOKENS]) == ([["Hey"]], 3)
