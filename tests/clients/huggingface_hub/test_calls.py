"""Hugging Face's clients, whole and streamed, sync and async: the same results and errors, and one span a call."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import InferenceClient

import tracekit
import tracekit_integrations
from tests.clients.huggingface_hub import programs
from tests.clients.huggingface_hub.programs import CHAT, CHUNKS, HI, USAGE, async_client, chat, chunk, client, queue
from tests.support import conventions
from tests.support.conventions import outcome
from tests.support.faults import harm
from tests.support.patched import Spans
from tests.support.provider import Provider, answer, events
from tracekit import semconv
from tracekit.dialects import canonical
from tracekit.model import Call
from tracekit_integrations import huggingface_hub as integration

pytestmark = pytest.mark.filterwarnings(  # the client leaves its connections to whoever comes by
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
FOLDER = Path(tracekit_integrations.__file__).parent
FILES = [FOLDER / "huggingface_hub.py", FOLDER / "_huggingface_tasks.py"]


def only(spans: Spans) -> dict[str, Any]:
    (span,) = spans()
    conventions.check(span.attributes)
    return span.attributes


def is_whole(said: dict[str, Any], *, streamed: bool = False) -> None:
    assert said[semconv.OPERATION] == "chat"
    assert (said[semconv.PROVIDER], said[semconv.SERVER_ADDRESS]) == ("hf-inference", "127.0.0.1")
    assert (said[semconv.REQUEST_MODEL], said[semconv.RESPONSE_MODEL]) == ("m-9", "m-9-1")
    assert (said[semconv.USAGE_INPUT_TOKENS], said[semconv.USAGE_OUTPUT_TOKENS]) == (7, 3)
    assert said[semconv.RESPONSE_FINISH_REASONS] == ["stop"]
    assert outcome(said) == "complete"
    (message,) = said[semconv.OUTPUT_MESSAGES]
    assert message["parts"] == [{"type": "text", "content": "Hello"}]
    assert (semconv.RESPONSE_TIME_TO_FIRST_CHUNK in said) is streamed


def test_everything_is_as_without_us(provider: Provider, data_dir: Path) -> None:
    bare = programs.everything(provider)
    tracekit.autolog(directory=data_dir, instrument=["huggingface_hub"])
    try:
        assert programs.everything(provider) == bare
    finally:
        tracekit.uninstrument()
    assert provider.left == 0


def test_a_chat_is_recorded(provider: Provider, spans: Spans) -> None:
    queue(provider, CHAT, chat())
    client(provider).chat.completions.create(HI, model="m-9")
    is_whole(only(spans))


async def test_an_async_chat_is_recorded(provider: Provider, spans: Spans) -> None:
    queue(provider, CHAT, chat())
    async with async_client(provider) as one:
        await one.chat.completions.create(HI, model="m-9")
    is_whole(only(spans))


def test_a_streamed_chat_is_recorded(provider: Provider, spans: Spans) -> None:
    queue(provider, CHAT, events(CHUNKS))
    stream = client(provider).chat_completion(HI, model="m-9", stream=True)
    assert len(list(stream)) == len(CHUNKS)
    is_whole(only(spans), streamed=True)


async def test_an_async_streamed_chat_is_recorded(provider: Provider, spans: Spans) -> None:
    queue(provider, CHAT, events(CHUNKS))
    async with async_client(provider) as one:
        stream = await one.chat_completion(HI, model="m-9", stream=True)
        assert len([each async for each in stream]) == len(CHUNKS)
    is_whole(only(spans), streamed=True)


@pytest.mark.parametrize("how", ["dropped", "closed"])
def test_a_stream_left_early_is_abandoned_at_once(how: str, provider: Provider, spans: Spans) -> None:
    queue(provider, CHAT, events(CHUNKS))
    stream: Any = client(provider).chat_completion(HI, model="m-9", stream=True)
    next(stream)
    assert spans() == []
    gc.disable()
    try:
        if how == "closed":
            stream.close()
        del stream
        assert outcome(only(spans)) == "abandoned"
    finally:
        gc.enable()


async def test_a_cancelled_call_is_cancelled(provider: Provider, spans: Spans) -> None:
    queue(provider, CHAT, answer(chat(), pause=0.5))
    async with async_client(provider) as one:
        task = asyncio.create_task(one.chat_completion(HI, model="m-9"))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert outcome(only(spans)) == "cancelled"


def test_a_stream_that_breaks_off_is_partial(provider: Provider, spans: Spans) -> None:
    queue(provider, CHAT, events(CHUNKS[:1], done=False, cut=True))
    with pytest.raises(Exception, match=r"incomplete|prematurely|peer closed"):
        list(client(provider).chat_completion(HI, model="m-9", stream=True))
    (span,) = spans()
    assert (span.status_code, outcome(span.attributes)) == (2, "partial")


def test_an_error_is_the_clients_own(provider: Provider, spans: Spans) -> None:
    queue(provider, CHAT, answer({"error": "no such model"}, status=404))
    with pytest.raises(Exception, match="404") as raised:
        client(provider).chat_completion(HI, model="m-9")
    (span,) = spans()
    assert span.status_code == 2
    assert span.attributes[semconv.ERROR_TYPE].endswith(type(raised.value).__name__)


async def test_calls_stand_beneath_their_callers(provider: Provider, spans: Spans) -> None:
    queue(provider, CHAT, *[chat()] * 4)

    async def ask(name: str) -> None:
        with tracekit.span(name):
            await one.chat_completion(HI, model="m-9")

    async with async_client(provider) as one:
        await asyncio.gather(*(ask(f"caller {number}") for number in range(4)))
    by_id = {span.span_id: span for span in spans()}
    calls = [span for span in spans() if span.name == "chat m-9"]
    assert len({by_id[call.parent_span_id or ""].name for call in calls}) == 4


def test_a_tool_call_is_recorded(provider: Provider, spans: Spans) -> None:
    queue(provider, CHAT, chat(None, "tool_calls", tool_calls=[programs.CALL]))
    client(provider).chat_completion(HI, model="m-9", tools=[programs.TOOL])
    said = only(spans)
    (message,) = said[semconv.OUTPUT_MESSAGES]
    assert message == {
        "role": "assistant",
        "parts": [{"type": "tool_call", "id": "c1", "name": "add", "arguments": {"a": 1}}],
        "finish_reason": "tool_call",
    }
    assert said[semconv.TOOL_DEFINITIONS] == [{"type": "function", "name": "add", "parameters": {"type": "object"}}]


def test_a_text_with_details_has_its_tokens(provider: Provider, spans: Spans) -> None:
    queue(provider, "/text", events(programs.TOKENS, done=False))
    at = client(provider, "/text")
    assert "".join(at.text_generation("Hi", stream=True, max_new_tokens=9)) == "Hello</s>"
    (span,) = spans()
    found = canonical(span)
    assert (found.kind, found.input_tokens, found.output_tokens) == ("llm", 7, 3)
    assert span.attributes[semconv.REQUEST_MAX_TOKENS] == 9
    assert span.attributes[semconv.OUTPUT_MESSAGES][0]["parts"] == [{"type": "text", "content": "Hello"}]


@pytest.mark.parametrize(
    ("provider_name", "url", "expected"),
    [
        ("together", "https://api.together.xyz/v1/chat/completions", "together_ai"),
        ("hf-inference", "https://router.huggingface.co/hf-inference/models/m", "hf-inference"),
        (None, "https://router.huggingface.co/together/v1/chat/completions", "together_ai"),
        ("auto", "https://router.huggingface.co/groq/openai/v1/chat/completions", "groq"),
        (None, "https://router.huggingface.co/v1/chat/completions", "huggingface"),
        (None, "https://api.openai.com/v1/chat/completions", "openai"),
        (None, "http://localhost:8080/v1/chat/completions", "hf-inference"),
    ],
)
def test_a_provider_is_told_by_the_client_or_the_address(provider_name: Any, url: str, expected: str) -> None:
    made = InferenceClient(provider=provider_name)
    sent = type("Sent", (), {"url": url, "task": "conversational", "model": "m", "json": {"messages": HI}})
    call = Call(instance=made, args=(sent,), kwargs={})
    method = integration._method(call)
    assert method is not None
    invocation = method.request(call)
    assert invocation is not None
    assert (invocation.provider, invocation.request_model) == (expected, "m")


def test_uninstrument_puts_everything_back(provider: Provider, spans: Spans) -> None:
    tracekit.uninstrument()
    assert not hasattr(vars(InferenceClient)["_inner_post"], "__wrapped__")
    queue(provider, CHAT, chat())
    client(provider).chat_completion(HI, model="m-9")
    assert spans() == []


def test_a_fault_at_any_line_costs_the_caller_nothing(provider: Provider, data_dir: Path) -> None:
    assert harm(FILES, lambda: programs.everything(provider), data_dir) == []


def test_a_usage_that_comes_late_is_kept(provider: Provider, spans: Spans) -> None:
    late = [chunk("Hello", "stop"), {**chunk(""), "choices": [], "usage": USAGE}]
    queue(provider, CHAT, events(late))
    list(client(provider).chat_completion(HI, model="m-9", stream=True, stream_options={"include_usage": True}))
    is_whole(only(spans), streamed=True)
