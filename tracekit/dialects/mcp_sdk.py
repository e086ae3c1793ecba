"""Spans of the Model Context Protocol: the Python SDK's own, on both of its sides, and whoever names them alike. Pure.

Read in mcp 2.3: the server's spans say the tool as the conventions do; the client's only in their name.
"""

from __future__ import annotations

from tracekit import semconv as sc
from tracekit.dialects import otel_genai
from tracekit.dialects.dialect import Dialect
from tracekit.dialects.values import text
from tracekit.model import Kind, RawSpan, Span

_CALL = "tools/call"
_KINDS: dict[str, Kind] = {_CALL: "tool", "prompts/get": "prompt", "resources/read": "retriever"}


def read(raw: RawSpan, span: Span) -> None:
    """Read the conventions, and what the method says of the span."""
    otel_genai.read(raw, span)
    method = text(raw.attributes.get(sc.MCP_METHOD))
    if method is None:
        return
    span.kind = _KINDS.get(method, "other")
    if method == _CALL:
        span.operation = span.operation or sc.EXECUTE_TOOL
        span.tool_name = span.tool_name or text(raw.name.partition(f"{_CALL} ")[2])


DIALECT = Dialect(name="mcp", read=read, scopes=("mcp-python-sdk",), markers=frozenset({sc.MCP_METHOD}))
