"""Judges behind Anthropic's Messages API: the verdict is the input of a tool that must be called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tracekit.evals.judges.ladder import Abilities, ServedModel
from tracekit.evals.judges.question import Question, Reply, UndecidedError
from tracekit.evals.judges.transport import Answer, Patience, Transport
from tracekit.evals.score import Status
from tracekit.model import Usage

VERSION = "2023-06-01"
"""Of the API, as its header asks for."""


def anthropic_messages(
    model: str,
    *,
    base_url: str = "https://api.anthropic.com",
    key: str | None = None,
    patience: Patience | None = None,
) -> ServedModel:
    """A judge behind `{base_url}/v1/messages`.

    Args:
        model: as the API names it.
        base_url: without the version.
        key: sent as `x-api-key`; None sends none.
        patience: timeouts and attempts.
    """
    headers = {"anthropic-version": VERSION, **({"x-api-key": key} if key else {})}
    transport = Transport(base_url, headers=headers, patience=patience)
    return ServedModel(Messages(), transport, model=model, provider="anthropic")


class Messages:
    """The dialect. The API gives no log-probabilities."""

    rungs: Sequence[str] = ("tool", "text")
    path = "/v1/messages"

    def body(self, question: Question, abilities: Abilities) -> Mapping[str, Any]:
        """A request; the system message has a place of its own."""
        system = "\n\n".join(each.content for each in question.messages if each.role == "system")
        body: dict[str, Any] = {
            "system": system,
            "messages": [
                {"role": each.role, "content": each.content} for each in question.messages if each.role != "system"
            ],
            "max_tokens": question.sampling.max_tokens,
        }
        if question.sampling.temperature is not None and abilities.temperature:
            body["temperature"] = question.sampling.temperature
        if self.rungs[abilities.rung] == "tool":
            name = question.form.name
            body["tools"] = [{"name": name, "description": "Give the verdict.", "input_schema": question.schema}]
            body["tool_choice"] = {"type": "tool", "name": name}
        return body

    def reply(self, data: Any, rung: str) -> Reply:
        """The reply of a message."""
        content = data.get("content") if isinstance(data, Mapping) else None
        if not isinstance(content, list):
            told = Answer(status=200, data=data, text=str(data)).complaint
            raise UndecidedError(Status.PROVIDER_ERROR, f"the judge's reply has no content: {told}.")
        blocks = [block for block in content if isinstance(block, Mapping)]
        calls = [block.get("input") for block in blocks if block.get("type") == "tool_use"]
        fault = f"the judge called {len(calls)} tools, and one verdict is asked for." if len(calls) > 1 else None
        stopped = data.get("stop_reason")
        return Reply(
            data=calls[0] if calls else None,
            text=None if calls else "".join(str(block.get("text") or "") for block in blocks),
            fault=fault,
            refusal="stop_reason refusal" if stopped == "refusal" else None,
            cut=stopped == "max_tokens",
            usage=_usage(data.get("usage")),
            model=data.get("model"),
            response_id=data.get("id"),
            rung=rung,
        )

    def refusal(self, answer: Answer) -> str | None:
        """The API refuses in its replies alone."""
        del answer
        return None


def _usage(data: Any) -> Usage | None:
    """The API counts what it read from its cache, and wrote there, apart from the rest of the input."""
    if not isinstance(data, Mapping):
        return None
    read, write, plain = (
        data.get(name) for name in ("cache_read_input_tokens", "cache_creation_input_tokens", "input_tokens")
    )
    return Usage(
        input_tokens=None if plain is None else plain + (read or 0) + (write or 0),
        output_tokens=data.get("output_tokens"),
        cache_read_tokens=read,
        cache_write_tokens=write,
    )
