"""How often the same question gets another answer: when it is asked again, or in the other order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from tracekit.evals.stats.agreement import Label
from tracekit.evals.stats.intervals import Interval, wilson


@dataclass(frozen=True, slots=True, kw_only=True)
class Flips:
    """Rows that were asked more than once.

    Attributes:
        rows: how many there are.
        flipped: those whose answers are not all the same.
        rate: flipped over rows; None where there is none.
        interval: Wilson's, of the rate, 95 %.
        pairwise: the chance that two answers to one row differ, which more repeats do not raise.
    """

    rows: int
    flipped: int
    rate: float | None
    interval: Interval | None
    pairwise: float | None


def flips(answers: Sequence[Sequence[Label]]) -> Flips:
    """Flips over rows, each with all the answers that it got; rows with one answer say nothing and are left out.

    Example:
        >>> flips([[1, 1], [1, 0], [0]]).rate
        0.5
    """
    repeated = [row for row in answers if len(row) > 1]
    rows, flipped = len(repeated), sum(len(set(row)) > 1 for row in repeated)
    if not rows:
        return Flips(rows=0, flipped=0, rate=None, interval=None, pairwise=None)
    return Flips(
        rows=rows,
        flipped=flipped,
        rate=flipped / rows,
        interval=wilson(flipped, rows),
        pairwise=sum(map(_differing, repeated)) / rows,
    )


def _differing(row: Sequence[Label]) -> float:
    pairs = [one != other for one, other in combinations(row, 2)]
    return sum(pairs) / len(pairs)
