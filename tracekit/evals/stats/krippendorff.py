"""Krippendorff's alpha: agreement of any number of raters, with gaps, on classes, ranks or numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tracekit.evals.stats.agreement import Label, Level


def alpha(ratings: Sequence[Sequence[Label | None]], *, level: Level) -> float | None:
    """One less observed over expected disagreement, over all pairs of ratings of the same row.

    Source: Krippendorff 2011, Computing Krippendorff's Alpha-Reliability, and Hayes and Krippendorff 2007,
    doi:10.1080/19312450709336664.

    Args:
        ratings: a rater a line, a row of the data a column; None where a rater said nothing.
        level: how far two labels are apart: nominal (different or not), ordinal (ranks), interval (numbers).

    Returns:
        None where no row has two ratings, or all ratings that can be paired are the same.

    Raises:
        ValueError: the lines differ in length; a text at interval level.
    """
    if len({len(line) for line in ratings}) > 1:
        raise ValueError(f"raters have {[len(line) for line in ratings]} ratings; all rate the same rows.")
    classes = sorted({label for line in ratings for label in line if label is not None}, key=_order)
    codes = {label: code for code, label in enumerate(classes)}
    table = np.zeros((len(ratings[0]) if ratings else 0, len(classes)))  # rows by class, how many raters said it
    for line in ratings:
        for row, label in enumerate(line):
            if label is not None:
                table[row, codes[label]] += 1
    sizes = table.sum(axis=1)
    table, sizes = table[sizes > 1], sizes[sizes > 1]  # a single rating has none to agree with
    totals = table.sum(axis=0)
    total = totals.sum()
    distances = _distances(classes, totals, level)
    expected = float(totals @ distances @ totals)
    if expected == 0:
        return None
    observed = float((np.einsum("rc,cd,rd->r", table, distances, table) / (sizes - 1)).sum())
    return float(1 - (total - 1) * observed / expected)


def _order(label: Label) -> tuple[bool, Label]:
    return (isinstance(label, str), label)


def _distances(classes: Sequence[Label], totals: np.ndarray, level: Level) -> np.ndarray:
    """Squared distances of each two classes."""
    if level == "nominal":
        return 1.0 - np.eye(len(classes))
    if level == "ordinal":
        places = totals.cumsum() - totals / 2
    else:
        texts = [label for label in classes if isinstance(label, str)]
        if texts:
            raise ValueError(f"label {texts[0]!r} is text; at interval level labels are numbers.")
        places = np.array(classes, dtype=float)
    return (places[:, None] - places[None, :]) ** 2
