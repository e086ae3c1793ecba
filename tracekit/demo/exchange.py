"""What is asked of the demo's model and what it says: the nouns between the HTTP forms and the script."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tracekit.demo import tokens


@dataclass(slots=True, frozen=True, kw_only=True)
class ModelCard:
    """A model the server offers: seconds to its `first` token, and for `each` further one."""

    dated: str
    first: float
    each: float


MODELS = {
    "gpt-4o-mini": ModelCard(dated="gpt-4o-mini-2024-07-18", first=0.09, each=0.0016),
    "gpt-4o": ModelCard(dated="gpt-4o-2024-08-06", first=0.15, each=0.0024),
    "o4-mini": ModelCard(dated="o4-mini-2025-04-16", first=0.24, each=0.0008),
    "text-embedding-3-small": ModelCard(dated="text-embedding-3-small", first=0.05, each=0.0),
}


_CACHE_FROM, _CACHE_BLOCK = 1024, 128


@dataclass(slots=True, frozen=True, kw_only=True)
class Turn:
    """One message of the conversation, whichever API it came through."""

    role: str
    text: str


@dataclass(slots=True, frozen=True, kw_only=True)
class Asked:
    """A request: the conversation, its tools, and how often the client has tried it before."""

    model: str
    turns: tuple[Turn, ...]
    tools: tuple[Mapping[str, Any], ...] = ()
    stream: bool = False
    include_usage: bool = False
    retries: int = 0

    @property
    def question(self) -> str:
        """What the user said last."""
        return next((turn.text for turn in reversed(self.turns) if turn.role == "user"), "")

    @property
    def step(self) -> int:
        """How often the model has spoken since then."""
        count = 0
        for turn in reversed(self.turns):
            if turn.role == "user":
                break
            count += turn.role == "assistant"
        return count

    @property
    def input_tokens(self) -> int:
        """Three a message, three for the answer's start, the text, and the tools' definitions."""
        texts = sum(3 + tokens.count(turn.text) for turn in self.turns)
        return 3 + texts + sum(tokens.count(str(dict(tool))) for tool in self.tools)

    @property
    def cached_tokens(self) -> int:
        """As OpenAI's prompt cache: whole blocks of 128 before the last message, once there are 1,024."""
        before = self.input_tokens - (3 + tokens.count(self.turns[-1].text) if self.turns else 0)
        return before // _CACHE_BLOCK * _CACHE_BLOCK if before >= _CACHE_FROM else 0


@dataclass(slots=True, frozen=True, kw_only=True)
class ToolCall:
    """A function the model wants called. `arguments` is JSON text."""

    name: str
    arguments: str


@dataclass(slots=True, frozen=True, kw_only=True)
class Reply:
    """What the model says: text, or tools to call. `thought` sums up `reasoning_tokens` of hidden thinking."""

    text: str = ""
    tool_calls: tuple[ToolCall, ...] = field(default=())
    thought: str = ""
    reasoning_tokens: int = 0

    @property
    def output_tokens(self) -> int:
        """Tokens of the text and the calls, and the reasoning."""
        calls = sum(tokens.count(call.name) + tokens.count(call.arguments) for call in self.tool_calls)
        return tokens.count(self.text) + calls + self.reasoning_tokens


@dataclass(slots=True, frozen=True, kw_only=True)
class Failure:
    """An error in place of an answer. `retry_after` in seconds, where trying again makes sense."""

    status: int
    message: str
    kind: str
    code: str
    param: str | None = None
    retry_after: float | None = None

    def body(self) -> dict[str, Any]:
        """The JSON that OpenAI would send."""
        return {"error": {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}}


def bad_request(message: str, *, param: str | None = None) -> Failure:
    """The request does not say what it must."""
    return Failure(status=400, message=message, kind="invalid_request_error", code="invalid_value", param=param)
