"""Laminar (lmnr): the conventions' attributes, messages in providers' own forms, `lmnr.*` for steps. Pure."""

from __future__ import annotations

from tracekit import semconv as sc
from tracekit import semconv_vendors as sv
from tracekit.dialects import otel_genai
from tracekit.dialects.dialect import Dialect
from tracekit.dialects.fields import assign, member, only
from tracekit.dialects.openllmetry import read_indexed
from tracekit.dialects.provider_usage import settle
from tracekit.dialects.replies import read_reply, read_request
from tracekit.dialects.values import count, decoded, names, promote, text
from tracekit.dialects.vocabulary import finish_reasons
from tracekit.model import Kind, RawSpan, Span

_KINDS: dict[str, tuple[Kind, str | None]] = {
    "LLM": ("llm", sc.CHAT),
    "CACHED": ("chain", None),  # an answer kept from before: nobody was called
    "TOOL": ("tool", sc.EXECUTE_TOOL),
    "EXECUTOR": ("agent", None),
    **dict.fromkeys(("EVALUATOR", "HUMAN_EVALUATOR", "EVALUATION"), ("evaluator", None)),
    **dict.fromkeys(("DEFAULT", "PIPELINE"), ("chain", None)),
}
_FIELDS = {
    sc.USAGE_CACHE_READ_OLD: ("cache_read_tokens", count),
    sc.USAGE_CACHE_CREATION_OLD: ("cache_write_tokens", count),
    sc.USAGE_REASONING_OLD: ("reasoning_tokens", count),
    sv.LAMINAR_SESSION: ("session_id", text),
    sv.LAMINAR_USER: ("user_id", text),
    sv.LAMINAR_TAGS: ("tags", names),
}


def read(raw: RawSpan, span: Span) -> None:
    """Read Laminar's attributes onto `span`."""
    otel_genai.read(raw, span)
    said = raw.attributes
    if span.operation is None:
        default: tuple[Kind, str | None] = ("llm", sc.CHAT) if sc.REQUEST_MODEL in said else ("chain", None)
        span.kind, span.operation = _KINDS.get(str(said.get(sv.LAMINAR_KIND)).upper(), default)
    assign(span, _FIELDS)
    settle(span, total=count(said.get(sv.LLM_USAGE_TOTAL)))
    if span.kind == "tool":
        span.tool_name = span.tool_name or raw.name
        promote(span, "tool_arguments", sv.LAMINAR_INPUT)
        promote(span, "tool_result", sv.LAMINAR_OUTPUT)
    elif span.kind == "llm":
        read_indexed(span)
        if span.input_messages is None:
            read_request(span, said.get(sv.LAMINAR_INPUT))
        if span.output_messages is None:
            read_reply(span, said.get(sv.LAMINAR_OUTPUT))
        if span.finish_reasons is None:
            span.finish_reasons = finish_reasons(member(only(decoded(said.get(sc.OUTPUT_MESSAGES))), "stop_reason"))
    else:
        promote(span, "input", sv.LAMINAR_INPUT)
        promote(span, "output", sv.LAMINAR_OUTPUT)


DIALECT = Dialect(name="laminar", read=read, scopes=("lmnr",), markers=frozenset({sv.LAMINAR_KIND}))
