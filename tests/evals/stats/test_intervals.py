"""Intervals against statsmodels, SciPy, published tables, and formulas written out anew."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from tests.evals.references import OLS, confint_proportions_2indep, proportion_confint, stats
from tests.evals.seeds import seeded
from tracekit.evals.stats import bootstrap, intervals, quantiles


@pytest.mark.parametrize(
    ("successes", "n", "expected"),
    [
        (17, 20, (0.639581135259, 0.947631254104)),
        (20, 20, (0.838874841947, 1)),
        (0, 20, (0, 0.161125158053)),
        (45, 50, (0.786397685625, 0.956524235068)),
        (8, 10, (0.490162471537, 0.943317848546)),
    ],
)
def test_wilson(successes: int, n: int, expected: tuple[float, float]) -> None:
    assert intervals.wilson(successes, n) == pytest.approx(expected, abs=1e-11)


def test_clopper_pearson() -> None:
    assert intervals.clopper_pearson(17, 20) == pytest.approx((0.621073173455, 0.967929062815), abs=1e-11)
    assert intervals.clopper_pearson(0, 5)[0] == 0.0
    assert intervals.clopper_pearson(5, 5)[1] == 1.0


@seeded(200)
def test_of_proportions_as_statsmodels(seed: int) -> None:
    draw = random.Random(seed)
    n, m = draw.randint(1, 300), draw.randint(1, 300)
    successes, others, level = draw.randint(0, n), draw.randint(0, m), draw.choice([0.8, 0.9, 0.95, 0.99])
    expected = {
        method: proportion_confint(successes, n, alpha=1 - level, method=method) for method in ("wilson", "beta")
    }
    assert intervals.wilson(successes, n, level=level) == pytest.approx(expected["wilson"], abs=1e-9)
    exact = tuple(bound if math.isfinite(bound) else float(successes > 0) for bound in expected["beta"])
    assert intervals.clopper_pearson(successes, n, level=level) == pytest.approx(exact, abs=1e-9)
    unpaired = confint_proportions_2indep(successes, n, others, m, method="newcomb", compare="diff", alpha=1 - level)
    assert intervals.newcombe_unpaired(successes, n, others, m, level=level) == pytest.approx(unpaired, abs=1e-9)


@pytest.mark.parametrize(
    ("counts", "published", "digits"),
    [
        ((36, 12, 2, 0), (0.0569, 0.3404), 4),  # Newcombe 1998, method 10
        ((1, 1, 7, 12), (-0.507, -0.026), 3),  # Bentur et al. 2009, in Fagerland, Lydersen and Laake 2017, chapter 8
    ],
)
def test_newcombe_paired_as_published(
    counts: tuple[int, int, int, int], published: tuple[float, float], digits: int
) -> None:
    both, first, second, neither = counts
    found = intervals.newcombe_paired(both=both, first=first, second=second, neither=neither)
    assert [round(bound, digits) for bound in found] == list(published)


def newcombe(a: int, b: int, c: int, d: int) -> tuple[float, float]:
    """Method 10 as the paper states it, on statsmodels' Wilson intervals."""
    n = a + b + c + d
    (l1, u1), (l2, u2) = (proportion_confint(k, n, method="wilson") for k in (a + b, a + c))
    p1, p2 = (a + b) / n, (a + c) / n
    margins = (a + b) * (c + d) * (a + c) * (b + d)
    numerator = a * d - b * c
    if numerator > n / 2:
        numerator -= n / 2
    elif numerator >= 0:
        numerator = 0
    phi = numerator / math.sqrt(margins) if margins else 0.0
    low = (p1 - l1) ** 2 - 2 * phi * (p1 - l1) * (u2 - p2) + (u2 - p2) ** 2
    high = (p2 - l2) ** 2 - 2 * phi * (p2 - l2) * (u1 - p1) + (u1 - p1) ** 2
    return p1 - p2 - math.sqrt(max(low, 0)), p1 - p2 + math.sqrt(max(high, 0))


@seeded(200)
def test_newcombe_paired_as_written_out(seed: int) -> None:
    draw = random.Random(seed)
    a, b, c, d = (draw.randint(0, draw.choice([2, 10, 60])) for _ in range(4))
    a += a + b + c + d == 0
    found = intervals.newcombe_paired(both=a, first=b, second=c, neither=d)
    assert found == pytest.approx(newcombe(a, b, c, d), abs=1e-9)
    mirrored = intervals.newcombe_paired(both=a, first=c, second=b, neither=d)
    assert found == pytest.approx((-mirrored[1], -mirrored[0]), abs=1e-12)


