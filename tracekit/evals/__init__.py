"""Evaluation: metrics, judges, datasets, suites and the gate. Importing it loads nothing; names come when used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tracekit.evals.metric import Metric, metric
    from tracekit.evals.row import Row, ToolCall
    from tracekit.evals.score import Score, Status

_HOMES = {
    "Metric": "tracekit.evals.metric",
    "Row": "tracekit.evals.row",
    "Score": "tracekit.evals.score",
    "Status": "tracekit.evals.score",
    "ToolCall": "tracekit.evals.row",
    "metric": "tracekit.evals.metric",
}

__all__ = ["Metric", "Row", "Score", "Status", "ToolCall", "metric"]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'tracekit.evals' has no attribute {name!r}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
