"""Which records of a process are missing: each has a number, and threads may write a little out of order. Pure."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

Range = tuple[int, int]
"""First and last missing number."""


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
