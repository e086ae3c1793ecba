"""What recorded requests of vendors' emitters must give: one mock endpoint answered them all, so one table holds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from tests.support import corpus
from tracekit.dialects import canonical
from tracekit.dialects.values import decoded
from tracekit.model import Span
from tracekit.otlp import decode

SAMPLES = corpus.ROOT / "otlp-samples"
SDK_SCOPE = "com.anthropic.sdk.python"  # the client's own view of calls that the emitter tells of
CHAT = ("gpt-4o-mini", "gpt-4o-mini-2024-07-18")
EMBEDDING = ("text-embedding-3-small", "text-embedding-3-small")
CLAUDE = ("claude-sonnet-4-5", "claude-sonnet-4-5-20250929")
TERSE = "You are a terse assistant."
WEATHER, CAPITAL = "What is the weather in Paris?", "What is the capital of France?"
QUESTION = "Where does tracekit store spans?"


@dataclass(frozen=True)
class Call:
    models: tuple[str, str]
    tokens: tuple[int, int | None, int]  # input, output, of the input cached
    asked: str | None = None
    answered: str | None = None
    tool: str | None = None  # the id of the call of get_weather
    finish: str | None = None
    provider: str = "openai"


TOOL_CALL = Call(CHAT, (82, 18, 32), WEATHER, tool="call_mock1", finish="tool_call")
ANSWER = Call(CHAT, (114, 11, 0), WEATHER, "It is rainy and 14 degrees in Paris.", finish="stop")
CASES: dict[str, list[Call]] = {
    "chat": [Call(CHAT, (13, 7, 0), CAPITAL, "The capital of France is Paris.", finish="stop")],
    "stream_tool": [TOOL_CALL],
    "rag": [
        Call(EMBEDDING, (8, None, 0)),
        Call(CHAT, (65, 12, 0), QUESTION, "Tracekit stores spans in DuckDB.", finish="stop"),
    ],
    "agent": [TOOL_CALL, ANSWER],
    "anthropic_chat": [
        Call(CLAUDE, (13, 7, 0), CAPITAL, "The capital of France is Paris.", finish="stop", provider="anthropic")
    ],
    "anthropic_stream_tool": [
        Call(CLAUDE, (82, 18, 32), WEATHER, tool="toolu_mock1", finish="tool_call", provider="anthropic")
    ],
}


@dataclass(frozen=True)
class Emitter:
    dialect: str
    cases: str
    error_type: str
    session: bool = False
    tags: bool = False
    """Whether it was given session and user, and tags, and sends them."""
    lacks: frozenset[str] = frozenset()
    """What it does not say: `request` model; `case:finish`, `case:response` model, `case:tokens`, `case:tool` id."""
    tool: Any = None
    """What it says that the tool was called with; None where it has no span of the tool."""
    documents: tuple[str, ...] = ()
    embedding: str | None = QUESTION
    """What it says that was embedded; "" where it has no span of that call."""


BASIC = "chat stream_tool rag"
EMITTERS = {
    "langfuse": Emitter(
        "langfuse", f"{BASIC} agent", "404", session=True, tags=True, tool={"city": "Paris"}, documents=("d1",),
        lacks=frozenset({"request", "chat:finish", "rag:finish", "agent:finish"}),
    ),
    "langsmith": Emitter(
        "langsmith", f"{BASIC} agent", "OpenAIModelNotFoundError", session=True, tags=True,
        tool={"city": "Paris"}, documents=("d1", "d2"), embedding="",
    ),
    "logfire": Emitter(
        "logfire", f"{BASIC} agent anthropic_chat anthropic_stream_tool", "openai.NotFoundError",
        lacks=frozenset({
            "agent:finish", "stream_tool:response", "agent:response", "anthropic_stream_tool:response",
        }),
        embedding=None,
    ),
    "mlflow": Emitter(
        "mlflow", f"{BASIC} agent", "NotFoundError", tool={"city": "Paris"}, documents=("d1",),
    ),
    "openinference-langchain": Emitter(
        "openinference", f"{BASIC} agent",
        "langchain_openai.chat_models.base.OpenAIModelNotFoundError", session=True, tool="Paris",
        documents=("d1", "d2"), embedding="",
    ),
    "openinference-openai": Emitter(
        "openinference", f"{BASIC} agent anthropic_chat anthropic_stream_tool", "openai.NotFoundError", session=True,
        tags=True,
    ),
    "openllmetry-legacy": Emitter(
        "openllmetry", BASIC, "404", lacks=frozenset({"stream_tool:tokens"}),
    ),
    "pydantic-ai": Emitter(
        "pydantic_ai", f"{BASIC} agent", "pydantic_ai.exceptions.ModelNotFoundError", tool={"city": "Paris"},
        embedding="",
    ),
    "traceloop": Emitter(
        "openllmetry", f"{BASIC} agent", "NotFoundError", session=True, lacks=frozenset({"agent:tool"}),
        tool={"args": ["Paris"], "kwargs": {}},
    ),
    "vercel-ai-legacy": Emitter(
        "vercel", f"{BASIC} agent", "AI_APICallError", tool={"city": "Paris"},
    ),
}  # fmt: skip
RUNS = [(emitter, case) for emitter, known in EMITTERS.items() for case in known.cases.split()]


@cache
def read(emitter: str, case: str) -> tuple[Span, ...]:
    path = SAMPLES / emitter / case / "traces-01.pb"
    corpus.ran(path)
    spans = [canonical(one) for one in decode.traces(path.read_bytes(), json=False)]
    return tuple(sorted((span for span in spans if span.scope_name != SDK_SCOPE), key=lambda span: span.start_ns))


def calls(emitter: str, case: str) -> list[Span]:
    """Spans that tell of a call with its answer: of Logfire's two of a stream, the second."""
    return [
        one for one in read(emitter, case) if one.kind == "embedding" or (one.kind == "llm" and one.output_messages)
    ]


