"""The gate: what is paired, which test is made, and which verdict and exit code follow."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from benchmarks.gate import alarms
from tests.evals.references import TTestPower, stats
from tests.evals.seeds import seeded
from tracekit.errors import UsageError
from tracekit.evals.compare import alone, compare
from tracekit.evals.comparison import Comparison, MetricComparison, Verdict, as_json
from tracekit.evals.known import Overrides
from tracekit.evals.results import MetricInfo, Run, loads
from tracekit.evals.stats.intervals import newcombe_paired, wilson
from tracekit.evals.stats.multiplicity import holm
from tracekit.evals.stats.power import mcnemar_power


def run(lines: Iterable[Mapping[str, Any]], **head: Any) -> Run:
    read = loads("\n".join(json.dumps(row) for row in lines), where="test.jsonl", suite="test")
    return replace(read, **head)


def column(values: Iterable[Any], name: str = "m", **more: Any) -> list[dict[str, Any]]:
    return [{"id": f"q{place}", "scores": {name: value}, **more} for place, value in enumerate(values)]


def trials(rows: Iterable[Iterable[Any]], name: str = "m") -> list[dict[str, Any]]:
    return [
        {"id": f"q{place}", "trial": trial, "scores": {name: value}}
        for place, row in enumerate(rows)
        for trial, value in enumerate(row)
    ]


def changed(lost: int, won: int, n: int) -> tuple[list[bool], list[bool]]:
    """Verdicts of two runs of n rows, of which so many changed; the others pass."""
    base = [True] * lost + [False] * won + [True] * (n - lost - won)
    return base, [False] * lost + [True] * won + [True] * (n - lost - won)


def one(found: Comparison) -> MetricComparison:
    (metric,) = found.metrics.values()
    return metric


def test_verdicts_of_one_trial_are_tested_by_mcnemar() -> None:
    base, cand = changed(9, 2, 50)
    found = compare(run(column(base)), run(column(cand)))
    metric = one(found)
    assert (metric.test, metric.interval, metric.n, metric.lost, metric.won) == ("mcnemar_exact", "newcombe", 50, 9, 2)
    assert metric.p == pytest.approx(0.03271484375)
    assert metric.p_adjusted == metric.p
    assert (metric.mean_base, metric.mean_cand, metric.diff) == pytest.approx((0.96, 0.82, -0.14))
    low, high = newcombe_paired(both=39, first=9, second=2, neither=0)
    assert metric.ci == pytest.approx((-high, -low))
    assert (metric.verdict, found.verdict, found.exit, found.coverage) == (Verdict.REGRESSED, Verdict.REGRESSED, 1, 1.0)
    assert [row.id for row in metric.changes] == [f"q{place}" for place in range(9)]
    assert (metric.changes[0].base, metric.changes[0].cand, metric.changes[0].loss) == (1.0, 0.0, 1.0)


def test_numbers_that_are_0_and_1_are_verdicts_too() -> None:
    base, cand = changed(9, 2, 50)
    as_numbers = compare(run(column(map(int, base))), run(column([float(value) for value in cand])))
    assert one(as_numbers) == one(compare(run(column(base)), run(column(cand))))


def test_scores_are_tested_by_sign_flips_of_trial_means() -> None:
    draw = random.Random(5)
    base = [[draw.random() < 0.9 for _ in range(3)] for _ in range(40)]
    cand = [[draw.random() < 0.7 for _ in range(3)] for _ in range(40)]
    metric = one(compare(run(trials(base)), run(trials(cand))))
    differences = [sum(now) / 3 - sum(before) / 3 for before, now in zip(base, cand, strict=True)]
    expected = stats.ttest_1samp(differences, 0).confidence_interval()
    assert metric.test == "sign_flip_exact"  # thirds lie on a lattice
    assert metric.interval == "paired_t"
    assert metric.ci == pytest.approx((expected.low, expected.high))
    assert metric.diff == pytest.approx(sum(differences) / 40)
    assert metric.se == pytest.approx(stats.sem(differences))
    assert metric.p == pytest.approx(float(stats.ttest_1samp(differences, 0, alternative="less").pvalue), abs=0.01)
    assert set(metric.flaky) >= {f"q{place}" for place, row in enumerate(cand) if 0 < sum(row) < 3}
    assert metric.pass_at_k == pytest.approx(sum(any(row) for row in cand) / 40)
    assert metric.pass_hat_k == pytest.approx(sum(all(row) for row in cand) / 40)


@seeded(20)
def test_the_detectable_loss_is_that_of_the_paired_t_test(seed: int) -> None:
    draw = random.Random(seed)
    base = [draw.random() for _ in range(30)]
    cand = [value + draw.gauss(0, 0.1) for value in base]
    metric = one(compare(run(column(base)), run(column(cand))))
    assert metric.mde is not None
    assert metric.se is not None
    deviation = metric.se * math.sqrt(30)
    assert TTestPower().power(metric.mde / deviation, 30, 0.05, alternative="larger") == pytest.approx(0.8, abs=1e-6)
    assert metric.n == 30


def test_the_detectable_loss_is_at_what_holm_leaves_one_of_several() -> None:
    draw = random.Random(3)
    base = [{"id": str(place), "scores": {"a": draw.random(), "b": draw.random()}} for place in range(30)]
    cand = [{"id": str(place), "scores": {"a": draw.random(), "b": draw.random()}} for place in range(30)]
    for metric in compare(run(base), run(cand)).metrics.values():
        assert metric.mde is not None
        assert metric.se is not None
        dz = metric.mde / (metric.se * math.sqrt(30))
        assert TTestPower().power(dz, 30, 0.025, alternative="larger") == pytest.approx(0.8, abs=1e-6)


def test_lower_is_better_from_the_run_the_registry_or_the_caller() -> None:
    base, cand = changed(2, 9, 50)  # fewer pass in the base
    for found in (
        compare(run(column(base)), run(column(cand)), overrides=Overrides(lower=frozenset({"m"}))),
        compare(
            run(column(base), metrics={"m": MetricInfo(name="m", better="lower")}),
            run(column(cand), metrics={"m": MetricInfo(name="m", better="lower")}),
        ),
    ):
        metric = one(found)
        assert (metric.better, metric.verdict, metric.lost, metric.won) == ("lower", Verdict.REGRESSED, 9, 2)
        assert metric.diff == pytest.approx(0.14)
        assert metric.p == pytest.approx(0.03271484375)
        assert (metric.changes[0].base, metric.changes[0].cand) == (0.0, 1.0)
    assert one(compare(run(column(base)), run(column(cand)))).verdict is not Verdict.REGRESSED


def test_the_registry_knows_the_direction(monkeypatch: pytest.MonkeyPatch) -> None:
    from tracekit.evals import registry
    from tracekit.evals.metric import Metric

    wer = Metric(name="errors", function=abs, summary="", inputs=(), better="lower", ratio=True, source="", high=None)
    monkeypatch.setattr(registry, "every", lambda: {"errors": wer})
    found = compare(run(column([1.0] * 9, "errors(k=3)")), run(column([2.0] * 9, "errors(k=3)")))
    metric = one(found)
    assert (metric.better, metric.ratio, metric.verdict) == ("lower", True, Verdict.REGRESSED)
    assert one(compare(run(column([1.0], "not a label!")), run(column([1.0], "not a label!")))).better == "higher"


def test_ratios_are_compared_as_logarithms() -> None:
    draw = random.Random(2)
    base = [[draw.lognormvariate(0, 1) for _ in range(2)] for _ in range(60)]
    cand = [[value * 1.3 * draw.lognormvariate(0, 0.2) for value in row] for row in base]
    slower = Overrides(lower=frozenset({"m"}), ratio=frozenset({"m"}))
    metric = one(compare(run(trials(base)), run(trials(cand)), overrides=slower))
    logs = [
        sum(map(math.log, now)) / 2 - sum(map(math.log, before)) / 2 for before, now in zip(base, cand, strict=True)
    ]
    bounds = stats.ttest_1samp(logs, 0).confidence_interval()
    assert metric.diff == pytest.approx(math.exp(sum(logs) / 60))
    assert metric.ci == pytest.approx((math.exp(bounds.low), math.exp(bounds.high)))
    assert metric.se == pytest.approx(stats.sem(logs))
    assert metric.mean_base == pytest.approx(sum(map(sum, base)) / 120)
    assert metric.verdict is Verdict.REGRESSED
    assert metric.mde is not None
    assert metric.mde > 1
    tolerated = compare(run(trials(base)), run(trials(cand)), overrides=slower, tolerance=0.5)
    assert one(tolerated).verdict is Verdict.OK
    assert any("within the tolerance" in note for note in one(tolerated).notes)


def test_what_has_no_ratio_is_named_and_counts_as_missing() -> None:
    ratio = Overrides(lower=frozenset({"m"}), ratio=frozenset({"m"}))
    found = compare(run(column([1.0] * 19 + [0.0])), run(column([1.0] * 18 + [-1.0, 0.0])), overrides=ratio)
    metric = one(found)
    assert metric.n == 19  # the last is 0 in both: it has not changed
    assert metric.coverage == pytest.approx(0.95)
    assert any("not above 0" in note and "q18" in note for note in metric.notes)
    assert (metric.mean_base, metric.mean_cand) == pytest.approx((18 / 19, 18 / 19))
    free = compare(run(column([0.0] * 5)), run(column([0.0] * 5)), overrides=ratio)
    assert (one(free).diff, one(free).mean_base, free.exit, free.coverage) == (1.0, 0.0, 0, 1.0)


def test_clusters_are_tested_by_t_on_their_errors() -> None:
    draw = random.Random(3)
    clusters = [f"c{place % 12}" for place in range(60)]
    shift = {name: draw.gauss(-0.1, 0.1) for name in clusters}
    base = [draw.random() for _ in clusters]
    cand = [value + shift[name] + draw.gauss(0, 0.02) for value, name in zip(base, clusters, strict=True)]
    rows = [[{**row, "cluster": name} for row, name in zip(column(v), clusters, strict=True)] for v in (base, cand)]
    metric = one(compare(run(rows[0]), run(rows[1])))
    plain = one(compare(run(column(base)), run(column(cand))))
    assert (metric.test, metric.interval, metric.clusters) == ("clustered_t", "clustered_t", 12)
    assert metric.se is not None
    assert plain.se is not None
    assert metric.se > 1.5 * plain.se
    assert not any("clusters are few" in note for note in metric.notes)


def test_few_clusters_are_told_and_one_is_refused() -> None:
    base, cand = changed(9, 2, 50)
    several = [
        [{**row, "cluster": str(place % 4)} for place, row in enumerate(column(values))] for values in (base, cand)
    ]
    found = one(compare(run(several[0]), run(several[1])))
    assert (found.test, found.clusters) == ("clustered_t", 4)
    assert any("clusters are few" in note for note in found.notes)
    single = compare(run(column(base, cluster="x")), run(column(cand, cluster="x")))
    assert (one(single).p, one(single).ci, one(single).verdict) == (None, None, Verdict.INCONCLUSIVE)
    assert any("all rows are of one cluster" in note for note in one(single).notes)
    alone_each = [[{**row, "cluster": row["id"]} for row in column(values)] for values in (base, cand)]
    assert one(compare(run(alone_each[0]), run(alone_each[1]))).test == "mcnemar_exact"


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


class TestRows:
    def test_are_paired_by_id_whatever_their_order(self) -> None:
        base, cand = changed(9, 2, 50)
        shuffled = column(cand)
        random.Random(1).shuffle(shuffled)
        found = compare(run(column(base)), run(shuffled))
        assert one(found).p == pytest.approx(0.03271484375)

    def test_that_are_in_one_run_only_or_were_changed_are_told_and_left_out(self) -> None:
        base = [{**row, "hash": "a"} for row in column([True] * 40)]
        cand = [{**row, "hash": "a"} for row in column([True] * 40)]
        base.append({"id": "gone", "scores": {"m": True}, "hash": "a"})
        cand.append({"id": "new", "scores": {"m": False}, "hash": "a"})
        cand[3] = {**cand[3], "hash": "b", "scores": {"m": False}}
        found = compare(run(base), run(cand))
        assert (found.added, found.removed, found.changed, found.missing) == (("new",), ("gone",), ("q3",), ("gone",))
        assert (one(found).n, one(found).lost, found.exit) == (39, 0, 0)
        assert found.coverage == pytest.approx(39 / 40)
        assert any("gone" in reason for reason in found.reasons)

    def test_that_the_candidate_lacks_are_missing_scores(self) -> None:
        base, cand = column([True] * 20), column([True] * 15)
        found = compare(run(base), run(cand))
        assert (found.exit, found.verdict, found.coverage) == (3, Verdict.UNDECIDED, 0.75)
        assert one(found).worst_case == pytest.approx((-0.25, 0.0))
        assert compare(run(base), run(cand), subset=True).exit == 0
        edited = compare(
            run([{**row, "hash": "h"} for row in base], dataset="1"),
            run([{**row, "hash": "h"} for row in cand], dataset="2"),
        )
        assert (edited.exit, edited.missing, len(edited.removed)) == (0, (), 5)

    def test_of_a_run_that_was_cut_short_are_missing(self) -> None:
        base = run(column([True] * 20))
        cand = run(column([True] * 20), rows=40, interrupted=True)
        found = compare(base, cand)
        assert (found.exit, found.coverage) == (3, 0.5)
        assert any("interrupted" in reason for reason in found.reasons)

    def test_lack_trials_that_were_not_run(self) -> None:
        base, cand = trials([[1, 0]] * 20), trials([[1]] * 20)
        assert compare(run(base, trials=2), run(cand, trials=2)).coverage == 0.5


class TestCoverage:
    def test_below_the_least_nothing_is_decided(self) -> None:
        base, cand = changed(30, 0, 100)
        holes: list[bool | None] = [*cand[:90], *[None] * 10]
        found = compare(run(column(base)), run(column(holes)))
        metric = one(found)
        assert (found.verdict, found.exit) == (Verdict.UNDECIDED, 3)
        assert (metric.coverage_base, metric.coverage_cand, found.coverage) == (1.0, 0.9, 0.9)
        assert metric.worst_case == pytest.approx((-0.4, -0.3))
        assert metric.p is not None
        assert any("90.0%" in reason for reason in found.reasons)
        assert compare(run(column(base)), run(column(holes)), min_coverage=0.9).exit == 1

    def test_of_the_pairs_counts_as_well(self) -> None:
        values = [True] * 100
        base: list[bool | None] = [None] * 3 + values[3:]
        cand: list[bool | None] = values[3:] + [None] * 3
        assert compare(run(column(base)), run(column(cand))).coverage == pytest.approx(0.94)

    def test_at_the_least_is_enough(self) -> None:
        values: list[bool | None] = [True] * 95 + [None] * 5
        assert compare(run(column([True] * 100)), run(column(values))).exit == 0

    def test_of_a_metric_that_vanished_is_none(self) -> None:
        found = compare(run(column([True] * 9)), run(column([True] * 9, "other")))
        assert (found.metrics["m"].verdict, found.exit) == (Verdict.UNDECIDED, 3)
        assert found.metrics["other"].verdict is Verdict.INCONCLUSIVE
        assert any("no score of it" in note for note in found.metrics["other"].notes)
        told = compare(
            run(column([True] * 9)), run(column([True] * 9, "other"), metrics={"other": MetricInfo(name="other")})
        )
        assert (told.metrics["m"].gated, told.metrics["m"].verdict, told.exit) == (False, Verdict.INCOMPARABLE, 0)

    def test_a_known_failure_is_the_answer_whatever_is_unknown(self) -> None:
        base, cand = changed(20, 0, 50)
        before = [{"id": str(place), "scores": {"a": value, "b": 1.0}} for place, value in enumerate(base)]
        now = [{"id": str(place), "scores": {"a": value, "b": None}} for place, value in enumerate(cand)]
        found = compare(run(before), run(now))
        assert {name: one.verdict for name, one in found.metrics.items()} == {"a": "REGRESSED", "b": "UNDECIDED"}
        assert (found.exit, found.verdict) == (1, Verdict.REGRESSED)

    @pytest.mark.parametrize(
        ("values", "low", "high", "expected"),
        [
            ([0.4, None], None, None, (-0.3, 0.2)),
            ([4, None], None, None, None),
            ([4, None], 1, 5, (-1.75, 0.25)),
            ([4, None], 0, None, None),
        ],
    )
    def test_bounds_are_of_the_range(
        self, values: list[float | None], low: float | None, high: float | None, expected: tuple[float, float] | None
    ) -> None:
        info = {"m": MetricInfo(name="m", low=low, high=high)}
        base = column([0.4, 0.6] if values[0] == 0.4 else [4.5, 4.0])
        metric = one(compare(run(base, metrics=info), run(column(values), metrics=info)))
        if expected is None and low is None:  # what was seen: 4 to 4.5
            expected = (-0.25, 0.0)
            assert any("what was seen" in note for note in metric.notes)
        assert metric.worst_case == (None if expected is None else pytest.approx(expected))

    def test_no_metric_is_no_answer(self) -> None:
        empty = run([{"id": "q0", "scores": {}}])
        assert (compare(empty, empty).exit, alone(empty).exit, compare(empty, empty).coverage) == (3, 3, 0.0)
        assert "no metric" in compare(empty, empty).reasons[-1]


class TestIncomparable:
    def test_versions(self) -> None:
        base, cand = changed(20, 0, 50)
        found = compare(
            run(column(base), metrics={"m": MetricInfo(name="m")}),
            run(column(cand), metrics={"m": MetricInfo(name="m", version=2)}),
        )
        assert (found.exit, one(found).verdict, one(found).p) == (5, Verdict.INCOMPARABLE, None)
        assert any("another version: 1 in the base, 2" in note for note in one(found).notes)

    @pytest.mark.parametrize(("judged", "code"), [(True, 5), (False, 1)])
    def test_judges_stand_in_the_way_of_their_own_metrics(self, *, judged: bool, code: int) -> None:
        base, cand = changed(20, 0, 50)
        info = {"m": MetricInfo(name="m", judged=judged)}
        found = compare(run(column(base), metrics=info, judge="one"), run(column(cand), metrics=info, judge="two"))
        assert found.exit == code

    def test_a_judge_that_drifted(self) -> None:
        info = {"m": MetricInfo(name="m", judged=True), "n": MetricInfo(name="n")}
        rows = [{"id": str(place), "scores": {"m": 0.5, "n": 0.5}} for place in range(9)]
        canary = {f"c{place}": 0.5 + place / 20 for place in range(8)}
        base = run(rows, metrics=info, judge="one", canary=canary)
        for shift in (0.1, -0.1):
            moved = {name: score + shift for name, score in canary.items()}
            found = compare(base, run(rows, metrics=info, judge="one", canary=moved))
            assert {name: one.verdict for name, one in found.metrics.items()} == {"m": "INCOMPARABLE", "n": "OK"}
            assert found.exit == 5
            assert any("drifted" in reason for reason in found.reasons)
        steady = {name: score + (0.1 if place % 2 else -0.1) for place, (name, score) in enumerate(canary.items())}
        assert compare(base, run(rows, metrics=info, judge="one", canary=steady)).exit == 0
        unknown = compare(base, run(rows, metrics=info, judge="one"))
        assert (unknown.exit, "could not be checked" in unknown.reasons[0]) == (0, True)
        few = compare(run(rows, metrics=info, canary={"a": 0.1}), run(rows, metrics=info, canary={"a": 0.9}))
        assert "too few to show a drift" in few.reasons[0]

    def test_scores_that_were_come_by_in_another_way(self) -> None:
        def told(*modes: str) -> Run:
            return run(
                {"id": str(place), "scores": {"g_eval": 0.5, "n": 0.5}, "modes": {"g_eval": mode}}
                for place, mode in enumerate(modes)
            )

        weighted, top = told(*["weighted"] * 9), told(*["top"] * 9)
        found = compare(weighted, top)
        assert {name: one.verdict for name, one in found.metrics.items()} == {"g_eval": "INCOMPARABLE", "n": "OK"}
        assert found.exit == 5
        assert "weighted in the base, top in the candidate, in 9 of 9 rows" in found.metrics["g_eval"].notes[0]
        assert compare(top, top).exit == compare(weighted, weighted).exit == 0
        some = compare(weighted, told(*["weighted"] * 8, "top"))
        assert (some.exit, "in 1 of 9 rows" in some.metrics["g_eval"].notes[0]) == (5, True)
        untold = [{"id": str(place), "scores": {"g_eval": 0.5, "n": 0.5}} for place in range(9)]
        assert compare(weighted, run(untold)).exit == 0

    def test_datasets_whose_rows_cannot_be_told_apart(self) -> None:
        found = compare(run(column([True] * 9), dataset="a"), run(column([True] * 9), dataset="b"))
        assert (found.exit, found.verdict) == (5, Verdict.INCOMPARABLE)
        assert "the datasets differ" in found.reasons[0]

    def test_runs_with_no_row_in_common(self) -> None:
        found = compare(run([{"id": "a", "scores": {"m": 1}}]), run([{"id": "b", "scores": {"m": 1}}]), subset=True)
        assert (found.exit, found.verdict) == (5, Verdict.INCOMPARABLE)

    def test_a_floor_needs_no_baseline(self) -> None:
        found = compare(run(column([0.5] * 9), dataset="a"), run(column([0.5] * 9), dataset="b"), floors=["m >= 0.8"])
        assert (found.exit, one(found).verdict) == (1, Verdict.FLOOR)


class TestOfBoundsAlone:
    """A metric that is not compared: its bounds decide, and it takes nothing from the other metrics' share of alpha."""

    INFO: Mapping[str, MetricInfo] = {
        "clock": MetricInfo(name="clock", better="lower", ratio=True, compared=False, specs=("clock < 3",)),
        "m": MetricInfo(name="m", binary=True),
    }

    def two(self, factor: float, lost: int = 7) -> Comparison:
        base, cand = changed(lost, 1, 50)
        return compare(
            *(
                run(
                    ({"id": str(n), "scores": {"m": one, "clock": (1 + n / 100) * by}} for n, one in enumerate(values)),
                    metrics=self.INFO,
                )
                for values, by in ((base, 1.0), (cand, factor))
            )
        )

    def test_a_loss_is_told_and_decides_nothing(self) -> None:
        found = self.two(2.0)
        clock, m = found.metrics["clock"], found.metrics["m"]
        assert (clock.verdict, clock.gated, clock.diff) == (Verdict.OK, True, pytest.approx(2.0))
        assert (clock.p or 1) < 0.001
        assert "its bounds alone decide" in clock.notes[0]
        assert m.p_adjusted == m.p == pytest.approx(0.03515625)  # of two it would be twice as much, and pass
        assert (m.verdict, found.exit) == (Verdict.REGRESSED, 1)

    def test_its_bound_fails_the_gate(self) -> None:
        found = self.two(4.0, lost=0)
        assert (found.metrics["clock"].verdict, found.verdict, found.exit) == (Verdict.FLOOR, Verdict.FLOOR, 1)

    def test_its_coverage_is_the_candidates(self) -> None:
        gaps = [{"id": str(n), "scores": {"clock": 1.0 if n else None}} for n in range(9)]
        whole = [{"id": str(n), "scores": {"clock": 1.0}} for n in range(9)]
        info = {"clock": self.INFO["clock"]}
        assert compare(run(gaps, metrics=info), run(whole, metrics=info)).exit == 0
        assert compare(run(whole, metrics=info), run(gaps, metrics=info)).exit == 3


