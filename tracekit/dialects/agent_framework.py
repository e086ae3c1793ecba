"""Microsoft Agent Framework: the conventions, with content in attributes or, by default, in log records. Pure.

Read in agent-framework-core 1.23: agents name the framework as their provider and repeat the totals of their model
calls; what is not known is the text "unknown"; its Anthropic client hands on counts that leave out cached tokens.
"""

from __future__ import annotations

from tracekit.dialects import mcp_sdk
from tracekit.dialects.dialect import Dialect
from tracekit.dialects.usage import include_cache
from tracekit.dialects.vocabulary import provider_unless
from tracekit.model import Kind, RawSpan, Span

_KINDS: dict[str, Kind] = {
    "workflow.build": "chain",
    "workflow.run": "chain",
    "executor.process": "chain",
    "edge_group.process": "chain",
}
"""Kinds by the first word of the name of spans that have no operation."""
_UNKNOWN = "unknown"


def read(raw: RawSpan, span: Span) -> None:
    """Read the conventions, those of the protocol too, then what the framework says otherwise."""
    mcp_sdk.read(raw, span)
    if span.operation is None:
        span.kind = _KINDS.get(raw.name.partition(" ")[0], span.kind)
    if span.request_model == _UNKNOWN:
        span.request_model = None
        span.model = span.response_model
    if span.tool_call_id == _UNKNOWN:
        span.tool_call_id = None
    provider_unless(span, "microsoft.agent_framework", "agent_framework", _UNKNOWN)
    if span.kind == "llm" and span.provider == "anthropic":
        include_cache(span)


DIALECT = Dialect(name="agent_framework", read=read, scopes=("agent_framework",))
