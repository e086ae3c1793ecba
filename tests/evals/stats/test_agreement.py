"""Agreement against scikit-learn, SciPy, krippendorff, and Gwet's formula written out anew."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import krippendorff as reference
import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score, confusion_matrix, matthews_corrcoef

from tests.evals.references import stats
from tests.evals.seeds import seeded
from tracekit.evals.stats import agreement, krippendorff
from tracekit.evals.stats.agreement import BY_NAME, Level, encode, value

H = [1, 1, 1, 0, 0, 1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0, 1, 1, 0, 1]
J = [1, 1, 0, 0, 0, 1, 1, 1, 1, 0, 1, 0, 1, 1, 0, 1, 1, 1, 0, 0]
H5 = [1, 2, 3, 4, 5, 3, 2, 4, 5, 1, 3, 4]
J5 = [1, 2, 4, 4, 5, 3, 1, 5, 5, 2, 3, 3]
_ = None
FOUR = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, _, _, _],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, _, 3],
    [_, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, _],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, _],
]
LEVELS: tuple[Level, ...] = ("nominal", "ordinal", "interval")


def of(name: str, first: Sequence[Any], second: Sequence[Any], **options: Any) -> float | None:
    return value(BY_NAME[name](encode(first, second, **options)))


def test_worked_examples_of_verdicts() -> None:
    assert value(agreement.percent_agreement(encode(H, J))) == pytest.approx(0.8)
    assert of("kappa", H, J) == pytest.approx(0.583333333333)
    assert of("ac1", H, J) == pytest.approx(0.615384615385)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("kappa", 0.478260869565),
        ("kappa_linear", 0.72972972973),
        ("kappa_quadratic", 0.888059701493),
        ("spearman", 0.898181818182),
        ("kendall", 0.80701754386),
    ],
)
def test_worked_examples_of_ranks(name: str, expected: float) -> None:
    assert of(name, H5, J5) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("level", "expected"), [("nominal", 0.743421052632), ("ordinal", 0.815387503755), ("interval", 0.849107142857)]
)
def test_worked_example_of_four_raters_with_gaps(level: Level, expected: float) -> None:
    assert krippendorff.alpha(FOUR, level=level) == pytest.approx(expected)


def gwet(first: Sequence[int], second: Sequence[int]) -> float:
    """AC1 as Gwet 2008 states it."""
    classes = sorted({*first, *second})
    n = len(first)
    pa = sum(one == other for one, other in zip(first, second, strict=True)) / n
    shares = [(first.count(one) + second.count(one)) / (2 * n) for one in classes]
    pe = sum(share * (1 - share) for share in shares) / (len(classes) - 1)
    return (pa - pe) / (1 - pe)


@seeded(200)
def test_as_the_references(seed: int) -> None:
    draw = random.Random(seed)
    k, n = draw.randint(2, 7), draw.randint(5, 80)
    first = [draw.randint(1, k) for _ in range(n)]
    second = [one if draw.random() < 0.6 else draw.randint(1, k) for one in first]
    first[:2], second[:2] = [1, 2], [2, 2]
    second[2] = 1
    for name, weights in (("kappa", None), ("kappa_linear", "linear"), ("kappa_quadratic", "quadratic")):
        assert of(name, first, second) == pytest.approx(cohen_kappa_score(first, second, weights=weights), abs=1e-9)
    assert of("mcc", first, second) == pytest.approx(matthews_corrcoef(first, second), abs=1e-9)
    assert of("ac1", first, second) == pytest.approx(gwet(first, second), abs=1e-9)
    assert of("spearman", first, second) == pytest.approx(stats.spearmanr(first, second).statistic, abs=1e-9)
    assert of("kendall", first, second) == pytest.approx(stats.kendalltau(first, second).statistic, abs=1e-9)
    for level in LEVELS:
        expected = reference.alpha(reliability_data=[first, second], level_of_measurement=level)
        assert of(f"alpha_{level}", first, second) == pytest.approx(expected, abs=1e-9)
    table = agreement.confusion(encode(first, second))
    assert table.tolist() == confusion_matrix(first, second).tolist()


@seeded(200)
def test_krippendorff_with_gaps_as_the_reference(seed: int) -> None:
    draw = random.Random(seed)
    rows = draw.randint(4, 30)
    truth = [draw.randint(1, 5) for _ in range(rows)]
    ratings = [
        [None if draw.random() < 0.3 else one if draw.random() < 0.7 else draw.randint(1, 5) for one in truth]
        for _ in range(draw.randint(2, 5))
    ]
    ratings[0][:2], ratings[1][:2] = [1, 2], [1, 3]
    data = np.array([[np.nan if one is None else one for one in line] for line in ratings], dtype=float)
    for level in LEVELS:
        expected = reference.alpha(reliability_data=data, level_of_measurement=level)
        assert krippendorff.alpha(ratings, level=level) == pytest.approx(expected, abs=1e-9)


@seeded(50)
def test_resamples_are_as_each_alone(seed: int) -> None:
    draw = np.random.default_rng(seed)
    ratings = encode(H5, J5)
    places = draw.integers(0, len(H5), (8, len(H5)))
    sampled = ratings.sample(places)
    for name, statistic in BY_NAME.items():
        together = statistic(sampled)
        for line, rows in enumerate(places):
            alone = statistic(ratings.sample(rows[None, :]))[0]
            assert together[line] == pytest.approx(alone, abs=1e-12, nan_ok=True), name


def test_numbers_of_any_spacing_at_interval_level() -> None:
    first, second = [0.25, 0.5, 1.0, 0.75, 0.1], [0.3, 0.5, 0.9, 0.75, 0.2]
    expected = reference.alpha(reliability_data=[first, second], level_of_measurement="interval")
    assert of("alpha_interval", first, second) == pytest.approx(expected)
    assert krippendorff.alpha([first, second], level="interval") == pytest.approx(expected)


def test_the_whole_scale_can_be_named() -> None:
    first, second = [1, 2, 5, 5], [1, 5, 5, 2]
    expected = cohen_kappa_score(first, second, weights="linear", labels=[1, 2, 3, 4, 5])
    assert of("kappa_linear", first, second, classes=[1, 2, 3, 4, 5]) == pytest.approx(expected)
    assert of("kappa_linear", first, second) != pytest.approx(expected)
    with pytest.raises(ValueError, match="label 5 is none of the classes"):
        encode([5], [1], classes=[1, 2])


def test_what_is_not_defined_is_none() -> None:
    same = encode([1, 1, 1], [1, 1, 1])
    for name, statistic in BY_NAME.items():
        assert value(statistic(same)) is None, name
    constant = encode([0, 1, 0, 1], [1, 1, 1, 1])
    assert value(agreement.cohen_kappa(constant)) == 0.0
    for name in ("spearman", "kendall", "mcc"):
        assert value(BY_NAME[name](constant)) is None
    assert krippendorff.alpha([[1, 1], [1, 1]], level="nominal") is None
    assert krippendorff.alpha([[1, None], [None, 1]], level="nominal") is None
    assert krippendorff.alpha([], level="nominal") is None
    with pytest.raises(ValueError, match="numbers"):
        krippendorff.alpha([["a", "b"], ["a", "a"]], level="interval")
    with pytest.raises(ValueError, match="same rows"):
        krippendorff.alpha([[1], [1, 2]], level="nominal")


def test_kendall_of_more_rows_than_a_block() -> None:
    draw = random.Random(3)
    first = [draw.randint(0, 900) for _ in range(1_300)]
    second = [one + draw.randint(-300, 300) for one in first]
    assert of("kendall", first, second) == pytest.approx(stats.kendalltau(first, second).statistic, abs=1e-9)
