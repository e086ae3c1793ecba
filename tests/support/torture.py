"""How hard the torture tests go: a few rounds in the suite, all of them with `make torture`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from tracekit.config import environment

T = TypeVar("T")

LONG = bool(environment("TRACEKIT_TORTURE"))


def some(items: Sequence[T], step: int) -> Sequence[T]:
    """Each of so many items, from the first on, or all of them with `make torture`."""
    return items if LONG else items[::step]


def rounds(few: int, *, all_of_them: int) -> int:
    """How many rounds of something are run now."""
    return all_of_them if LONG else few