class TestFloors:
    def test_of_the_suite_and_of_the_caller(self) -> None:
        values = [0.1 * (place % 10) for place in range(200)]
        info = {"m": MetricInfo(name="m", specs=("m >= 0.3", "m.p95 < 0.95", "m"))}
        good = alone(run(column(values), metrics=info))
        assert (good.exit, one(good).verdict, [floor.holds for floor in one(good).floors]) == (
            0,
            Verdict.OK,
            [True, True],
        )
        assert one(good).floors[1].value == pytest.approx(0.9)
        assert one(good).floors[1].ci is not None
        bad = alone(run(column(values), metrics=info), floors=["m.median > 0.5", "m.min >= 0"])
        assert (bad.exit, one(bad).verdict) == (1, Verdict.FLOOR)
        assert [floor.holds for floor in one(bad).floors] == [True, True, False, True]

    def test_percentiles_are_of_every_answer_and_means_of_rows(self) -> None:
        rows = run(trials([[0, 10], [0, 0, 0, 4], [1]]))
        found = {
            floor.spec: floor.value
            for floor in one(alone(rows, floors=["m.max < 9", "m < 2", "m.sum < 5", "m.p50 <= 1"])).floors
        }
        assert found == {"m.max < 9": 10, "m < 2": pytest.approx(7 / 3), "m.sum < 5": pytest.approx(7), "m.p50 <= 1": 0}

    def test_are_not_held_against_too_few_scores(self) -> None:
        found = alone(run(column([0.5, None, None, None, None, None])), floors=["m >= 0.8"])
        assert (found.exit, one(found).verdict, one(found).coverage) == (3, Verdict.UNDECIDED, pytest.approx(1 / 6))

    def test_fail_beside_a_comparison_that_is_fine(self) -> None:
        same = run(column([0.5] * 30))
        found = compare(same, same, floors=["m > 0.6"])
        assert (found.exit, found.verdict) == (1, Verdict.FLOOR)

    @pytest.mark.parametrize(
        ("line", "why"), [("n > 1", "no metric 'n'"), ("m", "sets no bound"), ("m >", "cannot be read")]
    )
    def test_that_cannot_be_are_refused(self, line: str, why: str) -> None:
        with pytest.raises(UsageError, match=why):
            alone(run(column([1.0])), floors=[line])


