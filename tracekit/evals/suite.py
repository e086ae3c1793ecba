"""`@suite`: a dataset, a function that answers its rows, and the metrics that the answers are scored with."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tracekit.errors import UsageError
from tracekit.evals.asking import Askable, Asked, asked
from tracekit.evals.dataset import Dataset, Source, existing
from tracekit.evals.results import MetricInfo
from tracekit.evals.row import Row

CONCURRENCY = 8
TIMEOUT = 300.0
TRIALS_MOST = 1000

Margin = float | Mapping[str, float]
"""One number for all metrics, or one for each by label."""
Cluster = str | Callable[[Row], Any]
"""A column, or a function of the row: rows for which it gives the same are not independent of each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A suite, ready to run.

    Attributes:
        name: names its baseline and its results.
        function: what answers a row; None where the rows hold their answers.
        dataset: the rows.
        asked: the metrics.
        trials: how often each row is answered.
        judge: what judges: see `tracekit.evals.judges`; None for the one that is configured.
        cluster: see `Cluster`.
        concurrency: rows answered and scored at a time.
        timeout: seconds that the function may take for a row, and each judgement after it.
        gate: options of `compare`, by name, that the suite sets.
        max_cost: USD that a run may spend, the program's calls and the judge's together; None: no bound.
        tags: put on the traces.
        path: the file that it stands in.
        judge_labels: human labels beside a judge's answers: what the judge is worth.
        min_kappa: the agreement with them below which what is judged does not gate.
    """

    name: str
    function: Callable[..., Any] | None
    dataset: Dataset
    asked: tuple[Asked, ...]
    trials: int = 1
    judge: Any = None
    cluster: Cluster | None = None
    concurrency: int = CONCURRENCY
    timeout: float = TIMEOUT
    gate: Mapping[str, Any] = field(default_factory=dict)
    max_cost: float | None = None
    tags: tuple[str, ...] = ()
    path: Path | None = None
    judge_labels: Path | None = None
    min_kappa: float | None = None

    def __post_init__(self) -> None:
        _whole("trials", self.trials, TRIALS_MOST)
        _whole("concurrency", self.concurrency, 10_000)
        for name, value in (("timeout", self.timeout), ("max_cost", self.max_cost)):
            given: Any = value
            if given is not None and not (isinstance(given, int | float) and given > 0):
                raise UsageError(f"suite {self.name!r}: {name} is {value!r}; it is a number above 0.")
        if (self.judge_labels is None) != (self.min_kappa is None):
            raise UsageError(f"suite {self.name!r}: judge_labels and min_kappa go together; one of them is missing.")
        least: Any = self.min_kappa
        if least is not None and not (isinstance(least, int | float) and -1 <= least <= 1):
            raise UsageError(f"suite {self.name!r}: min_kappa is {least!r}; it is a number from -1 to 1.")

    @property
    def infos(self) -> dict[str, MetricInfo]:
        """What a comparison must know of each metric, by label.

        A time that bounds alone decide on is not compared, unless the suite names a margin of it.
        """
        margins = (self.gate.get("tolerance"), self.gate.get("min_effect"))
        named = {label for margin in margins if isinstance(margin, Mapping) for label in margin}
        return {
            one.label: replace(one.info, compared=not one.is_bound_only or one.label in named) for one in self.asked
        }

    def __call__(self, row: Any) -> Any:
        """What the function answers to a row: the suite is still the function that it was made of."""
        if self.function is None:
            raise UsageError(f"suite {self.name!r} has no function: its rows hold their answers.")
        return self.function(row)


def suite(
    dataset: Source | Dataset,
    *,
    metrics: Askable | Iterable[Askable],
    trials: int = 1,
    judge: Any = None,
    cluster: Cluster | None = None,
    concurrency: int = CONCURRENCY,
    timeout: float = TIMEOUT,
    max_cost: float | None = None,
    tolerance: Margin | None = None,
    min_effect: Margin | None = None,
    min_coverage: float | None = None,
    alpha: float | None = None,
    slices: str | Sequence[str] = (),
    judge_labels: str | Path | None = None,
    min_kappa: float | None = None,
    tags: Sequence[str] = (),
    name: str | None = None,
) -> Callable[[Callable[..., Any]], Suite]:
    """Make a suite of a function that answers a row.

    The function gets the row, reached by `row["column"]`, and returns the answer: text, any JSON, a dictionary of row
    fields (`{"output": ..., "contexts": [...]}`), or a `Row`. It may be a coroutine function. What it does not return,
    contexts and tool calls for instance, is read from the trace of its calls.

    Args:
        dataset: a file beside the suite's, or rows; see `Dataset`.
        metrics: lines such as `"faithfulness"`, `"latency.p95 < 3s"`, `"!conciseness"` (told, gates nothing), metrics,
            or functions of a row.
        trials: how often each row is answered: more of them see smaller losses.
        judge: the judge of metrics that need one; by default the one that is configured.
        cluster: a column, or a function of the row, that names what rows have in common.
        concurrency: rows at a time.
        timeout: seconds that a row may take.
        max_cost: USD that a run may spend; when they are spent it stops with exit code 4.
        tolerance: the loss that does not matter, for all metrics or by label: OK is said where more is ruled out.
        min_effect: the loss below which a significant one is not called a regression, for all or by label.
        min_coverage: the share of rows that must have a score.
        alpha: the chance of a false alarm, over all gated metrics.
        slices: parts of the rows that reports tell apart, `cluster` or a name in the metadata; they decide nothing.
        judge_labels: a file of human labels beside the judge's answers, as `tracekit eval judge` reads it.
        min_kappa: the agreement with these labels below which what is judged is told, and does not gate.
        tags: put on the traces.
        name: by default the function's.

    Raises:
        UsageError: the dataset is not there, a metric is unknown, a number is out of range.

    Example:
        >>> @suite([{"input": "Why?", "expected": "Because."}], metrics=["exact_match"])
        ... def explain(row):
        ...     return "Because."
        >>> explain.name
        'explain'
    """
    gate = {"tolerance": tolerance, "min_effect": min_effect, "min_coverage": min_coverage, "alpha": alpha}
    gate |= {"slices": ((slices,) if isinstance(slices, str) else tuple(slices)) or None}

    def decorate(function: Callable[..., Any]) -> Suite:
        path = Path(inspect.getsourcefile(function) or "suite").resolve()
        return Suite(
            name=name or function.__name__,
            function=function,
            dataset=dataset if isinstance(dataset, Dataset) else Dataset(dataset, folder=path.parent),
            asked=asked(metrics),
            trials=trials,
            judge=judge,
            cluster=cluster,
            concurrency=concurrency,
            timeout=timeout,
            gate={key: value for key, value in gate.items() if value is not None},
            max_cost=max_cost,
            tags=tuple(tags),
            path=path,
            judge_labels=None if judge_labels is None else existing(Path(judge_labels).expanduser(), path.parent),
            min_kappa=min_kappa,
        )

    return decorate


def _whole(name: str, value: Any, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise UsageError(f"{name} is {value!r}; it is a whole number from 1 to {most}.")
