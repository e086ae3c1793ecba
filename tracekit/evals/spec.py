"""What a suite asks of a metric, as one line of text: `latency.p95 < 3s`, `ndcg(k=10)`, `faithfulness >= 0.8`.

    name [(option=value, ...)] [.aggregate] [operator number [unit]]

Without an aggregate it is the mean over rows. The comparison is an absolute floor (or ceiling) of the aggregate.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tracekit.errors import UsageError

AGGREGATES = ("mean", "min", "max", "sum", "median")
"""Beside these, p1 to p99 and p99.9: percentiles, linear between neighbours."""

_LINE = re.compile(
    r"\s*(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*(?:\((?P<options>.*)\))?\s*(?:\.\s*(?P<aggregate>[a-z]+[0-9.]*))?\s*"
    r"(?:(?P<operator><=|>=|<|>)\s*(?P<money>\$?)\s*(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(?P<unit>[A-Za-z%]*))?\s*",
    re.DOTALL,
)
_PERCENTILE = re.compile(r"p\d{1,2}(?:\.\d+)?")
_UNITS = {"": 1.0, "ms": 1e-3, "s": 1.0, "sec": 1.0, "m": 60.0, "min": 60.0, "%": 1e-2, "usd": 1.0, "k": 1e3}
_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """A metric as a suite asks for it.

    Attributes:
        name: the metric's.
        options: its options, as given.
        aggregate: how rows become one number.
        operator: of the floor; None where there is none.
        bound: the number that the aggregate is held against, in the metric's unit.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    aggregate: str = "mean"
    operator: str | None = None
    bound: float | None = None

    def holds(self, value: float) -> bool:
        """Whether an aggregate satisfies the floor; True where there is none."""
        return self.operator is None or self.bound is None or _OPERATORS[self.operator](value, self.bound)

    @property
    def label(self) -> str:
        """The metric with its options: names its scores in a result file."""
        options = ", ".join(f"{name}={value!r}" for name, value in sorted(self.options.items()))
        return f"{self.name}({options})" if options else self.name


def parse(text: str) -> Spec:
    """Read one line.

    Raises:
        UsageError: it does not have the form; says where it stops making sense.

    Example:
        >>> parse("latency.p95 < 300ms").bound
        0.3
    """
    found = _LINE.fullmatch(text)
    if found is None:
        raise UsageError(f"metric {text!r} cannot be read; write it like: faithfulness, ndcg(k=10), latency.p95 < 3s.")
    aggregate = found["aggregate"] or "mean"
    if aggregate not in AGGREGATES and not _PERCENTILE.fullmatch(aggregate):
        raise UsageError(f"metric {text!r}: there is no aggregate {aggregate!r}; use {', '.join(AGGREGATES)} or p95.")
    unit = found["unit"] or ""
    if unit.lower() not in _UNITS:
        raise UsageError(f"metric {text!r}: there is no unit {unit!r}; use ms, s, min, % or none.")
    bound = None if found["number"] is None else float(found["number"]) * _UNITS[unit.lower()]
    return Spec(
        name=found["name"],
        options=_options(text, found["options"] or ""),
        aggregate=aggregate,
        operator=found["operator"],
        bound=bound,
    )


def _options(text: str, inside: str) -> Mapping[str, Any]:
    try:
        call = ast.parse(f"dict({inside})", mode="eval").body
        if isinstance(call, ast.Call) and not call.args and all(item.arg for item in call.keywords):
            return {str(item.arg): ast.literal_eval(item.value) for item in call.keywords}
    except (ValueError, SyntaxError):
        pass  # said below, as for a call that is none
    raise UsageError(
        f"metric {text!r}: the options {inside!r} cannot be read; write them like (k=10, ignore_case=True)."
    )
