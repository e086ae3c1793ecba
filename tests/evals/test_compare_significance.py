"""Which test a comparison makes of the scores it finds, in which direction, and what it says it would have seen."""

from __future__ import annotations

import math
import random

import pytest

from tests.evals.references import TTestPower, stats
from tests.evals.runs import changed, column, one, run, trials
from tests.evals.seeds import seeded
from tracekit.evals.compare import compare
from tracekit.evals.comparison import Verdict
from tracekit.evals.known import Overrides
from tracekit.evals.results import MetricInfo
from tracekit.evals.stats.intervals import newcombe_paired


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
