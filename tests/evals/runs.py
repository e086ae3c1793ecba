"""Runs of a few lines for tests of comparisons, and what is looked at of one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from tracekit.evals.comparison import Comparison, MetricComparison
from tracekit.evals.results import Run, loads


def run(lines: Iterable[Mapping[str, Any]], **head: Any) -> Run:
    read = loads("\n".join(json.dumps(row) for row in lines), where="test.jsonl", suite="test")
    return replace(read, **head)


def column(values: Iterable[Any], name: str = "m", **more: Any) -> list[dict[str, Any]]:
    return [{"id": f"q{place}", "scores": {name: value}, **more} for place, value in enumerate(values)]


def trials(rows: Iterable[Iterable[Any]], name: str = "m") -> list[dict[str, Any]]:
    return [
        {"id": f"q{place}", "trial": trial, "scores": {name: value}}
        for place, row in enumerate(rows)
        for trial, value in enumerate(row)
    ]


def changed(lost: int, won: int, n: int) -> tuple[list[bool], list[bool]]:
    """Verdicts of two runs of n rows, of which so many changed; the others pass."""
    base = [True] * lost + [False] * won + [True] * (n - lost - won)
    return base, [False] * lost + [True] * won + [True] * (n - lost - won)


def one(found: Comparison) -> MetricComparison:
    (metric,) = found.metrics.values()
    return metric
