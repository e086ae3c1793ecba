"""The demo's session, recorded once as `tracekit demo` does it, and then asked for from the store."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tracekit.demo import shop
from tracekit.demo.record import PROJECT, SERVICE
from tracekit.query.source import Source, open_source

pytestmark = pytest.mark.openai


@pytest.fixture(scope="module")
def store(directory: Path) -> Iterator[Source]:
    with open_source(directory, db=directory / "traces.duckdb") as source:
        yield source


def test_everything_is_there_and_complete(store: Source) -> None:
    names = Counter(row[0] for row in store.sql("select name from traces").rows)
    assert names == {
        "travel-desk": 3,
        "handbook-answer": 1,
        "packing-list": 1,
        "compare-routes": 1,
        "read-booking": 1,
        "plan-route": 1,
        "confirmation-mail": 1,
        "translate": 1,
        "review-digest": 1,
    }
    assert store.sql("select distinct complete, missing_spans, project, service from traces").rows == [
        (True, 0, PROJECT, SERVICE)
    ]
    assert store.sql("from gaps").rows == []


def test_two_sessions_of_two_users(store: Source) -> None:
    rows = store.sql("select session_id, user_id, count(*) from traces group by all order by all").rows
    assert rows == [("desk-7f3a", "mira", 5), ("desk-91c2", "tomasz", 6)]
    mixed = "select trace_id from spans group by trace_id having count(distinct session_id) > 1"
    assert store.sql(mixed).rows == []


def test_three_chat_models_with_tokens_and_cost(store: Source) -> None:
    rows = store.sql(
        "select request_model, count(*), min(input_tokens) > 0, min(output_tokens) > 0, min(cost_usd) > 0 "
        "from spans where kind = 'llm' and status <> 'error' group by all order by all"
    ).rows
    assert rows == [
        ("gpt-4o", 7, True, True, True),
        ("gpt-4o-mini", 8, True, True, True),
        ("o4-mini", 2, True, True, True),
    ]
    assert store.sql("select sum(reasoning_tokens) from spans where request_model = 'o4-mini'").rows == [(640,)]


def test_tools_of_a_round_run_side_by_side_in_one_trace(store: Source) -> None:
    rows = store.sql(
        "select s.tool_name, s.tool_arguments, p.name, s.start_time, s.end_time "
        "from spans s join spans p on s.parent_span_id = p.span_id and s.trace_id = p.trace_id "
        "where s.tool_name in ('weather', 'search_bikes') order by s.start_time"
    ).rows
    assert [row[0] for row in rows] == ["weather", "weather", "search_bikes"]
    assert json.loads(rows[0][1]) == {"place": "Konstanz", "day": "Friday"}
    assert {row[2] for row in rows} == {"travel-desk"}
    assert max(row[3] for row in rows) < min(row[4] for row in rows)


def test_tool_calls_are_those_the_model_asked_for(store: Source) -> None:
    asked = store.sql(
        "select call_id, name from messages where direction = 'output' and type = 'tool_call' order by all"
    ).rows
    run = store.sql("select tool_call_id, tool_name from spans where kind = 'tool' order by all").rows
    assert asked == run
    assert len(asked) == 6


def test_the_failing_tool_is_told_to_the_guest(store: Source) -> None:
    [(status, error, events, parent)] = store.sql(
        "select s.status, s.error_type, s.events, p.trace_id from spans s join spans p on s.parent_span_id = p.span_id "
        "where s.tool_name = 'find_booking'"
    ).rows
    assert (status, error) == ("error", f"{shop.__name__}.BookingSystemError")
    assert [event["name"] for event in json.loads(events)] == ["exception"]
    [(preview,)] = store.sql("select output_preview from traces where trace_id = ?", [parent]).rows
    assert preview.startswith("I am sorry")


def test_a_retried_call_is_one_span(store: Source) -> None:
    trace = "(select trace_id from traces where name = 'review-digest')"
    rows = store.sql(f"select kind, status from spans where trace_id = {trace} and kind = 'llm'").rows
    assert rows == [("llm", "unset")]


def test_the_unknown_model_is_an_error_without_cost(store: Source) -> None:
    rows = store.sql(
        "select kind = 'llm', status, error_type, cost_usd from spans where trace_id in "
        "(select trace_id from traces where name = 'translate') order by start_time"
    ).rows
    assert rows == [
        (False, "error", "openai.NotFoundError", None),
        (True, "error", "openai.NotFoundError", None),
    ]


def test_the_retriever_found_what_answers_the_question(store: Source) -> None:
    [(documents, inside)] = store.sql(
        "select r.documents, (select count(*) from spans e where parent_span_id = r.span_id and e.kind = 'embedding') "
        "from spans r where r.kind = 'retriever'"
    ).rows
    found = json.loads(documents)
    assert {"ferry", "theft"} <= {document["id"] for document in found}
    assert len(found) == 3
    assert [document["score"] for document in found] == sorted((d["score"] for d in found), reverse=True)
    assert inside == 1


def test_streams_have_a_time_to_first_chunk(store: Source) -> None:
    rows = store.sql(
        "select p.name, s.ttft_ms > 0, s.ttft_ms < s.duration_ms from spans s "
        "join spans p on s.parent_span_id = p.span_id where s.ttft_ms is not null order by all"
    ).rows
    assert rows == [("confirmation-mail", True, True), ("packing-list", True, True)]


def test_guests_have_judged(store: Source) -> None:
    rows = store.sql("select user_id, s.name, s.value, s.source from scores s join traces using (trace_id) order by 1")
    assert rows.rows == [("mira", "helpful", 1.0, "human"), ("tomasz", "helpful", 0.0, "human")]


def test_nobody_else_can_read_it(directory: Path) -> None:
    for path in (directory.parent, directory, directory / "journal"):
        assert path.stat().st_mode & 0o077 == 0
