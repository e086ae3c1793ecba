"""OpenInference, Arize's conventions: kinds of their own, messages and documents spelt out by index. Pure.

Some instrumentations leave out what the recorded request or reply says (the model asked for, the response's id): it is
read from there.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from tracekit import semconv as sc
from tracekit import semconv_vendors as sv
from tracekit.dialects import langchain
from tracekit.dialects.dialect import Dialect
from tracekit.dialects.documents import documents, tools
from tracekit.dialects.fields import assign, member, only, since_start, usd
from tracekit.dialects.indexed import Rows, grouped, in_order, under
from tracekit.dialects.parts import call_part, parts, result_part, text_part, url_part
from tracekit.dialects.provider_usage import settle
from tracekit.dialects.replies import read_reply, read_request
from tracekit.dialects.values import count, decoded, listed, names, promote, text
from tracekit.dialects.vocabulary import finish_reasons, provider
from tracekit.model import Kind, RawSpan, Span

_Row = dict[str, Any]
_KINDS: dict[str, tuple[Kind, str | None]] = {
    "LLM": ("llm", sc.CHAT),
    "EMBEDDING": ("embedding", sc.EMBEDDINGS),
    "TOOL": ("tool", sc.EXECUTE_TOOL),
    "AGENT": ("agent", sc.INVOKE_AGENT),
    "CHAIN": ("chain", None),
    "RETRIEVER": ("retriever", sc.RETRIEVAL),
    "RERANKER": ("reranker", None),
    "GUARDRAIL": ("guardrail", None),
    "EVALUATOR": ("evaluator", None),
    "PROMPT": ("prompt", None),
}
_FIELDS = {
    sv.LLM_REQUEST_MODEL: ("request_model", text),
    sv.LLM_RESPONSE_MODEL: ("response_model", text),
    sv.LLM_PROVIDER: ("provider", provider),
    sv.LLM_SYSTEM: ("provider", provider),
    sv.LLM_FINISH_REASON: ("finish_reasons", finish_reasons),
    sv.TOKENS_PROMPT: ("input_tokens", count),
    sv.TOKENS_COMPLETION: ("output_tokens", count),
    sv.TOKENS_CACHE_READ: ("cache_read_tokens", count),
    sv.TOKENS_CACHE_WRITE: ("cache_write_tokens", count),
    sv.TOKENS_REASONING: ("reasoning_tokens", count),
    sv.LLM_COST: ("given_cost_usd", usd),
    sv.OI_TAGS: ("tags", names),
    sv.OI_TOOL_NAME: ("tool_name", text),
    sv.OI_TOOL_ID: ("tool_call_id", text),
}
_NAMED = (sv.LLM_MODEL, sv.EMBEDDING_MODEL, sv.RERANKER_MODEL)
"""The model, as most instrumentations name it: the one that answered, or else the one that was asked."""
_LISTS = frozenset(
    {
        sv.LLM_INPUT_MESSAGES, sv.LLM_OUTPUT_MESSAGES, sv.LLM_TOOLS, sv.LLM_PROMPTS, sv.LLM_CHOICES, sv.DOCUMENTS,
        sv.RERANKER_OUTPUT, sv.EMBEDDINGS,
    }
)  # fmt: skip
_TOOLS_KEPT = 256
_PARAMETERS = (sv.LLM_PARAMETERS, sv.EMBEDDING_PARAMETERS)


def read(raw: RawSpan, span: Span) -> None:
    """Read OpenInference's attributes onto `span`."""
    said = raw.attributes
    span.kind, span.operation = _KINDS.get(str(said.get(sv.OPENINFERENCE_KIND)).upper(), ("other", None))
    assign(span, _FIELDS)
    _people(span)
    lists = grouped(said, _LISTS)
    if span.kind == "llm":
        _read_call(raw, span, lists)
    elif span.kind == "embedding":
        texts = [row[sv.EMBEDDING_TEXT] for row in in_order(lists.get(sv.EMBEDDINGS)) if sv.EMBEDDING_TEXT in row]
        span.input = only(texts) or decoded(said.get(sv.INPUT_VALUE))
        _read_models(span)
    elif span.kind == "tool":
        _read_tool(span)
    else:
        _read_step(span, lists)
    settle(span, total=count(said.get(sv.TOKENS_TOTAL)))


