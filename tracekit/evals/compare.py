"""Two runs of a suite compared: did it become worse, beyond what chance explains. The gate of continuous integration.

Pure: runs in, a `Comparison` out. The numbers are of `measure`, the verdicts of `verdicts`; this joins them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tracekit.errors import UsageError
from tracekit.evals import floors as absolute
from tracekit.evals.assemble import assemble
from tracekit.evals.comparison import Comparison, MetricComparison, Verdict
from tracekit.evals.describe import describe
from tracekit.evals.drift import Drift, drift, some
from tracekit.evals.known import Known, Overrides, know
from tracekit.evals.measure import IntervalKind, Measured, TestKind, are_verdicts, measure
from tracekit.evals.pairing import Pairing, Sample, clusters_of, column, coverage, labels, pair, rows_of, sample, scores
from tracekit.evals.results import MetricInfo, Run
from tracekit.evals.rules import Margin, Rules
from tracekit.evals.slicing import sliced
from tracekit.evals.spec import Spec
from tracekit.evals.stats.multiplicity import benjamini_hochberg, holm
from tracekit.evals.verdicts import EXIT_UNDECIDED, overall


def compare(
    base: Run,
    cand: Run,
    *,
    alpha: float = 0.05,
    min_coverage: float = 0.95,
    tolerance: Margin = 0.0,
    min_effect: Margin = 0.0,
    strict: bool = False,
    test: TestKind = "exact",
    interval: IntervalKind = "t",
    overrides: Overrides | None = None,
    floors: Iterable[str] = (),
    slices: Iterable[str] = (),
    subset: bool = False,
) -> Comparison:
    """Say of each metric whether the candidate is worse than the base, and what follows.

    Args:
        base: the baseline.
        cand: the run in question.
        alpha: the chance of a false alarm over all gated metrics together.
        min_coverage: the share of scores below which nothing is decided.
        tolerance: the loss that does not matter, in the metric's unit; a fraction for a ratio metric (0.1 is 10 %).
        min_effect: the loss below which a significant one is not called a regression.
        strict: what is inconclusive does not pass: exit code 3.
        test: `exact` is McNemar or sign flips; `mid_p` and `wilcoxon` on demand.
        interval: `t`, or `bca` for a bootstrap of the differences.
        overrides: what the caller knows better of the metrics.
        floors: bounds beside those of the runs, `faithfulness >= 0.8`.
        slices: parts of the rows to look at, never to decide by: `cluster`, or a name in the metadata.
        subset: the candidate has some of the rows on purpose.

    Raises:
        UsageError: an argument that cannot work, or that names a metric which is not there.
    """
    rules = Rules(
        alpha=alpha, min_coverage=min_coverage, tolerance=tolerance, min_effect=min_effect, strict=strict, test=test,
        interval=interval, overrides=overrides or Overrides(), floors=tuple(floors), slices=tuple(slices),
        subset=subset,
    )  # fmt: skip
    return _compared(base, cand, rules)


def _compared(base: Run, cand: Run, rules: Rules) -> Comparison:
    known = know(base, cand, rules.overrides)
    rules.require_known(known)
    extra = absolute.by_label(rules.floors, known)
    pairing = pair(base, cand, subset=rules.subset)
    found = drift(base, cand, pairing, alpha=rules.alpha)
    samples = {label: sample(pairing, label, logarithms=one.info.ratio) for label, one in known.items()}
    _check_binary(rules.overrides.binary, samples)
    why_not = {label: _why_not(label, one, found) for label, one in known.items()}
    measured = {
        label: _measure(samples[label], label, one.info, rules) if why_not[label] is None else None
        for label, one in known.items()
    }
    adjusted = _adjusted(measured, known)
    family = sum(_decides(known[label].info) for label in adjusted)
    metrics = {
        label: assemble(
            label, one, given=samples[label], found=measured[label],
            cand=describe(samples[label].whole_cand, _asked(one.info, extra.get(label, ())), pairing.clusters),
            why_not=why_not[label], p_adjusted=adjusted.get(label), level=rules.alpha / max(family, 1), rules=rules,
        )
        for label, one in known.items()
    }  # fmt: skip
    verdict, code = overall(metrics.values(), strict=rules.strict)
    if not metrics:
        verdict, code = Verdict.UNDECIDED, EXIT_UNDECIDED
    return Comparison(
        metrics=metrics, verdict=verdict, exit=code, coverage=_least(metrics), alpha=rules.alpha,
        min_coverage=rules.min_coverage, added=pairing.added, removed=pairing.removed, changed=pairing.changed,
        missing=pairing.missing, reasons=_reasons(metrics, pairing, found, cand, rules.min_coverage),
        slices=sliced(samples, known, why_not, pairing, rules=rules),
    )  # fmt: skip


def alone(
    run: Run,
    *,
    min_coverage: float = 0.95,
    overrides: Overrides | None = None,
    floors: Iterable[str] = (),
) -> Comparison:
    """A run without a baseline: its floors, its coverage, and of each metric the mean with its interval.

    Args:
        run: what was run.
        min_coverage: the share of scores below which nothing is decided.
        overrides: what the caller knows better of the metrics.
        floors: bounds beside those of the run.

    Raises:
        UsageError: an argument that cannot work, or that names a metric which is not there.
    """
    rules = Rules(min_coverage=min_coverage)
    known = know(run, run, overrides or Overrides())
    extra = absolute.by_label(floors, known)
    rows = rows_of(run)
    lost = max(0, run.rows - len(rows))
    clusters = clusters_of(rows)
    metrics: dict[str, MetricComparison] = {}
    for label in labels(run):
        info = known[label].info
        cells = column(rows, label, run.trials)
        found = describe(scores(cells), _asked(info, extra.get(label, ())), clusters)
        share = coverage(cells, lost=lost)
        broken = any(floor.holds is False for floor in found.floors)
        metrics[label] = MetricComparison(
            name=label,
            verdict=Verdict.UNDECIDED if share < rules.min_coverage else Verdict.FLOOR if broken else Verdict.OK,
            gated=info.gated, better=info.better, ratio=info.ratio, n=found.n, mean_cand=found.mean, se=found.se,
            ci=found.ci, interval=found.interval, coverage=share, coverage_cand=share, floors=found.floors,
            flaky=found.flaky, pass_at_k=found.pass_at_k, pass_hat_k=found.pass_hat_k, notes=info.notes,
        )  # fmt: skip
    verdict, code = overall(metrics.values(), strict=False)
    reasons = _uncovered(metrics, min_coverage)
    if not metrics:
        verdict, code, reasons = Verdict.UNDECIDED, EXIT_UNDECIDED, ("there is no metric to decide by.",)
    return Comparison(
        metrics=metrics,
        verdict=verdict,
        exit=code,
        coverage=_least(metrics),
        min_coverage=min_coverage,
        reasons=reasons,
    )


def _asked(info: MetricInfo, extra: Iterable[tuple[str, Spec]]) -> list[tuple[str, Spec]]:
    """The bounds of the suite, and the caller's."""
    return [*absolute.bounds(info.specs), *extra]


