"""What is looked for in one trace: in what its rows show, and in its spans' texts."""

from __future__ import annotations

import pytest

from tests.support.spans import BASE_NS, call, message, span
from tracekit.query import finding
from tracekit.query.finding import find
from tracekit.query.outline import get_outline
from tracekit.query.traces import get_summary
from tracekit.store import Batch, Store

TRACE = f"{1:032x}"


def found(store: Store, text: str) -> set[int]:
    """The numbers of the spans that `find` gives."""
    trace = get_summary(store, TRACE)
    assert trace is not None
    answer = find(store, trace, get_outline(store, trace), text)
    assert answer.notice is None
    return {int(each, 16) for each in answer.ids}


@pytest.fixture
def filled(store: Store) -> Store:
    asked = [message("user", 'Where is the family discount, said "Ann"?'), message("assistant", "größer")]
    early = [span("other", trace=2, number=number, input="family discount") for number in range(100, 103)]
    store.commit(Batch(spans=[*early, span("agent", number=1), call(number=2, parent=1, input_messages=asked)]))
    store.commit(
        Batch(
            spans=[
                span("LookUp", number=3, parent=1, kind="tool", tool_name="crm_lookup", tool_result="no family here"),
                span("failing", number=4, parent=1, status="error", error_type="TimeoutError"),
                span("early", number=6, parent=1, start_ns=BASE_NS - 1, output="discount of a family"),
                span("again", trace=3, number=104, input="family discount"),
            ],
            opened={"j": [span("still asking", number=5, parent=1, end_ns=None, input="family matters"),
                          span("asking too", trace=4, number=105, end_ns=None, input="family matters")]},
        )
    )  # fmt: skip
    return store


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("family", {2, 3, 5, 6}),
        ("FAMILY discount", {2, 6}),
        ('"family discount"', {2}),
        ("fam*", {2, 3, 5, 6}),
        ("fam", set()),  # words, in texts
        ("up", {3}),  # any part, in what a row shows
        ("lookup", {3}),
        ("gpt-4o", {2}),
        ("timeout", {4}),
        ("ann größer", {2}),
        (f"{4:016x}", {4}),
        ("nothing of the kind", set()),
        ("family nowhere", set()),
        ('"', set()),
        ("  ", set()),
        ("...", set()),
        ("%", set()),
    ],
)
def test_what_is_found(filled: Store, text: str, numbers: set[int]) -> None:
    assert found(filled, text) == numbers


def test_texts_are_read_piece_by_piece(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "_TOGETHER", 2)
    assert found(filled, "family") == {2, 3, 5, 6}


def test_what_was_not_read_is_told(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "SCAN_SECONDS", 0)
    trace = get_summary(filled, TRACE)
    assert trace is not None
    answer = find(filled, trace, get_outline(filled, trace), "lookup")
    assert {int(each, 16) for each in answer.ids} == {3}
    assert answer.notice == "Texts were read for 0 s: those of 5 spans were not looked through."
