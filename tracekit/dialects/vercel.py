"""The Vercel AI SDK: its `ai.*` attributes before version 7, and the conventions' from 7 on. Pure.

An outer span (`ai.generateText`) repeats the usage and the text of the calls within it: it is a step of the program,
not a call. The calls are those whose operation ends in `.doGenerate`, `.doStream`, `.doEmbed` or `.doRerank`.
"""

from __future__ import annotations

from typing import Any

from tracekit import semconv as sc
from tracekit import semconv_vendors as sv
from tracekit.dialects import otel_genai
from tracekit.dialects.dialect import Dialect
from tracekit.dialects.documents import documents, tools
from tracekit.dialects.fields import assign, elapsed, member, only
from tracekit.dialects.messages import finished, messages
from tracekit.dialects.parts import call_part, text_part
from tracekit.dialects.provider_usage import settle
from tracekit.dialects.replies import read_request
from tracekit.dialects.values import count, decoded, listed, promote, text
from tracekit.dialects.vocabulary import finish_reasons, provider
from tracekit.model import Kind, RawSpan, Span

_CALLS: dict[str, tuple[Kind, str]] = {
    ".doGenerate": ("llm", sc.CHAT),
    ".doStream": ("llm", sc.CHAT),
    ".doEmbed": ("embedding", sc.EMBEDDINGS),
    ".doRerank": ("reranker", "rerank"),
}
_STEPS: dict[str, tuple[Kind, str | None]] = {
    "ai.toolCall": ("tool", sc.EXECUTE_TOOL),
    "ai.generateSpeech": ("llm", sc.GENERATE_SPEECH),  # these two have no span of the call within
    "ai.transcribe": ("llm", sc.TRANSCRIBE_AUDIO),
}
_SEVEN: dict[str, tuple[Kind, str | None]] = {
    **_STEPS,
    "ai.streamTranscribe": ("llm", sc.TRANSCRIBE_AUDIO),
    "agent_step": ("chain", None),
    "rerank": ("reranker", "rerank"),
}
"""Operations of version 7 that the conventions have no name for."""
_FIELDS = {
    sc.SYSTEM_OLD: ("provider", provider),
    sv.AI_PROVIDER: ("provider", provider),
    sc.REQUEST_MODEL: ("request_model", text),
    sv.AI_MODEL: ("request_model", text),
    sv.AI_RESPONSE_MODEL: ("response_model", text),
    sc.RESPONSE_MODEL: ("response_model", text),
    sv.AI_RESPONSE_ID: ("response_id", text),
    sc.RESPONSE_ID: ("response_id", text),
    sv.AI_FINISH_REASON: ("finish_reasons", finish_reasons),
    sv.AI_FIRST_CHUNK: ("ttft_ms", elapsed),
    sv.AI_INPUT_TOKENS: ("input_tokens", count),
    sv.AI_PROMPT_TOKENS: ("input_tokens", count),
    sv.AI_TOKENS: ("input_tokens", count),
    sc.USAGE_INPUT_TOKENS: ("input_tokens", count),
    sv.AI_OUTPUT_TOKENS: ("output_tokens", count),
    sv.AI_COMPLETION_TOKENS: ("output_tokens", count),
    sc.USAGE_OUTPUT_TOKENS: ("output_tokens", count),
    sv.AI_CACHE_READ_TOKENS: ("cache_read_tokens", count),
    sv.AI_CACHED_TOKENS: ("cache_read_tokens", count),
    sv.AI_CACHE_WRITE_TOKENS: ("cache_write_tokens", count),
    sv.AI_REASONING_TOKENS: ("reasoning_tokens", count),
    sv.AI_TOOL_NAME: ("tool_name", text),
    sv.AI_TOOL_ID: ("tool_call_id", text),
    **{
        f"{prefix}{name}": (field, text)
        for prefix in (sv.AI_METADATA_PREFIX, sv.AI_CONTEXT_PREFIX)
        for field, known in (
            ("session_id", ("sessionId", "session_id", "threadId")),
            ("user_id", ("userId", "user_id")),
        )
        for name in known
    },
}
_COUNTED_BESIDE = ("anthropic", "aws.bedrock")
"""Providers whose cached tokens version 5 counted beside the input, as they themselves do."""


