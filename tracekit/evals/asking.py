"""What a suite asks for, resolved: each metric once, with its options, its floors, and whether it gates."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tracekit.errors import UsageError
from tracekit.evals import spec
from tracekit.evals.metric import SERVICES, Metric
from tracekit.evals.registry import find
from tracekit.evals.results import MetricInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A metric that rows are scored with.

    Attributes:
        metric: the metric.
        options: its options.
        specs: the lines that ask for it; those with a floor hold an aggregate against it.
        gated: whether it decides the exit code. What does not is measured and told.
        notes: sentences that every report shows beside it.
        label: the metric with its options: names its scores.
    """

    metric: Metric
    options: Mapping[str, Any] = field(default_factory=dict)
    specs: tuple[str, ...] = ()
    gated: bool = True
    notes: tuple[str, ...] = ()
    label: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", spec.Spec(name=self.metric.name, options=self.options).label)

    @property
    def is_bound_only(self) -> bool:
        """Whether it is a time that bounds alone decide on, because every line that asks for it sets one.

        Times of two runs say as much of the two machines, and of what else they had to do, as of the program.
        """
        timed = self.metric.kind == "spans" and self.metric.unit == "s"
        return timed and bool(self.specs) and all(spec.parse(line).operator is not None for line in self.specs)

    @property
    def info(self) -> MetricInfo:
        """What a comparison must know of it."""
        return MetricInfo.of(self.metric, gated=self.gated, specs=self.specs, notes=self.notes)


Askable = str | Metric | Asked | Callable[..., Any]
"""A line like `latency.p95 < 3s` (with a `!` before it, it does not gate), a metric, or a function of a row."""


def ask(metric: Askable, *, gate: bool = True, **options: Any) -> Asked:
    """One metric as a suite asks for it.

    Args:
        metric: a line, a metric, or a function of a row.
        gate: False has it measured and told without deciding anything.
        options: of the metric, beside those that the line names.

    Raises:
        UsageError: there is no such metric or option, or the line cannot be read.

    Example:
        >>> ask("exact_match", gate=False).gated
        False
    """
    if isinstance(metric, Asked):
        return replace(metric, options={**metric.options, **options}, gated=metric.gated and gate)
    line: tuple[str, ...] = ()
    if isinstance(metric, str):
        text = metric.strip()
        exploring, text = text.startswith("!"), text.removeprefix("!").strip()
        parsed = spec.parse(text)
        options = {**parsed.options, **options}
        line, gate, found = (text,), gate and not exploring, find(parsed.name)
    else:
        found = metric if isinstance(metric, Metric) else _function(metric)
    found.checked(options)
    return Asked(metric=found, options=options, specs=line, gated=gate)


def asked(metrics: Askable | Iterable[Askable]) -> tuple[Asked, ...]:
    """All that a suite asks for, each metric and its options once, in the order given.

    Raises:
        UsageError: see `ask`; none is asked for; two metrics have one name.
    """
    given: Iterable[Askable] = [metrics] if isinstance(metrics, str | Metric | Asked) or callable(metrics) else metrics
    found: dict[str, Asked] = {}
    for one in map(ask, given):
        held = found.get(one.label)
        if held is not None and held.metric is not one.metric:
            raise UsageError(f"two metrics are named {one.label!r}; give one of them another name.")
        found[one.label] = one if held is None else _both(held, one)
    if not found:
        raise UsageError("no metric is asked for; `tracekit eval metrics` lists them.")
    return tuple(found.values())


def _both(one: Asked, other: Asked) -> Asked:
    """A metric that two lines ask for; it gates if one of them does."""
    return replace(one, specs=tuple(dict.fromkeys(one.specs + other.specs)), gated=one.gated or other.gated)


def _function(given: Any) -> Metric:
    """A plain function as a metric: nothing is known of its range, and more is better."""
    if not callable(given):
        raise UsageError(f"metric {given!r:.80} is neither a line of text, nor a metric, nor a function of a row.")
    name = getattr(given, "__name__", type(given).__name__)
    parameters: Sequence[inspect.Parameter] = list(inspect.signature(given).parameters.values())[1:]
    return Metric(
        name="metric" if name == "<lambda>" else name,
        function=given,
        summary=(inspect.getdoc(given) or "").partition("\n\n")[0].replace("\n", " "),
        inputs=(),
        low=None,
        high=None,
        source="the suite",
        options={item.name: item.default for item in parameters if item.name not in SERVICES},
    )
