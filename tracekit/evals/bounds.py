"""How far missing scores could move a difference: every one of them the worst, or the best, that there is."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tracekit.evals.pairing import Gap
from tracekit.evals.results import MetricInfo

Range = tuple[float, float]


def worst_case(gaps: Sequence[Gap], within: Range) -> Range:
    """The least and the greatest mean of cand - base, whatever the missing scores are.

    Args:
        gaps: every row that should be compared, with the scores that are there and how many are not.
        within: the least and the greatest score.
    """
    low, high = within
    least = [_mean(gap.cand, gap.cand_lacks, low) - _mean(gap.base, gap.base_lacks, high) for gap in gaps]
    most = [_mean(gap.cand, gap.cand_lacks, high) - _mean(gap.base, gap.base_lacks, low) for gap in gaps]
    return math.fsum(least) / len(gaps), math.fsum(most) / len(gaps)


def range_of(info: MetricInfo, gaps: Sequence[Gap]) -> tuple[Range | None, str | None]:
    """The range of a metric's scores, and what must be said of it.

    Of a metric that nothing is known of it is 0 to 1, or what was seen, where that goes beyond.
    """
    values = [value for gap in gaps for value in (*gap.base, *gap.cand)]
    low, high = min(values, default=0.0), max(values, default=0.0)
    if info.low is not None and info.high is not None and info.low <= low and high <= info.high:
        return (info.low, info.high), None
    if (info.low is None) != (info.high is None):
        return None, "the range of its scores is open, so there is no bound of what the missing ones could be."
    if low >= 0 and high <= 1:
        return (0.0, 1.0), "the range of its scores is not known; missing ones are taken to be 0 to 1."
    return (low, high), f"the range of its scores is taken to be what was seen, {low:g} to {high:g}."


def _mean(values: Sequence[float], lacks: int, instead: float) -> float:
    return (math.fsum(values) + lacks * instead) / (len(values) + lacks)
