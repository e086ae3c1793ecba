"""A judge beside human labels: what is said of it, and what is not defined and why."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from tests.evals.references import stats
from tests.evals.stats.test_agreement import H5, J5, H, J
from tracekit.errors import UsageError
from tracekit.evals.judgements import Judgement, loads
from tracekit.evals.stats.intervals import wilson
from tracekit.evals.stats.ppi import corrected_mean
from tracekit.evals.validity import Validity, validate


def read(rows: Iterable[Mapping[str, Any]]) -> tuple[Judgement, ...]:
    return loads("\n".join(json.dumps(row) for row in rows), where="labels.jsonl")


def rows(labels: Iterable[Any], judge: Iterable[Any], **more: Any) -> list[dict[str, Any]]:
    return [
        {"id": place, "label": label, "judge": answer, **more}
        for place, (label, answer) in enumerate(zip(labels, judge, strict=True))
    ]


def of(labels: Iterable[Any], judge: Iterable[Any], **options: Any) -> Validity:
    return validate(read(rows(labels, judge)), **options)


def test_verdicts() -> None:
    found = of(map(bool, H), J)
    assert found.statistics["agreement"] == pytest.approx(0.8)
    assert found.intervals["agreement"] == pytest.approx(wilson(16, 20))
    for name in ("kappa", "kappa_linear", "kappa_quadratic", "spearman", "mcc"):
        assert found.statistics[name] == pytest.approx(0.583333333333), name
    assert found.statistics["ac1"] == pytest.approx(0.615384615385)
    assert found.statistics["alpha"] == found.statistics["alpha_nominal"] == pytest.approx(0.59375)
    assert (found.statistics["sensitivity"], found.statistics["specificity"]) == pytest.approx((10 / 12, 6 / 8))
    assert found.intervals["sensitivity"] == pytest.approx(wilson(10, 12))
    assert (found.classes, found.confusion) == ((0.0, 1.0), ((6, 2), (2, 10)))
    assert (found.rows, found.n, found.coverage) == (20, 20, 1.0)
    assert [(row.id, row.label, row.judge) for row in found.disagreements] == [
        ("2", 1.0, 0.0), ("6", 0.0, 1.0), ("15", 0.0, 1.0), ("19", 1.0, 0.0),
    ]  # fmt: skip


def test_ranks() -> None:
    found = of(H5, J5)
    assert found.statistics["kappa"] == pytest.approx(0.478260869565)
    assert found.statistics["kappa_linear"] == pytest.approx(0.72972972973)
    assert found.statistics["kappa_quadratic"] == pytest.approx(0.888059701493)
    assert found.statistics["spearman"] == pytest.approx(0.898181818182)
    assert (found.alpha_level, found.statistics["alpha"]) == ("ordinal", found.statistics["alpha_ordinal"])
    assert of(H5, J5, level="interval").statistics["alpha"] == found.statistics["alpha_interval"]
    assert found.statistics["sensitivity"] is None
    assert "verdicts" in found.notes["sensitivity"]


def test_words_have_no_order_until_it_is_given() -> None:
    words = {1: "bad", 2: "poor", 3: "fair", 4: "good", 5: "best"}
    labels, judge = [words[label] for label in H5], [words[answer] for answer in J5]
    found = of(labels, judge)
    assert found.statistics["kappa"] == pytest.approx(0.478260869565)
    assert (found.alpha_level, found.statistics["alpha"]) == ("nominal", found.statistics["alpha_nominal"])
    for name in ("kappa_linear", "kappa_quadratic", "alpha_ordinal", "alpha_interval", "spearman", "kendall"):
        assert found.statistics[name] is None
        assert found.intervals[name] is None
        assert "no order" in found.notes[name]
    ordered = of(labels, judge, classes=list(words.values()))
    assert ordered.statistics["kappa_quadratic"] == pytest.approx(0.888059701493)
    assert ordered.statistics["spearman"] == pytest.approx(0.898181818182)
    assert "no distance" in ordered.notes["alpha_interval"]
    assert of(["yes"] * 5, ["no"] * 5).statistics["agreement"] == 0.0


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Kappa of a judge that repeats three of four labels and else guesses evenly: 0.75. Of 120, 107 to 119 hold it."""
    held = 0
    for seed in range(120):
        draw = random.Random(seed)
        labels = [draw.randint(0, 1) for _ in range(80)]
        judge = [label if draw.random() < 0.75 else draw.randint(0, 1) for label in labels]
        bounds = of(labels, judge).intervals["kappa"]
        assert bounds is not None
        held += bounds[0] <= 0.75 <= bounds[1]
    assert 107 <= held <= 119


