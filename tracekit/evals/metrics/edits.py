"""Likeness of strings by edits, by rapidfuzz. What would take seconds because both texts are long is refused."""

from __future__ import annotations

from tracekit.evals.fields import best, flag, limited
from tracekit.evals.metric import metric
from tracekit.evals.row import Row
from tracekit.evals.score import Score

_PAIRS = 20_000_000_000
"""Pairs of characters, compared 64 at a time: a second."""


@metric(
    inputs=["output", "expected"],
    source="Levenshtein 1966; rapidfuzz, checked against one written for the tests",
)
def levenshtein_ratio(row: Row, *, ignore_case: bool = False) -> Score:
    """1 less the edits of characters to the nearest expected text, over the longer of the two. Two empty texts: 1."""
    from rapidfuzz.distance import Levenshtein  # noqa: PLC0415 - heavy

    fold = flag(ignore_case, "ignore_case")

    def scored(output: str, answer: str) -> float:
        limited(len(output) * len(answer), _PAIRS, "output and expected")
        return Levenshtein.normalized_similarity(*_folded(output, answer, fold=fold))

    return best(row, scored)


@metric(
    inputs=["output", "expected"],
    source="Winkler 1990, prefix weight 0.1; rapidfuzz, checked against his examples and one written for the tests",
)
def jaro_winkler(row: Row, *, ignore_case: bool = False) -> Score:
    """Jaro-Winkler likeness to the nearest expected text: characters in near places, the first most of all."""
    from rapidfuzz.distance import JaroWinkler  # noqa: PLC0415 - heavy

    fold = flag(ignore_case, "ignore_case")

    def scored(output: str, answer: str) -> float:
        limited(len(output) * len(answer), _PAIRS, "output and expected")
        return JaroWinkler.similarity(*_folded(output, answer, fold=fold), prefix_weight=0.1)

    return best(row, scored)


@metric(
    inputs=["output", "expected"],
    source="fuzz.token_set_ratio of rapidfuzz over 100, checked against one written for the tests",
)
def token_set_ratio(row: Row, *, ignore_case: bool = False) -> Score:
    """Likeness of the sets of words, in any order: 1 where one set holds the other, 0 where one text has no words."""
    from rapidfuzz import fuzz  # noqa: PLC0415 - heavy

    fold = flag(ignore_case, "ignore_case")

    def scored(output: str, answer: str) -> float:
        limited(len(output) * len(answer), _PAIRS, "output and expected")
        return fuzz.token_set_ratio(*_folded(output, answer, fold=fold)) / 100

    return best(row, scored)


def _folded(*texts: str, fold: bool) -> tuple[str, ...]:
    return tuple(text.casefold() if fold else text for text in texts)
