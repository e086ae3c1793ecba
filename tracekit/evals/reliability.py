"""Every statistic of agreement at once, with intervals of one bootstrap, and the reason of each that is not defined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tracekit.evals.stats import agreement
from tracekit.evals.stats.agreement import Level, Ratings
from tracekit.evals.stats.bootstrap import percentile_interval
from tracekit.evals.stats.intervals import Interval, wilson

DRAWS = 2_000
_CELLS = 4_000_000
_MOST_UNDEFINED = 0.05
_SLOW = frozenset({"kendall"})
"""Quadratic in the rows: without an interval; Spearman's tells as much."""
_ORDERED = frozenset({"kappa_linear", "kappa_quadratic", "alpha_ordinal", "alpha_interval", "spearman", "kendall"})
_NUMERIC = frozenset({"alpha_interval"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """Statistics and 95 % intervals by name, None where one is not defined; `notes` has the reasons."""

    statistics: Mapping[str, float | None]
    intervals: Mapping[str, Interval | None]
    notes: Mapping[str, str]


def reliability(ratings: Ratings, *, ordered: bool, level: Level, seed: int = 0) -> Reliability:
    """Agreement of two raters.

    The interval of the plain agreement is Wilson's; the others are the middle 95 % of `DRAWS` resamples of the rows.
    Where no row disagrees, resamples cannot either: the interval then reaches down to what Wilson's bound of the
    agreement leaves of the statistic.

    Args:
        ratings: the labels, and the answers.
        ordered: the classes are in order.
        level: of `alpha`.
        seed: of the resamples.
    """
    names = ["agreement", *agreement.BY_NAME]
    reasons = {name: why for name in names if (why := _undefined(name, ratings, ordered=ordered))}
    defined = [name for name in agreement.BY_NAME if name not in reasons]
    values: dict[str, float | None] = dict.fromkeys(names)
    intervals: dict[str, Interval | None] = dict.fromkeys(names)
    n = ratings.first.shape[1]
    if n:
        same = int((ratings.first == ratings.second).sum())
        values["agreement"], intervals["agreement"] = same / n, wilson(same, n)
    for name in defined:
        values[name] = agreement.value(agreement.BY_NAME[name](ratings))
        if values[name] is None:
            reasons[name] = _constant(name, ratings)
    drawn = [name for name in defined if values[name] is not None and name not in _SLOW]
    resampled = _resampled(ratings, drawn, seed) if n > 1 else {}
    for name, samples in resampled.items():
        intervals[name], why = _interval(samples, ratings, intervals["agreement"], name)
        if why:
            reasons[f"{name}_interval"] = why
    chosen = f"alpha_{level}"
    values["alpha"], intervals["alpha"] = values[chosen], intervals[chosen]
    for suffix in ("", "_interval"):
        if f"{chosen}{suffix}" in reasons:
            reasons[f"alpha{suffix}"] = reasons[f"{chosen}{suffix}"]
    return Reliability(statistics=values, intervals=intervals, notes=reasons)


def _undefined(name: str, ratings: Ratings, *, ordered: bool) -> str | None:
    """Why a statistic has no meaning for these labels."""
    if ratings.first.shape[1] == 0:
        return "no row has both a label and an answer."
    if name in _ORDERED and not ordered:
        return "the classes have no order; name them in order to give them one."
    if name in _NUMERIC and any(isinstance(label, str) for label in ratings.classes):
        return "the classes are words, which have no distance."
    return None


def _constant(name: str, ratings: Ratings) -> str:
    """Why a statistic has no value for these labels."""
    constant = [
        who
        for who, codes in (("the labels", ratings.first), ("the answers", ratings.second))
        if len(np.unique(codes)) == 1
    ]
    if len(constant) == 1:
        return f"{constant[0]} are all the same, so there is nothing to be correlated with."
    return f"all labels and answers are the same: {name} corrects for chance, and chance explains all of it."


def _resampled(ratings: Ratings, names: list[str], seed: int) -> dict[str, np.ndarray]:
    """Each statistic of each resample; all of one resample are of the same rows."""
    n = ratings.first.shape[1]
    random = np.random.default_rng(seed)
    size = max(1, _CELLS // max(n, ratings.k))
    parts: dict[str, list[np.ndarray]] = {name: [] for name in names}
    for first in range(0, DRAWS, size):
        sample = ratings.sample(random.integers(0, n, (min(size, DRAWS - first), n)))
        for name in names:
            parts[name].append(agreement.BY_NAME[name](sample))
    return {name: np.concatenate(part) for name, part in parts.items()}


def _interval(
    samples: np.ndarray, ratings: Ratings, of_agreement: Interval | None, name: str
) -> tuple[Interval | None, str | None]:
    there = samples[~np.isnan(samples)]
    lost = 1 - len(there) / len(samples)
    if lost > _MOST_UNDEFINED:
        return None, f"{name} is not defined in {lost:.0%} of the resamples: too few rows, or nearly all of one class."
    if of_agreement is not None and of_agreement[1] == 1.0:  # no row disagrees, and none of any resample
        by_chance = _chance(name, ratings)
        if by_chance is None:
            return None, "no row disagrees, so resamples say nothing of how far it could be off."
        return (1 - (1 - of_agreement[0]) / (1 - by_chance), 1.0), None
    return percentile_interval(there), None


def _chance(name: str, ratings: Ratings) -> float | None:
    """The agreement that chance gives to two raters who agree everywhere, as a statistic reckons it."""
    n, k = ratings.first.shape[1], ratings.k
    shares = np.bincount(ratings.first[0], minlength=k) / n
    equal = float((shares**2).sum())
    if name == "ac1":
        return float((shares * (1 - shares)).sum()) / (k - 1)
    if name == "kappa" or (name.startswith("kappa") and k == 2):  # noqa: PLR2004 - of two classes weights say nothing
        return equal
    if name == "alpha_nominal" or (name.startswith("alpha") and k == 2):  # noqa: PLR2004
        return 1 - (1 - equal) * 2 * n / (2 * n - 1)
    return None
