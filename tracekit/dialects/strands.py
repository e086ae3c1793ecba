"""Strands Agents: the conventions with content in span events, in either of their forms. Pure.

Read in strands-agents 1.62: its `gen_ai.provider.name` (`gen_ai.system` before) is its own name, its time to the first
token is in milliseconds, and agents repeat the totals of their model calls.
"""

from __future__ import annotations

from typing import Any

from tracekit import semconv as sc
from tracekit.dialects import otel_genai
from tracekit.dialects.dialect import Dialect
from tracekit.dialects.usage import include_cache
from tracekit.dialects.values import count
from tracekit.dialects.vocabulary import provider_unless
from tracekit.model import Kind, RawSpan, Span

_KINDS: dict[str, Kind] = {
    "execute_event_loop_cycle": "chain",
    "invoke_graph": "chain",
    "invoke_swarm": "chain",
    "memory.search": "retriever",
}


def read(raw: RawSpan, span: Span) -> None:
    """Read the conventions, then what Strands says otherwise."""
    otel_genai.read(raw, span)
    span.kind = _KINDS.get(span.operation or "", span.kind)
    provider_unless(span, "strands-agents")
    total = count(raw.attributes.get(sc.USAGE_TOTAL))
    if total is not None:
        include_cache(span, total=total)
    waited = count(raw.attributes.get(sc.SERVER_TIME_TO_FIRST_TOKEN))
    if span.ttft_ms is None and waited is not None:
        span.ttft_ms = float(waited)
    if span.kind == "tool":
        _tool(span)
    elif span.kind == "agent" and span.output_messages:
        span.output_messages = [_without_end(message) for message in span.output_messages]
        span.promoted.pop("output_messages", None)


def _tool(span: Span) -> None:
    """Arguments and result, which stand in messages where they stand in no attribute."""
    asked, answered = _parts(span.input_messages), _parts(span.output_messages)
    if span.tool_arguments is None:
        span.tool_arguments = next(iter(_said(asked, "arguments", "response")), None)
    if span.tool_result is None:
        span.tool_result = next(iter(_said(answered, "response", "content")), None)
    span.input_messages = span.output_messages = None
    for field in ("input_messages", "output_messages"):
        span.promoted.pop(field, None)


def _without_end(message: Any) -> Any:
    """An agent's answer without the line's end that Strands adds when it turns a result into text."""
    held = message.get("parts") if isinstance(message, dict) else None
    if not isinstance(held, list) or len(held) != 1 or not isinstance(held[0], dict):
        return message
    said = held[0].get("content")
    if not isinstance(said, str) or not said.endswith("\n"):
        return message
    return {**message, "parts": [{**held[0], "content": said[:-1]}]}


def _parts(messages: list[Any] | None) -> list[dict[str, Any]]:
    held = [message.get("parts") for message in messages or () if isinstance(message, dict)]
    return [part for parts in held if isinstance(parts, list) for part in parts if isinstance(part, dict)]


def _said(parts: list[dict[str, Any]], *names: str) -> list[Any]:
    return [part[name] for part in parts for name in names if part.get(name) is not None]


DIALECT = Dialect(name="strands", read=read, scopes=("strands.telemetry.tracer",))
