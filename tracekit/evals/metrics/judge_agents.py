"""What agents do, by judge: whether the task was done, the plan kept, and no step wasted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracekit.evals.judges.content import parts, steps, text_of
from tracekit.evals.judges.draft import Judged
from tracekit.evals.judges.evaluation import Evaluation, judged
from tracekit.evals.metrics.judge_claims import share
from tracekit.evals.metrics.judge_general import rated
from tracekit.evals.row import Row
from tracekit.evals.score import Score, Status, failed

_FOLLOWED = {
    "followed": "the agent did it, at its place, or the plan itself made it needless",
    "skipped": "the agent did not do it, did something else instead, or did it when it was too late",
}
_NEEDED = {
    "needed": "without it the task could not have been done, or not as well, by what was known at that moment",
    "wasted": "it repeats another, brings nothing that is used, or is no part of the task",
}


@judged(
    inputs=["input", "output|messages"],
    source="tracekit's own levels; outcome over effort, as tau-bench, arXiv 2406.12045",
)
async def task_completion(row: Row, judge: Evaluation) -> Score:
    """How far the agent did what it was asked for, by its answer and its tool calls."""
    levels = {
        1.0: "all that was asked for is done, and the tool calls and their results bear it out",
        0.75: "it is done but for a detail",
        0.5: "about half of it is done",
        0.25: "it made a start",
        0.0: "nothing of it is done, or it claims to have done what it did not do",
    }
    task = "Rate how far the agent completed the task in the input; what it claims counts only as far as it was done."
    known = parts(row, "input", "expected", "tool_calls", "messages", "output")
    return rated(await judge.rate(task, levels, known))


@judged(inputs=["tool_calls|messages"], source="plan steps followed / plan steps, after DeepEval's PlanAdherence")
async def plan_adherence(row: Row, judge: Evaluation, *, plan: str | Sequence[Any] | None = None) -> Score:
    """Steps of the plan that the agent followed, divided by all; `plan` is an option or a column, text or a list."""
    if not plan:
        return failed(Status.MISSING, "plan_adherence needs a plan: a column, or an option.")
    if isinstance(plan, str):
        planned = await judge.statements('List the steps of the text "plan", in order.', [Judged("plan", plan)])
    else:
        planned = tuple(text_of(step) for step in plan)
    if not planned:
        return failed(Status.SKIPPED, "the plan has no step.")
    task = "The items are steps of the agent's plan. Say of each whether the agent followed it."
    known = parts(row, "input", "tool_calls", "messages", "output")
    return share(planned, await judge.each(task, _FOLLOWED, planned, known), label="followed", what="steps were")


@judged(inputs=["input", "tool_calls"], source="needed tool calls / tool calls, after DeepEval's StepEfficiency")
async def step_efficiency(row: Row, judge: Evaluation) -> Score:
    """Tool calls that the task needed, divided by all tool calls."""
    made = steps(row)
    if not made:
        return failed(Status.SKIPPED, "no tool was called.")
    task = "The items are the tool calls of an agent, in order. Say of each whether the task in the input needed it."
    return share(
        made, await judge.each(task, _NEEDED, made, parts(row, "input", "output")), label="needed", what="calls were"
    )
