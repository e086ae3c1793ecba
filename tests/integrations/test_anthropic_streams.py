"""Streamed messages: every way in which a stream can end, sync and async, and what is recorded of each."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import threading
from collections.abc import Iterator
from typing import Any

import anthropic
import pytest
from anthropic.lib import streaming
from anthropic.types import RawMessageStreamEvent

from tests.integrations import anthropic_wire as wire
from tests.support import conventions
from tests.support.conventions import outcome
from tests.support.patched import Spans
from tests.support.provider import Provider, events
from tracekit import semconv

ASK: Any = {**wire.ASK, "stream": True}
BEGUN = wire.stream(wire.text("One two"))[:5]  # as far as the first two pieces of its text


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
    return [part.get("content") for message in said[semconv.OUTPUT_MESSAGES] for part in message["parts"]]


def test_a_stream_read_to_its_end_is_complete(provider: Provider, spans: Spans, claude: anthropic.Anthropic) -> None:
    provider.queue(wire.MESSAGES, events(wire.stream(wire.text("Hello Łódź")), done=False))
    stream = claude.messages.create(**ASK)
    assert type(stream) is anthropic.Stream
    assert [event.type for event in stream][-2:] == ["message_delta", "message_stop"]
    said = only(spans)
    assert outcome(said) == "complete"
    assert said[semconv.REQUEST_STREAM] is True
    assert said[semconv.RESPONSE_FINISH_REASONS] == ["stop"]
    assert said[semconv.USAGE_INPUT_TOKENS] == 5 + 7 + 20
    assert (said[semconv.USAGE_CACHE_READ], said[semconv.USAGE_CACHE_CREATION]) == (20, 7)
    assert (said[semconv.USAGE_OUTPUT_TOKENS], said[semconv.USAGE_REASONING]) == (9, 4)
    assert (said[semconv.ANTHROPIC_CACHE_WRITE_5M], said[semconv.ANTHROPIC_CACHE_WRITE_1H]) == (4, 3)
    assert 0 < said[semconv.RESPONSE_TIME_TO_FIRST_CHUNK] <= said[semconv.TIME_TO_LAST_CHUNK]
    assert text(said) == ["Hello Łódź"]


async def test_an_async_stream_read_to_its_end_is_complete(
    provider: Provider, spans: Spans, async_claude: anthropic.AsyncAnthropic
) -> None:
    provider.queue(wire.MESSAGES, events(wire.stream(), done=False), events(wire.stream(), done=False))
    stream = await async_claude.messages.create(**ASK)
    assert type(stream) is anthropic.AsyncStream
    assert len([event async for event in stream]) == 7
    assert len([event async for event in await async_claude.beta.messages.create(**ASK)]) == 7
    for span in spans():
        assert (outcome(span.attributes), text(span.attributes)) == ("complete", ["Hello"])
    assert len(spans()) == 2


def test_blocks_of_all_kinds_come_in_fragments(provider: Provider, spans: Spans, claude: anthropic.Anthropic) -> None:
    blocks = [
        {"type": "thinking", "thinking": "Let me think.", "signature": ""},
        {"type": "redacted_thinking", "data": "ZW5jcnlwdGVk"},
        wire.text("Two calls:"),
        wire.tool_use("toolu_1", "add", a=1, place="Łódź"),
        wire.tool_use("toolu_2", "cut"),
        {"type": "server_tool_use", "id": "srv_1", "name": "web_search", "input": {"query": "x"}},
        {"type": "web_search_tool_result", "tool_use_id": "srv_1", "content": []},
        {"type": "mcp_tool_use", "id": "mcp_1", "name": "find", "server_name": "library", "input": {"n": 1}},
        {"type": "compaction", "content": "In short: nothing."},
    ]
    provider.queue(wire.MESSAGES, events(wire.stream(*blocks, stop="tool_use"), done=False))
    list(claude.beta.messages.create(**ASK))
    (message,) = only(spans)[semconv.OUTPUT_MESSAGES]
    assert message["finish_reason"] == "tool_call"
    found = {"type": "web_search", "content": []}
    assert message["parts"] == [
        {"type": "reasoning", "content": "Let me think."},
        {"type": "reasoning", "content": "", "redacted": True},
        {"type": "text", "content": "Two calls:"},
        {"type": "tool_call", "id": "toolu_1", "name": "add", "arguments": {"a": 1, "place": "Łódź"}},
        {"type": "tool_call", "id": "toolu_2", "name": "cut", "arguments": {}},
        server_call("srv_1", "web_search", input={"query": "x"}),
        {"type": "server_tool_call_response", "id": "srv_1", "server_tool_call_response": found},
        server_call("mcp_1", "find", input={"n": 1}, server_name="library"),
        {"type": "compaction", "content": "In short: nothing."},
    ]


def server_call(id_: str, name: str, **details: Any) -> dict[str, Any]:
    return {"type": "server_tool_call", "id": id_, "name": name, "server_tool_call": {"type": name, **details}}


@pytest.mark.parametrize("how", ["close", "with", "drop", "drop_unread", "response.close"])
@pytest.mark.usefixtures("no_collector")
def test_a_stream_that_is_left_is_abandoned_at_once(
    how: str, provider: Provider, spans: Spans, claude: anthropic.Anthropic
) -> None:
    hold = threading.Event()
    provider.queue(wire.MESSAGES, events(BEGUN, done=False, hold=hold))
    stream = claude.messages.create(**ASK)
    response = stream.response
    read = 0 if how == "drop_unread" else 3
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
    assert not {semconv.ERROR_TYPE, semconv.RESPONSE_FINISH_REASONS, semconv.USAGE_OUTPUT_TOKENS} & said.keys()
    if read:
        assert said[semconv.USAGE_INPUT_TOKENS] == 32
        assert text(said) == ["One "]
        assert said[semconv.OUTPUT_MESSAGES][0]["finish_reason"] == "unknown"
    else:
        assert semconv.OUTPUT_MESSAGES not in said


@pytest.mark.usefixtures("no_collector")
def test_a_loop_that_breaks_lets_the_connection_go(
    provider: Provider, spans: Spans, claude: anthropic.Anthropic
) -> None:
    hold = threading.Event()
    provider.queue(wire.MESSAGES, events(BEGUN, done=False, hold=hold))
    for event in claude.messages.create(**ASK):
        if event.type == "content_block_delta":
            break
    assert only(spans)[semconv.OUTCOME] == "abandoned"
    hold.set()


def test_a_stream_left_once_the_model_has_stopped_is_complete(
    provider: Provider, spans: Spans, claude: anthropic.Anthropic
) -> None:
    provider.queue(wire.MESSAGES, events(wire.stream(), done=False))
    with claude.messages.create(**ASK) as stream:
        assert next(event for event in stream if event.type == "message_delta")
    said = only(spans)
    assert (outcome(said), said[semconv.USAGE_OUTPUT_TOKENS]) == ("complete", 9)


def test_a_stream_may_be_left_and_taken_up_again(provider: Provider, spans: Spans, claude: anthropic.Anthropic) -> None:
    provider.queue(wire.MESSAGES, events(wire.stream(), done=False))
    stream = claude.messages.create(**ASK)
    for _ in stream:
        break
    assert len(list(stream)) == 6
    assert text(only(spans)) == ["Hello"]


def test_an_error_in_mid_stream_keeps_what_came_before(
    provider: Provider, spans: Spans, claude: anthropic.Anthropic
) -> None:
    broken = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    provider.queue(wire.MESSAGES, events([*BEGUN, broken], done=False))
    with pytest.raises(anthropic.APIStatusError, match="Overloaded") as caught:
        list(claude.messages.create(**ASK))
    (span,) = spans()
    assert span.status_code == 2
    assert span.attributes[semconv.ERROR_TYPE] == f"anthropic.{type(caught.value).__name__}"
    assert outcome(span.attributes) == "partial"
    assert text(span.attributes) == ["One two"]


def test_a_connection_cut_in_mid_stream_is_an_error(
    provider: Provider, spans: Spans, claude: anthropic.Anthropic
) -> None:
    provider.queue(wire.MESSAGES, events(BEGUN, done=False, cut=True))
    with pytest.raises(Exception, match=r".") as caught:
        list(claude.messages.create(**ASK))
    (span,) = spans()
    assert span.attributes[semconv.ERROR_TYPE] == f"{type(caught.value).__module__}.{type(caught.value).__qualname__}"
    assert (outcome(span.attributes), text(span.attributes)) == ("partial", ["One two"])


@pytest.mark.parametrize("how", ["close", "with", "drop"])
@pytest.mark.usefixtures("no_collector")
async def test_an_async_stream_that_is_left_is_abandoned_at_once(
    how: str, provider: Provider, spans: Spans, async_claude: anthropic.AsyncAnthropic
) -> None:
    hold = threading.Event()
    provider.queue(wire.MESSAGES, events(BEGUN, done=False, hold=hold))
    stream = await async_claude.messages.create(**ASK)
    for _ in range(3):
        await anext(stream)
    if how == "close":
        await stream.close()
    elif how == "with":
        async with stream:
            pass
    del stream
    said = only(spans)
    hold.set()
    assert (outcome(said), text(said)) == ("abandoned", ["One "])


@pytest.mark.parametrize("where", ["in the client", "in the caller"])
async def test_a_cancelled_task_cancels(
    where: str, provider: Provider, spans: Spans, async_claude: anthropic.AsyncAnthropic
) -> None:
    hold, reached = threading.Event(), asyncio.Event()
    provider.queue(wire.MESSAGES, events(BEGUN, done=False, hold=hold))

    async def consume() -> None:
        async with async_claude.messages.stream(**wire.ASK) as stream:
            async for _ in stream.text_stream:
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
    assert text(span.attributes)[0].startswith("One ")


async def test_a_call_that_is_cancelled_before_its_reply(
    provider: Provider, spans: Spans, async_claude: anthropic.AsyncAnthropic
) -> None:
    provider.queue(wire.MESSAGES, events(BEGUN, done=False, pause=0.5))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(async_claude.messages.create(**ASK), 0.05)
    said = only(spans)
    assert outcome(said) == "cancelled"
    assert semconv.OUTPUT_MESSAGES not in said


def test_a_manager_that_nobody_enters_asks_nothing(
    provider: Provider, spans: Spans, claude: anthropic.Anthropic
) -> None:
    claude.messages.stream(**wire.ASK)
    assert (provider.asked, spans()) == ([], [])


SYNC: dict[str, Any] = {
    "iterate": list,
    "next": lambda stream: [next(stream), *stream],
    "text_stream": lambda stream: list(stream.text_stream),
    "get_final_message": lambda stream: stream.get_final_message(),
    "get_final_text": lambda stream: stream.get_final_text(),
    "until_done": lambda stream: stream.until_done(),
    "current_message_snapshot": lambda stream: (list(stream), stream.current_message_snapshot),
    "request_id": lambda stream: (stream.request_id, list(stream)),
    "workspace_id": lambda stream: (stream.workspace_id, list(stream)),
    "response": lambda stream: (type(stream.response), stream.response.status_code, list(stream)),
    "close": lambda stream: (next(stream), stream.close()),
}


async def collected(values: Any) -> list[Any]:
    return [value async for value in values]


async def snapshot(stream: Any) -> Any:
    return await collected(stream), stream.current_message_snapshot


async def closed(stream: Any) -> Any:
    return await anext(stream), await stream.close()


async def one_by_one(stream: Any) -> Any:
    return [await anext(stream), *await collected(stream)]


async def about(stream: Any, *names: str) -> Any:
    return [repr(type(getattr(stream, name))) for name in names], await collected(stream)


ASYNC: dict[str, Any] = {
    "iterate": collected,
    "next": one_by_one,
    "text_stream": lambda stream: collected(stream.text_stream),
    "get_final_message": lambda stream: stream.get_final_message(),
    "get_final_text": lambda stream: stream.get_final_text(),
    "until_done": lambda stream: stream.until_done(),
    "current_message_snapshot": snapshot,
    "request_id": lambda stream: about(stream, "request_id"),
    "workspace_id": lambda stream: about(stream, "workspace_id"),
    "response": lambda stream: about(stream, "response"),
    "close": closed,
}
CLASSES = [
    (streaming.MessageStream, SYNC),
    (streaming.BetaMessageStream, SYNC),
    (streaming.AsyncMessageStream, ASYNC),
    (streaming.BetaAsyncMessageStream, ASYNC),
]


@pytest.mark.parametrize(("kind", "table"), CLASSES, ids=lambda value: getattr(value, "__name__", ""))
def test_every_public_name_of_a_stream_is_looked_at(kind: type[Any], table: dict[str, Any]) -> None:
    public = {name for name in {*dir(kind), *kind.__annotations__} if not name.startswith("_")}
    assert public <= table.keys()


SCRIPT = wire.stream({"type": "thinking", "thinking": "Hm.", "signature": ""}, wire.text("Hello"), wire.tool_use(a=1))


def as_said(value: Any) -> Any:
    """Types and values, all the way down."""
    if isinstance(value, (list, tuple)):
        return [as_said(each) for each in value]
    return type(value), value.model_dump() if hasattr(value, "model_dump") else value


@pytest.mark.parametrize("how", SYNC)
@pytest.mark.parametrize("beta", [False, True], ids=["messages", "beta"])
def test_a_stream_gives_what_it_gives_without_us(
    how: str,
    *,
    beta: bool,
    provider: Provider,
    bare_claude: anthropic.Anthropic,
    spans: Spans,
    claude: anthropic.Anthropic,
) -> None:
    provider.queue(wire.MESSAGES, *[events(SCRIPT, done=False)] * 2)
    seen: list[Any] = []
    for client in (bare_claude, claude):
        resource: Any = client.beta.messages if beta else client.messages
        with resource.stream(**wire.ASK) as stream:
            seen.append(as_said([type(stream), SYNC[how](stream)]))
    assert seen[0] == seen[1]
    said = only(spans)
    assert outcome(said) == ("abandoned" if how == "close" else "complete")
    assert how == "close" or text(said) == ["Hm.", "Hello", None]


@pytest.mark.parametrize("how", ASYNC)
@pytest.mark.parametrize("beta", [False, True], ids=["messages", "beta"])
async def test_an_async_stream_gives_what_it_gives_without_us(
    how: str,
    *,
    beta: bool,
    provider: Provider,
    bare_async_claude: anthropic.AsyncAnthropic,
    spans: Spans,
    async_claude: anthropic.AsyncAnthropic,
) -> None:
    provider.queue(wire.MESSAGES, *[events(SCRIPT, done=False)] * 2)
    seen: list[Any] = []
    for client in (bare_async_claude, async_claude):
        resource: Any = client.beta.messages if beta else client.messages
        async with resource.stream(**wire.ASK) as stream:
            seen.append(as_said([type(stream), await ASYNC[how](stream)]))
    assert seen[0] == seen[1]
    said = only(spans)
    assert outcome(said) == ("abandoned" if how == "close" else "complete")


def test_a_stream_class_of_the_callers_is_read_as_it_wants(
    provider: Provider, spans: Spans, claude: anthropic.Anthropic
) -> None:
    seen: list[str] = []

    class Noting(anthropic.Stream[RawMessageStreamEvent]):
        def __stream__(self) -> Iterator[RawMessageStreamEvent]:
            for event in super().__stream__():
                seen.append(event.type)
                yield event

    provider.queue(wire.MESSAGES, events(wire.stream(), done=False))
    stream = claude.messages.with_raw_response.create(**ASK).parse(to=Noting)
    assert isinstance(stream, Noting)
    assert [event.type for event in stream] == seen
    assert (outcome(only(spans)), text(only(spans))) == ("complete", ["Hello"])
