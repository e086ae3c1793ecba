"""Error rates against alignments made here by dynamic programming; where several are shortest, any of them is right."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache

import jiwer
import pytest

from tests.evals.metrics.scoring import PLAIN, near, scored, texts, value
from tracekit.evals.score import Status


def alignments(output: Sequence[str], expected: Sequence[str]) -> tuple[int, set[int]]:
    """The fewest edits, and how many words may be hit where so few are made."""

    @cache
    def rest(i: int, j: int) -> tuple[int, frozenset[int]]:
        if i == len(expected) or j == len(output):
            return len(expected) - i + len(output) - j, frozenset({0})
        hit = expected[i] == output[j]
        ways = [(rest(i + 1, j + 1), 0 if hit else 1, int(hit)), (rest(i + 1, j), 1, 0), (rest(i, j + 1), 1, 0)]
        fewest = min(edits + cost for (edits, _), cost, _ in ways)
        hits = {more + gain for (edits, there), cost, gain in ways if edits + cost == fewest for more in there}
        return fewest, frozenset(hits)

    edits, hits = rest(0, 0)
    return edits, set(hits)


def test_rates_are_their_definitions() -> None:
    for output, expected in texts(random.Random(1), PLAIN, most=8):
        if not expected or not output:
            continue
        mine, theirs = output.split(), expected.split()
        edits, hits = alignments(mine, theirs)
        assert near(value("wer", output=output, expected=expected), edits / len(theirs))
        mer, wil = (value(name, output=output, expected=expected) for name in ("mer", "wil"))
        assert any(near(mer, edits / (edits + hit)) for hit in hits)
        assert any(near(wil, 1 - hit / len(mine) * hit / len(theirs)) for hit in hits)
        assert near(mer, float(jiwer.mer(expected, output)))
        assert near(wil, float(jiwer.wil(expected, output)))
        edits, _ = alignments(output, expected)
        assert near(value("cer", output=output, expected=expected), edits / len(expected))


def test_by_hand() -> None:
    """One of four words replaced, one put in: two edits over four words; three hits of five."""
    score = scored("wer", output="the cat sits down here", expected="the cat sat here")
    assert score.value == 0.5
    assert score.details == {"hits": 3, "substitutions": 1, "deletions": 0, "insertions": 1}
    assert value("mer", output="the cat sits down here", expected="the cat sat here") == 2 / 5
    assert near(value("wil", output="the cat sits down here", expected="the cat sat here"), 1 - 3 / 5 * 3 / 4)


def test_it_may_exceed_one_and_takes_the_nearest_answer() -> None:
    assert value("wer", output="a b c", expected="x") == 3.0
    assert scored("wer", output="a b c", expected=["x", "a b d"]).details["reference"] == 1


@pytest.mark.parametrize("name", ["wer", "cer", "mer", "wil"])
def test_without_any_text(name: str) -> None:
    assert value(name, output="", expected="") == 0.0
    assert value(name, output="", expected="a cat") == 1.0
    score = scored(name, output="a cat", expected="")
    if name in {"wer", "cer"}:
        assert (score.status, score.value) == (Status.INVALID, None)
    else:
        assert score.value == 1.0


def test_case() -> None:
    assert value("wer", output="The cat", expected="the cat") == 0.5
    assert value("wer", {"ignore_case": True}, output="The cat", expected="the cat") == 0.0
