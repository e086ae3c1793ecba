"""A trace as text: every span once, and nothing in it that acts on a terminal."""

from __future__ import annotations

from typing import Any

from tracekit.query import tree


def span(number: str, parent: str | None = None, **fields: Any) -> dict[str, Any]:
    empty = dict.fromkeys(("model", "input_tokens", "output_tokens", "cost_usd", "ttft_ms", "error_type", "outcome"))
    return {
        **empty,
        "span_id": number,
        "parent_span_id": parent,
        "name": number,
        "kind": "other",
        "status": "ok",
        "duration_ms": 1.5,
        "end_time": 1,
        **fields,
    }


def drawn(spans: list[dict[str, Any]], previews: dict[str, Any] | None = None, *, full: bool = False) -> list[str]:
    return [str(line) for line in tree.lines(spans, previews or {}, full=full)]


def test_children_stand_under_their_parents_in_order() -> None:
    texts = drawn([span("a"), span("b", "a"), span("c", "b"), span("d", "a")])
    assert [text.split("  ")[:2] for text in texts] == [
        ["other", "a"],
        ["├─ other", "b"],
        ["│", "└─ other"],
        ["└─ other", "d"],
    ]


def test_no_span_is_lost_to_a_missing_parent_or_a_circle() -> None:
    spans = [span("a", "gone"), span("b", "c"), span("c", "b"), span("d", "d")]
    assert sorted(branch.span["span_id"] for branch in tree.arrange(spans)) == ["a", "b", "c", "d"]


def test_ten_thousand_levels() -> None:
    spans = [span("0"), *(span(str(number), str(number - 1)) for number in range(1, 10_000))]
    assert len(list(tree.arrange(spans))) == 10_000


def test_facts_stand_beside_the_span_and_what_is_unknown_does_not() -> None:
    told: dict[str, Any] = {
        "status": "error",
        "error_type": "TimeoutError",
        "model": "gpt-4o",
        "input_tokens": 1200,
        "ttft_ms": 210.0,
        "cost_usd": 0.0031,
    }
    text, why = drawn([span("call", kind="llm", **told)], {"call": {"status_message": "too slow"}})
    for fact in (
        "llm  call",
        "1.50 ms",
        "gpt-4o",
        "1.2k in, \N{EN DASH} out",
        "$0.0031",
        "first chunk 210 ms",
    ):
        assert fact in text
    assert why == "    err TimeoutError: too slow"
    assert "$" not in drawn([span("plain")])[0]


def test_hostile_content_is_spelled_out() -> None:
    evil = "a\x1b]0;title\x07b\u202ec\x9bd\nsecond"
    for full in (False, True):
        texts = "".join(drawn([span("x", name=evil, model=evil)], {"x": {"input": evil, "output": evil}}, full=full))
        assert not set(texts) & set("\x1b\x07\u202e\x9b\n")
        assert "\\x1b]0;title\\x07b\\u202ec\\x9bd" in texts
    assert sum("second" in text for text in drawn([span("x")], {"x": {"input": evil}}, full=True)) == 1


def test_how_a_span_stands_is_said_in_words_for_people() -> None:
    unset = {"status": "unset"}
    spans = [
        span("fine", **unset),
        span("open", **unset, end_time=None),
        span("dead", **unset, end_time=None, outcome="interrupted"),
        span("bad", status="error", error_type="ValueError"),
    ]
    words = [text.split("ms")[1].split() for text in drawn(spans) if " err " not in text]
    assert words == [["ok"], ["running"], ["interrupted"], ["error"]]


def test_a_line_is_cut_to_the_terminal_in_columns_and_keeps_its_parts() -> None:
    (line,) = tree.lines([span("\u6771\u4eac" * 20)], {})
    assert line.fitted(1_000) == line
    assert str(line.fitted(20)) == "other  \u6771\u4eac\u6771\u4eac\u6771\u4eac\N{HORIZONTAL ELLIPSIS}"
    assert str(line.fitted(0)) == ""


def test_an_errors_message_is_wrapped_and_not_cut() -> None:
    said = {"a": {"status_message": "the model does not exist, " * 6}}
    _, why, _ = tree.lines([span("a", status="error", error_type="NotFoundError"), span("b", "a")], said)
    shown = why.shown(60)
    assert len(shown) > 2
    assert all(len(str(part)) <= 60 and str(part).startswith("│ ") for part in shown)
    assert " ".join(str(part)[2:].strip() for part in shown) == str(why)[2:].strip()
    assert why.shown(1_000) == [why]
