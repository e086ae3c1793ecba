"""A recorded call in Anthropic's shape: messages. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracekit import semconv
from tracekit_viewer.copies.parts import Notes, Part, content, functions, parameters, parts, text
from tracekit_viewer.copies.parts import messages as read

_PARAMETERS = {
    semconv.REQUEST_MAX_TOKENS: "max_tokens",
    semconv.REQUEST_TEMPERATURE: "temperature",
    semconv.REQUEST_TOP_P: "top_p",
    semconv.REQUEST_TOP_K: "top_k",
    semconv.REQUEST_STOP_SEQUENCES: "stop_sequences",
    semconv.ANTHROPIC_REQUEST_SERVICE_TIER: "service_tier",
    semconv.REQUEST_STREAM: "stream",
}
_ROLES = {"tool": "user", "user": "user", "assistant": "assistant"}


def messages(span: Mapping[str, Any], notes: Notes) -> dict[str, Any]:
    """The body of a request for a message."""
    system = [{"type": "text", "text": content(part)} for part in parts(span["system_instructions"], notes)]
    said: list[dict[str, Any]] = []
    for role, found, _ in read(span["input_messages"], notes):
        blocks = [block for block in (_block(part, notes) for part in found) if block is not None]
        if role in ("system", "developer"):
            system += blocks
        elif blocks:
            alone = len(blocks) == 1 and blocks[0]["type"] == "text"
            said.append({"role": _ROLES.get(role, "user"), "content": blocks[0]["text"] if alone else blocks})
    if not said:
        notes.add("The messages were not recorded; the API needs them.")
    given = parameters(span, _PARAMETERS)
    if "max_tokens" not in given:
        notes.add("max_tokens was not recorded; the API needs it.")
    if (span["attributes"] or {}).get(semconv.REQUEST_REASONING_LEVEL) is not None:
        notes.add("A level of reasoning was asked for; how exactly was not recorded.")
    tools = [_tool(each) for each in functions(span, notes)]
    return {
        **({"model": span["request_model"]} if span["request_model"] else {}),
        **({"system": system[0]["text"] if len(system) == 1 else system} if system else {}),
        **({"messages": said} if said else {}),
        **({"tools": tools} if tools else {}),
        **given,
    }


def _tool(function: dict[str, Any]) -> dict[str, Any]:
    known = {name: value for name, value in function.items() if name != "parameters"}
    return {**known, **({"input_schema": function["parameters"]} if "parameters" in function else {})}


def _block(part: Part, notes: Notes) -> dict[str, Any] | None:
    match part.get("type"):
        case "text":
            made: dict[str, Any] | None = {"type": "text", "text": content(part)}
        case "tool_call":
            asked = {"id": text(part.get("id")), "name": text(part.get("name")), "input": part.get("arguments") or {}}
            made = {"type": "tool_use", **asked}
        case "tool_call_response":
            answer = text(part.get("response", part.get("result")))
            made = {"type": "tool_result", "tool_use_id": text(part.get("id")), "content": answer}
            made |= {"is_error": True} if part.get("is_error") is True else {}
        case "blob" | "uri" | "file":
            made = _medium(part)
        case _:
            made = None
    if made is None:
        why = "its signature" if part.get("type") == "reasoning" else "what this shape needs of it"
        notes.left_out(part, f"{why} was not recorded.")
    return made


def _medium(part: Part) -> dict[str, Any] | None:
    kind = "image" if part.get("modality") == "image" else "document"
    if part.get("type") == "uri":
        return {"type": kind, "source": {"type": "url", "url": text(part.get("uri"))}}
    if part.get("type") == "file":
        return {"type": kind, "source": {"type": "file", "file_id": text(part.get("file_id"))}}
    if not part.get("mime_type"):
        return None
    return {"type": kind, "source": {"type": "base64", "media_type": part["mime_type"], "data": content(part)}}
