"""Raw and streaming responses: the caller reads what it likes, when it likes; the recording says what that showed."""

from __future__ import annotations

import gc
import gzip
import json
from collections.abc import Callable
from typing import Any

import anthropic
import pytest

from tests.integrations import anthropic_wire as wire
from tests.support import conventions
from tests.support.conventions import outcome
from tests.support.patched import Spans
from tests.support.provider import Provider, Reply, answer, events
from tracekit import semconv

ASK = wire.ASK
JSON_TYPE = {"content-type": "application/json"}
WHOLE = {"role": "assistant", "parts": [{"type": "text", "content": "Hello"}], "finish_reason": "stop"}


def is_whole(said: dict[str, Any]) -> bool:
    """Whether everything that the scripted replies say was recorded."""
    conventions.check(said)
    return (
        outcome(said) == "complete"
        and (said[semconv.USAGE_INPUT_TOKENS], said[semconv.USAGE_OUTPUT_TOKENS]) == (32, 9)
        and said[semconv.RESPONSE_ID] == "msg_1"
        and said[semconv.OUTPUT_MESSAGES] == [WHOLE]
    )


def only(spans: Spans) -> dict[str, Any]:
    (span,) = spans()
    return span.attributes


def resource(client: Any, beta: object) -> Any:
    return client.beta.messages if beta == "beta" else client.messages


@pytest.mark.parametrize("parses", [0, 1, 2])
@pytest.mark.parametrize("beta", ["messages", "beta"])
def test_a_raw_reply_is_recorded_however_often_it_is_parsed(
    parses: int, beta: str, provider: Provider, spans: Spans, claude: anthropic.Anthropic
) -> None:
    provider.queue(wire.MESSAGES, answer(wire.message(), headers={**JSON_TYPE, "request-id": "req_7"}))
    raw = resource(claude, beta).with_raw_response.create(**ASK)
    assert type(raw).__name__ == "APIResponse"
    assert (raw.request_id, raw.status_code, raw.is_closed) == ("req_7", 200, True)
    assert raw._parsed_by_type == {}  # not parsed on the quiet
    parsed = [raw.parse() for _ in range(parses)]
    assert all(one is parsed[0] and one.content[0].text == "Hello" for one in parsed)
    assert is_whole(only(spans))
    assert json.loads(raw.read()) == wire.message()


async def test_raw_replies_of_an_async_client(
    provider: Provider, spans: Spans, async_claude: anthropic.AsyncAnthropic
) -> None:
    provider.queue(wire.MESSAGES, answer(wire.message()), events(wire.stream(), done=False))
    raw = await async_claude.messages.with_raw_response.create(**ASK)
    assert (await raw.parse()).content[0].type == "text"
    stream: Any = await (await async_claude.messages.with_raw_response.create(**ASK, stream=True)).parse()
    assert type(stream) is anthropic.AsyncStream
    assert len([event async for event in stream]) == 7
    assert [is_whole(span.attributes) for span in spans()] == [True, True]


def test_a_raw_stream_is_tapped_once(provider: Provider, spans: Spans, claude: anthropic.Anthropic) -> None:
    provider.queue(wire.MESSAGES, events(wire.stream(), done=False))
    raw = claude.messages.with_raw_response.create(**ASK, stream=True)
    assert not raw.is_closed
    stream = raw.parse()
    assert raw.parse() is stream
    assert type(stream) is anthropic.Stream
    assert len(list(stream)) == 7
    assert is_whole(only(spans))


def test_the_events_of_a_stream_as_they_are_on_the_wire(
    provider: Provider, spans: Spans, claude: anthropic.Anthropic
) -> None:
    provider.queue(wire.MESSAGES, events(wire.stream(), done=False))
    raw = claude.messages.with_raw_response.create(**ASK, stream=True)
    assert [event.event for event in anthropic.Stream.raw_events(raw.http_response)][:2] == ["message_start", "ping"]
    assert is_whole(only(spans))


@pytest.mark.parametrize("how", ["close", "drop"])
def test_a_raw_stream_that_nobody_parses_is_abandoned(
    how: str, provider: Provider, spans: Spans, claude: anthropic.Anthropic
) -> None:
    provider.queue(wire.MESSAGES, events(wire.stream(), done=False))
    raw = claude.messages.with_raw_response.create(**ASK, stream=True)
    assert spans() == []
    if how == "close":
        raw.http_response.close()
    del raw
    gc.collect()
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
BODY = json.dumps(wire.message()).encode()
PLAIN = Reply(body=BODY)
GZIP = Reply(headers={**JSON_TYPE, "content-encoding": "gzip"}, body=gzip.compress(BODY, mtime=0))


