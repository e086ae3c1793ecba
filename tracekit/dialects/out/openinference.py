"""OpenInference, as Arize's tools read it: kinds, and messages and documents spelt out by index. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tracekit import semconv as sc
from tracekit import semconv_vendors as sv
from tracekit.dialects.out import frame
from tracekit.dialects.out.frame import Loss
from tracekit.model import KINDS, Kind, RawSpan, Span

NAME = "openinference"
_NO_MODEL: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind not in {"llm", "embedding", "reranker"})
_NO_CALL: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind != "llm")

_NO_TOOL: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind != "tool")
_NO_SEARCH: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind not in {"retriever", "reranker"})


def _with_values(value: Any) -> Any:
    """JSON without members that are null, which attributes cannot say."""
    if isinstance(value, dict):
        return {key: _with_values(item) for key, item in value.items() if item is not None}
    return [_with_values(item) for item in value] if isinstance(value, list) else value


def _asked(messages: list[Any] | None) -> list[Any]:
    """Input messages as they can be spelt out: each result of a tool is a message of its own, of the role tool."""
    found: list[Any] = []
    for message in _with_values(messages) or ():
        if not isinstance(message, dict) or not isinstance(message.get("parts"), list):
            found.append(message)
            continue
        results = [part for part in message["parts"] if _is(part, "tool_call_response")]
        others = [part for part in message["parts"] if part not in results]
        found += ({"role": "tool", "parts": [part]} for part in results)
        if others:
            found.append({key: value for key, value in message.items() if key != "finish_reason"} | {"parts": others})
    return found


def _answers(messages: list[Any] | None) -> list[Any]:
    """Output messages as they can be spelt out: one of several has no finish reason of its own."""
    found = _with_values(messages) or []
    if len(found) < 2:  # noqa: PLR2004 - several
        return found
    return [
        {key: value for key, value in message.items() if key != "finish_reason"}
        if isinstance(message, dict)
        else message
        for message in found
    ]


def _is(part: Any, kind: str) -> bool:
    return isinstance(part, dict) and part.get("type") == kind


LOST: tuple[Loss, ...] = (
    *frame.LOST,
    Loss(field="operation", why="becomes the usual one of the kind: spans have kinds, not operations"),
    Loss(field="response_id", why="has no attribute"),
    Loss(field="request_model", why="is the one model that there is, where it is not known", unknown=True),
    Loss(field="response_model", why="is the one model that there is, where it is not known", unknown=True),
    Loss(field="model", why="is for model calls", kinds=_NO_MODEL),
    Loss(field="ttft_ms", why="is for model calls", kinds=_NO_CALL),
    Loss(field="system_instructions", why="become the first message, of the role system"),
    Loss(field="input_messages", why="are for model calls", kinds=_NO_CALL),
    Loss(
        field="input_messages",
        why="begin with the instructions, have each result of a tool in a message of its own, and lose finish reasons "
        "and members that are null",
        rest=lambda messages: [each for each in _asked(messages) if each.get("role") != "system"],
    ),
    Loss(field="output_messages", why="are for model calls", kinds=_NO_CALL),
    Loss(
        field="output_messages",
        why="lose members that are null, and their finish reasons where they are several",
        rest=_answers,
    ),
    Loss(field="tool_definitions", why="are for model calls", kinds=_NO_CALL),
    Loss(field="tool_definitions", why="lose members that are null", rest=_with_values),
    Loss(field="output", why="of an embedding is its vectors", kinds=("embedding",)),
    Loss(field="tool_arguments", why="are for tools", kinds=_NO_TOOL),
    Loss(field="tool_result", why="is for tools", kinds=_NO_TOOL),
    Loss(field="documents", why="are for retrievers and rerankers", kinds=_NO_SEARCH),
)
_KINDS: Mapping[Kind, str] = {
    "llm": "LLM",
    "embedding": "EMBEDDING",
    "tool": "TOOL",
    "agent": "AGENT",
    "chain": "CHAIN",
    "retriever": "RETRIEVER",
    "reranker": "RERANKER",
    "guardrail": "GUARDRAIL",
    "evaluator": "EVALUATOR",
    "prompt": "PROMPT",
    "other": "UNKNOWN",
}
_FIELDS: Mapping[str, str] = {
    "request_model": sv.LLM_REQUEST_MODEL,
    "response_model": sv.LLM_RESPONSE_MODEL,
    "provider": sv.LLM_PROVIDER,
    "input_tokens": sv.TOKENS_PROMPT,
    "output_tokens": sv.TOKENS_COMPLETION,
    "cache_read_tokens": sv.TOKENS_CACHE_READ,
    "cache_write_tokens": sv.TOKENS_CACHE_WRITE,
    "reasoning_tokens": sv.TOKENS_REASONING,
    "cost_usd": sv.LLM_COST,
    "tool_name": sv.OI_TOOL_NAME,
    "tool_call_id": sv.OI_TOOL_ID,
}
_MODELS: Mapping[Kind, str] = {
    "llm": sv.LLM_MODEL,
    "embedding": sv.EMBEDDING_MODEL,
    "reranker": sv.RERANKER_MODEL,
}
_MEDIA = {True: "text/plain", False: "application/json"}
_CONTENT_OF = {"image": sv.CONTENT_IMAGE, "audio": sv.CONTENT_AUDIO, "video": sv.CONTENT_VIDEO}
_REQUEST = "gen_ai.request."


def write(span: Span) -> RawSpan:
    """The span in OpenInference."""
    said = {name: getattr(span, field) for field, name in _FIELDS.items()}
    said[sv.OPENINFERENCE_KIND] = _KINDS[span.kind]
    said[sv.OI_TAGS] = span.tags
    said[sv.LLM_FINISH_REASON] = _finish(span.finish_reasons)
    if span.input_tokens is not None and span.output_tokens is not None:
        said[sv.TOKENS_TOTAL] = span.input_tokens + span.output_tokens
    if span.kind in _MODELS:
        said[_MODELS[span.kind]] = span.response_model or span.request_model
    if span.kind in {"llm", "tool"}:
        said |= {sc.INPUT: frame.content(span.input), sc.OUTPUT: frame.content(span.output)}
    if span.kind == "llm":
        said |= _call(span)
    elif span.kind == "tool":
        said |= _values(span.tool_arguments, span.tool_result)
    else:
        said |= _values(span.input, span.output)
        listed = sv.RERANKER_OUTPUT if span.kind == "reranker" else sv.DOCUMENTS
        said |= _indexed(listed, map(_document, span.documents or ()))
    if span.kind == "embedding" and isinstance(span.input, str):
        said[f"{sv.EMBEDDINGS}.0.{sv.EMBEDDING_TEXT}"] = span.input
    made = frame.translated(span, {**frame.common(span), **frame.present(said)}, dialect=NAME)
    made.events = [*made.events, *_first_token(span)]
    return made


def _call(span: Span) -> dict[str, Any]:
    asked, answers = _asked(span.input_messages), _answers(span.output_messages)
    if span.system_instructions:
        asked.insert(0, {"role": "system", "parts": span.system_instructions})
    tools = [{sv.TOOL_SCHEMA: frame.json_text(_tool(_with_values(one)))} for one in span.tool_definitions or ()]
    return {
        **_indexed(sv.LLM_INPUT_MESSAGES, map(_message, asked)),
        **_indexed(sv.LLM_OUTPUT_MESSAGES, map(_message, answers)),
        **_indexed(sv.LLM_TOOLS, tools),
        **_values(_said(asked[-1:]), _said(answers[:1])),
        **_parameters(span),
    }


def _values(given: Any, made: Any) -> dict[str, Any]:
    """What went in and what came out, each with its media type."""
    said: dict[str, Any] = {}
    for name, value in ((sv.INPUT_VALUE, given), (sv.OUTPUT_VALUE, made)):
        if value is not None:
            said[name] = frame.content(value)
            said[name.replace("value", "mime_type")] = _MEDIA[isinstance(value, str)]
    return said


def _said(messages: list[Any]) -> str | None:
    """The text of a message, for lists of spans; none where it could be taken for a recorded body."""
    for message in messages:
        for part in message.get("parts", ()) if isinstance(message, dict) else ():
            text = part.get("content") if _is(part, "text") else None
            if isinstance(text, str) and text.lstrip()[:1] not in {"{", "[", '"', ""}:
                return text
    return None


def _message(message: Any) -> dict[str, Any]:
    if not isinstance(message, dict):
        return {sv.MESSAGE_ROLE: "user", sv.MESSAGE_CONTENT: frame.content(message)}
    parts = [part for part in message.get("parts") or () if isinstance(part, dict)]
    said: dict[str, Any] = {sv.MESSAGE_ROLE: message.get("role"), sv.MESSAGE_NAME: message.get("name")}
    calls = [part for part in parts if _is(part, "tool_call")]
    rest = [part for part in parts if not _is(part, "tool_call")]
    if len(rest) == 1 and _is(rest[0], "tool_call_response"):
        said[sv.MESSAGE_CONTENT] = frame.content(rest[0].get("response"))
        said[sv.MESSAGE_TOOL_CALL_ID] = rest[0].get("id")
    elif len(rest) == 1 and _is(rest[0], "text"):
        said[sv.MESSAGE_CONTENT] = rest[0].get("content")
    else:
        said |= _indexed(sv.MESSAGE_CONTENTS, map(_piece, rest))
    said |= _indexed(sv.MESSAGE_TOOL_CALLS, map(_tool_call, calls))
    return frame.present(said)


def _piece(part: dict[str, Any]) -> dict[str, Any]:
    kind, modality = part.get("type"), part.get("modality")
    if kind in {"text", "reasoning"}:
        return {sv.CONTENT_TYPE: kind, sv.CONTENT_TEXT: frame.content(part.get("content"))}
    if kind in {"uri", "blob"} and modality in _CONTENT_OF:
        inline = f"data:{part.get('mime_type') or ''};base64,{part.get('content')}"
        return {sv.CONTENT_TYPE: modality, _CONTENT_OF[modality]: part.get("uri") if kind == "uri" else inline}
    return {sv.CONTENT_TYPE: "text", sv.CONTENT_TEXT: frame.json_text(part)}


def _tool_call(part: dict[str, Any]) -> dict[str, Any]:
    said = {sv.CALL_ID: part.get("id"), sv.CALL_NAME: part.get("name"), sv.CALL_ARGUMENTS: part.get("arguments")}
    return {name: frame.content(value) for name, value in said.items() if value is not None}


def _tool(tool: Any) -> Any:
    """A definition in the form that OpenInference's own instrumentations record: OpenAI's."""
    if not isinstance(tool, dict) or tool.get("type", "function") != "function":
        return tool
    return {"type": "function", "function": {key: value for key, value in tool.items() if key != "type"}}


def _document(document: Any) -> dict[str, Any]:
    said = document if isinstance(document, dict) else {"content": document}
    return {f"{sv.DOCUMENT_PREFIX}{key}": frame.content(value) for key, value in said.items() if value is not None}


def _indexed(name: str, rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {f"{name}.{number}.{key}": value for number, row in enumerate(rows) for key, value in row.items()}


def _parameters(span: Span) -> dict[str, Any]:
    """What was asked of the model beyond messages, under the names that the APIs have."""
    said = {
        name.removeprefix(_REQUEST): value
        for name, value in span.attributes.items()
        if name.startswith(_REQUEST) and name != sc.REQUEST_MODEL
    }
    given = frame.json_text(said) if said else span.attributes.get(sv.LLM_PARAMETERS)
    return {} if given is None else {sv.LLM_PARAMETERS: given}


def _finish(reasons: list[str] | None) -> str | None:
    if not reasons:
        return None
    return reasons[0] if len(reasons) == 1 else frame.json_text(reasons)


def _first_token(span: Span) -> list[dict[str, Any]]:
    if span.ttft_ms is None or any(event.get("name") == sv.EVENT_FIRST_TOKEN for event in span.events):
        return []
    return [{"name": sv.EVENT_FIRST_TOKEN, "time_ns": span.start_ns + round(span.ttft_ms * 1e6), "attributes": {}}]
