"""MLflow: every attribute is JSON text, requests and replies are whole, as the client has them. Pure.

What a reply does not say of a stream is read from its chunks, which are span events.
"""

from __future__ import annotations

from typing import Any

from tracekit import semconv as sc
from tracekit import semconv_vendors as sv
from tracekit.dialects.dialect import Dialect
from tracekit.dialects.documents import documents, tools
from tracekit.dialects.fields import assign, member, only, since_start, usd, word
from tracekit.dialects.messages import messages
from tracekit.dialects.parts import call_part
from tracekit.dialects.provider_usage import read_usage, settle
from tracekit.dialects.replies import read_reply, read_request
from tracekit.dialects.values import decoded, promote, text
from tracekit.dialects.vocabulary import finish_reasons, provider, provider_of_model
from tracekit.model import Kind, RawSpan, Span

_KINDS: dict[str, tuple[Kind, str | None]] = {
    "LLM": ("llm", sc.TEXT_COMPLETION),
    "CHAT_MODEL": ("llm", sc.CHAT),
    "EMBEDDING": ("embedding", sc.EMBEDDINGS),
    "TOOL": ("tool", sc.EXECUTE_TOOL),
    "AGENT": ("agent", sc.INVOKE_AGENT),
    "RETRIEVER": ("retriever", sc.RETRIEVAL),
    "RERANKER": ("reranker", None),
    "GUARDRAIL": ("guardrail", None),
    "EVALUATOR": ("evaluator", None),
    **dict.fromkeys(("CHAIN", "WORKFLOW", "TASK", "PARSER", "MEMORY"), ("chain", None)),
}


def _total(value: Any) -> float | None:
    return usd(member(value, "total_cost"))


_FIELDS = {
    sv.MLFLOW_MODEL: ("response_model", word),
    sv.MLFLOW_COST: ("given_cost_usd", _total),
    sv.MLFLOW_SESSION: ("session_id", word),
    sv.MLFLOW_USER: ("user_id", word),
}
_CALLS, _NO_CALLS = '"tool_calls"', '"tool_calls": null'
"""How a chunk shows that it has calls, or that it has none: most have none, and need not be decoded."""


def read(raw: RawSpan, span: Span) -> None:
    """Read MLflow's attributes onto `span`."""
    said = raw.attributes
    span.kind, span.operation = _KINDS.get(word(said.get(sv.MLFLOW_KIND)) or "", ("chain", None))
    span.session_id, span.user_id = word(span.session_id), word(span.user_id)
    assign(span, _FIELDS)
    span.tags = (
        span.tags
        or [
            f"{name.removeprefix(sv.MLFLOW_TAG_PREFIX)}:{word(value)}"
            for name, value in said.items()
            if name.startswith(sv.MLFLOW_TAG_PREFIX)
        ]
        or None
    )
    if span.kind in {"llm", "embedding"}:
        _read_call(raw, span)
    elif span.kind == "tool":
        span.tool_name = word(said.get(sv.MLFLOW_FUNCTION)) or raw.name
        promote(span, "tool_arguments", sv.MLFLOW_INPUTS)
        promote(span, "tool_result", sv.MLFLOW_OUTPUTS)
    else:
        promote(span, "input", sv.MLFLOW_INPUTS)
        promote(span, "output", sv.MLFLOW_OUTPUTS)
        if span.kind in {"retriever", "reranker"}:
            span.documents = documents(
                span.output if isinstance(span.output, list) else member(span.output, "documents")
            )


def _read_call(raw: RawSpan, span: Span) -> None:
    said = raw.attributes
    request = decoded(said.get(sv.MLFLOW_INPUTS))
    span.request_model = word(said.get(sv.CLAUDE_CODE_MODEL)) or text(member(request, "model"))
    if sv.MLFLOW_TOOLS in said:
        span.tool_definitions = tools(said[sv.MLFLOW_TOOLS])
    if sv.MLFLOW_USAGE in said:
        read_usage(span, said[sv.MLFLOW_USAGE], cached_beside=False)
    read_usage(span, member(said.get(sv.MLFLOW_OUTPUTS), "usage"))  # it has details that the emitter leaves out
    if span.kind == "embedding":
        span.input = only(member(request, "input", "texts", "text") or request)
    else:
        read_request(span, request)
        read_reply(span, said.get(sv.MLFLOW_OUTPUTS))
        _read_chunks(raw, span)
    settle(span)
    span.model = span.response_model or span.request_model
    span.provider = provider(word(said.get(sv.MLFLOW_PROVIDER))) or _maker(said) or provider_of_model(span.model)


def _maker(said: dict[str, Any]) -> str | None:
    """The provider whose client was traced; frameworks have formats of their own, and are no providers."""
    spoken = word(said.get(sv.MLFLOW_FORMAT))
    named = provider(spoken)
    return named if named in _MAKERS else None


_MAKERS = frozenset({"openai", "anthropic", "gcp.gemini", "mistral_ai", "groq", "aws.bedrock", "cohere"})


def _read_chunks(raw: RawSpan, span: Span) -> None:
    """Complete a streamed chat's answer: the reply that MLflow puts together leaves the calls out."""
    calls: dict[int, dict[str, Any]] = {}
    reason: Any = None
    events = [event for event in raw.events if member(event.get("attributes"), sv.MLFLOW_CHUNK) is not None]
    if not events:
        return
    span.ttft_ms = since_start(span, events[0].get("time_ns"))
    chunks = [event["attributes"][sv.MLFLOW_CHUNK] for event in events]
    if not any(isinstance(chunk, str) and _CALLS in chunk and _NO_CALLS not in chunk for chunk in chunks):
        return
    for chunk in chunks:
        choices = member(chunk, "choices")
        for choice in choices if isinstance(choices, list) else ():
            reason = member(choice, "finish_reason") or reason
            _add(calls, member(member(choice, "delta"), "tool_calls"))
    if not calls:
        return
    asked = [call_part(call.get("id"), call.get("name") or "", call["arguments"]) for call in calls.values()]
    said = (span.output_messages or [{}])[0]
    spoken = [part for part in said.get("parts", ()) if member(part, "type") != "tool_call"]
    span.finish_reasons = finish_reasons(reason) or span.finish_reasons
    span.output_messages = messages([{"role": "assistant", "parts": [*spoken, *asked]}], "assistant")
    if span.output_messages and span.finish_reasons:
        span.output_messages = [{**span.output_messages[0], "finish_reason": span.finish_reasons[0]}]


def _add(calls: dict[int, dict[str, Any]], pieces: Any) -> None:
    """Add the pieces of calls that a chunk holds to the calls that they belong to."""
    for piece in pieces if isinstance(pieces, list) else ():
        if not isinstance(piece, dict):
            continue
        index = piece.get("index")
        call = calls.setdefault(index if isinstance(index, int) else len(calls), {"arguments": ""})
        function = piece.get("function")
        call["id"] = call.get("id") or text(piece.get("id"))
        call["name"] = call.get("name") or text(member(function, "name"))
        call["arguments"] += text(member(function, "arguments")) or ""


DIALECT = Dialect(
    name="mlflow",
    read=read,
    scopes=("mlflow",),
    markers=frozenset({sv.MLFLOW_KIND}),
)
