"""The judge that metrics are given: one or several models, how often each is asked, and one verdict of it all."""

from __future__ import annotations

import asyncio
import copy
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from tracekit import config
from tracekit.errors import UsageError
from tracekit.evals.judges.budget import Budget, Prices
from tracekit.evals.judges.cache import FILE, Mode, ReplyCache
from tracekit.evals.judges.draft import Draft
from tracekit.evals.judges.forms import Statements, Verdict
from tracekit.evals.judges.functions import FunctionJudge
from tracekit.evals.judges.member import Draw, Member, Tally
from tracekit.evals.judges.question import JudgeModel, Sampling, UndecidedError
from tracekit.evals.judges.votes import Vote, combine

SPREAD = 1.0
"""The temperature where several samples are asked for: at 0 they would be one."""


class Judge:
    """One model or a panel.

    A label needs a strict majority of the samples of each model, and then of the models; those that gave none keep
    their seats. A score is the mean, and needs all of them.

    Args:
        models: what is asked: `JudgeModel`s, or functions of a question.
        samples: how often each model is asked each question.
        cache: how the cache is used: `use`, `off`, or `only`, which never asks.
        cache_file: where it is; in the data directory unless said.
        budget: what calls are paid from; without limit unless said.
        prices: the user's price file.
        temperature: None is 0 for one sample and 1 for several.
        max_tokens: of a reply.
        timeout: seconds that a function may take; models behind a URL have their own.

    Raises:
        UsageError: no model, one that cannot be asked, or a number of samples below 1.
    """

    def __init__(
        self,
        models: JudgeModel | Callable[..., Any] | Sequence[JudgeModel | Callable[..., Any]],
        *,
        samples: int = 1,
        cache: Mode = "use",
        cache_file: Path | None = None,
        budget: Budget | None = None,
        prices: Path | None = None,
        temperature: float | None = None,
        max_tokens: int = 4096,
        timeout: float | None = None,
    ) -> None:
        if samples < 1:
            raise UsageError(f"samples is {samples}; a judge is asked at least once.")
        given = [as_model(each, timeout=timeout) for each in (models if isinstance(models, Sequence) else [models])]
        if not given:
            raise UsageError("a judge needs at least one model; name one.")
        self.samples = samples
        self.budget = budget or Budget()
        self.cache = ReplyCache(cache_file or config.directory() / FILE, mode=cache)
        self.tally = Tally()
        self._temperature = temperature
        self._max_tokens = max_tokens
        secret, costs = secrets.token_bytes(32), Prices(prices)
        self._members = [
            Member(each, cache=self.cache, budget=self.budget, prices=costs, secret=secret) for each in given
        ]
        self._first, self._kept = 0, True
        self._shared: dict[str, Verdict] = {}
        self._sharing: dict[str, asyncio.Task[Verdict]] = {}

    @property
    def name(self) -> str:
        """What shapes its verdicts: the models, and the number of samples where it is not one."""
        names = " + ".join(member.name for member in self._members)
        return names if self.samples == 1 else f"{names} x {self.samples}"

    @property
    def calls(self) -> int:
        """Calls that were made; replies from the cache are not among them."""
        return self.tally.calls

    @property
    def cost_usd(self) -> float | None:
        """What they cost; None where the price of one is not known."""
        return self.tally.cost_usd

    async def decide(self, draft: Draft, *, tally: Tally, samples: int | None = None) -> Verdict:
        """One verdict: of each model by its samples, then of the panel. Texts are written by the first model, once.

        Args:
            draft: what is asked.
            tally: that the calls are added to.
            samples: how often each model is asked, where not as often as usual.

        Raises:
            UndecidedError: there is none; its status says why.
        """
        if draft.shared:
            return await self._once(draft, tally)
        count = samples or self.samples
        spread = 0.0 if count == 1 else SPREAD
        sampling = Sampling(
            temperature=spread if self._temperature is None else self._temperature, max_tokens=self._max_tokens
        )
        numbers = range(self._first, self._first + count)
        draws = [Draw(sampling=sampling, sample=number, kept=self._kept) for number in numbers]
        if isinstance(draft.form, Statements):
            return await self._members[0].decide(draft, draw=draws[0], tally=tally)
        seats = await asyncio.gather(*(_seat(member, draft, draws, tally) for member in self._members))
        return combine(seats, draft.form)

    async def _once(self, draft: Draft, tally: Tally) -> Verdict:
        """A verdict that the whole run shares: it is asked for once, however many rows wait for it."""
        key = draft.key(self.name, sampling=Sampling(), sample=0)
        if key in self._shared:
            return self._shared[key]
        task = self._sharing.get(key)
        if task is None or task.get_loop() is not asyncio.get_running_loop():
            own = replace(draft, shared=False)
            task = asyncio.ensure_future(self.decide(own, tally=tally))
            self._sharing[key] = task
        try:
            verdict = self._shared[key] = await asyncio.shield(task)
        finally:
            if task.done():
                self._sharing.pop(key, None)
        return verdict

    def anew(self, *, first: int = 0) -> Judge:
        """This judge, never answering from its cache.

        Args:
            first: number of the first sample: others are other replies to the same question.
        """
        other = copy.copy(self)
        other._first, other._kept = first, False  # noqa: SLF001 - its own class
        return other

    async def aclose(self) -> None:
        """Close what its models and its cache have open; it may be used again."""
        for member in self._members:
            close = getattr(member.model, "aclose", None)
            if close is not None:
                await close()
        self.cache.close()


async def _seat(member: Member, draft: Draft, draws: Sequence[Draw], tally: Tally) -> Vote:
    """The vote of one model: of all its samples."""

    async def one(draw: Draw) -> Vote:
        try:
            return await member.decide(draft, draw=draw, tally=tally)
        except UndecidedError as error:
            return error

    votes = await asyncio.gather(*(one(draw) for draw in draws))
    try:
        return combine(votes, draft.form)
    except UndecidedError as error:
        return error


_made: WeakKeyDictionary[Any, Judge] = WeakKeyDictionary()


def as_judge(given: Any) -> Judge:
    """The judge of what a user hands in: itself, or one of the model or function, always the same.

    Raises:
        UsageError: it cannot judge.
    """
    if isinstance(given, Judge):
        return given
    try:
        if given not in _made:
            _made[given] = Judge(given)
        return _made[given]
    except TypeError:  # it cannot be remembered: a list, an object with slots
        return Judge(given)


def as_model(given: Any, *, timeout: float | None = None) -> JudgeModel:
    """What can be asked, of what a user hands in.

    Raises:
        UsageError: it cannot be asked.
    """
    if isinstance(given, JudgeModel):
        return given
    if callable(given):
        return FunctionJudge(given, timeout=timeout)
    raise UsageError(
        f"{given!r:.80} cannot judge; give a function of a question, or an object with `async def ask(question)`."
    )
