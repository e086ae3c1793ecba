"""Pydantic AI: the conventions' attributes, totals of an agent apart, and older forms of its messages. Pure.

An agent's totals are in `gen_ai.aggregated_usage.*`, before in the names of a call's own usage: a roll-up either way.
Versions 1 and 2 of its telemetry have the messages as events, in an attribute or in log records.
"""

from __future__ import annotations

from typing import Any

from tracekit import semconv_vendors as sv
from tracekit.dialects import otel_genai
from tracekit.dialects.dialect import Dialect
from tracekit.dialects.events import read_listed
from tracekit.dialects.fields import assign, usd
from tracekit.dialects.messages import messages
from tracekit.dialects.provider_usage import settle
from tracekit.dialects.values import count, promote, text
from tracekit.model import Kind, RawSpan, Span

_FIELDS = {
    sv.OPERATION_COST: ("given_cost_usd", usd),
    sv.AGGREGATED_INPUT: ("input_tokens", count),
    sv.AGGREGATED_OUTPUT: ("output_tokens", count),
    sv.AGGREGATED_CACHE_READ: ("cache_read_tokens", count),
    sv.AGGREGATED_CACHE_CREATION: ("cache_write_tokens", count),
    sv.AGGREGATED_REASONING: ("reasoning_tokens", count),
    sv.USAGE_DETAILS_CACHE_READ: ("cache_read_tokens", count),
    sv.USAGE_DETAILS_CACHED: ("cache_read_tokens", count),
    sv.USAGE_DETAILS_CACHE_READ_INPUT: ("cache_read_tokens", count),
    sv.USAGE_DETAILS_CACHE_WRITE: ("cache_write_tokens", count),
    sv.USAGE_DETAILS_CACHE_CREATION_INPUT: ("cache_write_tokens", count),
    sv.USAGE_DETAILS_REASONING: ("reasoning_tokens", count),
    sv.PYDANTIC_AI_MODEL: ("request_model", text),
}
_NAMES: tuple[tuple[str, Kind], ...] = (
    ("agent run", "agent"),
    ("running tool:", "tool"),
    ("running tools", "chain"),
    ("running ", "chain"),
)
"""Kinds by how the older spans' names begin."""


def read(raw: RawSpan, span: Span) -> None:
    """Read Pydantic AI's attributes onto `span`."""
    said = raw.attributes
    otel_genai.read(raw, span)
    _read_kind(raw, span)
    assign(span, _FIELDS)
    span.model = span.model or span.request_model
    settle(span)
    if span.kind == "agent":
        _read_agent(span)
    elif span.kind == "tool":
        promote_if_none(span, "tool_arguments", sv.PYDANTIC_AI_TOOL_ARGUMENTS)
        promote_if_none(span, "tool_result", sv.PYDANTIC_AI_TOOL_RESPONSE)
    else:
        read_listed(span, said.get(sv.LOGFIRE_EVENTS))


def promote_if_none(span: Span, field: str, name: str) -> None:
    """`promote`, where the field has nothing yet."""
    if getattr(span, field) is None:
        promote(span, field, name)


def _read_kind(raw: RawSpan, span: Span) -> None:
    if span.operation is None and sv.PYDANTIC_AI_EVENTS in raw.attributes:
        span.kind = "agent"
    elif span.operation is None:
        for start, kind in reversed(_NAMES):
            if raw.name.startswith(start):
                span.kind = kind


def _read_agent(span: Span) -> None:
    """The conversation of a run: what it began with up to the model's first word, and the result that it ended with."""
    said = span.attributes
    promote(span, "output", sv.PYDANTIC_AI_RESULT)
    if span.input_messages is None and sv.PYDANTIC_AI_MESSAGES in said:
        found = messages(said[sv.PYDANTIC_AI_MESSAGES]) or []
        span.input_messages, span.output_messages = _ends(found)
    elif span.input_messages is None:
        read_listed(span, said.get(sv.PYDANTIC_AI_EVENTS))
        span.input_messages, span.output_messages = _ends(span.input_messages or [])


def _ends(found: list[Any]) -> tuple[list[Any] | None, list[Any] | None]:
    """What the model was asked before it first spoke, and what it said last."""
    spoken = [at for at, one in enumerate(found) if isinstance(one, dict) and one.get("role") == "assistant"]
    if not spoken:
        return found or None, None
    return found[: spoken[0]] or None, [found[spoken[-1]]]


DIALECT = Dialect(name="pydantic_ai", read=read, scopes=("pydantic-ai",), markers=frozenset({sv.PYDANTIC_AI_MESSAGES}))
