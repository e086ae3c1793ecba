"""Bedrock by aiobotocore: its recordings, its streams and its bodies, read in any way, left, broken, cancelled."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiobotocore.client import AioBaseClient
from aiobotocore.eventstream import AioEventStream
from aiobotocore.session import get_session
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError

import tracekit
from tests.integrations.bedrock import asking, check
from tests.integrations.replaying import name_of, recordings, replayed
from tests.support import eventstream
from tests.support.conventions import outcome
from tests.support.patched import Spans
from tests.support.provider import Exchange, Provider, Reply, answer
from tracekit import semconv

pytestmark = pytest.mark.filterwarnings(  # connections whose streams were left are closed when collected
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
SEND = vars(AioBaseClient)["_make_api_call"]
MODEL = "m-9"
STREAM, INVOKE = f"/model/{MODEL}/converse-stream", f"/model/{MODEL}/invoke"
HI: Any = [{"role": "user", "content": [{"text": "Hi"}]}]
SAID = [
    eventstream.event({"messageStart": {"role": "assistant"}}),
    eventstream.event({"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": "Hel"}}}),
    eventstream.event({"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": "lo"}}}),
    eventstream.event({"messageStop": {"stopReason": "end_turn"}}),
    eventstream.event({"metadata": {"usage": {"inputTokens": 7, "outputTokens": 3, "totalTokens": 10}}}),
]
LLAMA = {"generation": "Hello", "prompt_token_count": 7, "generation_token_count": 3, "stop_reason": "stop"}
BODY = json.dumps(LLAMA, indent=1).encode()


@asynccontextmanager
async def client(provider: Provider) -> AsyncIterator[Any]:
    once = Config(retries={"max_attempts": 0}, read_timeout=60, connect_timeout=60)
    session = get_session()
    where: Any = {"region_name": "us-east-1", "endpoint_url": provider.url, "config": once}
    keys = {"aws_access_key_id": "none", "aws_secret_access_key": "none"}
    async with session.create_client("bedrock-runtime", **where, **keys) as made:
        yield made


async def streamed(bedrock: Any) -> AioEventStream:
    return (await bedrock.converse_stream(modelId=MODEL, messages=HI))["stream"]


async def invoked(bedrock: Any) -> Any:
    return (await bedrock.invoke_model(modelId=MODEL, body=json.dumps({"prompt": "Hi"})))["body"]


def only(spans: Spans) -> dict[str, Any]:
    (span,) = spans()
    return span.attributes


@pytest.mark.parametrize("path", recordings("bedrock", "bedrock"), ids=name_of)
async def test_a_recording_replays_the_same_and_is_recorded_as_it_says(
    path: Path, provider: Provider, data_dir: Path
) -> None:
    async def seen(exchanges: list[Exchange]) -> list[Any]:
        async with client(provider) as made:
            return [await attempt(made, exchange) for _ in range(2) for exchange in exchanges]

    spans, exchanges = await replayed(path, "botocore", seen, provider, data_dir)
    assert len(spans) == len(exchanges)
    for span, exchange in zip(spans, exchanges, strict=True):
        check(span, exchange)


async def attempt(made: Any, exchange: Exchange) -> Any:
    method, parameters = asking(exchange)
    try:
        reply = await getattr(made, method)(**parameters)
    except ClientError as error:
        return type(error).__name__, str(error), error.response
    return {name: (type(held), await whole(held)) for name, held in reply.items()}


async def whole(held: Any) -> Any:
    if isinstance(held, AioEventStream):
        return [event async for event in held]
    return await held.read() if hasattr(type(held), "iter_chunks") else held


async def test_a_stream_is_complete_when_read(provider: Provider, spans: Spans) -> None:
    provider.queue(STREAM, eventstream.reply(SAID))
    async with client(provider) as bedrock:
        stream = await streamed(bedrock)
        assert type(stream) is AioEventStream
        assert spans() == []
        assert len([event async for event in stream]) == len(SAID)
    said = only(spans)
    assert outcome(said) == "complete"
    assert (said[semconv.USAGE_INPUT_TOKENS], said[semconv.USAGE_OUTPUT_TOKENS]) == (7, 3)
    assert said[semconv.OUTPUT_MESSAGES][0]["parts"] == [{"type": "text", "content": "Hello"}]


@pytest.mark.parametrize("how", ["dropped", "closed"])
async def test_a_stream_left_early_is_abandoned(how: str, provider: Provider, spans: Spans) -> None:
    provider.queue(STREAM, eventstream.reply(SAID))
    async with client(provider) as bedrock:
        stream = await streamed(bedrock)
        reading: Any = aiter(stream)
        await anext(reading)
        assert spans() == []
        if how == "closed":
            stream.close()
        else:
            await reading.aclose()
            del stream, reading
        assert outcome(only(spans)) == "abandoned"


async def test_a_cancelled_stream_is_cancelled(provider: Provider, spans: Spans) -> None:
    hold = threading.Event()
    provider.queue(STREAM, eventstream.reply(SAID[:2], hold=hold))
    began = asyncio.Event()

    async def read(bedrock: Any) -> None:
        async for _ in await streamed(bedrock):
            began.set()

    async with client(provider) as bedrock:
        task = asyncio.create_task(read(bedrock))
        await began.wait()
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    hold.set()
    assert outcome(only(spans)) == "cancelled"


async def test_an_exception_in_a_stream_is_the_clients_own(provider: Provider, spans: Spans) -> None:
    provider.queue(STREAM, eventstream.reply([*SAID[:2], eventstream.broken("throttlingException", "slow down")]))
    async with client(provider) as bedrock:
        stream = await streamed(bedrock)
        with pytest.raises(EventStreamError, match="slow down"):
            [event async for event in stream]
        stream.close()
    (span,) = spans()
    assert (span.status_code, outcome(span.attributes)) == (2, "partial")


async def _into(body: Any) -> bytes:
    into = bytearray(len(BODY) + 9)
    return bytes(into[: await body.readinto(into)])


async def _pieces(body: Any) -> bytes:
    found = [await body.read(10)]
    while found[-1]:
        found.append(await body.read(10))
    return b"".join(found)


async def _listed(pieces: Any) -> list[bytes]:
    return [piece async for piece in pieces]


async def _within(body: Any) -> Any:
    async with body as stream:
        return type(stream), await stream.read()


READS: dict[str, Callable[[Any], Awaitable[Any]]] = {
    "read": lambda body: body.read(),
    "in pieces": _pieces,
    "readinto": _into,
    "readlines": lambda body: body.readlines(),
    "iter_lines": lambda body: _listed(body.iter_lines(chunk_size=7)),
    "iter_chunks": lambda body: _listed(body.iter_chunks(7)),
    "async for": _listed,
    "async with": _within,
}


@pytest.mark.parametrize("how", READS)
async def test_a_body_is_read_as_before_and_complete_when_read(
    how: str, provider: Provider, request: pytest.FixtureRequest
) -> None:
    provider.queue(INVOKE, *[Reply(body=BODY)] * 2)
    async with client(provider) as bedrock:
        plain = await invoked(bedrock)
        bare = await READS[how](plain)
        spans: Spans = request.getfixturevalue("spans")
        body = await invoked(bedrock)
        assert type(body) is type(plain)
        assert spans() == []
        assert await READS[how](body) == bare
        if hasattr(body, "tell"):
            assert body.tell() == plain.tell()
    said = only(spans)
    assert (outcome(said), said[semconv.USAGE_INPUT_TOKENS]) == ("complete", 7)


async def test_a_body_that_is_closed_unread_is_abandoned(provider: Provider, spans: Spans) -> None:
    provider.queue(INVOKE, answer(LLAMA))
    async with client(provider) as bedrock:
        (await invoked(bedrock)).close()
        assert outcome(only(spans)) == "abandoned"


async def test_calls_stand_beneath_their_callers(provider: Provider, spans: Spans) -> None:
    provider.queue(INVOKE, *[answer(LLAMA)] * 4)

    async def ask(bedrock: Any, name: str) -> None:
        with tracekit.span(name):
            await (await invoked(bedrock)).read()

    async with client(provider) as bedrock:
        await asyncio.gather(*(ask(bedrock, f"caller {number}") for number in range(4)))
    names = {span.span_id: span.name for span in spans()}
    calls = [span for span in spans() if span.name == f"text_completion {MODEL}"]
    assert len({names[call.parent_span_id or ""] for call in calls}) == 4


async def test_uninstrument_puts_everything_back(provider: Provider, spans: Spans) -> None:
    assert vars(AioBaseClient)["_make_api_call"] is not SEND
    tracekit.uninstrument()
    assert vars(AioBaseClient)["_make_api_call"] is SEND
    provider.queue(INVOKE, answer(LLAMA))
    async with client(provider) as bedrock:
        assert json.loads(await (await invoked(bedrock)).read()) == LLAMA
    assert spans() == []
