"""What a comparison of two runs says: the verdicts, and the numbers behind each. Plain data; `compare` makes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from enum import StrEnum
from typing import Any


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
    """An absolute bound, and the aggregate that was held against it.

    `ci` is the 95 % interval of the value; a bound of it is None where the rows do not reach so far.
    """

    spec: str
    value: float | None
    holds: bool | None
    ci: tuple[float | None, float | None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricComparison:
    """One metric in two runs. What does not exist for it is None.

    Attributes:
        n: rows that have a score in both.
        mean_base, mean_cand: means over those rows, trials averaged first.
        diff: mean_cand - mean_base; for a ratio metric the geometric mean of cand / base.
        ratio: diff, ci and mde are factors of the base, not differences.
        se: of diff (of the log ratio, for a ratio metric), over rows or clusters.
        ci: 95 %, two-sided, of diff; of mean_cand, where a run stands alone.
        interval: how ci was made: `newcombe`, `paired_t`, `bca`, `clustered_t`, `wilson`, `t`.
        test: `mcnemar_exact`, `sign_flip_exact`, `sign_flip_monte_carlo`, `clustered_t`; on demand `mcnemar_mid_p`,
            `wilcoxon`.
        p: one-sided, that cand is worse.
        p_adjusted: after Holm over the gated metrics; after Benjamini and Hochberg for those that are told only.
        mde: the loss that this comparison would show with a power of 80 %, at the level that several metrics leave.
        rows_needed, trials_needed: what would settle an inconclusive one, with a power of 80 %.
        clusters: how many clusters the rows are in, where they are in some.
        lost, won: for verdicts of one trial, rows that became worse and better.
        coverage: share of the scores that are there in both, of the rows that should be compared.
        coverage_base, coverage_cand: share of the scores of each run that is there.
        worst_case: bounds of diff if every missing score were the worst or the best of the range.
        changes: rows that became worse, the greatest loss first.
        flaky: rows whose trials disagree, in either run.
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
    ratio: bool = False
    ci: tuple[float, float] | None = None
    interval: str | None = None
    test: str | None = None
    p: float | None = None
    p_adjusted: float | None = None
    mde: float | None = None
    rows_needed: int | None = None
    trials_needed: int | None = None
    clusters: int | None = None
    lost: int | None = None
    won: int | None = None
    coverage: float = 1.0
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
        coverage: the least over the gated metrics, of each run and of the pairs, 0 to 1.
        alpha: of the tests.
        min_coverage: below it nothing is decided.
        added, removed, changed: ids of rows that are in one run only, or went in otherwise; none of them is compared.
        missing: ids that the candidate lacks although its dataset is not known to have changed; among the removed.
        reasons: why it is incomparable or undecided.
        slices: the same by part of the rows, `cluster=billing`; they explore, and never decide.
    """

    metrics: Mapping[str, MetricComparison]
    verdict: Verdict
    exit: int
    coverage: float
    alpha: float = 0.05
    min_coverage: float = 0.95
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    slices: Mapping[str, Mapping[str, MetricComparison]] = field(default_factory=dict)


def as_json(comparison: Comparison) -> dict[str, Any]:
    """A comparison as JSON can hold it: every attribute under its own name."""
    plain: dict[str, Any] = _plain(comparison)
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return str(value)
    if is_dataclass(value):
        return {item.name: _plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value
