"""Metrics and programs for tests of the runner."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracekit.evals.metric import Metric
from tracekit.evals.row import Row

Answer = Callable[[Row], Any]


def metric(function: Answer, *, name: str | None = None, inputs: tuple[str, ...] = ("output",), **known: Any) -> Metric:
    """A metric that the registry does not know: tests must not leave any there."""
    return Metric(
        name=name or function.__name__, function=function, summary="", inputs=inputs, source="a test", **known
    )


def same(row: Row) -> bool:
    return row.output == row.expected


SAME = metric(same, inputs=("output", "expected"), binary=True)
LENGTH = metric(lambda row: len(row.output), name="length", high=None)


def rows(count: int) -> list[dict[str, Any]]:
    return [{"id": f"q{number}", "question": f"why {number}?", "expected": f"WHY {number}?"} for number in range(count)]
