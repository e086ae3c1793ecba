"""OpenLIT: the conventions on spans and in log records, operations of its own, and some other names. Pure.

Read in openlit 1.45: what its instrumentations of Anthropic and Bedrock count leaves out cached tokens; a model call
that wants a tool has the tool's name on itself; the time to the first token is in seconds, 0 where there was no stream.
"""

from __future__ import annotations

from tracekit import semconv as sc
from tracekit.dialects import otel_genai
from tracekit.dialects.dialect import Dialect
from tracekit.dialects.messages import messages
from tracekit.dialects.usage import include_cache
from tracekit.dialects.values import milliseconds, promote
from tracekit.model import Kind, RawSpan, Span

_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("image", "audio", "speech_to_text", "text_to_speech", "translate"), "llm"),
    **dict.fromkeys(("execute_task", "model_request", "user_prompt_processing", "tool_coordination"), "chain"),
    "vectordb": "retriever",
}
_UNCACHED = ("openlit.instrumentation.anthropic.", "openlit.instrumentation.bedrock.")
"""Scopes that hand on counts of providers who leave out cached tokens."""
_FOUND = frozenset({"GET", "SELECT", "QUERY", "SEARCH", "FETCH"})
"""Operations of a vector store that find documents; the others write them."""


def read(raw: RawSpan, span: Span) -> None:
    """Read the conventions, then what OpenLIT says otherwise."""
    otel_genai.read(raw, span)
    said = raw.attributes
    span.kind = _KINDS.get(span.operation or "", span.kind)
    if span.operation == "vectordb" and said.get(sc.DB_OPERATION) not in _FOUND:
        span.kind = "other"
    if str(raw.scope_name).startswith(_UNCACHED):
        include_cache(span)
    span.ttft_ms = span.ttft_ms or milliseconds(said.get(sc.SERVER_TIME_TO_FIRST_TOKEN)) or None
    if span.kind == "tool":
        promote(span, "tool_arguments", sc.OPENLIT_TOOL_INPUT)
        promote(span, "tool_result", sc.OPENLIT_TOOL_OUTPUT)
    elif span.kind == "llm":
        span.tool_name = span.tool_call_id = None  # the call stands in the message
        span.input_messages = span.input_messages or messages(said.get(sc.OPENLIT_PROMPT))
        span.output_messages = span.output_messages or messages(said.get(sc.OPENLIT_COMPLETION), "assistant")
    else:
        for field, names in _CONTENT.items():
            for name in names:
                if getattr(span, field) is None:
                    promote(span, field, name)


_CONTENT = {
    "input": (sc.OPENLIT_WORKFLOW_INPUT, sc.OPENLIT_RETRIEVAL_QUERY, sc.DB_QUERY),
    "output": (sc.OPENLIT_WORKFLOW_OUTPUT,),
}

DIALECT = Dialect(name="openlit", read=read, scopes=("openlit",))
