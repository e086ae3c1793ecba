"""OpenLLMetry, Traceloop's instrumentations: the conventions' attributes since 0.5x, indexed lists before. Pure."""

from __future__ import annotations

from typing import Any

from tracekit import semconv as sc
from tracekit import semconv_vendors as sv
from tracekit.dialects import otel_genai
from tracekit.dialects.dialect import Dialect
from tracekit.dialects.documents import tools
from tracekit.dialects.fields import assign, member, name_error, only
from tracekit.dialects.indexed import Rows, grouped, in_order, under
from tracekit.dialects.messages import finished, message
from tracekit.dialects.provider_usage import settle
from tracekit.dialects.values import count, decoded, promote, text
from tracekit.dialects.vocabulary import KIND_OF, finish_reasons
from tracekit.model import Kind, RawSpan, Span

_Row = dict[str, Any]
_OPERATIONS = {
    "chat": sc.CHAT,
    "completion": sc.TEXT_COMPLETION,
    "embedding": sc.EMBEDDINGS,
    "rerank": "rerank",
}
"""Operations by the older `llm.request.type`."""
_KINDS: dict[str, Kind] = {"workflow": "chain", "task": "chain", "agent": "agent", "tool": "tool"}
_FIELDS = {
    sc.USAGE_CACHE_READ_OLD: ("cache_read_tokens", count),
    sc.USAGE_CACHE_CREATION_OLD: ("cache_write_tokens", count),
    sc.USAGE_REASONING_OLD: ("reasoning_tokens", count),
    sv.TRACELOOP_SESSION: ("session_id", text),
    sv.TRACELOOP_THREAD: ("session_id", text),
    sv.TRACELOOP_USER: ("user_id", text),
    sv.LLM_USER: ("user_id", text),
    sv.LLM_RESPONSE_FINISH_REASON: ("finish_reasons", finish_reasons),
    sv.LLM_RESPONSE_STOP_REASON: ("finish_reasons", finish_reasons),
}
INDEXED = frozenset({sc.PROMPT_OLD, sc.COMPLETION_OLD, sv.LLM_REQUEST_FUNCTIONS})
"""Lists that are spelt out by index."""
_LOOKUPS = frozenset({"query", "search"})


def read(raw: RawSpan, span: Span) -> None:
    """Read what OpenLLMetry says, in either of its ages, onto `span`."""
    otel_genai.read(raw, span)
    said = raw.attributes
    assign(span, _FIELDS)
    settle(span, total=count(said.get(sv.LLM_USAGE_TOTAL)))
    _read_kind(span)
    if sv.LLM_REQUEST_TYPE in said:
        read_indexed(span)
    if span.kind == "embedding" and span.input is None and span.input_messages is not None:
        span.input = only([member(one, "content") for asked in span.input_messages for one in asked.get("parts", ())])
    if span.kind == "tool":
        _read_tool(span)
    elif span.kind == "llm":
        _drop_silence(span)
    else:
        promote(span, "input", sv.TRACELOOP_INPUT)
        promote(span, "output", sv.TRACELOOP_OUTPUT)
    name_error(span)


def read_indexed(span: Span) -> None:
    """Read messages and tools that are spelt out by index onto what the span does not say otherwise."""
    lists = grouped(span.attributes, INDEXED)
    if not lists:
        return
    if span.kind == "embedding":
        span.input = span.input or only([row.get("content") for row in in_order(lists.get(sc.PROMPT_OLD))]) or None
    else:
        span.input_messages = span.input_messages or _messages(lists.get(sc.PROMPT_OLD), "user")
        span.output_messages = span.output_messages or _messages(lists.get(sc.COMPLETION_OLD), "assistant")
    if span.tool_definitions is None:
        span.tool_definitions = tools([_tool(row) for row in in_order(lists.get(sv.LLM_REQUEST_FUNCTIONS))])
    finished(span)


def _read_kind(span: Span) -> None:
    said = span.attributes
    if span.operation is None:
        span.operation = _OPERATIONS.get(str(said.get(sv.LLM_REQUEST_TYPE)))
        if span.operation is not None:
            span.kind = "reranker" if span.operation == "rerank" else KIND_OF[span.operation]
    if span.operation is None:
        stepped = text(said.get(sv.TRACELOOP_KIND))
        if stepped is not None:
            span.kind = _KINDS.get(stepped.lower(), "other")
        elif sv.DB_SYSTEM in said and str(said.get(sv.DB_OPERATION)).lower() in _LOOKUPS:
            span.kind = "retriever"


