"""Overlap of words and parts, against definitions written anew here, scikit-learn, and examples worked by hand."""

from __future__ import annotations

import random
import re
import string
from collections import Counter
from typing import Any

import pytest
from sklearn.metrics import jaccard_score

from tests.evals.metrics.scoring import COUNT, WORDS, near, scored, texts, value
from tracekit.evals.score import Status

REFERENCE: Any = jaccard_score


def squad(text: str) -> list[str]:
    """SQuAD's normalisation, character by character."""
    kept = "".join(sign for sign in text.lower() if sign not in string.punctuation)
    words = re.split(r"(\w+)", kept)
    return "".join(" " if word in {"a", "an", "the"} else word for word in words).split()


def squad_f1(output: str, expected: str) -> float:
    mine, theirs = squad(output), squad(expected)
    if not mine or not theirs:
        return float(mine == theirs)
    left, shared = list(theirs), 0
    for word in mine:
        if word in left:
            left.remove(word)
            shared += 1
    return 2 * shared / (len(mine) + len(theirs))


def test_exact_match_and_token_f1_are_squads() -> None:
    seen: Counter[float] = Counter()
    for output, expected in texts(random.Random(1), most=4):
        assert value("exact_match", output=output, expected=expected) == float(squad(output) == squad(expected))
        found = value("token_f1", output=output, expected=expected)
        assert near(found, squad_f1(output, expected)), (output, expected)
        seen[found] += 1
    assert len(seen) > 8
    assert {0.0, 1.0} < seen.keys()


@pytest.mark.parametrize(
    ("output", "expected", "options", "found"),
    [
        ("The Eiffel Tower!", "eiffel tower", {}, 1),
        ("The Eiffel Tower!", "eiffel tower", {"ignore_articles": False}, 0),
        ("The Eiffel Tower!", "the eiffel tower", {"ignore_punctuation": False}, 0),
        ("Paris", "paris", {"ignore_case": False}, 0),
        ("New  York", "New York", {}, 1),
        ("New  York", "New York", {"ignore_whitespace": False}, 0),
        ("Rome", ["Paris", "rome."], {}, 1),
        ({"b": 1, "a": [2]}, {"a": [2], "b": 1}, {}, 1),
        ([1, 2], [1, 2], {}, 1),
        ([1, 2], [[1, 2], [3]], {}, 1),
        (5, 5.5, {}, 0),
        (True, True, {}, 1),
        ("15", 15, {}, 1),
        ("", "", {}, 1),
        ("", "the", {}, 1),
    ],
)
def test_exact_match_by_example(output: Any, expected: Any, options: dict[str, Any], found: int) -> None:
    assert value("exact_match", options, output=output, expected=expected) == found


def test_identical_is_told_beside() -> None:
    assert scored("exact_match", output="a cat", expected="cat").details == {"identical": False}
    assert scored("exact_match", output="cat", expected="cat").details == {"identical": True}


def test_the_best_of_several_answers_counts_and_is_named() -> None:
    score = scored("token_f1", output="the red cat", expected=["blue dog", "red cat", "cat"])
    assert (score.value, score.details["reference"]) == (1.0, 1)


@pytest.mark.parametrize("expected", [[], [None], ["a", None]])
def test_no_answer_is_no_answer(expected: Any) -> None:
    score = scored("token_f1", output="x", expected=expected)
    assert (score.status, score.value) == (Status.INVALID, None)


@pytest.mark.parametrize(
    ("name", "output", "expected", "found"),
    [
        ("contains", "the cat sat", "cat", 1),
        ("contains", "the cat sat", "Cat", 0),
        ("contains", "the cat sat", ["dog", "sat"], 1),
        ("contains_any", "the cat sat", ["dog", "fox"], 0),
        ("contains_all", "the cat sat", ["cat", "sat"], 1),
        ("contains_all", "the cat sat", ["cat", "dog"], 0),
        ("starts_with", "the cat sat", "the c", 1),
        ("starts_with", "the cat sat", "cat", 0),
        ("contains", {"a": 1}, '"a": 1', 1),
        ("contains", "naïve café", "café", 1),
        ("contains", "", "x", 0),
    ],
)
def test_parts_of_a_text(name: str, output: Any, expected: Any, found: int) -> None:
    score = scored(name, output=output, expected=expected)
    assert (score.value, score.passed) == (found, bool(found))


def test_parts_are_pythons_on_random_texts() -> None:
    chance = random.Random(2)
    for output, expected in texts(chance):
        wanted = expected.split()[: chance.randint(1, 3)]
        if not wanted:
            continue
        held = [word in output for word in wanted]
        assert value("contains_any", output=output, expected=wanted) == any(held)
        assert value("contains_all", output=output, expected=wanted) == all(held)
        assert value("contains", output=output, expected=wanted) == any(held)
        assert value("starts_with", output=output, expected=wanted) == output.startswith(tuple(wanted))
        folded = [word.casefold() in output.casefold() for word in wanted]
        assert value("contains_all", {"ignore_case": True}, output=output, expected=wanted) == all(folded)


def test_an_empty_text_is_contained_in_all_and_so_in_none() -> None:
    assert scored("contains", output="x", expected=["", "x"]).status is Status.INVALID


@pytest.mark.parametrize("ngram", [0, 3])
def test_jaccard_is_scikit_learns(ngram: int) -> None:
    def parts(text: str) -> set[str]:
        return {text[at : at + ngram] for at in range(len(text) - ngram + 1)} if ngram else set(text.split())

    for output, expected in texts(random.Random(3)):
        everything = sorted(parts(output) | parts(expected)) or ["nothing"]
        vectors = [[each in parts(text) for each in everything] for text in (expected, output)]
        reference = REFERENCE(*vectors, zero_division=1.0)
        if not parts(output) | parts(expected):
            reference = 1.0
        assert near(value("jaccard", {"ngram": ngram}, output=output, expected=expected), float(reference))


def test_repetition_by_n_grams() -> None:
    chance = random.Random(4)
    for _ in range(COUNT):
        words = chance.choices(WORDS[:6], k=chance.randint(4, 30))
        n = chance.randint(1, 4)
        seen: list[tuple[str, ...]] = []
        repeated = 0
        for at in range(len(words) - n + 1):
            gram = tuple(words[at : at + n])
            repeated += gram in seen
            seen.append(gram)
        text = " ".join(words)
        assert near(value("repetition_ratio", {"n": n}, output=text), repeated / len(seen))
        assert near(value("distinct_n", {"n": n}, output=text), len(set(seen)) / len(seen))


@pytest.mark.parametrize("name", ["distinct_n", "repetition_ratio"])
def test_a_text_without_n_grams_has_no_share_of_them(name: str) -> None:
    assert scored(name, output="one", n=2).status is Status.SKIPPED
    assert scored(name, output="", n=1).status is Status.SKIPPED


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"n": 0}, "at least 1"),
        ({"n": "2"}, "whole number"),
        ({"n": True}, "whole number"),
        ({"field": "answer"}, "no such field"),
    ],
)
def test_an_option_that_cannot_be_read_is_named(options: dict[str, Any], said: str) -> None:
    score = scored("distinct_n", options, output="a b c")
    assert (score.status, score.value) == (Status.INVALID, None)
    assert said in str(score.rationale)


def test_a_word_is_no_truth_value() -> None:
    score = scored("contains", output="Cat", expected="cat", ignore_case="false")
    assert score.status is Status.INVALID
