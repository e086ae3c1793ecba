"""Spans of random trees: sums and shares made anew here, and SQL over the same spans."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.evals.metrics.scoring import COUNT, near
from tracekit.evals.registry import find
from tracekit.evals.row import Row
from tracekit.evals.score import Score, Status
from tracekit.store.duckdb.scratch import Scratch

START = datetime(2026, 11, 28, tzinfo=UTC)
COLUMNS = {
    "trace_id": "t", "parent_span_id": None, "name": "work", "kind": "chain", "operation": None, "status": "unset",
    "ttft_ms": None, "input_tokens": None, "output_tokens": None, "cache_read_tokens": None, "reasoning_tokens": None,
    "counted": False, "cost_usd": None, "finish_reasons": None, "tool_name": None, "tool_call_id": None,
    "tool_arguments": None, "twin_of": None, "attributes": {}, "output_messages": None,
}  # fmt: skip


def span(number: int, *, after: float = 0.0, lasts: float = 1.0, **fields: Any) -> dict[str, Any]:
    start = START + timedelta(seconds=after)
    times = {"start_time": start, "end_time": start + timedelta(seconds=lasts), "duration_ms": lasts * 1e3}
    return {**COLUMNS, "span_id": f"s{number}", **times, **fields}


def call(number: int, **fields: Any) -> dict[str, Any]:
    used: dict[str, Any] = {
        "input_tokens": 10,
        "output_tokens": 2,
        "counted": True,
        "cost_usd": 0.5,
        "finish_reasons": ["stop"],
    }
    given: dict[str, Any] = {"kind": "llm", "name": "chat", **used, **fields}
    return span(number, **given)


def measured(name: str, spans: Sequence[Mapping[str, Any]], **options: Any) -> Score:
    score = find(name).begin(Row(spans=tuple(spans)), options=options)
    assert isinstance(score, Score)
    return score


def number(name: str, spans: Sequence[Mapping[str, Any]], **options: Any) -> float:
    score = measured(name, spans, **options)
    assert score.status is Status.OK, score
    assert score.value is not None
    return score.value


def trace(chance: random.Random) -> list[dict[str, Any]]:
    spans = [span(0, lasts=chance.uniform(5, 9), kind="agent", name="root")]
    for place in range(1, chance.randint(2, 9)):
        parent = {"parent_span_id": chance.choice(spans)["span_id"], "after": chance.uniform(0, 3)}
        status = chance.choice(["error", "ok", "unset", "unset"])
        if chance.random() < 0.5:
            name = chance.choice(["search", "read"])
            spans.append(span(place, kind="tool", name=name, tool_name=name, status=status, **parent))
        else:
            parent["parent_span_id"] = "s0"
            tokens = {
                name: chance.randint(1, 99) for name in ("output_tokens", "reasoning_tokens", "cache_read_tokens")
            }
            more = {
                "ttft_ms": chance.choice([None, chance.uniform(1, 900)]),
                "cost_usd": chance.random(),
                "status": status,
            }
            reason = chance.choice(["stop", "tool_call", "length"])
            spans.append(
                call(place, input_tokens=chance.randint(99, 200), finish_reasons=[reason], **tokens, **more, **parent)
            )
    return sorted(spans, key=lambda each: each["start_time"])


def test_sums_counts_and_shares() -> None:
    chance = random.Random(1)
    for _ in range(COUNT):
        spans = trace(chance)
        calls = [each for each in spans if each["kind"] == "llm"]
        tools = [each for each in spans if each["kind"] == "tool"]
        root = next(each for each in spans if each["parent_span_id"] is None)
        assert near(number("latency", spans), root["duration_ms"] / 1e3)
        failed = [each for each in spans if each["status"] == "error"]
        assert near(number("error_rate", spans), len(failed) / len(spans))
        assert number("model_call_count", spans) == len(calls)
        assert number("step_count", spans) == len(calls) + len(tools)
        if calls:
            check_calls(spans, calls)
        else:
            for name in ("tokens", "cost", "input_tokens", "output_tokens", "cache_hit_rate", "finish_reason", "ttft"):
                assert measured(name, spans).status is Status.SKIPPED
        check_tools(spans, tools)


def check_calls(spans: list[dict[str, Any]], calls: list[dict[str, Any]]) -> None:
    def total(column: str) -> float:
        return sum(each[column] for each in calls)

    assert number("tokens", spans) == total("input_tokens") + total("output_tokens")
    for name in ("input_tokens", "output_tokens", "reasoning_tokens"):
        assert number(name, spans) == total(name)
    assert near(number("cost", spans), total("cost_usd"))
    thousands = (total("input_tokens") + total("output_tokens")) / 1000
    assert near(number("cost_per_1k_tokens", spans), total("cost_usd") / thousands)
    assert near(number("cache_hit_rate", spans), total("cache_read_tokens") / total("input_tokens"))
    times = [each["ttft_ms"] / 1e3 for each in calls if each["ttft_ms"] is not None]
    if times:
        assert near(number("ttft", spans), times[0])
        assert near(number("ttft", spans, which="last"), times[-1])
        assert near(number("ttft", spans, which="max"), max(times))
    else:
        assert measured("ttft", spans).status is Status.SKIPPED
    answered = [each for each in calls if each["status"] != "error"]
    if answered:
        seconds = sum(each["duration_ms"] for each in answered) / 1e3
        written = sum(each["output_tokens"] for each in answered)
        assert near(number("output_tokens_per_second", spans), written / seconds)
        good = all(each["finish_reasons"][0] != "length" for each in answered)
        assert number("finish_reason", spans) == good


def check_tools(spans: list[dict[str, Any]], tools: list[dict[str, Any]]) -> None:
    if not tools:
        assert measured("tool_error_rate", spans).status is Status.SKIPPED
        return
    broken = [place for place, each in enumerate(tools) if each["status"] == "error"]
    assert near(number("tool_error_rate", spans), len(broken) / len(tools))
    if not broken:
        assert measured("tool_recovery", spans).status is Status.SKIPPED
        return
    for by in ("same", "any"):
        mended = 0
        for place in broken:
            later = [each for each in tools[place + 1 :] if each["status"] != "error"]
            mended += any(by == "any" or each["name"] == tools[place]["name"] for each in later)
        assert near(number("tool_recovery", spans, by=by), mended / len(broken))


@pytest.mark.parametrize(
    "name",
    ["tokens", "input_tokens", "output_tokens", "reasoning_tokens", "cost", "cost_per_1k_tokens", "cache_hit_rate"],
)
def test_what_is_unknown_is_no_number(name: str) -> None:
    known = call(1, reasoning_tokens=1, cache_read_tokens=1)
    nothing = dict.fromkeys(("input_tokens", "output_tokens", "reasoning_tokens", "cache_read_tokens", "cost_usd"))
    for unknown in (call(2, **nothing), call(2, counted=False, **nothing)):
        score = measured(name, [known, unknown])
        assert (score.status, score.value) == (Status.INVALID, None)
        assert "1 of 2 calls" in str(score.rationale)


def test_a_call_that_failed_used_nothing_that_is_not_told() -> None:
    failed = call(2, counted=False, input_tokens=None, output_tokens=None, cost_usd=None, status="error")
    assert number("tokens", [call(1), failed]) == 12


def test_each_response_counts_once() -> None:
    """Two spans of one response; a sum over two calls; a response that was fetched again."""
    outer = call(1, counted=False, twin_of="s2")
    inner = call(2, parent_span_id="s1")
    holder = call(3, counted=False)
    beneath = [call(4, parent_span_id="s3"), call(5, parent_span_id="s3")]
    fetched = call(6, counted=False, operation="fetch_response", input_tokens=None)
    spans = [outer, inner, holder, *beneath, fetched]
    assert number("model_call_count", spans) == 3
    assert number("tokens", spans) == 36
    assert number("cost", spans) == 1.5


def test_embeddings_have_no_output() -> None:
    vectors = span(2, kind="embedding", input_tokens=7, counted=True, cost_usd=0.25)
    assert number("output_tokens", [call(1), vectors]) == 2
    assert number("tokens", [call(1), vectors]) == 19
    assert number("tokens", [vectors]) == 7
    assert number("cost", [call(1), vectors]) == 0.75


def test_latency_of_several_roots_and_of_what_has_not_ended() -> None:
    spans = [span(1, lasts=1), span(2, after=2, lasts=1)]
    assert number("latency", spans) == 3.0
    assert measured("latency", [span(1) | {"end_time": None, "duration_ms": None}]).status is Status.INVALID
    assert measured("latency", [span(1, lasts=-1)]).status is Status.INVALID
    text = [
        {**each, "start_time": each["start_time"].isoformat(), "end_time": each["end_time"].isoformat()}
        for each in spans
    ]
    assert number("latency", text) == 3.0


def test_no_spans_is_no_zero() -> None:
    for name in ("latency", "tokens", "cost", "error_rate", "step_count", "model_call_count", "ttft"):
        assert measured(name, []).status is Status.INVALID
        assert find(name).begin(Row(id="1")).status is Status.MISSING  # type: ignore[union-attr]


def test_bounds_pass_or_fail() -> None:
    spans = [call(1), span(2, kind="tool")]
    assert measured("step_count", spans, most=2).passed is True
    assert measured("step_count", spans, most=1).passed is False
    assert measured("model_call_count", spans, most=0).passed is False
    assert measured("error_rate", spans, kind="retriever").status is Status.SKIPPED


def test_why_it_ended() -> None:
    assert (
        measured("finish_reason", [call(1), call(2, finish_reasons=["length"])]).rationale
        == "ended for another reason: length."
    )
    assert measured("finish_reason", [call(1, finish_reasons=["length"])], allowed=["length"]).passed is True
    assert measured("finish_reason", [call(1, finish_reasons=None)]).status is Status.INVALID


# Questions to the tree of spans.

BENEATH_A_SEARCH = """span_id IN (
    WITH RECURSIVE b AS (
        SELECT s.span_id FROM spans s JOIN spans p ON s.parent_span_id = p.span_id WHERE p.name = 'search'
        UNION SELECT s.span_id FROM spans s JOIN b ON s.parent_span_id = b.span_id
    ) FROM b)"""
ABOVE_AN_ERROR = """span_id IN (
    WITH RECURSIVE a AS (
        SELECT parent_span_id AS id FROM spans WHERE status = 'error'
        UNION SELECT s.parent_span_id FROM spans s JOIN a ON s.span_id = a.id
    ) FROM a)"""
CONDITIONS: Sequence[tuple[Mapping[str, Any], str]] = (
    ({"kind": "tool"}, "kind = 'tool'"),
    ({"kind": ["tool", "llm"]}, "kind IN ('tool', 'llm')"),
    ({"kind": "tool", "name": "search"}, "kind = 'tool' AND name = 'search'"),
    ({"name": {"starts_with": "s"}}, "starts_with(name, 's')"),
    ({"name": {"contains": "ea"}}, "contains(name, 'ea')"),
    ({"status": {"not": "error"}}, "status <> 'error'"),
    ({"input_tokens": {"min": 100, "max": 150}}, "input_tokens BETWEEN 100 AND 150"),
    ({"parent": {"kind": "agent"}}, "parent_span_id IN (SELECT span_id FROM spans WHERE kind = 'agent')"),
    ({"child": {"name": "read"}}, "span_id IN (SELECT parent_span_id FROM spans WHERE name = 'read')"),
    ({"ancestor": {"name": "search"}}, BENEATH_A_SEARCH),
    ({"descendant": {"status": "error"}}, ABOVE_AN_ERROR),
)  # fmt: skip


def test_a_count_is_that_of_sql() -> None:
    chance = random.Random(2)
    kept = ("span_id", "parent_span_id", "kind", "name", "status", "input_tokens")
    found: Counter[bool] = Counter()
    for _ in range(COUNT // 5):
        spans = trace(chance)
        with Scratch(seconds=30, megabytes=64) as scratch:
            scratch.run(
                "CREATE TABLE spans (span_id TEXT, parent_span_id TEXT, kind TEXT, name TEXT, status TEXT, "
                "input_tokens INT)"
            )
            rows = ", ".join(str(tuple(each[name] for name in kept)).replace("None", "NULL") for each in spans)
            scratch.run(f"INSERT INTO spans VALUES {rows}")
            for matcher, where in CONDITIONS:
                [(count,)] = scratch.rows(f"SELECT count(*) FROM spans WHERE {where}")
                assert number("span_query", spans, query={"count": matcher, "least": count, "most": count}) == 1.0, (
                    matcher
                )
                assert number("span_query", spans, query={"count": matcher, "least": count + 1}) == 0.0
                assert number("span_query", spans, query={"exists": matcher}) == (count > 0)
                found[count > 0] += 1
    assert min(found.values()) > 50


SHOP = [
    span(1, kind="agent", name="shop"),
    span(2, after=1, kind="retriever", name="search", parent_span_id="s1", attributes={"k": 3, "store": "faiss"}),
    span(3, after=2, kind="tool", name="pay", parent_span_id="s1", status="error"),
    span(4, after=3, kind="tool", name="pay", parent_span_id="s1"),
]


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ({"exists": {"kind": "retriever", "attributes": {"k": 3}}}, True),
        ({"exists": {"attributes": {"k": 4}}}, False),
        ({"exists": {"attributes": {"store": {"starts_with": "fa"}}}}, True),
        ({"order": [{"kind": "retriever"}, {"name": "pay"}, {"name": "pay", "status": "unset"}]}, True),
        ({"order": [{"name": "pay"}, {"kind": "retriever"}]}, False),
        ({"order": [{"kind": "retriever"}, {"kind": "retriever"}]}, False),
        ({"not": {"exists": {"kind": "llm"}}}, True),
        ({"any": [{"exists": {"kind": "llm"}}, {"exists": {"kind": "tool"}}]}, True),
        ({"all": [{"exists": {"kind": "llm"}}, {"exists": {"kind": "tool"}}]}, False),
        ([{"exists": {"kind": "agent"}}, {"count": {"name": "pay"}, "least": 2}], True),
        ({"exists": {"duration_ms": {"max": 1000}}}, True),
        ({"count": {"kind": "tool", "parent": {"name": "shop"}}, "most": 1}, False),
        ({"exists": {}}, True),
    ],
)
def test_questions(query: Any, *, holds: bool) -> None:
    score = measured("span_query", SHOP, query=query)
    assert (score.value, score.passed) == (float(holds), holds)
    assert (score.rationale is None) == holds


@pytest.mark.parametrize(
    "query",
    ["x", {}, {"exists": {}, "count": {}}, {"exists": "x"}, {"count": {}}, {"order": []},
     {"exists": {"nam": 1}},
     {"all": []},
     {"exists": {"name": {"like": "x"}}}, {"exists": {}, "least": 1}, [], {"count": {}, "least": -1}, {"sql": "x"}],
)  # fmt: skip
def test_a_question_that_cannot_be_understood_is_named(query: Any) -> None:
    score = measured("span_query", SHOP, query=query)
    assert (score.status, score.value) == (Status.INVALID, None)


def test_a_circle_of_spans_ends() -> None:
    spans = [span(1, parent_span_id="s2"), span(2, parent_span_id="s1", kind="llm", counted=True)]
    assert number("span_query", spans, query={"exists": {"ancestor": {"kind": "llm"}}}) == 1.0
    assert number("model_call_count", spans) == 1.0
    assert replace(Row(), spans=tuple(spans)).spans is not None
