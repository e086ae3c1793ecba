"""Google's Agent Development Kit: the conventions with content in log records, and its older JSON attributes. Pure.

Read in google-adk 2.13, in both of its schemas. In the older one the span `call_llm` has request and response as JSON
in Gemini's form, and `generate_content` below it repeats its tokens; releases before 1.16 have `call_llm` alone.
"""

from __future__ import annotations

from typing import Any

from tracekit import semconv as sc
from tracekit.dialects import otel_genai
from tracekit.dialects.dialect import Dialect
from tracekit.dialects.documents import tools
from tracekit.dialects.events import records
from tracekit.dialects.messages import finished, messages
from tracekit.dialects.parts import parts
from tracekit.dialects.values import count, decoded, text
from tracekit.dialects.vocabulary import provider_unless
from tracekit.model import Kind, RawSpan, Span

_Said = dict[str, Any]
_KINDS: dict[str, Kind] = {"invocation": "chain", "agent_run": "agent", "call_llm": "llm", "execute_tool": "tool"}
"""Kinds by the first word of the name of spans that have no operation."""
_UNSAID = "<not specified>"
_MERGED = "(merged tools)"


def read(raw: RawSpan, span: Span) -> None:
    """Read the conventions, then what ADK says in attributes of its own."""
    otel_genai.read(raw, span)
    said = raw.attributes
    if span.operation is None:
        span.kind = _KINDS.get(raw.name.partition(" ")[0], span.kind)
    if span.tool_name == _MERGED:
        span.kind = "chain"  # around several calls that ran at once
    span.session_id = span.session_id or text(said.get(sc.ADK_SESSION_ID))
    _request(_object(said.get(sc.ADK_LLM_REQUEST)), span)
    _response(_object(said.get(sc.ADK_LLM_RESPONSE)), span)
    provider_unless(span, "gcp.vertex.agent")
    _definitions(raw, span)
    finished(span)
    if span.kind == "tool":
        _tool(said, span)
    else:
        _unwrap_results(span)


def _definitions(raw: RawSpan, span: Span) -> None:
    """Definitions of tools as the details tell them: the span's own lack the parameters where content is left out."""
    for event, said in records(raw) if raw.events or raw.logs else ():
        if event == sc.EVENT_DETAILS and sc.TOOL_DEFINITIONS in said:
            whole = tools(said[sc.TOOL_DEFINITIONS])
            if whole and any(isinstance(tool, dict) and tool.get("parameters") for tool in whole):
                span.tool_definitions = whole
                span.promoted.pop("tool_definitions", None)  # no attribute says the same any longer


def _request(request: _Said, span: Span) -> None:
    config = _object(request.get("config"))
    if span.input_messages is None:
        span.input_messages = messages(request.get("contents"))
    if span.system_instructions is None:
        instruction = config.get("system_instruction")
        held = instruction.get("parts") if isinstance(instruction, dict) else instruction
        span.system_instructions = parts(held) or None
    if span.tool_definitions is None:
        span.tool_definitions = tools(config.get("tools"))


def _response(response: _Said, span: Span) -> None:
    if span.output_messages is None and response.get("content"):
        span.output_messages = messages([response], "assistant")
    span.response_model = span.response_model or text(response.get("model_version"))
    span.model = span.response_model or span.request_model
    usage = _object(response.get("usage_metadata"))
    if span.input_tokens is None:
        span.input_tokens = count(usage.get("prompt_token_count"))
    if span.output_tokens is None:
        answered, thought = count(usage.get("candidates_token_count")), count(usage.get("thoughts_token_count"))
        span.output_tokens = answered if thought is None else (answered or 0) + thought
    if span.cache_read_tokens is None:
        span.cache_read_tokens = count(usage.get("cached_content_token_count"))


def _tool(said: _Said, span: Span) -> None:
    if span.tool_call_id == _UNSAID:
        span.tool_call_id = None
    if span.tool_arguments is None:
        span.tool_arguments = _object(said.get(sc.ADK_TOOL_ARGUMENTS)) or None
    if span.tool_result is None:
        span.tool_result = decoded(said.get(sc.ADK_TOOL_RESPONSE)) or None
    result = _unwrapped(span.tool_result)
    if result is not span.tool_result:
        span.promoted.pop("tool_result", None)
        span.tool_result = None if result == _UNSAID else result


def _unwrap_results(span: Span) -> None:
    """Take what tools answered out of the object that ADK puts it in, where it is not one itself."""
    asked = span.input_messages or []
    read = [_with_results(message) for message in asked]
    if any(one is not other for one, other in zip(read, asked, strict=True)):
        span.promoted.pop("input_messages", None)
        span.input_messages = read


def _with_results(message: Any) -> Any:
    held = message.get("parts") if isinstance(message, dict) else None
    if not isinstance(held, list) or not any(map(_is_wrapped, held)):
        return message
    read = [{**part, "response": _unwrapped(part["response"])} if _is_wrapped(part) else part for part in held]
    return {**message, "parts": read}


def _is_wrapped(part: Any) -> bool:
    return isinstance(part, dict) and _unwrapped(part.get("response")) is not part.get("response")


def _unwrapped(value: Any) -> Any:
    return value["result"] if isinstance(value, dict) and value.keys() == {"result"} else value


def _object(value: Any) -> _Said:
    found = decoded(value)
    return found if isinstance(found, dict) else {}


DIALECT = Dialect(
    name="google_adk",
    read=read,
    scopes=("gcp.vertex.agent",),
    markers=frozenset({sc.ADK_LLM_REQUEST, sc.ADK_LLM_RESPONSE}),
)