def _measure(given: Sample, label: str, info: MetricInfo, rules: Rules) -> Measured | None:
    return measure(
        given, label, lower_is_better=info.better == "lower", ratio=info.ratio, test=rules.test, interval=rules.interval
    )


def _why_not(label: str, one: Known, found: Drift) -> str | None:
    """Why a metric cannot be compared."""
    if found.whole:
        return found.whole[0]
    if found.judged and one.info.judged:
        return found.judged[0]
    return one.differs or found.otherwise.get(label)


def _adjusted(measured: Mapping[str, Measured | None], known: Mapping[str, Known]) -> dict[str, float]:
    """P values after Holm over what they decide; those of what is told are explored, by Benjamini and Hochberg."""
    adjusted: dict[str, float] = {}
    for decides, method in ((True, holm), (False, benjamini_hochberg)):
        p = {
            label: one.p
            for label, one in measured.items()
            if one is not None and one.p is not None and _decides(known[label].info) is decides
        }
        adjusted |= dict(zip(p, method(list(p.values())), strict=True))
    return adjusted


def _decides(info: MetricInfo) -> bool:
    """Whether the difference of a metric may fail the gate."""
    return info.gated and info.compared


def _check_binary(binary: Iterable[str], samples: Mapping[str, Sample]) -> None:
    for label in sorted(binary):
        given = samples[label]
        for row, base, cand in zip(given.ids, given.base, given.cand, strict=True):
            if not are_verdicts((base, cand)):
                raise UsageError(f"metric {label!r} is said to be binary; row {row!r} has {base} and {cand}.")


def _least(metrics: Mapping[str, MetricComparison]) -> float:
    shares = [metric.coverage for metric in metrics.values() if metric.gated]
    return min(shares, default=1.0 if metrics else 0.0)


def _uncovered(metrics: Mapping[str, MetricComparison], least: float) -> tuple[str, ...]:
    return tuple(
        f"{label}: {metric.coverage:.1%} of its scores are there, and {least:.0%} must be."
        for label, metric in metrics.items()
        if metric.verdict is Verdict.UNDECIDED
    )


def _reasons(
    metrics: Mapping[str, MetricComparison], pairing: Pairing, found: Drift, cand: Run, least: float
) -> tuple[str, ...]:
    reasons = [*found.whole, *found.judged, *_uncovered(metrics, least), *found.notes]
    if not metrics:
        reasons.append("there is no metric to decide by.")
    elif not any(metric.gated for metric in metrics.values()):
        reasons.append("no metric gates; they are told only.")
    if pairing.missing:
        reasons.append(
            f"the candidate has no result of {len(pairing.missing)} rows of the base, {some(pairing.missing)}; "
            "they count as missing."
        )
    if cand.shard is not None:
        reasons.append(f"the candidate is shard {cand.shard}; merge the shards, then compare.")
    if cand.interrupted:
        reasons.append("the candidate was interrupted.")
    return tuple(reasons)
