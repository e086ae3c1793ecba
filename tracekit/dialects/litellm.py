"""LiteLLM's `otel` callback: the conventions' attributes, cost, and a second span of the raw exchange. Pure.

`raw_gen_ai_request` shows the same call again, in the provider's words (`llm.openai.*`): it is no call of its own.
"""

from __future__ import annotations

import re
from typing import Any

from tracekit import semconv as sc
from tracekit import semconv_vendors as sv
from tracekit.dialects import otel_genai
from tracekit.dialects.dialect import Dialect
from tracekit.dialects.fields import assign, usd
from tracekit.dialects.indexed import grouped, in_order
from tracekit.dialects.openllmetry import INDEXED, read_indexed
from tracekit.dialects.parts import call_part
from tracekit.dialects.provider_usage import fill
from tracekit.dialects.values import count, names, text
from tracekit.dialects.vocabulary import KIND_OF, provider_of_model
from tracekit.model import RawSpan, Span

_OPERATIONS = {
    **dict.fromkeys(("completion", "acompletion", "responses", "aresponses", "anthropic_messages"), sc.CHAT),
    **dict.fromkeys(("text_completion", "atext_completion"), sc.TEXT_COMPLETION),
    **dict.fromkeys(("embedding", "aembedding", "embeddings"), sc.EMBEDDINGS),
    **dict.fromkeys(("image_generation", "aimage_generation"), sc.GENERATE_IMAGE),
    **dict.fromkeys(("transcription", "atranscription"), sc.TRANSCRIBE_AUDIO),
    **dict.fromkeys(("speech", "aspeech"), sc.GENERATE_SPEECH),
    **dict.fromkeys(("moderation", "amoderation"), sc.MODERATE),
}
"""Operations by LiteLLM's call types."""
_FIELDS = {
    sv.LITELLM_COST: ("given_cost_usd", usd),
    sc.USAGE_CACHE_READ_OLD: ("cache_read_tokens", count),
    sc.USAGE_CACHE_CREATION_OLD: ("cache_write_tokens", count),
    sv.LITELLM_SESSION: ("session_id", text),
    sv.LITELLM_TRACE_SESSION: ("session_id", text),
    sv.LLM_USER: ("user_id", text),
    sv.LITELLM_END_USER: ("user_id", text),
    sv.LITELLM_USER: ("user_id", text),
    sv.LITELLM_TAGS: ("tags", names),
}


_CALL_NAME, _CALL_ARGUMENTS = "function_call.name", "function_call.arguments"
_COUNTS = re.compile(r"'(\w+)': (\d+)")
"""Counts in a usage object, which comes as Python prints it."""


def read(raw: RawSpan, span: Span) -> None:
    """Read LiteLLM's attributes onto `span`."""
    otel_genai.read(raw, span)
    said = raw.attributes
    call_type = text(said.get(sv.LLM_REQUEST_TYPE)) or span.operation
    if call_type in _OPERATIONS:
        span.operation = _OPERATIONS[call_type]
        span.kind = KIND_OF[span.operation]
    elif span.operation == "rerank" or call_type in {"rerank", "arerank"}:
        span.kind = "reranker"
    elif sv.LITELLM_SERVICE not in said and sc.REQUEST_MODEL not in said:
        span.kind = "other"
    assign(span, _FIELDS)
    _read_usage(span, said.get(sv.LITELLM_USAGE))
    if span.provider is None:
        span.provider = provider_of_model(span.model)
    if sv.LLM_REQUEST_TYPE in said:
        read_indexed(span)
        _read_calls(span)


def _read_usage(span: Span, value: Any) -> None:
    """What is cached and what was thought: LiteLLM has put both inside the totals already."""
    counts = dict(_COUNTS.findall(value)) if isinstance(value, str) else {}
    fill(
        span,
        cache_read_tokens=count(counts.get("cached_tokens")),
        cache_write_tokens=count(counts.get("cache_creation_tokens")),
        reasoning_tokens=count(counts.get("reasoning_tokens")),
    )


def _read_calls(span: Span) -> None:
    """Calls that the output messages leave out: their names and arguments stand by index, without their ids."""
    rows = in_order(grouped(span.attributes, INDEXED).get(sc.COMPLETION_OLD))
    calls = [
        call_part(None, row[_CALL_NAME], row.get(_CALL_ARGUMENTS))
        for row in rows
        if isinstance(row.get(_CALL_NAME), str)
    ]
    answer = span.output_messages[0] if span.output_messages else {"role": "assistant", "parts": []}
    held = answer.get("parts") if isinstance(answer, dict) else None
    if (
        not calls
        or not isinstance(held, list)
        or any(isinstance(one, dict) and one.get("type") == "tool_call" for one in held)
    ):
        return
    span.promoted.pop("output_messages", None)
    span.output_messages = [{**answer, "parts": [*held, *calls]}, *(span.output_messages or [])[1:]]


DIALECT = Dialect(name="litellm", read=read, scopes=("litellm",), markers=frozenset({sv.LITELLM_COST}))
