"""OpenTelemetry's GenAI conventions: v1.41, the names of their new home, and those of before. Pure.

Content may be JSON text (as exporters send it), structured (our own journal), or in events and log records beside the
span (as the older instrumentations send it); all give the same span.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracekit import semconv as sc
from tracekit.dialects.dialect import Dialect
from tracekit.dialects.documents import documents, tools
from tracekit.dialects.events import read_events
from tracekit.dialects.messages import finished, messages
from tracekit.dialects.parts import parts
from tracekit.dialects.values import count, listed, milliseconds, promote, text
from tracekit.dialects.vocabulary import KIND_OF, finish_reasons, provider
from tracekit.model import RawSpan, Span

_Converted = tuple[str, Callable[[Any], Any]]
_FIELDS: dict[str, _Converted] = {
    sc.OPERATION: ("operation", text),
    sc.PROVIDER: ("provider", provider),
    sc.REQUEST_MODEL: ("request_model", text),
    sc.RESPONSE_MODEL: ("response_model", text),
    sc.RESPONSE_ID: ("response_id", text),
    sc.RESPONSE_FINISH_REASONS: ("finish_reasons", finish_reasons),
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
    sc.SYSTEM_OLD: ("provider", provider),
    sc.USAGE_PROMPT_TOKENS_OLD: ("input_tokens", count),
    sc.USAGE_COMPLETION_TOKENS_OLD: ("output_tokens", count),
    sc.USAGE_CACHE_CREATION: ("cache_write_tokens", count),
    sc.CONVERSATION_ID: ("session_id", text),
}
"""Names that count where the field has nothing yet."""


def read(raw: RawSpan, span: Span) -> None:
    """Read the conventions' attributes onto `span`, and what the events and log records beside them add."""
    said = raw.attributes
    for name, value in said.items():
        known = _FIELDS.get(name)
        if known is not None:
            setattr(span, known[0], known[1](value))
    for name, (field, convert) in _OLDER.items():
        if name in said and getattr(span, field) is None:
            setattr(span, field, convert(said[name]))
    if sc.KIND not in said and span.operation:
        span.kind = KIND_OF.get(span.operation, "other")
    span.model = span.response_model or span.request_model
    _content(span)
    if raw.events or raw.logs:
        read_events(raw, span)
    finished(span)


def _content(span: Span) -> None:
    promote(span, "system_instructions", sc.SYSTEM_INSTRUCTIONS, read=_instructions)
    promote(span, "input_messages", sc.INPUT_MESSAGES, read=messages)
    promote(span, "output_messages", sc.OUTPUT_MESSAGES, read=_answers)
    promote(span, "tool_definitions", sc.TOOL_DEFINITIONS, read=tools)
    promote(span, "documents", sc.RETRIEVAL_DOCUMENTS, read=documents)
    if span.input is None:
        promote(span, "input", sc.RETRIEVAL_QUERY)
    promote(span, "tool_arguments", sc.TOOL_CALL_ARGUMENTS)
    promote(span, "tool_result", sc.TOOL_CALL_RESULT)


def _instructions(value: Any) -> list[Any] | None:
    """Instructions as parts; plain text, which some emitters send, as one part of text."""
    if isinstance(value, str):
        return parts(value) or None
    found = listed(value)
    if not found:
        return None
    read = parts(found)
    return found if all(one is other for one, other in zip(read, found, strict=True)) else read


def _answers(value: Any) -> list[Any] | None:
    return messages(value, "assistant")


DIALECT = Dialect(
    name="otel_genai",
    read=read,
    scopes=(sc.SCOPE, "opentelemetry.instrumentation.genai"),
    markers=frozenset({sc.OPERATION, sc.PROVIDER, sc.KIND, sc.SYSTEM_OLD}),
)
