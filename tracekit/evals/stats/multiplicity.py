"""Several tests at once: p values adjusted so that one true alarm is not bought with many false ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def holm(p: Sequence[float]) -> list[float]:
    """Adjusted so that the chance of any false alarm stays at alpha, whatever the tests have to do with each other.

    Source: Holm 1979, Scandinavian Journal of Statistics 6:65.

    Example:
        >>> holm([0.01, 0.04, 0.03])
        [0.03, 0.06, 0.06]
    """
    order, values = _sorted(p)
    scaled = values * np.arange(len(values), 0, -1)
    return _unsorted(order, np.maximum.accumulate(scaled))


def benjamini_hochberg(p: Sequence[float]) -> list[float]:
    """Adjusted so that of the alarms at most a share alpha is false, for independent or positively dependent tests.

    Source: Benjamini and Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x.
    """
    order, values = _sorted(p)
    scaled = values * len(values) / np.arange(1, len(values) + 1)
    return _unsorted(order, np.minimum.accumulate(scaled[::-1])[::-1])


def benjamini_yekutieli(p: Sequence[float]) -> list[float]:
    """As `benjamini_hochberg`, for tests that depend on each other in any way.

    Source: Benjamini and Yekutieli 2001, doi:10.1214/aos/1013699998.
    """
    order, values = _sorted(p)
    ranks = np.arange(1, len(values) + 1)
    scaled = values * len(values) * float((1 / ranks).sum()) / ranks
    return _unsorted(order, np.minimum.accumulate(scaled[::-1])[::-1])


def _sorted(p: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    values = np.asarray(p, dtype=float)
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError(f"p values are between 0 and 1; these are not: {list(p)!r:.200}.")
    order = np.argsort(values, kind="stable")
    return order, values[order]


def _unsorted(order: np.ndarray, adjusted: np.ndarray) -> list[float]:
    back = np.empty(len(order))
    back[order] = np.minimum(adjusted, 1.0)
    return back.tolist()
