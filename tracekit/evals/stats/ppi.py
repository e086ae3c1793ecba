"""Prediction-powered inference: a few human labels and many of the judge's give one honest mean."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tracekit.evals.stats.intervals import Interval, normal_quantile

LEAST = 30
"""Below so many human labels the interval, which is a normal one, does not hold what it says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """A mean as humans would have given it.

    Attributes:
        mean: corrected.
        se: its standard error.
        interval: of the mean.
        weight: how far the judge is trusted, 0 to 1: 0 leaves the human labels alone.
        effective: how many human labels alone would be as sure.
    """

    mean: float
    se: float
    interval: Interval
    weight: float
    effective: float


def corrected_mean(
    labels: Sequence[float], judged: Sequence[float], unlabelled: Sequence[float], *, level: float = 0.95
) -> Corrected:
    """The mean label of all rows, from those that humans labelled and what the judge says of those and of the others.

    Source: Angelopoulos, Duchi and Zrnic 2023, PPI++, arXiv:2311.01453, with the weight tuned and kept in 0 to 1.

    Args:
        labels: what humans say.
        judged: what the judge says of the same rows.
        unlabelled: what the judge says of rows that no human labelled.
        level: of confidence.

    Raises:
        ValueError: there are fewer than `LEAST` labels, or no unlabelled row.
    """
    y, f, rest = (np.asarray(values, dtype=float) for values in (labels, judged, unlabelled))
    n, m = len(y), len(rest)
    if n != len(f):
        raise ValueError(f"there are {n} labels and {len(f)} judgements of the same rows.")
    if n < LEAST or m < 1:
        raise ValueError(f"{n} labels and {m} unlabelled rows are too few; it takes {LEAST} and 1.")
    variance = float(np.concatenate([f, rest]).var(ddof=1))
    covariance = float(((y - y.mean()) * (f - f.mean())).mean())
    weight = min(1.0, max(0.0, covariance / ((1 + n / m) * variance))) if variance > 0 else 0.0
    mean = float(weight * rest.mean() + (y - weight * f).mean())
    se = math.sqrt(weight**2 * float(rest.var()) / m + float((y - weight * f).var()) / n)
    half = normal_quantile(level) * se
    return Corrected(
        mean=mean,
        se=se,
        interval=(mean - half, mean + half),
        weight=weight,
        effective=float(y.var()) / se**2 if se > 0 else float(n),
    )
