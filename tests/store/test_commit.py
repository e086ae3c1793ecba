from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from tests.support.spans import BASE_NS, SECOND, call, message, span
from tracekit.model import Score, Span
from tracekit.store import Batch, Gap, JournalState, Store
from tracekit.store.duckdb import open_store


def one(store: Store, query: str) -> Any:
    return store.sql(query).rows[0][0]


def trace(store: Store, number: int = 1) -> dict[str, Any]:
    (row,) = store.sql("FROM traces WHERE trace_id = ?", [f"{number:032x}"]).dicts()
    return row


def journal(name: str, *, offset: int = 1, gaps: list[Gap] | None = None) -> JournalState:
    return JournalState(
        name=name,
        process="p",
        offset=offset,
        state="{}",
        faults=0,
        skipped_bytes=0,
        ended=False,
        gaps=gaps or [],
    )


def test_a_span_sent_twice_is_stored_once(store: Store) -> None:
    first, second = span(number=1), span(number=2)
    assert store.commit(Batch(spans=[first, first, second])).duplicates == 1
    again = store.commit(Batch(spans=[first, span(number=3)]))
    assert (again.spans, again.duplicates) == (1, 1)
    assert one(store, "SELECT count(*) FROM spans") == 3
    assert trace(store)["span_count"] == 3


def test_the_same_span_id_in_another_trace_is_another_span(store: Store) -> None:
    assert store.commit(Batch(spans=[span(trace=1, number=1), span(trace=2, number=1)])).spans == 2


def test_nanoseconds_are_kept(store: Store) -> None:
    store.commit(Batch(spans=[span(start_ns=BASE_NS + 1, end_ns=BASE_NS + 1500)]))
    assert one(store, "SELECT duration_ms FROM spans") == pytest.approx(0.001499)


def test_an_open_span_is_seen_until_its_end_comes(store: Store) -> None:
    started = span(number=1, end_ns=None)
    store.commit(Batch(opened={"j": [started]}))
    assert store.sql("SELECT end_time, duration_ms, outcome FROM spans").rows == [(None, None, None)]
    assert (trace(store)["complete"], trace(store)["end_time"]) == (False, None)
    store.commit(Batch(spans=[span(number=1)]))
    assert store.sql("SELECT duration_ms FROM spans").rows == [(1000.0,)]
    assert trace(store)["complete"]
    store.commit(Batch(opened={"j": [started]}))  # a start read late does not open it again
    assert one(store, "SELECT count(*) FROM spans") == 1


def test_a_dead_writer_interrupts_what_it_left_open_and_nothing_else(store: Store) -> None:
    store.commit(Batch(opened={"dead": [span(number=1, end_ns=None)], "alive": [span(trace=2, number=2, end_ns=None)]}))
    store.commit(Batch(interrupted=["dead"]))
    rows = store.sql("SELECT span_id, outcome, end_time, duration_ms FROM spans ORDER BY span_id").rows
    assert rows == [(f"{1:016x}", "interrupted", None, None), (f"{2:016x}", None, None, None)]
    assert not trace(store)["complete"]


def test_a_real_end_takes_the_place_of_an_interruption(store: Store) -> None:
    store.commit(Batch(opened={"j": [span(number=1, end_ns=None)]}, interrupted=["j"]))
    done = store.commit(Batch(spans=[span(number=1, outcome="complete")]))
    assert (done.spans, done.duplicates) == (1, 0)
    assert store.sql("SELECT outcome, duration_ms FROM spans").rows == [("complete", 1000.0)]


