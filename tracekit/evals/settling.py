"""What an open comparison could have seen, and what would close it: the detectable loss, the rows, the trials."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tracekit.evals.measure import Measured
from tracekit.evals.stats import power


@dataclass(frozen=True, slots=True, kw_only=True)
class Settling:
    """What it takes, at a power of 80 %.

    Attributes:
        rows: in place of those that there are; None where no number helps, or more than a million.
        trials: of each row, in both runs, in place of those that there are; None where no number helps, or unknown.
        notes: why one of them is not known.
    """

    rows: int | None = None
    trials: int | None = None
    notes: tuple[str, ...] = ()


def detectable(found: Measured, *, alpha: float) -> float | None:
    """The mean loss that this comparison shows with a power of 80 %; None where no loss could be shown.

    Args:
        found: what was measured; a detectable loss of a ratio metric is a logarithm as well.
        alpha: at which one metric of several is tested.
    """
    if found.verdicts:
        n = len(found.losses)
        changed = ((found.lost or 0) + (found.won or 0)) / n
        return power.detectable_loss(n, changed=changed, alpha=alpha)
    if found.loss.se is None or found.loss.df < 1 or found.loss.se == 0:
        return None
    return power.detectable_shift(df=found.loss.df, alpha=alpha) * found.loss.se


def settle(found: Measured, *, alpha: float, tolerance: float) -> Settling:
    """What would show the loss that was seen, or, where it is within the tolerance, that it is not worse.

    Args:
        found: what was measured.
        alpha: at which one metric of several is tested.
        tolerance: the loss that does not matter.
    """
    loss = found.loss.mean
    shows_loss = loss > tolerance
    effect, level = (loss, alpha) if shows_loss else (tolerance - loss, _INTERVAL_ALPHA)
    n, se = len(found.losses), found.loss.se
    if se is None or se == 0 or effect <= 0:
        why = "no difference was seen, so no number of rows would show one" if effect <= 0 else "one row has no spread"
        return Settling(notes=(f"{why}; a tolerance above 0 can be shown to hold.",) if effect <= 0 else (f"{why}.",))
    deviation = se * math.sqrt(n)
    if shows_loss and found.verdicts:
        rows = power.rows_for_mcnemar(lost=(found.lost or 0) / n, won=(found.won or 0) / n, alpha=alpha)
    else:
        rows = _rounded(power.rows_for_dz(effect / deviation, alpha=level))
    trials, notes = _trials(found, effect, deviation, level)
    return Settling(rows=rows, trials=trials, notes=notes)


def _trials(found: Measured, effect: float, deviation: float, level: float) -> tuple[int | None, tuple[str, ...]]:
    base, cand = found.within
    if base is None or cand is None:
        return None, ("how many trials would settle it cannot be told from one trial a row.",)
    if found.clusters is not None:
        return None, ()
    dz = power.detectable_dz(len(found.losses), alpha=level)
    between = max(0.0, deviation**2 - base / found.base_trials - cand / found.cand_trials)
    if dz is None:
        return None, ()
    trials = power.trials_for_dz(dz, effect=effect, between=between, within=base + cand)
    if trials is None:
        return None, ("rows differ too much among themselves for more trials to settle it.",)
    return trials, ()


def _rounded(rows: float | None) -> int | None:
    return None if rows is None else math.ceil(rows - 1e-9)


_INTERVAL_ALPHA = 0.025
"""One bound of a two-sided interval of 95 %."""
