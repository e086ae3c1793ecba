"""How things stand, in the words that people read."""

from __future__ import annotations

from typing import Any

import pytest

from tracekit import state

TRACE: dict[str, Any] = {
    "status": "unset",
    "error_count": 0,
    "span_count": 2,
    "end_time": 1,
    "complete": True,
    "missing_spans": 0,
    "interrupted_spans": 0,
}
SPAN: dict[str, Any] = {"status": "unset", "outcome": None, "end_time": 1, "error_type": None, "status_message": None}


@pytest.mark.parametrize(
    ("fields", "mark", "word"),
    [
        ({}, "ok", "ok"),
        ({"status": "ok"}, "ok", "ok"),
        ({"error_count": 1}, "error", "error"),
        ({"status": "error"}, "error", "error"),
        ({"end_time": None, "complete": False}, "running", "running"),
        ({"end_time": None, "complete": False, "interrupted_spans": 1}, "cut", "interrupted"),
        ({"end_time": None, "error_count": 2, "interrupted_spans": 1}, "error", "error"),
        ({"missing_spans": 3, "complete": False}, "cut", "incomplete"),
        ({"complete": False}, "cut", "incomplete"),
    ],
)
def test_a_trace(fields: dict[str, Any], mark: str, word: str) -> None:
    found = state.of_trace({**TRACE, **fields})
    assert (found.mark, found.word) == (mark, word)


@pytest.mark.parametrize(
    ("fields", "mark", "label"),
    [
        ({}, "ok", "OK"),
        ({"status": "ok", "outcome": "complete"}, "ok", "OK"),
        ({"status": "error", "outcome": "abandoned"}, "error", "Error"),
        ({"end_time": None}, "running", "Running"),
        ({"end_time": None, "outcome": "interrupted"}, "cut", "Interrupted"),
        ({"outcome": "abandoned"}, "cut", "Abandoned"),
        ({"outcome": "cancelled"}, "cut", "Cancelled"),
        ({"outcome": "partial"}, "cut", "Partial"),
    ],
)
def test_a_span(fields: dict[str, Any], mark: str, label: str) -> None:
    found = state.of_span({**SPAN, **fields})
    assert (found.mark, found.label) == (mark, label)


def test_an_error_is_said_in_its_own_words() -> None:
    assert state.of_span({**SPAN, "status": "error", "status_message": "too slow"}).note == "too slow"
    assert state.of_trace({**TRACE, "error_count": 1}).note == "1 of 2 spans failed"
