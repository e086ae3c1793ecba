"""Absolute bounds, with a baseline beside them and without one, and what a run tells by itself."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.evals.references import stats
from tests.evals.runs import changed, column, one, run, trials
from tracekit.errors import UsageError
from tracekit.evals.compare import alone, compare
from tracekit.evals.comparison import Comparison, Verdict
from tracekit.evals.results import MetricInfo
from tracekit.evals.stats.intervals import wilson


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
