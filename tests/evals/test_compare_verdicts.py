"""What follows from the numbers: verdicts, exit codes, what would settle an open one; how often the gate is wrong."""

from __future__ import annotations

import json
import math
import random
from typing import Any

import pytest

from benchmarks.gate import alarms
from tests.evals.references import TTestPower
from tests.evals.runs import changed, column, one, run, trials
from tracekit.errors import UsageError
from tracekit.evals.compare import compare
from tracekit.evals.comparison import Comparison, Verdict, as_json
from tracekit.evals.known import Overrides
from tracekit.evals.stats.multiplicity import holm
from tracekit.evals.stats.power import mcnemar_power


def test_several_gated_metrics_share_one_alpha() -> None:
    pairs = {"a": changed(9, 2, 50), "b": changed(8, 1, 50), "c": changed(3, 3, 50), "d": changed(9, 2, 50)}
    base, cand = (
        [
            {"id": f"q{place}", "scores": {name: values[side][place] for name, values in pairs.items()}}
            for place in range(50)
        ]
        for side in (0, 1)
    )
    gate = Overrides(gate=frozenset({"a", "b", "c"}))
    found = compare(run(base), run(cand), overrides=gate)
    p = [found.metrics[name].p for name in "abc"]
    assert [found.metrics[name].p_adjusted for name in "abc"] == pytest.approx(holm([value or 0 for value in p]))
    assert (found.verdict, found.exit) == (Verdict.INCONCLUSIVE, 0)  # none survives Holm
    told = found.metrics["d"]
    assert (told.verdict, told.gated, told.p_adjusted) == (Verdict.REGRESSED, False, told.p)
    assert compare(run(base), run(cand), overrides=Overrides(gate=frozenset({"a"}))).exit == 1
    assert compare(run(base), run(cand), overrides=Overrides(gate=frozenset())).exit == 0


def test_scores_that_are_no_verdicts_are_decided_at_four_fifths_of_alpha() -> None:
    scores = [0.1 * place for place in range(9)]
    p = one(compare_at(0.05, scores)).p
    assert p == 0.03125  # five of five: 2 ** -5
    for alpha, verdict in ((p / 0.8, Verdict.REGRESSED), (p / 0.81, Verdict.INCONCLUSIVE)):
        assert one(compare_at(alpha, scores)).verdict is verdict
    base, cand = changed(5, 0, 50)
    assert one(compare(run(column(base)), run(column(cand)), alpha=p)).verdict is Verdict.REGRESSED


def compare_at(alpha: float, scores: list[float]) -> Comparison:
    """Five of the scores lost a little."""
    worse = [value - 0.05 * (place < 5) for place, value in enumerate(scores)]
    return compare(run(column(scores)), run(column(worse)), alpha=alpha)


def test_tolerance_and_least_effect() -> None:
    draw = random.Random(9)
    base = [draw.random() for _ in range(400)]
    cand = [value - 0.01 + draw.gauss(0, 0.02) for value in base]
    before, now = run(column(base)), run(column(cand))
    assert one(compare(before, now)).verdict is Verdict.REGRESSED
    assert one(compare(before, now, tolerance=0.02)).verdict is Verdict.OK
    assert one(compare(before, now, tolerance={"m": 0.02})).verdict is Verdict.OK
    assert one(compare(before, now, min_effect=0.05)).verdict is Verdict.INCONCLUSIVE
    better = [value + 0.01 + draw.gauss(0, 0.02) for value in base]
    assert (one(compare(before, run(column(better)))).verdict, compare(before, now).exit) == (Verdict.OK, 1)


def test_what_is_inconclusive_passes_unless_strict_and_says_what_would_settle_it() -> None:
    base, cand = changed(3, 1, 20)
    found = compare(run(column(base)), run(column(cand)))
    metric = one(found)
    assert (found.verdict, found.exit) == (Verdict.INCONCLUSIVE, 0)
    assert metric.mde is not None
    assert mcnemar_power(20, lost=metric.mde, won=0.0) == pytest.approx(0.8)  # more than the 0.2 that changed
    assert metric.rows_needed is not None
    assert metric.rows_needed > 20
    assert metric.trials_needed is None
    assert any("one trial a row" in note for note in metric.notes)
    assert compare(run(column(base)), run(column(cand)), strict=True).exit == 3
    few = one(compare(run(column([True] * 4)), run(column([False, True, True, True]))))
    assert few.mde is None


