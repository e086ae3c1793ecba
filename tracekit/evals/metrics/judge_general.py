"""The general qualities of an answer, each a scale whose levels are written out, or a verdict."""

from __future__ import annotations

from collections.abc import Sequence

from tracekit.evals.judges.content import parts, text_of
from tracekit.evals.judges.evaluation import Evaluation, judged
from tracekit.evals.judges.forms import Verdict
from tracekit.evals.metrics.judge_claims import claims_of, count, listed, supported
from tracekit.evals.row import Row
from tracekit.evals.score import Score, Status, failed

_OWN = "tracekit's own levels"
_GUIDELINE = {
    "holds": "the output keeps to it, or it does not apply to the output",
    "broken": "the output breaks it",
}


def rated(verdict: Verdict) -> Score:
    """A score as the judge gave it."""
    return Score(value=verdict.score, rationale=verdict.rationale, details=verdict.details)


def labelled(verdict: Verdict, *, one: str, passed: str | None = None) -> Score:
    """1 where the verdict has the label `one`, else 0; `passed` is the label that is wanted, `one` unless said."""
    details = {} if verdict.probabilities is None else {"probabilities": dict(verdict.probabilities)}
    return Score(
        value=float(verdict.label == one),
        passed=verdict.label == (passed or one),
        label=verdict.label,
        rationale=verdict.rationale,
        details={**verdict.details, **details},
    )


@judged(
    inputs=["output", "expected"], source=f"{_OWN}; a right but incomplete answer ranks above one with wrong additions"
)
async def correctness(row: Row, judge: Evaluation) -> Score:
    """How right the answer is by the reference: every fact there, none contradicted."""
    levels = {
        1.0: "it says all that the reference says and contradicts none of it; further details are no fault",
        0.75: "what it says is right, and only a detail of the reference is missing or vague",
        0.5: "what it says is right as far as it goes, and an important part of the reference is missing",
        0.25: "something important is wrong, beside something right",
        0.0: "it contradicts the reference in what matters, answers something else, or does not answer",
    }
    task = "Rate how correct the output is, by the reference alone; wording, order and form do not matter."
    return rated(await judge.rate(task, levels, parts(row, "input", "output", "expected")))


@judged(inputs=["output", "expected"], source=_OWN, binary=True)
async def equivalence(row: Row, judge: Evaluation) -> Score:
    """Whether the answer and the reference say the same: each follows from the other."""
    choices = {
        "same": "whoever accepts one must accept the other",
        "different": "one says something that the other does not say, or contradicts",
    }
    task = "Say whether the output and the reference mean the same in answer to the input."
    return labelled(await judge.choose(task, choices, parts(row, "input", "output", "expected")), one="same")


@judged(inputs=["input", "output"], source=_OWN)
async def completeness(row: Row, judge: Evaluation) -> Score:
    """How much of what was asked the answer deals with."""
    levels = {
        1.0: "every part of what was asked is answered in full",
        0.75: "every part is answered, one of them briefly",
        0.5: "about half of what was asked is answered",
        0.25: "most of what was asked is not answered",
        0.0: "nothing of what was asked is answered",
    }
    task = "Rate how completely the output deals with all that the input asks for; whether it is right does not matter."
    return rated(await judge.rate(task, levels, parts(row, "input", "output", "expected")))


@judged(inputs=["input", "output"], source=_OWN)
async def conciseness(row: Row, judge: Evaluation) -> Score:
    """How little of the answer could be left out."""
    levels = {
        1.0: "nothing could be left out without losing something that was asked for",
        0.75: "a phrase or two could be left out",
        0.5: "about a third could be left out: repetition, preamble, or what was not asked for",
        0.25: "most could be left out",
        0.0: "it is almost all padding, or there is no answer in it",
    }
    return rated(await judge.rate("Rate how concise the output is.", levels, parts(row, "input", "output")))


@judged(inputs=["output"], source=f"{_OWN}; the dimension as in Fabbri et al. 2021 (SummEval), arXiv 2007.12626")
async def coherence(row: Row, judge: Evaluation) -> Score:
    """How well the answer hangs together: order, references, no contradiction within it."""
    levels = {
        1.0: "each sentence follows from what is before it; nothing contradicts anything else",
        0.75: "one place is rough, and the whole is followed with ease",
        0.5: "it can be followed with effort: jumps, unclear references",
        0.25: "only single sentences make sense",
        0.0: "it makes no sense, or contradicts itself throughout",
    }
    task = "Rate how coherent the output is by itself; whether it is right does not matter."
    return rated(await judge.rate(task, levels, parts(row, "output")))


