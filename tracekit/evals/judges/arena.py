"""A ranking from pairwise results: the Bradley-Terry model by maximum likelihood, intervals by bootstrap. Pure.

P(i beats j) = exp(s_i) / (exp(s_i) + exp(s_j)); a tie is half a win for each. Strengths are found by the
minorization-maximization algorithm of Hunter 2004 (Annals of Statistics 32, section 3); they exist exactly where no
group is unbeaten by the others (Ford 1957), and where not, the ranking is refused rather than guessed.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tracekit.errors import UsageError

_CLOSE = 1e-12
_ROUNDS = 100_000
MOST_DROPPED = 0.1
"""Share of resamples without a ranking above which there is no interval: what is left would be too sure."""


@dataclass(frozen=True, slots=True)
class Match:
    """One comparison: `result` is 1 where `one` won, 0 where `other` did, 0.5 for a tie."""

    one: str
    other: str
    result: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rank:
    """One player.

    Attributes:
        strength: natural logarithm of the odds against the average player.
        interval: 95 %, by percentiles of the bootstrap; None where too many resamples have no ranking.
        wins: ties as halves.
        matches: that the player was in.
    """

    name: str
    strength: float
    interval: tuple[float, float] | None
    wins: float
    matches: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """All players, the strongest first; `dropped` of `resamples` had no ranking."""

    ranks: tuple[Rank, ...]
    resamples: int
    dropped: int


def rank(matches: Iterable[Match], *, resamples: int = 1000, seed: int = 0, prior: float = 0.0) -> Ranking:
    """Rank players.

    Args:
        matches: comparisons.
        resamples: of the bootstrap over matches; 0 for no intervals.
        seed: of the bootstrap.
        prior: ties that every pair of players is credited with; above 0 all have a strength, nearer to the average.

    Raises:
        UsageError: there is no match, a result is none, or strengths do not exist without a prior.
    """
    played = list(matches)
    for match in played:
        if match.result not in {0.0, 0.5, 1.0} or match.one == match.other:
            raise UsageError(f"{match} is no comparison: two names, and a result of 1, 0.5 or 0.")
    names = sorted({name for match in played for name in (match.one, match.other)})
    if not names:
        raise UsageError("there is nothing to rank: no comparison was made.")
    strengths = _strengths(names, played, prior)
    if strengths is None:
        raise UsageError(
            "these comparisons have no ranking: some players were never beaten, or never met, by the others. "
            "Compare more, or give a prior such as 0.5."
        )
    chance = random.Random(seed)  # noqa: S311 - a bootstrap, and to be repeated
    found = [_strengths(names, chance.choices(played, k=len(played)), prior) for _ in range(resamples)]
    drawn = [one for one in found if one is not None]
    dropped = resamples - len(drawn)
    sure = bool(drawn) and dropped <= MOST_DROPPED * resamples
    ranks = [
        Rank(
            name=name,
            strength=strengths[name],
            interval=_interval([one[name] for one in drawn]) if sure else None,
            wins=math.fsum(_wins(match, name) for match in played),
            matches=sum(name in {match.one, match.other} for match in played),
        )
        for name in names
    ]
    return Ranking(ranks=tuple(sorted(ranks, key=lambda one: -one.strength)), resamples=resamples, dropped=dropped)


def _wins(match: Match, name: str) -> float:
    return match.result if match.one == name else 1 - match.result if match.other == name else 0.0


def _strengths(names: Sequence[str], matches: Sequence[Match], prior: float) -> Mapping[str, float] | None:
    """Log-strengths with mean 0; None where they do not exist."""
    won: defaultdict[tuple[str, str], float] = defaultdict(float)
    for match in matches:
        won[match.one, match.other] += match.result
        won[match.other, match.one] += 1 - match.result
    if prior > 0:
        for one in names:
            for other in names:
                if one != other:
                    won[one, other] += prior / 2
    if not _connected(names, won):
        return None
    wins = {name: math.fsum(won[name, other] for other in names if other != name) for name in names}
    faced = {pair: won[pair] + won[pair[1], pair[0]] for pair in list(won)}
    met = {
        name: [(other, faced[name, other]) for other in names if faced.get((name, other), 0.0) > 0] for name in names
    }
    worth = dict.fromkeys(names, 1.0)
    for _ in range(_ROUNDS):
        new = {
            name: wins[name] / math.fsum(count / (worth[name] + worth[other]) for other, count in met[name])
            for name in names
        }
        mean = math.fsum(map(math.log, new.values())) / len(names)
        new = {name: value / math.exp(mean) for name, value in new.items()}
        moved = max(abs(math.log(new[name] / worth[name])) for name in names)
        worth = new
        if moved < _CLOSE:
            break
    return {name: math.log(value) for name, value in worth.items()}


def _connected(names: Sequence[str], won: Mapping[tuple[str, str], float]) -> bool:
    """Whether everybody has won, over others if need be, against everybody."""

    def reached(forward: bool) -> set[str]:  # noqa: FBT001 - one of two directions
        seen, waiting = {names[0]}, [names[0]]
        while waiting:
            name = waiting.pop()
            for other in names:
                pair = (name, other) if forward else (other, name)
                if other not in seen and won.get(pair, 0.0) > 0:
                    seen.add(other)
                    waiting.append(other)
        return seen

    return len(reached(True)) == len(reached(False)) == len(names)


def _interval(values: Sequence[float]) -> tuple[float, float]:
    """Percentiles 2.5 and 97.5, linear between neighbours."""
    ordered = sorted(values)

    def at(share: float) -> float:
        place = share * (len(ordered) - 1)
        low = math.floor(place)
        high = min(low + 1, len(ordered) - 1)
        return ordered[low] + (ordered[high] - ordered[low]) * (place - low)

    return at(0.025), at(0.975)
