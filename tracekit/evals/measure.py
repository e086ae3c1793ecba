"""One metric in two runs, as numbers: the test that fits its values, the interval, the error. It makes no verdict."""

from __future__ import annotations

import math
import zlib
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tracekit.evals.pairing import Sample, Trials
from tracekit.evals.stats import bootstrap, intervals, significance
from tracekit.evals.stats.intervals import Interval, Mean
from tracekit.evals.stats.trials import within_row_variance

FEW_CLUSTERS = 10
"""Below so many clusters the clustered t test raises more false alarms than it says."""

GRADED_SHARE = 0.8
"""Of alpha, for scores that can be any number.

Verdicts have few values, so their exact test raises a false alarm less often than alpha says (3 to 4 % at 5 %). Scores
of any value have no such reserve: at alpha itself half of all counts of false alarms would come out above it.
"""

IntervalKind = Literal["t", "bca"]
TestKind = Literal["exact", "mid_p", "wilcoxon"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What the rows of both runs show of one metric.

    Attributes:
        losses: how much worse each row became, trials averaged; logarithms for a ratio metric.
        loss: their mean, its error and degrees of freedom.
        interval: of the mean loss, 95 %, two-sided; None where it cannot be known.
        interval_kind: how it was made.
        test, p: one-sided, that the mean loss is above 0; None where no test can be made.
        lost, won: for verdicts of one trial, rows that became worse and better.
        within: variance of a trial about its row, base and candidate; None where no row has two.
        base_trials, cand_trials: the mean numbers of trials.
        clusters: how many there are, where rows are in some.
        notes: what a reader must know besides.
    """

    losses: np.ndarray
    loss: Mean
    interval: Interval | None
    interval_kind: str | None
    test: str | None
    p: float | None
    lost: int | None = None
    won: int | None = None
    within: tuple[float | None, float | None]
    base_trials: float
    cand_trials: float
    clusters: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def verdicts(self) -> bool:
        """Whether rows pass or fail, once each."""
        return self.lost is not None


def measure(
    given: Sample, label: str, *, lower_is_better: bool, ratio: bool, test: TestKind, interval: IntervalKind
) -> Measured | None:
    """Test and interval of one metric; None where no row has a score in both runs."""
    if not given.ids:
        return None
    base, cand = row_means(given.base), row_means(given.cand)
    losses = cand - base if lower_is_better else base - cand
    clusters = grouped(given.ids, given.clusters)
    if clusters is not None:
        return _clustered(given, losses, clusters)
    if is_binary(given.base, given.cand):
        return _verdicts(given, losses, test=test)
    magnitude = 1.0 if ratio else float(max(np.abs(base).max(), np.abs(cand).max()))
    seed = zlib.crc32("\n".join((label, *given.ids)).encode("utf-8", "surrogatepass"))
    if test == "wilcoxon":
        outcome = significance.wilcoxon(losses, magnitude=magnitude)
    else:
        outcome = significance.sign_flip(losses, magnitude=magnitude, seed=seed)
    loss = intervals.mean_of(losses)
    kind, bounds, notes = _interval(losses, loss, interval, seed)
    return _measured(given, losses, loss, test=outcome.name, p=outcome.p, interval=bounds, kind=kind, notes=notes)


def share_of_alpha(given: Sample) -> float:
    """The share of alpha that a metric is tested at: all of it for verdicts, `GRADED_SHARE` for other scores."""
    return 1.0 if are_verdicts(given.base, given.cand) else GRADED_SHARE


def row_means(rows: Sequence[Trials]) -> np.ndarray:
    """The mean of the trials of each row."""
    if all(len(trials) == 1 for trials in rows):
        return np.array([trials[0] for trials in rows])
    return np.array([math.fsum(trials) / len(trials) for trials in rows])


def is_binary(*runs: Sequence[Trials]) -> bool:
    """Whether every row has one trial, which passes or fails."""
    return all(len(trials) == 1 and trials[0] in _VERDICTS for rows in runs for trials in rows)


def are_verdicts(*runs: Sequence[Trials]) -> bool:
    """Whether every trial passes or fails."""
    return all(value in _VERDICTS for rows in runs for trials in rows for value in trials)


def grouped(ids: Sequence[str], clusters: Sequence[str | None]) -> list[Hashable] | None:
    """A cluster for each row, a row without one by itself; None where no two rows share one."""
    if not any(name is not None for name in clusters):
        return None
    named: list[Hashable] = [row if name is None else (name,) for row, name in zip(ids, clusters, strict=True)]
    return named if len(set(named)) < len(named) else None


def _verdicts(given: Sample, losses: np.ndarray, *, test: TestKind) -> Measured:
    lost, won = int((losses > 0).sum()), int((losses < 0).sum())
    outcome = significance.mcnemar(lost, won, mid_p=test == "mid_p")
    same = losses == 0
    passed = np.array([trials[0] == 1 for trials in given.base])
    bounds = intervals.newcombe_paired(
        both=int((same & passed).sum()), first=lost, second=won, neither=int((same & ~passed).sum())
    )
    loss = intervals.mean_of(losses)
    return _measured(
        given, losses, loss, test=outcome.name, p=outcome.p, interval=bounds, kind="newcombe", lost=lost, won=won
    )


def _clustered(given: Sample, losses: np.ndarray, clusters: Sequence[Hashable]) -> Measured:
    count = len(set(clusters))
    loss = intervals.clustered_mean_of(losses, clusters)
    if loss.se is None:
        note = "all rows are of one cluster, which says nothing of others: no test is made; it takes two at least."
        return _measured(given, losses, loss, test=None, p=None, interval=None, kind=None, clusters=1, notes=(note,))
    outcome = significance.clustered_t(losses, clusters)
    notes = (
        () if count >= FEW_CLUSTERS else (f"{count} clusters are few: below {FEW_CLUSTERS} the p value is too low.",)
    )
    return _measured(
        given, losses, loss, test=outcome.name, p=outcome.p, interval=loss.interval(), kind="clustered_t",
        clusters=count, notes=notes,
    )  # fmt: skip


def _measured(
    given: Sample,
    losses: np.ndarray,
    loss: Mean,
    *,
    test: str | None,
    p: float | None,
    interval: Interval | None,
    kind: str | None,
    lost: int | None = None,
    won: int | None = None,
    clusters: int | None = None,
    notes: tuple[str, ...] = (),
) -> Measured:
    return Measured(
        losses=losses, loss=loss, interval=interval, interval_kind=kind, test=test, p=p, lost=lost, won=won,
        within=(within_row_variance(given.base), within_row_variance(given.cand)),
        base_trials=sum(map(len, given.base)) / len(given.base),
        cand_trials=sum(map(len, given.cand)) / len(given.cand),
        clusters=clusters, notes=notes,
    )  # fmt: skip


def _interval(
    losses: np.ndarray, loss: Mean, wanted: IntervalKind, seed: int
) -> tuple[str | None, Interval | None, tuple[str, ...]]:
    if wanted == "bca" and len(losses) >= bootstrap.LEAST:
        found = bootstrap.bca(losses, seed=seed)
        if found is not None:
            return "bca", found, ()
    notes = (
        (f"{len(losses)} rows are too few for a bootstrap interval; it is Student's t.",)
        if wanted == "bca" and len(losses) < bootstrap.LEAST
        else ()
    )
    bounds = loss.interval()
    return ("paired_t" if bounds else None), bounds, notes


_VERDICTS = frozenset({0.0, 1.0})