def test_a_trace_counts_usage_once_and_leaves_unknown_null(store: Store) -> None:
    store.commit(
        Batch(
            spans=[
                span("agent", number=1, kind="agent", input_tokens=300, output_tokens=30),
                call(number=2, parent=1, cost_usd=0.5),
                call(number=3, parent=1, cost_usd=None, model="gpt-4o"),
                span("other", trace=2),
            ]
        )
    )
    row = trace(store)
    assert (row["input_tokens"], row["output_tokens"], row["cost_usd"]) == (200, 20, 0.5)
    assert row["models"] == ["gpt-4o", "gpt-4o-mini"]
    row = trace(store, 2)
    assert (row["input_tokens"], row["output_tokens"], row["cost_usd"], row["models"]) == (
        None,
        None,
        None,
        [],
    )


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
@pytest.mark.parametrize("together", [True, False])
def test_a_call_inside_a_call_with_one_response_counts_once(store: Store, order: list[int], *, together: bool) -> None:
    spans = [
        call(number=1, response_id="r", cost_usd=1.0),
        call(number=2, parent=1, response_id="r", cost_usd=1.0),
    ]
    ordered = [spans[index] for index in order]
    for group in [ordered] if together else [[one_span] for one_span in ordered]:
        store.commit(Batch(spans=group))
    assert store.sql("SELECT counted, cost_usd FROM spans ORDER BY span_id").rows == [
        (True, 1.0),
        (False, None),
    ]
    assert (trace(store)["input_tokens"], trace(store)["cost_usd"]) == (100, 1.0)


def test_two_calls_with_responses_of_their_own_both_count(store: Store) -> None:
    store.commit(Batch(spans=[call(number=1, response_id="a"), call(number=2, parent=1, response_id="b")]))
    assert trace(store)["input_tokens"] == 200


def test_a_trace_grows_over_commits(store: Store) -> None:
    child = call(
        number=2,
        parent=1,
        start_ns=BASE_NS + SECOND,
        status="error",
        session_id="s",
        user_id="u",
        tags=["b", "a"],
    )
    store.commit(Batch(spans=[child]))
    row = trace(store)
    assert (row["name"], row["complete"], row["missing_spans"], row["status"]) == (
        child.name,
        False,
        1,
        "error",
    )
    store.commit(Batch(spans=[span("root", number=1, end_ns=BASE_NS + 4 * SECOND, service="svc", project="p")]))
    row = trace(store)
    assert (row["name"], row["complete"], row["missing_spans"], row["span_count"]) == ("root", True, 0, 2)
    assert (row["status"], row["error_count"], row["duration_ms"]) == ("error", 1, 4000.0)
    assert (row["project"], row["service"], row["session_id"], row["user_id"], row["tags"]) == (
        "p",
        "svc",
        "s",
        "u",
        ["a", "b"],
    )


def test_previews_are_the_first_user_and_the_last_assistant_text(store: Store) -> None:
    spans = [
        span("root", number=1, input="root in", output="root out"),
        call(
            number=2, parent=1, start_ns=BASE_NS + 1,
            input_messages=[message("system", "rules"), message("user", "first"), message("user", "second")],
            output_messages=[message("assistant", "thinking aloud")],
        ),
        call(
            number=3, parent=1, start_ns=BASE_NS + 2,
            input_messages=[message("user", "later")],
            output_messages=[message("assistant", "answer")], end_ns=BASE_NS + 2 * SECOND,
        ),
        span("plain", trace=2, input={"q": 1}, output="done"),
    ]  # fmt: skip
    store.commit(Batch(spans=spans))
    assert (trace(store)["input_preview"], trace(store)["output_preview"]) == ("first", "answer")
    assert (trace(store, 2)["input_preview"], trace(store, 2)["output_preview"]) == ('{"q":1}', "done")


def test_a_preview_is_found_wherever_it_is(store: Store) -> None:
    spans = [
        span("root", number=1, kind="chain"),
        span(
            "tool", number=2, parent=1, kind="tool", tool_arguments={"question": "why?"}, tool_result={"answer": "so"}
        ),
    ]
    store.commit(Batch(spans=spans))
    assert (trace(store)["input_preview"], trace(store)["output_preview"]) == ("why?", "so")


def test_a_trace_says_what_became_of_its_spans(store: Store) -> None:
    spans = [
        span("root", number=1, status="ok", outcome="complete"),
        span("tool", number=2, parent=1, status="error"),
        call(number=3, parent=1, outcome="abandoned"),
        call(number=4, parent=1, outcome="cancelled"),
    ]
    store.commit(Batch(spans=spans))
    row = trace(store)
    assert (row["status"], row["root_status"], row["error_count"]) == ("error", "ok", 1)
    assert row["outcomes"] == ["abandoned", "cancelled"]