@judged(inputs=["input", "output"], source=_OWN)
async def helpfulness(row: Row, judge: Evaluation) -> Score:
    """How far the answer takes whoever asked."""
    levels = {
        1.0: "whoever asked has what they need and can act on it",
        0.75: "they have what they need, and must work out a detail themselves",
        0.5: "it is of some use, and they have to ask again",
        0.25: "it touches on the matter and is of hardly any use",
        0.0: "it is of no use, or leads astray",
    }
    task = "Rate how helpful the output is to whoever wrote the input."
    return rated(await judge.rate(task, levels, parts(row, "input", "output")))


@judged(inputs=["input", "output"], source="min of alignment and coverage, as in DeepEval's Summarization")
async def summarization(row: Row, judge: Evaluation) -> Score:
    """The lesser of alignment (claims of the summary that the text has) and coverage (key points that are in it)."""
    (text,), (summary,) = parts(row, "input"), parts(row, "output")
    claims = await claims_of(judge, summary)
    task = f'List the key points of the text "{text.name}" that any good summary of it has to have, at most ten.'
    points = await judge.statements(task, [text])
    if not claims or not points:
        return failed(Status.SKIPPED, f"the {'text has no key point' if claims else 'summary makes no claim'}.")
    aligned = await supported(judge, claims, [text])
    covered = await supported(judge, points, [summary])
    alignment = count(aligned, "supported") / len(claims)
    coverage = count(covered, "supported") / len(points)
    return Score(
        value=min(alignment, coverage),
        rationale=f"{alignment:.2f} of the claims are in the text, {coverage:.2f} of its key points in the summary.",
        details={
            "alignment": alignment, "coverage": coverage,
            "claims": listed(claims, aligned), "points": listed(points, covered),
        },
    )  # fmt: skip


@judged(inputs=["output"], source=_OWN, binary=True)
async def guidelines(row: Row, judge: Evaluation, *, guidelines: str | Sequence[str] = ()) -> Score:
    """Whether the answer keeps to every one of a list of guidelines, given as an option or a column."""
    rules = [guidelines] if isinstance(guidelines, str) else [text_of(one) for one in guidelines]
    if not rules:
        return failed(
            Status.MISSING, "guidelines needs a list: guidelines(guidelines=['...']), or a column of that name."
        )
    known = parts(row, "input", "output", "expected", "contexts")
    task = _stated("Say of each numbered guideline below whether the output keeps to it.", rules)
    verdicts = await judge.each(task, _GUIDELINE, [f"guideline {number}" for number in range(1, len(rules) + 1)], known)
    broken = [rule for rule, verdict in zip(rules, verdicts, strict=True) if verdict.label == "broken"]
    reasons = [verdict.rationale for verdict in verdicts if verdict.label == "broken" and verdict.rationale]
    return Score(
        value=float(not broken),
        passed=not broken,
        rationale=" ".join([f"{len(broken)} of {len(rules)} guidelines are broken.", *reasons]),
        details={"items": listed(rules, verdicts), "broken": broken},
    )


@judged(inputs=["output"], source=_OWN, better="lower", binary=True)
async def refusal(row: Row, judge: Evaluation) -> Score:
    """1 where the answer declines, or says that it does not know, instead of answering."""
    choices = {
        "declines": "it declines, evades, or says that it cannot or does not know, and gives no answer",
        "answers": "it answers, if only in part or wrongly",
    }
    task = "Say whether the output declines to do what the input asks for."
    return labelled(await judge.choose(task, choices, parts(row, "input", "output")), one="declines", passed="answers")


@judged(inputs=["output"], source=_OWN, binary=True)
async def language(row: Row, judge: Evaluation, *, language: str | None = None) -> Score:
    """Whether the answer is in the language that is named as an option or a column, else in that of the input."""
    if language is None and row.input is None:
        return failed(Status.MISSING, "language needs an input, or the name of a language as option or column.")
    wanted = "the language of the input" if language is None else f"the language {language!r}"
    choices = {
        "right": "all running text is in it; names, quotations and code may be in another",
        "wrong": "some running text is in another language",
    }
    return labelled(
        await judge.choose(f"Say whether the output is in {wanted}.", choices, parts(row, "input", "output")),
        one="right",
    )


def _stated(task: str, rules: Sequence[str]) -> str:
    return "\n".join([task, *(f"{number}. {rule}" for number, rule in enumerate(rules, 1))])
