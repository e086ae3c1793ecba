"""OpenTelemetry's GenAI conventions: v1.41, the names of their new home, and those of before. Pure.

Content may be JSON text (as exporters send it), structured (our own journal), or in events and log records beside the
span (as the older instrumentations send it); all give the same span.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracekit import semconv as sc
from tracekit import semconv_vendors as sv
from tracekit.dialects.dialect import Dialect
from tracekit.dialects.documents import documents, tools
from tracekit.dialects.events import read_events, records
from tracekit.dialects.fields import usd
from tracekit.dialects.messages import finished, messages
from tracekit.dialects.parts import parts, plain
from tracekit.dialects.values import count, listed, milliseconds, take, text
from tracekit.dialects.vocabulary import KIND_OF, finish_reasons, provider
from tracekit.model import RawSpan, Span

Read = Callable[[Any], Any]
FIELDS: dict[str, tuple[str, Read]] = {
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
    sv.USAGE_COST: ("given_cost_usd", usd),
}
"""The field that an attribute is."""
OLDER: dict[str, tuple[str, Read]] = {
    sc.SYSTEM_OLD: ("provider", provider),
    sc.USAGE_PROMPT_TOKENS_OLD: ("input_tokens", count),
    sc.USAGE_COMPLETION_TOKENS_OLD: ("output_tokens", count),
    sc.USAGE_CACHE_CREATION: ("cache_write_tokens", count),
    sc.USAGE_CACHE_READ_OLD: ("cache_read_tokens", count),
    sc.USAGE_CACHE_CREATION_OLD: ("cache_write_tokens", count),
    sc.USAGE_CACHE_WRITE_OLD: ("cache_write_tokens", count),
    sc.CONVERSATION_ID: ("session_id", text),
}
"""Names that count where the field has nothing else."""
_WHO: dict[str, tuple[str, Read]] = {sc.SESSION_ID: ("session_id", text), sc.USER_ID: ("user_id", text)}
"""Names that `base` reads from a span, and that may stand in its log records only."""


def read(raw: RawSpan, span: Span) -> None:
    """Read the conventions' attributes onto `span`, and what the events and log records beside them add."""
    said = raw.attributes
    for name, value in said.items():
        known = _KNOWN.get(name)  # a span has few attributes of the many that are known: its own are looked up
        if known is None or value is None:
            continue
        field, convert, is_content, is_first = known
        if is_first or getattr(span, field) is None:
            if is_content:
                take(span, field, name, value, convert)
            else:
                found = convert(value)
                if found is not None:
                    setattr(span, field, found)
    if raw.events or raw.logs:
        _beside(raw, span)
    if sc.KIND not in said:
        if span.operation is not None:
            span.kind = KIND_OF.get(span.operation, "other")
        elif span.request_model and span.output_tokens is not None:
            span.kind = "llm"  # before v1.27 there was no operation
    span.model = span.response_model or span.request_model
    finished(span)


def _beside(raw: RawSpan, span: Span) -> None:
    """What events and log records say. The span's own attributes go before them."""
    found = records(raw)
    read_events(found, span)
    for event, said in found:
        if event == sc.EVENT_DETAILS:
            for name, (field, convert) in (FIELDS | OLDER | _WHO).items():
                if name in said and getattr(span, field) is None:
                    setattr(span, field, convert(said[name]))


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


CONTENT: dict[str, tuple[str, Read | None]] = {
    sc.SYSTEM_INSTRUCTIONS: ("system_instructions", _instructions),
    sc.INPUT_MESSAGES: ("input_messages", messages),
    sc.OUTPUT_MESSAGES: ("output_messages", _answers),
    sc.TOOL_DEFINITIONS: ("tool_definitions", tools),
    sc.RETRIEVAL_QUERY: ("input", None),
    sc.RETRIEVAL_DOCUMENTS: ("documents", documents),
    sc.MEMORY_QUERY: ("input", None),
    sc.MEMORY_RECORDS: ("documents", documents),
    sc.TOOL_CALL_ARGUMENTS: ("tool_arguments", None),
    sc.TOOL_CALL_RESULT: ("tool_result", plain),
}
"""Content: decoded first, and noted where a field says the same as its attribute."""
_KNOWN: dict[str, tuple[str, Any, bool, bool]] = {
    **{name: (*known, True, known[0] not in {"input", "documents"}) for name, known in CONTENT.items()},
    **{name: (*known, False, False) for name, known in OLDER.items()},
    **{name: (*known, False, True) for name, known in FIELDS.items()},
}
"""All of them: the field, how it is read, whether it is content, and whether it goes before any other name."""

DIALECT = Dialect(
    name="otel_genai",
    read=read,
    scopes=(
        sc.SCOPE,
        "opentelemetry.instrumentation.genai",
        "opentelemetry.instrumentation.google_genai",
        "opentelemetry.instrumentation.openai_v2",
        "opentelemetry.util.genai",
    ),
    markers=frozenset({sc.OPERATION, sc.PROVIDER, sc.KIND, sc.SYSTEM_OLD}),
)
