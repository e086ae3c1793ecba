"""Confidence intervals: of a proportion, of the difference of two, and of a mean. Two-sided."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

Interval = tuple[float, float]


def wilson(successes: int, n: int, *, level: float = 0.95) -> Interval:
    """The score interval of a proportion.

    Source: Wilson 1927, doi:10.1080/01621459.1927.10502953.

    Raises:
        ValueError: n is 0, or the successes are not between 0 and n.

    Example:
        >>> wilson(20, 20)
        (0.838874841946718, 1.0)
    """
    _check(successes, n)
    z = normal_quantile(level)
    share = successes / n
    middle = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low, high = (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)
    return (0.0 if successes == 0 else low, 1.0 if successes == n else high)


def clopper_pearson(successes: int, n: int, *, level: float = 0.95) -> Interval:
    """The exact interval of a proportion: wider than it need be, never too narrow.

    Source: Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404, by quantiles of the beta distribution.

    Raises:
        ValueError: n is 0, or the successes are not between 0 and n.
    """
    from scipy.special import betaincinv  # noqa: PLC0415 - heavy

    _check(successes, n)
    tail = (1 - level) / 2
    low = 0.0 if successes == 0 else float(betaincinv(successes, n - successes + 1, tail))
    high = 1.0 if successes == n else float(betaincinv(successes + 1, n - successes, 1 - tail))
    return low, high


def newcombe_paired(*, both: int, first: int, second: int, neither: int, level: float = 0.95) -> Interval:
    """The difference of two proportions of the same rows, first less second: hybrid score, method 10.

    The Wilson intervals of the two proportions are combined with the correlation that the four counts show.

    Source: Newcombe 1998, doi:10.1002/(SICI)1097-0258(19981130)17:22<2635::AID-SIM954>3.0.CO;2-C.

    Args:
        both: rows that succeed both times.
        first: rows that succeed the first time only.
        second: rows that succeed the second time only.
        neither: rows that succeed neither time.
        level: of confidence.

    Raises:
        ValueError: there is no row.
    """
    n = both + first + second + neither
    lower_1, upper_1 = wilson(both + first, n, level=level)
    lower_2, upper_2 = wilson(both + second, n, level=level)
    one, two = (both + first) / n, (both + second) / n
    phi = _phi(both, first, second, neither)
    below, above = (one - lower_1, upper_2 - two), (two - lower_2, upper_1 - one)
    difference = (first - second) / n
    low = difference - math.sqrt(max(0.0, below[0] ** 2 - 2 * phi * below[0] * below[1] + below[1] ** 2))
    high = difference + math.sqrt(max(0.0, above[0] ** 2 - 2 * phi * above[0] * above[1] + above[1] ** 2))
    return low, high


def newcombe_unpaired(successes_1: int, n_1: int, successes_2: int, n_2: int, *, level: float = 0.95) -> Interval:
    """The difference of the proportions of two separate samples, first less second: hybrid score.

    Source: Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I, method 10.

    Raises:
        ValueError: a sample is empty, or its successes are not between 0 and its size.
    """
    lower_1, upper_1 = wilson(successes_1, n_1, level=level)
    lower_2, upper_2 = wilson(successes_2, n_2, level=level)
    one, two = successes_1 / n_1, successes_2 / n_2
    low = one - two - math.hypot(one - lower_1, upper_2 - two)
    return low, one - two + math.hypot(two - lower_2, upper_1 - one)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """A mean, its standard error, and the degrees of freedom of that error.

    `se` is None where it cannot be known: of one value, or of values that are all of one cluster.
    """

    mean: float
    se: float | None
    df: int

    def interval(self, *, level: float = 0.95) -> Interval | None:
        """Student's t interval; None where the standard error is not known."""
        if self.se is None:
            return None
        half = t_quantile(level, df=self.df) * self.se
        return self.mean - half, self.mean + half


def mean_of(values: Sequence[float] | np.ndarray) -> Mean:
    """The mean of independent values; of paired differences this is what the paired t interval stands on.

    Raises:
        ValueError: there is no value.
    """
    array = _values(values)
    n = len(array)
    se = float(array.std(ddof=1)) / math.sqrt(n) if n > 1 else None
    return Mean(mean=float(array.mean()), se=se, df=n - 1)


def clustered_mean_of(values: Sequence[float] | np.ndarray, clusters: Sequence[Hashable]) -> Mean:
    """The mean of values that are dependent within clusters, with a cluster-robust standard error.

    The squared error is C/(C-1) times the sum over clusters of the squared sums of residuals, over n squared; C is the
    number of clusters, and there are C-1 degrees of freedom.

    Source: Miller 2024, arXiv:2411.00640, with the small-sample correction of Cameron and Miller 2015,
    doi:10.3368/jhr.50.2.317.

    Raises:
        ValueError: there is no value, or not one cluster for each.
    """
    array = _values(values)
    if len(clusters) != len(array):
        raise ValueError(f"there are {len(array)} values and {len(clusters)} clusters; each value has one.")
    codes = {name: code for code, name in enumerate(dict.fromkeys(clusters))}
    sums = np.bincount([codes[name] for name in clusters], weights=array - array.mean())
    count = len(codes)
    se = math.sqrt(count / (count - 1) * float(sums @ sums)) / len(array) if count > 1 else None
    return Mean(mean=float(array.mean()), se=se, df=count - 1)


def normal_quantile(level: float) -> float:
    """How many standard deviations about the mean hold a share of the normal distribution, two-sided."""
    from scipy.special import ndtri  # noqa: PLC0415 - heavy

    return float(ndtri((1 + level) / 2))


def t_quantile(level: float, *, df: float) -> float:
    """As `normal_quantile`, of Student's t."""
    from scipy.special import stdtrit  # noqa: PLC0415 - heavy

    return float(stdtrit(df, (1 + level) / 2))


def _phi(both: int, first: int, second: int, neither: int) -> float:
    """The correlation of two verdicts, drawn towards 0 by half a row where it is positive."""
    scale = (both + first) * (second + neither) * (both + second) * (first + neither)
    if scale == 0:
        return 0.0
    product = both * neither - first * second
    half = (both + first + second + neither) / 2
    return (max(product - half, 0.0) if product > 0 else product) / math.sqrt(scale)


def _values(values: Sequence[float] | np.ndarray) -> np.ndarray:
    array = np.asarray(values, dtype=float)
    if array.size == 0:
        raise ValueError("there is no value to take the mean of.")
    return array


def _check(successes: int, n: int) -> None:
    if n < 1 or not 0 <= successes <= n:
        raise ValueError(f"{successes} successes of {n} are no proportion.")
