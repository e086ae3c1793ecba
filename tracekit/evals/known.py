"""What is known of the metrics of two runs: from the runs, else from the registry, else that higher is better."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from tracekit.errors import UsageError
from tracekit.evals import registry
from tracekit.evals.drift import differs
from tracekit.evals.pairing import labels
from tracekit.evals.results import MetricInfo, Run
from tracekit.evals.spec import parse


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """What the caller knows better, by label.

    Attributes:
        lower, higher: which way is better.
        binary: scores are verdicts; any other value is an error.
        ratio: differences are ratios.
        gate: these alone decide; None where each metric says it itself.
    """

    lower: frozenset[str] = frozenset()
    higher: frozenset[str] = frozenset()
    binary: frozenset[str] = frozenset()
    ratio: frozenset[str] = frozenset()
    gate: frozenset[str] | None = None

    @property
    def named(self) -> frozenset[str]:
        """Every label that is named in it."""
        return self.lower | self.higher | self.binary | self.ratio | (self.gate or frozenset())


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A metric of the two runs.

    Attributes:
        info: how to read it.
        new: the base has no score of it.
        gone: the candidate says what it measures, and this is not among it.
        differs: why it is not the same metric in both; None where it is.
    """

    info: MetricInfo
    new: bool = False
    gone: bool = False
    differs: str | None = None


def know(base: Run, cand: Run, overrides: Overrides) -> dict[str, Known]:
    """Every metric of either run, in the order of the candidate.

    Raises:
        UsageError: an override names a metric that neither has, or one both ways.
    """
    before, now = dict.fromkeys(labels(base)), dict.fromkeys(labels(cand))
    found: dict[str, Known] = {}
    for label in (*now, *(label for label in before if label not in now)):
        gone = label not in now and bool(cand.metrics)
        info = cand.metrics.get(label) or base.metrics.get(label) or of_registry(label)
        info = _overridden(info, label, overrides)
        told = label in base.metrics and label in cand.metrics
        found[label] = Known(
            info=replace(info, gated=False) if gone else info,
            new=label not in before,
            gone=gone,
            differs=differs(base.metrics[label], cand.metrics[label]) if told else None,
        )
    _check(overrides, found)
    return found


def of_registry(label: str) -> MetricInfo:
    """What the registry knows of a metric of this label; that higher is better, where it knows none."""
    try:
        name = parse(label).name
    except UsageError:  # a label of another tool's need not be a line of ours
        return MetricInfo(name=label)
    metric = registry.every().get(name)
    return MetricInfo(name=label) if metric is None else MetricInfo.of(metric)


def _overridden(info: MetricInfo, label: str, overrides: Overrides) -> MetricInfo:
    better = "lower" if label in overrides.lower else "higher" if label in overrides.higher else info.better
    return replace(
        info,
        better=better,
        binary=info.binary or label in overrides.binary,
        ratio=info.ratio or label in overrides.ratio,
        gated=info.gated if overrides.gate is None else label in overrides.gate,
    )


def _check(overrides: Overrides, there: Iterable[str]) -> None:
    known = set(there)
    for label in sorted(overrides.named - known):
        raise UsageError(
            f"there is no metric {label!r} in the results; they have {', '.join(sorted(known)) or 'none'}."
        )
    for label in sorted(overrides.lower & overrides.higher):
        raise UsageError(f"metric {label!r} cannot be better both lower and higher; name it once.")
