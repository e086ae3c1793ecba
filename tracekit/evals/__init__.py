"""Evaluation: metrics, judges, datasets, suites and the gate. Importing it loads nothing; names come when used."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tracekit.evals.asking import ask
    from tracekit.evals.compare import compare
    from tracekit.evals.dataset import Dataset
    from tracekit.evals.evaluate import evaluate
    from tracekit.evals.metric import Metric, metric
    from tracekit.evals.results import Result, Run
    from tracekit.evals.row import Row, ToolCall
    from tracekit.evals.score import Score, Status
    from tracekit.evals.suite import Suite, suite

_HOMES = {
    "Dataset": "tracekit.evals.dataset",
    "Metric": "tracekit.evals.metric",
    "Result": "tracekit.evals.results",
    "Row": "tracekit.evals.row",
    "Run": "tracekit.evals.results",
    "Score": "tracekit.evals.score",
    "Status": "tracekit.evals.score",
    "Suite": "tracekit.evals.suite",
    "ToolCall": "tracekit.evals.row",
    "ask": "tracekit.evals.asking",
    "compare": "tracekit.evals.compare",
    "evaluate": "tracekit.evals.evaluate",
    "metric": "tracekit.evals.metric",
    "suite": "tracekit.evals.suite",
}

__all__ = [
    "Dataset", "Metric", "Result", "Row", "Run", "Score", "Status", "Suite", "ToolCall", "ask", "compare", "evaluate",
    "metric", "suite",
]  # fmt: skip


class _Package(ModuleType):
    """This package, whose public names stand for functions also where a module of the same name is imported.

    Importing a module makes it an attribute of its package, and `suite` is the name of both.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'tracekit.evals' has no attribute {name!r}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
