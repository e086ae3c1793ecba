from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

import tracekit
from tests.support.recorded import Journaled

Recorded = Callable[[], Journaled]


def test_a_span_carries_what_it_was_told(recorded: Recorded):
    with tracekit.span("search", kind="retriever", input="capital of France") as search:
        search.set_documents([{"id": "d1", "content": "Paris", "score": 0.9}])
        search.set_attribute("shop.index", "cities")
        search.add_event("cache miss")
    span = recorded().one("search")
    assert span.attributes["gen_ai.operation.name"] == "retrieval"
    assert span.attributes["gen_ai.retrieval.query.text"] == "capital of France"
    assert span.attributes["gen_ai.retrieval.documents"] == [{"id": "d1", "content": "Paris", "score": 0.9}]
    assert span.attributes["shop.index"] == "cities"
    assert [event["name"] for event in span.events] == ["cache miss"]


def test_the_start_record_holds_the_input_while_the_span_is_open(recorded: Recorded):
    with tracekit.span("slow", kind="tool", input={"city": "Paris"}):
        (started,) = recorded().started
        assert started.attributes["gen_ai.tool.call.arguments"] == {"city": "Paris"}
        assert started.end_ns is None
        assert recorded().ended == []


def test_the_current_span_is_the_innermost_and_can_be_added_to(recorded: Recorded):
    def deep() -> None:
        tracekit.current_span().set_output("from below")

    with tracekit.span("outer") as outer:
        with tracekit.span("inner"):
            deep()
        assert tracekit.current_trace_id() == outer.trace_id
    assert tracekit.current_trace_id() is None
    seen = recorded()
    assert seen.one("inner").attributes["tracekit.output"] == "from below"
    assert seen.one("inner").parent_span_id == seen.one("outer").span_id


def test_with_no_span_current_everything_is_taken_and_nothing_kept(recorded: Recorded):
    handle = tracekit.current_span()
    handle.set_output("nowhere")
    handle.fail(ValueError("nothing"))
    handle.end()
    assert recorded().frames == []


def test_spans_work_in_async_code(recorded: Recorded):
    async def main() -> None:
        async with tracekit.span("outer"), tracekit.span("inner"):
            await asyncio.sleep(0)

    asyncio.run(main())
    assert recorded().names == ["inner", "outer"]


def test_context_values_stand_on_every_span_beneath(recorded: Recorded):
    with tracekit.context(session_id="s-1", user_id="u-1", tags=["a"], metadata={"plan": "pro"}, prompt=("greet", "3")):
        with tracekit.context(tags=["b"], user_id="u-2"), tracekit.span("inner"):
            pass
        with tracekit.span("outer"):
            pass
    with tracekit.span("outside"):
        pass
    seen = recorded()
    inner = seen.one("inner").attributes
    assert inner["session.id"] == "s-1"
    assert inner["user.id"] == "u-2"
    assert inner["tracekit.tags"] == ["a", "b"]
    assert inner["tracekit.metadata.plan"] == "pro"
    assert (inner["gen_ai.prompt.name"], inner["gen_ai.prompt.version"]) == ("greet", "3")
    assert seen.one("outer").attributes["user.id"] == "u-1"
    assert seen.one("outside").attributes == {}


def test_scores_are_journaled_with_their_span(recorded: Recorded):
    with tracekit.span("answer") as answer:
        tracekit.score("helpful", True, comment="said so")
    tracekit.score("tone", "friendly", trace_id=answer.trace_id, source="human")
    helpful, tone = recorded().scores
    assert (helpful.span_id, helpful.value, helpful.comment) == (answer.span_id, 1.0, "said so")
    assert (tone.span_id, tone.value, tone.label, tone.source) == (None, None, "friendly", "human")


def test_a_session_is_scored_as_a_whole_even_inside_a_span_of_it(recorded: Recorded):
    with tracekit.context(session_id="s-1"), tracekit.span("answer"):
        tracekit.score("resolved", True, session_id="s-1", comment="the user thanked", source="human")
    tracekit.score("mood", "glad", session_id="s-1")
    resolved, mood = recorded().scores
    assert (resolved.session_id, resolved.trace_id, resolved.span_id) == ("s-1", None, None)
    assert (resolved.value, resolved.comment, resolved.source) == (1.0, "the user thanked", "human")
    assert (mood.session_id, mood.trace_id, mood.label) == ("s-1", None, "glad")


@pytest.mark.parametrize("other", [{"trace_id": "0" * 32}, {"span_id": "0" * 16}])
def test_a_score_is_of_a_session_or_of_a_trace_and_not_of_both(recorded: Recorded, other: dict[str, str]):
    with pytest.raises(tracekit.TracekitError, match=r"'s-1' and '0+' are both given"):
        tracekit.score("resolved", 1, session_id="s-1", **other)
    with pytest.raises(tracekit.TracekitError, match="session_id is empty"):
        tracekit.score("resolved", 1, session_id="")
    assert recorded().scores == []


def test_a_score_without_a_trace_says_what_to_do(recorded: Recorded):
    with pytest.raises(tracekit.TracekitError, match="there is no current trace; give trace_id or session_id"):
        tracekit.score("helpful", 1)
    with pytest.raises(tracekit.TracekitError, match="'xyz' is not 32 hex digits"):
        tracekit.score("helpful", 1, trace_id="xyz")


def test_an_unknown_kind_is_named():
    with pytest.raises(tracekit.TracekitError, match="kind 'toll' is unknown; use one of llm"):
        tracekit.span("x", kind="toll")  # type: ignore[arg-type]


def test_leaving_by_sys_exit_is_no_error_unless_it_is_one(recorded: Recorded):
    for code, status in ((0, 0), (3, 2)):
        with pytest.raises(SystemExit), tracekit.span(f"exit {code}"):
            raise SystemExit(code)
        assert recorded().one(f"exit {code}").status_code == status
