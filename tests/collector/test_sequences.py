"""Gaps in the numbering of records, in whatever order they come."""

from __future__ import annotations

import random

import pytest

from tracekit.collector.sequences import Sequences


def missing(numbers: list[int]) -> set[int]:
    """Every missing number that `Sequences` names."""
    seen = Sequences()
    for number in numbers:
        seen.see(number)
    return {number for first, last in seen.missing for number in range(first, last + 1)}


@pytest.mark.parametrize("seed", range(20))
def test_exactly_what_was_dropped_is_missing_in_any_order(seed: int) -> None:
    chance = random.Random(seed)
    numbers = list(range(200))
    dropped = set(chance.sample(numbers[:-1], 30))
    kept = [number for number in numbers if number not in dropped]
    chance.shuffle(kept)
    assert missing(kept) == dropped


def test_a_number_that_comes_twice_changes_nothing() -> None:
    assert missing([0, 1, 4, 4, 1, 0]) == {2, 3}
