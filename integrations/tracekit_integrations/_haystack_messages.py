"""Haystack's messages, documents and values in the conventions' shape, told by their form. Pure; imports nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from tracekit.model import Message, Part
from tracekit_integrations import _parts as parts
from tracekit_integrations._values import get, items, plain, text

_DEPTH = 16


def is_message(thing: Any) -> bool:
    """Whether it is a chat message."""
    return hasattr(thing, "_role") and hasattr(thing, "_content")


def message(said: Any) -> Message:
    """A message that goes in."""
    role = str(getattr(said._role, "value", said._role))  # noqa: SLF001 - its public reader knows only text
    return parts.message(role, message_parts(said), text(get(said, "_name")))


def message_parts(said: Any) -> list[Part]:
    """The parts of a message either way."""
    return [part(each) for each in items(said._content)]  # noqa: SLF001 - as above


def part(content: Any) -> Part:
    """A piece of a message, told by its fields."""
    if isinstance(get(content, "text"), str):
        return parts.text_part(content.text)
    if get(content, "reasoning_text") is not None:
        return parts.reasoning_part(content.reasoning_text)
    if get(content, "tool_name") is not None:
        return parts.tool_call_part(text(content.id), content.tool_name, content.arguments)
    if get(content, "origin") is not None:
        return _result(content)
    held, mime_type = get(content, "base64_image") or get(content, "base64_data"), text(get(content, "mime_type"))
    if held is not None:
        return parts.blob_part(parts.modality(mime_type), mime_type, str(held))
    return parts.generic_part(type(content).__name__, {})


def _result(content: Any) -> Part:
    made = parts.tool_response_part(text(content.origin.id), value(content.result))
    if content.error:
        made["is_error"] = True
    return made


def document(found: Any) -> dict[str, Any]:
    """A document, with its score where it has one. Its vector is not kept."""
    told = {
        "id": text(get(found, "id")),
        "score": get(found, "score"),
        "content": get(found, "content"),
        "metadata": plain(get(found, "meta")) or None,
    }
    return {name: each for name, each in told.items() if each is not None}


def value(thing: Any, depth: int = _DEPTH) -> Any:
    """What a component takes or gives, as data. Objects that are no data (a function, a client) are named by class."""
    if isinstance(thing, (str, int, float, bool)) or thing is None:
        return thing
    if depth == 0:
        return type(thing).__name__
    if isinstance(thing, Mapping):
        return {str(name): value(inner, depth - 1) for name, inner in thing.items()}
    if isinstance(thing, (list, tuple)):
        return [value(inner, depth - 1) for inner in thing]
    return _object(thing, depth)


def _object(thing: Any, depth: int) -> Any:
    if is_message(thing):
        return message(thing)
    if hasattr(thing, "content") and hasattr(thing, "embedding"):
        return document(thing)
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        told = {each.name: getattr(thing, each.name) for each in dataclasses.fields(thing)}
        return value({name: inner for name, inner in told.items() if inner is not None}, depth - 1)
    return type(thing).__name__
