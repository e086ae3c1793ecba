"""Absolute bounds: what of a run is held against `faithfulness >= 0.8` or `latency.p95 < 3s`, and whether it holds.

The mean and the sum are over rows, trials averaged first, so that they do not grow with the trials. Percentiles, the
least and the greatest are over every answer: averaging first would hide the tail that they are asked for.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from tracekit.errors import UsageError
from tracekit.evals.comparison import Floor
from tracekit.evals.measure import grouped, is_binary, row_means
from tracekit.evals.pairing import Trials
from tracekit.evals.spec import Spec, parse
from tracekit.evals.stats import quantiles
from tracekit.evals.stats.intervals import Interval, Mean, clustered_mean_of, mean_of, wilson

Bounds = tuple[float | None, float | None]


def aggregate(rows: Mapping[str, Trials], name: str) -> float | None:
    """One number of the scores of all rows; None where there is none.

    Args:
        rows: the scores of each row, trial by trial.
        name: `mean`, `sum`, `min`, `max`, `median`, or a percentile, `p95`.
    """
    if not rows:
        return None
    if name in {"mean", "sum"}:
        total = math.fsum(row_means(tuple(rows.values())).tolist())
        return total / len(rows) if name == "mean" else total
    values = [value for trials in rows.values() for value in trials]
    return quantiles.percentile(values, _PERCENT[name] if name in _PERCENT else float(name[1:]))


def aggregate_interval(rows: Mapping[str, Trials], name: str, clusters: Mapping[str, str]) -> Bounds | None:
    """The 95 % interval of an aggregate; None of one that has none: a sum, the least, the greatest.

    Args:
        rows: the scores of each row.
        name: of the aggregate.
        clusters: of the rows, where they are in some.
    """
    if name == "mean":
        return mean_interval(rows, clusters)
    if not rows or name in {"sum", "min", "max"}:
        return None
    values = [value for trials in rows.values() for value in trials]
    return quantiles.percentile_interval(values, _PERCENT[name] if name in _PERCENT else float(name[1:]))


def mean_interval(rows: Mapping[str, Trials], clusters: Mapping[str, str]) -> Interval | None:
    """The 95 % interval of the mean over rows: over clusters, or Wilson's of verdicts, else Student's t."""
    if not rows:
        return None
    over_clusters = clustered(rows, clusters)
    if over_clusters is not None:
        return over_clusters.interval()
    trials = tuple(rows.values())
    if is_binary(trials):
        return wilson(sum(values[0] == 1 for values in trials), len(trials))
    return mean_of(row_means(trials)).interval()


def clustered(rows: Mapping[str, Trials], clusters: Mapping[str, str]) -> Mean | None:
    """The mean over rows with its clustered error; None where no two rows share a cluster."""
    named = grouped(list(rows), [clusters.get(row) for row in rows])
    return None if named is None else clustered_mean_of(row_means(tuple(rows.values())), named)


def bounds(lines: Iterable[str]) -> list[tuple[str, Spec]]:
    """The lines that set a bound, with what they say.

    Raises:
        UsageError: a line cannot be read.
    """
    read = [(line.strip(), parse(line)) for line in lines]
    return [(line, spec) for line, spec in read if spec.operator is not None]


def floors(
    rows: Mapping[str, Trials], asked: Sequence[tuple[str, Spec]], clusters: Mapping[str, str]
) -> tuple[Floor, ...]:
    """Each bound, and what is held against it; a bound on nothing neither holds nor fails."""
    made: list[Floor] = []
    for line, spec in asked:
        value = aggregate(rows, spec.aggregate)
        made.append(
            Floor(
                spec=line,
                value=value,
                holds=None if value is None else spec.holds(value),
                ci=aggregate_interval(rows, spec.aggregate, clusters),
            )
        )
    return tuple(made)


def by_label(lines: Iterable[str], known: Iterable[str]) -> dict[str, list[tuple[str, Spec]]]:
    """Bounds by the label of their metric.

    Raises:
        UsageError: a line sets no bound, or one on a metric that is not there.
    """
    there = set(known)
    found: dict[str, list[tuple[str, Spec]]] = {}
    for line in lines:
        spec = parse(line)
        if spec.operator is None:
            raise UsageError(f"{line!r} sets no bound; write it like: faithfulness >= 0.8.")
        if spec.label not in there:
            raise UsageError(
                f"{line!r}: the results have no metric {spec.label!r}; they have {', '.join(sorted(there))}."
            )
        found.setdefault(spec.label, []).append((line.strip(), spec))
    return found


_PERCENT = {"min": 0.0, "max": 100.0, "median": 50.0}
