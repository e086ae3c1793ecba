"""OpenTelemetry's GenAI conventions, v1.41 and the names of their new home. Pure.

Content may be JSON text (as exporters send it) or structured (our own journal); both give the same span.
"""

from __future__ import annotations

from typing import Any

from tracekit import semconv as sc
from tracekit.dialects.values import count, decoded, listed, milliseconds, names, text
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
_MARKERS = (sc.OPERATION, sc.PROVIDER, sc.KIND, sc.SYSTEM_OLD)


def matches(raw: RawSpan) -> bool:
    """Whether a span names an operation, a provider or a kind in these conventions."""
    return raw.scope_name == sc.SCOPE or any(name in raw.attributes for name in _MARKERS)


def read(raw: RawSpan, span: Span) -> None:
    """Read the conventions' attributes onto `span`."""
    said = raw.attributes
    span.operation = text(said.get(sc.OPERATION))
    if sc.KIND not in said and span.operation:
        span.kind = _KINDS.get(span.operation, "other")
    span.provider = text(said.get(sc.PROVIDER)) or text(said.get(sc.SYSTEM_OLD))
    span.request_model = text(said.get(sc.REQUEST_MODEL))
    span.response_model = text(said.get(sc.RESPONSE_MODEL))
    span.model = span.response_model or span.request_model
    span.response_id = text(said.get(sc.RESPONSE_ID))
    span.ttft_ms = milliseconds(said.get(sc.RESPONSE_TIME_TO_FIRST_CHUNK))
    span.session_id = span.session_id or text(said.get(sc.CONVERSATION_ID))
    _usage(said, span)
    _content(said, span)
    _tool(said, span)


def _usage(said: dict[str, Any], span: Span) -> None:
    span.input_tokens = _first(said, sc.USAGE_INPUT_TOKENS, sc.USAGE_PROMPT_TOKENS_OLD)
    span.output_tokens = _first(said, sc.USAGE_OUTPUT_TOKENS, sc.USAGE_COMPLETION_TOKENS_OLD)
    span.cache_read_tokens = count(said.get(sc.USAGE_CACHE_READ))
    span.cache_write_tokens = _first(said, sc.USAGE_CACHE_WRITE, sc.USAGE_CACHE_CREATION)
    span.reasoning_tokens = count(said.get(sc.USAGE_REASONING))


def _content(said: dict[str, Any], span: Span) -> None:
    span.system_instructions = _parts(said.get(sc.SYSTEM_INSTRUCTIONS))
    span.input_messages = _messages(said.get(sc.INPUT_MESSAGES))
    span.output_messages = _messages(said.get(sc.OUTPUT_MESSAGES))
    span.tool_definitions = listed(said.get(sc.TOOL_DEFINITIONS))
    span.documents = listed(said.get(sc.RETRIEVAL_DOCUMENTS))
    if span.input is None:
        span.input = decoded(said.get(sc.RETRIEVAL_QUERY))
    span.finish_reasons = names(said.get(sc.RESPONSE_FINISH_REASONS))
    if span.finish_reasons is None and span.output_messages:
        reasons = [message.get("finish_reason") for message in span.output_messages if isinstance(message, dict)]
        span.finish_reasons = [reason for reason in map(text, reasons) if reason] or None


def _tool(said: dict[str, Any], span: Span) -> None:
    span.tool_name = text(said.get(sc.TOOL_NAME))
    span.tool_call_id = text(said.get(sc.TOOL_CALL_ID))
    span.tool_arguments = decoded(said.get(sc.TOOL_CALL_ARGUMENTS))
    span.tool_result = decoded(said.get(sc.TOOL_CALL_RESULT))


def _first(said: dict[str, Any], *keys: str) -> int | None:
    return next((found for key in keys if (found := count(said.get(key))) is not None), None)


def _parts(value: Any) -> list[Any] | None:
    """Instructions as parts; plain text, which some emitters send, as one part of text."""
    if value is None:
        return None
    value = decoded(value)
    return [{"type": "text", "content": value}] if isinstance(value, str) else listed(value)


def _messages(value: Any) -> list[Any] | None:
    """Messages with every tool call's arguments decoded; the raw value is left as it is."""
    messages = listed(value)
    return [_message(message) for message in messages] if messages is not None else None


def _message(message: Any) -> Any:
    parts = message.get("parts") if isinstance(message, dict) else None
    if not isinstance(parts, list) or not any(_has_encoded_arguments(part) for part in parts):
        return message
    return {
        **message,
        "parts": [
            {**part, "arguments": decoded(part["arguments"])} if _has_encoded_arguments(part) else part
            for part in parts
        ],
    }


def _has_encoded_arguments(part: Any) -> bool:
    return isinstance(part, dict) and isinstance(part.get("arguments"), str)
