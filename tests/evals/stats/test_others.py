"""Trials, calibration, flips and prediction-powered inference, against scikit-learn and worked examples."""

from __future__ import annotations

import itertools
import math
import random

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score

from tests.evals.references import stats
from tests.evals.seeds import seeded
from tracekit.evals.stats import calibration, ppi, trials
from tracekit.evals.stats.flips import flips
from tracekit.evals.stats.intervals import mean_of, wilson


@pytest.mark.parametrize(
    ("n", "passed", "k", "at_least_one", "every_one"),
    [
        (10, 3, 1, 0.3, 0.3),
        (10, 3, 5, 0.916666666667, 0.0),
        (10, 8, 3, 1.0, 0.466666666667),
        (5, 5, 3, 1.0, 1.0),
        (5, 0, 3, 0.0, 0.0),
        (8, 4, 4, 0.985714285714, 0.0142857142857),
    ],
)
def test_passes(n: int, passed: int, k: int, at_least_one: float, every_one: float) -> None:
    assert trials.pass_at_k(n, passed, k=k) == pytest.approx(at_least_one)
    assert trials.pass_hat_k(n, passed, k=k) == pytest.approx(every_one)


def test_passes_as_all_draws_of_k() -> None:
    for n, passed, k in itertools.product(range(1, 7), range(7), range(1, 7)):
        if passed <= n and k <= n:
            draws = list(itertools.combinations([True] * passed + [False] * (n - passed), k))
            assert trials.pass_at_k(n, passed, k=k) == pytest.approx(sum(map(any, draws)) / len(draws))
            assert trials.pass_hat_k(n, passed, k=k) == pytest.approx(sum(map(all, draws)) / len(draws))
    for n, passed, k in [(3, 1, 4), (3, 1, 0), (3, 4, 1), (3, -1, 1)]:
        with pytest.raises(ValueError, match="answers"):
            trials.pass_at_k(n, passed, k=k)


def test_trials_of_five_rows() -> None:
    rows = [[float(digit) for digit in line] for line in ("11111", "01011", "00000", "11011", "11110")]
    means = mean_of([sum(row) / 5 for row in rows])
    assert means.mean == pytest.approx(0.64)
    assert means.se == pytest.approx(0.172046505341)
    assert sum(map(trials.flaky, rows)) == 3
    assert trials.within_row_variance(rows) == pytest.approx(0.14)
    assert trials.within_row_variance([[1.0], [0.0]]) is None
    unequal = [[1.0, 0.0, 0.5], [2.0], [3.0, 5.0]]
    pooled = (np.var(unequal[0], ddof=1) * 2 + np.var(unequal[2], ddof=1)) / 3
    assert trials.within_row_variance(unequal) == pytest.approx(pooled)


TRUTH = [True, False, True, True, False, False, True, False]
SAID = [0.9, 0.2, 0.6, 0.4, 0.5, 0.1, 0.8, 0.7]


def test_calibration() -> None:
    assert calibration.brier(TRUTH, SAID) == pytest.approx(0.17)
    assert calibration.auc(TRUTH, SAID) == pytest.approx(0.8125)
    assert calibration.expected_calibration_error(TRUTH, SAID) == pytest.approx(0.35)
    assert calibration.auc([True, True], [0.1, 0.2]) is None
    with pytest.raises(ValueError, match="0 to 1"):
        calibration.brier([True], [1.5])


def ece(truth: list[bool], said: list[float], bins: int) -> float:
    """Bin by bin: probability i/bins up to, and without, (i+1)/bins."""
    total = 0.0
    for place in range(bins):
        inside = [
            i for i, p in enumerate(said) if place / bins <= p < (place + 1) / bins or (p == 1 and place == bins - 1)
        ]
        total += abs(sum(said[i] - truth[i] for i in inside))
    return total / len(said)


