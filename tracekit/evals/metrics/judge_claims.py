"""Answers taken apart into claims, each held against texts: faithfulness, recall, factual correctness, noise.

First the claims are written down, without the texts that they will be held against; then each gets a verdict. The
numbers are counts of verdicts. A claim without one leaves the row without a value.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracekit.evals.embedding import cosine, embedded
from tracekit.evals.judges.content import contexts, parts, references, text_of
from tracekit.evals.judges.draft import Judged
from tracekit.evals.judges.evaluation import Evaluation, judged
from tracekit.evals.judges.forms import Verdict
from tracekit.evals.row import Row
from tracekit.evals.score import Score, Status, failed

_RAGAS = "Es et al. 2023 (RAGAS), arXiv 2309.15217"
_SUPPORT = {
    "supported": "the texts say it, or it follows from them directly",
    "unsupported": "the texts do not say it, say otherwise, or leave it open",
}


async def claims_of(judge: Evaluation, what: Judged, beside: Sequence[Judged] = ()) -> tuple[str, ...]:
    """The factual claims of a text."""
    task = (
        f'List every factual claim that the text "{what.name}" makes, one by one, in its own words, names in place '
        "of pronouns. Leave out questions, greetings, opinions about itself, and that it does not know something. "
        "Other texts are there only to understand it."
    )
    return await judge.statements(task, [*beside, what])


async def supported(judge: Evaluation, claims: Sequence[str], texts: Sequence[Judged]) -> tuple[Verdict, ...]:
    """A verdict for each claim: whether texts support it. Without texts nothing is supported, and nobody is asked."""
    if not texts:
        return tuple(Verdict(label="unsupported", rationale="there is no text to support it") for _ in claims)
    task = "The items are claims. Say of each whether the other texts, and nothing else, support it."
    return await judge.each(task, _SUPPORT, claims, texts)


def listed(items: Sequence[str], verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """Items with their verdicts, as details of a score."""
    return [
        {"text": item, "label": verdict.label, "rationale": verdict.rationale}
        for item, verdict in zip(items, verdicts, strict=True)
    ]


def count(verdicts: Sequence[Verdict], label: str) -> int:
    """How many verdicts have a label."""
    return sum(verdict.label == label for verdict in verdicts)


def share(items: Sequence[str], verdicts: Sequence[Verdict], *, label: str, what: str) -> Score:
    """The share of items that have a label, and what is told of the others."""
    against = [verdict.rationale for verdict in verdicts if verdict.label != label and verdict.rationale]
    held = count(verdicts, label)
    why = f"{held} of {len(verdicts)} {what} {label}."
    return Score(
        value=held / len(verdicts),
        rationale=" ".join([why, *against]),
        details={"items": listed(items, verdicts), label: held, "total": len(verdicts)},
    )


@judged(inputs=["output", "contexts"], source=_RAGAS)
async def faithfulness(row: Row, judge: Evaluation) -> Score:
    """Supported claims of the answer divided by its claims: does it say only what the contexts say."""
    claims = await claims_of(judge, *parts(row, "output"), beside=parts(row, "input"))
    if not claims:
        return failed(Status.SKIPPED, "the answer makes no claim.")
    return share(claims, await supported(judge, claims, contexts(row)), label="supported", what="claims are")


@judged(inputs=["expected", "contexts"], source=_RAGAS)
async def context_recall(row: Row, judge: Evaluation) -> Score:
    """Claims of the reference that the contexts support, divided by its claims: was all that is needed retrieved."""
    claims = await claims_of(judge, _reference(row), beside=parts(row, "input"))
    if not claims:
        return failed(Status.SKIPPED, "the reference makes no claim.")
    return share(claims, await supported(judge, claims, contexts(row)), label="supported", what="claims are")


async def _agreement(row: Row, judge: Evaluation) -> Score:
    """F1 of claims: those of the answer that the reference has, and those of the reference that the answer has."""
    output, reference = parts(row, "output")[0], _reference(row)
    said = await claims_of(judge, output, beside=parts(row, "input"))
    wanted = await claims_of(judge, reference, beside=parts(row, "input"))
    if not wanted:
        return failed(Status.SKIPPED, "the reference makes no claim.")
    right = await supported(judge, said, [reference])
    there = await supported(judge, wanted, [output])
    true, missed = count(right, "supported"), count(there, "unsupported")
    false = len(said) - true
    value = true / (true + (false + missed) / 2) if true + false + missed else 0.0
    return Score(
        value=value,
        rationale=f"{true} claims are right, {false} are not in the reference, {missed} of the reference are missing.",
        details={
            "true_positives": true, "false_positives": false, "false_negatives": missed,
            "said": listed(said, right), "wanted": listed(wanted, there),
        },
    )  # fmt: skip


@judged(inputs=["output", "expected"], source=f"{_RAGAS}; TP / (TP + (FP + FN) / 2) over claims")
async def factual_correctness(row: Row, judge: Evaluation) -> Score:
    """F1 of the answer's claims against the reference's: TP / (TP + (FP + FN) / 2)."""
    return await _agreement(row, judge)


@judged(inputs=["output", "expected"], source=f"{_RAGAS}: weight * F1 of claims + (1 - weight) * cosine")
async def answer_correctness(row: Row, judge: Evaluation, *, embed: Any, weight: float = 0.75) -> Score:
    """F1 of claims and cosine of the embeddings of answer and reference, by weight; a cosine below 0 counts as 0."""
    facts = await _agreement(row, judge)
    if facts.value is None:
        return facts
    near, other = await embedded(embed, [text_of(row.output), _reference(row).text])
    similarity = max(cosine(near, other), 0.0)
    value = weight * facts.value + (1 - weight) * similarity
    details = {**facts.details, "f1": facts.value, "similarity": similarity}
    return Score(value=value, rationale=facts.rationale, details=details)


@judged(inputs=["output", "expected", "contexts"], source=f"{_RAGAS}; RAGChecker, Ru et al. 2024", better="lower")
async def noise_sensitivity(row: Row, judge: Evaluation) -> Score:
    """Claims of the answer that are wrong by the reference and stand in a context, divided by its claims."""
    claims = await claims_of(judge, *parts(row, "output"), beside=parts(row, "input"))
    if not claims:
        return failed(Status.SKIPPED, "the answer makes no claim.")
    right = await supported(judge, claims, [_reference(row)])
    found = await supported(judge, claims, contexts(row))
    misled = [
        claim
        for claim, truth, source in zip(claims, right, found, strict=True)
        if truth.label == "unsupported" and source.label == "supported"
    ]
    return Score(
        value=len(misled) / len(claims),
        rationale=" ".join([f"{len(misled)} of {len(claims)} claims are wrong, and taken from the contexts.", *misled]),
        details={"by_reference": listed(claims, right), "by_contexts": listed(claims, found), "misled": misled},
    )


def _reference(row: Row) -> Judged:
    """The reference as one text: where several are right, claims are taken from all of them."""
    return Judged("reference", "\n\n".join(one.text for one in references(row)))
