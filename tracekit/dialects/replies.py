"""Whole requests and replies of providers and of LangChain, as emitters record them: what they say of a call. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tracekit.dialects import langchain
from tracekit.dialects.documents import tools
from tracekit.dialects.fields import member
from tracekit.dialects.messages import finished, messages
from tracekit.dialects.parts import parts
from tracekit.dialects.provider_usage import read_usage
from tracekit.dialects.values import decoded, text
from tracekit.dialects.vocabulary import finish_reasons
from tracekit.model import Span

_Body = dict[str, Any]
_SYSTEM = ("system", "instructions", "system_instruction", "systemInstruction", "system_prompt")
_ASKED = ("messages", "input", "contents", "prompt")


@dataclass(slots=True, frozen=True, kw_only=True)
class Reply:
    """What a reply says of itself. None is unknown."""

    response_id: str | None = None
    model: str | None = None
    reasons: list[str] | None = None
    messages: list[Any] | None = None
    usage: Any = None


def read_request(span: Span, value: Any) -> None:
    """Set from a request's body what the span does not say itself: model, instructions, messages, tools.

    Args:
        span: gets them.
        value: the body in any encoding; of a list or a text, the messages.
    """
    body = langchain.unpacked(decoded(value))
    if not isinstance(body, dict):
        span.input_messages = span.input_messages or messages(body)
        return
    span.request_model = span.request_model or text(body.get("model"))
    system = member(body, *_SYSTEM)
    if span.system_instructions is None and system is not None:
        span.system_instructions = parts(decoded(system)) or None
    if span.tool_definitions is None:
        span.tool_definitions = tools(body.get("tools"))
    if span.input_messages is None:
        asked = next((body[name] for name in _ASKED if body.get(name) is not None), None)
        span.input_messages = messages(asked if asked is not None or "role" not in body else [body])


def read_reply(span: Span, value: Any) -> None:
    """Set from a reply what the span does not say itself: id, model, finish reasons, messages, usage."""
    said = reply(value)
    span.response_id = span.response_id or said.response_id
    span.response_model = span.response_model or said.model
    span.finish_reasons = span.finish_reasons or said.reasons
    span.output_messages = span.output_messages or said.messages
    if said.usage is not None and span.input_tokens is None and span.output_tokens is None:
        read_usage(span, said.usage)
    finished(span)
    reasons, answers = span.finish_reasons or [], span.output_messages or []
    if len(reasons) == len(answers) == 1:
        span.output_messages = [{**answers[0], "finish_reason": reasons[0]}]


def reply(value: Any) -> Reply:
    """What a reply in any known form says."""
    body = decoded(value)
    if isinstance(body, dict) and "generations" in body:
        return _of_langchain(body)
    if not isinstance(body, dict):
        return Reply(messages=_answer(langchain.unpacked(body)))
    ended = _ended(body)
    return Reply(
        response_id=text(member(body, "id", "response_id", "responseId")) if _is_whole(body) else None,
        model=text(member(body, "model", "model_name", "modelVersion", "model_version")),
        reasons=finish_reasons(ended),
        messages=_answer(_answered(body)),
        usage=member(body, "usage", "usage_metadata", "usageMetadata"),
    )


def _is_whole(body: _Body) -> bool:
    """Whether this is a reply, not one message or item of it: their ids are others."""
    return any(name in body for name in ("choices", "output", "usage", "stop_reason", "candidates", "object"))


def _answered(body: _Body) -> Any:
    for name in ("choices", "candidates"):
        if isinstance(body.get(name), list):
            return [_choice(one) for one in body[name]]
    if body.get("object") == "response" or ("output" in body and "content" not in body):
        return body.get("output")
    if any(name in body for name in ("role", "content", "parts", "tool_calls", "lc", "data", "call_id")):
        return langchain.unpacked([body])
    return body.get("messages")


def _choice(one: Any) -> Any:
    if not isinstance(one, dict):
        return one
    held = one.get("message") or one.get("content")  # Gemini's candidates hold their message in `content`
    if isinstance(held, dict):
        return {"role": "assistant", **held, "finish_reason": member(one, "finish_reason", "finishReason")}
    return {"role": "assistant", "content": one.get("text"), "finish_reason": one.get("finish_reason")}


def _ended(body: _Body) -> Any:
    if isinstance(body.get("choices"), list):
        return [one.get("finish_reason") for one in body["choices"] if isinstance(one, dict)]
    return member(body, "finish_reason", "stop_reason", "stopReason")


def _answer(value: Any) -> list[Any] | None:
    """Output messages: none that says nothing, and what the model said in several items as one message."""
    said = [one for one in messages(value, "assistant") or () if one and (one.get("parts") or one.get("finish_reason"))]
    if len(said) > 1 and all(one.keys() == {"role", "parts"} and one["role"] == "assistant" for one in said):
        said = [{"role": "assistant", "parts": [part for one in said for part in one["parts"]]}]
    return said or None


def _of_langchain(body: _Body) -> Reply:
    """A result of LangChain: generations of each prompt, of which a call has one."""
    found = [one for row in body["generations"] or () for one in (row if isinstance(row, list) else [row])]
    generations: list[_Body] = [one for one in found if isinstance(one, dict)]
    said = [langchain.generation(one) for one in generations]
    metadata = next((one.metadata for one in said if one.metadata), {})
    output = body.get("llm_output")
    usage = next((one.usage for one in said if one.usage), None)
    return Reply(
        response_id=text(metadata.get("id") or member(output, "id")),
        model=text(member(metadata, "model_name", "model") or member(output, "model_name", "model")),
        reasons=finish_reasons([one.reason for one in said if one.reason]),
        messages=_answer([one.message for one in said]),
        usage=usage or member(output, "token_usage", "usage"),
    )