def _read_call(raw: RawSpan, span: Span, lists: dict[str, Rows]) -> None:
    said = raw.attributes
    span.input_messages = _messages(lists.get(sv.LLM_INPUT_MESSAGES), "user") or _texts(lists, sv.LLM_PROMPTS, said)
    span.output_messages = _messages(lists.get(sv.LLM_OUTPUT_MESSAGES), "assistant") or _texts(
        lists, sv.LLM_CHOICES, said
    )
    span.tool_definitions = _tools(lists.get(sv.LLM_TOOLS))
    read_reply(span, said.get(sv.OUTPUT_VALUE))
    if span.input_messages is None:
        read_request(span, said.get(sv.INPUT_VALUE))
    _read_models(span)
    for event in raw.events:
        if event.get("name") == sv.EVENT_FIRST_TOKEN:
            span.ttft_ms = since_start(span, event.get("time_ns"))


def _read_models(span: Span) -> None:
    """The models: that asked for stands among the parameters; an error answered with none."""
    said = span.attributes
    for name in _PARAMETERS:
        if span.request_model is None and name in said:
            span.request_model = text(member(said[name], "model", "model_name", "model_id"))
    named = next((text(said[name]) for name in _NAMED if said.get(name)), None)
    if span.response_model is None and span.status != "error":
        span.response_model = named
    span.request_model = span.request_model or named
    span.model = span.response_model or span.request_model


def _read_tool(span: Span) -> None:
    promote(span, "tool_arguments", sv.INPUT_VALUE)
    promote(span, "tool_result", sv.OUTPUT_VALUE)
    said = langchain.tool_message(span.tool_result)
    if said is not None:
        span.promoted.pop("tool_result", None)
        span.tool_result = decoded(said["content"])
        span.tool_call_id = span.tool_call_id or text(said["tool_call_id"])


def _read_step(span: Span, lists: dict[str, Rows]) -> None:
    promote(span, "input", sv.INPUT_VALUE)
    promote(span, "output", sv.OUTPUT_VALUE)
    if span.kind == "retriever":
        span.documents = _documents(lists.get(sv.DOCUMENTS), member(span.output, "documents", "nodes") or span.output)
    elif span.kind == "reranker":
        span.documents = _documents(lists.get(sv.RERANKER_OUTPUT))
        span.model = text(span.attributes.get(sv.RERANKER_MODEL))
        if span.input is None:
            promote(span, "input", sv.RERANKER_QUERY)


def _people(span: Span) -> None:
    """Session and user out of the metadata, where the frameworks' own names put them."""
    metadata = span.attributes.get(sv.METADATA)
    if (span.user_id and span.session_id) or not (isinstance(metadata, str) and "_id" in metadata):
        return
    span.user_id = span.user_id or text(member(metadata, "user_id", "userId"))
    span.session_id = span.session_id or text(member(metadata, "session_id", "thread_id", "conversation_id"))


def _messages(rows: Rows | None, role: str) -> list[Any] | None:
    found = [_message(row, role) for row in in_order(rows)]
    return [one for one in found if one["parts"]] or None


