"""Percentiles, and how far they may be off. Pure order statistics: no shape is assumed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def percentile(values: Sequence[float] | np.ndarray, q: float) -> float:
    """The q-th percentile, 0 to 100, linear between neighbours.

    Source: Hyndman and Fan 1996, doi:10.1080/00031305.1996.10473566, definition 7, which NumPy has by default.

    Raises:
        ValueError: there is no value, or q is not between 0 and 100.

    Example:
        >>> percentile([1, 2, 3, 4], 50)
        2.5
    """
    array = np.asarray(values, dtype=float)
    if array.size == 0 or not 0 <= q <= 100:  # noqa: PLR2004 - percent
        raise ValueError(f"there is no percentile {q:g} of {array.size} values; it takes one, and 0 to 100.")
    return float(np.percentile(array, q))


def percentile_interval(
    values: Sequence[float] | np.ndarray, q: float, *, level: float = 0.95
) -> tuple[float | None, float | None]:
    """An interval that holds the true percentile with at least that confidence: two of the values themselves.

    How many of n values lie below the true percentile is binomial, whatever the distribution.

    Source: Conover 1999, Practical Nonparametric Statistics, section 3.2.

    Returns:
        A bound is None where the values do not reach far enough: 20 values have no upper bound of a 95th percentile.
    """
    from scipy.special import bdtr  # noqa: PLC0415 - heavy

    array = np.sort(np.asarray(values, dtype=float))
    n, tail = len(array), (1 - level) / 2
    below = np.atleast_1d(bdtr(np.arange(n, dtype=float), n, q / 100)) if n else np.zeros(0)
    lower = int((below <= tail).sum())  # P(fewer than `lower` lie below) <= tail
    upper = int((below < 1 - tail).sum())  # P(more than `upper` lie below) <= tail
    return (
        float(array[lower - 1]) if lower >= 1 else None,
        float(array[upper]) if upper < n else None,
    )
