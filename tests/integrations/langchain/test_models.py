"""Calls of ChatOpenAI against a local server: what is recorded of a model's call, and that it counts once."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import openai
import pytest
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.outputs import ChatGeneration, Generation, LLMResult
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel

import tracekit
from tests.integrations import wire
from tests.integrations.langchain.conftest import usage
from tests.support.provider import Provider, answer, events
from tests.support.traced import Traced
from tracekit import semconv, semconv_vendors
from tracekit.model import Usage
from tracekit_integrations import _langchain_chat as chat

CALL = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}


class Colour(BaseModel):
    """A colour."""

    name: str


def numbered(number: int, reply: dict[str, Any]) -> dict[str, Any]:
    return {**reply, "id": f"chatcmpl-{number}"}


def counted(traced: Traced) -> list[tuple[Any, ...]]:
    """Model calls as the store judges them: which count, and what they count."""
    query = "select counted, input_tokens, output_tokens from spans where kind = 'llm' order by start_time"
    return tracekit.connect(traced.directory).sql(query).rows


def test_a_call_and_the_clients_beneath_it_count_once(traced: Traced, provider: Provider, model: ChatOpenAI) -> None:
    provider.queue(wire.CHAT, answer(wire.completion("Hello")), events(wire.chat("Hel", "lo")))
    assert model.invoke("Hi").content == "Hello"
    assert "".join(str(chunk.content) for chunk in model.stream("Hi")) == "Hello"
    assert traced.tree == [("chat gpt-9", ["chat gpt-9"])] * 2
    assert counted(traced) == [(True, 30, 9), (False, 30, 9)] * 2
    totals = "select input_tokens, output_tokens, models from traces"
    assert tracekit.connect(traced.directory).sql(totals).rows == [(30, 9, ["gpt-9-2026"])] * 2


def test_the_command_line_says_so_too(traced: Traced, provider: Provider, model: ChatOpenAI) -> None:
    provider.queue(wire.CHAT, *(answer(numbered(number, wire.completion("Hello"))) for number in range(3)))
    with tracekit.span("mine"):
        model.batch(["a", "b", "c"])
    query = "select input_tokens, output_tokens, span_count from traces"
    command = [sys.executable, "-m", "tracekit", "sql", "--dir", str(traced.directory), "--format", "csv", query]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    assert said.split() == ["input_tokens,output_tokens,span_count", "90,27,7"]


async def test_asynchronous_calls(traced: Traced, provider: Provider) -> None:
    async with openai.DefaultAsyncHttpxClient(verify=False) as plain:
        options: Any = {"base_url": f"{provider.url}/v1", "api_key": "none", "max_retries": 0}
        model = ChatOpenAI(model="gpt-9", http_async_client=plain, **options)
        provider.queue(wire.CHAT, answer(wire.completion("Hello")), events(wire.chat("Hel", "lo")))
        assert (await model.ainvoke("Hi")).content == "Hello"
        assert "".join([str(chunk.content) async for chunk in model.astream("Hi")]) == "Hello"
    assert traced.tree == [("chat gpt-9", ["chat gpt-9"])] * 2
    assert counted(traced) == [(True, 30, 9), (False, 30, 9)] * 2


def test_what_is_recorded_of_a_call(traced: Traced, provider: Provider, model: ChatOpenAI) -> None:
    provider.queue(wire.CHAT, answer(wire.completion(None, tool_calls=[CALL])))
    set_up = model.bind_tools([Colour], stop=["END"], seed=7).with_config(tags=["beta"])
    set_up.invoke([("system", "Be brief."), ("user", "Hi")], {"metadata": {"thread_id": "t1"}})
    said = traced.spans[0].attributes
    expected = {
        semconv.OPERATION: "chat",
        semconv.PROVIDER: "openai",
        semconv.REQUEST_MODEL: "gpt-9",
        semconv.REQUEST_SEED: 7,
        semconv.REQUEST_STOP_SEQUENCES: ["END"],
        semconv.CONVERSATION_ID: "t1",
        semconv.TAGS: ["beta"],
        semconv.RESPONSE_MODEL: "gpt-9-2026",
        semconv.RESPONSE_ID: "chatcmpl-1",
        semconv.RESPONSE_FINISH_REASONS: ["tool_calls"],
        semconv.USAGE_INPUT_TOKENS: 30,
        semconv.USAGE_OUTPUT_TOKENS: 9,
        semconv.USAGE_CACHE_READ: 20,
        semconv.USAGE_REASONING: 4,
        semconv.INPUT_MESSAGES: [
            {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]},
            {"role": "user", "parts": [{"type": "text", "content": "Hi"}]},
        ],
        semconv.OUTPUT_MESSAGES: [
            {
                "role": "assistant",
                "finish_reason": "tool_call",
                "parts": [{"type": "tool_call", "id": "c1", "name": "add", "arguments": {"a": 1}}],
            }
        ],
    }
    assert {name: said.get(name) for name in expected} == expected
    (tool,) = said[semconv.TOOL_DEFINITIONS]
    assert (tool["type"], tool["name"], tool["description"]) == ("function", "Colour", "A colour.")
    assert tool["parameters"]["required"] == ["name"]


def test_structured_output(traced: Traced, provider: Provider, model: ChatOpenAI) -> None:
    provider.queue(wire.CHAT, answer(wire.completion('{"name": "red"}')))
    assert model.with_structured_output(Colour).invoke("Hi") == Colour(name="red")
    assert traced.tree[0][0] == "RunnableSequence"
    assert traced.spans[1].attributes[semconv.OUTPUT_TYPE] == "json"
    assert traced.spans[0].attributes[semconv.OUTPUT] == {"name": "red"}


def test_the_responses_api(traced: Traced, provider: Provider, model: ChatOpenAI) -> None:
    provider.queue(wire.RESPONSES, answer(wire.response(wire.said("Hello"))), events(wire.response_events("Hel", "lo")))
    by_responses = model.model_copy(update={"use_responses_api": True})
    by_responses.invoke("Hi")
    assert list(by_responses.stream("Hi"))
    assert counted(traced)[:2] == [(True, 30, 9), (False, 30, 9)]
    for span in traced.spans[::2]:
        said = span.attributes
        assert said[semconv.RESPONSE_ID] == "resp_1"
        assert said[semconv.OUTPUT_MESSAGES] == [
            {"role": "assistant", "finish_reason": "stop", "parts": [{"type": "text", "content": "Hello"}]}
        ]


def test_an_error_of_the_provider(traced: Traced, provider: Provider, model: ChatOpenAI) -> None:
    provider.queue(wire.CHAT, *[answer({"error": {"message": "sorry"}}, status=429)] * 2)
    for ask in (lambda: model.invoke("Hi"), lambda: list(model.stream("Hi"))):
        with pytest.raises(openai.RateLimitError, match="sorry"):
            ask()
    assert traced.tree == [("chat gpt-9", ["chat gpt-9"])] * 2
    assert {span.status_code for span in traced.spans} == {2}
    assert all(span.attributes[semconv.ERROR_TYPE].endswith("RateLimitError") for span in traced.spans)
    assert not any(semconv.OUTPUT_MESSAGES in span.attributes for span in traced.spans)


def test_a_stream_that_breaks_off_keeps_what_came(traced: Traced, provider: Provider, model: ChatOpenAI) -> None:
    provider.queue(wire.CHAT, events(wire.chat("Hel", "lo")[:3], done=False, cut=True))
    with pytest.raises(openai.APIConnectionError):
        list(model.stream("Hi"))
    said = traced.spans[0].attributes
    assert said[semconv.OUTCOME] == "partial"
    assert said[semconv.OUTPUT_MESSAGES][0]["parts"] == [{"type": "text", "content": "Hello"}]


def test_embeddings_are_the_clients(traced: Traced, provider: Provider) -> None:
    vectors = [{"object": "embedding", "index": 0, "embedding": [1.0, 2.0]}]
    used = {"prompt_tokens": 8, "total_tokens": 8}
    provider.queue("/v1/embeddings", answer({"object": "list", "model": "e-9", "data": vectors, "usage": used}))
    options: Any = {"base_url": f"{provider.url}/v1", "api_key": "none", "check_embedding_ctx_length": False}
    with openai.DefaultHttpxClient(verify=False) as plain:
        assert OpenAIEmbeddings(model="e-9", http_client=plain, **options).embed_query("a") == [1.0, 2.0]
    assert traced.tree == ["embeddings e-9"]
    assert usage(traced.spans[0]) == (8, None)


def test_content_stays_out_where_it_is_not_wanted(data_dir: Any) -> None:
    tracekit.autolog(directory=data_dir, instrument=["langchain"], capture_content=False)
    FakeListChatModel(responses=["secret"]).invoke("secret")
    tracekit.uninstrument()
    assert Traced(data_dir).tree == ["chat FakeListChatModel"]
    assert not any(b"secret" in path.read_bytes() for path in data_dir.rglob("*.tkj"))


USED = {
    "input_tokens": 100,
    "output_tokens": 50,
    "total_tokens": 150,
    "input_token_details": {"cache_read": 10, "cache_creation": 20, "audio": 5},
    "output_token_details": {"reasoning": 30, "audio": 7},
}


def result(message: AIMessage, **told: Any) -> LLMResult:
    return LLMResult(generations=[[ChatGeneration(message=message)]], llm_output=told or None)


def test_usage_in_all_its_parts() -> None:
    said = chat.model_ended(result(AIMessage("a", usage_metadata=USED)))  # type: ignore[arg-type]
    assert said.usage == Usage(
        input_tokens=100, output_tokens=50, cache_read_tokens=10, cache_write_tokens=20, reasoning_tokens=30
    )
    assert said.attributes[semconv_vendors.USAGE_DETAILS_INPUT_AUDIO] == 5
    assert said.attributes[semconv_vendors.USAGE_DETAILS_OUTPUT_AUDIO] == 7


@pytest.mark.parametrize(
    ("details", "written"),
    [
        ({}, None),
        ({"cache_creation": 0}, 0),
        ({"cache_creation": 0, "ephemeral_5m_input_tokens": 3, "ephemeral_1h_input_tokens": 4}, 7),
    ],
)
def test_tokens_written_to_a_cache(details: dict[str, int], written: int | None) -> None:
    used: Any = {"input_tokens": 9, "output_tokens": 1, "total_tokens": 10, "input_token_details": details}
    told = chat.model_ended(result(AIMessage("a", usage_metadata=used))).usage
    assert told is not None
    assert told.cache_write_tokens == written


def test_unknown_is_not_zero() -> None:
    said = chat.model_ended(result(AIMessage("a")))
    assert (said.usage, said.response_id, said.response_model, said.finish_reasons) == (None, None, None, None)
    assert said.output_messages == [
        {"role": "assistant", "finish_reason": "unknown", "parts": [{"type": "text", "content": "a"}]}
    ]


@pytest.mark.parametrize(
    ("meta", "reason", "word"),
    [
        ({"finish_reason": "stop"}, "stop", "stop"),
        ({"stop_reason": "tool_use"}, "tool_use", "tool_call"),
        ({"stopReason": "end_turn"}, "end_turn", "stop"),
        ({"finish_reason": "SAFETY"}, "SAFETY", "SAFETY"),
        (
            {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}},
            "max_output_tokens",
            "length",
        ),
    ],
)
def test_finish_reasons(meta: dict[str, Any], reason: str, word: str) -> None:
    said = chat.model_ended(result(AIMessage("a", response_metadata=meta)))
    assert said.finish_reasons == [reason]
    assert said.output_messages is not None
    assert said.output_messages[0].get("finish_reason") == word


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (AIMessage("a", id="msg_1"), "msg_1"),
        (AIMessage("a", id="run-1"), None),
        (AIMessage("a", id="lc_run--1"), None),
        (AIMessage("a", id="lc_run--1", response_metadata={"id": "r1"}), "r1"),
    ],
)
def test_the_id_of_a_response(message: AIMessage, expected: str | None) -> None:
    assert chat.model_ended(result(message)).response_id == expected


def test_a_completion_of_text() -> None:
    used = {"token_usage": {"prompt_tokens": 3, "completion_tokens": 2}, "model_name": "m-9"}
    said = chat.model_ended(LLMResult(generations=[[Generation(text="one"), Generation(text="two")]], llm_output=used))
    assert said.usage == Usage(input_tokens=3, output_tokens=2)
    assert said.response_model == "m-9"
    assert [message["parts"][0].get("content") for message in said.output_messages or ()] == ["one", "two"]


def test_pieces_amount_to_a_message() -> None:
    pieces = chat.Pieces()
    assert pieces.response().output_messages is None
    from langchain_core.outputs import ChatGenerationChunk

    for word in ("Hel", "lo"):
        pieces.add(chat.piece(word, chunk=ChatGenerationChunk(message=AIMessageChunk(word))))
    pieces.add(chat.piece({"event": "of no chunk"}))
    (said,) = pieces.response().output_messages or ()
    assert said["parts"] == [{"type": "text", "content": "Hello"}]


@pytest.mark.parametrize(
    ("tool", "expected"),
    [
        (
            {"type": "function", "function": {"name": "a", "description": "b", "parameters": {"type": "object"}}},
            {"type": "function", "name": "a", "description": "b", "parameters": {"type": "object"}},
        ),
        (
            {"name": "a", "description": "b", "input_schema": {"type": "object"}},
            {"type": "function", "name": "a", "description": "b", "parameters": {"type": "object"}},
        ),
        ({"type": "web_search", "secret": "s"}, {"type": "web_search", "name": "web_search"}),
    ],
)
def test_tool_definitions(tool: dict[str, Any], expected: dict[str, Any]) -> None:
    made = chat.chat_begun({"name": "M"}, [[]], invocation_params={"tools": [tool]})
    assert made.tool_definitions == [expected]
