"""Calls aligned by path, and words compared: without a store and without a page."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tracekit.query import alignment
from tracekit.query.alignment import Call, align, change
from tracekit.query.worddiff import LONGEST, diff

START = datetime(2026, 1, 1, tzinfo=UTC)


def spans(*named: str, model: str = "m1", **fields: Any) -> list[dict[str, Any]]:
    """Spans of a tree: each is `path/to/kind:name`, or a part of one with `#n` to tell equal siblings apart."""
    made: dict[str, dict[str, Any]] = {}
    for place, path in enumerate(named):
        above, _, last = path.rpartition("/")
        kind, _, name = last.partition("#")[0].partition(":")
        made[path] = {
            "span_id": path,
            "parent_span_id": above or None,
            "kind": kind,
            "name": f"{name} {model}" if kind == "llm" else name,
            "model": model if kind == "llm" else None,
            "request_model": None,
            "response_model": None,
            "operation": None,
            "tool_name": None,
            "start_time": START + timedelta(seconds=place),
            "status": "unset",
            "outcome": "complete",
            **fields,
        }
    return list(made.values())


def shape(calls: list[Call]) -> list[tuple[int, str, str]]:
    return [(call.level, call.key[1], "".join("abc"[number] for number in sorted(call.spans))) for call in calls]


def test_calls_are_aligned_by_the_path_that_leads_to_them() -> None:
    one = spans("agent:a", "agent:a/llm:chat", "agent:a/tool:find", "agent:a/tool:find/llm:chat", "agent:a/llm:chat#2")
    other = spans("agent:a", "agent:a/llm:chat", "agent:a/tool:book", "agent:a/llm:chat#2", model="m2")
    assert shape(align([one, other])) == [
        (1, "a", "ab"),
        (2, "chat", "ab"),
        (2, "find", "a"),
        (3, "chat", "a"),
        (2, "book", "b"),
        (2, "chat", "ab"),
    ]


def test_a_third_trace_joins_what_the_others_have() -> None:
    one, other = spans("agent:a", "agent:a/tool:x"), spans("agent:a", "agent:a/tool:y")
    third = spans("agent:a", "agent:a/tool:y", "agent:a/tool:x")
    assert shape(align([one, other, third])) == [(1, "a", "abc"), (2, "y", "c"), (2, "x", "ac"), (2, "y", "b")]


def test_what_has_become_of_a_call() -> None:
    one, other = (
        spans("agent:a", "agent:a/llm:chat", "agent:a/tool:x"),
        spans("agent:a", "agent:a/llm:chat", "agent:a/tool:y"),
    )
    calls = align([one, other])
    same = [{span["span_id"]: ("q", "r") for span in each} for each in (one, other)]
    assert [change(call, 2, same) for call in calls] == ["same", "same", "removed", "added"]
    asked = [same[0], same[1] | {"agent:a/llm:chat": ("other", "r")}]
    assert [change(call, 2, asked) for call in calls][1] == "changed"
    assert change(align([one, spans("agent:a", "agent:a/llm:chat", model="m2")])[1], 2, same) == "changed"
    assert change(align([one, spans("agent:a", status="error")])[0], 2, same) == "changed"


def test_no_span_is_ever_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(7)
    for most in (alignment.MOST_PAIRS, 0):
        monkeypatch.setattr(alignment, "MOST_PAIRS", most)
        for _ in range(50):
            traces: list[list[dict[str, Any]]] = []
            for _ in range(3):
                made = spans(
                    *(f"{draw.choice(('tool:x', 'llm:y', 'agent:z'))}#{n}" for n in range(draw.randrange(1, 12)))
                )
                for span in made:  # parents at will: missing ones, itself, circles
                    span["parent_span_id"] = draw.choice([None, "gone", *(other["span_id"] for other in made)])
                traces.append(made)
            calls = align(traces)
            for number, made in enumerate(traces):
                found = [call.spans[number]["span_id"] for call in calls if number in call.spans]
                assert sorted(found) == sorted(span["span_id"] for span in made)


def test_a_loop_of_ten_thousand_calls_is_aligned() -> None:
    one = spans("agent:a", *(f"agent:a/tool:t{n % 7}#{n}" for n in range(10_000)))
    other = spans("agent:a", "agent:a/tool:first", *(f"agent:a/tool:t{n % 7}#{n}" for n in range(10_000)))
    calls = align([one, other])
    assert sum(len(call.spans) == 2 for call in calls) == 10_001
    assert [call.key[1] for call in calls if len(call.spans) == 1] == ["first"]


@pytest.mark.parametrize(
    ("before", "after", "pieces"),
    [
        ("same", "same", [("same", "same")]),
        ("", "new", [("added", "new")]),
        ("old", "", [("removed", "old")]),
        (
            "a\nthe cat\nz",
            "a\nthe dog\nz",
            [("same", "a\nthe "), ("removed", "cat"), ("added", "dog"), ("same", "\nz")],
        ),
        ("red", "green apples", [("removed", "red"), ("added", "green apples")]),
    ],
)
def test_words_that_differ(before: str, after: str, pieces: list[tuple[str, str]]) -> None:
    assert [(piece.op, piece.text) for piece in diff(before, after).pieces] == pieces


def test_both_texts_can_be_read_off_their_difference() -> None:
    draw = random.Random(3)
    for _ in range(200):
        one, other = ("".join(draw.choice("ab \n.é\u202e") for _ in range(draw.randrange(60))) for _ in range(2))
        found = diff(one, other)
        assert "".join(piece.text for piece in found.pieces if piece.op != "added") == one
        assert "".join(piece.text for piece in found.pieces if piece.op != "removed") == other


def test_a_text_without_end_is_compared_as_far_as_it_says() -> None:
    found = diff("x" * (LONGEST + 5), "y " * LONGEST)
    assert found.left_out == (5, LONGEST)
