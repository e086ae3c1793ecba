"""The span panel's view model: which sections there are, and what the facts say."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import UTC, datetime

from tracekit.model import Span
from tracekit.units import UNKNOWN
from tracekit_viewer.presenters.panel import panel

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MOMENT_NS = int(NOW.timestamp()) * 1_000_000_000


def view(**given):
    names = {field.name for field in fields(Span)} - {"start_ns", "end_ns"}
    blank = {name: value for name, value in asdict(Span(trace_id="t", span_id="s")).items() if name in names}
    times = {"start_time": NOW, "end_time": NOW, "duration_ms": 1_000.0}
    return panel({**blank, **times, "outcome": "complete", **given}, now=NOW)


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


def test_a_cost_that_another_span_owns_says_so():
    assert facts(view(model="m", cost_usd=0.5, counted=False))["Cost"] == ("$0.500", "counted elsewhere")
    assert facts(view(model="m", cost_usd=None))["Cost"] == (UNKNOWN, "")
    assert "Cost" not in facts(view())


def test_a_tools_own_columns_come_before_the_generic_ones():
    found = view(tool_arguments={"a": 1}, input="raw", tool_result=0)
    assert [(title, str(text.head)) for title, text in found.bodies][1] == (
        "Output",
        '<span class="j-num">0</span>',
    )
    assert "raw" not in found.bodies[0][1].head


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
