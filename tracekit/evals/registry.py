"""The metrics that there are, by name: those of the package, loaded when the first is asked for, and the user's."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from tracekit.errors import UsageError

if TYPE_CHECKING:
    from tracekit.evals.metric import Metric

_PACKAGE = "tracekit.evals.metrics"
_metrics: dict[str, Metric] = {}


def register(made: Metric) -> Metric:
    """Add a metric.

    Raises:
        UsageError: another module has one of this name.
    """
    held = _metrics.get(made.name)
    if held is not None and held.function.__module__ != made.function.__module__:
        raise UsageError(
            f"metric {made.name!r} of {made.function.__module__}: {held.function.__module__} has one of this name."
        )
    _metrics[made.name] = made
    return made


def every() -> Mapping[str, Metric]:
    """All metrics by name, in alphabetical order."""
    package = importlib.import_module(_PACKAGE)
    for module in pkgutil.iter_modules(package.__path__, f"{_PACKAGE}."):
        importlib.import_module(module.name)
    return MappingProxyType(dict(sorted(_metrics.items())))


def find(name: str) -> Metric:
    """The metric of a name.

    Raises:
        UsageError: there is none; says which are near.
    """
    if name in _metrics:
        return _metrics[name]
    metrics = every()
    if name in metrics:
        return metrics[name]
    near = difflib.get_close_matches(name, metrics, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else "`tracekit eval metrics` lists them."
    raise UsageError(f"there is no metric {name!r}; {hint}")
