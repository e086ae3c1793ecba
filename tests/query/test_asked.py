"""The grammar of the search box: what it understands, what it refuses and where, and how a text is edited."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.spans import BASE_NS, SECOND, call, message, span
from tests.support.stores import new_store
from tracekit.errors import QueryError, UsageError
from tracekit.model import Score
from tracekit.query import asked
from tracekit.query.conditions import Condition
from tracekit.query.filters import Filters
from tracekit.query.traces import SORTS, list_traces
from tracekit.store import Batch, Store

NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)


def test_words_phrases_and_conditions_stand_in_any_order() -> None:
    found = asked.parse('refund model:gpt-4o "family discount" attribute:app.tier="very gold" -user:u-17 wea*', now=NOW)
    assert found == Filters(
        text='refund "family discount" wea*',
        attributes=(("app.tier", "very gold"),),
        conditions=(
            Condition(field="model", value="gpt-4o"),
            Condition(field="user", value="u-17", negated=True),
        ),
    )


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("cost>=0.01", 0.01, None),
        ("cost<=$2", None, 2.0),
        ("cost:1e-3", 1e-3, 1e-3),
        ("duration<=2s", None, 2_000.0),
        ("duration>=1.5m", 90_000.0, None),
        ("duration=250ms", 250.0, 250.0),
        ("ttft>=0.5", 500.0, None),
        ("tokens<=1.5k", None, 1_500.0),
        ("score.helpful>=-1", -1.0, None),
        ('score."how good">=1', 1.0, None),
    ],
)
def test_numbers_have_units(text: str, low: float | None, high: float | None) -> None:
    [found] = asked.parse(text, now=NOW).conditions
    assert (found.low, found.high) == (low, high)


def test_more_and_less_leave_the_number_itself_out() -> None:
    above, below = asked.parse("cost>1 cost<1", now=NOW).conditions
    assert above.low is not None
    assert below.high is not None
    assert below.high < 1.0 < above.low


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("since:2h", NOW - timedelta(hours=2), None),
        ("since:yesterday until:today", NOW.replace(day=22, hour=0, minute=0), NOW.replace(hour=0, minute=0)),
        ("since:2026-11-01 since:2026-11-02", datetime(2026, 11, 2, tzinfo=UTC), None),
        ("until:2026-11-01T10:00+02:00", None, datetime(2026, 11, 1, 8, tzinfo=UTC)),
    ],
)
def test_times(text: str, since: datetime | None, until: datetime | None) -> None:
    found = asked.parse(text, now=NOW)
    assert (found.since, found.until) == (since, until)


@pytest.mark.parametrize(
    "text",
    ["https://example.com/a", r"C:\temp", "a=5", "foo=bar", "List<int>", "a->b", "Error:", "note:", "12:30", ":)"],
)
def test_what_only_looks_like_a_condition_is_searched_for(text: str) -> None:
    assert asked.parse(text, now=NOW) == Filters(text=text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "modle:gpt-4o",
            "at character 1 cannot be asked: there is no field 'modle': did you mean model?",
        ),
        ("a b latency>2s", "'latency>2s' at character 5 cannot be asked: there is no field 'latency'"),
        ("cost>cheap", "'cheap' is no number; write 0.01 or 1.5k."),
        ("duration>2parsecs", "'2parsecs' is no duration; write 250ms"),
        ("status:broken", "'broken' is none of ok, error, running, interrupted, incomplete."),
        ("has:everything", "'everything' is none of error, score"),
        ("model:", "model: lacks a value."),
        ("model>gpt", "model is text, and > compares numbers; write model:gpt."),
        ("since:never", "'never' is neither an age like 2h nor an ISO 8601 time, nor today or yesterday."),
        ("-since:2h", "a time cannot be negated"),
        ("attribute:=x", "it names no attribute"),
        ("score.:1", "it names no score"),
        ("score.good>great", "'great' is no number."),
    ],
)
def test_what_is_not_understood_is_refused_with_its_place(text: str, says: str) -> None:
    with pytest.raises(UsageError) as refused:
        asked.parse(text, now=NOW)
    assert says in str(refused.value)


def test_a_text_is_edited_without_losing_what_else_it_says() -> None:
    text = 'torn model:gpt-4o -model:o1 "x y"'
    assert asked.put(text, "model", "my model") == 'torn -model:o1 "x y" model:"my model"'
    assert asked.put(text, "model", None) == 'torn -model:o1 "x y"'
    assert asked.put("", "attribute", "a.b=c d") == 'attribute:a.b="c d"'
    assert asked.values(text, "model") == ["gpt-4o"]


@pytest.mark.parametrize("value", ["a b", 'say "hi"', "back\\slash", "-x", "a:b", "", "\u202e", "näher"])
def test_what_is_written_into_a_text_is_read_out_of_it_again(value: str) -> None:
    assert asked.values(asked.put("word", "user", value), "user") == [value]
    [*_, condition] = asked.parse(asked.put("word", "attribute", f"k={value}"), now=NOW).attributes
    assert condition == ("k", value)


def test_words_of_a_search_are_never_taken_for_conditions() -> None:
    for text in ("model:gpt-4o torn", "-x", 'plain "in a row"', "cost>1"):
        assert asked.parse(asked.words_of(text), now=NOW).conditions == ()


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = new_store(tmp_path_factory.mktemp("asked") / "traces.duckdb")
    said = [message("user", "the family discount")]
    store.commit(
        Batch(
            spans=[
                span("agent", trace=1, number=1, kind="agent", user_id="u-1", session_id="s-1", tags=["beta"]),
                call(trace=1, number=2, parent=1, model="gpt-4o-2024-08-06", response_model="gpt-4o-2024-08-06",
                     input_messages=said, cost_usd=0.02, ttft_ms=300.0, input_tokens=1_000, output_tokens=200),
                span("tool", trace=1, number=3, parent=1, kind="tool", tool_name="search", status="error",
                     error_type="TimeoutError"),
                span("plain", trace=2, start_ns=BASE_NS + SECOND, end_ns=BASE_NS + 4 * SECOND, project="other",
                     input="family"),
                call("cheap", trace=3, start_ns=BASE_NS + 2 * SECOND, end_ns=BASE_NS + 3 * SECOND, cost_usd=0.001,
                     input_tokens=10, output_tokens=2),
            ],
            scores=[
                Score(trace_id=f"{1:032x}", span_id=None, name="helpful", value=0.5, created_ns=BASE_NS),
                Score(trace_id=f"{2:032x}", span_id=None, name="mood", value=None, label="good", created_ns=BASE_NS),
            ],
        )
    )  # fmt: skip
    yield store
    store.close()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "cheap plain agent"),
        ("family", "plain agent"),
        ("-family", "cheap"),
        ('-"family discount"', "cheap plain"),
        ("family -discount", "plain"),
        ("model:gpt-4o", "agent"),
        ("-model:gpt-4o", "cheap plain"),
        ("model:gpt-4o-2024-08-06", "agent"),
        ("status:error", "agent"),
        ("-status:error", "cheap plain"),
        ("cost>0.001", "agent"),
        ("cost>=0.001", "cheap agent"),
        ("-cost>0.01", "cheap plain"),
        ("tokens>1k", "agent"),
        ("duration>2s", "plain"),
        ("tool:search", "agent"),
        ("failed:tool", "agent"),
        ("failed:search", "agent"),
        ("failed:llm", ""),
        ("error:TimeoutError", "agent"),
        ("kind:llm", "cheap agent"),
        ("ttft>=300ms", "agent"),
        ("user:u-1 session:s-1 tag:beta", "agent"),
        ("-tag:beta", "cheap plain"),
        ("project:other", "plain"),
        ("name:PLA", "plain"),
        ("spans>=3 errors:1", "agent"),
        ("score.helpful<1", "agent"),
        ("score.helpful>1", ""),
        ("score.mood:good", "plain"),
        ("has:score", "plain agent"),
        ("-has:score", "cheap"),
        ("has:tool has:user has:tag has:session has:cost has:error", "agent"),
        ("family status:error", "agent"),
        ('user:"\' OR true --"', ""),
    ],
)
@pytest.mark.parametrize("sort", SORTS)
def test_what_is_asked_is_found_in_every_order(stored: Store, text: str, found: str, sort: str) -> None:
    rows = list_traces(stored, filters=asked.parse(text, now=NOW), sort=sort).traces
    names = [row["name"] for row in rows]
    assert sorted(names) == sorted(found.split())
    if sort == "newest":
        assert names == found.split()


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("tool:search", "tool_name = 'search'"),
        ("kind:tool", "kind = 'tool'"),
        ("has:tool", "kind = 'tool'"),
        ("ttft>10ms", "ttft_ms > 10"),
        ("failed:tool", "status = 'error' AND kind = 'tool'"),
        ("error:TimeoutError", "error_type = 'TimeoutError'"),
    ],
)
def test_spans_that_are_open_fulfil_conditions_too(store: Store, text: str, condition: str) -> None:
    tool: dict[str, Any] = {"kind": "tool", "tool_name": "search"}
    failed: dict[str, Any] = {"status": "error", "error_type": "TimeoutError"}
    store.commit(
        Batch(
            spans=[
                span("ended", trace=1, **tool),
                span("failed", trace=2, **tool, **failed),
                call("slow", trace=3, ttft_ms=20.0),
                span("none", trace=4),
            ],
            opened={
                "j": [
                    span("open", trace=5, end_ns=None, **tool),
                    span("open and failed", trace=6, end_ns=None, **tool, **failed),
                    call("open and slow", trace=7, end_ns=None, ttft_ms=20.0),
                ]
            },
        )
    )
    rows = store.sql(f"SELECT DISTINCT trace_id FROM spans WHERE {condition}").rows
    wanted = {trace_id for (trace_id,) in rows}
    found = {row["trace_id"] for row in list_traces(store, filters=asked.parse(text)).traces}
    assert found == wanted
    assert len(wanted) >= 2
    others = {row["trace_id"] for row in list_traces(store, filters=asked.parse(f"-{text}")).traces}
    assert (len(others), others & wanted) == (7 - len(wanted), set())


@pytest.mark.parametrize("sort", SORTS)
def test_pages_join_up_in_every_order(store: Store, sort: str) -> None:
    """Equal figures and unknown ones are on either side of a page's end."""
    costs: list[Any] = [None, 0.0, 0.5, 0.5, 0.1]
    spans = [
        call(
            trace=number + 1,
            start_ns=BASE_NS + number % 3 * SECOND,
            end_ns=BASE_NS + number % 3 * SECOND + number % 4 * SECOND,
            cost_usd=costs[number % 5],
            input_tokens=None if number % 2 else number % 5,
            output_tokens=None if number % 3 else 1,
        )
        for number in range(23)
    ]
    store.commit(Batch(spans=spans))
    whole = list_traces(store, limit=99, sort=sort).traces
    key = SORTS[sort]
    assert whole == sorted(
        list_traces(store, limit=99).traces,
        key=lambda row: (float("-inf") if key(row) is None else key(row), row["start_time"], row["trace_id"]),
        reverse=True,
    )
    for size in (1, 2, 5, 23):
        seen: list[Any] = []
        cursor: str | None = None
        while True:
            page = list_traces(store, limit=size, cursor=cursor, sort=sort)
            seen += page.traces
            cursor = page.next
            if cursor is None:
                break
        assert seen == whole


def test_a_place_in_one_order_is_none_in_another(stored: Store) -> None:
    cursors = {sort: list_traces(stored, limit=1, sort=sort).next for sort in SORTS}
    for sort in SORTS:
        for other, cursor in cursors.items():
            if other != sort:
                with pytest.raises(QueryError, match="is none of tracekit's for this order"):
                    list_traces(stored, cursor=cursor, sort=sort)
    with pytest.raises(QueryError, match="cannot be sorted by 'oldest'"):
        list_traces(stored, sort="oldest")
