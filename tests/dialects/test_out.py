"""Canonical spans out in each dialect and back in: nothing changes but what the dialect's table says it loses."""

from __future__ import annotations

import random
from dataclasses import fields
from typing import Any

import pytest

from tests.support import corpus
from tracekit.dialects import canonical
from tracekit.dialects.out import DIALECTS_OUT, writing
from tracekit.errors import UsageError
from tracekit.model import KINDS, RawSpan, Span
from tracekit.otlp import decode

SAMPLES = corpus.files("otlp-samples/*/*/traces-*.pb")
NAMES = [name for name in DIALECTS_OUT if name != "raw"]
MODEL_CALLS = {"llm": "chat", "embedding": "embeddings"}
OPERATIONS = {**MODEL_CALLS, "tool": "execute_tool", "agent": "invoke_agent", "retriever": "retrieval"}


def carried(before: Span, after: Span, dialect: str) -> list[tuple[str, Any, Any]]:
    """The fields that a dialect carries: each with what it was and what it has become."""
    found: list[tuple[str, Any, Any]] = []
    for name in (field.name for field in fields(Span) if field.name != "promoted"):
        was, became = getattr(before, name), getattr(after, name)
        for loss in DIALECTS_OUT[dialect].lost:
            if loss.field == name and (loss.kinds is None or before.kind in loss.kinds):
                rest = loss.rest or (lambda value: value if loss.unknown and was is not None else None)  # noqa: B023
                was, became = rest(was), rest(became)
        found.append((name, pytest.approx(was, abs=1e-6) if isinstance(was, float) else was, became))
    return found


def asserted(before: Span, dialect: str) -> None:
    compared = carried(before, canonical(decoded(writing(dialect)(before))), dialect)
    assert {name: became for name, _, became in compared} == {name: was for name, was, _ in compared}


def decoded(raw: RawSpan) -> RawSpan:
    """What arrives when it has gone over the wire."""
    from tracekit.otlp import encode

    (arrived,) = decode.traces(encode.traces([raw], json=False), json=False)
    return arrived


@pytest.mark.parametrize("dialect", NAMES)
def test_what_every_recorded_emitter_says_is_carried(dialect: str) -> None:
    for path in SAMPLES:
        for raw in decode.traces(path.read_bytes(), json=False):
            before = canonical(raw)
            try:
                asserted(before, dialect)
            except AssertionError as error:
                pytest.fail(f"{path.relative_to(corpus.ROOT)}, {raw.name}: {error}")
        corpus.ran(path)


@pytest.mark.parametrize("dialect", NAMES)
@pytest.mark.parametrize("seed", range(40))
def test_what_can_be_said_is_carried(dialect: str, seed: int) -> None:
    asserted(canonical(made(random.Random(seed))), dialect)


def made(random: random.Random) -> RawSpan:
    """A span of any kind with any of the conventions' attributes."""
    kind = random.choice(KINDS)
    some = {
        "tracekit.kind": kind,
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "m-1",
        "gen_ai.response.model": "m-1-2026",
        "gen_ai.response.id": "r-1",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.response.time_to_first_chunk": random.random(),
        "gen_ai.usage.input_tokens": 100 + random.randrange(100),
        "gen_ai.usage.output_tokens": random.randrange(100),
        "gen_ai.usage.cache_read.input_tokens": random.randrange(100),
        "gen_ai.usage.reasoning.output_tokens": 0,
        "gen_ai.conversation.id": "s-1",
        "user.id": "u-1",
        "tracekit.tags": ["a", "b"],
        "tracekit.metadata.shop": "north",
        "http.route": "/ask",
        "error.type": "timeout",
    }
    said = {name: value for name, value in some.items() if random.random() < 0.7}
    said["tracekit.kind"] = kind
    if kind in OPERATIONS:
        said["gen_ai.operation.name"] = OPERATIONS[kind]
    for more, share in ((content(random), kind == "llm"), (tool(random), kind == "tool"), (step(random), True)):
        if share or random.random() < 0.2:
            said |= more
    return RawSpan(
        trace_id="1" * 32,
        span_id="2" * 16,
        parent_span_id=random.choice([None, "3" * 16]),
        name="work",
        start_ns=1_795_000_000_000_000_000,
        end_ns=random.choice([None, 1_795_000_000_000_000_007]),
        status_code=random.randrange(3),
        attributes=said,
        events=[{"name": "exception", "time_ns": 5, "attributes": {"exception.type": "E"}}],
        resource={"service.name": "web", "tracekit.project": "shop"},
        scope_name=random.choice(["tracekit", "opentelemetry.instrumentation.genai.openai"]),
    )


def tool(random: random.Random) -> dict[str, Any]:
    return {
        "gen_ai.tool.name": "f",
        "gen_ai.tool.call.id": "c-1",
        "gen_ai.tool.call.arguments": random.choice(['{"a": [1]}', "{}", "north", '["a"]']),
        "gen_ai.tool.call.result": random.choice(["rainy", '{"b": 1}', "12"]),
    }


def step(random: random.Random) -> dict[str, Any]:
    return {
        "tracekit.input": random.choice(["in", '{"a": 1}']),
        "tracekit.output": random.choice(["out", "[1]"]),
        "gen_ai.retrieval.documents": '[{"id": "d1", "content": "text", "score": 0.5, "metadata": {"page": 1}}]',
    }


def content(random: random.Random) -> dict[str, Any]:
    call = {"type": "tool_call", "id": "c-1", "name": "f", "arguments": {"a": 1}}
    result = {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c-1", "response": {"b": 2}}]}
    image = {"type": "blob", "modality": "image", "mime_type": "image/png", "content": "aGk="}
    text = {"type": "text", "content": "what?"}
    asked = [{"role": "user", "parts": random.choice([[text], [text, image]])}]
    if random.random() < 0.5:
        asked += [{"role": "assistant", "parts": [call]}, result]
    reason = random.choice(["stop", "length"])
    answer = {"role": "assistant", "parts": [{"type": "text", "content": "that"}], "finish_reason": reason}
    tool = {"type": "function", "name": "f", "description": "d", "parameters": {"type": "object"}}
    return {
        "gen_ai.input.messages": asked,
        "gen_ai.output.messages": [answer],
        "gen_ai.response.finish_reasons": [reason],
        "gen_ai.tool.definitions": [tool],
    }


def test_raw_is_as_it_came() -> None:
    before = made(random.Random(7))
    after = writing("raw")(canonical(before))
    assert (after.attributes, after.events, after.scope_name) == (before.attributes, before.events, before.scope_name)


def test_a_dialect_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="there are raw, otel-genai, openinference, openllmetry"):
        writing("klingon")
