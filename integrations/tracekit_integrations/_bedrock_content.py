"""Bedrock's content blocks as the conventions' parts: those of Converse, and Nova's, which are the same in JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracekit.model import Message, Part
from tracekit_integrations import _parts as parts
from tracekit_integrations._bedrock_request import in_base64
from tracekit_integrations._values import fields, get, items, plain, text

_TYPES = {
    "jpg": "image/jpeg",
    "three_gp": "video/3gpp",
    "mkv": "video/x-matroska",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "pdf": "application/pdf",
    "csv": "text/csv",
    "html": "text/html",
    "txt": "text/plain",
    "md": "text/markdown",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""Media types by the formats' names; of pictures, sound and film the others are called as their format is."""


def messages(said: Any) -> list[Message] | None:
    """Messages that went in."""
    return [message(each) for each in items(said)] or None


def message(said: Any) -> Message:
    """One message that went in. What tools answered comes as the user's in this API, and is the tool's here."""
    found = blocks(get(said, "content"))
    answers = bool(found) and all(part["type"] == "tool_call_response" for part in found)
    return parts.message("tool" if answers else str(get(said, "role")), found)


def blocks(content: Any) -> list[Part]:
    """Content given as blocks or as text. A point in it up to which it is to be cached is none."""
    if isinstance(content, str):
        return [parts.text_part(content)]
    return [part for each in items(content) for part in block(each)]


def block(said: Any) -> list[Part]:
    """The parts of one block, which has one member: what it holds, by the name of its kind."""
    return [_BLOCKS.get(kind, _other(kind))(held) for kind, held in dict(said).items() if kind != "cachePoint"]


def _other(kind: str) -> Callable[[Any], Part]:
    return lambda held: parts.generic_part(kind, fields(held) or {"content": plain(held)})


def media_type(modality: str, format_: Any) -> str | None:
    """The media type of a format's name."""
    if not isinstance(format_, str):
        return None
    return _TYPES.get(format_) or (format_ if modality == "document" else f"{modality}/{format_}")


def _source(modality: str) -> Callable[[Any], Part]:
    """The reader of a block whose content lies in a `source`: bytes, a place in S3, or text."""

    def read(held: Any) -> Part:
        source, type_ = get(held, "source"), media_type(modality, get(held, "format"))
        uri = text(get(get(source, "s3Location"), "uri"))
        data, written = in_base64(get(source, "bytes")), text(get(source, "text"))
        texts = [written] if written else [str(get(each, "text")) for each in items(get(source, "content"))]
        if uri is not None:
            return {**parts.url_part(modality, uri), "mime_type": type_}
        if data is not None:
            return parts.blob_part(modality, type_, data)
        if texts:
            return parts.text_part("\n".join(texts))
        return parts.generic_part(modality, {"mime_type": type_})

    return read


def _tool_use(held: Any) -> Part:
    id_, name = text(get(held, "toolUseId")), text(get(held, "name"))
    if get(held, "type") is not None:  # server_tool_use
        return parts.server_tool_part(id_, name or "", {"input": plain(get(held, "input"))})
    return parts.tool_call_part(id_, name, get(held, "input"))


def _tool_result(held: Any) -> Part:
    """What a tool answered: its text or its data where that is all, else its parts."""
    id_, content = text(get(held, "toolUseId")), items(get(held, "content"))
    answers = [_answer(each) for each in content]
    answer = answers[0] if len(answers) == 1 else answers
    kind = text(get(held, "type"))
    if kind is not None:
        return parts.server_result_part(id_, kind, {"content": answer})
    made = parts.tool_response_part(id_, answer)
    return {**made, "is_error": True} if get(held, "status") == "error" else made


def _answer(said: Any) -> Any:
    written, data = get(said, "text"), get(said, "json")
    if isinstance(written, str):
        return written
    return plain(data) if data is not None else next(iter(block(said)), None)


def _thought(held: Any) -> Part:
    """A thought; of one that the provider shows to nobody, what stands in its place is encrypted."""
    if get(held, "redactedContent") is not None:
        return {**parts.reasoning_part(""), "redacted": True}
    return parts.reasoning_part(str(get(get(held, "reasoningText"), "text") or ""))


def guarded(held: Any) -> Part:
    """What a guardrail is shown: text, or a picture."""
    picture = get(held, "image")
    return _source("image")(picture) if picture else parts.text_part(str(get(get(held, "text"), "text")))


def _cited(held: Any) -> Part:
    return parts.text_part("".join(str(get(each, "text") or "") for each in items(get(held, "content"))))


_BLOCKS: dict[str, Callable[[Any], Part]] = {
    "text": lambda held: parts.text_part(str(held)),
    "image": _source("image"),
    "document": _source("document"),
    "video": _source("video"),
    "audio": _source("audio"),
    "toolUse": _tool_use,
    "toolResult": _tool_result,
    "reasoningContent": _thought,
    "guardContent": guarded,
    "citationsContent": _cited,
}


def tools(config: Any) -> list[dict[str, Any]] | None:
    """The tools on offer in the conventions' flat shape: the caller's functions, and the system's own by name."""
    return [found for each in items(get(config, "tools")) for found in _tool(each)] or None


def _tool(tool: Any) -> list[dict[str, Any]]:
    spec, system = get(tool, "toolSpec"), text(get(get(tool, "systemTool"), "name"))
    if system is not None:
        return [{"type": "system", "name": system}]
    if spec is None:
        return []
    described = {"description": get(spec, "description"), "parameters": plain(get(get(spec, "inputSchema"), "json"))}
    known = {name: value for name, value in described.items() if value is not None}
    return [{"type": "function", "name": str(get(spec, "name")), **known}]
