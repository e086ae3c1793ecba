"""How a comparison decides: the margins, the level, what gates. Checked when it is made."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tracekit.errors import UsageError
from tracekit.evals.known import Overrides
from tracekit.evals.measure import IntervalKind, TestKind

Margin = float | Mapping[str, float]
"""One number for all metrics, or one for each by label, 0 for those without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How a comparison decides. See `compare`."""

    alpha: float = 0.05
    min_coverage: float = 0.95
    tolerance: Margin = 0.0
    min_effect: Margin = 0.0
    strict: bool = False
    test: TestKind = "exact"
    interval: IntervalKind = "t"
    overrides: Overrides = field(default_factory=Overrides)
    floors: tuple[str, ...] = ()
    slices: tuple[str, ...] = ()
    subset: bool = False

    def margins(self, label: str, *, lower: bool, ratio: bool) -> tuple[float, float]:
        """The tolerance and the least effect of a metric, as losses; of a ratio metric as logarithms.

        Raises:
            UsageError: a ratio metric that is better higher cannot lose 100 % or more.
        """
        tolerance, min_effect = of(self.tolerance, label), of(self.min_effect, label)
        if not ratio:
            return tolerance, min_effect
        if lower:
            return math.log1p(tolerance), math.log1p(min_effect)
        if max(tolerance, min_effect) >= 1:
            raise UsageError(f"the margin of {label} is {max(tolerance, min_effect):g}; of a ratio it is below 1.")
        return -math.log1p(-tolerance), -math.log1p(-min_effect)

    def require_known(self, there: Iterable[str]) -> None:
        """Raise where a margin is of a metric that is not there.

        Raises:
            UsageError: says which there are.
        """
        known = set(there)
        for margin in (self.tolerance, self.min_effect):
            for label in margin if isinstance(margin, Mapping) else ():
                if label not in known:
                    raise UsageError(f"a margin is of {label!r}; the results have {', '.join(sorted(known))}.")

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1:
            raise UsageError(f"alpha is {self.alpha:g}; it is the chance of a false alarm, between 0 and 1.")
        if not 0 <= self.min_coverage <= 1:
            raise UsageError(f"min_coverage is {self.min_coverage:g}; it is a share, 0 to 1.")
        for name in ("tolerance", "min_effect"):
            margin: Margin = getattr(self, name)
            for value in margin.values() if isinstance(margin, Mapping) else (margin,):
                if not (0 <= value < math.inf):
                    raise UsageError(f"{name} is {value:g}; it is how much worse is let pass, 0 or more.")


def of(margin: Margin, label: str) -> float:
    """The margin of one metric."""
    return margin.get(label, 0.0) if isinstance(margin, Mapping) else margin