def read(raw: RawSpan, span: Span) -> None:
    """Read the SDK's attributes onto `span`."""
    said = raw.attributes
    if sv.AI_OPERATION not in said:  # version 7 speaks the conventions
        otel_genai.read(raw, span)
        span.kind, span.operation = _SEVEN.get(span.operation or "", (span.kind, span.operation))
        return
    operation = str(said[sv.AI_OPERATION])
    call = _CALLS.get(operation[operation.rfind(".") :]) if operation.count(".") > 1 else None
    span.kind, span.operation = call or _STEPS.get(operation, ("chain", None))
    assign(span, _FIELDS)
    span.model = span.response_model or span.request_model
    _settle(span)
    if span.kind == "tool":
        promote(span, "tool_arguments", sv.AI_TOOL_ARGUMENTS)
        promote(span, "tool_result", sv.AI_TOOL_RESULT)
    elif span.kind in {"embedding", "reranker"} or sv.AI_VALUE in said or sv.AI_VALUES in said:
        _read_values(span)
    else:
        _read_messages(span)


def _settle(span: Span) -> None:
    """Put the cached tokens inside the input; version 6 tells how many are not cached, and has done so itself."""
    said = span.attributes
    beside = sv.AI_UNCACHED_TOKENS not in said and span.provider in _COUNTED_BESIDE
    if beside and span.cache_write_tokens is None:
        for told in (member(said.get(sv.AI_PROVIDER_METADATA), "anthropic", "bedrock"),):
            span.cache_read_tokens = span.cache_read_tokens or count(member(told, "cacheReadInputTokens"))
            span.cache_write_tokens = count(member(told, "cacheCreationInputTokens"))
    settle(span, cached_beside=beside)


def _read_messages(span: Span) -> None:
    said = span.attributes
    promote(span, "input_messages", sv.AI_MESSAGES, read=messages)
    if span.input_messages is None:
        read_request(span, said.get(sv.AI_PROMPT))
    if sv.AI_TOOLS in said:
        span.tool_definitions = tools(said[sv.AI_TOOLS])
    span.output_messages = _answer(span)
    finished(span)


def _answer(span: Span) -> list[Any] | None:
    """The model's message: thoughts, text or object, and calls stand in attributes of their own."""
    said = span.attributes
    found: list[Any] = []
    if said.get(sv.AI_REASONING):
        found.append({"type": "reasoning", "content": said[sv.AI_REASONING]})
    spoken = said.get(sv.AI_TEXT) or said.get(sv.AI_OBJECT)
    if spoken:
        found.append(text_part(spoken))
    for call in listed(said.get(sv.AI_CALLS)) or ():
        if isinstance(call, dict):
            asked = call.get("input", call.get("args"))
            found.append(call_part(text(call.get("toolCallId")), call.get("toolName") or "", asked))
    if not found:
        return None
    ended = {"finish_reason": span.finish_reasons[0]} if span.finish_reasons else {}
    return [{"role": "assistant", "parts": found, **ended}]


def _read_values(span: Span) -> None:
    """What an embedding or a ranking was asked for: each value is JSON text."""
    said = span.attributes
    values = said.get(sv.AI_VALUES)
    if isinstance(values, list):
        span.input = only([decoded(value) for value in values])
    else:
        promote(span, "input", sv.AI_VALUE)
    if sv.AI_DOCUMENTS in said:
        span.documents = documents([decoded(one) for one in listed(said[sv.AI_DOCUMENTS]) or ()])
    if sv.AI_RANKING in said:
        span.output = [decoded(one) for one in listed(said[sv.AI_RANKING]) or ()]


DIALECT = Dialect(
    name="vercel",
    read=read,
    scopes=("ai", "gen_ai"),
    markers=frozenset({sv.AI_OPERATION}),
)
