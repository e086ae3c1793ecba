"""What a metric says of one row. A value is there exactly when the status is ok: unknown is null, never 0."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

GREATEST = 1e100
"""A number beyond it is no score: its square, summed over rows, is beyond what floating point holds."""


class Status(StrEnum):
    """How the scoring of a row ended. Everything but `ok` leaves the value null and counts against coverage."""

    OK = "ok"
    MISSING = "missing"  # the row lacks a field that the metric needs
    INVALID = "invalid"  # a field of the row is not what the metric can read
    SKIPPED = "skipped"  # the metric does not apply to this row
    APP_ERROR = "app_error"  # the evaluated function raised
    ERROR = "error"  # the metric itself raised
    PARSE_ERROR = "parse_error"  # a judge's reply cannot be read
    OUT_OF_RANGE = "out_of_range"  # a judge's score, or a metric's, is beyond its scale
    REFUSED = "refused"  # a judge declined
    PROVIDER_ERROR = "provider_error"  # a judge's provider answered with an error
    TIMEOUT = "timeout"  # the metric, or the judge, took longer than it may
    INCONCLUSIVE = "inconclusive"  # a panel of judges has no strict majority
    BUDGET = "budget"  # not asked: the budget was spent


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One metric's result on one row.

    Attributes:
        value: a finite number in the metric's range; None unless the status is ok.
        label: the class, where the metric names one.
        passed: whether the row holds what is asked; None where nothing is asked.
        status: how the scoring ended.
        rationale: why, in words: a judge's, or the error.
        details: the numbers behind the value, by name.
        judge_calls: how many times a judge was asked, replies from the cache not counted.
        cost_usd: what those calls cost; None where a price is unknown.
        mode: how the value was come by, where a metric has several ways; scores of two modes are not compared.

    Raises:
        ValueError: a value without the status ok, a status ok without a value, NaN or infinity.
    """

    value: float | None = None
    label: str | None = None
    passed: bool | None = None
    status: Status = Status.OK
    rationale: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    judge_calls: int = 0
    cost_usd: float | None = 0.0
    mode: str | None = None

    def __post_init__(self) -> None:
        if (self.value is not None) != (self.status is Status.OK):
            raise ValueError(
                f"a score of status {self.status} has the value {self.value}; only ok has one, and always."
            )
        if self.value is not None and not math.isfinite(self.value):
            raise ValueError(
                f"a score's value is {self.value}; it is a finite number, or its status says why there is none."
            )
        if self.status is not Status.OK and self.passed is not None:
            raise ValueError(
                f"a score of status {self.status} says passed={self.passed}; without a value nothing passes or fails."
            )


def failed(status: Status, why: str, **details: Any) -> Score:
    """A score without a value, and why there is none."""
    return Score(status=status, rationale=why, details=details)