def test_messages_are_rows_of_parts(store: Store) -> None:
    tool = {"type": "tool_call", "id": "c1", "name": "f", "arguments": {"a": 1}}
    reply = {"role": "assistant", "parts": [{"type": "text", "content": "hi"}, tool], "finish_reason": "stop"}
    store.commit(Batch(spans=[call(input_messages=[message("user", "q"), {"role": "odd"}], output_messages=[reply])]))
    rows = store.sql(
        "SELECT direction, position, role, part, type, text, name, call_id FROM messages ORDER BY ALL"
    ).rows
    assert rows == [
        ("input", 0, "user", 0, "text", "q", None, None),
        ("input", 1, "odd", 0, None, None, None, None),
        ("output", 0, "assistant", 0, "text", "hi", None, None),
        ("output", 0, "assistant", 1, "tool_call", None, "f", "c1"),
    ]
    assert one(store, "SELECT payload->>'$.arguments.a' FROM messages WHERE type = 'tool_call'") == "1"


def test_journals_scores_and_gaps_are_kept_and_replaced(store: Store) -> None:
    score = Score(trace_id="a" * 32, span_id=None, name="good", value=None, label="yes", created_ns=BASE_NS)
    lost = [Gap(first_missing=3, last_missing=4), Gap(first_missing=9, last_missing=9)]
    store.commit(Batch(scores=[score], journals=[journal("a", gaps=lost), journal("b")]))
    assert store.sql("SELECT process, first_missing, last_missing, count FROM gaps ORDER BY 2").rows == [
        ("p", 3, 4, 2), ("p", 9, 9, 1),
    ]  # fmt: skip
    store.commit(Batch(journals=[journal("a", offset=7, gaps=lost[1:])]))
    assert store.journals() == {"a": journal("a", offset=7, gaps=lost[1:]), "b": journal("b")}
    assert store.sql("SELECT name, value, label, source FROM scores").rows == [("good", None, "yes", "code")]


def test_version_grows_with_rows_and_not_with_offsets(store: Store) -> None:
    before = store.version
    store.commit(Batch(journals=[journal("a")]))
    assert store.version == before
    store.commit(Batch(spans=[span()]))
    assert store.version > before


HOSTILE: list[Any] = [
    "\ud800 lone", "nul \x00", "\u202eright to left", '"; DROP TABLE spans; --', "x" * 1_000_000, 10**400,
    {"deep": [[[[{}]]]]},
    [float("nan"), float("inf")], {"a": None}, object(), {1: "number key"},
]  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_no_value_keeps_a_batch_out(store: Store, value: Any) -> None:
    text = value if isinstance(value, str) else "name"
    odd = span(
        text, number=1, attributes={"a": value}, input=value, output=value, tool_arguments=value, tags=[text],
        status_message=text, input_messages=[value],
        output_messages=[{"role": "assistant", "parts": [value]}],
    )  # fmt: skip
    assert store.commit(Batch(spans=[odd, span(number=2)])).spans == 2
    assert len(store.sql("SELECT * FROM spans").rows) == 2
    store.sql("SELECT * FROM messages")


def test_rows_are_there_after_reopening(tmp_path: Path) -> None:
    path = tmp_path / "t.duckdb"
    first = open_store(path)
    first.commit(Batch(spans=[span()], journals=[journal("a", offset=5)]))
    first.close()
    second = open_store(path)
    assert one(second, "SELECT count(*) FROM spans") == 1
    assert second.journals()["a"].offset == 5
    second.close()


def test_readers_go_on_while_a_writer_commits(store: Store) -> None:
    counts: list[int] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            counts.append(one(store, "SELECT count(*) FROM spans"))

    thread = threading.Thread(target=read)
    thread.start()
    for batch in range(20):
        store.commit(Batch(spans=_numbered(batch)))
    stop.set()
    thread.join()
    assert counts == sorted(counts)  # what was committed stays seen
    assert all(count % 50 == 0 for count in counts)  # a batch is seen whole or not at all
    assert one(store, "SELECT count(*) FROM spans") == 1000


def _numbered(batch: int) -> list[Span]:
    return [span(trace=batch + 1, start_ns=BASE_NS + batch * SECOND) for _ in range(50)]
