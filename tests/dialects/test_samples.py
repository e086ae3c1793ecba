"""What a collector must recover from recorded requests of emitters of OpenTelemetry's own family."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.support import corpus, samples
from tracekit.dialects import canonical
from tracekit.model import Span

WEATHER = {"type": "tool_call", "id": "call_mock1", "name": "get_weather", "arguments": {"city": "Paris"}}
CAPITAL, RAINY = "The capital of France is Paris.", "It is rainy and 14 degrees in Paris."
NATIVE = "com.anthropic.sdk.python"


@dataclass(frozen=True, kw_only=True)
class Call:
    """A model call as it must come out, whoever emitted it."""

    provider: str = "openai"
    request_model: str = "gpt-4o-mini"
    response_model: str | None = "gpt-4o-mini-2024-07-18"
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read: int = 0
    finish: str | None = "stop"
    asked: str | None = None
    answered: str | None = None
    called: dict[str, Any] | None = None
    told: str | None = None
    """What the tool answered, in the messages of the call."""
    kind: str = "llm"


CHAT = Call(input_tokens=13, output_tokens=7, asked="What is the capital of France?", answered=CAPITAL)
TOOL = Call(input_tokens=82, output_tokens=18, cache_read=32, finish="tool_call",
            asked="What is the weather in Paris?", called=WEATHER)  # fmt: skip
SECOND = Call(input_tokens=114, output_tokens=11, asked="What is the weather in Paris?", answered=RAINY,
              told="rainy, 14C")  # fmt: skip
EMBEDDED = Call(request_model="text-embedding-3-small", response_model="text-embedding-3-small", input_tokens=8,
                finish=None, kind="embedding")  # fmt: skip
ANSWERED = Call(input_tokens=65, output_tokens=12, answered="Tracekit stores spans in DuckDB.",
                asked="Context: tracekit stores spans in DuckDB.\nQuestion: Where does tracekit store spans?",
                )  # fmt: skip
FAILED = Call(request_model="bad-model", response_model=None, finish=None, asked="hi")


def claude(call: Call) -> Call:
    called = call.called and {**call.called, "id": "toolu_mock1"}
    return replace(call, provider="anthropic", request_model="claude-sonnet-4-5",
                   response_model="claude-sonnet-4-5-20250929", called=called)  # fmt: skip


def native(call: Call) -> Call:
    """The client's own span of the same call, which has no content."""
    return replace(claude(call), asked=None, answered=None, called=None)


def gemini(call: Call) -> Call:
    """Through ADK: Gemini does not say that it stopped for a tool."""
    called = call.called and {**call.called, "id": "given by ADK"}
    return replace(call, provider="gcp.gemini", request_model="gemini-2.5-flash", response_model=None, finish="stop",
                   called=called)  # fmt: skip


def strands(call: Call) -> Call:
    """Strands does not say which model answered, and itself as the provider: only a known model tells who it is."""
    return replace(call, response_model=None, provider="" if call is FAILED else "openai")


EXPECTED: dict[tuple[str, str], list[Call]] = {
    ("otel-genai", "chat"): [CHAT],
    ("otel-genai", "stream_tool"): [TOOL],
    ("otel-genai", "rag"): [EMBEDDED, ANSWERED],
    ("otel-genai", "agent"): [TOOL, SECOND],
    ("otel-genai", "error"): [FAILED],
    ("otel-genai", "anthropic_chat"): [claude(CHAT), native(CHAT)],
    ("otel-genai", "anthropic_stream_tool"): [claude(TOOL), native(TOOL)],
    ("otel-openai-v2", "chat"): [CHAT],
    ("otel-openai-v2", "stream_tool"): [replace(TOOL, cache_read=0)],  # it does not report cached tokens
    ("otel-openai-v2", "rag"): [EMBEDDED, ANSWERED],
    ("otel-openai-v2", "error"): [FAILED],
    ("google-adk", "chat"): [gemini(CHAT)],
    ("google-adk", "stream_tool"): [gemini(TOOL), gemini(SECOND)],
    ("google-adk", "agent"): [gemini(TOOL), gemini(SECOND)],
    ("google-adk", "error"): [],  # it fails before a model is called
    ("strands", "chat"): [strands(CHAT)],
    ("strands", "agent"): [strands(TOOL), strands(SECOND)],
    ("strands", "error"): [replace(strands(FAILED), asked="What is the capital of France?")],
    ("mcp-sdk-native", "tool"): [],
}
CASES = EXPECTED if (corpus.ROOT / "otlp-samples").is_dir() else ()
WHO = {"google-adk": ("sess-1", None), "strands": ("sess-1", "user-1")}
"""Session and user on every span of an emitter that takes them; ADK names the user on its calls only."""
FAULTS = {
    "otel-genai": ("openai.NotFoundError", "Error code: 404 - The model `bad-model` does not exist"),
    "otel-openai-v2": ("NotFoundError", "The model `bad-model` does not exist"),
    "strands": ("openai.NotFoundError", "The model `bad-model` does not exist"),
    "google-adk": ("ValueError", "Model bad-model not found."),
}


def read(emitter: str, case: str) -> list[Span]:
    return [canonical(raw) for raw in samples.spans(emitter, case)]


def calls(spans: list[Span]) -> list[Span]:
    return [span for span in spans if span.kind in {"llm", "embedding"}]


def texts(messages: list[Any] | None, role: str) -> list[str]:
    return [
        part["content"] for one in messages or () if one["role"] == role for part in one["parts"] if "content" in part
    ]


