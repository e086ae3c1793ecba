"""Outcomes that the forms of a report are tested with: one of each kind, and one in which every text is hostile."""

from __future__ import annotations

from collections.abc import Sequence

from tracekit.evals.comparison import Comparison, Floor, MetricComparison, RowChange, Verdict
from tracekit.evals.reports.outcome import Outcome
from tracekit.evals.results import MetricInfo, Result, Run
from tracekit.evals.row import Row
from tracekit.evals.score import Score, Status, failed

HOSTILE = [
    "<script>window.pwned = 1</script>",
    "<img src=x onerror='window.pwned = 1'>",
    "![x](https://evil.example/p.png) [y](javascript:alert(1)) <https://evil.example>",
    "a | b || c \\| d \\\\| e",
    "`code` ``two`` ```three``` `",
    "@octocat #1 GH-1 octocat/repo#2 https://evil.example www.evil.example mail@evil.example",
    "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b31m",
    "right\u202eleft zero\u200bwidth \U000e0068 nul\x00 \x0b\x0c \u2028 \ufffe \ud83d half",
    "]]> <!-- --> &amp; &lt; \"quoted\" 'single' {{7*7}} {% raw %} ${x}",
    "# heading\n\n- item\n\n> quote\n***\n```\nfence\n| a | b |\n|---|---|",
    " leading and trailing ",
    "$`math`$ $x^2$ :boom: ~~gone~~ **bold** __it__ *a* _b_",
    "</code></pre></td></table></details></summary>",
    "",
    "x" * 5_000,
]

CORRECTNESS = MetricInfo(name="correctness", low=0.0, high=1.0, judged=True, specs=("correctness",))
EXACT = MetricInfo(name="exact_match", low=0.0, high=1.0, binary=True, specs=("exact_match >= 0.9",))
LATENCY = MetricInfo(
    name="latency", low=0.0, better="lower", ratio=True, unit="s", specs=("latency.p95 < 3s",), version=2
)
TOLD = MetricInfo(name="conciseness", low=0.0, high=1.0, gated=False, judged=True)
METRICS = {"correctness": CORRECTNESS, "exact_match": EXACT, "latency": LATENCY, "conciseness": TOLD}


def a_run(*, worse: bool = True) -> Run:
    """20 rows in 2 trials; the odd rows lose, where `worse`; two scores are missing, and the program raised once."""
    return Run(
        suite="rag",
        metrics=METRICS,
        created="2026-11-22T10:15:00+00:00" if worse else "2026-11-20T09:00:00+00:00",
        trials=2,
        rows=20,
        dataset="d1",
        judge="judge-1",
        app_cost_usd=0.0423,
        judge_cost_usd=0.31 if worse else None,
        judge_calls=78,
        seconds=125.2,
        results=tuple(_result(number, trial, worse=worse) for number in range(20) for trial in (0, 1)),
    )


def _result(number: int, trial: int, *, worse: bool) -> Result:
    identity = f"q{number:02d}"
    trace = f"{number * 2 + trial + (100 if worse else 500):032x}"[::-1]
    if worse and number == 4 and trial == 1:
        error = "KeyError: 'question'"
        scores = {label: failed(Status.APP_ERROR, error) for label in METRICS}
        return Result(id=identity, trial=trial, scores=scores, trace_id=trace, hash=f"h{number}", error=error)
    lost = worse and number % 2 == 1
    scores = {
        "correctness": Score(value=0.25 if lost else 0.9, rationale="It says when, not where." if lost else "Right."),
        "exact_match": Score(value=float(not (lost and trial)), passed=not (lost and trial)),
        "latency": Score(value=1.2 + number / 50 + trial / 10),
        "conciseness": Score(value=0.5),
    }
    if worse and number == 6:
        scores["correctness"] = failed(Status.TIMEOUT, "The judge took longer than 30 s.")
    return Result(
        id=identity,
        trial=trial,
        scores=scores,
        trace_id=trace,
        hash=f"h{number}",
        seconds=1.2,
        row=Row(
            id=identity,
            input=f"Where is order {number}?",
            output="On its way." if lost else "In Lisbon.",
            expected="In Lisbon.",
            contexts=("Order 7 is in Lisbon.",),
        ),
    )


