"""LiveKit Agents: voice sessions and turns in `lk.*`, model requests by the conventions. Pure.

Since version 1.7 names of content hold the word `pii`; both are read. `llm_node` is the step around a request
(`llm_request`), which alone tells of usage.
"""

from __future__ import annotations

from typing import Any

from tracekit import semconv as sc
from tracekit import semconv_vendors as sv
from tracekit.dialects import otel_genai
from tracekit.dialects.dialect import Dialect
from tracekit.dialects.fields import assign, member
from tracekit.dialects.messages import messages
from tracekit.dialects.values import decoded, milliseconds, text
from tracekit.dialects.vocabulary import provider_of_model
from tracekit.model import Kind, RawSpan, Span

_KINDS: dict[str, Kind] = {
    "llm_request": "llm",
    "llm_request_run": "other",  # one attempt at the request around it
    "llm_node": "chain",
    "function_tool": "tool",
    "agent_session": "agent",
    "agent_turn": "agent",
}
_FIELDS = {
    sv.LIVEKIT_TTFT: ("ttft_ms", milliseconds),
    sv.LIVEKIT_TOOL: ("tool_name", text),
    sv.LIVEKIT_TOOL_ID: ("tool_call_id", text),
    sv.LIVEKIT_TOOL_ARGUMENTS: ("tool_arguments", decoded),
    sv.LIVEKIT_TOOL_ARGUMENTS_OLD: ("tool_arguments", decoded),
    sv.LIVEKIT_TOOL_OUTPUT: ("tool_result", decoded),
    sv.LIVEKIT_TOOL_OUTPUT_OLD: ("tool_result", decoded),
}
_INPUTS = (
    sv.LIVEKIT_CONTEXT, sv.LIVEKIT_CONTEXT_OLD, sv.LIVEKIT_USER_INPUT, sv.LIVEKIT_USER_INPUT_OLD,
    sv.LIVEKIT_SPEECH, sv.LIVEKIT_SPEECH_OLD,
)  # fmt: skip
_OUTPUTS = (sv.LIVEKIT_TEXT, sv.LIVEKIT_TEXT_OLD, sv.LIVEKIT_TRANSCRIPT, sv.LIVEKIT_TRANSCRIPT_OLD)


def read(raw: RawSpan, span: Span) -> None:
    """Read LiveKit's attributes onto `span`."""
    otel_genai.read(raw, span)
    said = raw.attributes
    known = _KINDS.get(raw.name)
    if known is not None:
        span.kind = known
    elif span.operation is None:
        span.kind = "chain"
    assign(span, _FIELDS)
    if span.kind == "llm":
        span.operation = span.operation or sc.CHAT
        span.provider = span.provider or provider_of_model(span.model)
        return
    span.input = _first(said, _INPUTS)
    span.output = _first(said, _OUTPUTS)
    if raw.name == "llm_node":
        span.input_messages = span.input_messages or _context(span.input)
        span.output_messages = span.output_messages or messages(span.output, "assistant")


def _context(value: Any) -> list[Any] | None:
    """A chat context: its items are messages, calls and their outputs."""
    items = member(value, "items")
    return messages(items) if isinstance(items, list) else None


def _first(said: dict[str, Any], names: tuple[str, ...]) -> Any:
    return next((decoded(said[name]) for name in names if said.get(name) not in (None, "")), None)


DIALECT = Dialect(
    name="livekit",
    read=read,
    scopes=("livekit-agents", "livekit"),
    markers=frozenset({*_FIELDS, *_INPUTS, *_OUTPUTS, sv.LIVEKIT_AGENT, sv.LIVEKIT_ROOM, sv.LIVEKIT_ROOM_OLD}),
)
