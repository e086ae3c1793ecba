"""From numbers to verdicts, and from verdicts to the exit code: the table of decisions, and nothing else.

Of a metric, the first that holds: INCOMPARABLE (but a floor needs no baseline, and fails all the same), UNDECIDED (too
few scores to say anything), REGRESSED, FLOOR, OK, INCONCLUSIVE. A loss that is shown to be within the tolerance is OK.
Of a run: a known failure of one metric is the answer, whatever is unknown of others; then what cannot be compared, then
what cannot be decided.
"""

from __future__ import annotations

from collections.abc import Iterable

from tracekit.evals.comparison import Floor, MetricComparison, Verdict
from tracekit.evals.stats.intervals import Interval

EXIT_OK = 0
EXIT_WORSE = 1
EXIT_UNDECIDED = 3
EXIT_INCOMPARABLE = 5


def decide(
    *,
    loss: float,
    interval: Interval | None,
    p: float | None,
    floors: Iterable[Floor],
    alpha: float,
    tolerance: float,
    min_effect: float,
) -> Verdict:
    """The verdict of a metric that is comparable and covered.

    Args:
        loss: how much worse the candidate is on the mean; below 0 where it is better.
        interval: of the loss, 95 %.
        p: adjusted, that it is above 0.
        floors: the absolute bounds.
        alpha: of the test.
        tolerance: the loss that does not matter.
        min_effect: the loss below which a significant one is not told.
    """
    within = interval is not None and interval[1] <= tolerance
    if p is not None and p <= alpha and loss > 0 and loss >= min_effect and not within:
        return Verdict.REGRESSED
    if any(floor.holds is False for floor in floors):
        return Verdict.FLOOR
    return Verdict.OK if within else Verdict.INCONCLUSIVE


def overall(metrics: Iterable[MetricComparison], *, strict: bool) -> tuple[Verdict, int]:
    """The verdict of a run and its exit code, from those of the gated metrics.

    Args:
        metrics: all of them.
        strict: what is inconclusive does not pass.
    """
    verdicts = {metric.verdict for metric in metrics if metric.gated}
    for verdict, code in (
        (Verdict.REGRESSED, EXIT_WORSE),
        (Verdict.FLOOR, EXIT_WORSE),
        (Verdict.INCOMPARABLE, EXIT_INCOMPARABLE),
        (Verdict.UNDECIDED, EXIT_UNDECIDED),
        (Verdict.INCONCLUSIVE, EXIT_UNDECIDED if strict else EXIT_OK),
    ):
        if verdict in verdicts:
            return verdict, code
    return Verdict.OK, EXIT_OK
