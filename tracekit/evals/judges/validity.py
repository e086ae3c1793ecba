"""What shows whether a judge can be trusted: the same question asked again, and the same pair the other way round.

These functions ask; what follows from the answers, with intervals, is arithmetic that stands elsewhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracekit.evals.judges.judge import Judge
from tracekit.evals.metric import Metric, Services
from tracekit.evals.metrics.judge_custom import pairwise
from tracekit.evals.row import Row
from tracekit.evals.score import Score, Status

CONCURRENCY = 8
CLOSE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """One row, asked about more than once.

    Attributes:
        id: the row's.
        scores: of each time, in order.
    """

    id: str
    scores: tuple[Score, ...]

    @property
    def flipped(self) -> bool | None:
        """Whether the times disagree in value or label; None where one of them has no value."""
        if any(score.status is not Status.OK for score in self.scores):
            return None
        first = self.scores[0]
        return any(
            score.label != first.label or abs((score.value or 0.0) - (first.value or 0.0)) > CLOSE
            for score in self.scores[1:]
        )


async def repeat(
    metric: Metric,
    rows: Sequence[Row],
    *,
    judge: Judge,
    embed: Any = None,
    times: int = 2,
    options: Mapping[str, Any] | None = None,
) -> tuple[Again, ...]:
    """Score rows several times, each time anew: the cache answers none of them."""
    return await _asked(
        metric, rows, [judge.anew(first=place * judge.samples) for place in range(times)], embed, options
    )


async def orders(
    rows: Sequence[Row], *, judge: Judge, options: Mapping[str, Any] | None = None
) -> Mapping[str, bool | None]:
    """By row of a pairwise comparison, whether the verdict depends on the order of the answers; None without one."""
    found = await _asked(pairwise, rows, [judge.anew()], None, options)
    return {each.id: each.scores[0].details.get("flip") for each in found}


def flip_rate(flips: Sequence[bool | None]) -> float | None:
    """Flips divided by those of which it is known; None where it is known of none."""
    known = [flip for flip in flips if flip is not None]
    return sum(known) / len(known) if known else None


@dataclass(frozen=True, slots=True)
class _Given:
    judge: Any
    embed: Any


async def _asked(
    metric: Metric, rows: Sequence[Row], judges: Sequence[Judge], embed: Any, options: Mapping[str, Any] | None
) -> tuple[Again, ...]:
    gate = asyncio.Semaphore(CONCURRENCY)

    async def one(row: Row, services: Services) -> Score:
        async with gate:
            return await metric.score(row, services=services, options=options)

    async def all_of(place: int, row: Row) -> Again:
        scores = await asyncio.gather(*(one(row, _Given(judge, embed)) for judge in judges))
        return Again(id=row.id or str(place), scores=tuple(scores))

    return tuple(await asyncio.gather(*(all_of(place, row) for place, row in enumerate(rows))))
