"""Rows scored as a run scores them, and random inputs that every process makes alike."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Mapping
from typing import Any

from tracekit.evals.registry import find
from tracekit.evals.row import read_row
from tracekit.evals.score import Score, Status

COUNT = 200
WORDS = ("the", "a", "cat", "Cat", "sat", "on", "mat", "mat.", "grün", "日本", "don't", "it's", "42", "end!", "an", "x")
PLAIN = ("cat", "sat", "mat", "dog", "ran", "far", "red", "sun")


def scored(name: str, options: Mapping[str, Any] | None = None, services: Any = None, **fields: Any) -> Score:
    """The score of a row of these fields."""
    return asyncio.run(find(name).score(read_row(fields), options=options, services=services))


def value(name: str, options: Mapping[str, Any] | None = None, **fields: Any) -> float:
    """Its value, which is there."""
    score = scored(name, options, **fields)
    assert score.status is Status.OK, score
    assert score.value is not None
    return score.value


def texts(random_: random.Random, words: tuple[str, ...] = WORDS, *, most: int = 12) -> Iterator[tuple[str, str]]:
    """Pairs of texts that are alike in part, among them empty ones and equal ones."""
    yield "", ""
    yield "", words[0]
    yield words[0], ""
    for _ in range(COUNT):
        one = random_.choices(words, k=random_.randint(1, most))
        other = [word for word in one if random_.random() < 0.7]
        other += random_.choices(words, k=random_.randint(0, 3))
        random_.shuffle(other) if random_.random() < 0.3 else None
        yield " ".join(one), " ".join(other or one)


def near(one: float, other: float) -> bool:
    """Whether two values are one, as far as floats go."""
    return abs(one - other) <= 1e-9
