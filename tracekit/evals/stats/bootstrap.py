"""Seeded bootstrap intervals, for statistics that have no interval of their own. Two-sided."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tracekit.evals.stats.intervals import Interval

DRAWS = 9_999
LEAST = 20
"""Fewer values than this do not show the shape of what they were drawn from."""
_BATCH = 4_000_000

Statistic = Callable[[np.ndarray], np.ndarray]
"""From samples, one a row, to the statistic of each."""


def means(samples: np.ndarray) -> np.ndarray:
    """The statistic that is asked for most."""
    return samples.mean(axis=-1)


def bca(
    values: Sequence[float] | np.ndarray,
    statistic: Statistic = means,
    *,
    level: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
) -> Interval | None:
    """The bias-corrected and accelerated interval.

    Source: Efron 1987, doi:10.1080/01621459.1987.10478410.

    Returns:
        None where every resample has the same value: then the values say nothing of how it varies.

    Raises:
        ValueError: there are fewer than `LEAST` values.
    """
    from scipy.special import ndtr, ndtri  # noqa: PLC0415 - heavy

    array = np.asarray(values, dtype=float)
    if len(array) < LEAST:
        raise ValueError(f"{len(array)} values are too few for a bootstrap interval; it takes {LEAST}.")
    observed = float(statistic(array[None, :])[0])
    resampled = _resampled(array, statistic, draws=draws, seed=seed)
    if np.ptp(resampled) == 0:
        return None
    below = ((resampled < observed).sum() + (resampled <= observed).sum()) / (2 * draws)
    bias = ndtri(below)
    left_out = _jackknife(array, statistic)
    from_mean = left_out.mean() - left_out
    spread = float((from_mean**2).sum())
    acceleration = float((from_mean**3).sum()) / (6 * spread**1.5) if spread > 0 else 0.0
    tails = bias + ndtri(np.array([(1 - level) / 2, (1 + level) / 2]))
    low, high = np.quantile(resampled, ndtr(bias + tails / (1 - acceleration * tails)))
    return float(low), float(high)


def percentile_interval(resampled: np.ndarray, *, level: float = 0.95) -> Interval:
    """The middle of the resampled values."""
    low, high = np.quantile(resampled, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _resampled(array: np.ndarray, statistic: Statistic, *, draws: int, seed: int) -> np.ndarray:
    """The statistic of each resample, a batch at a time so that memory stays flat."""
    random = np.random.default_rng(seed)
    size = max(1, _BATCH // len(array))
    parts: list[np.ndarray] = []
    for first in range(0, draws, size):
        places = random.integers(0, len(array), (min(size, draws - first), len(array)))
        parts.append(statistic(array[places]))
    return np.concatenate(parts)


def _jackknife(array: np.ndarray, statistic: Statistic) -> np.ndarray:
    """The statistic without each value in turn."""
    n = len(array)
    size = max(1, _BATCH // n)
    parts: list[np.ndarray] = []
    for first in range(0, n, size):
        out = np.arange(first, min(first + size, n))
        kept = np.arange(n - 1) + (np.arange(n - 1) >= out[:, None])
        parts.append(statistic(array[kept]))
    return np.concatenate(parts)
