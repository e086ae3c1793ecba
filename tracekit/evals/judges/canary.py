"""A frozen set that is judged with every run: where its scores move, the judge has changed and not the program.

The answers are of every quality, so that a judge that became milder or harder shows. The cache answers none of them.
The set may not be changed: scores of another set are not compared.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tracekit.evals.judges.judge import Judge
from tracekit.evals.metrics.judge_general import correctness
from tracekit.evals.row import Row, read_row
from tracekit.evals.score import Score

_FILE = Path(__file__).with_name("canary.jsonl")
CONCURRENCY = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """What a judge says of the frozen set.

    Attributes:
        scores: correctness by row; only those that have a value: what `Run.canary` keeps.
        failed: the others, with the score that says why.
    """

    scores: Mapping[str, float]
    failed: Mapping[str, Score]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """Whether a judge has moved between two runs.

    Attributes:
        moved: it has, or too few rows can be compared to say that it has not.
        mean: of the differences over `n` rows, new minus old; None without a row.
        p: two-sided, of the paired test.
        why: for the reader.
    """

    moved: bool
    n: int
    mean: float | None
    p: float | None
    why: str


def rows() -> tuple[Row, ...]:
    """The frozen set."""
    lines = _FILE.read_text("utf-8").splitlines()
    return tuple(read_row(json.loads(line), where=f"{_FILE.name}, line {place}") for place, line in enumerate(lines, 1))


async def sing(judge: Judge) -> Canary:
    """Have the frozen set judged."""
    asked = judge.anew()
    gate = asyncio.Semaphore(CONCURRENCY)

    async def one(row: Row) -> Score:
        async with gate:
            return await correctness.function(row, judge=asked)

    frozen = rows()
    found = await asyncio.gather(*(one(row) for row in frozen))
    named = {str(row.id): score for row, score in zip(frozen, found, strict=True)}
    return Canary(
        scores={name: score.value for name, score in named.items() if score.value is not None},
        failed={name: score for name, score in named.items() if score.value is None},
    )


def drift(
    before: Mapping[str, float],
    after: Mapping[str, float],
    *,
    test: Callable[[Sequence[float]], float],
    alpha: float = 0.05,
    least: float = 0.8,
) -> Drift:
    """Hold the canary of one run against that of another.

    Args:
        before: scores by row.
        after: scores by row.
        test: a paired test: the two-sided p of differences with mean 0.
        alpha: at or below it the judge has moved.
        least: share of the rows that must have a score in both; below it nothing can be said for the judge.
    """
    both = sorted(before.keys() & after.keys())
    differences = [after[name] - before[name] for name in both]
    mean = math.fsum(differences) / len(both) if both else None
    if len(both) < least * max(len(before.keys() | after.keys()), 1):
        why = f"only {len(both)} of {len(before.keys() | after.keys())} canary rows have a score in both runs"
        return Drift(moved=True, n=len(both), mean=mean, p=None, why=why)
    p = test(differences) if any(differences) else 1.0
    moved = p <= alpha
    why = f"the judge's scores of {len(both)} canary rows moved by {mean:+.3f} (p = {p:.3g})"
    return Drift(moved=moved, n=len(both), mean=mean, p=p, why=why)
