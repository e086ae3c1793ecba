"""Whole conversations, turn by turn: a verdict for every turn of the assistant, or for every wish of the user."""

from __future__ import annotations

from collections.abc import Sequence

from tracekit.evals.judges.content import conversation, parts, text_of, turns
from tracekit.evals.judges.draft import Judged
from tracekit.evals.judges.evaluation import Evaluation, judged
from tracekit.evals.metrics.judge_claims import share
from tracekit.evals.row import Row
from tracekit.evals.score import Score, Status, failed

_FULFILLED = {
    "fulfilled": "by the end the user has what they wanted, or was told why it cannot be",
    "open": "they do not have it, or only in part",
}
_RETAINS = {
    "retains": "it fits all that the user said before, or nothing said before matters to it",
    "forgets": "it contradicts what the user said before, or asks for it again",
}
_IN_ROLE = {"in role": "it fits the role: task, knowledge, tone, limits", "out of role": "it does not"}
_ON_TOPIC = {
    "on topic": "it keeps to the topics, or declines to leave them",
    "off topic": "it goes into something that is none of the topics",
}
_LEVELS = {
    0.0: "no sign of it",
    0.25: "a hint: a question asked again, a shorter tone",
    0.5: "plain annoyance, or the same wish repeated twice or more",
    0.75: "open complaint about the assistant",
    1.0: "anger, or they give up",
}


def _replies(row: Row) -> list[str]:
    """The assistant's turns, with their numbers in the conversation."""
    return [
        f"turn [{number}] {turn.text}"
        for number, turn in enumerate(turns(row), 1)
        if turn.role in {"assistant", "ai", "model"}
    ]


async def _by_turn(
    row: Row, judge: Evaluation, task: str, choices: dict[str, str], *, beside: Sequence[Judged] = ()
) -> Score:
    replies = _replies(row)
    if not replies:
        return failed(Status.SKIPPED, "the conversation has no turn of an assistant.")
    asked = f"The items are the assistant's turns of the conversation. {task}"
    verdicts = await judge.each(asked, choices, replies, [*beside, *parts(row, "messages")])
    wanted = next(iter(choices))
    return share(replies, verdicts, label=wanted, what="turns are" if " " in wanted else "turns say")


@judged(inputs=["messages"], source="wishes fulfilled / wishes, as in DeepEval's ConversationCompleteness")
async def conversation_completeness(row: Row, judge: Evaluation) -> Score:
    """Wishes of the user that were fulfilled by the end, divided by all of them."""
    known = [Judged("conversation", conversation(row))]
    wishes = await judge.statements("List what the user wanted in the conversation, each wish once.", known)
    if not wishes:
        return failed(Status.SKIPPED, "the user wanted nothing.")
    task = "The items are wishes of the user in the conversation. Say of each whether it was fulfilled."
    return share(wishes, await judge.each(task, _FULFILLED, wishes, known), label="fulfilled", what="wishes are")


@judged(inputs=["messages"], source="turns that forget nothing / turns, as in DeepEval's KnowledgeRetention")
async def knowledge_retention(row: Row, judge: Evaluation) -> Score:
    """The assistant's turns that forget nothing of what the user said before, divided by its turns."""
    return await _by_turn(row, judge, "Say of each whether it retains what the user said before it.", _RETAINS)


@judged(inputs=["messages"], source="turns in role / turns, as in DeepEval's RoleAdherence")
async def role_adherence(row: Row, judge: Evaluation, *, role: str | None = None) -> Score:
    """The assistant's turns that fit its role, divided by its turns; a column or option, else the system message."""
    told = role or "\n".join(turn.text for turn in turns(row) if turn.role in {"system", "developer"})
    if not told.strip():
        return failed(Status.MISSING, "role_adherence needs a role: an option, a column, or a system message.")
    task = "Say of each whether it fits the role."
    return await _by_turn(row, judge, task, _IN_ROLE, beside=[Judged("role", told)])


@judged(inputs=["messages"], source="turns on topic / turns, after RAGAS' TopicAdherence (its precision)")
async def topic_adherence(row: Row, judge: Evaluation, *, topics: str | Sequence[str] = ()) -> Score:
    """The assistant's turns that keep to the topics, divided by its turns; `topics` is an option or a column."""
    named = [topics] if isinstance(topics, str) else [text_of(one) for one in topics]
    if not named:
        return failed(Status.MISSING, "topic_adherence needs topics: topic_adherence(topics=['...']), or a column.")
    task = "Say of each whether it keeps to the topics."
    return await _by_turn(row, judge, task, _ON_TOPIC, beside=[Judged("topics", "\n".join(named))])


@judged(inputs=["messages"], source="tracekit's own levels", better="lower")
async def user_frustration(row: Row, judge: Evaluation) -> Score:
    """How frustrated the user becomes with the assistant, 0 for not at all; the worst moment counts."""
    task = "Rate the user's frustration with the assistant at its worst moment."
    verdict = await judge.rate(task, _LEVELS, parts(row, "messages"))
    return Score(value=verdict.score, rationale=verdict.rationale, details=verdict.details)
