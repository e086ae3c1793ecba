"""Anthropic's content blocks as the conventions' parts, the caller's and the model's, and messages made of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracekit.model import Message, Part
from tracekit_integrations import _parts as parts
from tracekit_integrations._values import fields, get, items, plain, text

_RESULT = "_tool_result"


def message(said: Any) -> Message:
    """One message that went in. What tools answered comes as the user's in this API, and is the tool's here."""
    made = blocks(get(said, "content"))
    answers = bool(made) and all(part["type"] == "tool_call_response" for part in made)
    return parts.message("tool" if answers else str(get(said, "role")), made)


def blocks(content: Any) -> list[Part]:
    """Content given as text or as blocks."""
    return [parts.text_part(content)] if isinstance(content, str) else [block(each) for each in items(content)]


def block(said: Any) -> Part:
    """One block: the caller's, or the model's."""
    kind = str(get(said, "type"))
    read = _BLOCKS.get(kind)
    if read is not None:
        return read(said)
    if kind.endswith(_RESULT):
        return _server_result(said, kind.removesuffix(_RESULT))
    return parts.generic_part(kind, fields(said))


def _source(modality: str) -> Callable[[Any], Part]:
    """The reader of a block whose content lies in a `source`: bytes, an address, a file, or text."""

    def read(said: Any) -> Part:
        source = get(said, "source")
        kind, data, url, file_id = (get(source, name) for name in ("type", "data", "url", "file_id"))
        if kind == "text" and isinstance(data, str):
            return parts.text_part(data)
        if isinstance(data, str):
            return parts.blob_part(modality, text(get(source, "media_type")), data)
        if isinstance(url, str):
            return parts.url_part(modality, url)
        if isinstance(file_id, str):
            return parts.file_part(modality, file_id)
        return parts.generic_part(str(get(said, "type")), fields(said))

    return read


def _thought(said: Any) -> Part:
    return parts.reasoning_part(text(get(said, "thinking")) or "")


def _hidden_thought(_said: Any) -> Part:
    """A thought that the provider shows to nobody; what stands in its place is encrypted, and worth nothing here."""
    return {**parts.reasoning_part(""), "redacted": True}


def _tool_use(said: Any) -> Part:
    return parts.tool_call_part(text(get(said, "id")), text(get(said, "name")), get(said, "input"))


def _tool_result(said: Any) -> Part:
    """What a tool answered: its text where that is all, else its parts."""
    found = blocks(get(said, "content"))
    answer = found[0].get("content") if len(found) == 1 and found[0]["type"] == "text" else found
    made = parts.tool_response_part(text(get(said, "tool_use_id")), answer)
    return {**made, "is_error": True} if get(said, "is_error") is True else made


def _server_tool_use(said: Any) -> Part:
    details = {"input": plain(get(said, "input"))}
    server = text(get(said, "server_name"))  # of an MCP server that the provider talks to
    if server is not None:
        details["server_name"] = server
    return parts.server_tool_part(text(get(said, "id")), text(get(said, "name")) or "", details)


def _server_result(said: Any, name: str) -> Part:
    return parts.server_result_part(text(get(said, "tool_use_id")), name, {"content": plain(get(said, "content"))})


_BLOCKS: dict[str, Callable[[Any], Part]] = {
    "text": lambda said: parts.text_part(str(get(said, "text"))),
    "thinking": _thought,
    "redacted_thinking": _hidden_thought,
    "tool_use": _tool_use,
    "tool_result": _tool_result,
    "server_tool_use": _server_tool_use,
    "mcp_tool_use": _server_tool_use,
    "image": _source("image"),
    "document": _source("document"),
    "container_upload": lambda said: parts.file_part("document", str(get(said, "file_id"))),
}
