"""Power against statsmodels, and against sums and integrals written out anew."""

from __future__ import annotations

import math
import random

import pytest

from tests.evals.references import TTestPower, quad, stats
from tests.evals.seeds import seeded
from tracekit.evals.stats import power

SOLVED = 1e-6
"""statsmodels stops its own search at about this: its 70.06790409 rows have a power of 0.7999999944, ours of 0.8."""


def test_worked_examples() -> None:
    assert power.paired_t_power(50, 0.3) == pytest.approx(0.672573983125, abs=1e-9)
    assert power.rows_for_dz(0.3) == pytest.approx(70.0679040899, abs=1e-5)
    assert power.detectable_dz(20) == pytest.approx(0.576917113319, abs=SOLVED)
    assert power.detectable_dz(50) == pytest.approx(0.356599654451, abs=SOLVED)
    assert power.detectable_dz(200, two_sided=True) == pytest.approx(0.19906465947, abs=SOLVED)
    assert power.rows_for_difference(0.03, variance=1 / 9) == pytest.approx(968.997, abs=1e-3)


@pytest.mark.parametrize(
    ("n", "expected"),
    [
        (20, 0.0442555554761),
        (50, 0.262367568683),
        (100, 0.569673750004),
        (200, 0.868881394783),
        (400, 0.99152320184),
    ],
)
def test_of_mcnemar(n: int, expected: float) -> None:
    assert power.mcnemar_power(n, lost=0.12, won=0.04) == pytest.approx(expected, abs=1e-9)


def t_power_by_integral(shift: float, df: int, alpha: float, *, two_sided: bool) -> float:
    """Over the estimated standard deviation, for the tails that statsmodels has no number for."""
    critical = float(stats.t.isf(alpha / (2 if two_sided else 1), df))

    def at(s: float) -> float:
        seen = stats.norm.sf(critical * s - shift) + (stats.norm.cdf(-critical * s - shift) if two_sided else 0.0)
        return float(seen * 2 * s * df * stats.chi2.pdf(s * s * df, df))

    return float(quad(at, 0, 12, points=[1.0, min(abs(shift) / critical, 11.0)], epsabs=1e-12, limit=300)[0])


@seeded(200)
def test_of_t_as_statsmodels(seed: int) -> None:
    draw = random.Random(seed)
    n, dz, alpha = draw.randint(3, 300), draw.uniform(0, 0.8), draw.choice([0.01, 0.05, 0.1])
    two_sided = draw.random() < 0.5
    side = "two-sided" if two_sided else "larger"
    expected = float(TTestPower().power(dz, n, alpha, alternative=side))
    if math.isnan(expected):
        expected = t_power_by_integral(dz * math.sqrt(n), n - 1, alpha, two_sided=two_sided)
    assert power.paired_t_power(n, dz, alpha=alpha, two_sided=two_sided) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("df", [1, 2, 7, 40, 300])
@pytest.mark.parametrize("shift", [-3.0, 0.0, 0.7, 2.5, 6.0, 40.0])
def test_of_t_in_the_tails(df: int, shift: float) -> None:
    for two_sided in (False, True):
        expected = t_power_by_integral(shift, df, 0.05, two_sided=two_sided)
        assert power.t_power(shift, df=df, two_sided=two_sided) == pytest.approx(expected, abs=1e-9)


@seeded(20)
def test_what_is_solved_has_that_power(seed: int) -> None:
    draw = random.Random(seed)
    n, alpha, two_sided = draw.randint(3, 300), draw.choice([0.01, 0.05]), draw.random() < 0.5
    side = "two-sided" if two_sided else "larger"
    dz = power.detectable_dz(n, alpha=alpha, two_sided=two_sided)
    assert dz is not None
    assert TTestPower().power(dz, n, alpha, alternative=side) == pytest.approx(0.8, abs=1e-9)
    rows = power.rows_for_dz(dz, alpha=alpha, two_sided=two_sided)
    assert rows == pytest.approx(n, abs=1e-6)


def mcnemar_by_sum(n: int, lost: float, won: float, alpha: float) -> float:
    """Every number of changed rows and of lost ones among them."""
    total = 0.0
    for changed in range(n + 1):
        chance = stats.binom.pmf(changed, n, lost + won)
        for one in range(changed + 1):
            if stats.binom.sf(one - 1, changed, 0.5) <= alpha:
                total += chance * stats.binom.pmf(one, changed, lost / (lost + won))
    return float(total)


@pytest.mark.parametrize(
    ("n", "lost", "won"), [(5, 0.9, 0.1), (12, 0.3, 0.1), (40, 0.2, 0.02), (33, 0.5, 0.5), (1, 1, 0)]
)
def test_of_mcnemar_as_a_sum(n: int, lost: float, won: float) -> None:
    for alpha in (0.005, 0.05, 0.3):
        found = power.mcnemar_power(n, lost=lost, won=won, alpha=alpha)
        assert found == pytest.approx(mcnemar_by_sum(n, lost, won, alpha), abs=1e-9)


@pytest.mark.parametrize(("n", "changed"), [(20, 0.1), (50, 0.1), (200, 0.16), (50, 0.0), (3_000, 0.1)])
def test_a_detectable_loss_is_detected(n: int, changed: float) -> None:
    loss = power.detectable_loss(n, changed=changed)
    assert loss is not None
    total = max(changed, loss)
    assert power.mcnemar_power(n, lost=(total + loss) / 2, won=(total - loss) / 2) == pytest.approx(0.8, abs=1e-6)


def test_too_few_rows_detect_nothing() -> None:
    assert power.detectable_loss(4, changed=0.2) is None  # 1/2^4 is above 0.05
    assert power.detectable_loss(5, changed=0.2) is not None
    assert power.detectable_dz(1) is None


def test_rows_for_mcnemar_are_enough_and_hardly_more_than_enough() -> None:
    rows = power.rows_for_mcnemar(lost=0.12, won=0.04)
    assert rows == 167
    assert power.mcnemar_power(rows, lost=0.12, won=0.04) >= 0.8 > power.mcnemar_power(rows - 1, lost=0.12, won=0.04)
    assert power.rows_for_mcnemar(lost=0.1, won=0.1) is None
    assert power.rows_for_mcnemar(lost=0.0502, won=0.0498) is None
    many = power.rows_for_mcnemar(lost=0.052, won=0.048)
    assert many is not None
    assert many > 20_000  # beyond the exact search
    assert power.mcnemar_power(many, lost=0.052, won=0.048) == pytest.approx(0.8, abs=5e-3)


def test_trials_shrink_what_is_within_rows_and_nothing_else() -> None:
    trials = power.trials_for_dz(0.3, effect=0.1, between=0.05, within=0.4)
    assert trials == 7
    assert 0.1 / math.sqrt(0.05 + 0.4 / 7) >= 0.3 > 0.1 / math.sqrt(0.05 + 0.4 / 6)
    assert power.trials_for_dz(0.3, effect=0.1, between=0.12, within=0.4) is None
    assert power.rows_for_dz(0.0) is None
    assert power.rows_for_dz(1e-6) is None
