"""What two runs can be compared in: rows that are in both, scores that are there, and runs that were made alike."""

from __future__ import annotations

import random

import pytest

from tests.evals.runs import changed, column, one, run, trials
from tracekit.evals.compare import alone, compare
from tracekit.evals.comparison import Verdict
from tracekit.evals.results import MetricInfo, Run


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
