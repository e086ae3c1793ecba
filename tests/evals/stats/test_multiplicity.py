"""Adjusted p values against statsmodels and SciPy."""

from __future__ import annotations

import random

import pytest

from tests.evals.references import multipletests, stats
from tests.evals.seeds import seeded
from tracekit.evals.stats.multiplicity import benjamini_hochberg, benjamini_yekutieli, holm

P = [0.001, 0.008, 0.039, 0.041, 0.042, 0.060, 0.074, 0.205, 0.212, 0.216]


def test_worked_examples() -> None:
    assert holm(P) == pytest.approx([0.01, 0.072, 0.312, 0.312, 0.312, 0.312, 0.312, 0.615, 0.615, 0.615])
    bh = [0.01, 0.04, 0.084, 0.084, 0.084, 0.1, 0.1057142857, 0.216, 0.216, 0.216]
    assert benjamini_hochberg(P) == pytest.approx(bh)
    assert benjamini_yekutieli(P)[:2] == pytest.approx([0.0292896825, 0.1171587302])


def holm_by_steps(p: list[float]) -> list[float]:
    """Each value times those not yet rejected, and never less than one before it."""
    adjusted = [0.0] * len(p)
    least = 0.0
    for step, place in enumerate(sorted(range(len(p)), key=p.__getitem__)):
        least = adjusted[place] = max(least, min(1.0, (len(p) - step) * p[place]))
    return adjusted


@seeded(200)
def test_as_statsmodels_and_scipy(seed: int) -> None:
    draw = random.Random(seed)
    p = [draw.choice([draw.random(), draw.random() / 100, 0.5]) for _ in range(draw.randint(1, 30))]
    assert holm(p) == pytest.approx(holm_by_steps(p), abs=1e-12)
    if seed < 10:  # it takes a tenth of a second
        assert holm(p) == pytest.approx(multipletests(p, method="holm")[1].tolist(), abs=1e-12)
    assert benjamini_hochberg(p) == pytest.approx(stats.false_discovery_control(p).tolist(), abs=1e-12)
    assert benjamini_yekutieli(p) == pytest.approx(stats.false_discovery_control(p, method="by").tolist(), abs=1e-12)


def test_none_and_nonsense() -> None:
    assert holm([]) == benjamini_hochberg([]) == benjamini_yekutieli([]) == []
    with pytest.raises(ValueError, match="between 0 and 1"):
        holm([0.1, 1.2])
