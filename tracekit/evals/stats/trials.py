"""Several answers to one row: how often it passes at least once, or always, and how far its answers differ."""

from __future__ import annotations

import math
from collections.abc import Sequence


def pass_at_k(n: int, passed: int, *, k: int) -> float:
    """The chance that at least one of k answers passes, estimated without bias from n answers.

    Source: Chen et al. 2021, arXiv:2107.03374.

    Raises:
        ValueError: k is not between 1 and n, or passed not between 0 and n.

    Example:
        >>> pass_at_k(10, 8, k=3)
        1.0
    """
    _check(n, passed, k)
    return 1.0 - math.comb(n - passed, k) / math.comb(n, k)


def pass_hat_k(n: int, passed: int, *, k: int) -> float:
    """The chance that all of k answers pass (pass^k), estimated without bias from n answers.

    Source: Yao et al. 2024, arXiv:2406.12045.

    Raises:
        ValueError: k is not between 1 and n, or passed not between 0 and n.
    """
    _check(n, passed, k)
    return math.comb(passed, k) / math.comb(n, k)


def flaky(trials: Sequence[float]) -> bool:
    """Whether answers to one row differ in their verdict."""
    return len(set(trials)) > 1


def within_row_variance(rows: Sequence[Sequence[float]]) -> float | None:
    """The variance of answers to the same row, pooled over rows by their degrees of freedom.

    None where no row has two answers: then it cannot be told from the variance between rows.
    """
    squares, freedom = 0.0, 0
    for trials in rows:
        if len(trials) > 1:
            mean = math.fsum(trials) / len(trials)
            squares += math.fsum((value - mean) ** 2 for value in trials)
            freedom += len(trials) - 1
    return squares / freedom if freedom else None


def _check(n: int, passed: int, k: int) -> None:
    if not 1 <= k <= n:
        raise ValueError(f"k is {k}; of {n} answers it is 1 to {n}.")
    if not 0 <= passed <= n:
        raise ValueError(f"{passed} of {n} answers cannot have passed.")
