"""What every form of a report is made of: an outcome goes in, sentences and quantities come out.

Owns which facts are told, and in which order. Refuses to escape anything: each form does that in its own way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tracekit import units
from tracekit.evals import summary
from tracekit.evals.comparison import Floor, MetricComparison, Verdict
from tracekit.evals.reports import words
from tracekit.evals.reports.outcome import Outcome, results_by_id, trace_id, trace_of
from tracekit.evals.results import MetricInfo, Result, Run
from tracekit.evals.score import Status
from tracekit.units import Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A row that became worse, or that lies lowest where a bound is missed."""

    id: str
    base: Quantity
    now: Quantity
    trace_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One metric, ready to be read.

    `value` is the candidate's mean as it is. `changes` are the rows that became worse, the greatest loss first; of a
    metric beyond its bound that has none, its worst rows. `remarks` are sentences: what would settle it, notes, bounds
    of what is missing.
    """

    label: str
    info: MetricInfo
    verdict: Verdict | None
    gated: bool
    n: int
    value: float | None
    base: Quantity
    now: Quantity
    difference: Quantity
    interval: Quantity
    p: Quantity
    coverage: Quantity
    complete: bool
    floors: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    became_worse: bool = True
    flaky: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def word(self) -> str:
        """The verdict as it is read."""
        return units.UNKNOWN if self.verdict is None else str(self.verdict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A status other than ok: how often it came, in which metrics and rows, and what was said the first time."""

    status: Status
    count: int
    metrics: tuple[str, ...]
    rows: tuple[str, ...]
    example: str
    trace_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """An outcome, ready to be read.

    `meaning` is the verdict in words, `facts` how much was run and of which kind, `warnings` what a reader must know
    before the numbers, `slices` how parts of the rows differ, the least likely by chance first, `costs` what it cost.
    """

    suite: str
    verdict: Verdict | None
    meaning: str
    exit: int
    facts: tuple[str, ...]
    warnings: tuple[str, ...]
    lines: tuple[Line, ...]
    missing: tuple[Missing, ...]
    slices: tuple[str, ...]
    costs: str

    @property
    def word(self) -> str:
        """The verdict as it is read; a run that was compared with nothing was just scored."""
        return "SCORED" if self.verdict is None else str(self.verdict)


def report(outcome: Outcome) -> Report:
    """Make an outcome ready to be read."""
    return Report(
        suite=outcome.run.suite,
        verdict=outcome.verdict,
        meaning=_meaning(outcome),
        exit=outcome.exit,
        facts=tuple(_facts(outcome)),
        warnings=tuple(warnings(outcome)),
        lines=tuple(_lines(outcome)),
        missing=tuple(_missing(outcome.run)),
        slices=tuple(_slices(outcome)),
        costs=_costs(outcome.run),
    )


def _meaning(outcome: Outcome) -> str:
    found = outcome.comparison
    if found and found.verdict is Verdict.OK and all(one.mean_base is None for one in found.metrics.values()):
        return "no bound of the suite is missed; compared with no other run"
    if outcome.verdict is not None:
        return words.MEANINGS[outcome.verdict]
    return "compared with nothing" if outcome.base is None else "shown beside another run, without the statistics"


def _facts(outcome: Outcome) -> list[str]:
    run = outcome.run
    rows = len({result.id for result in run.results})
    size = units.plural(rows, "row")
    facts = [size if run.trials == 1 else f"{size}, {units.plural(run.trials, 'trial')} each"]
    coverage = outcome.comparison.coverage if outcome.comparison else summary.summary(run).coverage
    facts.append(f"coverage {words.share(coverage).text}")
    if run.judge:
        facts.append(f"judge {run.judge}")
    if run.shard:
        facts.append(f"shard {run.shard}")
    if run.seconds is not None:
        facts.append(units.duration(run.seconds * 1_000).text)
    return facts


