"""Claude Code's own spans: a prompt, the model requests and the tools that followed. Pure.

Content is there where the user asked for it, in attributes or in events, `<REDACTED>` otherwise. Cached tokens are
counted beside the input, as Anthropic's API does. What its log record of a request says and the span does not is read
from there.
"""

from __future__ import annotations

from typing import Any

from tracekit import semconv as sc
from tracekit import semconv_vendors as sv
from tracekit.dialects.dialect import Dialect
from tracekit.dialects.events import records
from tracekit.dialects.fields import assign, elapsed, usd
from tracekit.dialects.messages import messages
from tracekit.dialects.parts import parts
from tracekit.dialects.provider_usage import settle
from tracekit.dialects.values import count, decoded, text
from tracekit.dialects.vocabulary import finish_reasons
from tracekit.model import Kind, RawSpan, Span

_KINDS: dict[str, tuple[Kind, str | None]] = {
    "interaction": ("agent", sc.INVOKE_AGENT),
    "llm_request": ("llm", sc.CHAT),
    "tool": ("tool", sc.EXECUTE_TOOL),
}
"""Kinds by the type that a span gives itself, or by its name, without what they begin with."""
_PREFIX = "claude_code."
_REDACTED = "<REDACTED>"
_DETAILS = ("full_command", "file_path", "skill_name", "subagent_type")
_OUTPUTS = ("output", "content", "diff")


_FIELDS = {
    sv.CLAUDE_CODE_MODEL: ("request_model", text),
    sv.CLAUDE_CODE_INPUT_TOKENS: ("input_tokens", count),
    sv.CLAUDE_CODE_OUTPUT_TOKENS: ("output_tokens", count),
    sv.CLAUDE_CODE_CACHE_READ: ("cache_read_tokens", count),
    sv.CLAUDE_CODE_CACHE_CREATION: ("cache_write_tokens", count),
    sv.CLAUDE_CODE_COST: ("given_cost_usd", usd),
    sv.CLAUDE_CODE_TTFT: ("ttft_ms", elapsed),
    sv.CLAUDE_CODE_STOP_REASON: ("finish_reasons", finish_reasons),
    sv.CLAUDE_CODE_REQUEST_ID: ("response_id", text),
}


def read(raw: RawSpan, span: Span) -> None:
    """Read Claude Code's attributes onto `span`."""
    said = raw.attributes
    word = (text(said.get(sv.CLAUDE_CODE_KIND)) or raw.name).removeprefix(_PREFIX)
    span.kind, span.operation = _KINDS.get(word, ("chain", None))
    span.user_id = span.user_id or text(said.get(sv.CLAUDE_CODE_USER))
    if span.kind == "llm":
        _read_call(raw, span)
    elif span.kind == "tool":
        _read_tool(raw, span)
    else:
        span.input = _content(said, sv.CLAUDE_CODE_PROMPT) or _content(said, sv.CLAUDE_CODE_CONTEXT)
    if span.status == "error" or said.get(sv.CLAUDE_CODE_ERROR):
        span.status_message = span.status_message or text(said.get(sv.CLAUDE_CODE_ERROR))


def _read_call(raw: RawSpan, span: Span) -> None:
    said = raw.attributes
    assign(span, _FIELDS)
    for name, record in records(raw):
        if name.removeprefix(_PREFIX) == "api_request":
            for key, (field, convert) in _FIELDS.items():
                if key in record and getattr(span, field) is None:
                    setattr(span, field, convert(record[key]))
    settle(span, cached_beside=True)
    span.provider, span.model = "anthropic", span.request_model
    span.system_instructions = parts(_content(said, sv.CLAUDE_CODE_SYSTEM)) or None
    span.input_messages = messages(_content(said, sv.CLAUDE_CODE_CONTEXT))
    span.output_messages = messages(_content(said, sv.CLAUDE_CODE_ANSWER), "assistant")


def _read_tool(raw: RawSpan, span: Span) -> None:
    said = raw.attributes
    span.tool_name = text(said.get(sv.BARE_TOOL_NAME))
    span.tool_call_id = text(said.get(sv.CLAUDE_CODE_TOOL_USE_ID))
    details = {name: said[name] for name in _DETAILS if said.get(name) not in (None, _REDACTED)}
    span.tool_arguments = _content(said, sv.CLAUDE_CODE_TOOL_INPUT) or details or None
    for name, record in records(raw):
        if name == sv.EVENT_TOOL_OUTPUT:
            found = (_content(record, key) for key in _OUTPUTS)
            span.tool_result = next((value for value in found if value is not None), span.tool_result)


def _content(said: dict[str, Any], name: str) -> Any:
    """What an attribute says, decoded; None where it was redacted."""
    value = decoded(said.get(name))
    return None if value in ("", _REDACTED) else value


DIALECT = Dialect(
    name="claude_code",
    read=read,
    scopes=("com.anthropic.claude_code", "claude-code"),
    prefixes=(_PREFIX,),
)
