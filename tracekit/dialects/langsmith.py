"""LangSmith: runs, with what they were given and gave as LangChain or a provider's client serialises it. Pure.

`gen_ai.system` is `langchain` where the emitter knows no better, and the operation of a retriever `embeddings`: neither
is taken at its word.
"""

from __future__ import annotations

from typing import Any

from tracekit import semconv as sc
from tracekit import semconv_vendors as sv
from tracekit.dialects import langchain
from tracekit.dialects.dialect import Dialect
from tracekit.dialects.documents import documents, tools
from tracekit.dialects.fields import assign, member
from tracekit.dialects.provider_usage import read_usage
from tracekit.dialects.replies import read_reply, read_request
from tracekit.dialects.values import count, decoded, names, promote, text
from tracekit.dialects.vocabulary import finish_reasons, provider, provider_of_model
from tracekit.model import Kind, RawSpan, Span

_KINDS: dict[str, tuple[Kind, str | None]] = {
    "llm": ("llm", sc.CHAT),
    "embedding": ("embedding", sc.EMBEDDINGS),
    "tool": ("tool", sc.EXECUTE_TOOL),
    "retriever": ("retriever", sc.RETRIEVAL),
    "prompt": ("prompt", None),
    "chain": ("chain", None),
    "parser": ("chain", None),
}
_FIELDS = {
    sv.LANGSMITH_PROVIDER: ("provider", provider),
    sc.REQUEST_MODEL: ("request_model", text),
    sv.LANGSMITH_MODEL: ("request_model", text),
    sc.RESPONSE_MODEL: ("response_model", text),
    sc.RESPONSE_ID: ("response_id", text),
    sc.RESPONSE_FINISH_REASONS: ("finish_reasons", finish_reasons),
    sc.TOOL_NAME: ("tool_name", text),
    sc.TOOL_CALL_ID: ("tool_call_id", text),
    sc.TOOL_DEFINITIONS: ("tool_definitions", tools),
    sv.LANGSMITH_SESSION: ("session_id", text),
    sv.LANGSMITH_THREAD: ("session_id", text),
    sv.LANGSMITH_CONVERSATION: ("session_id", text),
    sv.LANGSMITH_USER: ("user_id", text),
}
_FRAMEWORK = "langchain"
_BOOKKEEPING = ("seq:step:", "map:key:", "graph:step:", "condition:", "branch:")
"""How tags begin that LangChain gives its own steps: they name a place in a chain, not a group."""


def read(raw: RawSpan, span: Span) -> None:
    """Read LangSmith's attributes onto `span`."""
    said = raw.attributes
    span.kind, span.operation = _KINDS.get(str(said.get(sv.LANGSMITH_KIND)), ("other", None))
    assign(span, _FIELDS)
    span.tags = span.tags or _tags(said.get(sv.LANGSMITH_TAGS))
    if span.status == "error":
        _read_error(span)
    if span.kind in {"llm", "embedding"}:
        _read_call(span)
    elif span.kind == "tool":
        _read_tool(span)
    else:
        promote(span, "input", sc.PROMPT_OLD)
        promote(span, "output", sc.COMPLETION_OLD)
        if span.kind == "retriever":
            span.input = member(span.input, "query") or span.input
            span.documents = documents(member(span.output, "documents", "output"))
            if span.input is not None:
                span.promoted.pop("input", None)


def _read_call(span: Span) -> None:
    said = span.attributes
    system = text(said.get(sc.SYSTEM_OLD))
    if span.provider is None:
        span.provider = provider(system) if system != _FRAMEWORK else provider_of_model(span.request_model)
    if sv.LANGSMITH_USAGE in said:
        read_usage(span, said[sv.LANGSMITH_USAGE], cached_beside=False)
    span.input_tokens = span.input_tokens if span.input_tokens is not None else count(said.get(sc.USAGE_INPUT_TOKENS))
    span.output_tokens = (
        span.output_tokens if span.output_tokens is not None else count(said.get(sc.USAGE_OUTPUT_TOKENS))
    )
    if span.kind == "embedding":
        promote(span, "input", sc.PROMPT_OLD)
    else:
        read_request(span, said.get(sc.PROMPT_OLD))
        read_reply(span, _outputs(said.get(sc.COMPLETION_OLD)))
        _once(span)
    span.model = span.response_model or span.request_model


def _once(span: Span) -> None:
    """Take back what was added up once for each choice, where each repeats the usage of the whole reply."""
    asked, given = count(span.attributes.get(sc.USAGE_INPUT_TOKENS)), count(span.attributes.get(sc.USAGE_OUTPUT_TOKENS))
    choices = len(span.output_messages or ())
    if choices < 2 or asked is None or given is None:  # noqa: PLR2004 - one choice adds nothing up
        return
    if (span.input_tokens, span.output_tokens) == (asked * choices, given * choices):
        span.input_tokens, span.output_tokens = asked, given
        for detail in ("cache_read_tokens", "cache_write_tokens", "reasoning_tokens"):
            added = getattr(span, detail)
            setattr(span, detail, added and added // choices)


def _outputs(value: Any) -> Any:
    """A run's outputs; a message that a wrapped function gave back stands alone under `output` or `message`."""
    body = decoded(value)
    if isinstance(body, dict) and len(body) == 1:
        inner = body.get("output", body.get("message"))
        return body if inner is None else inner
    return body


def _read_tool(span: Span) -> None:
    promote(span, "tool_arguments", sc.PROMPT_OLD)
    answer = decoded(span.attributes.get(sc.COMPLETION_OLD))
    said = langchain.tool_message(answer)
    if said is not None:
        span.tool_result = decoded(said["content"])
        span.tool_call_id = span.tool_call_id or text(said["tool_call_id"])
    elif isinstance(answer, dict) and answer.keys() == {"output"}:
        span.tool_result = decoded(answer["output"])
    else:
        promote(span, "tool_result", sc.COMPLETION_OLD)


def _tags(value: Any) -> list[str] | None:
    """Tags, which come as one text with commas."""
    said = value.split(", ") if isinstance(value, str) else names(value) or []
    return [tag for tag in said if tag and not tag.startswith(_BOOKKEEPING)] or None


def _read_error(span: Span) -> None:
    """An error's type and message: they come as `Exception`, and the error's `repr` with its trace after it."""
    for event in span.events:
        whole = member(event.get("attributes"), sc.EXCEPTION_MESSAGE)
        if event.get("name") != sc.EVENT_EXCEPTION or not isinstance(whole, str):
            continue
        shown = whole.partition("Traceback (most recent call last)")[0].strip()
        name, opened, rest = shown.partition("(")
        if opened and rest.endswith(")") and name.replace(".", "").isidentifier():
            span.error_type = name
            span.status_message = rest[:-1].strip("\"'")


DIALECT = Dialect(
    name="langsmith",
    read=read,
    scopes=("langsmith",),
    markers=frozenset({sv.LANGSMITH_KIND}),
)