def test_bootstraps_are_seeded() -> None:
    assert of(H, J) == of(H, J)
    assert of(H, J, seed=1).intervals["kappa"] != of(H, J, seed=2).intervals["kappa"]


class TestDegenerate:
    def test_all_of_one_label(self) -> None:
        found = of([1] * 12, [1] * 12)
        assert found.statistics["agreement"] == 1.0
        for name in ("kappa", "kappa_quadratic", "ac1", "alpha", "spearman", "mcc"):
            assert found.statistics[name] is None
            assert "the same" in found.notes[name]
        constant = of([1, 0] * 6, [1] * 12)
        assert constant.statistics["kappa"] == 0.0
        assert "the answers are all the same" in constant.notes["spearman"]

    def test_no_disagreement_is_not_certainty(self) -> None:
        found = of([1, 0] * 6, [1, 0] * 6)
        assert found.statistics["kappa"] == 1.0
        low = wilson(12, 12)[0]
        assert found.intervals["kappa"] == pytest.approx((1 - (1 - low) / 0.5, 1.0))
        assert found.intervals["alpha"] == pytest.approx((1 - (1 - low) / (0.5 * 24 / 23), 1.0))
        assert found.intervals["ac1"] == pytest.approx((1 - (1 - low) / 0.5, 1.0))
        ranks = of([1, 2, 3, 4] * 3, [1, 2, 3, 4] * 3)
        assert ranks.intervals["spearman"] is None
        assert "no row disagrees" in ranks.notes["spearman_interval"]

    def test_one_row(self) -> None:
        found = of([1], [0])
        assert (found.statistics["agreement"], found.statistics["kappa"]) == (0.0, 0.0)
        assert found.intervals["kappa"] is None
        assert any("few" in remark for remark in found.remarks)

    def test_no_pair(self) -> None:
        found = of([1, None], [None, 1])
        assert (found.n, found.coverage, found.statistics["agreement"], found.statistics["kappa"]) == (
            0,
            0.0,
            None,
            None,
        )
        assert "no row has both" in found.notes["kappa"]
        assert found.classes == ()

    def test_nearly_all_of_one_class(self) -> None:
        found = of([1] * 19 + [0], [1] * 18 + [0, 1])
        assert found.statistics["kappa"] is not None
        assert found.intervals["kappa"] is None
        assert "of the resamples" in found.notes["kappa_interval"]

    def test_answers_that_are_missing(self) -> None:
        found = of([1, 0, 1, 0, None], [1, None, 1, 0, 1])
        assert (found.n, found.missing_judge, found.missing_label, found.coverage) == (3, 1, 1, 0.75)
        assert any("3 of 4" in remark for remark in found.remarks)

    def test_a_scale_with_unused_steps_is_told(self) -> None:
        assert any("whole scale" in remark for remark in of([1, 2, 5], [1, 5, 2]).remarks)
        assert not any("whole scale" in one for one in of([1, 2, 5], [1, 5, 2], classes=[1, 2, 3, 4, 5]).remarks)

    def test_scores_of_many_values_have_no_table(self) -> None:
        values = [place / 100 for place in range(60)]
        found = of(values, values[::-1])
        assert found.confusion is None
        assert "60 different values" in found.notes["confusion"]
        assert found.statistics["spearman"] == pytest.approx(-1)


def test_a_threshold_makes_verdicts() -> None:
    labels, judge = [True, True, False, False, True], [0.9, 0.4, 0.2, 0.6, 0.5]
    plain = of(labels, judge)
    assert plain.statistics["agreement"] == 0.0
    assert any("threshold" in remark for remark in plain.remarks)
    found = of(labels, judge, threshold=0.5)
    assert found.statistics["agreement"] == pytest.approx(0.6)
    assert found.confusion == ((1, 1), (1, 2))
    assert found.calibration["brier"] == pytest.approx((0.01 + 0.36 + 0.04 + 0.36 + 0.25) / 5)
    assert found.calibration["auc"] == pytest.approx(4 / 6)
    beyond = of(labels, [9, 4, 2, 6, 5], threshold=5)
    assert (beyond.calibration["brier"], beyond.calibration["auc"]) == (None, pytest.approx(4 / 6))
    assert "no probabilities" in beyond.notes["brier"]


