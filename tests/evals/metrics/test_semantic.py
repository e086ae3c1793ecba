"""Meaning by vectors: NumPy's cosine, and all permutations in place of an assignment."""

from __future__ import annotations

import hashlib
import itertools
import math
import random
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.evals.metrics.scoring import COUNT, PLAIN, near, scored
from tracekit.errors import UsageError
from tracekit.evals.embedding import cosine, embedded, embedder
from tracekit.evals.score import Status

SIZE = 16


def vector(text: str) -> list[float]:
    """Words hashed to places, with signs: alike texts have alike vectors."""
    made = [0.0] * SIZE
    for word in text.split() or [""]:
        digest = hashlib.sha256(word.encode()).digest()
        made[digest[0] % SIZE] += 1.0 if digest[1] % 2 else -1.0
    return made if any(made) else [1.0, *made[1:]]


def hashing(texts: Sequence[str]) -> list[list[float]]:
    return [vector(text) for text in texts]


def services(embed: Any) -> Any:
    return SimpleNamespace(judge=None, embed=embed)


HASHING = services(hashing)


def reference(one: str, other: str) -> float:
    a, b = np.array(vector(one)), np.array(vector(other))
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def phrase(chance: random.Random) -> str:
    return " ".join(chance.choices(PLAIN, k=chance.randint(1, 5)))


def test_cosines_are_numpys() -> None:
    chance = random.Random(1)
    for _ in range(COUNT):
        output, one, other = phrase(chance), phrase(chance), phrase(chance)
        found = scored("embedding_cosine", services=HASHING, output=output, expected=one)
        assert found.value is not None
        assert near(found.value, reference(output, one))
        found = scored("answer_similarity", {"threshold": 0.5}, services=HASHING, output=output, expected=[one, other])
        best = max(reference(output, one), reference(output, other))
        assert found.value is not None
        assert near(found.value, best)
        assert found.passed == (found.value >= 0.5)


def test_semantic_f1_is_the_best_of_all_pairings() -> None:
    chance = random.Random(2)
    for _ in range(COUNT):
        mine, theirs = ([phrase(chance) for _ in range(chance.randint(1, 4))] for _ in range(2))
        least = chance.choice([0.0, 0.4])
        weight = {
            (a, b): cos if (cos := reference(mine[a], theirs[b])) >= least else 0.0
            for a in range(len(mine))
            for b in range(len(theirs))
        }
        short, long = sorted((range(len(mine)), range(len(theirs))), key=len)
        turned = len(mine) > len(theirs)
        best = max(
            sum(weight[(b, a) if turned else (a, b)] for a, b in zip(short, chosen, strict=True))
            for chosen in itertools.permutations(long, len(short))
        )
        score = scored("semantic_f1", {"threshold": least}, services=HASHING, output=mine, expected=theirs)
        assert score.value is not None
        assert near(score.value, 2 * best / (len(mine) + len(theirs)))


def test_lines_are_items_and_nothing_equals_nothing() -> None:
    score = scored("semantic_f1", services=HASHING, output="red sun\n\ncat", expected=["cat", "red sun"])
    assert score.value is not None
    assert near(score.value, 1.0)
    assert score.details["pairs"] == [(0, 1), (1, 0)]
    assert scored("semantic_f1", services=HASHING, output=[], expected=[]).value == 1.0
    assert scored("semantic_f1", services=HASHING, output=[], expected=["cat"]).value == 0.0


def test_other_fields_can_be_compared() -> None:
    options = {"one": "question", "other": "contexts"}
    score = scored("embedding_cosine", options, services=HASHING, output="x", question="cat", contexts=["cat"])
    assert score.status is Status.OK
    assert scored("embedding_cosine", {"one": "nothing"}, services=HASHING, output="x").status is Status.INVALID


async def later(texts: Sequence[str]) -> np.ndarray:
    return np.array(hashing(texts))


class Model:
    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        self.asked.append(list(texts))
        return hashing(texts)


def test_any_kind_of_embedder_and_each_text_once() -> None:
    model = Model()
    for each in (later, model, hashing):
        score = scored("answer_similarity", services=services(each), output="cat", expected=["cat", "cat", "dog"])
        assert score.value is not None
        assert near(score.value, 1.0)
    assert model.asked == [["cat", "dog"]]


def giving(*vectors: list[float]) -> Any:
    def embed(_: list[str]) -> list[list[float]]:
        return list(vectors)

    return embed


def broken(_: list[str]) -> Any:
    return 1 / 0


@pytest.mark.parametrize(
    ("embed", "said"),
    [
        (giving([1.0]), "1 vectors for 2 texts"),
        (giving([1.0], [1.0, 2.0]), "of 1 and of 2 numbers"),
        (giving([0.0, 0.0], [1.0, 0.0]), "no direction"),
        (giving([math.nan], [1.0]), "no direction"),
        (broken, "ZeroDivisionError"),
    ],
)
def test_a_broken_embedder_is_an_error_of_the_row(embed: Any, said: str) -> None:
    score = scored("answer_similarity", services=services(embed), output="a", expected="b")
    assert (score.status, score.value) == (Status.ERROR, None)
    assert said in str(score.rationale)


def test_what_is_no_embedder_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="no embedder"):
        scored("answer_similarity", services=services(5), output="a", expected="b")


def test_without_an_embedder_it_is_skipped() -> None:
    assert scored("semantic_f1", output="a", expected="b").status is Status.SKIPPED


def test_cosine_of_great_and_small_numbers() -> None:
    assert near(cosine([1e300, 1e300], [1e-300, 1e-300]), 1.0)
    assert near(cosine([1e-300, 0.0], [-1e300, 0.0]), -1.0)


async def test_no_text_asks_nobody() -> None:
    assert await embedded(broken, []) == []
    assert embedder(hashing) is not hashing
