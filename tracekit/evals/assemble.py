"""One metric of a comparison, put together: the numbers, what is missing, the verdict, and what a reader must know."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tracekit.evals.bounds import range_of, worst_case
from tracekit.evals.comparison import MetricComparison, RowChange, Verdict
from tracekit.evals.describe import Described, flaky_rows
from tracekit.evals.drift import some
from tracekit.evals.known import Known
from tracekit.evals.measure import Measured, row_means, share_of_alpha
from tracekit.evals.pairing import Sample
from tracekit.evals.rules import Rules
from tracekit.evals.settling import Settling, detectable, settle
from tracekit.evals.stats.significance import QUANTUM
from tracekit.evals.verdicts import decide


def assemble(
    label: str,
    known: Known,
    *,
    given: Sample,
    found: Measured | None,
    cand: Described,
    why_not: str | None,
    p_adjusted: float | None,
    level: float,
    rules: Rules,
) -> MetricComparison:
    """Put one metric together.

    Args:
        label: of the metric.
        known: what is known of it.
        given: its scores in both runs.
        found: what they show; None where nothing is compared.
        cand: the candidate's scores by themselves.
        why_not: why the runs cannot be compared in it.
        p_adjusted: its p value among those of the other metrics.
        level: alpha over the number of metrics that are tested together.
        rules: of the comparison.
    """
    info = known.info
    lower = info.better == "lower"
    share = share_of_alpha(given)
    tolerance, min_effect = rules.margins(label, lower=lower, ratio=info.ratio)
    covered = _covered(known, given, comparable=why_not is None)
    verdict = _verdict(
        known,
        found,
        cand,
        why_not,
        covered=covered,
        p=p_adjusted,
        margins=(tolerance, min_effect),
        rules=rules,
        share=share,
    )
    settling = Settling()
    if verdict is Verdict.INCONCLUSIVE and found is not None:
        settling = settle(found, alpha=level, tolerance=tolerance)
    worst, of_range = _worst(known, given) if min(covered) < 1 and not why_not else (None, None)
    notes = [*_notes(known, given, why_not), *(found.notes if found else ()), *settling.notes]
    shown = p_adjusted is not None and p_adjusted <= share * rules.alpha
    if info.compared and verdict is Verdict.OK and found is not None and shown:
        notes.append("a loss is shown, and shown to be within the tolerance.")
    figures: dict[str, Any] = {"mean_cand": cand.mean}
    if found is not None:
        figures |= _numbers(given, found, level, lower=lower, ratio=info.ratio)
    return MetricComparison(
        name=label, verdict=verdict, gated=info.gated, better=info.better, ratio=info.ratio, p_adjusted=p_adjusted,
        rows_needed=settling.rows, trials_needed=settling.trials,
        coverage=min(covered), coverage_base=given.coverage_base, coverage_cand=given.coverage_cand,
        worst_case=worst, floors=cand.floors, flaky=_flaky(given, cand, logarithms=info.ratio),
        pass_at_k=cand.pass_at_k, pass_hat_k=cand.pass_hat_k,
        notes=(*notes, of_range) if of_range else tuple(notes),
        **figures,
    )  # fmt: skip


def _covered(known: Known, given: Sample, *, comparable: bool) -> tuple[float, ...]:
    """The shares that must suffice; of a metric without a baseline, the candidate's alone."""
    if known.gone:
        return (1.0,)
    if known.new or not comparable or not known.info.compared:
        return (given.coverage_cand,)
    return given.coverage, given.coverage_base, given.coverage_cand


def _verdict(
    known: Known,
    found: Measured | None,
    cand: Described,
    why_not: str | None,
    *,
    covered: tuple[float, ...],
    p: float | None,
    margins: tuple[float, float],
    rules: Rules,
    share: float,
) -> Verdict:
    if known.gone:
        return Verdict.INCOMPARABLE
    enough = min(covered) >= rules.min_coverage - QUANTUM
    broken = any(floor.holds is False for floor in cand.floors)
    if not known.info.compared:
        return Verdict.UNDECIDED if not enough else Verdict.FLOOR if broken else Verdict.OK
    if why_not is not None:
        return Verdict.FLOOR if enough and broken else Verdict.INCOMPARABLE
    if not enough:
        return Verdict.UNDECIDED
    if found is None:
        return Verdict.FLOOR if broken else Verdict.INCONCLUSIVE
    return decide(
        loss=found.loss.mean, interval=found.interval, p=p, floors=cand.floors, alpha=share * rules.alpha,
        tolerance=margins[0], min_effect=margins[1],
    )  # fmt: skip


def _numbers(given: Sample, found: Measured, level: float, *, lower: bool, ratio: bool) -> dict[str, Any]:
    """The figures, from losses back to the metric's own direction and scale."""
    sign = 1.0 if lower else -1.0
    bounds = None if found.interval is None else sorted(sign * bound + 0.0 for bound in found.interval)  # no -0.0
    loss = detectable(found, alpha=level)
    diff = sign * found.loss.mean + 0.0
    return {
        "n": len(given.ids),
        "mean_base": float(row_means(given.plain_base).mean()),
        "mean_cand": float(row_means(given.plain_cand).mean()),
        "diff": math.exp(diff) if ratio else diff,
        "se": found.loss.se,
        "ci": None if bounds is None else tuple(math.exp(one) if ratio else one for one in bounds),
        "interval": found.interval_kind,
        "test": found.test,
        "p": found.p,
        "mde": None if loss is None else math.exp(sign * loss) if ratio else loss,
        "clusters": found.clusters,
        "lost": found.lost,
        "won": found.won,
        "changes": _changes(given, found, ratio=ratio),
    }


def _changes(given: Sample, found: Measured, *, ratio: bool) -> tuple[RowChange, ...]:
    """Rows that became worse, the greatest loss first; of a ratio metric as a share of the base."""
    base, cand = row_means(given.plain_base), row_means(given.plain_cand)
    worse = [place for place in np.argsort(-found.losses, kind="stable") if found.losses[place] > QUANTUM]
    return tuple(
        RowChange(
            id=given.ids[place],
            base=float(base[place]),
            cand=float(cand[place]),
            loss=math.expm1(found.losses[place]) if ratio else float(found.losses[place]),
        )
        for place in worse
    )


def _flaky(given: Sample, cand: Described, *, logarithms: bool) -> tuple[str, ...]:
    if logarithms:
        return cand.flaky
    before = set(flaky_rows(dict(zip(given.ids, given.base, strict=True)))) - set(cand.flaky)
    return (*cand.flaky, *(row for row in given.ids if row in before))


def _worst(known: Known, given: Sample) -> tuple[tuple[float, float] | None, str | None]:
    if known.info.ratio or known.gone or known.new or not given.gaps:
        return None, None
    within, note = range_of(known.info, given.gaps)
    return (None if within is None else worst_case(given.gaps, within)), note


def _notes(known: Known, given: Sample, why_not: str | None) -> list[str]:
    notes = list(known.info.notes)
    if known.gone:
        notes.append("the candidate does not measure it any longer; it does not gate.")
    elif why_not is not None:
        notes.append(why_not)
    elif known.new:
        notes.append("the base has no score of it; save a new baseline to compare it.")
    if given.not_positive:
        notes.append(
            f"{len(given.not_positive)} rows have a value that is not above 0, which has no ratio, and are left out: "
            f"{some(given.not_positive)}."
        )
    if not known.info.compared and not known.gone:
        notes.append("its bounds alone decide; the difference from the base is told.")
    if not known.info.gated and not known.gone:
        notes.append("it is told, and does not gate.")
    return notes
