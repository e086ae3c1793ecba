"""One judge's way from a question to a verdict: the cache, the budget, the call, the reading, and one repair.

What is kept, counted and traced is decided here, for every kind of judge alike.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tracekit.evals.judges import logprobs, sentences, tracing
from tracekit.evals.judges.budget import Budget, Prices
from tracekit.evals.judges.cache import ReplyCache
from tracekit.evals.judges.draft import Draft
from tracekit.evals.judges.forms import Form, Scale, Statements, Verdict, Verdicts
from tracekit.evals.judges.question import (
    JudgeModel,
    Message,
    Question,
    Reply,
    Sampling,
    UndecidedError,
    UnreadableError,
)
from tracekit.evals.judges.reading import Found, find, span_of, unreadable
from tracekit.evals.score import Status

REPAIRED = "repaired"
SENTENCES = "sentences"
"""The flag of statements that no judge wrote: they are the sentences of the text."""


@dataclass(slots=True)
class Tally:
    """What calls of a judge came to.

    Attributes:
        calls: that were made; replies from the cache are `cached`.
        cost_usd: of them; None once one of unknown cost is among them.
        flags: how often verdicts were come by otherwise than plainly.
        response_ids: the provider's ids of the replies, those that have one.
    """

    calls: int = 0
    cached: int = 0
    cost_usd: float | None = 0.0
    flags: dict[str, int] = field(default_factory=dict[str, int])
    response_ids: list[str] = field(default_factory=list[str])

    def add(self, cost: float | None) -> None:
        """One call more."""
        self.calls += 1
        self.cost_usd = None if cost is None or self.cost_usd is None else self.cost_usd + cost

    def take(self, other: Tally) -> None:
        """All of another."""
        self.calls += other.calls
        self.cached += other.cached
        self.cost_usd = None if self.cost_usd is None or other.cost_usd is None else self.cost_usd + other.cost_usd
        for flag, count in other.flags.items():
            self.flags[flag] = self.flags.get(flag, 0) + count

    def note(self, verdict: Verdict) -> None:
        """How a verdict was come by."""
        for flag in verdict.flags:
            self.flags[flag] = self.flags.get(flag, 0) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """Which reply to a question is wanted.

    Attributes:
        sampling: how it is drawn.
        sample: which of several, from 0.
        kept: whether the cache may answer, and keep it.
    """

    sampling: Sampling
    sample: int = 0
    kept: bool = True


class Member:
    """One judge, with all that stands around it.

    Args:
        model: what is asked.
        cache: of its replies.
        budget: that its calls are paid from.
        prices: of its calls.
        secret: that nonces are made with.
    """

    def __init__(
        self,
        model: JudgeModel,
        *,
        cache: ReplyCache,
        budget: Budget,
        prices: Prices,
        secret: bytes,
    ) -> None:
        self.model = model
        self.name = str(getattr(model, "name", type(model).__name__))
        self.writes = bool(getattr(model, "writes", True))
        self._identity: str | None = getattr(model, "identity", None)
        self._provider: str | None = getattr(model, "provider", None)
        self._cache, self._budget, self._prices = cache, budget, prices
        self._secret = secret

    async def decide(self, draft: Draft, *, draw: Draw, tally: Tally) -> Verdict:
        """One verdict.

        Args:
            draft: what is asked.
            draw: how the reply is drawn.
            tally: that the calls are added to.

        Raises:
            UndecidedError: there is none.
        """
        form = draft.form
        if not self.writes and isinstance(form, Verdicts):
            return await self._one_by_one(draft, draw=draw, tally=tally)
        if not self.writes and isinstance(form, Statements):
            verdict = _written_here(draft)
        else:
            verdict = await self._decide(draft, draw=draw, tally=tally)
        tally.note(verdict)
        return verdict

    async def _one_by_one(self, draft: Draft, *, draw: Draw, tally: Tally) -> Verdict:
        asked = (self.decide(draft.alone(place), draw=draw, tally=tally) for place in range(len(draft.items)))
        return Verdict(items=tuple(await asyncio.gather(*asked)))

    async def _decide(self, draft: Draft, *, draw: Draw, tally: Tally) -> Verdict:
        question = draft.question(self._secret, sampling=draw.sampling, sample=draw.sample)
        key = None
        if draw.kept and self._identity is not None:
            key = draft.key(self._identity, sampling=draw.sampling, sample=draw.sample)
            held = self._cache.get(key)
            if held is not None:
                tally.cached += 1
                return _flagged(read(held[0], question), repaired=held[1])
        if self._cache.mode == "only":
            raise UndecidedError(Status.SKIPPED, f"{self.name} was not asked: the reply is not in the cache.")
        reply, verdict, repaired = await self._asked(question, tally)
        if key is not None:
            self._cache.put(key, reply, repaired=repaired)
        return _flagged(verdict, repaired=repaired)

    async def _asked(self, question: Question, tally: Tally) -> tuple[Reply, Verdict, bool]:
        reply = await self._call(question, tally)
        try:
            return reply, read(reply, question), False
        except UnreadableError as error:
            if not self.writes or (reply.text is None and reply.rung is None):
                raise  # a function's value: it would be the same again
            reply = await self._call(_repair(question, reply, error), tally)
            return reply, read(reply, question), True

    async def _call(self, question: Question, tally: Tally) -> Reply:
        self._budget.reserve()
        settled = False
        try:
            model = getattr(self.model, "model", None)
            with tracing.call(question, model=model or self.name, provider=self._provider) as handle:
                reply = await self.model.ask(question)
                tracing.replied(handle, reply)
            cost = self._prices.cost(reply, provider=self._provider, model=model)
            self._budget.settle(cost, what=model or self.name)
            settled = True
        finally:
            if not settled:
                self._budget.release()
        tally.add(cost)
        if reply.response_id:
            tally.response_ids.append(reply.response_id)
        return reply


def read(reply: Reply, question: Question) -> Verdict:
    """The verdict that a reply is.

    Raises:
        UndecidedError: it is none; refused, parse_error, out_of_range or inconclusive.
    """
    form: Form = question.form  # pyright: ignore[reportAssignmentType] - questions are made by drafts, of these forms
    if reply.refusal:
        raise UndecidedError(Status.REFUSED, f"the judge refused: {reply.refusal:.200}")
    if reply.fault:
        raise unreadable(reply.fault)
    if reply.probabilities is not None:
        return form.likely(reply.probabilities)
    if reply.data is not None:
        return _of_value(reply.data, form)
    text = reply.text or ""
    try:
        found = find(text, judged=question.judged.values())
        verdict = form.read(found.data)
    except UnreadableError as error:
        if reply.cut and error.status is Status.PARSE_ERROR:
            raise unreadable(f"{error} It was cut at {question.sampling.max_tokens} tokens.") from error
        raise
    if found.flag is not None:
        verdict = replace(verdict, flags=(found.flag,))
    if question.sampling.top_logprobs and isinstance(form, Scale):
        return _weighted(verdict, form, text, found, reply)
    return verdict


def _of_value(value: Any, form: Form) -> Verdict:
    if isinstance(value, Mapping):
        return form.read(value)
    if isinstance(value, bool | int | float):
        return form.bare(value)
    raise unreadable(f"a {type(value).__name__} is no verdict.")


def _weighted(verdict: Verdict, form: Scale, text: str, found: Found, reply: Reply) -> Verdict:
    span = span_of(text, found.start, "score")
    outcome = logprobs.weighted(text, span, reply.logprobs, levels=form.levels) if span else "there is no score"
    if isinstance(outcome, str):
        return replace(verdict, details={"not_weighted": outcome})
    shares = {f"{level:g}": share for level, share in outcome.shares.items()}
    details = {"written": verdict.score, "mass": outcome.mass, "shares": shares}
    return replace(verdict, score=outcome.score, mode="weighted", details=details)


def _flagged(verdict: Verdict, *, repaired: bool) -> Verdict:
    return replace(verdict, flags=(*verdict.flags, REPAIRED)) if repaired else verdict


def _written_here(draft: Draft) -> Verdict:
    """The sentences of the last text: what a judge that cannot write has instead of statements."""
    found = tuple(sentences.split(draft.parts[-1].text)) if draft.parts else ()
    return Verdict(statements=found, flags=(SENTENCES,))


def _repair(question: Question, reply: Reply, error: UnreadableError) -> Question:
    said = reply.text if reply.text is not None else repr(reply.data)
    told = (
        f"Your reply could not be read as a verdict: {error} "
        "Reply again with the one JSON object that was asked for, and nothing else."
    )
    messages = (Message(role="assistant", content=said.strip() or "(nothing)"), Message(role="user", content=told))
    return replace(question, messages=(*question.messages, *messages))
