"""ROUGE against rouge-score, and ROUGE-Lsum against a definition written anew here."""

from __future__ import annotations

import itertools
import random
import re
from collections import Counter

import pytest
from rouge_score.rouge_scorer import RougeScorer

from tests.evals.metrics.scoring import COUNT, WORDS, near, scored, texts, value
from tracekit.evals.score import Status

ENGLISH = ("running", "runs", "cats", "cat", "the", "easily", "ran", "happily", "flies", "x-ray", "it's", "42")


@pytest.mark.parametrize(("name", "theirs"), [("rouge_1", "rouge1"), ("rouge_2", "rouge2"), ("rouge_l", "rougeL")])
@pytest.mark.parametrize("stem", [False, True])
def test_rouge_is_rouge_scores(name: str, theirs: str, *, stem: bool) -> None:
    scorer = RougeScorer([theirs], use_stemmer=stem)
    chance = random.Random(1)
    for output, expected in texts(chance, ENGLISH):
        others = [expected, " ".join(chance.sample(expected.split(), len(expected.split())))]
        reference = scorer.score_multi(others, output)[theirs]
        score = scored(name, {"stem": stem}, output=output, expected=others)
        assert score.value is not None
        assert near(score.value, reference.fmeasure)


def sentences(chance: random.Random) -> str:
    lines = [" ".join(chance.choices(ENGLISH, k=chance.randint(1, 6))) for _ in range(chance.randint(1, 4))]
    return "\n".join(lines)


def lcs_places(reference: list[str], candidate: list[str]) -> set[int]:
    """Places in the reference of one longest common subsequence; of several the one that rouge-score takes."""
    table = [[0] * (len(candidate) + 1) for _ in range(len(reference) + 1)]
    for i, a in enumerate(reference, 1):
        for j, b in enumerate(candidate, 1):
            table[i][j] = table[i - 1][j - 1] + 1 if a == b else max(table[i - 1][j], table[i][j - 1])
    found: set[int] = set()
    i, j = len(reference), len(candidate)
    while i and j:
        if reference[i - 1] == candidate[j - 1]:
            i, j = i - 1, j - 1
            found.add(i)
        elif table[i][j - 1] > table[i - 1][j]:
            j -= 1
        else:
            i -= 1
    return found


def lsum(output: str, expected: str) -> float:
    """Lin 2004, section 3.2: hits of the union LCS of each reference sentence, each word as often as both have it."""
    mine, theirs = ([re.findall("[a-z0-9]+", line.lower()) for line in text.split("\n")] for text in (output, expected))
    left_mine, left_theirs = Counter(itertools.chain(*mine)), Counter(itertools.chain(*theirs))
    hits = 0
    for sentence in theirs:
        union: set[int] = set().union(*(lcs_places(sentence, other) for other in mine))
        for place in sorted(union):
            word = sentence[place]
            if left_mine[word] and left_theirs[word]:
                hits += 1
                left_mine[word] -= 1
                left_theirs[word] -= 1
    total_mine, total_theirs = sum(map(len, mine)), sum(map(len, theirs))
    precision, recall = hits / total_mine, hits / total_theirs
    return 2 * precision * recall / (precision + recall) if hits else 0.0


def test_rouge_lsum_is_its_definition() -> None:
    chance = random.Random(2)
    for _ in range(COUNT):
        output, expected = sentences(chance), sentences(chance)
        assert near(value("rouge_lsum", output=output, expected=expected), lsum(output, expected)), (output, expected)


def test_words_of_other_scripts_are_not_silently_nothing() -> None:
    score = scored("rouge_1", output="кошка сидит", expected="кошка спит")
    assert score.status is Status.INVALID
    assert "words='unicode'" in str(score.rationale)
    assert near(value("rouge_1", {"words": "unicode"}, output="кошка сидит", expected="кошка спит"), 0.5)


def test_nothing_shares_nothing() -> None:
    for name in ("rouge_1", "rouge_2", "rouge_l", "rouge_lsum"):
        for output, expected in (("", "a cat"), ("a cat", ""), ("", "")):
            assert value(name, output=output, expected=expected) == 0.0


def test_a_megabyte_is_refused_where_it_would_take_minutes() -> None:
    one, other = (" ".join(random.Random(seed).choices(WORDS[:6], k=200_000)) for seed in (1, 2))
    for name in ("rouge_l", "rouge_lsum"):
        score = scored(name, output=one, expected=other)
        assert (score.status, "too long" in str(score.rationale)) == (Status.INVALID, True)
    assert 0.9 < value("rouge_1", output=one, expected=other) <= 1
