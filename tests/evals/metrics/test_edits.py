"""Likeness of strings against definitions written anew here and published examples."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from tests.evals.metrics.scoring import near, scored, texts, value
from tests.evals.metrics.test_translation import edits
from tracekit.evals.score import Status


def jaro_winkler(one: str, other: str) -> float:
    """Winkler 1990 with a prefix of at most 4, from a likeness of 0.7 up."""
    if not one and not other:
        return 1.0
    reach = max(max(len(one), len(other)) // 2 - 1, 0)
    taken = [False] * len(other)
    matched: list[str] = []
    for place, sign in enumerate(one):
        for at in range(max(0, place - reach), min(len(other), place + reach + 1)):
            if not taken[at] and other[at] == sign:
                taken[at] = True
                matched.append(sign)
                break
    if not matched:
        return 0.0
    theirs = [sign for sign, there in zip(other, taken, strict=True) if there]
    moved = sum(a != b for a, b in zip(matched, theirs, strict=True)) // 2
    count = len(matched)
    jaro = (count / len(one) + count / len(other) + (count - moved) / count) / 3
    prefix = 0
    while prefix < min(4, len(one), len(other)) and one[prefix] == other[prefix]:
        prefix += 1
    return jaro + prefix * 0.1 * (1 - jaro) if jaro > 0.7 else jaro


def lcs(one: Sequence[str], other: Sequence[str]) -> int:
    row = [0] * (len(other) + 1)
    for a in one:
        before = 0
        for place, b in enumerate(other, 1):
            before, row[place] = row[place], before + 1 if a == b else max(row[place], row[place - 1])
    return row[-1]


def token_set_ratio(one: str, other: str) -> float:
    """The most alike of: the shared words, these with what only one has, these with what only the other has."""

    def ratio(a: str, b: str) -> float:
        return 2 * lcs(a, b) / (len(a) + len(b)) if a or b else 1.0

    mine, theirs = set(one.split()), set(other.split())
    if not mine or not theirs:
        return 0.0
    shared = " ".join(sorted(mine & theirs))
    left, right = (" ".join(sorted(each)) for each in (mine - theirs, theirs - mine))
    if shared and not (left and right):
        return 1.0
    with_left, with_right = (f"{shared} {each}".strip() for each in (left, right))
    found = [ratio(with_left, with_right)]
    return max([*found, ratio(shared, with_left), ratio(shared, with_right)] if shared else found)


def test_levenshtein_ratio() -> None:
    for output, expected in texts(random.Random(1), most=6):
        longer = max(len(output), len(expected))
        reference = 1 - edits(output, expected) / longer if longer else 1.0
        assert near(value("levenshtein_ratio", output=output, expected=expected), reference)


def test_jaro_winkler() -> None:
    for output, expected in texts(random.Random(2), most=4):
        assert near(value("jaro_winkler", output=output, expected=expected), jaro_winkler(output, expected))


@pytest.mark.parametrize(
    ("one", "other", "found"), [("MARTHA", "MARHTA", 0.9611), ("DWAYNE", "DUANE", 0.84), ("DIXON", "DICKSONX", 0.8133)]
)
def test_winklers_examples(one: str, other: str, found: float) -> None:
    assert abs(value("jaro_winkler", output=one, expected=other) - found) < 5e-5


def test_token_set_ratio() -> None:
    for output, expected in texts(random.Random(3), most=6):
        assert near(value("token_set_ratio", output=output, expected=expected), token_set_ratio(output, expected))


@pytest.mark.parametrize("name", ["levenshtein_ratio", "jaro_winkler", "token_set_ratio"])
def test_a_megabyte_each_is_refused_and_case_can_be_folded(name: str) -> None:
    score = scored(name, output="ab" * 500_000, expected="ba" * 500_000)
    assert (score.status, score.value) == (Status.INVALID, None)
    assert value(name, {"ignore_case": True}, output="STRASSE", expected="straße") == 1.0
