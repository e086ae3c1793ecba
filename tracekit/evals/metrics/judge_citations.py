"""Citations in answers, `[1]` for the first context: whether statements are covered by what they cite, and need it.

As ALCE defines them (Gao et al. 2023, arXiv 2305.14627, section 3), a judge in the place of the entailment model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tracekit.evals.judges import sentences
from tracekit.evals.judges.content import text_of
from tracekit.evals.judges.evaluation import Evaluation, judged
from tracekit.evals.row import Row
from tracekit.evals.score import Score, Status, failed

_SOURCE = "Gao et al. 2023 (ALCE), arXiv 2305.14627"
_CITATION = re.compile(r"\[(\d+(?:\s*,\s*\d+)*)\]")
_SPACED = re.compile(r" ([.!?,;:])")
_COVERS = {
    "supported": "the passages of the item say all that its statement says",
    "unsupported": "something that the statement says is not in the passages of the item",
}


@dataclass(frozen=True, slots=True)
class _Statement:
    """A sentence of the answer without its citations, and the contexts that it cites, numbered from 1, each once."""

    text: str
    cited: tuple[int, ...]


def _statements(row: Row) -> list[_Statement]:
    found: list[_Statement] = []
    for sentence in sentences.split(text_of(row.output)):
        numbers = [int(number) for group in _CITATION.findall(sentence) for number in group.split(",")]
        text = _SPACED.sub(r"\1", " ".join(_CITATION.sub("", sentence).split()))
        if any(letter.isalnum() for letter in text):
            found.append(_Statement(text, tuple(dict.fromkeys(numbers))))
        elif found and numbers:  # nothing but citations: they belong to the sentence before
            found[-1] = _Statement(found[-1].text, tuple(dict.fromkeys([*found[-1].cited, *numbers])))
    return found


async def _covered(row: Row, judge: Evaluation, asked: Sequence[tuple[_Statement, tuple[int, ...]]]) -> list[bool]:
    """Of each statement and the contexts held against it: whether they cover it. Contexts that are not there do not."""
    contexts = row.contexts or ()
    real = [tuple(number for number in cited if 1 <= number <= len(contexts)) for _, cited in asked]
    items = [
        "\n".join([f"Statement: {statement.text}", *(f"Passage {number}: {contexts[number - 1]}" for number in cited)])
        for (statement, _), cited in zip(asked, real, strict=True)
        if cited
    ]
    task = "Each item is a statement and the passages that it cites. Say of each whether its passages support it."
    verdicts = iter(await judge.each(task, _COVERS, items))
    return [bool(cited) and next(verdicts).label == "supported" for cited in real]


@judged(inputs=["output", "contexts"], source=_SOURCE)
async def citation_recall(row: Row, judge: Evaluation) -> Score:
    """Sentences of the answer that the contexts they cite cover, divided by its sentences."""
    statements = _statements(row)
    if not statements:
        return failed(Status.SKIPPED, "the answer has no sentence.")
    covered = await _covered(row, judge, [(one, one.cited) for one in statements])
    return Score(
        value=sum(covered) / len(covered),
        rationale=f"{sum(covered)} of {len(covered)} sentences are covered by what they cite.",
        details={
            "sentences": [
                {"text": one.text, "cited": list(one.cited), "covered": held}
                for one, held in zip(statements, covered, strict=True)
            ]
        },
    )


@judged(inputs=["output", "contexts"], source=_SOURCE)
async def citation_precision(row: Row, judge: Evaluation) -> Score:
    """Citations that serve, divided by citations: of a covered sentence, those that cover it or that it needs."""
    statements = [one for one in _statements(row) if one.cited]
    if not statements:
        return failed(Status.SKIPPED, "the answer cites nothing.")
    covered = await _covered(row, judge, [(one, one.cited) for one in statements])
    several = [one for one, held in zip(statements, covered, strict=True) if held and len(one.cited) > 1]
    pairs = [(one, number) for one in several for number in one.cited]
    alone = await _covered(row, judge, [(one, (number,)) for one, number in pairs])
    doubtful = [pair for pair, held in zip(pairs, alone, strict=True) if not held]
    others = [(one, tuple(each for each in one.cited if each != number)) for one, number in doubtful]
    without = await _covered(row, judge, others)
    idle = [pair for pair, held in zip(doubtful, without, strict=True) if held]
    total = sum(len(one.cited) for one in statements)
    serving = sum(len(one.cited) for one, held in zip(statements, covered, strict=True) if held) - len(idle)
    return Score(
        value=serving / total,
        rationale=f"{serving} of {total} citations serve.",
        details={"citations": total, "serving": serving, "idle": [[one.text, number] for one, number in idle]},
    )
