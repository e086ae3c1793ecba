"""Tool calls against those expected: recursions and multisets made anew here, and the published example."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any

import pytest

from tests.evals.metrics.scoring import COUNT, near, scored, value
from tracekit.evals.score import Status

T9: dict[str, Any] = {
    "expected_tool_calls": ["search", "read", "write"],
    "tool_calls": ["search", "search", "write", "read"],
}
MODES = ("exact", "in_order", "any_order", "subset", "superset")


def calls(chance: random.Random, most: int = 6) -> list[dict[str, Any]]:
    return [
        {"name": chance.choice("abc"), "arguments": {"q": chance.choice([1, 1.0, "1", [1]])}}
        for _ in range(chance.randint(0, most))
    ]


def steps(made: list[dict[str, Any]], *, arguments: bool) -> list[str]:
    def said(argument: Any) -> str:
        return repr(float(argument)) if isinstance(argument, int | float) else repr(argument)

    return [f"{call['name']} {said(call['arguments']['q'])}" if arguments else call["name"] for call in made]


def lcs(one: Sequence[str], other: Sequence[str]) -> int:
    @cache
    def rest(i: int, j: int) -> int:
        if i == len(one) or j == len(other):
            return 0
        return rest(i + 1, j + 1) + 1 if one[i] == other[j] else max(rest(i + 1, j), rest(i, j + 1))

    return rest(0, 0)


def edits(one: Sequence[str], other: Sequence[str]) -> int:
    @cache
    def rest(i: int, j: int) -> int:
        if i == len(one) or j == len(other):
            return len(one) - i + len(other) - j
        return min(rest(i + 1, j + 1) + (one[i] != other[j]), rest(i + 1, j) + 1, rest(i, j + 1) + 1)

    return rest(0, 0)


def taken_out(one: Sequence[str], other: Sequence[str]) -> int:
    """How many of one are in the other, each as often as it is there."""
    left, found = list(other), 0
    for step in one:
        if step in left:
            left.remove(step)
            found += 1
    return found


def subsequence(part: Sequence[str], whole: Sequence[str]) -> bool:
    rest = iter(whole)
    return all(step in rest for step in part)


@pytest.mark.parametrize("arguments", [False, True])
def test_they_are_their_definitions(*, arguments: bool) -> None:
    chance = random.Random(1)
    held: Counter[str] = Counter()
    for _ in range(2 * COUNT):
        made, wanted = calls(chance), calls(chance)
        if chance.random() < 0.5:
            made = [call for call in wanted if chance.random() < 0.9] + calls(chance, 1)
        row = {"tool_calls": made, "expected_tool_calls": wanted}
        options = {"arguments": arguments}
        mine, theirs = steps(made, arguments=arguments), steps(wanted, arguments=arguments)
        shared = taken_out(mine, theirs)
        reference = {
            "exact": mine == theirs,
            "in_order": subsequence(theirs, mine),
            "any_order": sorted(mine) == sorted(theirs),
            "subset": shared == len(mine),
            "superset": shared == len(theirs),
        }
        for mode in MODES:
            assert value("trajectory_match", {**options, "mode": mode}, **row) == reference[mode], (mode, mine, theirs)
            held[mode] += reference[mode]
        total = len(mine) + len(theirs)
        assert near(value("tool_call_f1", options, **row), 2 * shared / total if total else 1.0)
        longer = max(len(mine), len(theirs))
        similar = 1 - edits(mine, theirs) / longer if longer else 1.0
        assert near(value("trajectory_edit_similarity", options, **row), similar)
        if theirs:
            assert near(value("trajectory_lcs", options, **row), lcs(mine, theirs) / len(theirs))
        else:
            assert scored("trajectory_lcs", options, **row).status is Status.INVALID
    assert min(held[mode] for mode in MODES) > 20


def test_the_published_example() -> None:
    score = scored("tool_call_f1", **T9)
    assert near(score.value or 0, 0.8571428571428571)
    assert (score.details["precision"], score.details["recall"]) == (0.75, 1.0)
    assert score.details["unexpected"] == ["search"]
    assert near(value("trajectory_lcs", **T9), 2 / 3)
    assert scored("trajectory_lcs", **T9).details["lcs"] == 2
    assert value("trajectory_edit_similarity", **T9) == 0.5
    found = {mode: value("trajectory_match", {"mode": mode}, **T9) for mode in MODES}
    assert found == {"exact": 0, "in_order": 0, "any_order": 0, "subset": 0, "superset": 1}


def test_no_call_may_be_what_is_expected() -> None:
    none: dict[str, Any] = {"tool_calls": [], "expected_tool_calls": []}
    assert value("trajectory_match", **none) == value("tool_call_f1", **none) == 1.0
    some: dict[str, Any] = {"tool_calls": ["a"], "expected_tool_calls": []}
    assert value("trajectory_match", **some) == value("tool_call_f1", **some) == 0.0


def test_a_mode_that_is_none_is_named() -> None:
    score = scored("trajectory_match", {"mode": "strict"}, **T9)
    assert score.status is Status.INVALID
    assert "exact, in_order, any_order, subset, superset" in str(score.rationale)


def test_calls_come_from_the_spans_where_the_row_has_none() -> None:
    from dataclasses import replace

    from tracekit.evals.registry import find
    from tracekit.evals.row import read_row

    spans = (
        {"kind": "tool", "span_id": "1", "name": "t", "tool_name": "a", "twin_of": None, "tool_call_id": None,
         "tool_arguments": {"q": 1}, "start_time": 1, "end_time": 2},
    )  # fmt: skip
    row = replace(read_row({"expected_tool_calls": [{"name": "a", "arguments": {"q": 1}}]}), spans=spans)
    score = find("trajectory_match").begin(row, options={"arguments": True})
    assert getattr(score, "value", None) == 1.0


@pytest.mark.parametrize(
    ("wanted", "made", "rule", "holds"),
    [
        (1, 1.0, "exact", True),
        (1, True, "exact", False),
        ("a", "b", "ignore", None),
        ({"x": 1}, {"x": 1, "y": 2}, "subset", True),
        ({"x": {"z": 1}}, {"x": {"z": 1, "w": 2}}, "subset", True),
        ({"x": 1}, {"x": 2, "y": 2}, "subset", False),
        ([1, 2], [2, 3, 1], "subset", True),
        ([1, 1], [1, 2], "subset", False),
        (10, 10.05, {"tolerance": 0.1}, True),
        (10, 10.2, {"tolerance": 0.1}, False),
        (10, "10", {"tolerance": 0.1}, False),
        (200, 210, {"relative": 0.05}, True),
        (200, 211, {"relative": 0.05}, False),
        ("x", "order-77", {"regex": r"order-\d+"}, True),
        ("x", "an order-77", {"regex": r"order-\d+"}, False),
    ],
)
def test_an_argument_by_its_rule(wanted: Any, made: Any, rule: Any, *, holds: bool | None) -> None:
    row = {
        "tool_calls": [{"name": "t", "arguments": {"k": made}}],
        "expected_tool_calls": [{"name": "t", "arguments": {"k": wanted}}],
    }
    for rules in ({"k": rule}, {"t.k": rule, "k": "exact"}):
        score = scored("tool_argument_match", {"rules": rules}, **row)
        if holds is None:
            assert score.status is Status.INVALID
        else:
            assert (score.value, score.passed) == (float(holds), holds)


def test_arguments_are_counted_over_all_expected_calls() -> None:
    chance = random.Random(2)
    for _ in range(COUNT):
        wanted: list[dict[str, Any]] = [
            {"name": chance.choice("ab"), "arguments": {name: chance.randint(0, 1) for name in chance.sample("xyz", 2)}}
            for _ in range(chance.randint(1, 4))
        ]
        made: list[dict[str, Any]] = [
            {"name": call["name"], "arguments": {**call["arguments"], chance.choice("xyz"): chance.randint(0, 1)}}
            for call in wanted
            if chance.random() < 0.8
        ]
        left = list(made)
        right = total = 0
        for call in wanted:
            there = next((each for each in left if each["name"] == call["name"]), None)
            given = there["arguments"] if there else {}
            if there:
                left.remove(there)
            names = set(call["arguments"]) | set(given)
            total += len(names)
            right += sum(name in call["arguments"] and call["arguments"][name] == given.get(name) for name in names)
        found = value("tool_argument_match", tool_calls=made, expected_tool_calls=wanted)
        assert near(found, right / total)


def test_a_call_without_arguments_must_be_made_and_others_may_be_ignored() -> None:
    wanted = [{"name": "t", "arguments": {"k": 1}}, {"name": "now"}]
    made = [{"name": "t", "arguments": {"k": 1, "extra": 2}}]
    score = scored("tool_argument_match", tool_calls=made, expected_tool_calls=wanted)
    assert (score.value, score.details["wrong"]) == (1 / 3, ["t.extra", "now.(the call)"])
    score = scored("tool_argument_match", {"extra": "ignore"}, tool_calls=made, expected_tool_calls=wanted)
    assert score.value == 0.5


@pytest.mark.parametrize(
    "rules", [{"k": "fuzzy"}, {"k": {"tolerance": "x"}}, {"k": {"regex": "("}}, ["k"], {"k": {"tolerance": 1, "x": 2}}]
)
def test_a_rule_that_is_none_is_the_datasets_fault(rules: Any) -> None:
    row = {
        "tool_calls": [{"name": "t", "arguments": {"k": 1}}],
        "expected_tool_calls": [{"name": "t", "arguments": {"k": 1}}],
    }
    assert scored("tool_argument_match", {"rules": rules}, **row).status is Status.INVALID


def test_calls_are_counted() -> None:
    assert value("tool_call_count", **T9) == 4.0
    assert value("tool_call_count", {"name": "search"}, **T9) == 2.0
    assert scored("tool_call_count", {"most": 3}, **T9).passed is False
    assert scored("tool_call_count", {"most": 4}, **T9).passed is True
    assert scored("tool_call_count", tool_calls=[]).value == 0.0


def loops(text: str, *, repeats: int, longest: int) -> bool:
    return any(re.search(rf"(.{{{size}}})\1{{{repeats - 1}}}", text) for size in range(1, longest + 1))


def test_loops_are_blocks_that_repeat() -> None:
    chance = random.Random(3)
    found: Counter[float] = Counter()
    for _ in range(2 * COUNT):
        text = "".join(chance.choices("ab", k=chance.randint(0, 5)))
        text += "".join(chance.choices("ab", k=chance.randint(1, 4))) * chance.randint(1, 4)
        repeats, longest = chance.randint(2, 4), chance.randint(1, 4)
        score = scored("loop_detection", {"repeats": repeats, "longest": longest}, tool_calls=list(text))
        assert score.value == float(not loops(text, repeats=repeats, longest=longest)), text
        found[score.value or 0.0] += 1
    assert min(found.values()) > 50


def test_a_loop_is_of_the_same_arguments_unless_names_are_enough() -> None:
    made = [{"name": "search", "arguments": {"q": number}} for number in range(5)]
    assert value("loop_detection", tool_calls=made) == 1.0
    score = scored("loop_detection", {"arguments": False}, tool_calls=made)
    assert (score.value, score.details["block"]) == (0.0, ["search"])
    assert score.rationale == "['search'] stands 3 times in a row, from call 0."
