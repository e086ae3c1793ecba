"""What tracing adds to calls: the time in our own code, summed up, and whether it is more than was allowed.

Own time is that between a call's arrival at our wrapper and its departure to the client, that of each chunk, and that
of the end: records written to the journal are in it. Knows no span.
"""

from __future__ import annotations

import math
import threading
from typing import Any

_FINENESS = 8
"""Steps a doubling, by which a share of calls is told: within a tenth of the true value."""
_MEMORY = 16
"""Calls that the moving mean looks back on, about."""


class Cost:
    """The sums of one process.

    Args:
        budget: seconds of own time that a call may cost in the mean.
    """

    __slots__ = ("_by_step", "_lock", "_recent", "budget", "calls", "own", "shed", "total")

    def __init__(self, budget: float = math.inf) -> None:
        self.budget = budget
        self.calls = 0
        self.shed = 0
        self.own = 0.0
        self.total = 0.0
        self._recent = 0.0
        self._by_step: dict[int, int] = {}
        self._lock = threading.Lock()

    @property
    def over(self) -> bool:
        """Whether the last calls cost more than the budget in the mean (an exponential one, of weight 1/16)."""
        return self._recent > self.budget

    def add(self, own: float, total: float) -> None:
        """A call is over: its own time, and how long it took in all, both in seconds."""
        step = math.ceil(math.log2(own * 1e9) * _FINENESS) if own > 0 else 0
        with self._lock:
            self.calls += 1
            self.own += own
            self.total += total
            self._recent += (own - self._recent) / _MEMORY
            self._by_step[step] = self._by_step.get(step, 0) + 1

    def percentile(self, share: float) -> float | None:
        """The own time, in seconds, that this share of calls did not exceed, rounded up by at most 9 %."""
        with self._lock:
            left = math.ceil(self.calls * share)
            for step in sorted(self._by_step):
                left -= self._by_step[step]
                if left <= 0:
                    return 2 ** (step / _FINENESS) / 1e9
        return None

    def report(self) -> dict[str, Any]:
        """The sums as JSON: times in milliseconds, `share` of the calls' whole time. Unknown is None."""
        p99 = self.percentile(0.99)
        return {
            "calls": self.calls,
            "shed": self.shed,
            "total_ms": self.own * 1e3,
            "mean_ms": self.own * 1e3 / self.calls if self.calls else None,
            "p99_ms": None if p99 is None else p99 * 1e3,
            "share": self.own / self.total if self.total > 0 else None,
            "budget_ms": None if math.isinf(self.budget) else self.budget * 1e3,
        }
