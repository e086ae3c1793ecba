"""The parts of a span's usage: what contradicts is named, and no number is changed."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tracekit import semconv as sc
from tracekit import semconv_vendors as sv
from tracekit.dialects import canonical, reports
from tracekit.model import RawSpan, Span

INPUT, OUTPUT = sc.USAGE_INPUT_TOKENS, sc.USAGE_OUTPUT_TOKENS
READ, WRITE, THOUGHT = sc.USAGE_CACHE_READ, sc.USAGE_CACHE_WRITE, sc.USAGE_REASONING
PARTS = (INPUT, OUTPUT, READ, WRITE, THOUGHT)


def made(attributes: dict[str, Any], operation: str = sc.CHAT) -> Span:
    return canonical(
        RawSpan(
            trace_id="1" * 32, span_id="2" * 16, parent_span_id=None, name="n", start_ns=1, end_ns=2,
            attributes={sc.OPERATION: operation, **attributes},
        )
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(20))
def test_a_contradiction_is_flagged_and_nothing_else_is(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(50):
        said = {name: rng.randint(0, 60) for name in PARTS if rng.random() < 0.8}
        span = made(said)
        fields = (
            span.input_tokens, span.output_tokens, span.cache_read_tokens, span.cache_write_tokens,
            span.reasoning_tokens,
        )  # fmt: skip
        assert fields == tuple(said.get(name) for name in PARTS)
        over_input = INPUT in said and said.get(READ, 0) + said.get(WRITE, 0) > said[INPUT]
        over_output = OUTPUT in said and said.get(THOUGHT, 0) > said[OUTPUT]
        assert (span.usage_fault is not None) == (over_input or over_output), said
        assert span.counted == reports(span) == (INPUT in said or OUTPUT in said)


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        (
            {INPUT: 50, OUTPUT: 1, READ: 40, WRITE: 11},
            "40 cache read and 11 cache write tokens exceed 50 input tokens",
        ),
        ({INPUT: 1, OUTPUT: 5, THOUGHT: 6}, "6 reasoning tokens exceed 5 output tokens"),
        ({INPUT: -5, OUTPUT: 5}, "gen_ai.usage.input_tokens is -5, which is no number of tokens"),
        ({INPUT: "many", OUTPUT: 5}, "gen_ai.usage.input_tokens is 'many', which is no number of tokens"),
        ({INPUT: 5, OUTPUT: 5, READ: float("nan")}, f"{READ} is nan, which is no number of tokens"),
        (
            {INPUT: 5, OUTPUT: 5, sc.USAGE_TOTAL: 12},
            "gen_ai.usage.total_tokens is 12, and input and output are 10",
        ),
        (
            {INPUT: 5, OUTPUT: 5, sv.USAGE_DETAILS_INPUT_AUDIO: 6},
            "6 input audio tokens exceed 5 input tokens",
        ),
        (
            {INPUT: 50, OUTPUT: 5, READ: 1, sv.USAGE_DETAILS_CACHE_AUDIO_READ: 2},
            "2 cache audio read tokens exceed 1 cache read tokens",
        ),
        ({INPUT: 50, OUTPUT: 5, READ: 50, THOUGHT: 5, sc.USAGE_TOTAL: 55}, None),
        ({INPUT: None, OUTPUT: 5}, None),
    ],
)
def test_a_fault_names_what_contradicts_what(said: dict[str, Any], fault: str | None) -> None:
    assert made(said).usage_fault == fault


def test_several_contradictions_are_all_named() -> None:
    fault = made({INPUT: 1, OUTPUT: 1, READ: 2, THOUGHT: 2, WRITE: -1}).usage_fault or ""
    assert len(fault.split("; ")) == 3


def test_sound_is_a_part_beside_the_others() -> None:
    span = made({INPUT: 50, OUTPUT: 20, sv.USAGE_DETAILS_INPUT_AUDIO: 30, sv.USAGE_DETAILS_OUTPUT_AUDIO: "10"})
    assert span.usage_details == {"input_audio_tokens": 30, "output_audio_tokens": 10}
    assert made({INPUT: 50, sv.USAGE_DETAILS_INPUT_AUDIO: 0}).usage_details is None


def test_the_tier_that_answered_goes_before_the_one_asked_for() -> None:
    asked, got = {sc.OPENAI_REQUEST_SERVICE_TIER: "flex"}, {sc.OPENAI_RESPONSE_SERVICE_TIER: "default"}
    assert made(asked | got).service_tier == "default"
    assert made(asked).service_tier == "flex"
    assert made({}).service_tier is None


@pytest.mark.parametrize("operation", [sc.INVOKE_AGENT, sc.EXECUTE_TOOL, sc.FETCH_RESPONSE])
def test_what_is_no_call_of_its_own_does_not_count_by_itself(operation: str) -> None:
    assert not made({INPUT: 5, OUTPUT: 5}, operation).counted
