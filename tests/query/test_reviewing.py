"""The queue of a review, against a plain walk through the list; and all traces of a filter."""

from __future__ import annotations

import random

import pytest

from tests.support.spans import BASE_NS, SECOND, call, span
from tracekit.errors import QueryError
from tracekit.model import Score
from tracekit.query.asked import parse
from tracekit.query.filters import Filters
from tracekit.query.reviewing import chosen, queue
from tracekit.query.traces import SORTS, list_traces
from tracekit.store import Batch, Store


def said(trace: int, *, source: str = "human", span_id: str | None = None, session: str | None = None) -> Score:
    return Score(
        trace_id=None if session else f"{trace:032x}",
        span_id=span_id,
        session_id=session,
        name="correct",
        value=1.0,
        source=source,
        created_ns=BASE_NS,
    )


def filled(store: Store, reviewed: set[int], *, count: int = 12) -> None:
    rng = random.Random(7)
    store.commit(
        Batch(
            spans=[
                span(
                    f"t{n % 3}",
                    trace=n,
                    start_ns=BASE_NS + (n // 2) * SECOND,
                    end_ns=BASE_NS + (n // 2) * SECOND + rng.randrange(4) * SECOND + 1,
                )
                for n in range(1, count + 1)
            ],
            scores=[said(n) for n in sorted(reviewed)],
        )
    )


@pytest.mark.parametrize("sort", SORTS)
def test_the_queue_is_the_list_without_what_is_reviewed(store: Store, sort: str) -> None:
    reviewed = {2, 3, 7, 12}
    filled(store, reviewed)
    for filters in (Filters(), parse("name:t1")):
        listed = [row["trace_id"] for row in list_traces(store, limit=100, filters=filters, sort=sort).traces]
        done = {f"{n:032x}" for n in reviewed}
        open_ones = [one for one in listed if one not in done]
        found = queue(store, filters, sort=sort)
        assert (found.total, found.reviewed) == (len(listed), len(done & set(listed)))
        assert (found.first, found.next, found.place, found.is_stored) == (open_ones[0], None, None, False)
        for number, here in enumerate(listed):
            found = queue(store, filters, sort=sort, at=here)
            left = [one for one in listed[number + 1 :] if one not in done]
            assert found.place == number + 1
            assert found.before == (listed[number - 1] if number else None)
            assert found.next == (left[0] if left else None)
            assert found.passed_over == sum(one not in done for one in listed[:number])
            assert found.is_reviewed == (here in done)


def test_going_on_from_a_trace_that_fits_no_longer_keeps_the_place(store: Store) -> None:
    filled(store, {6})
    filters = parse("-has:review")
    found = queue(store, filters, at=f"{6:032x}")
    assert (found.place, found.is_stored, found.next) == (None, True, f"{5:032x}")


def test_only_what_a_person_says_of_the_trace_or_a_span_of_it_counts(store: Store) -> None:
    store.commit(
        Batch(
            spans=[span(trace=n, start_ns=BASE_NS + n, session_id="s") for n in (1, 2, 3)],
            scores=[said(1, source="judge"), said(0, session="s"), said(2, span_id="0" * 16)],
        )
    )
    found = queue(store, Filters())
    assert (found.total, found.reviewed, found.first) == (3, 1, f"{3:032x}")
    ids = {row["trace_id"] for row in list_traces(store, filters=parse("has:review")).traces}
    assert ids == {f"{2:032x}"}


def test_nothing_fits(store: Store) -> None:
    found = queue(store, Filters(), at="f" * 32)
    assert (found.total, found.reviewed, found.first, found.next, found.before) == (0, 0, None, None, None)


def test_all_traces_of_a_filter_in_the_order_of_the_list(store: Store) -> None:
    filled(store, set())
    for sort in SORTS:
        listed = [row["trace_id"] for row in list_traces(store, limit=100, sort=sort).traces]
        found = chosen(store, Filters(), sort=sort, limit=12)
        assert (found.trace_ids, found.more) == (listed, False)
        assert chosen(store, Filters(), sort=sort, limit=5).trace_ids == listed[:5]
    assert chosen(store, Filters(), limit=11).more
    with pytest.raises(QueryError, match="cannot be sorted by 'best'"):
        chosen(store, Filters(), sort="best", limit=1)


def test_traces_of_which_nothing_has_ended_are_counted(store: Store) -> None:
    opened = call(trace=2, end_ns=None, outcome=None)
    store.commit(Batch(spans=[call(trace=1)], opened={"a": [opened]}))
    found = chosen(store, Filters(), limit=10)
    assert (len(found.trace_ids), found.unended) == (2, 1)
