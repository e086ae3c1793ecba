"""What a comparison can see, before it is made or after: power, the detectable effect, and the rows it takes."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np

POWER = 0.8
MOST_ROWS = 1_000_000
"""Rows beyond this are not looked for: the answer is None."""


def t_power(shift: float, *, df: float, alpha: float = 0.05, two_sided: bool = False) -> float:
    """The power of a t test whose true mean is `shift` standard errors from 0: the noncentral t distribution.

    Source: Cohen 1988, Statistical Power Analysis, section 2.
    """
    from scipy.special import stdtrit  # noqa: PLC0415 - heavy

    critical = float(stdtrit(df, 1 - alpha / (2 if two_sided else 1)))
    above = _beyond(critical, df, shift)
    return above + _beyond(critical, df, -shift) if two_sided else above


@lru_cache(maxsize=1024)
def detectable_shift(*, df: float, alpha: float = 0.05, power: float = POWER, two_sided: bool = False) -> float:
    """How many standard errors the true mean must be from 0 to be seen with that power."""
    high = 4.0
    while t_power(high, df=df, alpha=alpha, two_sided=two_sided) < power:
        high *= 2
    return _root(lambda shift: t_power(shift, df=df, alpha=alpha, two_sided=two_sided) - power, 0.0, high)


def paired_t_power(n: int, dz: float, *, alpha: float = 0.05, two_sided: bool = False) -> float:
    """The power of a paired t test of n rows; dz is the mean difference over the differences' standard deviation."""
    return t_power(dz * math.sqrt(n), df=n - 1, alpha=alpha, two_sided=two_sided)


def detectable_dz(n: int, *, alpha: float = 0.05, power: float = POWER, two_sided: bool = False) -> float | None:
    """The least dz that a paired t test of n rows shows with that power; None below two rows."""
    if n < 2:  # noqa: PLR2004 - the standard deviation of one difference is not known
        return None
    return detectable_shift(df=n - 1, alpha=alpha, power=power, two_sided=two_sided) / math.sqrt(n)


def rows_for_dz(dz: float, *, alpha: float = 0.05, power: float = POWER, two_sided: bool = False) -> float | None:
    """How many rows a paired t test needs to show dz with that power, before rounding up; None above `MOST_ROWS`."""
    if dz <= 0:
        return None

    def lacking(n: float) -> float:
        return t_power(dz * math.sqrt(n), df=n - 1, alpha=alpha, two_sided=two_sided) - power

    if lacking(MOST_ROWS) < 0:
        return None
    return 2.0 if lacking(2.0) >= 0 else _root(lacking, 2.0, MOST_ROWS)


def rows_for_difference(delta: float, *, variance: float, alpha: float = 0.05, power: float = POWER) -> float:
    """Rows that a two-sided test of a mean difference needs, by the normal approximation, before rounding up.

    Source: Miller 2024, arXiv:2411.00640, section 5.

    Args:
        delta: the difference to be seen.
        variance: of the difference of one row: between rows, and within rows over the trials of each.
        alpha: of the test.
        power: wanted.
    """
    from scipy.special import ndtri  # noqa: PLC0415 - heavy

    return float((ndtri(1 - alpha / 2) + ndtri(power)) ** 2) * variance / delta**2


def mcnemar_power(n: int, *, lost: float, won: float, alpha: float = 0.05) -> float:
    """The power of the one-sided exact McNemar test: the sum over how many of n rows change, of the chance to reject.

    Args:
        n: rows.
        lost: the share of rows that pass and will fail.
        won: the share that fail and will pass.
        alpha: of the test.
    """
    from scipy.special import bdtr, bdtrc  # noqa: PLC0415 - heavy

    changed = min(lost + won, 1.0)
    if changed <= 0 or n < 1:
        return 0.0
    reach = 10 * math.sqrt(n * changed * (1 - changed)) + 10  # beyond it no chance is left
    count = np.arange(max(0, math.floor(n * changed - reach)), min(n, math.ceil(n * changed + reach)) + 1)
    critical = _critical(count, alpha)
    chance = np.diff(bdtr(count, n, changed), prepend=float(bdtr(count[0] - 1, n, changed)) if count[0] else 0.0)
    seen = np.where(critical <= count, bdtrc(critical - 1.0, count, min(lost / changed, 1.0)), 0.0)
    return float(chance @ seen)


