"""Tests of paired data against SciPy, statsmodels, and all signs tried one by one."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest

from tests.evals.references import OLS, stats, statsmodels_mcnemar
from tests.evals.seeds import seeded
from tracekit.evals.stats import significance
from tracekit.evals.stats.significance import clustered_t, lattice, mcnemar, sign_flip, wilcoxon


@pytest.mark.parametrize(
    ("lost", "won", "two_sided", "one_sided"),
    [
        (9, 2, 0.0654296875, 0.03271484375),
        (8, 1, 0.0390625, 0.01953125),
        (6, 0, 0.03125, 0.015625),
        (5, 0, 0.0625, 0.03125),
        (10, 10, 1.0, 0.588098526),
        (0, 0, 1.0, 1.0),
    ],
)
def test_mcnemar(lost: int, won: int, two_sided: float, one_sided: float) -> None:
    assert mcnemar(lost, won, alternative="two-sided").p == pytest.approx(two_sided, abs=1e-9)
    assert mcnemar(lost, won).p == pytest.approx(one_sided, abs=1e-9)


def test_mcnemar_mid_p() -> None:
    assert mcnemar(9, 2, mid_p=True).p == 0.019287109375
    assert mcnemar(9, 2, mid_p=True, alternative="two-sided").p == 0.03857421875
    assert mcnemar(9, 2, mid_p=True).name == "mcnemar_mid_p"


@seeded(200)
def test_mcnemar_as_statsmodels_and_scipy(seed: int) -> None:
    draw = random.Random(seed)
    size = draw.choice([3, 30, 400])
    lost, won = draw.randint(0, size), draw.randint(0, size)
    expected = statsmodels_mcnemar([[5, lost], [won, 5]], exact=True).pvalue if lost + won else 1.0
    assert mcnemar(lost, won, alternative="two-sided").p == pytest.approx(float(expected), abs=1e-9)
    one_sided = stats.binomtest(lost, lost + won, 0.5, "greater").pvalue if lost + won else 1.0
    assert mcnemar(lost, won).p == pytest.approx(float(one_sided), abs=1e-9)
    half = float(stats.binom.pmf(lost, lost + won, 0.5)) / 2 if lost + won else 0.0
    assert mcnemar(lost, won, mid_p=True).p == pytest.approx(one_sided - half, abs=1e-9)


def by_all_signs(losses: list[float], *, two_sided: bool = False) -> float:
    """Every assignment of signs, in whole numbers of 1e-9."""
    units = [round(loss * 1e9) for loss in losses]
    tolerance = len(units)  # each is off by half a unit at most
    observed = sum(units)
    sums = [
        sum(sign * unit for sign, unit in zip(signs, units, strict=True))
        for signs in itertools.product((1, -1), repeat=len(units))
    ]
    if two_sided:
        return sum(abs(one) >= abs(observed) - tolerance for one in sums) / len(sums)
    return sum(one >= observed - tolerance for one in sums) / len(sums)


@seeded(200)
def test_sign_flips_as_all_signs_one_by_one(seed: int) -> None:
    draw = random.Random(seed)
    n = draw.randint(1, 11)
    step = draw.choice([1.0, 1 / 3, 0.2, 1 / 7, 0.05, 0.0])
    losses = [draw.randint(-6, 8) * step if step else draw.gauss(0.3, 1) for _ in range(n)]
    found = sign_flip(losses)
    assert found.name == "sign_flip_exact"
    assert found.p == pytest.approx(by_all_signs(losses), abs=1e-12)
    both = sign_flip(losses, alternative="two-sided")
    assert both.p == pytest.approx(by_all_signs(losses, two_sided=True), abs=1e-12)


def _mean_difference(one: np.ndarray, other: np.ndarray, axis: int) -> np.ndarray:
    return (one - other).mean(axis=axis)


@seeded(30)
def test_sign_flips_as_scipys_permutation(seed: int) -> None:
    draw = random.Random(seed)
    losses = np.array([draw.gauss(0.2, 1) for _ in range(draw.randint(2, 12))])
    expected = stats.permutation_test(
        (losses, np.zeros_like(losses)), _mean_difference, vectorized=True,
        permutation_type="samples", n_resamples=np.inf, alternative="greater",
    )  # fmt: skip
    assert sign_flip(losses).p == pytest.approx(float(expected.pvalue), abs=1e-12)


@pytest.mark.parametrize("seed", range(30))
def test_the_three_ways_agree(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(seed)
    losses = [draw.randint(-5, 7) / 5 for _ in range(18)]
    by_lattice = sign_flip(losses).p
    monkeypatch.setattr(significance, "CELLS", 0)
    assert sign_flip(losses).p == pytest.approx(by_lattice, abs=1e-12)
    monkeypatch.setattr(significance, "ENUMERATED", 0)
    drawn = sign_flip(losses, seed=seed)
    assert drawn.name == "sign_flip_monte_carlo"
    assert drawn.p == pytest.approx(by_lattice, abs=5 * (by_lattice * (1 - by_lattice) / 9_999) ** 0.5 + 1e-3)


def test_verdicts_give_the_mcnemar_test() -> None:
    for lost, won in [(9, 2), (8, 1), (0, 4), (120, 90)]:
        losses = [1.0] * lost + [-1.0] * won + [0.0] * 31
        assert sign_flip(losses).p == pytest.approx(mcnemar(lost, won).p, rel=1e-12)


def test_a_tail_far_out_keeps_its_digits() -> None:
    assert sign_flip([0.2] * 200).p == pytest.approx(0.5**200, rel=1e-12)


def test_draws_are_seeded_and_never_say_never() -> None:
    draw = random.Random(1)
    losses = [draw.gauss(3, 1) + draw.random() * 1e-7 for _ in range(400)]
    assert sign_flip(losses, seed=4) == sign_flip(losses, seed=4)
    assert sign_flip(losses, seed=4).p == 1 / 10_000
    two = [draw.gauss(0, 1) for _ in range(400)]
    assert sign_flip(two, seed=1, alternative="two-sided").p == pytest.approx(
        stats.ttest_1samp(two, 0).pvalue, abs=0.03
    )


@pytest.mark.parametrize(
    ("losses", "magnitude", "expected"),
    [
        ([0.3 - 0.1, 0.2, -0.2], 1.0, [1, 1, -1]),
        ([1 / 3, 2 / 3 - 1e-12, -1 / 3], 1.0, [1, 2, -1]),
        ([0.25, 1 / 3], 1.0, [3, 4]),
        ([3e-7, -1e-7], 5e-7, [3, -1]),
        ([1e-17, -1e-17], 1.0, [0, 0]),
        ([1234567.0, -2.0], 2e6, [1234567000, -2000]),
        ([0.1234567891, 0.5], 1.0, [123456789, 500000000]),
    ],
)
def test_losses_are_rounded_to_what_they_are_made_of(
    losses: list[float], magnitude: float, expected: list[int]
) -> None:
    found = lattice(losses, magnitude=magnitude)
    scale = int(found[0]) / expected[0] if expected[0] else 1
    assert found.tolist() == [round(scale * unit) for unit in expected]


def test_the_lattice_is_that_of_all_losses() -> None:
    assert lattice([0.5] * 100 + [1 / 3]).tolist() == [3] * 100 + [2]


def test_no_loss_at_all() -> None:
    for losses in ([], [0.0, 0.0], [1e-12, -1e-13]):
        assert sign_flip(losses).p == 1.0
        assert wilcoxon(losses).p == 1.0


@seeded(50)
def test_wilcoxon_as_scipy_of_rounded_losses(seed: int) -> None:
    draw = random.Random(seed)
    losses = [draw.randint(-4, 6) / 10 for _ in range(30)]
    noisy = [loss + draw.random() * 1e-13 for loss in losses]
    expected = stats.wilcoxon([round(loss * 10) for loss in losses], alternative="greater").pvalue
    assert wilcoxon(noisy).p == pytest.approx(float(expected), abs=1e-12)


@seeded(200)
def test_clustered_t_as_statsmodels(seed: int) -> None:
    draw = random.Random(seed)
    n = draw.randint(8, 60)
    clusters = [index % draw.choice([2, 5, 12]) for index in range(n)]
    losses = [draw.gauss(0.1, 1) + clusters[index] * 0.1 for index in range(n)]
    fit = OLS(losses, np.ones(n)).fit(cov_type="cluster", cov_kwds={"groups": np.array(clusters)}, use_t=True)
    t, df = float(fit.tvalues[0]), len(set(clusters)) - 1
    assert clustered_t(losses, clusters).p == pytest.approx(float(stats.t.sf(t, df)), abs=1e-9)
    assert clustered_t(losses, clusters, alternative="two-sided").p == pytest.approx(float(fit.pvalues[0]), abs=1e-9)


def test_clusters_that_leave_nothing_to_estimate() -> None:
    with pytest.raises(ValueError, match="two clusters"):
        clustered_t([1.0, 2.0], ["a", "a"])
    assert clustered_t([0.1] * 6, ["a", "a", "b", "b", "c", "c"]).p == 0.125
    assert clustered_t([0.0] * 4, ["a", "a", "b", "b"]).p == 1.0
    assert clustered_t([-0.1] * 4, ["a", "a", "b", "b"]).p == 1.0
