"""LiteLLM's `otel` callback: the conventions' attributes, cost, and a second span of the raw exchange. Pure.

`raw_gen_ai_request` shows the same call again, in the provider's words (`llm.openai.*`): it is no call of its own.
"""

from __future__ import annotations

from tracekit import semconv as sc
from tracekit import semconv_vendors as sv
from tracekit.dialects import otel_genai
from tracekit.dialects.dialect import Dialect
from tracekit.dialects.fields import assign, usd
from tracekit.dialects.openllmetry import read_indexed
from tracekit.dialects.provider_usage import settle
from tracekit.dialects.values import count, names, text
from tracekit.dialects.vocabulary import KIND_OF
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
    sv.USAGE_CACHE_READ_OLD: ("cache_read_tokens", count),
    sv.USAGE_CACHE_CREATION_OLD: ("cache_write_tokens", count),
    sv.LITELLM_SESSION: ("session_id", text),
    sv.LITELLM_TRACE_SESSION: ("session_id", text),
    sv.LLM_USER: ("user_id", text),
    sv.LITELLM_END_USER: ("user_id", text),
    sv.LITELLM_USER: ("user_id", text),
    sv.LITELLM_TAGS: ("tags", names),
}


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
    settle(span, total=count(said.get(sv.USAGE_TOTAL)))
    if sv.LLM_REQUEST_TYPE in said:
        read_indexed(span)


DIALECT = Dialect(name="litellm", read=read, scopes=("litellm",), markers=frozenset({sv.LITELLM_COST}))