def expected(emitter: str, case: str) -> list[Call]:
    if (emitter, case) == ("pydantic-ai", "stream_tool"):  # it runs the tool, and asks again
        return CASES["agent"]
    return [call for call in CASES[case] if call.models != EMBEDDING or EMITTERS[emitter].embedding != ""]


def texts(messages: list[Any] | None, role: str) -> list[str]:
    return [
        part["content"]
        for one in messages or ()
        if one["role"] == role
        for part in one["parts"]
        if part["type"] == "text"
    ]


def instructions(span: Span) -> list[str]:
    return [part["content"] for part in span.system_instructions or ()] + texts(span.input_messages, "system")


needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the recorded samples are not there")


@needs_samples
@pytest.mark.parametrize(("emitter", "case"), RUNS)
def test_a_recorded_call_gives_the_providers_values(emitter: str, case: str) -> None:
    known = EMITTERS[emitter]
    for span, call in zip(calls(emitter, case), expected(emitter, case), strict=True):
        asked, answered = call.models
        if (
            "response" in (lack.partition(":")[2] for lack in known.lacks if lack.startswith(case))
            and span.response_id is None
        ):
            answered = asked  # of a stream Logfire repeats the model that was asked
        embeds = span.kind == "embedding"
        assert span.dialect == known.dialect
        assert (span.kind, span.operation) == (("embedding", "embeddings") if embeds else ("llm", "chat"))
        assert span.provider == call.provider
        assert span.request_model == (None if "request" in known.lacks else asked)
        assert span.model == answered
        tokens = (span.input_tokens, span.output_tokens, span.cache_read_tokens or 0)
        assert tokens == ((None, None, 0) if f"{case}:tokens" in known.lacks else call.tokens)
        assert span.counted is (f"{case}:tokens" not in known.lacks)
        assert span.finish_reasons in (
            [[call.finish], None] if f"{case}:finish" in known.lacks else [call.finish and [call.finish]]
        )
        if embeds:
            assert span.input == known.embedding


@needs_samples
@pytest.mark.parametrize(("emitter", "case"), RUNS)
def test_a_recorded_conversation_is_in_the_conventions_form(emitter: str, case: str) -> None:
    known = EMITTERS[emitter]
    for span, call in zip(calls(emitter, case), expected(emitter, case), strict=True):
        if call.asked is None:
            continue
        assert any(call.asked in one for one in texts(span.input_messages, "user"))
        if (emitter, case) != ("vercel-ai-legacy", "rag"):  # was run without instructions
            assert TERSE in instructions(span)
        (answer,) = span.output_messages or ()
        assert answer["role"] == "assistant"
        if span.finish_reasons:
            assert answer["finish_reason"] == call.finish
        spoken = [part for part in answer["parts"] if part["type"] == "text"]
        # what the mock streamed ends in a space; a reply in one piece does not
        assert [part["content"].rstrip() for part in spoken] == ([call.answered] if call.answered else [])
        asked = [part for part in answer["parts"] if part["type"] == "tool_call"]
        if call.tool is None:
            assert not asked
            continue
        (one,) = asked
        assert (one["name"], one["arguments"]) == ("get_weather", {"city": "Paris"})
        assert one["id"] == (
            "fc_mock1" if f"{case}:tool" in known.lacks else call.tool
        )  # the item's id, not the call's
        (tool,) = span.tool_definitions or ()
        assert (tool["type"], tool["name"], tool["description"]) == (
            "function",
            "get_weather",
            "Get the weather in a city",
        )
        assert tool["parameters"]["properties"] == {"city": {"type": "string"}}


