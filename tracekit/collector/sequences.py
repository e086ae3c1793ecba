"""Which records of a process are missing: each has a number, and threads may write a little out of order. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field

Range = tuple[int, int]
"""First and last missing number."""

ENDLESS = 1 << 64
"""Beyond every number."""


def missing(parts: Iterable[Sequences]) -> list[Range]:
    """What is in none of the files of one process, below the last number that is in any of them.

    >>> missing([Sequences(following=5, missing=[(2, 3)]), Sequences(following=9, missing=[(0, 4), (6, 6)])])
    [(2, 3), (6, 6)]
    """
    left: list[Range] = [(0, ENDLESS)]
    for part in parts:
        left = _common(left, part.unseen())
    return left[:-1]


def _common(left: list[Range], right: list[Range]) -> list[Range]:
    """Where two lists of ranges, each in order, overlap."""
    found: list[Range] = []
    one = other = 0
    while one < len(left) and other < len(right):
        first, last = max(left[one][0], right[other][0]), min(left[one][1], right[other][1])
        if first <= last:
            found.append((first, last))
        if left[one][1] < right[other][1]:
            one += 1
        else:
            other += 1
    return found


@dataclass(slots=True)
class Sequences:
    """The numbers seen so far, kept as what is missing below the next one expected."""

    following: int = 0
    missing: list[Range] = field(default_factory=list[Range])

    def see(self, number: int) -> None:
        """Note that the record of this number came.

        >>> seen = Sequences()
        >>> for number in (0, 3, 1):
        ...     seen.see(number)
        >>> seen.missing
        [(2, 2)]
        """
        if number == self.following:
            self.following += 1
        elif number > self.following:
            self.missing.append((self.following, number - 1))
            self.following = number + 1
        else:
            self._fill(number)

    def unseen(self) -> list[Range]:
        """What is missing, and all that may still come."""
        return [*self.missing, (self.following, ENDLESS)]

    def _fill(self, number: int) -> None:
        index = bisect_right(self.missing, (number, self.following)) - 1
        if index < 0:
            return
        first, last = self.missing[index]
        if not first <= number <= last:
            return  # seen before
        self.missing[index : index + 1] = [
            part for part in ((first, number - 1), (number + 1, last)) if part[0] <= part[1]
        ]
