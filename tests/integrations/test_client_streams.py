"""Streams of the clients that give generators and event streams: every way in which one can end, sync and async."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import inspect
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import tracekit
from tests.integrations.clients import STREAMING, WORDS, Streaming
from tests.support import conventions
from tests.support.conventions import outcome
from tests.support.provider import Provider
from tests.support.recorded import journaled
from tracekit import semconv
from tracekit.model import RawSpan
from tracekit.sdk import guard


@pytest.fixture(params=STREAMING, ids=lambda streaming: streaming.name)
def streaming(request: pytest.FixtureRequest) -> Streaming:
    return request.param


@pytest.fixture
def no_collector(streaming: Streaming) -> Iterator[None]:
    """Without the cycle collector: what ends here, ends because nobody holds it any more.

    An interaction's stream holds itself by the `close` that the client puts on it.
    """
    gc.collect()
    if streaming.name == "google-interactions":
        yield
        return
    gc.disable()
    yield
    gc.enable()


def collected() -> None:
    """Cycles are gone, where the collector may run."""
    if gc.isenabled():
        gc.collect()


async def turns() -> None:
    """Turns of the loop, which closes the async generators beneath one that was closed, or that nobody holds."""
    gc.collect()
    for _ in range(20):
        await asyncio.sleep(0)


@contextlib.contextmanager
def traced(streaming: Streaming, data_dir: Path) -> Iterator[None]:
    """With us; no fault of ours may be left, nor an open span."""
    before = guard.faults()
    tracekit.autolog(directory=data_dir, instrument=[streaming.integration])
    try:
        yield
    finally:
        tracekit.uninstrument()
    assert guard.faults() == before
    found = journaled(data_dir)
    assert len(found.started) == len(found.ended)


def only(data_dir: Path) -> RawSpan:
    (span,) = journaled(data_dir).ended
    conventions.check(span.attributes)
    return span


def text(said: dict[str, Any]) -> str:
    return "".join(part["content"] for message in said[semconv.OUTPUT_MESSAGES] for part in message["parts"])


def is_whole(said: dict[str, Any], streaming: Streaming) -> None:
    assert outcome(said) == "complete"
    assert text(said) == "".join(WORDS)
    assert said[semconv.REQUEST_STREAM] is True
    assert said[semconv.RESPONSE_FINISH_REASONS] == ["stop"]
    assert (said[semconv.USAGE_INPUT_TOKENS], said[semconv.USAGE_OUTPUT_TOKENS]) == streaming.tokens
    assert 0 < said[semconv.RESPONSE_TIME_TO_FIRST_CHUNK] <= said[semconv.TIME_TO_LAST_CHUNK]


def test_a_stream_is_of_the_clients_own_type_and_complete_when_read(
    streaming: Streaming, provider: Provider, data_dir: Path
) -> None:
    provider.queue(streaming.path, streaming.reply(), streaming.reply())
    with streaming.client(provider.url) as client:
        plain = streaming.ask(client)
        bare = list(plain)
        with traced(streaming, data_dir):
            stream = streaming.ask(client)
            assert type(stream) is type(plain)
            assert dir(stream) == dir(plain)
            assert list(stream) == bare
            assert list(stream) == []
    is_whole(only(data_dir).attributes, streaming)


async def test_an_async_stream_is_of_the_clients_own_type_and_complete_when_read(
    streaming: Streaming, provider: Provider, data_dir: Path
) -> None:
    provider.queue(streaming.path, streaming.reply(), streaming.reply())
    async with streaming.async_client(provider.url) as client:
        plain = await opened(streaming, client)
        bare = [chunk async for chunk in plain]
        with traced(streaming, data_dir):
            stream = await opened(streaming, client)
            assert type(stream) is type(plain)
            assert dir(stream) == dir(plain)
            assert [chunk async for chunk in stream] == bare
    is_whole(only(data_dir).attributes, streaming)


async def opened(streaming: Streaming, client: Any) -> Any:
    stream = streaming.ask_async(client)
    return await stream if inspect.isawaitable(stream) else stream


@pytest.mark.parametrize("how", ["dropped", "closed"])
@pytest.mark.usefixtures("no_collector")
def test_a_stream_left_early_ends_its_span_at_once(
    how: str, streaming: Streaming, provider: Provider, data_dir: Path
) -> None:
    provider.queue(streaming.path, streaming.reply())
    with streaming.client(provider.url) as client, traced(streaming, data_dir):
        stream = streaming.ask(client)
        next(stream)
        assert journaled(data_dir).ended == []
        if how == "closed":
            stream.close()
            assert next(stream, None) is None
        else:
            del stream
            collected()
        said = only(data_dir).attributes
    assert outcome(said) == "abandoned"
    assert semconv.RESPONSE_TIME_TO_FIRST_CHUNK in said


def test_a_stream_left_after_its_last_chunk_is_complete(
    streaming: Streaming, provider: Provider, data_dir: Path
) -> None:
    provider.queue(streaming.path, streaming.reply())
    with streaming.client(provider.url) as client, traced(streaming, data_dir):
        stream = streaming.ask(client)
        for _ in streaming.chunks:
            next(stream)
        stream.close()
        said = only(data_dir).attributes
    is_whole(said, streaming)


@pytest.mark.parametrize("how", ["dropped", "closed"])
async def test_an_async_stream_left_early_ends_its_span(
    how: str, streaming: Streaming, provider: Provider, data_dir: Path
) -> None:
    provider.queue(streaming.path, streaming.reply())
    async with streaming.async_client(provider.url) as client:
        with traced(streaming, data_dir):
            stream = await opened(streaming, client)
            await anext(stream)
            if how == "closed":
                await (stream.aclose() if hasattr(stream, "aclose") else stream.close())
            else:
                del stream
            await turns()
            assert outcome(only(data_dir).attributes) == "abandoned"


async def test_a_cancelled_stream_is_cancelled(streaming: Streaming, provider: Provider, data_dir: Path) -> None:
    hold = threading.Event()
    provider.queue(streaming.path, streaming.reply(streaming.chunks[:1], hold=hold))
    began = asyncio.Event()

    async def read(client: Any) -> None:
        async for _ in await opened(streaming, client):
            began.set()

    async with streaming.async_client(provider.url) as client:
        with traced(streaming, data_dir):
            task = asyncio.create_task(read(client))
            await began.wait()
            await asyncio.sleep(0.02)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert outcome(only(data_dir).attributes) == "cancelled"
    hold.set()


def test_a_stream_that_breaks_off_is_partial_and_raises_the_same(
    streaming: Streaming, provider: Provider, data_dir: Path
) -> None:
    provider.queue(streaming.path, *[streaming.reply(streaming.chunks[:-1], cut=True)] * 2)
    with streaming.client(provider.url) as client:
        bare = broken(streaming, client)
        with traced(streaming, data_dir):
            assert broken(streaming, client) == bare
    span = only(data_dir)
    if bare is not None:
        assert (span.status_code, outcome(span.attributes)) == (2, "partial")
        assert span.attributes[semconv.ERROR_TYPE].endswith("RemoteProtocolError")
    assert semconv.OUTPUT_MESSAGES in span.attributes


def broken(streaming: Streaming, client: Any) -> tuple[type[BaseException], str] | None:
    """What reading to the end raises."""
    try:
        list(streaming.ask(client))
    except Exception as error:  # noqa: BLE001 - whatever the client raises, it must raise with us too
        return type(error), str(error)
    return None


def test_a_refused_stream_has_the_clients_error(streaming: Streaming, provider: Provider, data_dir: Path) -> None:
    provider.queue(streaming.path, streaming.refusal(), streaming.refusal())
    with streaming.client(provider.url) as client:
        bare = broken(streaming, client)
        with traced(streaming, data_dir):
            assert broken(streaming, client) == bare
    span = only(data_dir)
    assert bare is not None
    assert (span.status_code, outcome(span.attributes)) == (2, "complete")
    assert semconv.ERROR_TYPE in span.attributes
    assert semconv.OUTPUT_MESSAGES not in span.attributes


async def test_a_refused_async_stream_has_the_clients_error(
    streaming: Streaming, provider: Provider, data_dir: Path
) -> None:
    provider.queue(streaming.path, streaming.refusal())
    async with streaming.async_client(provider.url) as client:
        with traced(streaming, data_dir), pytest.raises(Exception, match="no"):
            async for _ in await opened(streaming, client):
                pass
    assert only(data_dir).status_code == 2


@pytest.mark.usefixtures("no_collector")
def test_a_stream_that_is_never_read_leaves_nothing_open(
    streaming: Streaming, provider: Provider, data_dir: Path
) -> None:
    provider.queue(streaming.path, streaming.reply())
    with streaming.client(provider.url) as client, traced(streaming, data_dir):
        stream = streaming.ask(client)
        del stream
        collected()
    assert [outcome(span.attributes) for span in journaled(data_dir).ended] in ([], ["abandoned"])


def test_a_generator_takes_what_is_sent_and_thrown_as_before(
    streaming: Streaming, provider: Provider, data_dir: Path
) -> None:
    provider.queue(streaming.path, streaming.reply(), streaming.reply())
    with streaming.client(provider.url) as client:
        bare = driven(streaming.ask(client))
        with traced(streaming, data_dir):
            assert driven(streaming.ask(client)) == bare
    assert len(journaled(data_dir).ended) == 1


def driven(stream: Any) -> list[Any]:
    """What a stream gives or raises when it is used as a generator: some clients swallow what is thrown in."""
    found: list[Any] = [next(stream)]
    if inspect.isgenerator(stream):
        found.append(stream.send(None))
        try:
            found.append(stream.throw(ZeroDivisionError("thrown")))
        except ZeroDivisionError as error:
            found.append(str(error))
        found.append(stream.close())
    else:
        found.append(stream.close())
    return [*found, next(stream, None)]


def test_spans_stand_beneath_the_callers(streaming: Streaming, provider: Provider, data_dir: Path) -> None:
    provider.queue(streaming.path, streaming.reply())
    with streaming.client(provider.url) as client, traced(streaming, data_dir), tracekit.span("caller") as caller:
        for _ in streaming.ask(client):
            assert tracekit.current_span().span is caller.span
    found = {span.name: span for span in journaled(data_dir).ended}
    (call,) = [span for name, span in found.items() if name != "caller"]
    assert call.parent_span_id == found["caller"].span_id
