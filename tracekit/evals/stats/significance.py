"""Tests of paired data: did the same rows become worse. One-sided unless asked; a loss is a number above 0.

Each takes losses: how much worse the candidate is than the base, row by row. None assumes a normal distribution but the
clustered t, which says so.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from tracekit.evals.stats.intervals import clustered_mean_of

Alternative = Literal["greater", "two-sided"]

QUANTUM = 1e-9
"""Losses are rounded to this, relative to the scores: 0.3 - 0.1 and 0.2 are the same loss."""
DENOMINATORS = 1_000
"""Losses that are multiples of one over a number up to this lie on a lattice: thirds, as means of three trials do."""
ENUMERATED = 20
"""Up to so many losses that are not 0, all 2^n signs are tried."""
CELLS = 300_000_000
"""Up to so many additions, the distribution over a lattice is computed exactly: half a second."""
DRAWS = 9_999
_EXACT_COINS = 500
_MOST_UNITS = 2.0**62

MCNEMAR = "mcnemar_exact"
MCNEMAR_MID_P = "mcnemar_mid_p"
SIGN_FLIP = "sign_flip_exact"
SIGN_FLIP_DRAWN = "sign_flip_monte_carlo"
WILCOXON = "wilcoxon"
CLUSTERED_T = "clustered_t"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The name of a test and its p value."""

    name: str
    p: float


def mcnemar(lost: int, won: int, *, alternative: Alternative = "greater", mid_p: bool = False) -> Outcome:
    """The exact test of verdicts on the same rows: of those that changed, are more lost than a coin would lose.

    Source: McNemar 1947, doi:10.1007/BF02295996, by the binomial distribution; mid-p: Fagerland et al. 2013,
    doi:10.1186/1471-2288-13-91.

    Args:
        lost: rows that passed and fail now.
        won: rows that failed and pass now.
        alternative: whether a loss alone is looked for, or any change.
        mid_p: count half of the probability of what was seen: more power, and now and then slightly above alpha.

    Example:
        >>> mcnemar(9, 2).p
        0.03271484375
    """
    name = MCNEMAR_MID_P if mid_p else MCNEMAR
    n = lost + won
    if n == 0:
        return Outcome(name=name, p=1.0)
    two_sided = alternative == "two-sided"
    least = max(lost, won) if two_sided else lost
    p = _tail(least, n) - (math.comb(n, least) / 2**n / 2 if mid_p else 0.0)
    return Outcome(name=name, p=min(1.0, 2 * p) if two_sided else p)


def sign_flip(
    losses: Sequence[float] | np.ndarray,
    *,
    alternative: Alternative = "greater",
    magnitude: float = 1.0,
    seed: int = 0,
    draws: int = DRAWS,
) -> Outcome:
    """The permutation test of the mean loss: were base and candidate the same, each loss could as well be a gain.

    Losses that lie on a small lattice, as means of trials and verdicts do, are tested exactly, by the distribution of
    the sum over all signs (dynamic programming over integers); so are up to `ENUMERATED` others, by enumeration; the
    rest by seeded draws, (r + 1) / (m + 1), which is valid for any number of them.

    Source: Fisher 1935; Pagano and Tritchler 1983, doi:10.1080/01621459.1983.10477990 (the exact distribution);
    Phipson and Smyth 2010, doi:10.2202/1544-6115.1585 (draws).

    Args:
        losses: how much worse each row became; below 0 where it became better.
        alternative: whether a loss alone is looked for, or any change.
        magnitude: of the scores: see `lattice`.
        seed: of the draws.
        draws: how many.
    """
    units = lattice(losses, magnitude=magnitude)
    units = units[units != 0]
    if len(units) == 0:
        return Outcome(name=SIGN_FLIP, p=1.0)
    sizes, observed = np.abs(units), int(units.sum())
    sizes //= (step := int(np.gcd.reduce(sizes)))
    observed //= step
    if alternative == "two-sided":
        observed = abs(observed)
    total = int(sizes.sum())
    if len(sizes) * total <= CELLS:
        p, name = _by_lattice(sizes, observed), SIGN_FLIP
    elif len(sizes) <= ENUMERATED:
        p, name = _by_enumeration(sizes, observed), SIGN_FLIP
    else:
        p, name = _by_draws(sizes, observed, alternative=alternative, seed=seed, draws=draws), SIGN_FLIP_DRAWN
    if alternative == "two-sided" and name == SIGN_FLIP:  # the distribution is symmetric about 0
        p = min(1.0, 2 * p) if observed > 0 else 1.0
    return Outcome(name=name, p=p)


