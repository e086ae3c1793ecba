"""Spans of others on the provider: their content follows the switch, in the journal as on what is exported."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import tracekit
from tests.support import corpus, samples
from tests.support.recorded import journaled
from tracekit import semconv
from tracekit.sdk import registry
from tracekit.sdk.foreign import is_content, is_content_event
from tracekit.sdk.runtime import runtime
from tracekit.sdk.setup import _forget_global_provider

STRANDS = "strands.telemetry.tracer"
SAID = {semconv.INPUT_MESSAGES: '["hidden"]', "gen_ai.prompt.0.content": "hidden", semconv.REQUEST_MODEL: "m"}
ELSEWHERE = ("mcp-sdk-native", "mlflow", "vercel-ai-legacy")
RECORDED = [
    path for path in corpus.files("otlp-samples/*/*/traces-*.pb") if not set(path.parts).intersection(ELSEWHERE)
]
"""What emitters sent whose spans can come onto a provider in the program."""
ASKED = ("capital of France", "weather in Paris", "terse assistant", "rainy", "stores spans in DuckDB")


@pytest.fixture(autouse=True)
def clients_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """The spans here are made by the clients' names, without the clients."""
    monkeypatch.setattr(registry, "_is_there", lambda _package: True)


@pytest.fixture
def traced(data_dir: Path) -> Iterator[Path]:
    yield data_dir
    tracekit.uninstrument()


def speak(scope: str, attributes: dict[str, Any] = SAID) -> None:
    with trace.get_tracer(scope).start_as_current_span("chat", attributes=attributes) as span:
        span.set_attribute(semconv.OUTPUT_MESSAGES, '["hidden"]')
        span.set_attributes({semconv.TOOL_CALL_RESULT: "hidden", semconv.USAGE_INPUT_TOKENS: 3})
        span.add_event("gen_ai.user.message", {"content": "hidden"})
        span.add_event("seen", {"at": 1, "input.value": "hidden"})


def exported() -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    provider = trace.get_tracer_provider()
    assert isinstance(provider, TracerProvider)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return exporter


def seen(exporter: InMemorySpanExporter) -> str:
    spans = exporter.get_finished_spans()
    return json.dumps(
        [[dict(span.attributes or {}), [dict(e.attributes or {}) for e in span.events]] for span in spans]
    )


@pytest.mark.parametrize("scope", [STRANDS, "somebody.else"])
def test_without_content_the_rest_is_written(traced: Path, scope: str) -> None:
    tracekit.autolog(directory=traced, capture_content=False)
    speak(scope)
    span = journaled(traced).one("chat")
    assert "hidden" not in repr([journaled(traced).started, span])
    assert span.attributes == {semconv.REQUEST_MODEL: "m", semconv.USAGE_INPUT_TOKENS: 3}
    assert [(event["name"], event["attributes"]) for event in span.events] == [("seen", {"at": 1})]


def test_one_client_can_be_kept_without(traced: Path) -> None:
    tracekit.autolog(directory=traced, no_content=["strands"])
    speak(STRANDS)
    speak("somebody.else")
    bare, full = journaled(traced).ended
    assert "hidden" not in repr(bare)
    assert full.attributes[semconv.OUTPUT_MESSAGES] == '["hidden"]'


def test_what_a_client_tells_because_of_us_is_journaled_and_not_exported(traced: Path) -> None:
    tracekit.autolog(directory=traced)
    exporter = exported()
    speak(STRANDS)
    speak("somebody.else")
    client, other = journaled(traced).ended
    assert client.attributes == other.attributes
    assert [event["name"] for event in client.events] == [event["name"] for event in other.events]
    first, second = exporter.get_finished_spans()
    assert dict(first.attributes or {}) == {semconv.REQUEST_MODEL: "m", semconv.USAGE_INPUT_TOKENS: 3}
    assert [event.name for event in first.events] == ["seen"]
    assert dict(second.attributes or {}) == other.attributes
    assert runtime.processor is not None
    assert runtime.processor.foreign._riding == {}


def test_it_is_exported_where_the_user_wants_ours_exported(traced: Path) -> None:
    tracekit.autolog(directory=traced, capture_content=True)
    exporter = exported()
    speak(STRANDS)
    assert seen(exporter).count("hidden") == 6


def test_on_a_provider_of_the_programs_a_client_tells_what_it_told_without_us(traced: Path) -> None:
    trace.set_tracer_provider(TracerProvider())
    exporter = exported()
    try:
        tracekit.autolog(directory=traced, capture_content=False)
        speak(STRANDS)
        assert seen(exporter).count("hidden") == 6
        assert "hidden" not in repr(journaled(traced).ended)
    finally:
        _forget_global_provider()


def test_a_client_that_is_left_out_makes_no_spans_on_our_provider(traced: Path) -> None:
    kept = trace.get_tracer(STRANDS)  # as clients keep theirs, from before there is a provider
    tracekit.autolog(directory=traced, exclude=["strands"])
    with tracekit.span("outer"), kept.start_as_current_span("loop"), tracekit.span("inner"):
        speak("somebody.else")
    spans = {span.name: span for span in journaled(traced).ended}
    assert spans.keys() == {"outer", "inner", "chat"}
    assert spans["inner"].parent_span_id == spans["outer"].span_id


def test_tracers_that_a_client_keeps_follow_the_provider(traced: Path) -> None:
    tracekit.autolog(directory=traced)
    kept = trace.get_tracer(STRANDS)
    tracekit.uninstrument()
    kept.start_span("between").end()
    tracekit.autolog(directory=traced)
    kept.start_span("again").end()
    mine = TracerProvider()
    try:
        trace.set_tracer_provider(mine)
        exporter = exported()
        kept.start_span("theirs").end()
    finally:
        _forget_global_provider()
    assert [span.name for span in exporter.get_finished_spans()] == ["theirs"]
    assert journaled(traced).names == ["again", "theirs"]


def test_names_are_told_apart() -> None:
    for name in ("gen_ai.prompt", "llm.input_messages.0.message.content", "pydantic_ai.all_messages"):
        assert is_content(name)
    for name in ("gen_ai.prompt.name", "gen_ai.completion.start_time", "llm.token_count.prompt", "gen_ai.agent.name"):
        assert not is_content(name)


@pytest.mark.parametrize("emitter", sorted({path.parents[1].name for path in RECORDED}))
def test_no_recorded_emitter_keeps_what_was_said(emitter: str) -> None:
    cases = {path.parent.name for path in RECORDED if path.parents[1].name == emitter}
    for span in (span for case in cases for span in samples.spans(emitter, case)):
        left = {name: value for name, value in span.attributes.items() if not is_content(name)}
        events = [event["attributes"] for event in span.events if not is_content_event(event["name"])]
        text = repr([left, events])
        assert [word for word in ASKED if word in text] == []
