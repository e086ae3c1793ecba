"""Bedrock's streams and bodies: read in any way, left, broken, closed; the client's own objects, and one span each."""

from __future__ import annotations

import contextlib
import gc
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.eventstream import EventStream, NoInitialResponseError
from botocore.exceptions import EventStreamError, ResponseStreamingError
from botocore.response import StreamingBody
from botocore.stub import Stubber

import tracekit
from tests.integrations import botocores
from tests.integrations.scenarios.bedrock_calls import CLAUDE, HI, MODEL, SAID
from tests.support import eventstream
from tests.support.conventions import outcome
from tests.support.patched import Spans
from tests.support.provider import Provider, Reply, answer
from tracekit import semconv

SEND = vars(BaseClient)["_make_api_call"]
STREAM = f"/model/{MODEL}/converse-stream"
INVOKE = f"/model/{MODEL}/invoke"


@pytest.fixture
def bedrock(provider: Provider) -> Any:
    return botocores.client(provider.url, "bedrock-runtime")


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Without the cycle collector: what ends here, ends because nobody holds it any more."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def streamed(bedrock: Any) -> EventStream:
    return bedrock.converse_stream(modelId=MODEL, messages=HI)["stream"]


def invoked(bedrock: Any) -> StreamingBody:
    return bedrock.invoke_model(modelId=MODEL, body=json.dumps({"prompt": "Hi"}))["body"]


def only(spans: Spans) -> dict[str, Any]:
    (span,) = spans()
    return span.attributes


def test_a_stream_is_of_the_clients_own_type_and_complete_when_read(
    bedrock: Any, provider: Provider, spans: Spans
) -> None:
    provider.queue(STREAM, eventstream.reply(SAID))
    stream = streamed(bedrock)
    assert type(stream) is EventStream
    assert dir(stream) == dir(EventStream(_Nothing(), None, None, ""))
    assert spans() == []
    assert len(list(stream)) == len(SAID)
    assert list(stream) == []
    assert outcome(only(spans)) == "complete"


class _Nothing:
    def stream(self) -> Iterator[bytes]:
        return iter(())


@pytest.mark.parametrize("how", ["dropped", "closed", "never read"])
@pytest.mark.usefixtures("no_collector")
def test_a_stream_left_early_ends_its_span_at_once(how: str, bedrock: Any, provider: Provider, spans: Spans) -> None:
    provider.queue(STREAM, eventstream.reply(SAID))
    stream = streamed(bedrock)
    reading = iter(stream) if how != "never read" else None
    first = None if reading is None else [next(reading) for _ in range(5)][-1]
    assert spans() == []
    if how == "closed":
        stream.close()
    else:
        del stream, reading
    said = only(spans)
    assert outcome(said) == "abandoned"
    if first is not None:
        assert [part["content"] for part in said[semconv.OUTPUT_MESSAGES][0]["parts"]] == ["Hm.", "Hel"]


def test_a_stream_left_once_it_says_why_it_stopped_is_complete(bedrock: Any, provider: Provider, spans: Spans) -> None:
    provider.queue(STREAM, eventstream.reply(SAID))
    stream = streamed(bedrock)
    for event in stream:
        if "metadata" in event:
            break
    stream.close()
    assert outcome(only(spans)) == "complete"


def test_an_exception_in_a_stream_is_the_clients_own(bedrock: Any, provider: Provider, spans: Spans) -> None:
    provider.queue(STREAM, eventstream.reply([*SAID[:5], eventstream.broken("throttlingException", "slow down")]))
    with pytest.raises(EventStreamError, match="slow down"):
        list(streamed(bedrock))
    (span,) = spans()
    assert (span.status_code, outcome(span.attributes)) == (2, "partial")
    assert span.attributes[semconv.ERROR_TYPE] == "botocore.exceptions.EventStreamError"
    assert "slow down" in str(span.status_message)


def test_a_stream_that_breaks_off_is_partial(bedrock: Any, provider: Provider, spans: Spans) -> None:
    provider.queue(STREAM, eventstream.reply(SAID[:5], cut=True))
    with pytest.raises(Exception, match=r"ended prematurely|Connection broken|IncompleteRead"):
        list(streamed(bedrock))
    assert outcome(only(spans)) == "partial"


def test_an_initial_response_is_asked_for_as_before(bedrock: Any, provider: Provider, spans: Spans) -> None:
    provider.queue(STREAM, eventstream.reply(SAID))
    stream = streamed(bedrock)
    with pytest.raises(NoInitialResponseError):
        stream.get_initial_response()
    assert len(list(stream)) == len(SAID) - 1


BODY = json.dumps(CLAUDE, indent=1).encode()


def _whole_of(body: StreamingBody) -> bytes:
    into = bytearray(len(BODY) + 9)
    return bytes(into[: body.readinto(into)])


def _within(body: Any, read: Callable[[Any], Any]) -> Any:
    with body as raw:
        return type(raw), read(raw)


