"""OpenLLMetry since 0.5x, as Traceloop's tools read it: the conventions' names, and its own around them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracekit import semconv as sc
from tracekit import semconv_vendors as sv
from tracekit.dialects.out import frame, otel_genai
from tracekit.dialects.out.frame import Loss
from tracekit.model import Kind, RawSpan, Span

NAME = "openllmetry"
LOST: tuple[Loss, ...] = frame.LOST
_KINDS: Mapping[Kind, str] = {"chain": "task", "agent": "agent", "tool": "tool"}
_ROOT = "workflow"


def write(span: Span) -> RawSpan:
    """The span in OpenLLMetry."""
    said = {**frame.common(span), **otel_genai.attributes(span)}
    if span.kind in _KINDS:
        said |= _entity(span)
    if span.kind in _KINDS and span.kind != "tool":  # whose own is what the tool was given
        said = {name: value for name, value in said.items() if name not in {sc.INPUT, sc.OUTPUT}}
    said |= frame.present({sv.TRACELOOP_SESSION: span.session_id, sv.TRACELOOP_USER: span.user_id})
    if span.input_tokens is not None and span.output_tokens is not None:
        said[sc.USAGE_TOTAL] = said[sv.LLM_USAGE_TOTAL] = span.input_tokens + span.output_tokens
    return frame.translated(span, said, dialect=NAME)


def _entity(span: Span) -> dict[str, Any]:
    """A step of the program: what went into it and what came out, as the decorators record them."""
    kind = _ROOT if span.kind == "chain" and span.parent_span_id is None else _KINDS[span.kind]
    given, made = span.input, span.output
    if span.kind == "tool":
        given, made = span.tool_arguments, span.tool_result
        if isinstance(given, dict) and given:
            given = {"args": [], "kwargs": given}
    said = {
        sv.TRACELOOP_KIND: kind,
        sv.TRACELOOP_ENTITY_NAME: span.tool_name if span.kind == "tool" else span.name,
        sv.TRACELOOP_INPUT: None if given is None else frame.json_text(given),
        sv.TRACELOOP_OUTPUT: None if made is None else frame.json_text(made),
    }
    return frame.present(said)
