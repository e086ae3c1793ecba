from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm

from tracekit.errors import UsageError
from tracekit.evals.judges.arena import Match, rank


def contest(seed: int, players: int, count: int) -> list[Match]:
    chance = random.Random(seed)
    names = [f"p{number}" for number in range(players)]
    strength = {name: chance.uniform(-1, 1) for name in names}
    found: list[Match] = []
    for _ in range(count):
        one, other = chance.sample(names, 2)
        p = 1 / (1 + math.exp(strength[other] - strength[one]))
        found.append(Match(one, other, 0.5 if chance.random() < 0.1 else float(chance.random() < p)))
    return found


def reference(matches: list[Match]) -> dict[str, float]:
    """Strengths by logistic regression without an intercept, ties as half of each; mean 0."""
    names = sorted({name for match in matches for name in (match.one, match.other)})
    rows, outcomes, weights = [], [], []
    for match in matches:
        x = [0.0] * len(names)
        x[names.index(match.one)], x[names.index(match.other)] = 1.0, -1.0
        for outcome, weight in ((1.0, match.result), (0.0, 1 - match.result)):
            if weight:
                rows.append(x[1:])
                outcomes.append(outcome)
                weights.append(weight)
    fitted: Any = sm.GLM(
        np.array(outcomes), np.array(rows), family=sm.families.Binomial(), freq_weights=np.array(weights)
    ).fit(tol=1e-14, maxiter=200)
    found = np.array([0.0, *fitted.params])
    return dict(zip(names, found - found.mean(), strict=True))


@pytest.mark.parametrize("seed", range(20))
def test_strengths_are_those_of_logistic_regression(seed: int) -> None:
    matches = contest(seed, 5, 150)
    found = {each.name: each.strength for each in rank(matches, resamples=0).ranks}
    assert found == pytest.approx(reference(matches), abs=1e-7)


def test_two_players_have_the_odds_of_their_matches() -> None:
    matches = [Match("a", "b", 1.0)] * 6 + [Match("b", "a", 1.0)] * 2
    ranking = rank(matches, resamples=0)
    assert [each.name for each in ranking.ranks] == ["a", "b"]
    assert ranking.ranks[0].strength - ranking.ranks[1].strength == pytest.approx(math.log(3))
    assert (ranking.ranks[0].wins, ranking.ranks[0].matches) == (6, 8)
    tied = rank([Match("a", "b", 0.5)] * 4, resamples=0)
    assert [each.strength for each in tied.ranks] == [0.0, 0.0]


def test_intervals_hold_the_strength_and_are_the_same_each_time() -> None:
    matches = contest(3, 4, 200)
    first, second = rank(matches, resamples=200), rank(matches, resamples=200)
    assert first == second
    assert first.dropped == 0
    for each in first.ranks:
        assert each.interval is not None
        assert each.interval[0] < each.strength < each.interval[1]


def test_what_has_no_ranking_is_refused_unless_there_is_a_prior() -> None:
    unbeaten = [Match("a", "b", 1.0)] * 5
    apart = [Match("a", "b", 1.0), Match("b", "a", 1.0), Match("c", "d", 1.0), Match("d", "c", 1.0)]
    for matches in (unbeaten, apart):
        with pytest.raises(UsageError, match="no ranking"):
            rank(matches, resamples=0)
        assert rank(matches, resamples=0, prior=1.0).ranks
    assert rank(unbeaten, resamples=0, prior=1.0).ranks[0].strength == pytest.approx(math.log(11) / 2)
    with pytest.raises(UsageError, match="nothing to rank"):
        rank([])
    with pytest.raises(UsageError, match="no comparison"):
        rank([Match("a", "b", 0.7)])


def test_resamples_without_a_ranking_are_counted_and_leave_no_interval() -> None:
    ranking = rank([Match("a", "b", 1.0)] * 4 + [Match("b", "a", 1.0)], resamples=200)
    assert ranking.dropped > 20
    assert [each.interval for each in ranking.ranks] == [None, None]
