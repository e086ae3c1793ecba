from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.spans import BASE_NS, SECOND, call, message, span
from tracekit import state
from tracekit.errors import QueryError
from tracekit.model import Score
from tracekit.query.filters import Filters
from tracekit.query.traces import get_span, get_trace, list_traces
from tracekit.store import Batch, Store

START = datetime.fromtimestamp(BASE_NS // SECOND, UTC)


def names(store: Store, **filters: Any) -> list[str]:
    return [trace["name"] for trace in list_traces(store, filters=Filters(**filters)).traces]


def test_pages_join_up_newest_first_even_where_starts_are_equal(store: Store) -> None:
    store.commit(Batch(spans=[span(f"t{n}", trace=n, start_ns=BASE_NS + (n // 3) * SECOND) for n in range(1, 11)]))
    seen: list[str] = []
    cursor: str | None = None
    pages = 0
    while pages == 0 or cursor:
        page = list_traces(store, limit=4, cursor=cursor)
        seen += [trace["trace_id"] for trace in page.traces]
        cursor, pages = page.next, pages + 1
    assert seen == [f"{n:032x}" for n in range(10, 0, -1)]
    assert pages == 3


def test_a_page_that_is_just_full_is_the_last(store: Store) -> None:
    store.commit(Batch(spans=[span(trace=1), span(trace=2)]))
    assert list_traces(store, limit=2).next is None
    assert list_traces(store, limit=1).next is not None


@pytest.mark.parametrize("cursor", ["x", "", "e30", "WyJhIiwgImIiXQ", "\u00e9"])
def test_a_cursor_of_somebody_elses_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(QueryError, match="is none of tracekit's"):
        list_traces(store, cursor=cursor)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"status": "error"}, ["Broken"]),
        ({"project": "other"}, ["Plain"]),
        ({"model": "gpt-4o-mini"}, ["Broken"]),
        ({"session_id": "s1"}, ["Broken"]),
        ({"user_id": "u1"}, ["Plain"]),
        ({"name": "BROK"}, ["Broken"]),
        ({"text": "CAPITAL fra*"}, ["Broken"]),
        ({"text": "50%_x"}, ["Plain"]),
        ({"text": "nowhere"}, []),
        ({"text": "'; DROP VIEW spans; --"}, []),
        ({"since": START + timedelta(seconds=5)}, ["Plain"]),
        ({"until": START + timedelta(seconds=5)}, ["Broken"]),
        ({"since": START, "until": START}, []),
        ({"status": "error", "project": "other"}, []),
        ({}, ["Plain", "Broken"]),
    ],
)
def test_filters(store: Store, filters: dict[str, Any], found: list[str]) -> None:
    asked = [message("user", "What is the capital of France?")]
    store.commit(
        Batch(
            spans=[
                span("Broken", trace=1, number=1, status="error", session_id="s1"),
                call(trace=1, parent=1, start_ns=BASE_NS + 8 * SECOND, input_messages=asked),
                span(
                    "Plain",
                    trace=2,
                    start_ns=BASE_NS + 5 * SECOND,
                    project="other",
                    user_id="u1",
                    input="50%_x",
                ),
            ]
        )
    )
    assert names(store, **filters) == found


def test_text_is_found_as_it_was_said_and_not_as_json_spells_it(store: Store) -> None:
    said = 'She said "yes",\nthen C:\\temp.'
    store.commit(
        Batch(
            spans=[
                call("Message", trace=1, input_messages=[message("user", said)]),
                span("Input", trace=2, start_ns=BASE_NS - SECOND, input={"question": said}),
                span("Text", trace=3, start_ns=BASE_NS - 2 * SECOND, output=said),
            ]
        )
    )
    for text in ('said "YES"', '",\nthen', "c:\\temp"):
        assert names(store, text=text) == ["Message", "Input", "Text"]
    assert names(store, text=f"{2:032x}") == ["Input"]


def test_the_filter_by_status_speaks_of_a_trace_as_people_read_it(store: Store) -> None:
    store.commit(
        Batch(
            spans=[
                span("unset", trace=1),
                span("ok", trace=2, status="ok"),
                span("failed", trace=3, status="error"),
                span("orphan", trace=4, parent=99),
                span("failed within", trace=6, parent=98, status="error"),
            ],
            opened={
                "alive": [span("open", trace=5, end_ns=None), span("root", trace=6, number=98, end_ns=None)],
                "dead": [span("cut", trace=7, end_ns=None)],
            },
            interrupted=["dead"],
        )
    )
    stands = {trace["name"]: state.of_trace(trace).word for trace in list_traces(store).traces}
    assert set(stands.values()) == {"ok", "error", "incomplete", "running", "interrupted"}
    for word in set(stands.values()):
        assert set(names(store, status=word)) == {name for name, stood in stands.items() if stood == word}


def test_a_trace_has_its_spans_in_order_and_its_scores(store: Store) -> None:
    trace_id = f"{1:032x}"
    store.commit(
        Batch(
            spans=[
                call(
                    "second",
                    number=2,
                    parent=1,
                    start_ns=BASE_NS + 5,
                    input_messages=[message("user", "long")],
                ),
                span("first", number=1),
                span("elsewhere", trace=2),
            ],
            opened={"j": [span("third", number=3, parent=1, start_ns=BASE_NS + SECOND, end_ns=None)]},
            scores=[Score(trace_id=trace_id, span_id=None, name="good", value=1.0, created_ns=BASE_NS)],
        )
    )
    found = get_trace(store, trace_id)
    assert found is not None
    assert [one["name"] for one in found["spans"]] == ["first", "second", "third"]
    assert "input_messages" not in found["spans"][1]
    assert [(score["name"], score["value"]) for score in found["scores"]] == [("good", 1.0)]
    assert (found["span_count"], found["unpriced"], found["complete"]) == (3, 1, False)


def test_the_spans_of_a_trace_are_those_of_the_view(store: Store) -> None:
    broken = call("broken", number=3, parent=1, status="error", error_type="Timeout", usage_fault="no usage")
    spans = [span("root", number=1, tags=["a"]), call("twin", number=2, parent=1, counted=False, cost_usd=1.0), broken]
    store.commit(Batch(spans=[*spans, span("elsewhere", trace=2)]))
    set_back = span("clock set back", number=9, start_ns=BASE_NS + 60 * SECOND, end_ns=BASE_NS + 1)
    for more, count in ([], 3), ([set_back], 4):
        store.commit(Batch(spans=more))
        found = get_trace(store, f"{1:032x}")
        assert found is not None
        names = list(found["spans"][0])
        stored = store.sql("FROM spans WHERE trace_id = ? ORDER BY start_time, span_id", [f"{1:032x}"]).dicts()
        assert found["spans"] == [{name: row[name] for name in names} for row in stored]
        assert (len(stored), found["spans"][2]["usage_fault"]) == (count, stored[2]["usage_fault"])


def test_a_span_comes_whole_with_its_json_decoded(store: Store) -> None:
    asked = [message("user", "q")]
    store.commit(
        Batch(
            spans=[
                call(
                    number=2,
                    input_messages=asked,
                    attributes={"a": [1]},
                    tool_result="12",
                    input="{no json",
                    output={"b": 2},
                )
            ]
        )
    )
    found = get_span(store, f"{1:032x}", f"{2:016x}")
    assert found is not None
    assert (found["input_messages"], found["attributes"], found["tool_result"]) == (asked, {"a": [1]}, "12")
    assert (found["input"], found["output"], found["events"]) == ("{no json", {"b": 2}, [])


def test_what_is_not_there_is_none(store: Store) -> None:
    assert get_trace(store, "f" * 32) is None
    assert get_span(store, "f" * 32, "f" * 16) is None
    assert list_traces(store).traces == []


@pytest.mark.parametrize("is_open", [False, True])
def test_rows_are_those_of_the_views(store: Store, *, is_open: bool) -> None:
    spans = [
        call(f"c{n}", trace=1, number=9 - n, parent=10, start_ns=BASE_NS + n // 2 * SECOND + 1_999, tags=["é", "a"])
        for n in range(5)
    ]
    root = span("root", trace=1, number=10, **({"end_ns": None} if is_open else {"end_ns": BASE_NS + 60 * SECOND}))
    store.commit(Batch(spans=spans if is_open else [*spans, root], opened={"j": [root]} if is_open else {}))
    summary = store.sql("FROM traces").dicts()
    assert list_traces(store).traces == list_traces(store, sort="slowest").traces == summary
    assert list_traces(store, filters=Filters(text="c1")).traces == summary
    trace = get_trace(store, f"{1:032x}")
    assert trace is not None
    assert {name: trace[name] for name in summary[0]} == summary[0]
    rows = store.sql("FROM spans ORDER BY start_time, span_id").dicts()
    assert trace["spans"] == [{name: row[name] for name in trace["spans"][0]} for row in rows]