def wilcoxon(
    losses: Sequence[float] | np.ndarray, *, alternative: Alternative = "greater", magnitude: float = 1.0
) -> Outcome:
    """The signed-rank test, for scores whose distances mean nothing. Losses are rounded first, so that ties are ties.

    Source: Wilcoxon 1945, doi:10.2307/3001968, as SciPy computes it.
    """
    from scipy import stats  # noqa: PLC0415 - heavy

    units = lattice(losses, magnitude=magnitude)
    if not units.any():
        return Outcome(name=WILCOXON, p=1.0)
    found: Any = stats.wilcoxon(units.astype(float), alternative=alternative)
    return Outcome(name=WILCOXON, p=float(found.pvalue))


def clustered_t(
    losses: Sequence[float] | np.ndarray, clusters: Sequence[Hashable], *, alternative: Alternative = "greater"
) -> Outcome:
    """The t test of the mean loss on a cluster-robust error, with C-1 degrees of freedom: see `clustered_mean_of`.

    Where every cluster lost by the same amount the error is 0 and t has no value; the p value is then that of flipping
    the signs of the clusters, 1/2^C.

    Raises:
        ValueError: there are fewer than two clusters.
    """
    from scipy.special import stdtr  # noqa: PLC0415 - heavy

    mean = clustered_mean_of(losses, clusters)
    if mean.se is None:
        raise ValueError("rows of one cluster say nothing of others: a clustered test needs two clusters at least.")
    sides = 2 if alternative == "two-sided" else 1
    loss = abs(mean.mean) if sides == 2 else mean.mean  # noqa: PLR2004
    if mean.se <= QUANTUM * max(abs(mean.mean), QUANTUM):
        p = sides * 0.5 ** (mean.df + 1) if loss > QUANTUM else 1.0
    else:
        p = sides * float(stdtr(mean.df, -loss / mean.se))
    return Outcome(name=CLUSTERED_T, p=min(1.0, p))


def lattice(losses: Sequence[float] | np.ndarray, *, magnitude: float = 1.0) -> np.ndarray:
    """Losses as whole numbers: of one over the least denominator that fits them all, else of the quantum.

    Args:
        losses: how much worse each row became.
        magnitude: of the scores themselves: what is less than `QUANTUM` of it is rounding.
    """
    scale = 10.0 ** math.floor(math.log10(magnitude)) if magnitude > 0 else 1.0
    values = np.asarray(losses, dtype=float) / scale
    denominator = _denominator(values)
    if denominator is not None:
        return np.rint(values * denominator).astype(np.int64)
    quantum = QUANTUM
    while float(np.abs(values).sum()) / quantum >= _MOST_UNITS:
        quantum *= 10
    return np.rint(values / quantum).astype(np.int64)


def _denominator(values: np.ndarray) -> int | None:
    if float(np.abs(values).sum()) * DENOMINATORS >= _MOST_UNITS:
        return None
    for denominator in range(1, DENOMINATORS + 1):
        for some in (values[:64], values):  # the first few rule nearly all of them out
            if (np.abs(some - np.rint(some * denominator) / denominator) > QUANTUM).any():
                break
        else:
            return denominator
    return None


def _tail(least: int, n: int) -> float:
    """The chance of at least so many heads of n coins: to the last digit where whole numbers are quick enough."""
    if n <= _EXACT_COINS:
        return sum(math.comb(n, heads) for heads in range(least, n + 1)) / 2**n
    from scipy.special import bdtrc  # noqa: PLC0415 - heavy

    return float(bdtrc(least - 1, n, 0.5)) if least > 0 else 1.0


def _by_lattice(sizes: np.ndarray, observed: int) -> float:
    """P(sum of signed sizes >= observed), from the distribution of the sum of those that stay positive."""
    total = int(sizes.sum())
    chances = np.zeros(total + 1)
    chances[0], reach = 1.0, 0
    for size in np.sort(sizes).tolist():
        grown = 0.5 * chances[: reach + 1]
        chances[: reach + 1] = grown
        chances[size : reach + size + 1] += grown
        reach += size
    return min(1.0, float(chances[-((-observed - total) // 2) :].sum()))


def _by_enumeration(sizes: np.ndarray, observed: int) -> float:
    sums = np.zeros(1, dtype=np.int64)
    for size in sizes.tolist():
        sums = np.concatenate([sums + size, sums - size])
    return float((sums >= observed).mean())


def _by_draws(sizes: np.ndarray, observed: int, *, alternative: Alternative, seed: int, draws: int) -> float:
    """Eight signs are one random byte, and its signed sum is looked up: a tenth of the work of drawing each sign."""
    bits = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).astype(np.int64) * 2 - 1
    padded = np.pad(sizes, (0, -len(sizes) % 8)).reshape(-1, 8)
    random = np.random.default_rng(seed)
    sums = np.zeros(draws, dtype=np.int64)
    for eight in padded:
        sums += (bits @ eight)[random.integers(0, 256, draws, dtype=np.uint8)]
    if alternative == "two-sided":
        sums = np.abs(sums)
    return (int((sums >= observed).sum()) + 1) / (draws + 1)
