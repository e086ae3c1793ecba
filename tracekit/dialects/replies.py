"""Whole requests and replies of providers and of LangChain, as emitters record them: what they say of a call. Pure."""

from __future__ import annotations

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
_WHOLE = ("choices", "output", "usage", "stop_reason", "candidates", "object")
"""What a whole reply has and one message or item of it has not: their ids are others."""


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
    """Set from a reply in any known form what the span does not say itself: id, model, reasons, messages, usage."""
    body = decoded(value)
    if not isinstance(body, dict):
        _answer(span, langchain.unpacked(body))
    elif isinstance(body.get("generations"), list):
        _read_langchain(span, body)
    else:
        _read_body(span, body)
    finished(span)
    end_messages(span)


def end_messages(span: Span) -> None:
    """Say on each output message why it ended, where there is one reason for each."""
    reasons, answers = span.finish_reasons or [], span.output_messages or []
    if len(reasons) == len(answers) > 0:
        span.output_messages = [
            {**one, "finish_reason": reason} if isinstance(one, dict) and "finish_reason" not in one else one
            for one, reason in zip(answers, reasons, strict=True)
        ]


def _read_body(span: Span, body: _Body) -> None:
    """A provider's reply, or one message or item of it."""
    if span.response_id is None and any(name in body for name in _WHOLE):
        span.response_id = text(member(body, "id", "response_id", "responseId"))
    if span.response_model is None:
        span.response_model = text(member(body, "model", "model_name", "modelVersion", "model_version"))
    if span.finish_reasons is None:
        span.finish_reasons = finish_reasons(_ended(body))
    if span.output_messages is None:
        _answer(span, _answered(body))
    _read_usage(span, member(body, "usage", "usage_metadata", "usageMetadata"))


def _read_langchain(span: Span, body: _Body) -> None:
    """A result of LangChain: generations of each prompt, of which a call has one."""
    found = [one for row in body["generations"] for one in (row if isinstance(row, list) else [row])]
    said = [langchain.generation(one) for one in found if isinstance(one, dict)]
    metadata = next((one.metadata for one in said if one.metadata), {})
    output = body.get("llm_output")
    span.response_id = span.response_id or text(metadata.get("id") or member(output, "id"))
    answered_by = member(metadata, "model_name", "model") or member(output, "model_name", "model")
    span.response_model = span.response_model or text(answered_by)
    span.finish_reasons = span.finish_reasons or finish_reasons([one.reason for one in said if one.reason])
    _answer(span, [one.message for one in said])
    usage = next((one.usage for one in said if one.usage), None)
    _read_usage(span, usage or member(output, "token_usage", "usage"))


def _read_usage(span: Span, usage: Any) -> None:
    if span.input_tokens is None and span.output_tokens is None:
        read_usage(span, usage)


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
    """Why a reply ended; the Responses API says it by its status and by what it gave out."""
    if body.get("object") == "response":
        if body.get("status") == "incomplete":
            return member(body.get("incomplete_details"), "reason")
        given = body.get("output")
        asked = isinstance(given, list) and any(member(item, "type") == "function_call" for item in given)
        return ("tool_call" if asked else "stop") if body.get("status") == "completed" else None
    if isinstance(body.get("choices"), list):
        return [one.get("finish_reason") for one in body["choices"] if isinstance(one, dict)]
    return member(body, "finish_reason", "stop_reason", "stopReason")


def _answer(span: Span, value: Any) -> None:
    """Set the output messages: none that says nothing, and what the model said in several items as one message."""
    if span.output_messages is not None:
        return
    said = [one for one in messages(value, "assistant") or () if one and (one.get("parts") or one.get("finish_reason"))]
    items = isinstance(value, list) and any(isinstance(one, dict) and "type" in one for one in value)
    if items and len(said) > 1 and all(one.keys() == {"role", "parts"} and one["role"] == "assistant" for one in said):
        said = [{"role": "assistant", "parts": [part for one in said for part in one["parts"]]}]
    span.output_messages = said or None
