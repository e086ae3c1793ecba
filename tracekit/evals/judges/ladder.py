"""What a model's server understands, learnt from its complaints: how the form may be asked for, and which parameters.

The ways are tried in order, the strictest first; what was found is remembered, and while the first request finds it
out the others wait, so that a way that does not work is tried once. A server that ignores a form is not told apart
here: its reply is read strictly all the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from tracekit.evals.judges.question import Question, Reply, UndecidedError
from tracekit.evals.judges.transport import Answer, Transport
from tracekit.evals.score import Status

_WRONG = frozenset({400, 422})
_BROKEN = frozenset({500, 501})
_FORM_WORDS = ("response_format", "json_schema", "json_object", "schema", "grammar", "tool", "function")
_TOO_LONG = (
    "context length",
    "context size",
    "context window",
    "maximum context",
    "prompt is too long",
    "too many tokens",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """What is known of a server.

    Attributes:
        rung: the place of the way that forms are asked for.
        proven: a request was served that way.
        temperature: whether it takes one.
        logprobs: whether it gives them.
        limit: what it calls the greatest length of a reply.
        renamed: the other name was tried.
    """

    rung: int = 0
    proven: bool = False
    temperature: bool = True
    logprobs: bool = True
    limit: str = "max_tokens"
    renamed: bool = False

    def without(self, answer: Answer, *, rungs: int) -> Abilities | None:
        """What to try after a complaint; None where nothing would help."""
        said = answer.complaint.lower()
        if answer.status not in _WRONG | _BROKEN or any(words in said for words in _TOO_LONG):
            return None
        if "max_completion_tokens" in said:
            other = "max_tokens" if self.limit == "max_completion_tokens" else "max_completion_tokens"
            return replace(self, limit=other, renamed=True) if not self.renamed else None
        for word in ("logprobs", "temperature"):
            if word in said and getattr(self, word):
                return replace(self, **{word: False})
        wrong, named = answer.status in _WRONG, any(word in said for word in _FORM_WORDS)
        helps = (named and (wrong or not self.proven)) or (wrong and not self.proven)
        return replace(self, rung=self.rung + 1, proven=False) if helps and self.rung + 1 < rungs else None


class Dialect(Protocol):
    """How one API is spoken."""

    rungs: Sequence[str]
    path: str

    def body(self, question: Question, abilities: Abilities) -> Mapping[str, Any]:
        """The request."""
        ...

    def reply(self, data: Any, rung: str) -> Reply:
        """The reply that a body holds.

        Raises:
            UndecidedError: it holds none.
        """
        ...

    def refusal(self, answer: Answer) -> str | None:
        """Why the provider will not have this judged, where that is what an error says."""
        ...


class ServedModel:
    """A judge behind a URL.

    Args:
        dialect: how it is spoken to.
        transport: where.
        model: its name there.
        provider: whose prices it has; None where the model's name says it.
        abilities: what is known of it before.
    """

    writes = True

    def __init__(
        self,
        dialect: Dialect,
        transport: Transport,
        *,
        model: str,
        provider: str | None = None,
        abilities: Abilities | None = None,
    ) -> None:
        self.model = model
        self.provider = provider
        self.name = f"{provider}:{model}" if provider else model
        self.identity = f"{transport.base_url}#{model}"
        self.transport = transport
        self.abilities = abilities or Abilities()
        self._dialect = dialect
        self._finding_out: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()

    async def ask(self, question: Question, /) -> Reply:
        """Answer one question; see `JudgeModel`."""
        if self.abilities.proven:
            return await self._ask(question)
        async with self._finding_out.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
            if not self.abilities.proven:
                return await self._ask(question)
        return await self._ask(question)

    async def _ask(self, question: Question) -> Reply:
        abilities = self.abilities
        rungs = self._dialect.rungs

        def hopeless(answer: Answer) -> bool:
            return abilities.without(answer, rungs=len(rungs)) is not None

        while True:
            body = {"model": self.model, **self._dialect.body(question, abilities)}
            answer = await self.transport.post(self._dialect.path, body, hopeless=hopeless)
            if answer.ok:
                self.abilities = replace(abilities, proven=True)
                return self._read(answer, rungs[abilities.rung])
            why = self._dialect.refusal(answer)
            if why is not None:
                raise UndecidedError(Status.REFUSED, f"{self.name} refused: {why}.")
            lesser = abilities.without(answer, rungs=len(rungs))
            if lesser is None:
                raise UndecidedError(
                    Status.PROVIDER_ERROR, f"{self.name} answered HTTP {answer.status}: {answer.complaint}."
                )
            abilities = lesser

    def _read(self, answer: Answer, rung: str) -> Reply:
        try:
            return self._dialect.reply(answer.data, rung)
        except (TypeError, ValueError, KeyError, IndexError, AttributeError) as error:  # a body of another shape
            raise UndecidedError(
                Status.PROVIDER_ERROR, f"{self.name} answered with another shape than its API has: {error}."
            ) from error

    async def aclose(self) -> None:
        """Close its connections."""
        await self.transport.aclose()