def warnings(outcome: Outcome) -> list[str]:
    """What a reader must know before the numbers."""
    run, found = outcome.run, outcome.comparison
    said = list(found.reasons) if found else []
    rows = len({result.id for result in run.results})
    short = f"{rows:,} of {units.plural(run.rows, 'row')} are in it" if rows < run.rows else "all rows are in it"
    if run.interrupted:
        said.append(f"The run was interrupted: {short}.")
    if run.budget_spent:
        said.append(f"The budget was spent before the end: {short}.")
    if run.max_cost is not None and (run.app_unpriced or run.judge_unpriced):
        said.append(
            f"The price of {_unpriced(run)} is not known, so the budget of {units.money(run.max_cost).text} "
            "may be exceeded."
        )
    if found:
        apart = (
            (found.added, "only in this run"),
            (found.removed, "only in the baseline"),
            (found.changed, "asked otherwise than in the baseline"),
        )
        said += [
            f"{units.plural(len(ids), 'row')} {'is' if len(ids) == 1 else 'are'} {where}, and not compared: "
            f"{words.listed(ids)}."
            for ids, where in apart
            if ids
        ]
    return said


def _unpriced(run: Run) -> str:
    counts = ((run.app_unpriced, "call", "of the program"), (run.judge_unpriced, "score", "of the judge"))
    return " and ".join(f"{units.plural(count, what)} {whose}" for count, what, whose in counts if count)


def _lines(outcome: Outcome) -> list[Line]:
    if outcome.comparison is None:
        found = summary.summary(outcome.run).metrics
        base = summary.summary(outcome.base).metrics if outcome.base else {}
        return [_alone(outcome, label, metric, base.get(label)) for label, metric in found.items()]
    by_id = results_by_id(outcome.run)
    return [_compared(outcome, label, metric, by_id) for label, metric in outcome.comparison.metrics.items()]


def _alone(outcome: Outcome, label: str, found: summary.MetricSummary, base: summary.MetricSummary | None) -> Line:
    info = outcome.info(label)
    return Line(
        label=label,
        info=info,
        verdict=None,
        gated=info.gated,
        n=found.n,
        value=found.mean,
        base=words.score(base.mean if base else None, info, "baseline"),
        now=words.score(found.mean, info),
        difference=units.unknown("difference"),
        interval=units.unknown("interval"),
        p=units.unknown("p"),
        coverage=words.share(found.coverage),
        complete=found.coverage >= 1,
        remarks=tuple(map(_capital, info.notes)),
    )


def _compared(outcome: Outcome, label: str, found: MetricComparison, by_id: Mapping[str, Sequence[Result]]) -> Line:
    info = outcome.info(label)
    changes = tuple(
        Change(
            id=change.id,
            base=words.score(change.base, info),
            now=words.score(change.cand, info),
            trace_id=trace_of(by_id.get(change.id, ()), label, info),
        )
        for change in found.changes
    )
    lowest = () if changes or found.verdict is not Verdict.FLOOR else tuple(_lowest(outcome.run, label, info, by_id))
    coverage = min(found.coverage, found.coverage_base, found.coverage_cand)
    return Line(
        label=label,
        info=info,
        verdict=found.verdict,
        gated=found.gated,
        n=found.n,
        value=found.mean_cand,
        base=words.score(found.mean_base, info, "baseline"),
        now=words.score(found.mean_cand, info),
        difference=words.difference(found.diff, info),
        interval=words.interval(found.ci, info, alone=found.diff is None),
        p=words.p(found.p if found.p_adjusted is None else found.p_adjusted),
        coverage=words.share(coverage),
        complete=coverage >= 1,
        floors=tuple(_floor(floor, info) for floor in found.floors),
        changes=changes or lowest,
        became_worse=bool(changes),
        flaky=found.flaky,
        remarks=tuple(_remarks(found, info)),
    )


