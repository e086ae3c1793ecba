"""Judges by the suite's own words: criteria, rubrics, classes, decision graphs, and one answer against another."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from tracekit.errors import UsageError
from tracekit.evals.judges import graph as graphs
from tracekit.evals.judges.content import parts, references, text_of
from tracekit.evals.judges.draft import Judged
from tracekit.evals.judges.evaluation import Evaluation, judged
from tracekit.evals.judges.question import UndecidedError
from tracekit.evals.metric import InvalidRowError
from tracekit.evals.metrics.judge_claims import listed
from tracekit.evals.row import Row
from tracekit.evals.score import Score, Status, failed

_G_EVAL = "Liu et al. 2023 (G-Eval), arXiv 2303.16634"
_ALL = ("input", "output", "expected", "contexts", "tool_calls")
_OVERALL = "The output answers the input correctly, completely and clearly."
_MET = {"met": "the output does what the criterion asks", "unmet": "it does not, or only in part"}
Mode = Literal["auto", "weighted", "top"]


@judged(inputs=["output"], source=f"{_G_EVAL}, section 3")
async def g_eval(
    row: Row,
    judge: Evaluation,
    *,
    criteria: str | Sequence[str] = _OVERALL,
    steps: str | Sequence[str] | None = None,
    scale: Sequence[float] | Mapping[float, str] = (0, 1),
    score_mode: Mode = "auto",
) -> Score:
    """A score by criteria in words, read by log-probabilities where the judge gives them, as a share of the scale.

    `steps` are followed one by one: a list, or "auto", which has the judge write them, once for the whole run. `scale`
    is the two ends, five levels between them, or levels with their meanings. `score_mode`: `weighted` gives no value
    without log-probabilities, `top` takes the score as written, `auto` the first where it can; `details` names which.
    """
    if score_mode not in {"auto", "weighted", "top"}:
        raise UsageError(f"g_eval: score_mode is {score_mode!r}; use auto, weighted or top.")
    levels = _levels(scale)
    wanted = [criteria] if isinstance(criteria, str) else [text_of(one) for one in criteria]
    task = _numbered("Rate how far the output meets these criteria.", wanted)
    if steps is not None:
        told = await _steps(judge, wanted) if steps == "auto" else [steps] if isinstance(steps, str) else steps
        task = f"{task}\n{_numbered('Take these steps, one after the other.', [text_of(step) for step in told])}"
    else:
        told = []
    verdict = await judge.rate(task, levels, parts(row, *_ALL), between=False, weighted=score_mode != "top")
    if verdict.score is None:
        raise UndecidedError(Status.PARSE_ERROR, "the judge gave no score.")
    if score_mode == "weighted" and verdict.mode != "weighted":
        why = verdict.details.get("not_weighted", "the judge gave no log-probabilities")
        return failed(
            Status.PARSE_ERROR, f"g_eval cannot weight the score, as score_mode asks: {why}.", score_mode="top"
        )
    low, high = min(levels), max(levels)
    return Score(
        value=min(max((verdict.score - low) / (high - low), 0.0), 1.0),  # rounding alone: the score is on the scale
        rationale=verdict.rationale,
        details={**verdict.details, "score": verdict.score, "score_mode": verdict.mode, "steps": list(told)},
        mode=verdict.mode,
    )


async def _steps(judge: Evaluation, criteria: Sequence[str]) -> Sequence[str]:
    task = _numbered("Write the steps, at most six, by which any output can be rated against these criteria.", criteria)
    return await judge.statements(task, shared=True)


def _levels(scale: Any) -> Mapping[float, str]:
    """Levels with their meanings."""
    try:
        if isinstance(scale, Mapping):
            levels = {float(level): text_of(meaning) for level, meaning in scale.items()}
        else:
            low, high = map(float, scale)
            words = ("not at all", "in a small part", "about half", "for the most part", "in full")
            levels = {low + (high - low) * place / 4: f"the criteria are met {how}" for place, how in enumerate(words)}
    except (TypeError, ValueError):
        levels = {}
    if len(levels) < 2 or not all(map(math.isfinite, levels)):  # noqa: PLR2004 - its two ends
        raise UsageError(f"g_eval: scale is {scale!r:.80}; give its two ends, (1, 5), or levels and their meanings.")
    return levels


@judged(
    inputs=["output"], source="sum of the weights of met criteria / sum of weights, as in HealthBench (OpenAI 2025)"
)
async def rubric(row: Row, judge: Evaluation, *, rubric: Any = ()) -> Score:
    """Weights of the criteria that the answer meets, divided by all weights; an option or a column.

    `rubric` is a list of criteria, a mapping of them to weights, or a list of objects with `criterion` and `weight`.
    """
    weights = _weights(rubric)
    if not weights:
        return failed(Status.MISSING, "rubric needs criteria: rubric(rubric=['...']), or a column of that name.")
    task = _numbered("Say of each numbered criterion below whether the output meets it.", list(weights))
    names = [f"criterion {number}" for number in range(1, len(weights) + 1)]
    verdicts = await judge.each(task, _MET, names, parts(row, *_ALL))
    met = [verdict.label == "met" for verdict in verdicts]
    total = math.fsum(weights.values())
    held = math.fsum(weight for weight, hit in zip(weights.values(), met, strict=True) if hit)
    return Score(
        value=held / total,
        rationale=f"{sum(met)} of {len(met)} criteria are met, {held:g} of {total:g} by weight.",
        details={"items": listed(list(weights), verdicts), "weights": list(weights.values())},
    )


def _weights(rubric: Any) -> dict[str, float]:
    if isinstance(rubric, str):
        return {rubric: 1.0}
    weights: dict[str, float] = {}
    for one in rubric.items() if isinstance(rubric, Mapping) else rubric:
        if isinstance(one, Mapping):
            criterion, weight = one.get("criterion"), one.get("weight", 1.0)
        else:
            criterion, weight = one if isinstance(one, tuple) else (one, 1.0)
        numeric = isinstance(weight, int | float) and not isinstance(weight, bool)
        if not isinstance(criterion, str) or not numeric or not 0 < weight < math.inf or criterion in weights:
            raise InvalidRowError(
                f"{one!r:.80} is no criterion of a rubric; it has a text of its own and a weight above 0."
            )
        weights[criterion] = float(weight)
    return weights


@judged(inputs=["output"], source="the label's score; labels and scores are the suite's")
async def classifier(
    row: Row, judge: Evaluation, *, labels: Mapping[str, Any] | None = None, task: str | None = None
) -> Score:
    """The score, 0 to 1, of the class that the judge puts the answer in. `labels` maps each class to its score.

    A value may be an object with `score` and `meaning` too.
    """
    scores, choices = _classes(labels or {})
    if not scores:
        return failed(Status.MISSING, "classifier needs classes: classifier(labels={'good': 1, 'bad': 0}).")
    verdict = await judge.choose(task or "Say which class the output belongs to.", choices, parts(row, *_ALL))
    assert verdict.label is not None
    shares = {} if verdict.probabilities is None else {"probabilities": dict(verdict.probabilities)}
    return Score(
        value=scores[verdict.label],
        label=verdict.label,
        rationale=verdict.rationale,
        details={**verdict.details, **shares},
    )


def _classes(labels: Mapping[str, Any]) -> tuple[dict[str, float], dict[str, str]]:
    scores: dict[str, float] = {}
    choices: dict[str, str] = {}
    for label, given in labels.items():
        score, meaning = (given.get("score"), given.get("meaning")) if isinstance(given, Mapping) else (given, None)
        if not isinstance(score, int | float) or not 0 <= score <= 1:
            raise InvalidRowError(f"class {label!r} has the score {score!r}; it is a number from 0 to 1.")
        scores[str(label)] = float(score)
        choices[str(label)] = text_of(meaning) if meaning else f"it is best described as {label}"
    return scores, choices


@judged(inputs=["output"], source="a tree of verdicts, as DeepEval's DAG; nodes and scores are the suite's")
async def decision_graph(row: Row, judge: Evaluation, *, graph: Mapping[str, Any] | None = None) -> Score:
    """The score at the end of a path of questions; each answer names the next question, or a score from 0 to 1.

    `graph` maps names to nodes, the first of which is the start: `{"question": ..., "answers": {label: next}}`.
    """
    if not graph:
        return failed(Status.MISSING, "decision_graph needs a graph, as an option or a column.")
    nodes = graphs.checked(graph)
    place: str | float = next(iter(nodes))
    path: list[dict[str, Any]] = []
    while isinstance(place, str):
        node = nodes[place]
        choices = {label: f'the answer to the question is "{label}"' for label in node.answers}
        verdict = await judge.choose(node.question, choices, parts(row, *_ALL))
        assert verdict.label is not None
        path.append({"node": place, "answer": verdict.label, "rationale": verdict.rationale})
        place = node.answers[verdict.label]
    reasons = " ".join(step["rationale"] for step in path if step["rationale"])
    return Score(value=place, label=path[-1]["answer"], rationale=reasons or None, details={"path": path})


@judged(
    inputs=["output", "baseline|expected"],
    source="win 1, tie 0.5, loss 0; both orders, as Zheng et al. 2023, arXiv 2306.05685",
)
async def pairwise(
    row: Row,
    judge: Evaluation,
    *,
    criteria: str = "Say which of the answers A and B is the better answer to the input.",
) -> Score:
    """1 where the answer beats that in the column `baseline`, else the expected one; 0 where it loses, 0.5 for a tie.

    Both orders are asked. Where they disagree it is a tie, and `details.flip` says so.
    """
    ours, theirs = text_of(row.output), _other(row)
    first = await _compared(row, judge, criteria, ours, theirs)
    second = await _compared(row, judge, criteria, theirs, ours)
    forth = {"A": 1.0, "B": 0.0, "tie": 0.5}[str(first.label)]
    back = {"A": 0.0, "B": 1.0, "tie": 0.5}[str(second.label)]
    value = forth if forth == back else 0.5
    return Score(
        value=value,
        label={1.0: "win", 0.5: "tie", 0.0: "loss"}[value],
        rationale=" / ".join(each.rationale for each in (first, second) if each.rationale) or None,
        details={"first": forth, "second": back, "flip": forth != back},
    )


async def _compared(row: Row, judge: Evaluation, criteria: str, a: str, b: str) -> Any:
    choices = {"A": "answer A is better", "B": "answer B is better", "tie": "neither is better"}
    return await judge.choose(criteria, choices, [*parts(row, "input"), Judged("answer A", a), Judged("answer B", b)])


def _other(row: Row) -> str:
    if row.columns.get("baseline") is not None:
        return text_of(row.columns["baseline"])
    found = references(row)
    if len(found) != 1:
        raise InvalidRowError(f"pairwise compares with one answer, and expected has {len(found)}; name it as baseline.")
    return found[0].text


def _numbered(head: str, lines: Sequence[str]) -> str:
    return "\n".join([head, *(f"{number}. {line}" for number, line in enumerate(lines, 1))])
