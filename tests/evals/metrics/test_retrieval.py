"""Rankings against trec_eval, scikit-learn, published examples and sums made anew here."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest
import pytrec_eval
from sklearn.metrics import ndcg_score

from tests.evals.metrics.scoring import COUNT, near, scored, value
from tracekit.evals.score import Status

NAMES = ("precision_at_k", "recall_at_k", "f1_at_k", "hit_rate", "mrr", "map", "ndcg", "r_precision", "rbp")
CUTS = (1, 3, 5, 10)


def ranking(chance: random.Random) -> tuple[list[str], dict[str, float]]:
    ids = [f"d{number}" for number in range(15)]
    retrieved = chance.sample(ids, chance.randint(1, 12))
    relevant = {name: float(chance.randint(0, 4)) for name in chance.sample(ids, chance.randint(1, 8))}
    relevant[chance.choice(ids)] = 1.0
    return retrieved, relevant


def trec(retrieved: list[str], relevant: dict[str, float]) -> dict[str, float]:
    cuts = ",".join(map(str, CUTS))
    measures = {f"{name}.{cuts}" for name in ("P", "recall", "success", "map_cut", "ndcg_cut")}
    judged = {"q": {name: int(gain) for name, gain in relevant.items()}}
    evaluator = pytrec_eval.RelevanceEvaluator(judged, measures | {"map", "ndcg", "recip_rank", "Rprec", "set_recall"})
    ranked = {name: float(len(retrieved) - place) for place, name in enumerate(retrieved)}
    return evaluator.evaluate({"q": ranked})["q"]


def test_they_are_trec_evals() -> None:
    chance = random.Random(1)
    for _ in range(COUNT):
        retrieved, relevant = ranking(chance)
        reference = trec(retrieved, relevant)
        row: dict[str, Any] = {"retrieved": retrieved, "relevant": relevant}
        assert near(value("map", **row), reference["map"])
        assert near(value("ndcg", **row), reference["ndcg"])
        assert near(value("mrr", **row), reference["recip_rank"])
        assert near(value("r_precision", **row), reference["Rprec"])
        assert near(value("recall_at_k", **row), reference["set_recall"])
        for k in CUTS:
            precision, recall = reference[f"P_{k}"], reference[f"recall_{k}"]
            assert near(value("precision_at_k", k=k, **row), precision)
            assert near(value("recall_at_k", k=k, **row), recall)
            f1 = 2 * precision * recall / (precision + recall) if precision else 0.0
            assert near(value("f1_at_k", k=k, **row), f1)
            assert value("hit_rate", k=k, **row) == reference[f"success_{k}"]
            assert near(value("map", k=k, **row), reference[f"map_cut_{k}"])
            assert near(value("ndcg", k=k, **row), reference[f"ndcg_cut_{k}"])
            first = reference["recip_rank"] if reference[f"success_{k}"] else 0.0
            assert near(value("mrr", k=k, **row), first)


@pytest.mark.parametrize("gain", ["linear", "exponential"])
def test_ndcg_of_a_ranking_of_everything_is_scikit_learns(gain: str) -> None:
    chance = random.Random(2)
    for _ in range(COUNT):
        gains = [float(chance.randint(0, 4)) for _ in range(chance.randint(2, 12))]
        gains[chance.randrange(len(gains))] = 3.0
        ids = [f"d{number}" for number in range(len(gains))]
        k = chance.choice([None, 1, 3, 20])
        there = np.array([gains if gain == "linear" else [2**each - 1 for each in gains]])
        reference = float(ndcg_score(there, np.array([range(len(gains), 0, -1)]), k=k))
        options = {"gain": gain, **({} if k is None else {"k": k})}
        found = value("ndcg", options, retrieved=ids, relevant=dict(zip(ids, gains, strict=True)))
        assert near(found, reference)


def test_ndcg_of_the_example_that_everybody_shows() -> None:
    """Wikipedia, Discounted cumulative gain: 3, 2, 3, 0, 1, 2 retrieved, 3 and 2 left behind: 6.861 of 8.740."""
    relevant = {"D1": 3, "D2": 2, "D3": 3, "D4": 0, "D5": 1, "D6": 2, "D7": 3, "D8": 2}
    score = scored("ndcg", {"k": 6}, retrieved=["D1", "D2", "D3", "D4", "D5", "D6"], relevant=relevant)
    assert abs(score.details["dcg"] - 6.861) < 5e-4
    assert abs(score.details["ideal_dcg"] - 8.740) < 5e-4
    assert abs((score.value or 0) - 0.785) < 5e-4


def test_rank_biased_precision() -> None:
    chance = random.Random(3)
    for _ in range(COUNT):
        retrieved, relevant = ranking(chance)
        p = chance.choice([0.5, 0.8, 0.95])
        reference = sum((1 - p) * p**place for place, name in enumerate(retrieved) if relevant.get(name, 0) > 0)
        score = scored("rbp", {"p": p}, retrieved=retrieved, relevant=relevant)
        assert near(score.value or 0.0, reference)
        assert near(score.details["residual"], p ** len(retrieved))
    ids = [f"d{number}" for number in range(20)]
    assert near(value("rbp", {"p": 0.5}, retrieved=ids, relevant=ids), 1 - 0.5**20)


def test_what_is_retrieved_again_counts_once_and_keeps_its_rank() -> None:
    row: dict[str, Any] = {"retrieved": ["a", "a", "b"], "relevant": ["a", "b"]}
    assert value("precision_at_k", **row) == 2 / 3
    assert value("recall_at_k", **row) == 1.0
    assert near(value("map", **row), (1 + 2 / 3) / 2)
    assert near(value("ndcg", **row), (1 + 1 / 2) / (1 + 1 / math.log2(3)))
    assert value("r_precision", **row) == 0.5


def test_a_column_sets_an_option_and_a_given_one_goes_before() -> None:
    row: dict[str, Any] = {"retrieved": ["x", "a"], "relevant": ["a"], "k": 1}
    assert value("recall_at_k", **row) == 0.0
    assert value("recall_at_k", {"k": 2}, **row) == 1.0


@pytest.mark.parametrize("name", NAMES)
def test_without_anything_relevant_nothing_is_defined(name: str) -> None:
    for relevant in ([], {"a": 0}):
        score = scored(name, retrieved=["a"], relevant=relevant)
        assert (score.status, score.value) == (Status.INVALID, None)
        assert "no id with a gain above 0" in str(score.rationale)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_retrieved_is_nothing_found(name: str) -> None:
    assert value(name, retrieved=[], relevant=["a"]) == 0.0


@pytest.mark.parametrize("k", [0, -1, 1.5, "3", True])
def test_a_k_that_is_none(k: Any) -> None:
    for name in NAMES[:-2]:
        assert scored(name, retrieved=["a"], relevant=["a"], k=k).status is Status.INVALID


def test_precision_beyond_the_list_is_over_k() -> None:
    assert value("precision_at_k", {"k": 10}, retrieved=["a"], relevant=["a"]) == 0.1


def test_options_that_are_none() -> None:
    assert scored("ndcg", retrieved=["a"], relevant=["a"], gain="cubic").status is Status.INVALID
    assert scored("rbp", retrieved=["a"], relevant=["a"], p=1).status is Status.INVALID
    assert scored("ndcg", retrieved=["a"], relevant={"a": 5000}, gain="exponential").status in {
        Status.INVALID,
        Status.ERROR,
    }
