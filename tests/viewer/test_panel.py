"""The span panel's view model: which sections there are, and what the facts say."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tracekit.model import Span
from tracekit.store.attachments import Attachments
from tracekit.units import UNKNOWN
from tracekit_viewer.presenters.panel import panel

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NONE = Attachments(Path("/nowhere"))
MOMENT_NS = int(NOW.timestamp()) * 1_000_000_000


def view(**given):
    names = {field.name for field in fields(Span)} - {"start_ns", "end_ns"}
    blank = {name: value for name, value in asdict(Span(trace_id="t", span_id="s")).items() if name in names}
    derived = {"uncached_input_tokens": None, "visible_output_tokens": None, "twin_of": None, "logs": []}
    times = {"start_time": NOW, "end_time": NOW, "duration_ms": 1_000.0}
    return panel({**blank, **derived, **times, "outcome": "complete", **given}, now=NOW, attachments=NONE)


def facts(found):
    return {fact.label: (fact.value.text, fact.note) for fact in found.facts}


def test_sections_without_content_are_not_there():
    assert [anchor for anchor, _, _ in view().sections] == ["attributes"]


def test_sections_stand_in_reading_order():
    found = view(
        status="error",
        input_messages=["hi"],
        input="in",
        output="out",
        documents=["d"],
        tool_definitions=[{"name": "t"}],
        reasoning_tokens=4,
        events=[{"name": "e", "time_ns": MOMENT_NS}],
        links=[{"trace_id": "a", "span_id": "b"}],
        attributes={"k": 1},
        resource={"r": 1},
    )
    assert [anchor for anchor, _, _ in found.sections] == [
        "error",
        "chat",
        "input",
        "output",
        "documents",
        "tools",
        "usage",
        "events",
        "links",
        "attributes",
        "resource",
    ]


def test_tokens_say_what_they_contain():
    found = view(
        input_tokens=1_204,
        cache_read_tokens=1_024,
        cache_write_tokens=12,
        output_tokens=187,
        reasoning_tokens=64,
        model="m",
        cost_usd=0.5,
        counted=True,
    )
    assert facts(found) == {
        "Duration": ("1.00 s", ""),
        "Tokens in": ("1.2k", "1.0k cached, 12 written to cache"),
        "Tokens out": ("187", "64 reasoning"),
        "Cost": ("$0.500", ""),
    }


def test_a_twin_says_who_counts_its_cost():
    found = view(model="m", cost_usd=None, counted=False, twin_of="b")
    assert (facts(found)["Cost"], found.twin_of) == ((UNKNOWN, "counted with its twin"), "b")
    assert facts(view(model="m", cost_usd=None))["Cost"] == (UNKNOWN, "")
    assert "Cost" not in facts(view())


def test_a_tools_own_columns_come_before_the_generic_ones():
    found = view(tool_arguments={"a": 1}, input="raw", tool_result=0)
    assert [(body.title, str(body.text.head)) for body in found.bodies][1] == (
        "Output",
        '<span class="j-num">0</span>',
    )
    assert "raw" not in found.bodies[0].text.head


def test_a_failure_told_only_by_an_event_is_a_failure():
    event = {
        "name": "exception",
        "time_ns": MOMENT_NS,
        "attributes": {"exception.type": "E", "exception.message": "why", "exception.stacktrace": "at x"},
    }
    found = view(events=[event])
    assert (
        found.failure.type,
        str(found.failure.message.head),
        [str(s.head) for s in found.failure.stacks],
    ) == ("E", "why", ["at x"])
    assert view(status="error").failure.message is None


def test_events_are_placed_after_the_start():
    found = view(events=[{"name": "chunk", "time_ns": MOMENT_NS + 412_000_000}, {"name": "when?"}, "odd"])
    assert [(event.name, event.offset.text) for event in found.events] == [
        ("chunk", "412 ms"),
        ("when?", UNKNOWN),
    ]


def test_a_long_conversation_names_where_its_answer_is():
    asked, said = {"role": "user", "parts": []}, {"role": "assistant", "parts": []}
    found = view(input_messages=[asked, asked], output_messages=[said])
    assert (found.answer, ("answer", "Answer", None) in found.sections) == (2, True)
    found = view(input_messages=[asked], output_messages=[said])
    assert (found.answer, ("answer", "Answer", None) in found.sections) == (None, False)


def test_request_parameters_are_named_without_their_prefix():
    found = view(
        attributes={
            "gen_ai.request.temperature": 0,
            "gen_ai.request.stream": True,
            "gen_ai.request.stop_sequences": ["a", "b"],
            "other": 1,
        }
    )
    assert found.parameters == [("temperature", "0"), ("stop sequences", "a, b"), ("stream", "yes")]


def test_an_unfinished_span_is_running_and_a_dead_one_is_not():
    assert view(end_time=None, duration_ms=None, outcome=None).state.mark == "running"
    assert view(end_time=None, duration_ms=None, outcome="interrupted").state.label == "Interrupted"


def test_usage_is_told_part_by_part_with_its_prices_and_what_contradicts():
    found = view(
        uncached_input_tokens=10,
        cache_read_tokens=0,
        visible_output_tokens=5,
        usage_details={"input_audio_tokens": 3},
        cost_usd=0.001,
        price_source="genai-prices 0.2.3",
        service_tier="batch",
        given_cost_usd=0.002,
        usage_fault="the emitter says 0.002 USD, by genai-prices 0.2.3 it is 0.001; 4 reasoning tokens exceed 2",
    ).usage
    assert [(amount.label, amount.value.text, amount.note, amount.alarming) for amount in found.amounts] == [
        ("Uncached input", "10", "", False),
        ("Read from cache", "0", "", False),
        ("Visible output", "5", "", False),
        ("Input audio", "3", "", False),
        ("Cost", "$0.0010", "genai-prices 0.2.3, batch tier", False),
        ("By its emitter", "$0.0020", "differs from ours", True),
    ]
    assert found.faults == [
        "The emitter says 0.002 USD, by genai-prices 0.2.3 it is 0.001",
        "4 reasoning tokens exceed 2",
    ]
    near = view(cost_usd=0.001, given_cost_usd=0.001005).usage
    assert [amount.alarming for amount in near.amounts] == [False, False]
    assert view().usage is None


def test_log_records_stand_among_the_events_by_their_time():
    log = {"event_name": None, "severity": "WARN", "body": "slow", "attributes": {}}
    found = view(
        events=[{"name": "late", "time_ns": MOMENT_NS + 900_000_000}],
        logs=[{**log, "time": NOW + timedelta(milliseconds=10)}, {**log, "event_name": "undated", "time": None}],
    )
    assert [(event.name, event.severity, event.offset.text) for event in found.events] == [
        ("log record", "WARN", "10 ms"),
        ("late", None, "900 ms"),
        ("undated", "WARN", UNKNOWN),
    ]
    assert str(found.events[0].body.head) == "slow"