@needs_samples
@pytest.mark.parametrize("emitter", [emitter for emitter, known in EMITTERS.items() if "agent" in known.cases])
def test_an_agent_counts_once_and_the_tools_answer_is_there(emitter: str) -> None:
    spans = read(emitter, "agent")
    counted = [span for span in spans if span.counted]
    assert (sum(span.input_tokens or 0 for span in counted), sum(span.output_tokens or 0 for span in counted)) == (
        196,
        29,
    )
    responses = [
        part
        for one in calls(emitter, "agent")[-1].input_messages or ()
        for part in one["parts"]
        if part["type"] == "tool_call_response"
    ]
    assert [(part["id"], part["response"]) for part in responses] == [("call_mock1", "rainy, 14C")]
    tools = [span for span in spans if span.kind == "tool"]
    expected = EMITTERS[emitter].tool
    assert [(span.tool_name, span.tool_arguments, span.tool_result) for span in tools] == (
        [] if expected is None else [("get_weather", expected, "rainy, 14C")]
    )
    assert all(span.kind in {"agent", "chain"} for span in spans if span.kind not in {"llm", "tool", "embedding"})


@needs_samples
@pytest.mark.parametrize("emitter", EMITTERS)
def test_a_recorded_error_keeps_its_type_and_message(emitter: str) -> None:
    span = next(span for span in read(emitter, "error") if span.kind == "llm")
    assert (span.status, span.provider, span.model, span.response_model) == ("error", "openai", "bad-model", None)
    assert span.error_type == EMITTERS[emitter].error_type
    assert "The model `bad-model` does not exist" in (span.status_message or "")
    assert (span.counted, span.input_tokens, span.output_messages) == (False, None, None)
    if emitter != "pydantic-ai":  # which records them after the answer
        assert texts(span.input_messages, "user") == ["hi"]


@needs_samples
@pytest.mark.parametrize("emitter", [emitter for emitter, known in EMITTERS.items() if known.session])
def test_session_user_and_tags_are_read(emitter: str) -> None:
    for case in EMITTERS[emitter].cases.split():
        for span in read(emitter, case):
            assert (span.session_id, span.user_id) == ("sess-1", "user-1")
            if EMITTERS[emitter].tags:
                assert "t1" in (span.tags or ())


@needs_samples
@pytest.mark.parametrize("emitter", [emitter for emitter, known in EMITTERS.items() if known.documents])
def test_documents_have_id_and_content(emitter: str) -> None:
    (span,) = [span for span in read(emitter, "rag") if span.kind == "retriever"]
    found = span.documents or []
    assert tuple(one["id"] for one in found) == EMITTERS[emitter].documents
    assert found[0]["content"] == "tracekit stores spans in DuckDB."
    assert not span.counted


@needs_samples
def test_what_came_in_is_left_as_it_was() -> None:
    for emitter, case in RUNS:
        path = SAMPLES / emitter / case / "traces-01.pb"
        for one, other in zip(
            decode.traces(path.read_bytes(), json=False), decode.traces(path.read_bytes(), json=False), strict=True
        ):
            span = canonical(one)
            assert span.attributes == other.attributes
            assert span.events == other.events


@needs_samples
def test_the_cost_that_pydantic_ai_names_is_kept() -> None:
    assert [span.given_cost_usd for span in calls("pydantic-ai", "agent")] == [2.07e-05, 2.37e-05]


@needs_samples
def test_what_is_promoted_is_what_the_attribute_says() -> None:
    for emitter, case in RUNS:
        for span in read(emitter, case):
            for field, name in span.promoted.items():
                assert getattr(span, field) == decoded(span.attributes[name]), (emitter, case, span.name, field)
