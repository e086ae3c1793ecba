"""Whether two runs were measured the same way. Where they were not, a difference says nothing of the program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tracekit.evals.pairing import Pairing
from tracekit.evals.results import MetricInfo, Result, Run
from tracekit.evals.stats.significance import sign_flip

FEWEST_CANARIES = 6
"""Of fewer rows no shift of all of them is significant: two-sided, 2 / 2^5 is above 0.05."""
SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """What stands against a comparison.

    Attributes:
        whole: why no metric can be compared.
        judged: why the metrics of the judge cannot.
        otherwise: by label, why a metric whose scores were come by in another way cannot.
        notes: what could not be checked.
    """

    whole: tuple[str, ...] = ()
    judged: tuple[str, ...] = ()
    otherwise: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def drift(base: Run, cand: Run, pairing: Pairing, *, alpha: float) -> Drift:
    """Compare how the runs were made: dataset, judge, and what the judge says of its frozen rows."""
    whole: list[str] = []
    judged: list[str] = []
    notes: list[str] = []
    if base.dataset is not None and cand.dataset is not None and base.dataset != cand.dataset:
        if not _hashed(pairing):
            whole.append(
                f"the datasets differ, {base.dataset:.12} and {cand.dataset:.12}, "
                "and the rows have no hash by which to tell which of them are the same."
            )
        else:
            notes.append("the dataset was edited; rows whose input is what it was are compared.")
    if not pairing.common:
        whole.append("the runs have no row in common.")
    if base.judge != cand.judge:
        judged.append(f"the judges differ: {base.judge or 'none is named'}, and {cand.judge or 'none is named'}.")
    moved, unsure = _canary(base.canary, cand.canary, alpha=alpha)
    judged += moved
    notes += unsure
    return Drift(whole=tuple(whole), judged=tuple(judged), otherwise=_modes(pairing), notes=tuple(notes))


def differs(base: MetricInfo, cand: MetricInfo) -> str | None:
    """Why one metric of two runs is not the same metric; None where it is."""
    for name, words in (
        ("name", "another metric"),
        ("version", "another version"),
        ("better", "another direction"),
        ("ratio", "read as a ratio in one only"),
        ("unit", "another unit"),
    ):
        before, now = getattr(base, name), getattr(cand, name)
        if before != now:
            return f"{words}: {before!r} in the base, {now!r} in the candidate."
    return None


def some(ids: tuple[str, ...]) -> str:
    """The first few of many ids."""
    more = f" and {len(ids) - SHOWN} more" if len(ids) > SHOWN else ""
    return ", ".join(ids[:SHOWN]) + more


def _modes(pairing: Pairing) -> dict[str, str]:
    """Metrics whose scores of one row were come by in two ways: what moved may be the way."""
    apart: dict[str, dict[tuple[str, str], int]] = {}
    for row in pairing.common:
        before, now = _modes_of(pairing.base[row]), _modes_of(pairing.cand[row])
        for label in before.keys() & now.keys():
            if before[label] != now[label]:
                pairs = apart.setdefault(label, {})
                pairs[before[label], now[label]] = pairs.get((before[label], now[label]), 0) + 1
    return {label: _told(pairs, len(pairing.common)) for label, pairs in apart.items()}


def _modes_of(results: Sequence[Result]) -> dict[str, str]:
    """The ways in which one row's scores were come by, trials together."""
    found: dict[str, set[str]] = {}
    for result in results:
        for label, score in result.scores.items():
            if score.mode is not None:
                found.setdefault(label, set()).add(score.mode)
    return {label: " and ".join(sorted(modes)) for label, modes in found.items()}


def _told(pairs: Mapping[tuple[str, str], int], rows: int) -> str:
    (before, now), _ = max(pairs.items(), key=lambda item: item[1])
    return (
        f"scored in another way: {before} in the base, {now} in the candidate, in {sum(pairs.values())} of {rows} "
        "rows; an option such as score_mode settles the way."
    )


def _hashed(pairing: Pairing) -> bool:
    both = (*pairing.common, *pairing.changed)
    return all(any(result.hash for result in rows[row]) for row in both for rows in (pairing.base, pairing.cand))


def _canary(
    base: Mapping[str, float] | None, cand: Mapping[str, float] | None, *, alpha: float
) -> tuple[list[str], list[str]]:
    """Whether the judge's scores of its frozen rows have moved, and what of that could not be seen."""
    if not base and not cand:
        return [], []
    rows = [row for row in base or {} if row in (cand or {})]
    if not base or not cand or not rows:
        return [], ["the judge's canary rows are in one run only: its drift could not be checked."]
    before, now = (np.array([scores[row] for row in rows]) for scores in (base, cand))
    shift = now - before
    found = sign_flip(shift, alternative="two-sided", magnitude=float(max(np.abs(before).max(), np.abs(now).max())))
    notes = (
        [f"{len(rows)} canary rows are too few to show a drift of the judge; it takes {FEWEST_CANARIES}."]
        if len(rows) < FEWEST_CANARIES
        else []
    )
    if found.p > alpha:
        return [], notes
    moved = (
        f"the judge drifted: on its {len(rows)} canary rows it now says {now.mean():.4g}, and said "
        f"{before.mean():.4g} (p = {found.p:.2g})."
    )
    return [moved], notes
