"""JSON in outputs: Python's own reader, deepdiff's recorded distances, and counts made anew here."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.evals.metrics.scoring import COUNT, near, scored, value
from tracekit.evals.score import Status

GOLDEN = Path(__file__).parents[2] / "golden" / "evals" / "json_diff.deepdiff-9.1.jsonl"
ANN = {"name": "Ann", "age": 30, "tags": ["x", "y"], "addr": {"city": "Rome"}}
ANNA = {"name": "Ann", "age": 31, "tags": ["y", "x"], "addr": {"city": "Roma", "zip": 1}}


def tree(chance: random.Random, depth: int = 3) -> Any:
    kind = chance.random()
    if depth == 0 or kind < 0.4:
        return chance.choice([None, True, False, 0, 1, 1.0, -2.5, "", "a", "ü", '"', "1"])
    if kind < 0.7:
        return {name: tree(chance, depth - 1) for name in chance.sample("abcde", chance.randint(0, 3))}
    return [tree(chance, depth - 1) for _ in range(chance.randint(0, 3))]


def test_json_valid_is_pythons_reader() -> None:
    """But for NaN and infinities, which are no JSON and which Python takes."""
    chance = random.Random(1)
    seen: Counter[float] = Counter()
    for _ in range(2 * COUNT):
        text = json.dumps(tree(chance), ensure_ascii=chance.random() < 0.5)
        if chance.random() < 0.6:
            place = chance.randrange(len(text) + 1)
            text = text[:place] + chance.choice(["", "}", ",", '"', "0", " ", "e", "\\"]) + text[place + 1 :]
        try:
            json.loads(text)
            reference = 1.0
        except ValueError:
            reference = 0.0
        found = value("json_valid", output=text)
        assert found == reference, text
        seen[found] += 1
    assert min(seen[0.0], seen[1.0]) > 50


@pytest.mark.parametrize(
    ("output", "fenced", "found"),
    [
        ("NaN", False, 0),
        ("[Infinity]", False, 0),
        ('{"a": 1, "a": 2}', False, 1),
        ('```json\n{"a": 1}\n```', False, 0),
        ('```json\n{"a": 1}\n```', True, 1),
        ('Sure: {"a": 1}', True, 0),
        ({"a": 1}, False, 1),
        ("", False, 0),
        ("1" * 5000, False, 0),
    ],
)
def test_json_valid_by_example(output: Any, *, fenced: bool, found: int) -> None:
    score = scored("json_valid", {"fenced": fenced}, output=output)
    assert (score.value, score.passed) == (found, bool(found))
    assert (score.rationale is None) == bool(found)


def test_json_that_is_nested_too_deep_is_not_judged() -> None:
    assert scored("json_valid", output="[" * 100_000).status is Status.INVALID


@pytest.mark.parametrize(
    ("schema", "output", "found"),
    [
        ({"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}, '{"a": 1}', 1),
        ({"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}, '{"a": "1"}', 0),
        ({"type": "object", "required": ["a"]}, "{}", 0),
        ({"type": "object", "additionalProperties": False, "properties": {"a": {}}}, {"a": 1, "b": 2}, 0),
        ({"enum": ["x", "y"]}, '"x"', 1),
        ({"prefixItems": [{"type": "string"}], "items": False}, ["a"], 1),
        ({"prefixItems": [{"type": "string"}], "items": False}, ["a", 1], 0),
        ({"$defs": {"n": {"type": "number"}}, "$ref": "#/$defs/n"}, "2.5", 1),
        ({"type": "integer"}, "1.0", 1),
        ({"type": "integer"}, "true", 0),
        ({"pattern": "^a+$"}, '"aaa"', 1),
        ({"pattern": "^a+$"}, '"aab"', 0),
        ({"minimum": 1, "exclusiveMaximum": 3}, "3", 0),
        ({"$schema": "http://json-schema.org/draft-04/schema#", "minimum": 3, "exclusiveMinimum": True}, "3", 0),
        (False, "1", 0),
        ({"type": "string"}, "not JSON", 0),
    ],
)
def test_json_schema_valid(schema: Any, output: Any, found: int) -> None:
    assert value("json_schema_valid", output=output, schema=schema) == found
    if isinstance(schema, dict):
        assert value("json_schema_valid", output=output, expected=schema) == found


@pytest.mark.parametrize(
    "schema", [{"type": "nothing"}, {"minimum": "a"}, 5, "{", {"$ref": "http://127.0.0.1:9/s.json"}]
)
def test_a_schema_that_cannot_be_used_is_the_datasets_fault(schema: Any) -> None:
    score = scored("json_schema_valid", output="{}", schema=schema)
    assert (score.status, score.value) == (Status.INVALID, None)


def test_a_pattern_of_a_schema_has_a_time_limit() -> None:
    begun = time.monotonic()
    score = scored("json_schema_valid", output=json.dumps("a" * 60 + "!"), schema={"pattern": "^(a|aa)+$"})
    assert (score.status, score.value) == (Status.TIMEOUT, None)
    assert time.monotonic() - begun < 60


def test_json_diff_of_the_published_example() -> None:
    score = scored("json_diff", output=ANNA, expected=ANN)
    assert score.value is not None
    assert near(score.value, 1 - 0.10714285714285714)
    assert score.details == {"changes": 3, "parts": 28}


def test_json_diff_is_deepdiffs_distance() -> None:
    """Recorded with deepdiff 9.1, told to go all the way down; trees whose values keep their types."""
    lines = GOLDEN.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 250
    for line in lines:
        case = json.loads(line)
        options = {"ignore_order": case["ignore_order"]}
        found = value("json_diff", options, output=case["output"], expected=json.dumps(case["expected"]))
        assert near(found, 1 - case["distance"]), case


@pytest.mark.parametrize(
    ("output", "expected", "options", "found"),
    [
        (ANN, ANN, {}, 1.0),
        ([1, 2, 3], [3, 1, 2], {}, 1.0),
        ([1, 2, 3], [3, 1, 2], {"ignore_order": False}, 1 - 3 / 8),
        ([1, 1, 2], [1, 2, 2], {}, 1 - 1 / 8),
        ([{"a": [1, 2]}], [{"a": [2, 1]}], {}, 1.0),
        ("1", "2", {}, 0.0),
        ('"a"', '"a"', {}, 1.0),
        ("[]", "{}", {}, 0.0),
        ("[]", "[]", {}, 1.0),
        ("no JSON", "{}", {}, 0.0),
        ('{"a": 1, "a": 1}', '{"a": 1}', {}, 0.0),
        ({"a": True}, {"a": 1}, {}, 1 - 1 / 6),
        ({"a": 1.0}, {"a": 1}, {}, 1.0),
        ({"a": []}, {}, {}, 1 - 1 / 4),
        ({"a": [1, 2]}, {"a": "x"}, {}, 1 - 2 / 8),
        ({"a": "x"}, {"a": [1, 2]}, {}, 1 - 2 / 8),
    ],
)
def test_json_diff_by_hand(output: Any, expected: Any, options: dict[str, Any], found: float) -> None:
    assert near(value("json_diff", options, output=output, expected=expected), found)


def test_a_pairing_of_items_is_the_cheapest() -> None:
    output = [{"id": 1, "x": 1, "y": 2}, {"id": 2, "x": 5, "y": 6}]
    expected = [{"id": 2, "x": 5, "y": 7}, {"id": 1, "x": 1, "y": 2}]
    assert scored("json_diff", output=output, expected=expected).details["changes"] == 1


def test_lists_that_would_take_minutes_are_refused() -> None:
    output, expected = [{"a": n} for n in range(2000)], [{"a": -n - 1} for n in range(2000)]
    assert scored("json_diff", output=output, expected=expected).status is Status.INVALID
    assert value("json_diff", output=output, expected=output[::-1]) == 1.0


def flat(value_: Any, *, ordered: bool, path: str = "") -> list[tuple[str, str, str]]:
    if isinstance(value_, dict) and value_:
        return [leaf for name in value_ for leaf in flat(value_[name], ordered=ordered, path=f"{path}/{name}")]
    if isinstance(value_, list) and value_:
        places = [f"{path}/{n if ordered else '*'}" for n in range(len(value_))]
        return [leaf for at, item in zip(places, value_, strict=True) for leaf in flat(item, ordered=ordered, path=at)]
    if isinstance(value_, int | float) and not isinstance(value_, bool):
        return [(path, "number", repr(float(value_)))]
    return [(path, type(value_).__name__, repr(value_))]


@pytest.mark.parametrize("ordered", [False, True])
def test_json_field_f1_is_its_definition(*, ordered: bool) -> None:
    chance = random.Random(2)
    for _ in range(COUNT):
        expected = {name: tree(chance, 2) for name in "xyz"}
        output = {name: item if chance.random() < 0.6 else tree(chance, 2) for name, item in expected.items()}
        left, shared = flat(expected, ordered=ordered), 0
        mine, total = flat(output, ordered=ordered), len(flat(expected, ordered=ordered))
        for leaf in mine:
            if leaf in left:
                left.remove(leaf)
                shared += 1
        found = value("json_field_f1", {"ignore_order": not ordered}, output=json.dumps(output), expected=expected)
        assert near(found, 2 * shared / (len(mine) + total))


def test_json_field_f1_names_what_is_wrong() -> None:
    score = scored("json_field_f1", output={"a": 1, "c": [1, {"d": 2}]}, expected={"a": 2, "c": [1, {"d": 2}]})
    assert score.value is not None
    assert near(score.value, 2 / 3)
    assert (score.details["missing"], score.details["unexpected"]) == (["a"], ["a"])
    score = scored("json_field_f1", output={"c": [{"d": 3}]}, expected={"c": [{"d": 2}]})
    assert score.details["missing"] == ["c[].d"]


@pytest.mark.parametrize("name", ["json_diff", "json_field_f1"])
def test_an_expected_that_is_no_json_is_the_datasets_fault(name: str) -> None:
    assert scored(name, output="{}", expected="{").status is Status.INVALID
    assert value(name, output="{", expected="{}") == 0.0