def _remarks(found: MetricComparison, info: MetricInfo) -> list[str]:
    said = [words.needs(found, info), words.worst_case(found, info), *map(_capital, found.notes)]
    if found.pass_at_k is not None and found.pass_hat_k is not None:
        said.append(
            f"At least one of a row's trials passes in {words.share(found.pass_at_k).text}, "
            f"all of them in {words.share(found.pass_hat_k).text}."
        )
    return [sentence for sentence in said if sentence]


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _floor(floor: Floor, info: MetricInfo) -> str:
    word = {True: "holds", False: "is missed", None: "cannot be told"}[floor.holds]
    said = f"{floor.spec} {word}: {words.score(floor.value, info).text}"
    if floor.ci is None or floor.ci == (None, None):
        return said
    low, high = (units.UNKNOWN if bound is None else words.score(bound, info).text for bound in floor.ci)
    return f"{said}, 95% interval [{low}, {high}]"


_LOWEST = 10


def _lowest(run: Run, label: str, info: MetricInfo, by_id: Mapping[str, Sequence[Result]]) -> list[Change]:
    means = sorted(
        summary.row_means(run, label).items(),
        key=lambda item: (item[1] if info.better == "higher" else -item[1], item[0]),
    )
    return [
        Change(
            id=identity,
            base=units.unknown("baseline"),
            now=words.score(value, info),
            trace_id=trace_of(by_id[identity], label, info),
        )
        for identity, value in means[:_LOWEST]
    ]


_SLICES = 20


def _slices(outcome: Outcome) -> list[str]:
    if outcome.comparison is None:
        return []
    found = [
        (metric.p if metric.p_adjusted is None else metric.p_adjusted, _slice(name, label, metric, outcome.info(label)))
        for name, metrics in outcome.comparison.slices.items()
        for label, metric in metrics.items()
        if metric.diff is not None
    ]
    told = [said for _, said in sorted(found, key=lambda one: (one[0] is None, one[0] or 0.0))]
    rest = [f"{len(told) - _SLICES:,} more are in the JSON report."] if len(told) > _SLICES else []
    return told[:_SLICES] + rest


def _slice(name: str, label: str, found: MetricComparison, info: MetricInfo) -> str:
    means = words.arrow(words.score(found.mean_base, info), words.score(found.mean_cand, info))
    size = f"{words.difference(found.diff, info).text} {words.interval(found.ci, info).text}"
    p = words.p(found.p if found.p_adjusted is None else found.p_adjusted).text
    return f"{name}, {label}: {means}, {size}, p {p}, {units.plural(found.n, 'row')}"


def _missing(run: Run) -> list[Missing]:
    """What has no score, the most frequent status first. What the program raised is told once, not once a metric."""
    found: defaultdict[Status, list[tuple[str, Result, str]]] = defaultdict(list)
    for result in run.results:
        if result.error is not None:
            found[Status.APP_ERROR].append(("", result, result.error))
        for label in run.metrics:
            score = result.scores.get(label)
            status = Status.MISSING if score is None else score.status
            if status is not Status.OK and not (status is Status.APP_ERROR and result.error is not None):
                found[status].append((label, result, (score.rationale if score else None) or ""))
    groups = [_group(status, items) for status, items in found.items()]
    return sorted(groups, key=lambda group: (-group.count, group.status))


def _group(status: Status, items: Sequence[tuple[str, Result, str]]) -> Missing:
    telling = next((item for item in items if item[2]), items[0])
    return Missing(
        status=status,
        count=len(items),
        metrics=tuple(dict.fromkeys(label for label, _, _ in items if label)),
        rows=tuple(dict.fromkeys(result.id for _, result, _ in items)),
        example=telling[2],
        trace_id=trace_id(telling[1]),
    )


def _costs(run: Run) -> str:
    app, judge = units.money(run.app_cost_usd), units.money(run.judge_cost_usd)
    said = [f"program {app.text if app.known else 'unknown'}"]
    if run.app_unpriced:
        said[0] += f" ({units.plural(run.app_unpriced, 'call')} without a price)"
    if run.judge_calls or run.judge_cost_usd:
        calls = units.plural(run.judge_calls, "call")
        said.append(f"judge {judge.text if judge.known else 'unknown'} ({calls}, those from the cache not counted)")
        if run.judge_unpriced:
            said[-1] = f"{said[-1][:-1]}; {units.plural(run.judge_unpriced, 'score')} without a price)"
    return "Cost: " + ", ".join(said) + "."