@pytest.mark.parametrize("case", [(how, reply) for how in READS for reply in (PLAIN, GZIP)], ids=lambda case: case[0])
def test_a_streaming_response_is_recorded_from_what_is_read(
    case: tuple[str, Reply], provider: Provider, bare_claude: anthropic.Anthropic, spans: Spans, claude: Any
) -> None:
    how, reply = case
    provider.queue(wire.MESSAGES, reply, reply)
    with bare_claude.messages.with_streaming_response.create(**ASK) as response:
        expected = READS[how](response)
    with claude.messages.with_streaming_response.create(**ASK) as response:
        assert type(response).__name__ == "APIResponse"
        assert not response.is_closed
        assert spans() == []
        assert READS[how](response) == expected
        assert response.elapsed.total_seconds() > 0
    assert is_whole(only(spans))


def test_a_streaming_response_that_is_not_read_is_abandoned(
    provider: Provider, spans: Spans, claude: anthropic.Anthropic
) -> None:
    provider.queue(wire.MESSAGES, answer(wire.message(wire.text("word " * 60_000))))
    with claude.messages.with_streaming_response.create(**ASK) as response:
        assert next(response.iter_bytes(10))
    said = only(spans)
    assert outcome(said) == "abandoned"
    assert not {semconv.USAGE_INPUT_TOKENS, semconv.RESPONSE_ID, semconv.OUTPUT_MESSAGES} & said.keys()


@pytest.mark.parametrize("how", ["parse", "iter_lines", "iter_bytes"])
def test_events_read_from_a_streaming_response(
    how: str, provider: Provider, spans: Spans, claude: anthropic.Anthropic
) -> None:
    provider.queue(wire.MESSAGES, events(wire.stream(), done=False))
    with claude.messages.with_streaming_response.create(**ASK, stream=True) as response:
        assert sum(1 for _ in (response.parse() if how == "parse" else getattr(response, how)())) >= 1
    said = only(spans)
    assert is_whole(said)
    assert 0 < said[semconv.RESPONSE_TIME_TO_FIRST_CHUNK] <= said[semconv.TIME_TO_LAST_CHUNK]


def test_an_error_among_events_that_the_caller_reads_itself(
    provider: Provider, spans: Spans, claude: anthropic.Anthropic
) -> None:
    broken = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    provider.queue(wire.MESSAGES, events([*wire.stream()[:4], broken], done=False))
    with claude.messages.with_streaming_response.create(**ASK, stream=True) as response:
        response.read()
    (span,) = spans()
    assert (span.status_code, span.attributes[semconv.ERROR_TYPE]) == (2, "overloaded_error")


async def test_async_streaming_responses(
    provider: Provider, spans: Spans, async_claude: anthropic.AsyncAnthropic
) -> None:
    messages = async_claude.messages.with_streaming_response
    provider.queue(wire.MESSAGES, *[answer(wire.message())] * 3, *[events(wire.stream(), done=False)] * 2)
    async with messages.create(**ASK) as response:
        assert type(response).__name__ == "AsyncAPIResponse"
        assert (await response.parse()).id == "msg_1"
    async with messages.create(**ASK) as response:
        assert len([line async for line in response.iter_lines()]) == 1
    async with messages.create(**ASK) as response:
        pass
    async with messages.create(**ASK, stream=True) as response:
        stream: Any = await response.parse()
        assert len([event async for event in stream]) == 7
    async with messages.create(**ASK, stream=True) as response:
        assert len([line async for line in response.iter_lines()]) == 24
    said = [span.attributes for span in spans()]
    assert [outcome(each) for each in said] == ["complete", "complete", "abandoned", "complete", "complete"]
    assert [is_whole(each) for each in said if outcome(each) == "complete"] == [True] * 4


def test_a_body_that_breaks_off_is_an_error(provider: Provider, spans: Spans, claude: anthropic.Anthropic) -> None:
    provider.queue(wire.MESSAGES, Reply(headers=JSON_TYPE, body=b'{"id": "msg', cut=True))
    with (
        pytest.raises(Exception, match=r"incomplete|closed") as caught,
        claude.messages.with_streaming_response.create(**ASK) as response,
    ):
        response.read()
    (span,) = spans()
    assert span.status_code == 2
    assert span.attributes[semconv.ERROR_TYPE].endswith(type(caught.value).__name__)