def _closing(body: Any) -> Any:
    with contextlib.closing(body):
        return body.read()


READS: dict[str, Callable[[Any], Any]] = {
    "read": lambda body: body.read(),
    "read all": lambda body: body.read(amt=None),
    "in pieces": lambda body: b"".join(iter(lambda: body.read(10), b"")),
    "in pieces, no further than its length": lambda body: body.read(10) + body.read(len(BODY) - 10),
    "iter_lines": lambda body: list(body.iter_lines(chunk_size=7)),
    "iter_chunks": lambda body: b"".join(body.iter_chunks(7)),
    "iter": b"".join,
    "next": next,
    "readlines": lambda body: b"".join(body.readlines()),
    "readinto": _whole_of,
    "json.load": json.load,
    "text": lambda body: io.TextIOWrapper(io.BufferedReader(body)).read(),
    "with": lambda body: _within(body, lambda raw: raw.read()),
    "with, in pieces": lambda body: _within(body, lambda raw: b"".join(iter(lambda: raw.read(10), b""))),
    "with, the body": lambda body: _within(body, lambda _: body.read()),
    "closing": _closing,
    "tell": lambda body: (body.read(10), body.tell(), body.read(), body.tell(), body.readable()),
}


@pytest.mark.parametrize("kind", ["application/json", "text/event-stream"], ids=["whole", "chunked"])
@pytest.mark.parametrize("how", READS)
def test_a_body_is_read_as_before_and_complete_when_read(
    how: str, kind: str, provider: Provider, bedrock: Any, request: pytest.FixtureRequest
) -> None:
    """Some of these botocore itself cannot do with a body that comes in chunks: then it cannot with us either."""
    said = Reply(headers={"content-type": kind}, body=BODY)
    provider.queue(INVOKE, said, said)
    bare = attempted(READS[how], invoked(bedrock))
    spans: Spans = request.getfixturevalue("spans")
    body = invoked(bedrock)
    assert type(body) is StreamingBody
    assert spans() == []
    assert attempted(READS[how], body) == bare
    del body
    gc.collect()
    said_ = only(spans)
    assert outcome(said_) == "complete"
    assert (said_[semconv.USAGE_INPUT_TOKENS], said_[semconv.RESPONSE_ID]) == (7, "msg_1")


def attempted(read: Callable[[Any], Any], body: Any) -> Any:
    try:
        return read(body)
    except Exception as error:  # noqa: BLE001 - whatever the client raises, it must raise with us too
        return type(error), str(error)


@pytest.mark.parametrize("how", ["dropped", "closed", "dropped half-read"])
@pytest.mark.usefixtures("no_collector")
def test_a_body_left_early_ends_its_span_at_once(how: str, bedrock: Any, provider: Provider, spans: Spans) -> None:
    provider.queue(INVOKE, answer(CLAUDE))
    body = invoked(bedrock)
    if how == "dropped half-read":
        body.read(10)
    if how == "closed":
        body.close()
    else:
        del body
    said = only(spans)
    assert outcome(said) == "abandoned"
    assert semconv.OUTPUT_MESSAGES not in said


def test_a_body_that_breaks_off_raises_the_clients_own_error(bedrock: Any, provider: Provider, spans: Spans) -> None:
    provider.queue(INVOKE, Reply(headers={"content-type": "text/event-stream"}, body=BODY[:20], cut=True))
    with pytest.raises(ResponseStreamingError):
        invoked(bedrock).read()
    (span,) = spans()
    assert (span.status_code, span.attributes[semconv.ERROR_TYPE]) == (2, "botocore.exceptions.ResponseStreamingError")


def test_a_method_outlives_its_body(bedrock: Any, provider: Provider, spans: Spans) -> None:
    provider.queue(INVOKE, answer(CLAUDE))
    read = invoked(bedrock).read
    assert json.loads(read()) == CLAUDE
    assert outcome(only(spans)) == "complete"


def test_a_stub_s_body_is_recorded(bedrock: Any, spans: Spans) -> None:
    with Stubber(bedrock) as stubber:
        stubber.add_response(
            "invoke_model",
            {"body": StreamingBody(io.BytesIO(BODY), len(BODY)), "contentType": "application/json"},
        )
        assert invoked(bedrock).read() == BODY
    assert only(spans)[semconv.RESPONSE_ID] == "msg_1"


def test_other_services_are_let_be(provider: Provider, spans: Spans) -> None:
    provider.queue("/", answer({}))
    botocores.client(provider.url, "dynamodb").list_tables()
    assert spans() == []


def test_uninstrument_puts_everything_back(bedrock: Any, provider: Provider, spans: Spans) -> None:
    assert vars(BaseClient)["_make_api_call"] is not SEND
    tracekit.uninstrument()
    assert vars(BaseClient)["_make_api_call"] is SEND
    provider.queue(INVOKE, answer(CLAUDE))
    assert "read" not in vars(invoked(bedrock))
    assert spans() == []
