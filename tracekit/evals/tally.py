"""What a run has spent so far: the program's calls and the judge's apart, and how much of it is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tracekit.evals.score import Score
from tracekit.evals.spans import Spent


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Money spent, in USD.

    Attributes:
        app_known_usd: what those calls of the program cost whose price is known.
        app_unpriced: calls of the program whose price is not known.
        app_calls: calls of the program that were seen: with none, nothing is known of its cost.
        judge_known_usd: the same of the judge.
        judge_unpriced: scores for which the judge was asked at an unknown price.
        judge_calls: calls of the judge, answers from the cache not counted.
    """

    app_known_usd: float = 0.0
    app_unpriced: int = 0
    app_calls: int = 0
    judge_known_usd: float = 0.0
    judge_unpriced: int = 0
    judge_calls: int = 0

    @classmethod
    def of(cls, scores: Iterable[Score], *, app: Spent) -> Tally:
        """What one answer and its scores cost."""
        judge_usd, unpriced, calls = 0.0, 0, 0
        for one in scores:
            calls += one.judge_calls
            judge_usd += one.cost_usd or 0.0
            unpriced += one.cost_usd is None
        return cls(
            app_known_usd=app.known_usd,
            app_unpriced=app.unpriced,
            app_calls=app.calls,
            judge_known_usd=judge_usd,
            judge_unpriced=unpriced,
            judge_calls=calls,
        )

    def __add__(self, other: Tally) -> Tally:
        return Tally(**{name: getattr(self, name) + getattr(other, name) for name in self.__slots__})

    @property
    def known_usd(self) -> float:
        """All that is known to be spent: what a budget is held against."""
        return self.app_known_usd + self.judge_known_usd

    @property
    def unpriced(self) -> int:
        """What was paid at an unknown price: calls of the program, and scores of the judge."""
        return self.app_unpriced + self.judge_unpriced

    @property
    def app_usd(self) -> float | None:
        """What the program's calls cost; None where no call was seen, or the price of one is unknown."""
        return self.app_known_usd if self.app_calls and not self.app_unpriced else None

    @property
    def judge_usd(self) -> float | None:
        """What the judge cost; None where a price is unknown."""
        return None if self.judge_unpriced else self.judge_known_usd