def regressed() -> Outcome:
    """Worse in one metric, beyond a bound in another, undecided in a third."""
    changes = tuple(RowChange(id=f"q{number:02d}", base=0.9, cand=0.25, loss=0.65) for number in range(1, 20, 2))
    flips = tuple(RowChange(id=f"q{number:02d}", base=1.0, cand=0.5, loss=0.5) for number in range(1, 20, 2))
    metrics = {
        "correctness": MetricComparison(
            name="correctness", verdict=Verdict.REGRESSED, n=19, mean_base=0.9, mean_cand=0.558, diff=-0.342, se=0.0769,
            ci=(-0.4971, -0.1869), test="sign_flip_exact", p=0.00098, p_adjusted=0.00195, mde=0.2, coverage_cand=0.925,
            worst_case=(-0.42, -0.27), changes=changes, notes=("judge-1 agrees with 38 labels: kappa 0.72.",),
        ),
        "exact_match": MetricComparison(
            name="exact_match", verdict=Verdict.FLOOR, n=20, mean_base=1.0, mean_cand=0.75, diff=-0.25, se=0.0573,
            ci=(-0.37, -0.13), test="sign_flip_exact", p=0.02, p_adjusted=0.04, coverage_cand=0.975,
            floors=(Floor(spec="exact_match >= 0.9", value=0.75, holds=False),), changes=flips,
            flaky=("q01", "q03", "q05", "q07", "q09", "q11", "q13", "q15", "q17", "q19"),
            pass_at_k=1.0, pass_hat_k=0.5,
        ),
        "latency": MetricComparison(
            name="latency", verdict=Verdict.INCONCLUSIVE, better="lower", n=20, mean_base=1.44, mean_cand=1.47,
            diff=1.0213, ratio=True, se=0.031, ci=(0.958, 1.089), test="sign_flip_monte_carlo", p=0.41,
            p_adjusted=0.41, mde=1.09, rows_needed=140, trials_needed=9, coverage_cand=0.975,
            floors=(Floor(spec="latency.p95 < 3s", value=1.68, holds=True, ci=(1.58, None)),),
        ),
        "conciseness": MetricComparison(
            name="conciseness", verdict=Verdict.OK, gated=False, n=20, mean_base=0.5, mean_cand=0.5, diff=0.0, se=0.0,
            ci=(0.0, 0.0), test="sign_flip_exact", p=1.0, p_adjusted=None, coverage_cand=0.975,
        ),
    }  # fmt: skip
    billing = MetricComparison(
        name="correctness", verdict=Verdict.INCONCLUSIVE, gated=False, n=7, mean_base=0.9, mean_cand=0.4, diff=-0.5,
        ci=(-0.9, -0.1), p=0.02, p_adjusted=0.08,
    )  # fmt: skip
    comparison = Comparison(
        metrics=metrics, verdict=Verdict.REGRESSED, exit=1, coverage=0.925, added=("q98",), removed=("q99",),
        slices={"cluster=billing": {"correctness": billing}},
    )  # fmt: skip
    return Outcome(run=a_run(), comparison=comparison, base=a_run(worse=False))


def fine() -> Outcome:
    """Nothing became worse."""
    metric = MetricComparison(
        name="correctness", verdict=Verdict.OK, n=20, mean_base=0.9, mean_cand=0.9, diff=0.0, se=0.004,
        ci=(-0.008, 0.008), test="sign_flip_exact", p=1.0, p_adjusted=1.0,
    )  # fmt: skip
    comparison = Comparison(metrics={"correctness": metric}, verdict=Verdict.OK, exit=0, coverage=1.0)
    return Outcome(run=a_run(worse=False), comparison=comparison, base=a_run(worse=False))


