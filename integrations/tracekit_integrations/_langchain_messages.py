"""LangChain's messages, documents and states in the conventions' shape, told by their form: imports nothing of its."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from tracekit.model import Message, Part
from tracekit_integrations import _parts as parts
from tracekit_integrations._openai_chat import file_part, made_sound_part, sound_part
from tracekit_integrations._values import fields, get, items, plain, text

_Block = Mapping[str, Any]

_ROLES = {"human": "user", "HumanMessageChunk": "user", "ai": "assistant", "AIMessageChunk": "assistant",
          "SystemMessageChunk": "system", "ToolMessageChunk": "tool"}  # fmt: skip
_CALLS = frozenset({"tool_use", "tool_call", "tool_call_chunk", "function_call", "input_json_delta"})
"""Blocks that repeat what stands in a message's `tool_calls`."""
_SCORES = ("score", "relevance_score", "similarity_score", "_score")
_DEPTH = 16


def message(said: Any) -> Message:
    """A message that goes in."""
    role = _role(said)
    if role == "tool":
        return parts.message(role, [parts.tool_response_part(text(get(said, "tool_call_id")), _whole(said))])
    return parts.message(role, message_parts(said), text(get(said, "name")))


def message_parts(said: Any) -> list[Part]:
    """The parts of a message either way: thoughts, then words, then calls."""
    content, more = said.content, get(said, "additional_kwargs") or {}
    calls, broken = items(get(said, "tool_calls")), items(get(said, "invalid_tool_calls"))
    blocks = [content] if isinstance(content, str) and content else items(content)
    thoughts, refusal, sound = text(more.get("reasoning_content")), text(more.get("refusal")), more.get("audio")
    return [
        *([parts.reasoning_part(thoughts)] if thoughts else ()),
        *(part(block) for block in blocks if not (calls and get(block, "type") in _CALLS)),
        *([parts.refusal_part(refusal)] if refusal else ()),
        *([made_sound_part(sound)] if sound else ()),
        *(parts.tool_call_part(call.get("id"), call.get("name"), call.get("args")) for call in [*calls, *broken]),
    ]


def part(block: Any) -> Part:
    """A block of content: LangChain's own, or a provider's."""
    if isinstance(block, str):
        return parts.text_part(block)
    kind = str(get(block, "type"))
    read = _BLOCKS.get(kind)
    made = read(block) if read is not None else None
    return made or parts.generic_part(kind, fields(block))


def state(value: Any, depth: int = _DEPTH) -> Any:
    """What a step takes or gives, as data: messages in the conventions' shape wherever they stand in it."""
    if isinstance(value, (str, int, float, bool)) or value is None:
        return value
    if depth == 0:
        return str(value)
    if isinstance(value, Mapping):
        return {str(name): state(inner, depth - 1) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [state(inner, depth - 1) for inner in value]
    return _object(value, depth)


def _object(value: Any, depth: int) -> Any:
    if is_message(value):
        return message(value)
    if isinstance(get(value, "page_content"), str):
        return document(value)
    if isinstance(get(value, "messages"), list):  # a prompt that was filled in
        return state(value.messages, depth - 1)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):  # a command, an interrupt
        said = {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
        return state({name: inner for name, inner in said.items() if inner is not None}, depth - 1)
    return plain(value)


def is_message(value: Any) -> bool:
    """Whether it is one of LangChain's messages."""
    return hasattr(value, "content") and hasattr(value, "response_metadata")


def document(found: Any) -> dict[str, Any]:
    """A document that a retriever found."""
    more = get(found, "metadata") or {}
    score = next((more[name] for name in _SCORES if name in more), None)
    said = {"id": get(found, "id"), "content": found.page_content, "score": score, "metadata": plain(more) or None}
    return {name: value for name, value in said.items() if value is not None}


def _role(said: Any) -> str:
    kind = str(get(said, "type"))
    more = get(said, "additional_kwargs") or {}
    return str(more.get("__openai_role__") or get(said, "role") or _ROLES.get(kind, kind))


def _whole(said: Any) -> Any:
    """What a tool answered: its content, as text or as blocks."""
    return said.content if isinstance(said.content, str) else plain(said.content)


def _reasoning(block: _Block) -> Part:
    """The thoughts shown; an empty part where the model thought and showed nothing."""
    thoughts = text(block.get("reasoning")) or text(block.get("thinking"))
    summary = "\n\n".join(str(get(piece, "text")) for piece in items(block.get("summary")))
    return parts.reasoning_part(thoughts or summary)


def _data(block: _Block) -> Part | None:
    """Bytes, an address or a provider's file, in LangChain's form, old or new, or in Anthropic's."""
    source: _Block = block.get("source") if isinstance(block.get("source"), Mapping) else block  # type: ignore[assignment]
    kind = str(block.get("type"))
    modality = kind if kind in {"image", "audio", "video"} else "document"
    mime_type = text(source.get("mime_type")) or text(source.get("media_type"))
    held, where = text(source.get("base64")) or text(source.get("data")), text(source.get("url"))
    file_id = text(source.get("file_id")) or text(source.get("id"))
    if held:
        return parts.blob_part(modality, mime_type, held)
    if where:
        return parts.url_part(modality, where)
    if isinstance(block.get("file"), Mapping):
        return file_part(block["file"])
    return parts.file_part(modality, file_id) if file_id else None


def _image_url(block: _Block) -> Part:
    image = block.get("image_url")
    return parts.url_part("image", str(image if isinstance(image, str) else get(image, "url")))


def _media(block: _Block) -> Part | None:
    mime_type = text(block.get("mime_type"))
    modality = (mime_type or "").partition("/")[0] or "document"
    if isinstance(block.get("data"), str):
        return parts.blob_part(modality, mime_type, block["data"])
    return parts.url_part(modality, str(block["file_uri"])) if "file_uri" in block else None


def _server_call(block: _Block) -> Part:
    name, details = str(block.get("name")), fields(block, without=("type", "id", "name"))
    return parts.server_tool_part(text(block.get("id")), name, details)


_BLOCKS: dict[str, Callable[[Any], Part | None]] = {
    "text": lambda block: parts.text_part(str(block.get("text"))),
    "text-plain": lambda block: parts.text_part(str(block["text"])) if "text" in block else _data(block),
    "output_text": lambda block: parts.text_part(str(block.get("text"))),
    "refusal": lambda block: parts.refusal_part(str(block.get("refusal"))),
    "reasoning": _reasoning,
    "thinking": _reasoning,
    "image_url": _image_url,
    "input_audio": lambda block: sound_part(block.get("input_audio")),
    "media": _media,
    "server_tool_call": _server_call,
    "server_tool_use": _server_call,
    **dict.fromkeys(("image", "audio", "video", "file", "document"), _data),
}
