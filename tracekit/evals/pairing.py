"""Which rows of two runs are the same row, and what a metric says of each of them in both.

Rows are paired by id. A row whose input changed, or that is in one run only, is told and not compared. A row that the
candidate lacks although the dataset has it is a missing score, not a smaller dataset: it counts against coverage.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tracekit.evals.results import Result, Run

Rows = Mapping[str, Sequence[Result]]
Trials = tuple[float, ...]
Cell = tuple[Trials, int]
Column = Mapping[str, Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """The rows of two runs.

    Attributes:
        base, cand: the results of each row, by id.
        common: rows of both, in the order of the candidate.
        missing: rows that should be in the candidate, and are not.
        added: rows of the candidate only.
        removed: rows of the base only, missing ones included.
        changed: rows whose input is not what it was.
        lost: rows of the dataset that are in neither file of the base, and of the candidate, because it was cut short.
        clusters: of the rows that are in one: the candidate's word, else the base's.
    """

    base: Rows
    cand: Rows
    base_trials: int
    cand_trials: int
    common: tuple[str, ...]
    missing: tuple[str, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    lost: tuple[int, int]
    clusters: Mapping[str, str]


def rows_of(run: Run) -> Rows:
    """The results of each row, in the order in which they came."""
    rows: dict[str, list[Result]] = {}
    for result in run.results:
        rows.setdefault(result.id, []).append(result)
    return rows


def clusters_of(rows: Rows) -> dict[str, str]:
    """The cluster of each row that is in one."""
    return {result.id: result.cluster for results in rows.values() for result in results if result.cluster is not None}


def pair(base: Run, cand: Run, *, subset: bool = False) -> Pairing:
    """Pair the rows of two runs.

    Args:
        base: the run that is compared with.
        cand: the run in question.
        subset: the candidate has only some of the rows on purpose; else those that it lacks count as missing, unless
            the hashes of the datasets say that the dataset was edited.
    """
    before, now = rows_of(base), rows_of(cand)
    edited = base.dataset is not None and cand.dataset is not None and base.dataset != cand.dataset
    both = [row for row in now if row in before]
    changed = tuple(row for row in both if _changed(before[row], now[row]))
    removed = tuple(row for row in before if row not in now)
    known = set(changed)
    return Pairing(
        base=before,
        cand=now,
        base_trials=base.trials,
        cand_trials=cand.trials,
        common=tuple(row for row in both if row not in known),
        missing=() if edited or subset else removed,
        added=tuple(row for row in now if row not in before),
        removed=removed,
        changed=changed,
        clusters={**clusters_of(before), **clusters_of(now)},
        lost=(max(0, base.rows - len(before)), 0 if subset else max(0, cand.rows - len(now))),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A row as it should be compared: the scores that it has in each run, and how many it lacks."""

    base: Trials
    cand: Trials
    base_lacks: int
    cand_lacks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One metric over two runs.

    Attributes:
        ids: rows with a score in both, and for each of them
        base, cand: its scores, trial by trial; logarithms for a ratio metric
        plain_base, plain_cand: the scores themselves
        clusters: and its cluster.
        coverage: the share of the scores of the pairs that is there in both.
        coverage_base, coverage_cand: the share of the scores of each run that is there.
        gaps: every row that should be compared, for the bounds of what is missing.
        not_positive: rows with a value that has no logarithm.
        whole_cand: the scores of every row of the candidate, compared or not.
    """

    ids: tuple[str, ...]
    base: tuple[Trials, ...]
    cand: tuple[Trials, ...]
    plain_base: tuple[Trials, ...]
    plain_cand: tuple[Trials, ...]
    clusters: tuple[str | None, ...]
    coverage: float
    coverage_base: float
    coverage_cand: float
    gaps: tuple[Gap, ...]
    not_positive: tuple[str, ...]
    whole_cand: Mapping[str, Trials]

    def only(self, rows: Callable[[str], bool]) -> Sample:
        """The part of it that is of some of the rows; shares and gaps stay those of the whole."""
        kept = [place for place, row in enumerate(self.ids) if rows(row)]
        return Sample(
            ids=tuple(self.ids[place] for place in kept),
            base=tuple(self.base[place] for place in kept),
            cand=tuple(self.cand[place] for place in kept),
            plain_base=tuple(self.plain_base[place] for place in kept),
            plain_cand=tuple(self.plain_cand[place] for place in kept),
            clusters=tuple(self.clusters[place] for place in kept),
            coverage=self.coverage,
            coverage_base=self.coverage_base,
            coverage_cand=self.coverage_cand,
            gaps=self.gaps,
            not_positive=self.not_positive,
            whole_cand={self.ids[place]: self.whole_cand[self.ids[place]] for place in kept},
        )


def sample(pairing: Pairing, label: str, *, logarithms: bool = False) -> Sample:
    """What a metric says of the rows of both runs.

    Args:
        pairing: of the runs.
        label: of the metric.
        logarithms: differences are to be read as ratios. A row that is 0 in every trial of both runs has not changed;
            any other value that is not above 0 has no logarithm, is named, and counts as missing.
    """
    columns = column(pairing.base, label, pairing.base_trials), column(pairing.cand, label, pairing.cand_trials)
    scored: list[tuple[str, Trials, Trials, Trials, Trials]] = []
    gaps: list[Gap] = []
    not_positive: list[str] = []
    shares = 0.0
    nothing: Cell = ((), 1)
    for row in (*pairing.common, *pairing.missing):
        (base, base_size), (cand, cand_size) = (one.get(row, nothing) for one in columns)
        plain = base, cand
        if logarithms:
            base, cand, whole = _logarithms(base, cand)
            if not whole:
                not_positive.append(row)
        shares += min(len(base) / base_size, len(cand) / cand_size)
        gaps.append(Gap(base=base, cand=cand, base_lacks=base_size - len(base), cand_lacks=cand_size - len(cand)))
        if base and cand:
            scored.append((row, base, cand, *plain))
    return Sample(
        ids=tuple(one[0] for one in scored),
        base=tuple(one[1] for one in scored),
        cand=tuple(one[2] for one in scored),
        plain_base=tuple(one[3] for one in scored),
        plain_cand=tuple(one[4] for one in scored),
        clusters=tuple(pairing.clusters.get(one[0]) for one in scored),
        coverage=shares / len(gaps) if gaps else 0.0,
        coverage_base=coverage(columns[0], lost=pairing.lost[0]),
        coverage_cand=coverage(columns[1], lost=pairing.lost[1]),
        gaps=tuple(gaps),
        not_positive=tuple(not_positive),
        whole_cand=scores(columns[1]),
    )


def column(rows: Rows, label: str, trials: int) -> Column:
    """One metric of a run: of each row the scores that are there, and how many there should be."""
    found: dict[str, Cell] = {}
    for row, results in rows.items():
        values: list[float] = []
        for result in results:
            score = result.scores.get(label)
            if score is not None and score.value is not None:
                values.append(score.value)
        found[row] = tuple(values), max(len(results), trials, 1)
    return found


def coverage(cells: Column, *, lost: int = 0) -> float:
    """The share of a metric's scores that is there; 0 of a run without rows.

    Args:
        cells: the metric in that run.
        lost: rows of the dataset that the run does not have.
    """
    return math.fsum(len(values) / size for values, size in cells.values()) / (len(cells) + lost) if cells else 0.0


def scores(cells: Column) -> dict[str, Trials]:
    """The scores of the rows that have one."""
    return {row: values for row, (values, _) in cells.items() if values}


def labels(run: Run) -> Iterator[str]:
    """The metrics of a run: those it tells of, then those that only its rows have."""
    seen = dict.fromkeys(run.metrics)
    for result in run.results:
        seen.update(dict.fromkeys(result.scores))
    yield from seen


def _logarithms(base: Trials, cand: Trials) -> tuple[Trials, Trials, bool]:
    """Logarithms of those that have one, and whether all have."""
    if base and cand and not any(base) and not any(cand):
        return (0.0,) * len(base), (0.0,) * len(cand), True
    kept = tuple(tuple(math.log(value) for value in values if value > 0) for values in (base, cand))
    return kept[0], kept[1], len(kept[0]) == len(base) and len(kept[1]) == len(cand)


def _changed(before: Sequence[Result], now: Sequence[Result]) -> bool:
    """Whether what went into a row is known to differ."""
    one, other = (next((result.hash for result in results if result.hash), None) for results in (before, now))
    return one is not None and other is not None and one != other