def detectable_loss(n: int, *, changed: float, alpha: float = 0.05, power: float = POWER) -> float | None:
    """The least loss, as a share of n rows, that the exact McNemar test shows with that power.

    Args:
        n: rows.
        changed: the share of rows that change either way, as seen; a loss beyond it changes as many more.
        alpha: of the test.
        power: wanted.

    Returns:
        None where even the loss of every row would not be shown: there are too few.
    """

    def lacking(loss: float) -> float:
        total = max(changed, loss)
        return mcnemar_power(n, lost=(total + loss) / 2, won=(total - loss) / 2, alpha=alpha) - power

    return None if lacking(1.0) < 0 else _root(lacking, 0.0, 1.0, steps=40)


def rows_for_mcnemar(*, lost: float, won: float, alpha: float = 0.05, power: float = POWER) -> int | None:
    """How many rows the exact McNemar test needs to show a loss with that power; None above `MOST_ROWS`.

    The power of a discrete test falls a little between its steps; this is the end of a step, found by bisection.
    """
    if lost <= won:
        return None
    dz = (lost - won) / math.sqrt(lost + won - (lost - won) ** 2) if lost - won < 1 else math.inf
    about = rows_for_dz(dz, alpha=alpha, power=power) if dz < math.inf else 1.0
    if about is None or about > _MOST_EXACT:
        return None if about is None else math.ceil(about)

    def enough(n: int) -> bool:
        return mcnemar_power(n, lost=lost, won=won, alpha=alpha) >= power

    low, high = math.floor(0.8 * about), math.ceil(1.2 * about) + 8
    while not enough(high):
        low, high = high, 2 * high
    if low < 1 or enough(low):
        low = 0
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def trials_for_dz(dz: float, *, effect: float, between: float, within: float) -> int | None:
    """How many trials of every row, in both runs, make an effect as large as dz.

    The variance of a row's difference is `between` + `within` / trials.

    Args:
        dz: what the rows that there are can show.
        effect: the mean difference to be seen.
        between: variance of true differences between rows.
        within: variance of one trial about its row, base and candidate added.

    Returns:
        None where the rows differ too much among themselves for any number of trials.
    """
    room = (effect / dz) ** 2 - between
    return max(1, math.ceil(within / room - 1e-9)) if room > 0 else None


_MOST_EXACT = 20_000
"""Beyond so many rows the exact power is that of the t test to three digits, and costs more than it says."""


def _critical(count: np.ndarray, alpha: float) -> np.ndarray:
    """Of so many changed rows, the least number of lost ones that is significant; one more than all where none is."""
    from scipy.special import bdtrc, ndtri  # noqa: PLC0415 - heavy

    # Rounded down, the normal guess was never too high: tried for up to 3,000 rows and alpha from 0.001 to 0.5.
    guess = np.floor(count / 2 + float(ndtri(1 - alpha)) * np.sqrt(count) / 2)
    least = np.minimum(np.maximum(guess, 1.0), count + 1.0)
    while (short := bdtrc(least - 1, count, 0.5) > alpha).any():
        least = np.where(short, least + 1, least)
    return least


def _beyond(critical: float, df: float, shift: float) -> float:
    """P(T > critical) of the noncentral t. SciPy 1.17 gives NaN for some far tails: those are integrated."""
    from scipy.special import nctdtr  # noqa: PLC0415 - heavy

    below = float(nctdtr(df, shift, critical))
    return _integrated(critical, df, shift) if math.isnan(below) else 1.0 - below


@lru_cache(maxsize=1)
def _nodes() -> tuple[np.ndarray, np.ndarray]:
    return np.polynomial.legendre.leggauss(100)


def _integrated(critical: float, df: float, shift: float) -> float:
    """The same, over the estimated standard deviation s: the mean of P(Z > critical s - shift), s^2 df being chi^2."""
    from scipy.special import chdtri, gammaln, ndtr  # noqa: PLC0415 - heavy

    low, high = (math.sqrt(float(chdtri(df, tail)) / df) for tail in (1 - 1e-16, 1e-16))
    steep = [min(max((shift + side) / critical, low), high) for side in (-9.0, 9.0)]
    nodes, weights = _nodes()
    total = 0.0
    for start, end in ((low, steep[0]), (steep[0], steep[1]), (steep[1], high)):
        s = (end - start) / 2 * nodes + (start + end) / 2
        log = math.log(2) + df / 2 * math.log(df / 2) - float(gammaln(df / 2)) + (df - 1) * np.log(s) - df * s**2 / 2
        total += (end - start) / 2 * float(weights @ (np.exp(log) * ndtr(shift - critical * s)))
    return total


def _root(function: Callable[[float], float], low: float, high: float, *, steps: int = 60) -> float:
    """Where a function that grows passes 0, by bisection."""
    for _ in range(steps):
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) < 0 else (low, middle)
    return high
