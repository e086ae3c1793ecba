"""Numbers against math.isclose and the formula of autoevals, written anew here."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

from tests.evals.metrics.scoring import COUNT, near, scored, value
from tracekit.evals.score import Status


def test_random_numbers() -> None:
    chance = random.Random(1)
    close = 0
    for _ in range(2 * COUNT):
        expected = chance.choice([0, chance.uniform(-10, 10), chance.randint(-5, 5), chance.uniform(-1, 1) * 1e300])
        output = chance.choice(
            [expected, expected * (1 + chance.uniform(-1e-3, 1e-3)), -expected, chance.uniform(-9, 9)]
        )
        relative, absolute = chance.choice([1e-9, 1e-3]), chance.choice([0.0, 0.1])
        options = {"rel_tol": relative, "abs_tol": absolute}
        found = value("numeric_close", options, output=repr(output), expected=expected)
        assert found == math.isclose(output, expected, rel_tol=relative, abs_tol=absolute)
        close += found == 1
        size = abs(output) / 4 + abs(expected) / 4  # in quarters: a sum of two great numbers would be none
        reference = 1 - (abs(output / 4 - expected / 4) / size if size else 0)
        assert near(value("numeric_diff", output=output, expected=expected), reference)
    assert 50 < close < 350


@pytest.mark.parametrize(
    ("output", "expected", "options", "found"),
    [
        ("42", 42, {}, 1),
        (" 42.0 ", "42", {}, 1),
        ("1,234.5", 1234.5, {}, 1),
        ("The answer is 42.", 42, {}, 0),
        ("First 7, then 42.", 42, {"find": "last"}, 1),
        ("First 7, then 42.", 7, {"find": "first"}, 1),
        ("none", 42, {"find": "last"}, 0),
        ("nan", 1, {}, 0),
        ("inf", 1, {}, 0),
        ("1e999", 1, {}, 0),
        (True, 1, {}, 0),
        ("", 1, {}, 0),
        ("3", [1, 2, 3], {}, 1),
        ({"a": 1}, 1, {}, 0),
    ],
)
def test_by_example(output: Any, expected: Any, options: dict[str, Any], found: int) -> None:
    assert value("numeric_close", options, output=output, expected=expected) == found


@pytest.mark.parametrize("expected", ["many", [], [1, None], True, "nan"])
def test_an_expected_that_is_no_number_is_the_datasets_fault(expected: Any) -> None:
    for name in ("numeric_close", "numeric_diff"):
        assert scored(name, output=1, expected=expected).status is Status.INVALID


def test_no_number_scores_nothing_and_says_so() -> None:
    score = scored("numeric_diff", output="many", expected=3)
    assert score.value == 0.0
    assert "has no number" in str(score.rationale)
    assert value("numeric_diff", output=0, expected=0) == 1.0
