"""The table of dialects, and the function that reads a span by it. No span is lost to a fault of ours."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from tracekit import semconv as sc
from tracekit.dialects import (
    agent_framework,
    anthropic_sdk,
    balance,
    claude_code,
    crewai,
    generic,
    google_adk,
    haystack,
    laminar,
    langfuse,
    langsmith,
    litellm,
    livekit,
    logfire,
    mcp_sdk,
    mistral_sdk,
    mlflow,
    openinference,
    openlit,
    openllmetry,
    otel_genai,
    pydantic_ai,
    semantic_kernel,
    strands,
    vercel,
    xai_sdk,
)
from tracekit.dialects.base import base
from tracekit.dialects.dialect import Dialect
from tracekit.model import RawSpan, Span

_FAULTS = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
_SCOPES_KEPT = 1024
RAW = "raw"

DIALECTS: tuple[Dialect, ...] = (
    openinference.DIALECT,
    langfuse.DIALECT,
    langsmith.DIALECT,
    mlflow.DIALECT,
    vercel.DIALECT,
    pydantic_ai.DIALECT,
    logfire.DIALECT,
    laminar.DIALECT,
    litellm.DIALECT,
    haystack.DIALECT,
    crewai.DIALECT,
    livekit.DIALECT,
    claude_code.DIALECT,
    openllmetry.DIALECT,
    strands.DIALECT,
    google_adk.DIALECT,
    agent_framework.DIALECT,
    semantic_kernel.DIALECT,
    openlit.DIALECT,
    anthropic_sdk.DIALECT,
    mistral_sdk.DIALECT,
    xai_sdk.DIALECT,
    mcp_sdk.DIALECT,
    otel_genai.DIALECT,
    generic.DIALECT,
)
"""Asked in this order, for a scope as for a marker: what is more special stands before what is more general."""
RANKS = {marker: rank for rank in reversed(range(len(DIALECTS))) for marker in DIALECTS[rank].markers}
"""The place in the table of the first dialect that a marker tells of."""
PREFIXES = tuple((rank, prefix) for rank, dialect in enumerate(DIALECTS) for prefix in dialect.prefixes)
"""The places of dialects that the beginning of a span's name tells of, and these beginnings."""


def canonical(raw: RawSpan) -> Span:
    """The canonical form of a span.

    A dialect that fails yields the span as it came, with `dialect` "raw" and the reason in the attribute
    `tracekit.fault`, so that it can be counted and shown. Never raises.
    """
    span = base(raw)
    dialect = generic.DIALECT
    try:
        dialect = dialect_of(raw)
        dialect.read(raw, span)
    except _FAULTS as error:
        span = base(raw)
        span.dialect = RAW
        span.attributes = {
            **span.attributes,
            sc.FAULT: f"dialect {dialect.name}: {type(error).__name__}: {error}",
        }
        return span
    span.dialect = dialect.name
    balance.settle(span)
    return span


def dialect_of(raw: RawSpan) -> Dialect:
    """The dialect that a span speaks: by its scope, else by its attributes, else the one that every span speaks."""
    scope: Any = raw.scope_name
    known = of_scope(scope) if isinstance(scope, str) else None
    return known or _marked(raw) or generic.DIALECT


@lru_cache(_SCOPES_KEPT)
def of_scope(scope: str) -> Dialect | None:
    """The dialect that spans of this instrumentation scope speak, where the scope tells."""
    return next((dialect for dialect in DIALECTS if dialect.has_scope(scope)), None)


def _marked(raw: RawSpan) -> Dialect | None:
    """The first dialect in the table that the span's attributes show it to speak."""
    first = len(DIALECTS)
    for name in raw.attributes:
        rank = RANKS.get(name)
        if rank is not None:
            first = min(first, rank)
    for rank, prefix in PREFIXES:
        if rank < first and raw.name.startswith(prefix):
            first = rank
    return DIALECTS[first] if first < len(DIALECTS) else None
