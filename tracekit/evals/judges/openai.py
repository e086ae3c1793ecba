"""Judges behind OpenAI's chat completions, of whatever server speaks them. Pure but for what `ladder` does with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tracekit.evals.judges.ladder import Abilities, ServedModel
from tracekit.evals.judges.question import Question, Reply, Token, UndecidedError
from tracekit.evals.judges.transport import Answer, Patience, Transport
from tracekit.evals.score import Status
from tracekit.model import Usage

JSON_SCHEMA, TOOL, JSON_OBJECT, TEXT = "json_schema", "tool", "json_object", "text"
_MOST_LOGPROBS = 20


def openai_compatible(
    model: str,
    *,
    base_url: str,
    key: str | None = None,
    provider: str | None = None,
    patience: Patience | None = None,
) -> ServedModel:
    """A judge behind `{base_url}/chat/completions`.

    Args:
        model: as the server names it.
        base_url: with the version, without the path: `http://127.0.0.1:8080/v1`.
        key: sent as a bearer token; None sends none.
        provider: whose prices it has, where the model's name does not say it.
        patience: timeouts and attempts.
    """
    headers = {"authorization": f"Bearer {key}"} if key else {}
    limit = "max_completion_tokens" if provider == "openai" else "max_tokens"
    return ServedModel(
        ChatCompletions(),
        Transport(base_url, headers=headers, patience=patience),
        model=model,
        provider=provider,
        abilities=Abilities(limit=limit),
    )


class ChatCompletions:
    """The dialect."""

    rungs: Sequence[str] = (JSON_SCHEMA, TOOL, JSON_OBJECT, TEXT)
    path = "/chat/completions"

    def body(self, question: Question, abilities: Abilities) -> Mapping[str, Any]:
        """A request for one choice."""
        sampling = question.sampling
        body: dict[str, Any] = {
            "messages": [{"role": each.role, "content": each.content} for each in question.messages],
            abilities.limit: sampling.max_tokens,
            **_form(question, self.rungs[abilities.rung]),
        }
        if sampling.temperature is not None and abilities.temperature:
            body["temperature"] = sampling.temperature
        if sampling.top_logprobs and abilities.logprobs:
            body |= {"logprobs": True, "top_logprobs": min(sampling.top_logprobs, _MOST_LOGPROBS)}
        return body

    def reply(self, data: Any, rung: str) -> Reply:
        """The reply of a completion's first choice."""
        choices = data.get("choices") if isinstance(data, Mapping) else None
        if not isinstance(choices, list) or not choices:
            told = Answer(status=200, data=data, text=str(data)).complaint
            raise UndecidedError(Status.PROVIDER_ERROR, f"the judge's reply has no choices: {told}.")
        choice = choices[0]
        message: Mapping[str, Any] = choice.get("message") or {}
        finish = choice.get("finish_reason")
        refusal = message.get("refusal") or ("its content filter" if finish == "content_filter" else None)
        return Reply(
            text=_text(message),
            fault=_fault(message),
            refusal=str(refusal) if refusal else None,
            logprobs=_tokens(choice.get("logprobs")),
            cut=finish == "length",
            usage=_usage(data.get("usage")),
            model=data.get("model"),
            response_id=data.get("id"),
            rung=rung,
        )

    def refusal(self, answer: Answer) -> str | None:
        """Azure's content filter is an error."""
        error = answer.data.get("error") if isinstance(answer.data, Mapping) else None
        filtered = isinstance(error, Mapping) and error.get("code") in {"content_filter", "content_policy_violation"}
        return answer.complaint if filtered else None


def _form(question: Question, rung: str) -> Mapping[str, Any]:
    name = question.form.name
    if rung == JSON_SCHEMA:
        schema = {"name": name, "schema": question.schema, "strict": True}
        return {"response_format": {"type": "json_schema", "json_schema": schema}}
    if rung == TOOL:
        function = {"name": name, "description": "Give the verdict.", "parameters": question.schema}
        return {
            "tools": [{"type": "function", "function": function}],
            "tool_choice": {"type": "function", "function": {"name": name}},
        }
    return {"response_format": {"type": "json_object"}} if rung == JSON_OBJECT else {}


def _text(message: Mapping[str, Any]) -> str:
    calls = message.get("tool_calls") or []
    if calls:
        return str(calls[0].get("function", {}).get("arguments") or "")
    content = message.get("content")
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, Mapping))
    return content if isinstance(content, str) else ""


def _fault(message: Mapping[str, Any]) -> str | None:
    calls = len(message.get("tool_calls") or [])
    return f"the judge called {calls} tools, and one verdict is asked for." if calls > 1 else None


def _tokens(logprobs: Any) -> tuple[Token, ...] | None:
    content = logprobs.get("content") if isinstance(logprobs, Mapping) else None
    if not content:
        return None
    return tuple(
        Token(
            data=_bytes(each),
            logprob=float(each["logprob"]),
            top=tuple((_bytes(other), float(other["logprob"])) for other in each.get("top_logprobs") or ()),
        )
        for each in content
    )


def _bytes(token: Mapping[str, Any]) -> bytes:
    """A token's bytes, where the server gives them: half of a character has no text of its own."""
    given = token.get("bytes")
    return bytes(given) if given else str(token.get("token") or "").encode()


def _usage(data: Any) -> Usage | None:
    if not isinstance(data, Mapping):
        return None
    read = (data.get("prompt_tokens_details") or {}).get("cached_tokens")
    thought = (data.get("completion_tokens_details") or {}).get("reasoning_tokens")
    return Usage(
        input_tokens=data.get("prompt_tokens"),
        output_tokens=data.get("completion_tokens"),
        cache_read_tokens=read,
        reasoning_tokens=thought,
    )
