"""What was retrieved, and whether the answer is to the point, by verdicts on contexts and statements."""

from __future__ import annotations

import math
from typing import Any

from tracekit.evals.embedding import cosine, embedded
from tracekit.evals.judges.content import contexts, parts, text_of
from tracekit.evals.judges.evaluation import Evaluation, judged
from tracekit.evals.metrics.judge_claims import listed, share
from tracekit.evals.row import Row
from tracekit.evals.score import Score, Status, failed

_RAGAS = "Es et al. 2023 (RAGAS), arXiv 2309.15217"
_USEFUL = {
    "useful": "it helps to give the reference answer, or the answer where there is no reference",
    "useless": "it does not help",
}
_RELEVANT = {
    "relevant": "it has something to say on what was asked",
    "irrelevant": "it has nothing to say on what was asked",
}
_ADDRESSES = {
    "relevant": "it answers what was asked, or is needed to understand the answer",
    "irrelevant": "it is beside the point",
}


@judged(inputs=["input", "contexts", "expected|output"], source=f"{_RAGAS}; average precision over verdicts")
async def context_precision(row: Row, judge: Evaluation) -> Score:
    """Average precision of the contexts in their order: mean of precision@k over the places k of useful ones."""
    texts = [one.text for one in contexts(row)]
    if not texts:
        return failed(Status.SKIPPED, "there are no contexts.")
    known = parts(row, "input", "expected" if row.expected is not None else "output")
    task = "The items are texts that were retrieved to answer the input. Say of each whether it is useful."
    verdicts = await judge.each(task, _USEFUL, texts, known)
    useful = [verdict.label == "useful" for verdict in verdicts]
    precisions = [sum(useful[: place + 1]) / (place + 1) for place, hit in enumerate(useful) if hit]
    return Score(
        value=math.fsum(precisions) / len(precisions) if precisions else 0.0,
        rationale=f"{sum(useful)} of {len(useful)} contexts are useful.",
        details={"items": listed(texts, verdicts), "useful": useful},
    )


@judged(inputs=["input", "contexts"], source=f"{_RAGAS}; relevant contexts / contexts")
async def context_relevance(row: Row, judge: Evaluation) -> Score:
    """Contexts that have something to say on the input, divided by all contexts."""
    texts = [one.text for one in contexts(row)]
    if not texts:
        return failed(Status.SKIPPED, "there are no contexts.")
    task = "The items are texts that were retrieved for the input. Say of each whether it is relevant to the input."
    verdicts = await judge.each(task, _RELEVANT, texts, parts(row, "input"))
    return share(texts, verdicts, label="relevant", what="contexts are")


@judged(inputs=["input", "contexts"], source="Joren et al. 2024 (sufficient context), arXiv 2411.06037", binary=True)
async def context_sufficiency(row: Row, judge: Evaluation) -> Score:
    """Whether the contexts together have all that is needed to answer the input."""
    task = (
        "Say whether the contexts, taken together and with nothing else known, are enough to answer the input in full."
    )
    choices = {"sufficient": "all that is needed is there", "insufficient": "something needed is missing"}
    verdict = await judge.choose(task, choices, parts(row, "input", "expected", "contexts"))
    held = verdict.label == "sufficient"
    return Score(value=float(held), passed=held, label=verdict.label, rationale=verdict.rationale)


@judged(inputs=["input", "output"], source="statements to the point / statements, as in DeepEval's AnswerRelevancy")
async def answer_relevancy(row: Row, judge: Evaluation) -> Score:
    """Statements of the answer that are to the point, divided by its statements."""
    task = 'Split the text "output" into the statements that it makes, one by one, in its own words.'
    statements = await judge.statements(task, parts(row, "output"))
    if not statements:
        return failed(Status.SKIPPED, "the answer makes no statement.")
    asked = "The items are statements of an answer to the input. Say of each whether it is relevant to the input."
    verdicts = await judge.each(asked, _ADDRESSES, statements, parts(row, "input"))
    return share(statements, verdicts, label="relevant", what="statements are")


@judged(inputs=["input", "output"], source=f"{_RAGAS}: mean cosine of the input and questions made from the answer")
async def response_relevancy(row: Row, judge: Evaluation, *, embed: Any, questions: int = 3) -> Score:
    """Mean cosine of the input's embedding and those of questions that the answer would answer; below 0 counts as 0."""
    task = f'Write exactly {questions} different questions that the text "output" is a complete answer to.'
    written = await judge.statements(task, parts(row, "output"))
    if not written:
        return failed(Status.SKIPPED, "no question has this answer.")
    asked, *vectors = await embedded(embed, [text_of(row.input), *written])
    cosines = [cosine(asked, vector) for vector in vectors]
    return Score(
        value=max(math.fsum(cosines) / len(cosines), 0.0), details={"questions": list(written), "cosines": cosines}
    )