def test_a_run_alone_has_intervals() -> None:
    found = one(alone(run(column([True] * 17 + [False] * 3))))
    assert (found.n, found.mean_cand, found.interval, found.ci) == (20, 0.85, "wilson", wilson(17, 20))
    scores = [0.1, 0.5, 0.7, 0.2, 0.9]
    expected = stats.ttest_1samp(scores, 0).confidence_interval()
    found = one(alone(run(column(scores))))
    assert (found.interval, found.ci) == ("t", pytest.approx((expected.low, expected.high)))
    clustered = one(alone(run([{**row, "cluster": str(place // 2)} for place, row in enumerate(column(scores * 4))])))
    assert clustered.interval == "clustered_t"


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


def test_other_tests_and_intervals_on_demand() -> None:
    base, cand = changed(9, 2, 50)
    assert one(compare(run(column(base)), run(column(cand)), test="mid_p")).p == 0.019287109375
    draw = random.Random(4)
    scores = [draw.random() for _ in range(40)]
    worse = [value - 0.02 * draw.random() for value in scores]
    metric = one(compare(run(column(scores)), run(column(worse)), test="wilcoxon", interval="bca"))
    assert (metric.test, metric.interval, metric.verdict) == ("wilcoxon", "bca", Verdict.REGRESSED)
    few = one(compare(run(column(scores[:9])), run(column(worse[:9])), interval="bca"))
    assert few.interval == "paired_t"
    assert any("too few for a bootstrap" in note for note in few.notes)


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