def test_newcombe_paired_covers() -> None:
    """The exact coverage, over all tables of 30 rows: near 95 %, where the plain interval falls to 90 %."""
    n, chances = 30, (0.72, 0.12, 0.06, 0.10)
    covered = 0.0
    for b in range(n + 1):
        for c in range(n + 1 - b):
            for a in range(n + 1 - b - c):
                chance = stats.multinomial.pmf((a, b, c, n - a - b - c), n, chances)
                if chance > 1e-9:
                    low, high = intervals.newcombe_paired(both=a, first=b, second=c, neither=n - a - b - c)
                    covered += chance * (low <= 0.06 <= high)
    assert 0.94 <= covered <= 0.985


@seeded(200)
def test_means_as_scipy_and_statsmodels(seed: int) -> None:
    draw = random.Random(seed)
    n = draw.randint(3, 60)
    base, cand = [draw.gauss(0, 1) for _ in range(n)], [draw.gauss(0.2, 2) for _ in range(n)]
    differences = [other - one for one, other in zip(base, cand, strict=True)]
    expected = stats.ttest_rel(cand, base).confidence_interval()
    found = intervals.mean_of(differences)
    assert found.interval() == pytest.approx((expected.low, expected.high), abs=1e-9)
    clusters = [draw.randint(0, 5) for _ in range(n)]
    clusters[:2] = [0, 1]
    fit = OLS(differences, np.ones(n)).fit(cov_type="cluster", cov_kwds={"groups": np.array(clusters)}, use_t=True)
    clustered = intervals.clustered_mean_of(differences, clusters)
    assert clustered.se == pytest.approx(float(fit.bse[0]), abs=1e-9)
    assert clustered.df == len(set(clusters)) - 1
    assert clustered.interval() == pytest.approx(tuple(fit.conf_int()[0]), abs=1e-8)


def test_what_has_no_interval() -> None:
    assert intervals.mean_of([0.5]).interval() is None
    assert intervals.clustered_mean_of([0.5, 0.7], ["a", "a"]).interval() is None
    for call in (lambda: intervals.mean_of([]), lambda: intervals.wilson(0, 0), lambda: intervals.wilson(3, 2)):
        with pytest.raises(ValueError, match=r"no value|no proportion"):
            call()
    with pytest.raises(ValueError, match="2 values and 1 clusters"):
        intervals.clustered_mean_of([1.0, 2.0], ["a"])


@seeded(20)
def test_bca_as_scipy(seed: int) -> None:
    random_ = np.random.default_rng(seed)
    values = random_.exponential(size=int(random_.integers(20, 80)))
    expected = stats.bootstrap(
        (values,), np.mean, method="BCa", n_resamples=999, rng=np.random.default_rng(seed)
    ).confidence_interval
    assert bootstrap.bca(values, draws=999, seed=seed) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_bca_of_what_does_not_vary() -> None:
    assert bootstrap.bca([1.0] * 30) is None
    with pytest.raises(ValueError, match="too few"):
        bootstrap.bca([1.0] * 5)


@seeded(200)
def test_percentiles_as_numpy(seed: int) -> None:
    draw = random.Random(seed)
    values = [draw.expovariate(1) for _ in range(draw.randint(1, 80))]
    q = draw.choice([0, 5, 50, 90, 95, 99, 99.9, 100])
    assert quantiles.percentile(values, q) == pytest.approx(float(np.percentile(values, q)), abs=1e-12)


@pytest.mark.parametrize(("n", "q"), [(20, 50), (59, 95), (200, 95), (200, 99), (7, 50)])
def test_percentile_intervals_hold_what_they_say(n: int, q: float) -> None:
    """Of the uniform order statistics the chance to hold the percentile is a difference of beta distributions."""
    low, high = quantiles.percentile_interval(list(range(1, n + 1)), q)
    below = 0.0 if low is None else float(stats.beta.sf(q / 100, low, n - low + 1))
    above = 0.0 if high is None else float(stats.beta.cdf(q / 100, high, n - high + 1))
    assert below <= 0.025
    assert above <= 0.025
    if low is not None and low < n:  # and the next value in would not hold it
        assert float(stats.beta.sf(q / 100, low + 1, n - low)) > 0.025


def test_a_percentile_beyond_the_values_has_no_bound() -> None:
    assert quantiles.percentile_interval([float(value) for value in range(20)], 95)[1] is None
    assert quantiles.percentile_interval([], 50) == (None, None)
    with pytest.raises(ValueError, match="no percentile"):
        quantiles.percentile([], 50)
