"""What is indexed of rows that were stored just now, against what is read back of them."""

from __future__ import annotations

from typing import Any

import duckdb
import pyarrow as pa
import pytest

from tests.support.spans import call, message, span
from tracekit.model import Span
from tracekit.store import Batch
from tracekit.store.duckdb import open_store
from tracekit.store.duckdb.database import DuckDBStore
from tracekit.store.search import following, handover
from tracekit.store.search.following import catch_up, documents, facts
from tracekit.store.search.language import parse, tokens

EVERY: list[dict[str, Any]] = [
    {},
    {"input": "plain", "output": {"a": ["json", 1]}},
    {"input": ["list"], "output": "", "status_message": "failed — 東京", "error_type": "ValueError"},
    {"input": "{C:\\x and no JSON", "output": "[ends with \\"},
    {"tool_name": "weather", "tool_call_id": "c1", "tool_arguments": {"city": 'C:\\new "x"'}, "tool_result": "🚀"},
    {"system_instructions": [{"type": "text", "content": "é \ud83d\ude80 \u2028"}], "documents": [{"id": "d-1"}]},
    {"attributes": {"a": 'x","y', "n": None, "f": 1e16, "l": [1, "two"], "big": 10**30, "long": "w" * 99, "": ""}},
    {"attributes": {"half": "\ud800", "nan": float("nan"), "inf": [float("inf")]}},
    {
        "input_messages": [message("user", "family")],
        "attributes": {"gen_ai.input.messages": '[{"role":"user"}]', "k": 1},
        "promoted": {"input_messages": "gen_ai.input.messages"},
    },
    {"input": "raw text", "attributes": {"input.value": "raw text"}, "promoted": {"input": "input.value"}},
]


def spans(first: int, count: int) -> list[Span]:
    return [span(f"alpha{number}", trace=number + 1, number=number) for number in range(first, first + count)]


def reads(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The numbers that are read back from now on."""
    seen: list[tuple[int, int]] = []

    def documents_seen(store: Any, low: int, high: int, **rest: Any) -> list[tuple[int, str]]:
        seen.append((low, high))
        return documents(store, low, high, **rest)

    monkeypatch.setattr(following, "documents", documents_seen)
    return seen


@pytest.mark.parametrize("rows_at_once", [2, 256])
def test_the_words_are_the_same_either_way(
    store: DuckDBStore, rows_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handover, "_PASS", rows_at_once)
    store.handover.open()
    store.commit(Batch(spans=[call(f"n{n}", trace=n + 1, **given) for n, given in enumerate(EVERY)]))
    assert store.handover.first(0) == 0
    last, handed = store.handover.take(0)
    stored = documents(store, 0, last)
    assert len(stored) == len(EVERY)
    assert [(number, sorted(tokens(text))) for number, text in handed] == [
        (number, sorted(tokens(text))) for number, text in stored
    ]


def test_what_is_handed_over_is_not_read_back(store: DuckDBStore, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = reads(monkeypatch)
    store.commit(Batch(spans=spans(0, 3)))  # before anybody asked for it
    store.handover.open()
    store.commit(Batch(spans=[*spans(3, 4), *spans(3, 1), *spans(2, 1)]))  # some of them twice
    store.commit(Batch(spans=spans(7, 2)))
    assert catch_up(store.index, store).behind == 0
    assert seen == [(0, 2)]
    numbers = [row[0] for row in store.sql("SELECT seq FROM internal.spans ORDER BY seq DESC").rows]
    assert set(store.index.search(parse("alpha*"))) >= set(numbers)
    assert catch_up(store.index, store).spans == 0
    assert store.handover.first(facts(store).last + 1) is None


def test_what_is_indexed_is_let_go_at_once(store: DuckDBStore) -> None:
    """Nothing may be stored for hours after it."""
    store.handover.open()
    before = pa.total_allocated_bytes()
    store.commit(Batch(spans=spans(0, 2000)))
    assert pa.total_allocated_bytes() - before > 100_000
    catch_up(store.index, store)
    assert pa.total_allocated_bytes() - before < 10_000


def test_what_there_is_no_room_for_is_read_back(store: DuckDBStore, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = reads(monkeypatch)
    store.handover.open(room=20_000)
    for first in range(0, 60, 20):
        store.commit(Batch(spans=spans(first, 20)))
    store.handover.open()
    store.commit(Batch(spans=spans(60, 20)))
    assert catch_up(store.index, store).behind == 0
    assert seen
    assert seen[-1][1] == 59
    assert list(store.index.search(parse("alpha*"))) == list(range(79, -1, -1))


def test_an_index_that_is_thrown_away_does_not_wait_for_what_was_handed_over(store: DuckDBStore) -> None:
    store.handover.open()
    store.commit(Batch(spans=spans(0, 3)))
    catch_up(store.index, store)
    store.commit(Batch(spans=spans(3, 3)))
    assert following.rebuild(store.index, store).behind == 0
    assert list(store.index.search(parse("alpha*"))) == [5, 4, 3, 2, 1, 0]


def test_a_number_is_never_given_twice(store: DuckDBStore) -> None:
    store.handover.open()
    store.commit(Batch(spans=spans(0, 4)))
    store.commit(Batch(spans=spans(2, 2)))  # stored already: their numbers stay unused
    catch_up(store.index, store)
    store.close()
    with duckdb.connect(store.path) as connection:
        connection.execute("DELETE FROM internal.spans WHERE seq > 1")
    again = open_store(store.path)
    assert again.index.covers(facts(again)) == 5
    again.commit(Batch(spans=[span("omega", trace=99)]))
    assert again.sql("SELECT seq FROM internal.spans WHERE name = 'omega'").rows == [(6,)]
    assert catch_up(again.index, again).spans == 1
    again.close()