def alone() -> Outcome:
    """A run that is held against its floors, and against nothing else."""
    metrics = {
        "correctness": MetricComparison(
            name="correctness", verdict=Verdict.OK, n=20, mean_cand=0.9, ci=(0.81, 0.97),
            floors=(Floor(spec="correctness >= 0.8", value=0.9, holds=True),),
        ),
        "latency": MetricComparison(
            name="latency", verdict=Verdict.FLOOR, better="lower", n=20, mean_cand=1.44, ci=(1.38, 1.5),
            floors=(Floor(spec="latency.p95 < 1s", value=1.68, holds=False),),
        ),
    }  # fmt: skip
    comparison = Comparison(metrics=metrics, verdict=Verdict.FLOOR, exit=1, coverage=1.0)
    return Outcome(run=a_run(worse=False), comparison=comparison)


def first() -> Outcome:
    """A run without a baseline."""
    return Outcome(run=a_run(worse=False))


def incomparable() -> Outcome:
    """A baseline of another judge."""
    metric = MetricComparison(name="correctness", verdict=Verdict.INCOMPARABLE)
    comparison = Comparison(
        metrics={"correctness": metric},
        verdict=Verdict.INCOMPARABLE,
        exit=5,
        coverage=1.0,
        reasons=("The baseline was judged by judge-0, this run by judge-1.",),
    )
    return Outcome(run=a_run(worse=False), comparison=comparison)


def empty() -> Outcome:
    """Interrupted before the first row was answered."""
    return Outcome(run=Run(suite="empty", metrics=METRICS, results=(), rows=3, interrupted=True), code=130)


def hostile(texts: Sequence[str] = HOSTILE) -> Outcome:
    """Every text that a row brings is one of these, all that a dataset or a file can bring one of `HOSTILE`."""
    results: list[Result] = []
    changes: list[RowChange] = []
    for number, evil in enumerate(texts):
        identity = f"{number} {evil}"
        scores = {
            "correctness": Score(value=0.1, rationale=evil or None, label=evil),
            "exact_match": failed(list(Status)[1 + number % (len(Status) - 1)], evil),
        }
        row = Row(id=identity, input=evil, output={"text": evil, evil: [evil]}, expected=[evil], contexts=(evil,))
        results.append(Result(id=identity, scores=scores, trace_id=evil, hash=evil, row=row, error=evil, cluster=evil))
        changes.append(RowChange(id=identity, base=1.0, cand=0.1, loss=0.9))
    every = " ".join(HOSTILE[:-1])
    infos = {label: MetricInfo(name=label, low=0.0, high=1.0, unit=None) for label in (*HOSTILE, "correctness")}
    infos["exact_match"] = EXACT
    metrics = {
        label: MetricComparison(
            name=label, verdict=Verdict.REGRESSED, n=9, mean_base=1.0, mean_cand=0.1, diff=-0.9, ci=(-1.0, -0.8), p=0.0,
            changes=tuple(changes), flaky=tuple(change.id for change in changes), notes=tuple(HOSTILE),
            floors=(Floor(spec=every, value=None, holds=None),),
        )
        for label in infos
    }  # fmt: skip
    comparison = Comparison(
        metrics=metrics, verdict=Verdict.REGRESSED, exit=1, coverage=0.5, added=tuple(HOSTILE), reasons=tuple(HOSTILE),
        slices=dict.fromkeys(HOSTILE, metrics),
    )  # fmt: skip
    run = Run(suite=every, metrics=infos, results=tuple(results), judge=every, shard=every, created=every, rows=9)
    return Outcome(run=run, comparison=comparison, base=run)


CALM = {
    "regressed": regressed, "fine": fine, "alone": alone, "first": first, "incomparable": incomparable, "empty": empty,
}  # fmt: skip
EVERY = {**CALM, "hostile": hostile}