def test_more_trials_than_there_are_would_settle_it() -> None:
    draw = random.Random(11)
    base = [[draw.random() < 0.8 for _ in range(3)] for _ in range(50)]
    cand = [[draw.random() < 0.74 for _ in range(3)] for _ in range(50)]
    metric = one(compare(run(trials(base)), run(trials(cand))))
    assert metric.verdict is Verdict.INCONCLUSIVE
    assert metric.trials_needed is not None
    assert metric.rows_needed is not None
    assert metric.diff is not None
    assert metric.se is not None
    within = sum(3 * p * (1 - p) / 2 for p in [sum(row) / 3 for row in (*base, *cand)]) / 50  # of both, one trial
    between = metric.se**2 * 50 - within / 3
    loss = -metric.diff

    def power(rows: int, trials_each: int) -> float:
        return TTestPower().power(loss / math.sqrt(between + within / trials_each), rows, 0.05, alternative="larger")

    assert metric.trials_needed > 3
    assert power(50, metric.trials_needed) >= 0.8 > power(50, metric.trials_needed - 1)
    assert metric.rows_needed > 50
    assert power(metric.rows_needed, 3) >= 0.8 > power(metric.rows_needed - 1, 3)


def test_a_run_compared_with_itself_passes() -> None:
    draw = random.Random(1)
    scores = run(column([draw.random() for _ in range(30)]))
    assert (one(compare(scores, scores)).verdict, compare(scores, scores).exit) == (Verdict.OK, 0)
    verdicts = run(column([True] * 20))
    metric = one(compare(verdicts, verdicts))
    assert (metric.p, metric.diff, metric.verdict) == (1.0, 0.0, Verdict.INCONCLUSIVE)
    assert metric.ci is not None
    assert metric.ci[0] == pytest.approx(-0.161125158053)  # 20 rows cannot exclude less, and it says so
    assert any("tolerance" in note for note in metric.notes)
    assert one(compare(verdicts, verdicts, tolerance=0.2)).verdict is Verdict.OK


def test_one_row() -> None:
    metric = one(compare(run(column([0.5])), run(column([0.4]))))
    assert (metric.n, metric.se, metric.ci, metric.mde, metric.verdict) == (1, None, None, None, Verdict.INCONCLUSIVE)
    assert metric.p == 0.5


def test_slices_explore_and_never_decide() -> None:
    base = [
        {**row, "metadata": {"lang": "de" if place < 15 else "en", "n": [1]}}
        for place, row in enumerate(column([True] * 60))
    ]
    cand = [{**row, "scores": {"m": place >= 6}} for place, row in enumerate(base)]
    found = compare(run(base), run(cand), slices=["lang", "n"], tolerance=0.5, min_effect=0.2)
    assert set(found.slices) == {"lang=de", "lang=en", "n=[1]"}
    bad = found.slices["lang=de"]["m"]
    assert (bad.n, bad.lost, bad.gated, bad.verdict) == (15, 6, False, Verdict.REGRESSED)
    assert bad.p_adjusted == pytest.approx(0.015625 * 1.5)  # the second smallest of three is the whole
    assert found.exit == 0
    with pytest.raises(UsageError, match="no row has 'nothing'"):
        compare(run(base), run(cand), slices=["nothing"])


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"alpha": 0.0}, "alpha is 0"),
        ({"min_coverage": 95}, "min_coverage is 95"),
        ({"tolerance": -0.1}, "tolerance is -0.1"),
        ({"tolerance": {"n": 0.1}}, "'n'"),
        ({"min_effect": math.nan}, "min_effect is nan"),
        ({"overrides": Overrides(lower=frozenset({"n"}))}, "no metric 'n'"),
        ({"overrides": Overrides(lower=frozenset({"m"}), higher=frozenset({"m"}))}, "both lower and higher"),
        ({"overrides": Overrides(binary=frozenset({"m"}))}, "said to be binary; row 'q0'"),
        ({"overrides": Overrides(ratio=frozenset({"m"})), "tolerance": 1.5}, "below 1"),
    ],
)
def test_arguments_that_cannot_work(arguments: dict[str, Any], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        compare(run(column([0.5, 0.4])), run(column([0.5, 0.4])), **arguments)


def test_a_comparison_is_json() -> None:
    base, cand = changed(9, 2, 50)
    found = compare(run(column(base)), run(column(cand)), floors=["m > 0.9"])
    data = json.loads(json.dumps(as_json(found), allow_nan=False))
    wanted = ("n", "mean_base", "mean_cand", "diff", "se", "ci", "test", "p", "p_adjusted", "mde", "verdict")
    assert set(wanted) <= data["metrics"]["m"].keys()
    assert (data["verdict"], data["exit"], data["coverage"]) == ("REGRESSED", 1, 1.0)
    assert data["metrics"]["m"]["floors"][0]["holds"] is False


@pytest.mark.parametrize(("kind", "rows", "trials_"), [("binary", 20, 1), ("binary", 50, 5), ("continuous", 30, 1)])
def test_an_unchanged_system_raises_few_false_alarms(kind: str, rows: int, trials_: int) -> None:
    """Of 200 at 5 %, more than 19 come once in a hundred; `python -m benchmarks gate` makes thousands."""
    assert alarms(kind, rows=rows, trials=trials_, rounds=200) <= 19


def test_a_loss_of_ten_points_is_seen_with_five_trials() -> None:
    """Of 100 at 89.5 %, fewer than 80 come once in five hundred."""
    assert alarms("binary", rows=50, trials=5, rounds=100, loss=0.1) >= 80