def test_flips_on_repeat_and_on_order() -> None:
    given = [
        {"id": "a", "label": "x", "judge": "x"},
        {"id": "a", "label": "x", "judge": "y", "trial": 1},
        {"id": "b", "label": "x", "judge": "x"},
        {"id": "b", "label": None, "judge": "x", "trial": 1},
        {"id": "b", "label": "x", "judge": "y", "swapped": True},
        {"id": "c", "label": "y", "judge": "y", "swapped": True},
        {"id": "c", "label": "y", "judge": "y", "swapped": False},
    ]
    found = validate(read(given))
    assert (found.repeat.rows, found.repeat.flipped, found.repeat.rate) == (2, 1, 0.5)
    assert (found.order.rows, found.order.flipped, found.order.interval) == (2, 1, wilson(1, 2))
    assert (found.n, found.statistics["agreement"]) == (3, 1.0)  # of the first answers
    plain = of(H, J)
    assert (plain.repeat.rate, plain.order.rate) == (None, None)
    assert "asked twice" in plain.notes["repeat"]


def test_length_bias() -> None:
    draw = random.Random(1)
    labels = [draw.randint(1, 5) for _ in range(60)]
    judge = [min(5, label + place // 20) for place, label in enumerate(labels)]
    given = [{**row, "output": "x" * place} for place, row in enumerate(rows(labels, judge))]
    found = validate(read(given)).length_bias
    error = [answer - label for answer, label in zip(judge, labels, strict=True)]
    assert found["spearman"] == pytest.approx(stats.spearmanr(judge, range(60)).statistic)
    assert found["spearman_of_error"] == pytest.approx(stats.spearmanr(error, range(60)).statistic)
    for row in given:
        row["length"] = 7
    same = validate(read(given))
    assert same.length_bias["spearman"] is None
    assert "all the same" in same.notes["length_bias.spearman"]
    assert "`length`" in of(H, J).notes["length_bias"]


def test_prediction_powered_correction() -> None:
    draw = random.Random(2)
    labels: list[int | None] = [draw.randint(1, 5) if place < 40 else None for place in range(200)]
    judge = [min(5, (label or draw.randint(1, 5)) + (draw.random() < 0.3)) for label in labels]
    found = of(labels, judge)
    known = [label for label in labels if label is not None]
    assert found.ppi == corrected_mean(known, judge[:40], judge[40:])
    assert "it takes 30" in of(labels[:29] + labels[40:], judge[:29] + judge[40:]).notes["ppi"]
    assert "every row has a label" in of(known, judge[:40]).notes["ppi"]


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([], "holds no labels"),
        ([{"id": 1, "judge": 1}], "no 'label'"),
        ([{"id": 1, "label": 1}], "no 'judge'"),
        ([{"label": 1, "judge": 1}], "has no id"),
        ([{"id": 1, "label": [1], "judge": 1}], r"label is \[1\]"),
        ([{"id": 1, "label": 1, "judge": float("nan")}], "judge is nan"),
        ([{"id": 1, "label": 1, "judge": 1, "trial": "a"}], "trial is 'a'"),
        ([{"id": 1, "label": 1, "judge": 1, "length": -1}], "length is -1"),
        ([{"id": 1, "label": 1, "judge": 1}] * 2, "id '1' stands there twice"),
        ([{"id": 1, "label": "good", "judge": 1}], "or they never agree"),
        ([[1]], "is no object"),
    ],
)
def test_lines_that_are_none(lines: list[Any], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        read(lines)


def test_what_cannot_be_asked() -> None:
    with pytest.raises(UsageError, match="is no JSON"):
        loads("{", where="labels.jsonl")
    for options, why in (
        ({"threshold": 0.5}, "a threshold makes verdicts of numbers"),
        ({"level": "interval"}, "the labels are words"),
        ({"classes": ["good"]}, "'bad' is none of the classes"),
    ):
        with pytest.raises(UsageError, match=why):
            of(["good", "bad"], ["good", "bad"], **options)
    two = [{"id": 1, "label": 1, "judge": 1}, {"id": 1, "label": 2, "judge": 1, "trial": 1}]
    with pytest.raises(UsageError, match="has the labels"):
        validate(read(two))