@seeded(200)
def test_calibration_as_scikit_learn_and_bin_by_bin(seed: int) -> None:
    draw = random.Random(seed)
    n = draw.randint(2, 80)
    truth = [True, False, *(draw.random() < 0.5 for _ in range(n))]
    said = [draw.choice([draw.random(), round(draw.random(), 1)]) for _ in truth]
    assert calibration.brier(truth, said) == pytest.approx(brier_score_loss(truth, said), abs=1e-9)
    assert calibration.auc(truth, said) == pytest.approx(roc_auc_score(truth, said), abs=1e-9)
    off_edges = [(p + 0.0123) % 1 for p in said]
    bins = draw.choice([5, 10, 15])
    found = calibration.expected_calibration_error(truth, off_edges, bins=bins)
    assert found == pytest.approx(ece(truth, off_edges, bins), abs=1e-9)


def test_flips() -> None:
    found = flips([["a", "a", "a"], ["a", "b", "a"], ["x"], []])
    assert (found.rows, found.flipped, found.rate) == (2, 1, 0.5)
    assert found.interval == wilson(1, 2)
    assert found.pairwise == pytest.approx((0 + 2 / 3) / 2)
    assert flips([["a"]]).rate is None


def data(seed: int, n: int, m: int) -> tuple[list[float], list[float], list[float]]:
    draw = random.Random(seed)
    labels = [draw.randint(1, 5) + 0.0 for _ in range(n)]
    judged = [label + draw.choice([0, 0, 1, -1]) for label in labels]
    return labels, judged, [draw.randint(1, 5) + draw.choice([0.0, 0.0, 1.0]) for _ in range(m)]


@pytest.mark.parametrize(
    ("seed", "n", "m", "expected"),
    [
        (0, 30, 100, (3.2588729404309253, 2.958657287811797, 3.5590885930500535)),
        (1, 60, 60, (3.1340402530762708, 2.8517662682122973, 3.4163142379402442)),
        (2, 100, 1000, (3.2850706473363736, 3.153799404412712, 3.416341890260035)),
        (3, 200, 50, (3.195841781881635, 3.0176159138121355, 3.374067649951135)),
        (4, 35, 5, (2.8237611840361576, 2.4123697228280494, 3.235152645244266)),
    ],
)
def test_ppi_as_its_authors_program(seed: int, n: int, m: int, expected: tuple[float, float, float]) -> None:
    """Means and intervals that ppi-python 0.2.3 gives (ppi_mean_pointestimate and ppi_mean_ci, alpha 0.05)."""
    found = ppi.corrected_mean(*data(seed, n, m))
    assert (found.mean, *found.interval) == pytest.approx(expected, abs=1e-9)


def test_ppi_as_the_paper_states_it() -> None:
    labels, judged, rest = (np.array(part) for part in data(9, 50, 400))
    n, m = 50, 400
    pooled = np.concatenate([judged, rest])
    weight = float(np.cov(labels, judged, ddof=0)[0, 1] / ((1 + n / m) * pooled.var(ddof=1)))
    assert 0 < weight < 1
    mean = weight * rest.mean() + np.mean(labels - weight * judged)
    se = math.sqrt(weight**2 * rest.var() / m + np.var(labels - weight * judged) / n)
    found = ppi.corrected_mean(labels.tolist(), judged.tolist(), rest.tolist())
    assert (found.weight, found.mean, found.se) == pytest.approx((weight, mean, se), abs=1e-12)
    assert found.interval == pytest.approx(stats.norm.interval(0.95, mean, se), abs=1e-9)
    assert found.effective > n


def test_ppi_trusts_no_judge_that_knows_nothing() -> None:
    labels, _, rest = data(3, 40, 100)
    found = ppi.corrected_mean(labels, [3.0] * 40, [3.0] * 100)
    assert found.weight == 0.0
    assert found.mean == pytest.approx(sum(labels) / 40)
    upside_down = ppi.corrected_mean(labels, [-label for label in labels], rest)
    assert upside_down.weight == 0.0


def test_ppi_refuses_too_few() -> None:
    labels, judged, rest = data(1, 29, 100)
    with pytest.raises(ValueError, match="29 labels"):
        ppi.corrected_mean(labels, judged, rest)
    with pytest.raises(ValueError, match="0 unlabelled"):
        ppi.corrected_mean(labels * 2, judged * 2, [])
