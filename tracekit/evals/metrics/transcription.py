"""Error rates of transcription, by words and characters, over alignments of fewest edits. Less is better."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracekit.evals.fields import best, flag, limited
from tracekit.evals.metric import InvalidRowError, metric
from tracekit.evals.row import Row
from tracekit.evals.score import Score

_PAIRS = 4_000_000_000


@metric(
    inputs=["output", "expected"],
    high=None,
    better="lower",
    source="word error rate; jiwer, checked against one written for the tests",
)
def wer(row: Row, *, ignore_case: bool = False) -> Score:
    """Word error rate: edits of words over the words of the nearest expected text. May exceed 1."""
    return _rate(row, _over_reference, ignore_case=ignore_case)


@metric(
    inputs=["output", "expected"],
    high=None,
    better="lower",
    source="character error rate; jiwer, checked against one written for the tests",
)
def cer(row: Row, *, ignore_case: bool = False) -> Score:
    """Character error rate: as wer, over characters, white space included. May exceed 1."""
    return _rate(row, _over_reference, characters=True, ignore_case=ignore_case)


@metric(
    inputs=["output", "expected"],
    better="lower",
    source="Morris et al. 2004; jiwer, checked against one written for the tests",
)
def mer(row: Row, *, ignore_case: bool = False) -> Score:
    """Match error rate: edits of words over edits and hits together."""
    return _rate(row, _over_alignment, ignore_case=ignore_case)


@metric(
    inputs=["output", "expected"],
    better="lower",
    source="Morris et al. 2004; jiwer, checked against one written for the tests",
)
def wil(row: Row, *, ignore_case: bool = False) -> Score:
    """Word information lost: 1 less the hits over the output's words times the hits over the expected ones."""
    return _rate(row, _lost, ignore_case=ignore_case)


def _rate(row: Row, rate: Callable[[Any, int, int], float], *, ignore_case: bool, characters: bool = False) -> Score:
    import jiwer  # noqa: PLC0415 - heavy

    process = jiwer.process_characters if characters else jiwer.process_words
    fold = flag(ignore_case, "ignore_case")

    def scored(output: str, answer: str) -> Score:
        output, answer = (text.casefold() if fold else text for text in (output, answer))
        mine, theirs = (len(text) if characters else len(text.split()) for text in (output.strip(), answer.strip()))
        limited(mine * theirs, _PAIRS, "output and expected")
        if not mine and not theirs:
            return Score(value=0.0)
        found = process(answer, output)
        details = {name: getattr(found, name) for name in ("hits", "substitutions", "deletions", "insertions")}
        return Score(value=rate(found, mine, theirs), details=details)

    return best(row, scored, lowest=True)


def _over_reference(found: Any, _: int, theirs: int) -> float:
    if not theirs:
        raise InvalidRowError("expected is empty, so there is nothing that a rate of errors could be of.")
    return (found.substitutions + found.deletions + found.insertions) / theirs


def _over_alignment(found: Any, _: int, __: int) -> float:
    edits = found.substitutions + found.deletions + found.insertions
    return edits / (edits + found.hits)


def _lost(found: Any, mine: int, theirs: int) -> float:
    return 1.0 - (found.hits / mine) * (found.hits / theirs) if mine and theirs else 1.0
