"""Whether a judge's probabilities mean what they say, and whether it ranks what holds above what does not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

BINS = 10


def brier(truth: Sequence[bool], probabilities: Sequence[float]) -> float:
    """The mean squared distance of probability and truth; 0 is best.

    Source: Brier 1950, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.
    """
    y, p = _checked(truth, probabilities)
    return float(((p - y) ** 2).mean())


def expected_calibration_error(truth: Sequence[bool], probabilities: Sequence[float], *, bins: int = BINS) -> float:
    """The distance of mean probability and share that holds, over bins of equal width, weighted by their rows.

    A probability on the edge of two bins belongs to the upper one; 1 to the last.

    Source: Naeini et al. 2015, AAAI 29:2901.
    """
    y, p = _checked(truth, probabilities)
    place = np.minimum((p * bins + 1e-12).astype(int), bins - 1)
    gaps = np.bincount(place, weights=p - y, minlength=bins)
    return float(np.abs(gaps).sum()) / len(y)


def auc(truth: Sequence[bool], scores: Sequence[float]) -> float | None:
    """The chance that what holds is scored above what does not, ties half; None where all or none holds.

    Source: Hanley and McNeil 1982, doi:10.1148/radiology.143.1.7063747, by the rank sum.
    """
    y, s = np.asarray(truth, dtype=bool), np.asarray(scores, dtype=float)
    positive = int(y.sum())
    negative = len(y) - positive
    if not positive or not negative:
        return None
    _, codes, counts = np.unique(s, return_inverse=True, return_counts=True)
    ranks = (counts.cumsum() - (counts - 1) / 2)[codes]
    return float(ranks[y].sum() - positive * (positive + 1) / 2) / (positive * negative)


def _checked(truth: Sequence[bool], probabilities: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    y, p = np.asarray(truth, dtype=float), np.asarray(probabilities, dtype=float)
    if len(y) == 0 or len(y) != len(p):
        raise ValueError(f"there are {len(y)} truths and {len(p)} probabilities; each row has one of both.")
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError(f"a probability is 0 to 1; these reach from {p.min():g} to {p.max():g}.")
    return y, p
