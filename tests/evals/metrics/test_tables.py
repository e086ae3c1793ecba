"""Tables: rows and cells counted anew here."""

from __future__ import annotations

import csv
import io
import random
from typing import Any

import pytest

from tests.evals.metrics.scoring import COUNT, near, scored, value
from tracekit.evals.score import Status

CELLS = (1, 2, 2.5, "a", "b c", "x,y", None, True)


def table(chance: random.Random, *, rows: int) -> list[dict[str, Any]]:
    return [{"id": number, "a": chance.choice(CELLS), "b": chance.choice(CELLS[:3])} for number in range(rows)]


def test_rows_and_cells_are_counted() -> None:
    chance = random.Random(1)
    for _ in range(COUNT):
        expected = table(chance, rows=chance.randint(1, 6))
        output = [
            {name: item if chance.random() < 0.8 else chance.choice(CELLS) for name, item in row.items()}
            for row in expected
            if chance.random() < 0.9
        ]
        chance.shuffle(output)
        output += output[:1] if chance.random() < 0.3 else []
        left, shared = [repr(sorted(row.items())) for row in expected], 0
        for row in output:
            if (said := repr(sorted(row.items()))) in left:
                left.remove(said)
                shared += 1
        assert near(
            value("table_f1", output=output, expected=expected),
            2 * shared / (len(output) + len(expected)) if output else 0,
        )
        equal = sum(
            repr(mine[name]) == repr(theirs[name])
            for mine, theirs in zip(output, expected, strict=False)
            for name in ("id", "a", "b")
        )
        found = value("table_diff", output=output, expected=expected)
        assert near(found, 2 * equal / (3 * (len(output) + len(expected))))


def test_rows_are_aligned_by_a_key() -> None:
    chance = random.Random(2)
    for _ in range(COUNT):
        expected = table(chance, rows=5)
        output = [{**row, "a": chance.choice(CELLS)} for row in expected if chance.random() < 0.8]
        chance.shuffle(output)
        by_id = {row["id"]: row for row in expected}
        equal = sum(repr(row[name]) == repr(by_id[row["id"]][name]) for row in output for name in ("id", "a", "b"))
        found = value("table_diff", {"key": "id"}, output=output, expected=expected)
        assert near(found, 2 * equal / (3 * (len(output) + 5)) if output else 0.0)


def test_csv_and_json_are_one_table() -> None:
    expected = [{"id": 1, "name": "x,y"}, {"id": 2.5, "name": "two\nlines"}]
    text = io.StringIO()
    writer = csv.DictWriter(text, ["name", "id"])
    writer.writeheader()
    writer.writerows(expected)
    assert value("table_f1", output=text.getvalue(), expected=expected) == 1.0
    assert value("table_diff", output=text.getvalue(), expected=expected) == 1.0


@pytest.mark.parametrize(
    ("output", "expected", "f1", "diff"),
    [
        ([], [], 1.0, 1.0),
        ([], [{"a": 1}], 0.0, 0.0),
        ([[1, 2]], [[1, 2], [3, 4]], 2 / 3, 2 / 3),
        ([{"a": 1, "b": 2}], [{"a": 1}], 0.0, 2 / 3),
        ("prose, and more\nprose", [{"a": 1}], 0.0, 0.0),
        ("[1", [{"a": 1}], 0.0, 0.0),
        (5, [{"a": 1}], 0.0, 0.0),
        ("a\n007", [{"a": 7}], 0.0, 0.0),
        ("a\n7.0", [{"a": 7}], 1.0, 1.0),
    ],
)
def test_by_hand(output: Any, expected: Any, f1: float, diff: float) -> None:
    assert near(value("table_f1", output=output, expected=expected), f1)
    assert near(value("table_diff", output=output, expected=expected), diff)


@pytest.mark.parametrize("expected", ["a,a\n1,2", 5, [1, [2]], [[1], [1, 2]]])
def test_an_expected_that_is_no_table_is_the_datasets_fault(expected: Any) -> None:
    for name in ("table_f1", "table_diff"):
        assert scored(name, output=[], expected=expected).status is Status.INVALID


def test_a_key_must_name_rows() -> None:
    two = [{"a": 1, "b": 1}, {"a": 1, "b": 2}]
    assert scored("table_diff", {"key": "a"}, output=two, expected=two).status is Status.INVALID
    assert scored("table_diff", {"key": "z"}, output=two, expected=two).status is Status.INVALID
    assert value("table_diff", {"key": ["a", "b"]}, output=two[::-1], expected=two) == 1.0
