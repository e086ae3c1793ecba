"""The gate held against itself: how often it cries wolf over an unchanged system, and how often it sees a loss.

`python -m benchmarks.gate [ROUNDS]` simulates another number of comparisons of each kind than the default. Every round
is a whole comparison, from results to exit code. Rows differ in how hard they are (chances drawn from Beta(4, 0.7),
mean 0.85), trials of a row are independent.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from tracekit.evals.compare import compare
from tracekit.evals.results import MetricInfo, Result, Run
from tracekit.evals.score import Score
from tracekit.evals.stats.intervals import clopper_pearson

ROUNDS = 2_000
GOAL_FALSE = 0.05
GOAL_SEEN = 0.85
LOSS = 0.10
SEED = 20261129
UNCHANGED = [(kind, rows, trials) for kind in ("binary", "continuous") for rows in (20, 50, 200) for trials in (1, 5)]
SPREAD = 0.15

Sampler = Callable[[np.random.Generator, np.ndarray, int], np.ndarray]
"""From the chances of rows to scores, of the shape (rows, trials)."""


def binary(random: np.random.Generator, chances: np.ndarray, trials: int) -> np.ndarray:
    """Each trial passes with the chance of its row."""
    return (random.random((len(chances), trials)) < chances[:, None]).astype(float)


def continuous(random: np.random.Generator, chances: np.ndarray, trials: int) -> np.ndarray:
    """Each trial scores about the chance of its row, within 0 to 1."""
    return np.clip(chances[:, None] + SPREAD * random.standard_normal((len(chances), trials)), 0.0, 1.0)


SAMPLERS: dict[str, Sampler] = {"binary": binary, "continuous": continuous}


def run(*, rounds: int = ROUNDS) -> dict[str, Any]:
    """Simulate all of it."""
    began = time.process_time()
    unchanged = {
        f"{kind}, {rows} rows, {trials} trials": alarms(kind, rows=rows, trials=trials, rounds=rounds)
        for kind, rows, trials in UNCHANGED
    }
    unchanged["binary, 50 rows, 5 trials, 5 metrics"] = alarms("binary", rows=50, trials=5, rounds=rounds, metrics=5)
    worse = {
        f"binary, {rows} rows, {trials} trials": alarms("binary", rows=rows, trials=trials, rounds=rounds, loss=LOSS)
        for rows, trials in ((20, 1), (50, 1), (50, 3), (50, 5), (200, 1))
    }
    results = [_quiet(name, count, rounds) for name, count in unchanged.items()]
    results.append(_all_quiet(sum(unchanged.values()), rounds * len(unchanged)))
    seen = worse["binary, 50 rows, 5 trials"] / rounds
    results.append(
        {"name": "a 10-point loss at 50 rows, 5 trials", "value": seen, "goal": GOAL_SEEN, "met": seen >= GOAL_SEEN}
    )
    return {
        "benchmark": "gate",
        "unit": "share of comparisons that end in REGRESSED",
        "rounds": rounds,
        "figures": {
            "unchanged": {name: _share(count, rounds) for name, count in unchanged.items()},
            "ten_points_worse": {name: _share(count, rounds) for name, count in worse.items()},
            "cpu_ms_a_comparison": round(
                (time.process_time() - began) / rounds / (len(unchanged) + len(worse)) * 1e3, 1
            ),
        },
        "results": results,
    }


def alarms(
    kind: str, *, rows: int, trials: int, rounds: int, loss: float = 0.0, metrics: int = 1, seed: int = SEED
) -> int:
    """How many of so many comparisons end in exit code 1.

    Args:
        kind: of scores.
        rows: in each run.
        trials: of each row, in both runs.
        rounds: comparisons.
        loss: points that the candidate is worse on average, every row by the same share.
        metrics: that gate, independent of each other.
        seed: of all of it.
    """
    random = np.random.default_rng([seed, rows, trials, metrics, round(loss * 1000), kind == "binary"])
    names = tuple(f"m{number}" for number in range(metrics))
    share = 1 - loss / (4 / 4.7)
    found = 0
    for _ in range(rounds):
        chances = [random.beta(4, 0.7, rows) for _ in names]
        base = [SAMPLERS[kind](random, one, trials) for one in chances]
        cand = [SAMPLERS[kind](random, one * share, trials) for one in chances]
        found += compare(_run(names, base), _run(names, cand)).exit == 1
    return found


def _run(names: tuple[str, ...], scores: list[np.ndarray]) -> Run:
    rows, trials = scores[0].shape
    results = [
        Result(
            id=str(row),
            trial=trial,
            scores={name: _score(float(one[row, trial])) for name, one in zip(names, scores, strict=True)},
        )
        for row in range(rows)
        for trial in range(trials)
    ]
    return Run(
        suite="gate", metrics={name: MetricInfo(name=name) for name in names}, results=tuple(results), trials=trials
    )


_VERDICTS = {value: Score(value=value) for value in (0.0, 1.0)}


def _score(value: float) -> Score:
    return _VERDICTS.get(value) or Score(value=value)


def _share(count: int, rounds: int) -> dict[str, Any]:
    low, high = clopper_pearson(count, rounds)
    return {"share": round(count / rounds, 4), "interval": [round(low, 4), round(high, 4)]}


def _quiet(name: str, count: int, rounds: int) -> dict[str, Any]:
    """An exact test cries wolf in just under 5 %, so that of 2,000 comparisons some 5.5 % may: its interval decides."""
    return {
        "name": f"unchanged: {name}",
        "value": round(count / rounds, 4),
        "goal": GOAL_FALSE,
        "met": clopper_pearson(count, rounds)[0] <= GOAL_FALSE,
    }


def _all_quiet(count: int, rounds: int) -> dict[str, Any]:
    return {
        "name": "unchanged: all of them",
        "value": round(count / rounds, 4),
        "goal": GOAL_FALSE,
        "met": count / rounds <= GOAL_FALSE,
    }


if __name__ == "__main__":
    print(json.dumps(run(rounds=int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS), indent=2))
