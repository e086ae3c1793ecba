"""Logfire: the conventions' attributes, in older versions `request_data` and `response_data` in their stead. Pure.

A streamed call is two spans: the request, which says neither usage nor answer, and a sibling without length
(`logfire.span_type` is `log`), which says both.
"""

from __future__ import annotations

from typing import Any

from tracekit import semconv as sc
from tracekit import semconv_vendors as sv
from tracekit.dialects import otel_genai
from tracekit.dialects.dialect import Dialect
from tracekit.dialects.events import read_listed
from tracekit.dialects.fields import assign, usd
from tracekit.dialects.messages import messages
from tracekit.dialects.provider_usage import read_usage
from tracekit.dialects.replies import read_reply, read_request
from tracekit.dialects.values import decoded, names
from tracekit.dialects.vocabulary import KIND_OF, provider
from tracekit.model import RawSpan, Span

_FIELDS = {
    sv.OPERATION_COST: ("given_cost_usd", usd),
}
_TAG_OF_ALL = "LLM"
"""The tag that every span of a model call has: it names no group of them."""
_TEMPLATES = {
    "Chat Completion": sc.CHAT,
    "Completion": sc.TEXT_COMPLETION,
    "Embedding": sc.EMBEDDINGS,
    "Image": sc.GENERATE_IMAGE,
    "Message": sc.CHAT,
    "Responses": sc.CHAT,
    "streaming": sc.CHAT,
}
"""Operations by the first words of a message template, for versions that name none."""


def read(raw: RawSpan, span: Span) -> None:
    """Read Logfire's attributes onto `span`."""
    said = raw.attributes
    otel_genai.read(raw, span)
    assign(span, _FIELDS)
    span.tags = span.tags or [tag for tag in names(said.get(sv.LOGFIRE_TAGS)) or () if tag != _TAG_OF_ALL] or None
    if sv.LOGFIRE_REQUEST in said:
        _read_older(raw, span)
    elif span.operation is None:
        span.kind = "chain"
    if sv.LOGFIRE_USAGE in said:
        read_usage(span, said[sv.LOGFIRE_USAGE])
    elif span.response_id is None and span.output_messages is None:
        span.response_model, span.model = None, span.request_model  # nothing answered yet: it repeats what was asked
    if span.kind == "llm" and span.input_messages is None:
        read_listed(span, said.get(sv.LOGFIRE_EVENTS))


def _read_older(raw: RawSpan, span: Span) -> None:
    """Read the request's and the reply's data as the client had them."""
    said = raw.attributes
    if span.operation is None:
        template = str(said.get(sv.LOGFIRE_TEMPLATE))
        span.operation = next((name for start, name in _TEMPLATES.items() if template.startswith(start)), None)
        span.kind = KIND_OF.get(span.operation or "", "chain")
    request = decoded(said[sv.LOGFIRE_REQUEST])
    if span.kind == "embedding":
        span.input = request.get("input") if isinstance(request, dict) else None
    if span.kind == "llm":
        read_request(span, request)
    elif isinstance(request, dict):
        span.request_model = span.request_model or request.get("model")
    _read_response(span, decoded(said.get(sv.LOGFIRE_RESPONSE)))
    if span.provider is None:
        span.provider = provider((raw.scope_name or "").rpartition(".")[2])
    span.model = span.response_model or span.request_model


def _read_response(span: Span, answer: Any) -> None:
    if not isinstance(answer, dict):
        return
    read_usage(span, answer.get("usage"))
    text = answer.get("combined_chunk_content", answer.get("text"))
    if isinstance(answer.get("message"), dict):
        reason = answer.get("finish_reason")
        read_reply(span, {"choices": [{"message": answer["message"], "finish_reason": reason}]})
    elif text:
        span.output_messages = span.output_messages or messages(text, "assistant")


DIALECT = Dialect(
    name="logfire",
    read=read,
    scopes=("logfire",),
    markers=frozenset({sv.LOGFIRE_TEMPLATE}),
)