def _message(row: _Row, role: str) -> _Row:
    speaker = text(row.get(sv.MESSAGE_ROLE)) or role
    content = row.get(sv.MESSAGE_CONTENT)
    held: list[Any] = []
    if len(row) > 2:  # noqa: PLR2004 - more than a role and its text
        contents = under(row, f"{sv.MESSAGE_CONTENTS}.")
        calls = [_call(one) for one in under(row, f"{sv.MESSAGE_TOOL_CALLS}.")]
        known = [call["id"] for call in calls]
        held = [one for one in map(_content, contents) if not (one["type"] == "tool_call" and one["id"] in known)]
        held += calls
        if sv.MESSAGE_FUNCTION_NAME in row:
            held.append(call_part(None, row[sv.MESSAGE_FUNCTION_NAME], row.get(sv.MESSAGE_FUNCTION_ARGUMENTS)))
    if speaker == "tool":
        said = content if content is not None else "\n".join(str(one.get("content", "")) for one in held)
        return {"role": speaker, "parts": [result_part(text(row.get(sv.MESSAGE_TOOL_CALL_ID)), decoded(said))]}
    made: _Row = {"role": speaker, "parts": parts(content) + held}
    if row.get(sv.MESSAGE_NAME) is not None:
        made["name"] = row[sv.MESSAGE_NAME]
    return made


def _content(row: _Row) -> _Row:
    """One piece of a message's contents."""
    if sv.CONTENT_TEXT in row:
        kind = text(row.get(sv.CONTENT_TYPE))
        return {"type": "reasoning" if kind in {"reasoning", "thinking"} else "text", "content": row[sv.CONTENT_TEXT]}
    if sv.CALL_NAME in row:
        return _call(row)
    for name, modality in ((sv.CONTENT_IMAGE, "image"), (sv.CONTENT_AUDIO, "audio"), (sv.CONTENT_VIDEO, "video")):
        if isinstance(row.get(name), str):
            return {**url_part(row[name], modality)}
    return {**row, "type": text(row.get(sv.CONTENT_TYPE)) or "unknown"}


def _call(row: _Row) -> _Row:
    return {**call_part(text(row.get(sv.CALL_ID)), row.get(sv.CALL_NAME) or "", row.get(sv.CALL_ARGUMENTS))}


def _texts(lists: dict[str, Rows], name: str, said: _Row) -> list[Any] | None:
    """Prompts or completions of the older text interface."""
    role, key = ("user", sv.PROMPT_TEXT) if name == sv.LLM_PROMPTS else ("assistant", sv.COMPLETION_TEXT)
    found = [row[key] for row in in_order(lists.get(name)) if key in row] or listed(said.get(name)) or []
    return [{"role": role, "parts": [text_part(one)]} for one in found] or None


def _tools(rows: Rows | None) -> list[Any] | None:
    found = [tool for row in in_order(rows) for tool in _tool(row.get(sv.TOOL_SCHEMA))]
    return found or None


def _tool(schema: Any) -> list[Any]:
    return _known_tool(schema) if isinstance(schema, str) else tools(schema) or []


@lru_cache(_TOOLS_KEPT)
def _known_tool(schema: str) -> list[Any]:
    """A tool, flat, without members that say nothing. A program sends the same tools with every call."""
    return [
        {key: value for key, value in tool.items() if value is not None} if isinstance(tool, dict) else tool
        for tool in tools(schema) or ()
    ]


def _documents(rows: Rows | None, recorded: Any = None) -> list[Any] | None:
    """Documents spelt out by index, each with what the retriever's recorded answer says beyond that: its id."""
    own = [_document(row) for row in in_order(rows)]
    whole = documents(recorded if isinstance(recorded, list) else None) or []
    if not own:
        return whole or None
    if len(whole) != len(own):
        return own
    return [{**other, **one} if isinstance(other, dict) else one for one, other in zip(own, whole, strict=True)]


def _document(row: _Row) -> _Row:
    found = {name.removeprefix(sv.DOCUMENT_PREFIX): value for name, value in row.items()}
    if sv.DOCUMENT_METADATA in row:
        found["metadata"] = decoded(found["metadata"])
    return found


DIALECT = Dialect(
    name="openinference",
    read=read,
    scopes=("openinference",),
    markers=frozenset({sv.OPENINFERENCE_KIND}),
)
