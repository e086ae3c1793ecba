"""What a judge is asked and what it answers: plain data, the protocol between the two, and how asking can fail.

Nothing here knows a provider, a metric or the text of a prompt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

from tracekit.errors import TracekitError
from tracekit.evals.score import Status
from tracekit.model import Usage

Role = Literal["system", "user", "assistant"]


class UndecidedError(TracekitError):
    """There is no verdict; says with which status a score ends.

    Args:
        status: anything but ok.
        why: one sentence for the reader of the score.
    """

    def __init__(self, status: Status, why: str) -> None:
        super().__init__(why)
        self.status = status


class UnreadableError(UndecidedError):
    """A reply came, and is no verdict. A judge that writes is asked once more, and told this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How a reply is drawn.

    Attributes:
        temperature: None leaves it to the provider.
        max_tokens: of the reply; one that is longer is cut there, and then is no verdict.
        top_logprobs: how many alternatives of each token are wanted with their log-probabilities; 0 for none.
    """

    temperature: float | None = 0.0
    max_tokens: int = 4096
    top_logprobs: int = 0


class ReplyForm(Protocol):
    """The form that a verdict must have: what is sent to the provider of it."""

    @property
    def name(self) -> str:
        """One word for it."""
        ...

    @property
    def schema(self) -> Mapping[str, Any]:
        """Its JSON schema: rationale first, then label, then score."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to a judge, as it is sent."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One call of a judge.

    Attributes:
        metric: which metric asks.
        messages: what is sent, the judged texts in their fences.
        form: what the reply must be; `form.schema` is its JSON schema.
        sampling: how the reply is drawn.
        sample: which of several replies to the same question, from 0.
        judged: the judged texts by name, without fences, for judges that are functions.
    """

    metric: str
    messages: tuple[Message, ...]
    form: ReplyForm
    sampling: Sampling = field(default_factory=Sampling)
    sample: int = 0
    judged: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def schema(self) -> Mapping[str, Any]:
        """The JSON schema of the verdict."""
        return self.form.schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token of a reply: its bytes, its log-probability, and those of the alternatives, itself mostly among them."""

    data: bytes
    logprob: float
    top: tuple[tuple[bytes, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a judge answered: text, or data, or probabilities. None is what it did not give.

    Attributes:
        text: the verdict as written: the message, or the arguments of the tool that was forced.
        data: the verdict as a value: an object of the form's schema, or a bare number or verdict.
        probabilities: of each label, for judges that write nothing.
        logprobs: the tokens of `text`, where they were asked for.
        refusal: the judge declined; its words, or the reason that it gave.
        fault: why this cannot be one verdict, where its very shape says so.
        cut: the reply was cut at `max_tokens`.
        usage: tokens.
        model: the model that answered, as the provider names it.
        response_id: the provider's id of the reply.
        rung: how the form was asked for: json_schema, tool, json_object or text.
        cost_usd: where the judge itself knows.
    """

    text: str | None = None
    data: Any = None
    probabilities: Mapping[str, float] | None = None
    logprobs: tuple[Token, ...] | None = None
    refusal: str | None = None
    fault: str | None = None
    cut: bool = False
    usage: Usage | None = None
    model: str | None = None
    response_id: str | None = None
    rung: str | None = None
    cost_usd: float | None = None


@runtime_checkable
class JudgeModel(Protocol):
    """Something that can be asked. `tracekit.evals.judges.judge.Judge` makes a judge of one or several.

    Beside the method, these attributes are read where they are there: `name` (in reports), `identity` (text that tells
    it from every judge that may answer otherwise; without one its replies are not kept in the cache), `provider` (for
    prices), `writes` (False for a judge that gives probabilities and no text), and the coroutine method `aclose`.
    """

    async def ask(self, question: Question, /) -> Reply:
        """Answer one question.

        Raises:
            UndecidedError: refused, timeout, provider_error: there is no reply.
        """
        ...
