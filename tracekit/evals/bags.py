"""Rows of values against rows of values: as a bag or in order, numbers equal whatever their type. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

_NEAR = 1e-9
"""Sums of the same floats in another order differ by less."""
_EXACT = 2**53


def same(one: Sequence[Sequence[Any]], other: Sequence[Sequence[Any]], *, ordered: bool) -> bool:
    """Whether two results have the same rows, each as often; and in the same order, where that is asked.

    NULL equals NULL. 1, 1.0 and DECIMAL 1 are equal, true is not 1. Floats are equal within a relative 1e-9.
    """
    a, b = [comparable(row) for row in one], [comparable(row) for row in other]
    if len(a) != len(b):
        return False
    if not ordered:
        if Counter(a) == Counter(b):
            return True
        a, b = sorted(a, key=_place), sorted(b, key=_place)
    return all(_near(x, y) for x, y in zip(a, b, strict=True))


def shared(one: Iterable[Sequence[Any]], other: Iterable[Sequence[Any]]) -> int:
    """How many rows two bags have in common."""
    return (Counter(map(comparable, one)) & Counter(map(comparable, other))).total()


def comparable(value: Any) -> Any:
    """A value that equals others exactly when the two are the same in a table; hashable."""
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, int | float | Decimal):
        return _number(value)
    if isinstance(value, Mapping):
        return ("struct", tuple(sorted((str(name), comparable(item)) for name, item in value.items())))
    if isinstance(value, list | tuple):
        return ("row", tuple(comparable(item) for item in value))
    return (type(value).__name__, str(value))


def _number(value: float | Decimal) -> tuple[str, Any]:
    if isinstance(value, int) and abs(value) > _EXACT:
        return ("number", value)
    number = float(value)
    return ("number", "nan" if math.isnan(number) else number)


def _place(value: Any) -> Any:
    """Where a value stands in a sorted bag: floats that are near each other stand alike."""
    kind, held = value
    if kind == "number" and isinstance(held, int | float):
        return (kind, f"{held:+.8e}")
    return (kind, tuple(map(_place, held))) if kind == "row" else (kind, str(held))


def _near(one: Any, other: Any) -> bool:
    if one == other:
        return True
    if one[0] != other[0]:
        return False
    if one[0] == "number" and not isinstance(one[1], str) and not isinstance(other[1], str):
        return math.isclose(one[1], other[1], rel_tol=_NEAR, abs_tol=0.0)
    return one[0] == "row" and len(one[1]) == len(other[1]) and all(map(_near, one[1], other[1]))
