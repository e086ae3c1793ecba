"""BLEU, chrF, TER and GLEU against nltk, definitions written anew here, and examples from the papers."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
import sacrebleu
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu
from nltk.translate.gleu_score import sentence_gleu

from tests.evals.metrics.scoring import PLAIN, near, scored, texts, value
from tracekit.evals.score import Status

PAPINENI = (
    "It is a guide to action that ensures that the military will forever heed Party commands",
    "It is the guiding principle which guarantees the military forces always being under the command of the Party",
    "It is the practical guide for the army always to heed the directions of the party",
)
GUIDE = "It is a guide to action which ensures that the military always obeys the commands of the party"


def test_bleu_is_nltks_with_the_smoothing_of_nist() -> None:
    """Orders that a short output has no n-gram of are left out by both: sacrebleu's effective order."""
    smoothing = SmoothingFunction().method3
    for output, expected in texts(random.Random(1), PLAIN):
        mine, theirs = output.split(), expected.split()
        orders = min(4, len(mine))
        reference = 0.0
        if orders and theirs:
            weights = [1 / orders] * orders
            found: Any = sentence_bleu([theirs], mine, weights=weights, smoothing_function=smoothing)
            reference = float(found)
        assert near(value("bleu", output=output, expected=expected), reference), (output, expected)


def test_bleu_is_sacrebleus_over_a_hundred_with_punctuation_and_several_references() -> None:
    chance = random.Random(2)
    for output, expected in texts(chance):
        others = [expected, " ".join(chance.sample(expected.split(), len(expected.split())))]
        reference = sacrebleu.sentence_bleu(output, others).score / 100
        assert near(value("bleu", output=output, expected=others), reference)


def test_bleu_of_the_papers_first_example() -> None:
    """Papineni et al. 2002, candidate 1; nltk's documentation gives the value."""
    assert near(value("bleu", output=GUIDE, expected=list(PAPINENI)), 0.5045666840058485)
    details = scored("bleu", output=GUIDE, expected=list(PAPINENI)).details
    assert (details["counts"], details["totals"]) == ([17, 10, 7, 4], [18, 17, 16, 15])


def test_bleu_of_equal_texts_is_one_and_no_more() -> None:
    assert value("bleu", output="The cat sat on the mat today.", expected="The cat sat on the mat today.") == 1.0


@pytest.mark.parametrize("tokenize", ["flores200", "spm", "ja-mecab", 7])
def test_a_tokenizer_that_would_fetch_a_model_is_refused(tokenize: object) -> None:
    assert scored("bleu", output="a", expected="a", tokenize=tokenize).status is Status.INVALID


def grams(parts: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(parts[at : at + n]) for at in range(len(parts) - n + 1))


def words_of(text: str) -> list[str]:
    """chrF++'s words: punctuation at an end is a word of its own."""
    found: list[str] = []
    for word in text.split():
        if len(word) > 1 and word[-1] in "!.'":
            found += [word[:-1], word[-1]]
        else:
            found.append(word)
    return found


def chrf(output: str, expected: str, *, words: int) -> float:
    """Popović 2015: precisions and recalls averaged over the orders that both have, then the F-score with beta 2."""
    sides = [["".join(text.split()) for text in (output, expected)], [words_of(text) for text in (output, expected)]]
    precisions: list[float] = []
    recalls: list[float] = []
    for (mine, theirs), orders in zip(sides, (6, words), strict=True):
        for n in range(1, orders + 1):
            a, b = grams(mine, n), grams(theirs, n)  # type: ignore[arg-type]
            if a and b:
                precisions.append((a & b).total() / a.total())
                recalls.append((a & b).total() / b.total())
    if not precisions:
        return 0.0
    precision, recall = sum(precisions) / len(precisions), sum(recalls) / len(recalls)
    return 5 * precision * recall / (4 * precision + recall) if precision + recall else 0.0


@pytest.mark.parametrize(("name", "words"), [("chrf", 0), ("chrf_plus_plus", 2)])
def test_chrf_is_its_definition(name: str, words: int) -> None:
    for output, expected in texts(random.Random(3)):
        assert near(value(name, output=output, expected=expected), chrf(output, expected, words=words)), (
            output,
            expected,
        )


def edits(one: Sequence[str], other: Sequence[str]) -> int:
    row = list(range(len(other) + 1))
    for number, a in enumerate(one, 1):
        before, row[0] = row[0], number
        for place, b in enumerate(other, 1):
            before, row[place] = row[place], min(before + (a != b), row[place] + 1, row[place - 1] + 1)
    return row[-1]


def test_ter_of_the_papers_example() -> None:
    """Snover et al. 2006, section 3: one shift, two substitutions, one insertion over 13 words."""
    expected = "SAUDI ARABIA denied THIS WEEK information published in the AMERICAN new york times"
    output = "THIS WEEK THE SAUDIS denied information published in the new york times"
    score = scored("ter", output=output, expected=expected)
    assert score.value is not None
    assert near(score.value, 4 / 13)
    assert score.details == {"edits": 4.0, "reference_length": 13.0}


def test_ter_is_sacrebleus_over_a_hundred_and_never_above_the_rate_without_shifts() -> None:
    """The greedy search of shifts has no closed form: what is checked besides is that no shift makes it worse."""
    shifted = 0
    for output, expected in texts(random.Random(4), PLAIN):
        found = value("ter", output=output, expected=expected)
        assert near(found, sacrebleu.sentence_ter(output, [expected]).score / 100)
        if expected:
            plain = edits(output.split(), expected.split()) / len(expected.split())
            assert found <= plain + 1e-9
            shifted += found < plain - 1e-9
    assert shifted > 5


def test_gleu_is_nltks() -> None:
    chance = random.Random(5)
    for output, expected in texts(chance):
        others = [expected, " ".join(chance.sample(expected.split(), len(expected.split())))]
        reference = sentence_gleu([text.split() for text in others], output.split())
        assert near(value("gleu", output=output, expected=others), float(reference))


def test_gleu_by_example() -> None:
    """The first from the documentation of nltk; the second by hand: one of six n-grams."""
    hypothesis = "It is a guide to action which ensures that the rubber duck always disobeys the commands of the cat"
    expected = (
        "It is a guide to action that ensures that the rubber duck will never heed the cat commands",
        "It is the practical guide for the rubber duck army never to heed the directions of the cat",
    )
    reference = sentence_gleu([text.split() for text in expected], hypothesis.split())
    assert near(value("gleu", output=hypothesis, expected=list(expected)), float(reference))
    assert near(value("gleu", output="the the the", expected="the cat"), 1 / 6)


@pytest.mark.parametrize("name", ["bleu", "chrf", "chrf_plus_plus", "gleu"])
def test_nothing_shares_nothing(name: str) -> None:
    for output, expected in (("", "a cat"), ("a cat", ""), ("", "")):
        assert value(name, output=output, expected=expected) == 0.0


def test_ter_of_nothing() -> None:
    assert value("ter", output="", expected="a cat") == 1.0
    assert value("ter", output="a cat", expected="") == 1.0
    assert value("ter", output="", expected="") == 0.0


def test_long_texts_are_refused_or_fast() -> None:
    text = "word " * 200_000
    assert scored("ter", output=text, expected=text).status is Status.INVALID
    assert value("gleu", output=text, expected=text) == 1.0
