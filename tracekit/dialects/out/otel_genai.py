"""OpenTelemetry's GenAI conventions, v1.41: canonical span to attributes. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tracekit import semconv as sc
from tracekit.dialects.out import frame
from tracekit.dialects.out.frame import Loss
from tracekit.model import RawSpan, Span

NAME = "otel-genai"
FIELDS: Mapping[str, str] = {
    "operation": sc.OPERATION,
    "provider": sc.PROVIDER,
    "request_model": sc.REQUEST_MODEL,
    "response_model": sc.RESPONSE_MODEL,
    "response_id": sc.RESPONSE_ID,
    "finish_reasons": sc.RESPONSE_FINISH_REASONS,
    "ttft_ms": sc.RESPONSE_TIME_TO_FIRST_CHUNK,
    "input_tokens": sc.USAGE_INPUT_TOKENS,
    "output_tokens": sc.USAGE_OUTPUT_TOKENS,
    "cache_read_tokens": sc.USAGE_CACHE_READ,
    "cache_write_tokens": sc.USAGE_CACHE_CREATION,
    "reasoning_tokens": sc.USAGE_REASONING,
    "session_id": sc.CONVERSATION_ID,
    "system_instructions": sc.SYSTEM_INSTRUCTIONS,
    "input_messages": sc.INPUT_MESSAGES,
    "output_messages": sc.OUTPUT_MESSAGES,
    "tool_definitions": sc.TOOL_DEFINITIONS,
    "tool_name": sc.TOOL_NAME,
    "tool_call_id": sc.TOOL_CALL_ID,
    "tool_arguments": sc.TOOL_CALL_ARGUMENTS,
    "tool_result": sc.TOOL_CALL_RESULT,
    "documents": sc.RETRIEVAL_DOCUMENTS,
    "input": sc.INPUT,
    "output": sc.OUTPUT,
}
"""The attribute that says a field."""
LOST: tuple[Loss, ...] = frame.LOST
_WRITERS: Mapping[str, Callable[[Any], Any]] = {
    "ttft_ms": lambda milliseconds: milliseconds / 1000.0,
    "finish_reasons": list,
}
_ALSO = (
    "gen_ai.request.", "gen_ai.agent.", "gen_ai.workflow.", "gen_ai.data_source.", "gen_ai.tool.", "gen_ai.embeddings.",
    "gen_ai.output.type", "gen_ai.prompt.name", "gen_ai.prompt.version",
)  # fmt: skip
"""What the conventions say beyond our fields, as the names begin."""


def write(span: Span) -> RawSpan:
    """The span in these conventions."""
    return frame.translated(span, {**frame.common(span), **attributes(span)}, dialect=NAME)


def attributes(span: Span) -> dict[str, Any]:
    """What the conventions say of the span; beyond our fields it stays as the original has it."""
    said: dict[str, Any] = {}
    for field, name in FIELDS.items():
        value = getattr(span, field)
        if value is not None:
            said[name] = _WRITERS.get(field, frame.content)(value)
    if span.operation == sc.RETRIEVAL and isinstance(span.input, str):
        said[sc.RETRIEVAL_QUERY] = said.pop(sc.INPUT)
    kept = {name: value for name, value in span.attributes.items() if name.startswith(_ALSO) and name not in said}
    return {**kept, **said}