def parts(messages: list[Any] | None, kind: str) -> list[dict[str, Any]]:
    return [part for one in messages or () for part in one["parts"] if part["type"] == kind]


def as_call(span: Span) -> Call:
    asked, called = texts(span.input_messages, "user"), parts(span.output_messages, "tool_call")
    if span.dialect == "google_adk":
        called = [{**part, "id": "given by ADK"} for part in called if part["id"]]  # anew in every run
    told = parts(span.input_messages, "tool_call_response")
    return Call(
        provider=span.provider or "",
        request_model=span.request_model or "",
        response_model=span.response_model,
        input_tokens=span.input_tokens,
        output_tokens=span.output_tokens,
        cache_read=span.cache_read_tokens or 0,
        finish=span.finish_reasons[0] if span.finish_reasons else None,
        asked=asked[0] if asked else None,
        answered="".join(texts(span.output_messages, "assistant")) or None,
        called=called[0] if called else None,
        told=told[0]["response"] if told else None,
        kind=span.kind,
    )


@pytest.mark.parametrize(("emitter", "case"), CASES)
def test_calls_are_the_same_whoever_emitted_them(emitter: str, case: str) -> None:
    found = calls(read(emitter, case))
    assert [as_call(span) for span in found] == EXPECTED[emitter, case]
    assert [span.model for span in found] == [span.response_model or span.request_model for span in found]
    counted = [span.input_tokens is not None for span in found]
    assert [span.counted for span in found] == counted


@pytest.mark.parametrize(("emitter", "case"), CASES)
def test_system_texts_are_kept_wherever_they_stand(emitter: str, case: str) -> None:
    for span in calls(read(emitter, case)):
        if span.scope_name == NATIVE or span.kind == "embedding" or case == "error":
            continue
        said = [part["content"] for part in span.system_instructions or ()] or texts(span.input_messages, "system")
        assert said[0].startswith("You are a terse assistant.")


@pytest.mark.parametrize("case", [key for key in CASES if key[1] == "agent"])
def test_an_agents_tokens_count_once(case: tuple[str, str]) -> None:
    counted = [span for span in read(*case) if span.counted]
    assert sum(span.input_tokens or 0 for span in counted) == 196
    assert sum(span.output_tokens or 0 for span in counted) == 29


@pytest.mark.parametrize("emitter", FAULTS if CASES else ())
def test_an_error_keeps_its_type_and_message(emitter: str) -> None:
    failed = [span for span in read(emitter, "error") if span.status == "error"]
    assert failed
    for span in failed:
        assert span.error_type == FAULTS[emitter][0]
        assert FAULTS[emitter][1] in (span.status_message or "")
        assert not span.counted


@pytest.mark.parametrize(("emitter", "case"), CASES)
def test_session_and_user_are_those_of_the_emitter(emitter: str, case: str) -> None:
    session, user = WHO.get(emitter, (None, None))
    for span in read(emitter, case):
        if span.kind != "tool":
            assert span.session_id == session
        expected = "user-1" if emitter == "google-adk" and span.kind == "llm" else user
        assert span.user_id == expected


def test_a_tool_has_its_arguments_and_its_result() -> None:
    for emitter in ("strands",) if CASES else ():
        (tool,) = [span for span in read(emitter, "agent") if span.kind == "tool"]
        assert (tool.tool_name, tool.tool_call_id) == ("get_weather", "call_mock1")
        assert (tool.tool_arguments, tool.tool_result) == ({"city": "Paris"}, "rainy, 14C")
        assert tool.input_messages is None
    for case in ("agent", "stream_tool") if CASES else ():
        (tool,) = [span for span in read("google-adk", case) if span.kind == "tool"]
        assert tool.tool_name == "get_weather"
        assert str(tool.tool_call_id).startswith("adk-")


def test_frameworks_steps_are_no_calls() -> None:
    expected = {
        ("strands", "agent"): ["agent", "chain", "llm", "tool", "chain", "llm"],
        ("google-adk", "agent"): ["chain", "agent", "llm", "tool", "llm"],
        ("mcp-sdk-native", "tool"): ["other", "other", "tool", "tool"],
    }
    for case, kinds in expected.items() if CASES else ():
        assert [span.kind for span in read(*case)] == kinds


def test_a_protocols_tools_say_which_failed() -> None:
    tools = [span for span in read("mcp-sdk-native", "tool") if span.kind == "tool"] if CASES else []
    said = [(span.tool_name, span.status, span.error_type) for span in tools]
    assert said == ([("get_weather", "unset", None), ("broken", "error", "tool_error")] if CASES else [])


@pytest.mark.parametrize(
    ("emitter", "case", "call"),
    [
        ("otel-genai", "anthropic_chat", CHAT),
        ("otel-genai", "anthropic_stream_tool", TOOL),
        ("openinference-openai", "anthropic_chat", CHAT),
        ("openinference-openai", "anthropic_stream_tool", TOOL),
        ("logfire", "anthropic_stream_tool", TOOL),
    ]
    if CASES
    else (),
)
def test_the_anthropic_clients_own_span_beside_any_instrumentation(emitter: str, case: str, call: Call) -> None:
    own = [span for span in read(emitter, case) if span.scope_name == NATIVE]
    assert [as_call(span) for span in own] == [native(call)]
    assert {span.dialect for span in own} == {"anthropic_sdk"}
