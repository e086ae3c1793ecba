"""What a run says in a few numbers: means, coverage, statuses and cost. Pure; needs none of the statistics.

Owns the numbers that a list of runs shows, and their form in the first line of an archived run.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from tracekit.evals.comparison import Comparison
from tracekit.evals.results import Run
from tracekit.evals.score import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSummary:
    """One metric in one run.

    Attributes:
        mean: over the rows that have a score, trials averaged first; None where no row has one.
        n: rows that have a score.
        coverage: share of all results (rows times trials) that have a score, 0 to 1.
        statuses: how often each other status than ok came.
        verdict: against the baseline of the day; None where there was none.
    """

    mean: float | None
    n: int
    coverage: float
    statuses: Mapping[str, int] = field(default_factory=dict)
    verdict: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A run in a few numbers.

    Attributes:
        rows: how many rows have at least one result.
        results: how many results there are, over all trials.
        errors: results for which the program raised.
        metrics: by label.
        verdict: of the whole, against the baseline of the day or the floors; None where nothing was held against it.
        exit: the exit code that went with it.
        coverage: the least over the gated metrics; 1.0 where there is none.
    """

    rows: int
    results: int
    errors: int
    metrics: Mapping[str, MetricSummary]
    verdict: str | None = None
    exit: int | None = None
    coverage: float = 1.0


def summary(run: Run, comparison: Comparison | None = None) -> Summary:
    """Sum a run up; the verdicts are those of the comparison, where there is one."""
    expected = max(run.rows * run.trials, len(run.results)) if run.shard is None else len(run.results)
    metrics = {label: _metric(run, label, expected, comparison) for label in run.metrics}
    gated = [metrics[label].coverage for label, info in run.metrics.items() if info.gated]
    return Summary(
        rows=len({result.id for result in run.results}),
        results=len(run.results),
        errors=sum(1 for result in run.results if result.error is not None),
        metrics=metrics,
        verdict=None if comparison is None else str(comparison.verdict),
        exit=None if comparison is None else comparison.exit,
        coverage=min(gated, default=1.0),
    )


def _metric(run: Run, label: str, expected: int, comparison: Comparison | None) -> MetricSummary:
    means = row_means(run, label)
    statuses = Counter(
        str(score.status)
        for result in run.results
        if (score := result.scores.get(label)) is not None and score.status is not Status.OK
    )
    unscored = sum(1 for result in run.results if label not in result.scores)
    if unscored:
        statuses[str(Status.MISSING)] += unscored
    scored = len(run.results) - statuses.total()
    compared = None if comparison is None else comparison.metrics.get(label)
    return MetricSummary(
        mean=math.fsum(means.values()) / len(means) if means else None,
        n=len(means),
        coverage=scored / expected if expected else 1.0,
        statuses=dict(sorted(statuses.items())),
        verdict=None if compared is None else str(compared.verdict),
    )


def row_means(run: Run, label: str) -> dict[str, float]:
    """The mean over the trials of each row that has a score, by id."""
    values: defaultdict[str, list[float]] = defaultdict(list)
    for result in run.results:
        score = result.scores.get(label)
        if score is not None and score.value is not None:
            values[result.id].append(score.value)
    return {identity: math.fsum(found) / len(found) for identity, found in values.items()}


def to_json(found: Summary) -> dict[str, Any]:
    """A summary as JSON can hold it; `from_json` reads it back."""
    return asdict(found)


def from_json(data: Mapping[str, Any]) -> Summary | None:
    """The summary of decoded JSON; None where it is not one of this version's."""
    try:
        metrics = {str(label): MetricSummary(**metric) for label, metric in data["metrics"].items()}
        plain: dict[str, Any] = {name: value for name, value in data.items() if name != "metrics"}
        found = Summary(**plain, metrics=metrics)
        # Whoever wrote the file, a reader may count on numbers where numbers are said.
        numbers = [found.rows, found.results, found.errors, found.coverage, found.exit or 0]
        for metric in metrics.values():
            numbers += [metric.mean or 0.0, metric.n, metric.coverage, *metric.statuses.values()]
        texts: list[Any] = [found.verdict or "", *(metric.verdict or "" for metric in metrics.values())]
        sound = all(math.isfinite(number) for number in numbers) and all(isinstance(text, str) for text in texts)
    except (TypeError, KeyError, AttributeError):
        return None
    return found if sound else None
