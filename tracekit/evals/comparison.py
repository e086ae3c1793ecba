"""What a comparison of two runs says: the verdicts, and the numbers behind each. Plain data; `compare` makes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """What is known of a metric, or of a whole run."""

    REGRESSED = "REGRESSED"  # worse, beyond what chance explains
    FLOOR = "FLOOR"  # beyond an absolute bound that the suite sets
    OK = "OK"  # shown not to be worse by more than the tolerance
    INCONCLUSIVE = "INCONCLUSIVE"  # neither is shown: too few rows or trials
    INCOMPARABLE = "INCOMPARABLE"  # the two were not measured the same way
    UNDECIDED = "UNDECIDED"  # too many rows have no score


@dataclass(frozen=True, slots=True, kw_only=True)
class RowChange:
    """A row that was scored in both: the means of its trials; `loss` is above 0 where it became worse."""

    id: str
    base: float
    cand: float
    loss: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """An absolute bound, and the aggregate that was held against it."""

    spec: str
    value: float | None
    holds: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricComparison:
    """One metric in two runs. What does not exist for it is None.

    Attributes:
        n: rows that have a score in both.
        mean_base, mean_cand: means over those rows, trials averaged first.
        diff: mean_cand - mean_base; for a ratio metric the geometric mean of cand / base.
        se: of diff (of the log ratio, for a ratio metric), over rows or clusters.
        ci: 95 %, two-sided, of diff.
        test: `mcnemar_exact`, `sign_flip_exact`, `sign_flip_monte_carlo`, `clustered_t`.
        p: one-sided, that cand is worse.
        p_adjusted: after Holm over the gated metrics.
        mde: the loss that this comparison would show with a power of 80 %.
        rows_needed, trials_needed: what would settle an inconclusive one.
        coverage_base, coverage_cand: share of the rows that have a score.
        worst_case: bounds of diff if every missing score were the worst or the best of the range.
        changes: rows that became worse, the greatest loss first.
        flaky: rows whose trials disagree.
        pass_at_k, pass_hat_k: of the candidate, with k trials, for verdicts.
        notes: what a reader must know besides (few clusters, a judge below its kappa, changed rows).
    """

    name: str
    verdict: Verdict
    gated: bool = True
    better: str = "higher"
    n: int = 0
    mean_base: float | None = None
    mean_cand: float | None = None
    diff: float | None = None
    se: float | None = None
    ci: tuple[float, float] | None = None
    test: str | None = None
    p: float | None = None
    p_adjusted: float | None = None
    mde: float | None = None
    rows_needed: int | None = None
    trials_needed: int | None = None
    coverage_base: float = 1.0
    coverage_cand: float = 1.0
    worst_case: tuple[float, float] | None = None
    floors: tuple[Floor, ...] = ()
    changes: tuple[RowChange, ...] = ()
    flaky: tuple[str, ...] = ()
    pass_at_k: float | None = None
    pass_hat_k: float | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two runs of a suite, or one alone held against its floors.

    Attributes:
        metrics: by label.
        verdict: of the whole.
        exit: the exit code: 0 fine, 1 worse or below a floor, 3 too little coverage, 5 incomparable.
        coverage: the least over the gated metrics of both runs, 0 to 1.
        added, removed, changed: ids of rows that are in one run only, or went in otherwise; none of them is compared.
        reasons: why it is incomparable or undecided.
    """

    metrics: Mapping[str, MetricComparison]
    verdict: Verdict
    exit: int
    coverage: float
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    slices: Mapping[str, Mapping[str, MetricComparison]] = field(default_factory=dict)
