"""OpenTelemetry's GenAI conventions, v1.41 and the names of their new home. Pure.

Content may be JSON text (as exporters send it) or structured (our own journal); both give the same span.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracekit import semconv as sc
from tracekit.dialects.values import count, decoded, listed, milliseconds, names, promote, text
from tracekit.model import Kind, RawSpan, Span

_KINDS: dict[str, Kind] = {
    sc.CHAT: "llm",
    sc.TEXT_COMPLETION: "llm",
    sc.GENERATE_CONTENT: "llm",
    sc.FETCH_RESPONSE: "llm",
    sc.GENERATE_IMAGE: "llm",
    sc.GENERATE_SPEECH: "llm",
    sc.TRANSCRIBE_AUDIO: "llm",
    sc.TRANSLATE_AUDIO: "llm",
    sc.MODERATE: "guardrail",
    sc.EMBEDDINGS: "embedding",
    sc.RETRIEVAL: "retriever",
    sc.EXECUTE_TOOL: "tool",
    sc.INVOKE_AGENT: "agent",
    sc.CREATE_AGENT: "agent",
    sc.INVOKE_WORKFLOW: "chain",
}
_Converted = tuple[str, Callable[[Any], Any]]
_FIELDS: dict[str, _Converted] = {
    sc.OPERATION: ("operation", text),
    sc.PROVIDER: ("provider", text),
    sc.REQUEST_MODEL: ("request_model", text),
    sc.RESPONSE_MODEL: ("response_model", text),
    sc.RESPONSE_ID: ("response_id", text),
    sc.RESPONSE_TIME_TO_FIRST_CHUNK: ("ttft_ms", milliseconds),
    sc.USAGE_INPUT_TOKENS: ("input_tokens", count),
    sc.USAGE_OUTPUT_TOKENS: ("output_tokens", count),
    sc.USAGE_CACHE_READ: ("cache_read_tokens", count),
    sc.USAGE_CACHE_WRITE: ("cache_write_tokens", count),
    sc.USAGE_REASONING: ("reasoning_tokens", count),
    sc.TOOL_NAME: ("tool_name", text),
    sc.TOOL_CALL_ID: ("tool_call_id", text),
}
"""The field that an attribute is. A span has few attributes of the many that are known: its own are looked up."""
_OLDER: dict[str, _Converted] = {
    sc.SYSTEM_OLD: ("provider", text),
    sc.USAGE_PROMPT_TOKENS_OLD: ("input_tokens", count),
    sc.USAGE_COMPLETION_TOKENS_OLD: ("output_tokens", count),
    sc.USAGE_CACHE_CREATION: ("cache_write_tokens", count),
    sc.CONVERSATION_ID: ("session_id", text),
}
"""Names that count where the field has nothing yet."""
_MARKERS = (sc.OPERATION, sc.PROVIDER, sc.KIND, sc.SYSTEM_OLD)


def matches(raw: RawSpan) -> bool:
    """Whether a span names an operation, a provider or a kind in these conventions."""
    return raw.scope_name == sc.SCOPE or any(name in raw.attributes for name in _MARKERS)


def read(raw: RawSpan, span: Span) -> None:
    """Read the conventions' attributes onto `span`."""
    said = raw.attributes
    for name, value in said.items():
        known = _FIELDS.get(name)
        if known is not None:
            setattr(span, known[0], known[1](value))
    for name, (field, convert) in _OLDER.items():
        if name in said and getattr(span, field) is None:
            setattr(span, field, convert(said[name]))
    if sc.KIND not in said and span.operation:
        span.kind = _KINDS.get(span.operation, "other")
    span.model = span.response_model or span.request_model
    _content(said, span)


def _content(said: dict[str, Any], span: Span) -> None:
    promote(span, "system_instructions", sc.SYSTEM_INSTRUCTIONS, read=_parts)
    promote(span, "input_messages", sc.INPUT_MESSAGES, read=_messages)
    promote(span, "output_messages", sc.OUTPUT_MESSAGES, read=_messages)
    promote(span, "tool_definitions", sc.TOOL_DEFINITIONS, read=listed)
    promote(span, "documents", sc.RETRIEVAL_DOCUMENTS, read=listed)
    if span.input is None:
        promote(span, "input", sc.RETRIEVAL_QUERY)
    promote(span, "tool_arguments", sc.TOOL_CALL_ARGUMENTS)
    promote(span, "tool_result", sc.TOOL_CALL_RESULT)
    span.finish_reasons = names(said.get(sc.RESPONSE_FINISH_REASONS))
    if span.finish_reasons is None and span.output_messages:
        reasons = [message.get("finish_reason") for message in span.output_messages if isinstance(message, dict)]
        span.finish_reasons = [reason for reason in map(text, reasons) if reason] or None


def _parts(value: Any) -> list[Any] | None:
    """Instructions as parts; plain text, which some emitters send, as one part of text."""
    return [{"type": "text", "content": value}] if isinstance(value, str) else listed(value)


def _messages(value: Any) -> list[Any] | None:
    """Messages with every tool call's arguments decoded; the same list where none had to be."""
    messages = listed(value)
    if messages is None or not any(map(_has_encoded_arguments, messages)):
        return messages
    return [_message(message) if _has_encoded_arguments(message) else message for message in messages]


def _message(message: dict[str, Any]) -> dict[str, Any]:
    return {
        **message,
        "parts": [
            {**part, "arguments": decoded(part["arguments"])} if _is_encoded_call(part) else part
            for part in message["parts"]
        ],
    }


def _has_encoded_arguments(message: Any) -> bool:
    parts = message.get("parts") if isinstance(message, dict) else None
    return isinstance(parts, list) and any(map(_is_encoded_call, parts))


def _is_encoded_call(part: Any) -> bool:
    return isinstance(part, dict) and isinstance(part.get("arguments"), str)
