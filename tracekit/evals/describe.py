"""One metric of one run, without a baseline: its mean and interval, its floors, the rows whose trials disagree."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tracekit.evals import floors
from tracekit.evals.comparison import Floor
from tracekit.evals.measure import are_verdicts, is_binary
from tracekit.evals.pairing import Trials
from tracekit.evals.spec import Spec
from tracekit.evals.stats.intervals import Interval, mean_of
from tracekit.evals.stats.trials import flaky, pass_at_k, pass_hat_k

Clusters = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What the scores of one run say.

    Attributes:
        n: rows with a score.
        mean: over those rows, trials averaged first.
        se: its standard error over rows.
        ci: its 95 % interval.
        interval: how that was made.
        floors: the absolute bounds.
        flaky: rows whose trials disagree.
        pass_at_k, pass_hat_k: of verdicts, with as many trials as every row has.
    """

    n: int
    mean: float | None
    se: float | None
    ci: Interval | None
    interval: str | None
    floors: tuple[Floor, ...]
    flaky: tuple[str, ...]
    pass_at_k: float | None
    pass_hat_k: float | None


def describe(found: Mapping[str, Trials], asked: Sequence[tuple[str, Spec]], clusters: Clusters) -> Described:
    """Describe one metric of a run.

    Args:
        found: the scores of each row that has one.
        asked: the bounds that are set on it.
        clusters: of the rows.
    """
    trials = tuple(found.values())
    estimate = floors.clustered(found, clusters) or (mean_of(floors.row_means(trials)) if found else None)
    at_k, hat_k = _passes(trials)
    return Described(
        n=len(found),
        mean=floors.aggregate(found, "mean"),
        se=estimate.se if estimate else None,
        ci=floors.mean_interval(found, clusters),
        interval=_kind(found, clusters),
        floors=floors.floors(found, asked, clusters),
        flaky=flaky_rows(found),
        pass_at_k=at_k,
        pass_hat_k=hat_k,
    )


def flaky_rows(found: Mapping[str, Trials]) -> tuple[str, ...]:
    """Rows whose trials do not agree on the verdict; of other scores none is said to be flaky."""
    if not are_verdicts(tuple(found.values())):
        return ()
    return tuple(row for row, trials in found.items() if flaky(trials))


def _passes(trials: Sequence[Trials]) -> tuple[float | None, float | None]:
    """pass@k and pass^k, averaged over rows; None unless every row has two verdicts or more."""
    k = min(map(len, trials), default=0)
    if k < 2 or not are_verdicts(trials):  # noqa: PLR2004 - of one trial both are the pass rate
        return None, None
    counts = [(len(values), sum(value == 1 for value in values)) for values in trials]
    at_least = math.fsum(pass_at_k(n, passed, k=k) for n, passed in counts) / len(counts)
    return at_least, math.fsum(pass_hat_k(n, passed, k=k) for n, passed in counts) / len(counts)


def _kind(found: Mapping[str, Trials], clusters: Clusters) -> str | None:
    if floors.mean_interval(found, clusters) is None:
        return None
    if floors.clustered(found, clusters) is not None:
        return "clustered_t"
    return "wilson" if is_binary(tuple(found.values())) else "t"
