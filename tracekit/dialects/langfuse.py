"""Langfuse: what it calls an observation, with input, output and usage as the provider's client has them. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tracekit import semconv as sc
from tracekit import semconv_vendors as sv
from tracekit.dialects.dialect import Dialect
from tracekit.dialects.documents import documents
from tracekit.dialects.fields import assign, member, name_error, only, usd, word
from tracekit.dialects.provider_usage import read_usage
from tracekit.dialects.replies import read_reply, read_request
from tracekit.dialects.values import decoded, names, promote, text
from tracekit.dialects.vocabulary import finish_reasons, provider, provider_of_model
from tracekit.model import Kind, RawSpan, Span

_KINDS: dict[str, tuple[Kind, str | None]] = {
    "generation": ("llm", sc.CHAT),
    "embedding": ("embedding", sc.EMBEDDINGS),
    "tool": ("tool", sc.EXECUTE_TOOL),
    "agent": ("agent", sc.INVOKE_AGENT),
    "retriever": ("retriever", sc.RETRIEVAL),
    "guardrail": ("guardrail", None),
    "evaluator": ("evaluator", None),
    "chain": ("chain", None),
    "span": ("chain", None),
}


def _provider(value: Any) -> str | None:
    return provider(word(value))


_FIELDS = {
    sv.LANGFUSE_FINISH_REASON: ("finish_reasons", finish_reasons),
    sv.LANGFUSE_RESPONSE_ID: ("response_id", word),
    sv.LANGFUSE_PROVIDER: ("provider", _provider),
    sv.LANGFUSE_TAGS: ("tags", names),
    sv.LANGFUSE_SESSION: ("session_id", text),
    sv.LANGFUSE_USER: ("user_id", text),
    sv.LANGFUSE_STATUS: ("status_message", text),
}


_OPENAI = "OpenAI-"
"""How the names begin that its wrapper of OpenAI's client gives."""


def read(raw: RawSpan, span: Span) -> None:
    """Read Langfuse's attributes onto `span`."""
    said = raw.attributes
    span.kind, span.operation = _KINDS.get(str(said.get(sv.LANGFUSE_KIND, "span")), ("other", None))
    assign(span, _FIELDS)
    if said.get(sv.LANGFUSE_LEVEL) == "ERROR":
        span.status = "error"
    name_error(span)
    span.given_cost_usd = _cost(said.get(sv.LANGFUSE_COST))
    if span.kind in {"llm", "embedding"}:
        _read_call(span)
    elif span.kind == "tool":
        span.tool_name = raw.name
        promote(span, "tool_arguments", sv.LANGFUSE_INPUT)
        promote(span, "tool_result", sv.LANGFUSE_OUTPUT)
    else:
        promote(span, "input", sv.LANGFUSE_INPUT)
        promote(span, "output", sv.LANGFUSE_OUTPUT)
        if span.kind == "retriever":
            found = span.output if isinstance(span.output, list) else member(span.output, "documents")
            span.documents = documents(found)


def _read_call(span: Span) -> None:
    said = span.attributes
    model = text(said.get(sv.LANGFUSE_MODEL))
    if span.status == "error":  # nothing answered: it is the one that was asked
        span.request_model = model
    else:
        span.response_model = model
    span.model = model
    if span.provider is None:
        span.provider = "openai" if span.name.startswith(_OPENAI) else provider_of_model(model)
    read_usage(span, said.get(sv.LANGFUSE_USAGE))
    if span.kind == "embedding":
        span.input = only(decoded(said.get(sv.LANGFUSE_INPUT)))
        return
    read_request(span, said.get(sv.LANGFUSE_INPUT))
    read_reply(span, said.get(sv.LANGFUSE_OUTPUT))
    span.ttft_ms = _milliseconds(said.get(sv.LANGFUSE_FIRST_TOKEN), span.start_ns)


def _cost(value: Any) -> float | None:
    """The total, or the sum of the parts where there is none."""
    details = decoded(value)
    if not isinstance(details, dict):
        return None
    if "total" in details:
        return usd(details["total"])
    amounts = [usd(amount) for amount in details.values()]
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if known and len(known) == len(amounts) else None


def _milliseconds(value: Any, start_ns: int) -> float | None:
    """From the span's start to a time in ISO 8601, which may be encoded once more."""
    try:
        at = datetime.fromisoformat(str(decoded(value)))
    except ValueError:
        return None
    return max(at.timestamp() * 1000 - start_ns / 1e6, 0.0) if at.tzinfo is not None else None


DIALECT = Dialect(
    name="langfuse",
    read=read,
    scopes=("langfuse-sdk", "langfuse"),
    markers=frozenset({sv.LANGFUSE_KIND}),
)
