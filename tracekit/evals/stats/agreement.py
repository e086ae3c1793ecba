"""How far two raters say the same of the same rows: agreement, corrected for chance, and the table behind it.

Ratings come as codes 0 to k-1 in two arrays of the shape (samples, rows): one sample is the data, many are its
resamples, and one formula serves both. A statistic that has no value for a sample (all ratings are the same, most
often) is NaN in the array that comes back; `value` turns that into None.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Weights = Literal["linear", "quadratic"]
Level = Literal["nominal", "ordinal", "interval"]
Label = str | float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratings:
    """Two raters' labels of the same rows, as codes.

    Attributes:
        first: codes of the one, of the shape (samples, rows).
        second: codes of the other.
        classes: what the codes stand for, in order: numbers by size, texts as given or by the alphabet.
    """

    first: np.ndarray
    second: np.ndarray
    classes: tuple[Label, ...]

    @property
    def k(self) -> int:
        """How many classes there are."""
        return len(self.classes)

    def sample(self, places: np.ndarray) -> Ratings:
        """The rows at these places, of the shape (samples, rows), of a single sample."""
        return Ratings(first=self.first[0][places], second=self.second[0][places], classes=self.classes)


def encode(first: Sequence[Label], second: Sequence[Label], *, classes: Sequence[Label] | None = None) -> Ratings:
    """Codes of two raters' labels.

    Args:
        first: of the one.
        second: of the other, of the same rows.
        classes: the whole scale in order, where the labels that occur are not all of it.

    Raises:
        ValueError: the lengths differ, or a label is not among the classes.
    """
    if len(first) != len(second):
        raise ValueError(f"one rater has {len(first)} labels and the other {len(second)}.")
    known = tuple(classes) if classes is not None else tuple(sorted({*first, *second}, key=_order))
    codes = {label: code for code, label in enumerate(known)}
    strange = [label for label in (*first, *second) if label not in codes]
    if strange:
        raise ValueError(f"label {strange[0]!r} is none of the classes {', '.join(map(str, known))}.")
    return Ratings(
        first=np.array([[codes[label] for label in first]], dtype=np.int64),
        second=np.array([[codes[label] for label in second]], dtype=np.int64),
        classes=known,
    )


def value(statistic: np.ndarray) -> float | None:
    """The statistic of the one sample; None where it has no value."""
    number = float(statistic[0])
    return None if math.isnan(number) else number


def percent_agreement(ratings: Ratings) -> np.ndarray:
    """The share of rows with the same label."""
    return (ratings.first == ratings.second).mean(axis=1)


def cohen_kappa(ratings: Ratings, *, weights: Weights | None = None) -> np.ndarray:
    """Agreement beyond what two raters with these habits reach by chance; NaN where chance alone gives all of it.

    With weights, a disagreement counts by how many classes it spans, or by the square of that.

    Source: Cohen 1960, doi:10.1177/001316446002000104, and 1968, doi:10.1037/h0026256.
    """
    x, y = ratings.first, ratings.second
    n = x.shape[1]
    shares_x, shares_y = _counts(x, ratings.k) / n, _counts(y, ratings.k) / n
    if weights is None:
        observed, expected = (x != y).mean(axis=1), 1 - (shares_x * shares_y).sum(axis=1)
    elif weights == "linear":
        below_x, below_y = shares_x.cumsum(axis=1), shares_y.cumsum(axis=1)
        observed = np.abs(x - y).mean(axis=1)
        expected = (below_x * (1 - below_y) + below_y * (1 - below_x)).sum(axis=1)
    else:
        observed = ((x - y) ** 2).mean(axis=1)
        expected = (x**2).mean(axis=1) + (y**2).mean(axis=1) - 2 * x.mean(axis=1) * y.mean(axis=1)
    return 1 - _ratio(observed, expected)


def gwet_ac1(ratings: Ratings) -> np.ndarray:
    """Agreement beyond chance that does not collapse where nearly all rows are of one class; NaN for a single class.

    Source: Gwet 2008, doi:10.1348/000711006X126600.
    """
    n, k = ratings.first.shape[1], ratings.k
    if k < 2:  # noqa: PLR2004 - of one class everything agrees
        return np.full(len(ratings.first), math.nan)
    shares = (_counts(ratings.first, k) + _counts(ratings.second, k)) / (2 * n)
    expected = (shares * (1 - shares)).sum(axis=1) / (k - 1)
    return 1 - _ratio((ratings.first != ratings.second).mean(axis=1), 1 - expected)


def alpha_of_two(ratings: Ratings, level: Level) -> np.ndarray:
    """Krippendorff's alpha of two raters without gaps: see `krippendorff.alpha`; NaN where all ratings are the same.

    The ordinal distance of two classes is that of their mid-ranks among all ratings: the interval form, of mid-ranks.
    """
    x, y, n = ratings.first, ratings.second, ratings.first.shape[1]
    pooled = _counts(x, ratings.k) + _counts(y, ratings.k)
    if level == "nominal":
        observed = (x != y).mean(axis=1)
        expected = 1 - (pooled * (pooled - 1)).sum(axis=1) / (2 * n * (2 * n - 1))
        return 1 - _ratio(observed, expected)
    if level == "ordinal":
        places = _midranks(pooled)
    else:
        places = np.broadcast_to(np.asarray(ratings.classes, dtype=float), pooled.shape)
    observed = ((_at(places, x) - _at(places, y)) ** 2).mean(axis=1)
    mean = (pooled * places).sum(axis=1, keepdims=True) / (2 * n)
    expected = 2 * (pooled * (places - mean) ** 2).sum(axis=1) / (2 * n - 1)
    return 1 - _ratio(observed, expected)


def spearman(ratings: Ratings) -> np.ndarray:
    """The correlation of ranks, ties at their mean rank; NaN where a rater gives one label only.

    Source: Spearman 1904, doi:10.2307/1412159.
    """
    x = _at(_midranks(_counts(ratings.first, ratings.k)), ratings.first)
    y = _at(_midranks(_counts(ratings.second, ratings.k)), ratings.second)
    x, y = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
    return _ratio((x * y).sum(axis=1), np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1)))


def kendall_tau_b(ratings: Ratings) -> np.ndarray:
    """Pairs of rows in the same order less those in opposite order, corrected for ties; NaN as for `spearman`.

    Source: Kendall 1945, doi:10.1093/biomet/33.3.239.
    """
    return np.array([_tau_b(x, y) for x, y in zip(ratings.first, ratings.second, strict=True)])


def matthews(ratings: Ratings) -> np.ndarray:
    """The correlation of labels as classes, for any number of them; NaN where a rater gives one label only.

    Source: Gorodkin 2004, doi:10.1016/j.compbiolchem.2004.09.006.
    """
    n = ratings.first.shape[1]
    x, y = _counts(ratings.first, ratings.k), _counts(ratings.second, ratings.k)
    same = (ratings.first == ratings.second).sum(axis=1)
    scale = np.sqrt((n**2 - (x**2).sum(axis=1)).astype(float) * (n**2 - (y**2).sum(axis=1)))
    return _ratio(same * n - (x * y).sum(axis=1), scale)


def confusion(ratings: Ratings) -> np.ndarray:
    """How many rows have each pair of labels: the first rater's down, the second's across."""
    flat = np.bincount(ratings.first[0] * ratings.k + ratings.second[0], minlength=ratings.k**2)
    return flat.reshape(ratings.k, ratings.k)


BY_NAME: dict[str, Callable[[Ratings], np.ndarray]] = {
    "kappa": cohen_kappa,
    "kappa_linear": lambda ratings: cohen_kappa(ratings, weights="linear"),
    "kappa_quadratic": lambda ratings: cohen_kappa(ratings, weights="quadratic"),
    "ac1": gwet_ac1,
    "alpha_nominal": lambda ratings: alpha_of_two(ratings, "nominal"),
    "alpha_ordinal": lambda ratings: alpha_of_two(ratings, "ordinal"),
    "alpha_interval": lambda ratings: alpha_of_two(ratings, "interval"),
    "spearman": spearman,
    "kendall": kendall_tau_b,
    "mcc": matthews,
}


def _order(label: Label) -> tuple[bool, Label]:
    return (isinstance(label, str), label)


def _counts(codes: np.ndarray, k: int) -> np.ndarray:
    """How many of each class, of the shape (samples, k)."""
    samples = len(codes)
    offset = np.arange(samples)[:, None] * k
    return np.bincount((codes + offset).ravel(), minlength=samples * k).reshape(samples, k)


def _midranks(counts: np.ndarray) -> np.ndarray:
    """The mean rank of each class, from how many there are."""
    return counts.cumsum(axis=1) - (counts - 1) / 2


def _at(table: np.ndarray, codes: np.ndarray) -> np.ndarray:
    return np.take_along_axis(table, codes, axis=1)


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """A quotient; NaN where what is divided by is 0 but for rounding."""
    return np.divide(above, below, out=np.full(np.shape(below), math.nan), where=np.abs(below) > 1e-12)  # noqa: PLR2004


def _tau_b(x: np.ndarray, y: np.ndarray) -> float:
    """A block of rows against all, so that memory stays flat."""
    signed = ties_x = ties_y = 0
    for first in range(0, len(x), 512):
        one = np.sign(x[first : first + 512, None] - x[None, :]).astype(np.int8)
        two = np.sign(y[first : first + 512, None] - y[None, :]).astype(np.int8)
        signed += int((one * two).sum(dtype=np.int64))
        ties_x += int(np.count_nonzero(one))
        ties_y += int(np.count_nonzero(two))
    return signed / math.sqrt(ties_x * ties_y) if ties_x and ties_y else math.nan
