"""Two runs row by row: what each row scored in both, and where it became worse. Pure; needs none of the statistics.

A row whose input changed is shown, and not compared.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from tracekit.evals.results import MetricInfo, Result, Run
from tracekit.evals.score import Status


class Kind(StrEnum):
    """Where a row is."""

    BOTH = "both"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"  # in both, and something else went in
    ALONE = "alone"  # there is nothing to compare with


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One metric of one row: means over the trials; `loss` is above 0 where it became worse, below where better.

    `loss` is in the metric's unit; of a ratio metric it is the logarithm of the ratio. `statuses` are those of the
    candidate's trials that have no score. `flaky`: its trials disagree.
    """

    base: float | None = None
    now: float | None = None
    loss: float | None = None
    statuses: tuple[Status, ...] = ()
    flaky: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A row in two runs.

    Attributes:
        id: the row's.
        kind: where it is.
        cells: by metric label.
        base, now: its results, a trial each.
        severity: the greatest loss in units of the metric's range; 0.0 where none became worse.
    """

    id: str
    kind: Kind
    cells: Mapping[str, Cell]
    base: tuple[Result, ...] = ()
    now: tuple[Result, ...] = ()
    severity: float = 0.0

    @property
    def worse(self) -> tuple[str, ...]:
        """Labels of the metrics that became worse."""
        return tuple(label for label, cell in self.cells.items() if cell.loss is not None and cell.loss > 0)

    @property
    def better(self) -> tuple[str, ...]:
        """Labels of the metrics that became better."""
        return tuple(label for label, cell in self.cells.items() if cell.loss is not None and cell.loss < 0)

    @property
    def troubled(self) -> bool:
        """Whether the program raised, or a score is missing that was asked for."""
        return any(result.error is not None for result in self.now) or any(
            status is not Status.SKIPPED for cell in self.cells.values() for status in cell.statuses
        )

    @property
    def flaky(self) -> bool:
        """Whether trials of it disagree."""
        return any(cell.flaky for cell in self.cells.values())


@dataclass(slots=True)
class _Both:
    base: list[Result] = field(default_factory=list[Result])
    now: list[Result] = field(default_factory=list[Result])


def pairs(run: Run, base: Run | None = None) -> list[Pair]:
    """The rows of a run beside those of another, in the order of the run; those that it lacks stand last."""
    rows: dict[str, _Both] = {}
    for result in run.results:
        rows.setdefault(result.id, _Both()).now.append(result)
    for result in base.results if base else ():
        rows.setdefault(result.id, _Both()).base.append(result)
    metrics = run.metrics or (base.metrics if base else {})
    return [_pair(identity, both, metrics, alone=base is None) for identity, both in rows.items()]


def _pair(identity: str, both: _Both, metrics: Mapping[str, MetricInfo], *, alone: bool) -> Pair:
    kind = Kind.ALONE if alone else _kind(both)
    cells = {label: _cell(both, label, info, compared=kind is Kind.BOTH) for label, info in metrics.items()}
    severities = (severity(cell, metrics[label]) for label, cell in cells.items())
    return Pair(
        id=identity,
        kind=kind,
        cells=cells,
        base=tuple(both.base),
        now=tuple(both.now),
        severity=max((0.0, *severities)),
    )


def _kind(both: _Both) -> Kind:
    if not both.base:
        return Kind.ADDED
    if not both.now:
        return Kind.REMOVED
    was, became = both.base[0].hash, both.now[0].hash
    return Kind.CHANGED if was is not None and became is not None and was != became else Kind.BOTH


def _cell(both: _Both, label: str, info: MetricInfo, *, compared: bool) -> Cell:
    values = _values(both.now, label)
    base, now = _mean(_values(both.base, label)), _mean(values)
    missing = (result.scores[label].status if label in result.scores else Status.MISSING for result in both.now)
    return Cell(
        base=base,
        now=now,
        loss=loss(base, now, info) if compared else None,
        statuses=tuple(status for status in missing if status is not Status.OK),
        flaky=len(set(values)) > 1 and info.binary,
    )


def _values(results: Sequence[Result], label: str) -> list[float]:
    scores = (result.scores[label] for result in results if label in result.scores)
    return [score.value for score in scores if score.value is not None]


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def loss(base: float | None, now: float | None, info: MetricInfo) -> float | None:
    """By how much a value became worse; None where one of the two is unknown."""
    if base is None or now is None:
        return None
    sign = -1.0 if info.better == "higher" else 1.0
    if info.ratio and base > 0 and now > 0:
        return sign * math.log(now / base)
    return sign * (now - base)


def severity(cell: Cell, info: MetricInfo) -> float:
    """A loss in units of the metric's range, so that losses of different metrics can be put in one order."""
    if cell.loss is None or cell.loss <= 0:
        return 0.0
    if info.ratio:
        return cell.loss
    if info.low is not None and info.high is not None and info.high > info.low:
        return cell.loss / (info.high - info.low)
    return cell.loss / max(abs(cell.base or 0.0), cell.loss)
