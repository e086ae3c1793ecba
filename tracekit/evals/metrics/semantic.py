"""Meaning against meaning, by the vectors of an embedder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tracekit.evals.embedding import cosine, embedded
from tracekit.evals.fields import as_text, field, number, references
from tracekit.evals.metric import InvalidRowError, metric
from tracekit.evals.row import Row
from tracekit.evals.score import Score

_PAIRS = 1_000_000


@metric(
    inputs=["output"],
    low=-1.0,
    kind="embedding",
    source="cosine of two vectors; checked against NumPy",
)
async def embedding_cosine(row: Row, *, embed: Any, one: str = "output", other: str = "expected") -> Score:
    """Cosine of the vectors of two fields of the row, output and expected unless `one` and `other` name others."""
    pair = [as_text(field(row, name, option), name) for name, option in ((one, "one"), (other, "other"))]
    return Score(value=cosine(*await embedded(embed, pair)))


@metric(
    inputs=["output", "expected"],
    low=-1.0,
    kind="embedding",
    source="Es et al. 2023 (RAGAS), answer semantic similarity; checked against NumPy",
)
async def answer_similarity(row: Row, *, embed: Any, threshold: float | None = None) -> Score:
    """Cosine of the vectors of output and nearest expected text; passes from `threshold` on, where one is given."""
    least = None if threshold is None else number(threshold, "threshold", least=-1, most=1)
    answers = references(row)
    output, *others = await embedded(embed, [as_text(row.output, "output"), *answers])
    values = [cosine(output, other) for other in others]
    score = Score(value=max(values), passed=None if least is None else max(values) >= least)
    return score if len(values) == 1 else replace(score, details={"reference": values.index(max(values))})


@metric(
    inputs=["output", "expected"],
    kind="embedding",
    source="F1 over the assignment of greatest cosine (Kuhn 1955); SciPy, checked against all permutations",
)
async def semantic_f1(row: Row, *, embed: Any, threshold: float = 0.0) -> Score:
    """F1 of two lists of texts, each text paired with at most one of the other list so that the cosines sum up highest.

    A text that is no list is its lines that are not blank. A pair below `threshold` counts for nothing. Two empty
    lists are equal: 1.
    """
    least = number(threshold, "threshold", least=0, most=1)
    mine, theirs = _items(row.output, "output"), _items(row.expected, "expected")
    if len(mine) * len(theirs) > _PAIRS:
        raise InvalidRowError(f"{len(mine)} and {len(theirs)} items are more than a million pairs to compare.")
    if not mine or not theirs:
        return Score(value=float(mine == theirs))
    vectors = await embedded(embed, [*mine, *theirs])
    weights = [
        [value if (value := cosine(a, b)) >= least else 0.0 for b in vectors[len(mine) :]] for a in vectors[: len(mine)]
    ]
    total, pairs = assigned(weights)
    precision, recall = total / len(mine), total / len(theirs)
    value = 2 * total / (len(mine) + len(theirs))
    return Score(value=value, details={"precision": precision, "recall": recall, "pairs": pairs})


def assigned(weights: Sequence[Sequence[float]]) -> tuple[float, list[tuple[int, int]]]:
    """The greatest sum of weights where no row and no column is taken twice, and which are taken."""
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 - heavy

    rows, columns = linear_sum_assignment(weights, maximize=True)
    pairs = [(int(a), int(b)) for a, b in zip(rows, columns, strict=True) if weights[a][b] > 0]
    return float(sum(weights[a][b] for a, b in pairs)), pairs


def _items(value: Any, name: str) -> list[str]:
    if isinstance(value, str):
        return [line.strip() for line in value.splitlines() if line.strip()]
    if not isinstance(value, list | tuple):
        raise InvalidRowError(f"{name} is {value!r:.60}; it is a text or a list.")
    return [as_text(item, f"{name}[{place}]") for place, item in enumerate(value)]
