"""LlamaIndex's messages, documents and results in the conventions' shape, told by their form. Pure; imports nothing."""

from __future__ import annotations

import base64
from typing import Any

from tracekit.model import Message, Part
from tracekit_integrations import _parts as parts
from tracekit_integrations._openai_chat import tool_call
from tracekit_integrations._values import decoded, fields, get, items, plain, text

_MEDIA = {"image": "image", "audio": "audio", "video": "video", "document": "data"}
"""The field that holds the bytes of a block, by the block's type."""
_DEPTH = 16


def word(value: Any) -> str:
    """An enumeration's member, or text, as text."""
    return str(getattr(value, "value", value))


def message(said: Any) -> Message:
    """A message that goes in."""
    role, call_id = word(get(said, "role")), text((get(said, "additional_kwargs") or {}).get("tool_call_id"))
    if role in {"tool", "function"}:
        return parts.message("tool", [parts.tool_response_part(call_id, get(said, "content"))])
    return parts.message(role, message_parts(said))


def message_parts(said: Any) -> list[Part]:
    """The parts of a message either way."""
    found = [part(block) for block in items(get(said, "blocks"))]
    if any(each["type"] == "tool_call" for each in found):
        return found
    more = get(said, "additional_kwargs") or {}
    return [*found, *map(tool_call, items(more.get("tool_calls")))]


def part(block: Any) -> Part:
    """A block of a message."""
    kind = word(get(block, "block_type"))
    if kind == "text":
        return parts.text_part(str(get(block, "text")))
    if kind == "thinking":
        return parts.reasoning_part(get(block, "content") or "")
    if kind == "tool_call":
        arguments = decoded(get(block, "tool_kwargs"))
        return parts.tool_call_part(text(get(block, "tool_call_id")), text(get(block, "tool_name")), arguments)
    return _media(kind, block) or parts.generic_part(kind, fields(block))


def _media(kind: str, block: Any) -> Part | None:
    """Bytes or an address; a file on the program's disk is named, never opened."""
    if kind not in _MEDIA:
        return None
    held, where = get(block, _MEDIA[kind]), get(block, "url") or get(block, "path")
    mime_type = text(get(block, f"{kind}_mimetype")) or parts.audio_type(get(block, "format"))
    if isinstance(held, bytes):  # LlamaIndex keeps it in base64
        return parts.blob_part(kind, mime_type, _base64(held))
    return parts.url_part(kind, str(where)) if where else None


def _base64(held: bytes) -> str:
    plain_text = held.decode("ascii", "replace")
    return plain_text if plain_text.isascii() else base64.b64encode(held).decode()


def document(found: Any) -> dict[str, Any]:
    """A node with its score, or a bare node."""
    node = get(found, "node") or found
    said = {
        "id": text(get(node, "node_id")),
        "score": plain(get(found, "score")),
        "content": node.get_content(),
        "metadata": plain(get(node, "metadata")) or None,
    }
    return {name: value for name, value in said.items() if value is not None}


def query(asked: Any) -> Any:
    """A question, bare or in its bundle."""
    return text(get(asked, "query_str")) or value(asked)


def is_document(thing: Any) -> bool:
    """Whether it is a node, with a score or without."""
    return hasattr(get(thing, "node") or thing, "get_content")


def value(thing: Any, depth: int = _DEPTH) -> Any:
    """What a step takes or gives, as data: messages and documents in the conventions' shape wherever they stand.

    An object that is neither data nor a model (an index, a handler) is named by its class: printing it may cost much.
    """
    if isinstance(thing, (str, int, float, bool)) or thing is None:
        return thing
    if depth == 0:
        return type(thing).__name__
    if isinstance(thing, dict):
        return {str(name): value(inner, depth - 1) for name, inner in thing.items()}
    if isinstance(thing, (list, tuple)):
        return [value(inner, depth - 1) for inner in thing]
    return _object(thing, depth)


def _object(thing: Any, depth: int) -> Any:
    if is_document(thing):
        return document(thing)
    if hasattr(thing, "blocks") and hasattr(thing, "role"):
        return message(thing)
    if hasattr(thing, "template_vars"):
        return text(get(thing, "template")) or type(thing).__name__
    return value(thing.result, depth - 1) if type(thing).__name__ == "StopEvent" else _model(thing, depth)


def _model(thing: Any, depth: int) -> Any:
    for name in ("query_str", "response", "message", "text"):  # a bundle, an answer, a model's reply
        if isinstance(get(thing, name), str) or hasattr(get(thing, name), "blocks"):
            return value(get(thing, name), depth - 1)
    if hasattr(thing, "model_dump") and not hasattr(thing, "callback_manager"):
        said = {**vars(thing), **(get(thing, "_data") or {})}  # a workflow's event has more fields than it declares
        return value({name: inner for name, inner in said.items() if inner is not None}, depth - 1)
    return type(thing).__name__