def _read_tool(span: Span) -> None:
    """A tool as the decorators record it, its arguments under `args` and `kwargs`, or as LangChain's callbacks do."""
    said = span.attributes
    span.tool_name = span.tool_name or text(said.get(sv.TRACELOOP_ENTITY_NAME))
    promote(span, "tool_arguments", sv.TRACELOOP_INPUT)
    promote(span, "tool_result", sv.TRACELOOP_OUTPUT)
    asked = span.tool_arguments
    if isinstance(asked, dict):
        inner = asked.get("inputs") if "inputs" in asked else asked.get("kwargs") if not asked.get("args") else None
        if isinstance(inner, dict) and inner:
            span.promoted.pop("tool_arguments", None)
            span.tool_arguments = inner
    answer = span.tool_result
    if isinstance(answer, dict) and answer.keys() == {"output", "kwargs"}:
        span.promoted.pop("tool_result", None)
        span.tool_result = decoded(member(answer["output"], "content") or answer["output"])


def _tool(row: _Row) -> _Row:
    return {"type": "function", **{name: decoded(value) for name, value in row.items()}}


def _drop_silence(span: Span) -> None:
    """Drop texts that say nothing beside the calls of a streamed answer."""
    for at, one in enumerate(span.output_messages or ()):
        held: Any = one.get("parts") if isinstance(one, dict) else None
        if not isinstance(held, list) or len(held) < 2:  # noqa: PLR2004 - beside another part
            continue
        kept = [part for part in held if not (isinstance(part, dict) and part.get("content") == "")]
        if kept and len(kept) < len(held) and span.output_messages is not None:
            span.promoted.pop("output_messages", None)
            span.output_messages = [*span.output_messages[:at], {**one, "parts": kept}, *span.output_messages[at + 1 :]]


def _messages(rows: Rows | None, role: str) -> list[Any] | None:
    found: list[Any] = []
    for row in in_order(rows):
        one = message(_flat(row, role), role)
        if not one["parts"] and not one.get("finish_reason"):
            continue
        last = found[-1] if found else None
        if last is not None and last["role"] == "assistant" and last["parts"][-1:] and _is_thought(last["parts"][-1]):
            one = {**last, **one, "parts": [*last["parts"], *one["parts"]]}  # what it thought, then what it said
            found.pop()
        found.append(one)
    return found or None


def _is_thought(part: Any) -> bool:
    return isinstance(part, dict) and part.get("type") == "reasoning"


def _flat(row: _Row, role: str) -> _Row:
    """A message's attributes as the message that they spell out."""
    content = row.get("content", row.get(role))
    if isinstance(content, str) and content.startswith("[{"):  # pieces come as JSON
        content = decoded(content)
    said: _Row = {"role": row.get("role", role), "content": content}
    if said["role"] == "thinking":
        said |= {"role": "assistant", "content": [{"type": "reasoning", "content": content}]}
    for name in ("finish_reason", "tool_call_id", "name"):
        if row.get(name) is not None:
            said[name] = row[name]
    calls = under(row, "tool_calls.") or [
        {key.removeprefix("function_call."): value for key, value in row.items() if key.startswith("function_call.")}
    ]
    if calls[0]:
        said["tool_calls"] = calls
    return said


DIALECT = Dialect(
    name="openllmetry",
    read=read,
    scopes=(
        "traceloop",
        *(
            f"opentelemetry.instrumentation.{name}"
            for name in (
                "openai.v0", "openai.v1", "anthropic", "bedrock", "cohere", "groq", "mistralai", "ollama", "replicate",
                "together", "vertexai", "google_generativeai", "watsonx", "sagemaker", "alephalpha", "transformers",
                "writer", "langchain", "llamaindex", "haystack", "crewai", "agno", "openai_agents", "voyageai",
                "chromadb", "pinecone", "qdrant", "milvus", "lancedb", "marqo",
            )
        ),
    ),
    markers=frozenset({sv.TRACELOOP_KIND, sv.LLM_REQUEST_TYPE}),
)  # fmt: skip
