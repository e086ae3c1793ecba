"""ROUGE as rouge-score reports it: F-score of shared n-grams and of longest common subsequences."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from tracekit.evals.fields import best, choice, flag, limited
from tracekit.evals.metric import InvalidRowError, metric
from tracekit.evals.row import Row
from tracekit.evals.score import Score

_ASCII = re.compile(r"[a-z0-9]+")
_UNICODE = re.compile(r"\w+")
_PAIRS = 4_000_000_000
"""Pairs of words that are compared 64 at a time: a second."""
_UNION_PAIRS = 4_000_000
"""Pairs of words that are compared one by one: a second."""
_SOURCE = "Lin 2004; checked against rouge-score"


@metric(inputs=["output", "expected"], source=_SOURCE)
def rouge_1(row: Row, *, stem: bool = False, words: str = "ascii") -> Score:
    """ROUGE-1: F1 of the words that the output shares with the best expected text, as multisets."""
    return _ngram(row, 1, stem=stem, words=words)


@metric(inputs=["output", "expected"], source=_SOURCE)
def rouge_2(row: Row, *, stem: bool = False, words: str = "ascii") -> Score:
    """ROUGE-2: F1 of the pairs of neighbouring words that the output shares with the best expected text."""
    return _ngram(row, 2, stem=stem, words=words)


@metric(inputs=["output", "expected"], source=_SOURCE)
def rouge_l(row: Row, *, stem: bool = False, words: str = "ascii") -> Score:
    """ROUGE-L: F1 of the longest common subsequence of words with the best expected text.

    More than 4,000,000,000 pairs of words are refused.
    """
    from rapidfuzz.distance import LCSseq  # noqa: PLC0415 - heavy

    split = _splitter(stem=stem, words=words)

    def scored(output: str, answer: str) -> Score:
        mine, theirs = split(output), split(answer)
        limited(len(mine) * len(theirs), _PAIRS, "output and expected")
        return _f1(LCSseq.similarity(mine, theirs), len(mine), len(theirs))

    return best(row, scored)


@metric(
    inputs=["output", "expected"],
    source="Lin 2004, section 3.2; rouge-score, checked against one written for the tests",
)
def rouge_lsum(row: Row, *, stem: bool = False) -> Score:
    """ROUGE-Lsum: F1 of the union of longest common subsequences, sentence by sentence; a line is a sentence.

    More than 4,000,000 pairs of words are refused.
    """
    scorer = _lsum(flag(stem, "stem"))

    def scored(output: str, answer: str) -> Score:
        limited(len(output.split()) * len(answer.split()), _UNION_PAIRS, "output and expected")
        found = scorer.score(answer, output)["rougeLsum"]
        return Score(value=found.fmeasure, details={"precision": found.precision, "recall": found.recall})

    return best(row, scored)


def _ngram(row: Row, n: int, *, stem: bool, words: str) -> Score:
    split = _splitter(stem=stem, words=words)

    def scored(output: str, answer: str) -> Score:
        mine, theirs = (Counter(_grams(split(text), n)) for text in (output, answer))
        return _f1((mine & theirs).total(), mine.total(), theirs.total())

    return best(row, scored)


def _grams(words: list[str], n: int) -> list[tuple[str, ...]]:
    return list(zip(*(words[start:] for start in range(n)), strict=False))


def _f1(shared: int, mine: int, theirs: int) -> Score:
    precision, recall = shared / mine if mine else 0.0, shared / theirs if theirs else 0.0
    value = 2 * precision * recall / (precision + recall) if shared else 0.0
    return Score(value=value, details={"precision": precision, "recall": recall})


def _splitter(*, stem: Any, words: Any) -> Callable[[str], list[str]]:
    """Words as rouge-score has them, which knows a to z and digits only; `unicode` takes those of every script."""
    kind = choice(words, "words", ("ascii", "unicode"))
    stemming = flag(stem, "stem")
    if kind == "unicode" and stemming:
        raise InvalidRowError("stem is for English words; leave it out where words is 'unicode'.")

    def split(text: str) -> list[str]:
        if stemming:
            return _stemmer().tokenize(text)
        found = (_ASCII if kind == "ascii" else _UNICODE).findall(text.lower())
        if not found and kind == "ascii" and _UNICODE.search(text):
            raise InvalidRowError(
                f"ROUGE's words are of a to z and digits, and {text!r:.60} has none; words='unicode' takes all scripts."
            )
        return found

    return split


@lru_cache
def _stemmer() -> Any:
    from rouge_score.tokenizers import DefaultTokenizer  # noqa: PLC0415 - heavy

    return DefaultTokenizer(use_stemmer=True)


@lru_cache
def _lsum(stem: bool) -> Any:  # noqa: FBT001 - the cache's key
    from rouge_score.rouge_scorer import RougeScorer  # noqa: PLC0415 - heavy

    return RougeScorer(["rougeLsum"], use_stemmer=stem)
