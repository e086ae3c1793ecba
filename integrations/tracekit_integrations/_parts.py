"""Building messages and parts in the GenAI conventions' shape (JSON schemas of v1.41). Pure; knows no provider."""

from __future__ import annotations

from typing import Any

from tracekit.model import Message, Part
from tracekit_integrations._values import plain

UNKNOWN = "unknown"
"""The finish reason where the provider said none: the schema demands a word, and `stop` would be a guess."""

_AUDIO_TYPES = {"mp3": "audio/mpeg", "pcm16": "audio/L16"}


def text_part(content: str) -> Part:
    """Text."""
    return {"type": "text", "content": content}


def refusal_part(content: str) -> Part:
    """What a model said instead of an answer: text, so that it is read where answers are, and marked."""
    return {"type": "text", "content": content, "refusal": True}


def reasoning_part(content: str) -> Part:
    """The thoughts that a model shows."""
    return {"type": "reasoning", "content": content}


def tool_call_part(id_: str | None, name: str | None, arguments: Any) -> Part:
    """A model's wish to have a tool of the caller's run; JSON arguments decoded already."""
    return {"type": "tool_call", "id": id_, "name": name or "", "arguments": plain(arguments)}


def tool_response_part(id_: str | None, response: Any) -> Part:
    """What a tool of the caller's answered."""
    return {"type": "tool_call_response", "id": id_, "response": plain(response)}


def server_tool_part(id_: str | None, name: str, details: dict[str, Any]) -> Part:
    """A tool that the provider ran itself."""
    return {
        "type": "server_tool_call",
        "id": id_,
        "name": name,
        "server_tool_call": {"type": name, **details},
    }


def server_result_part(id_: str | None, name: str, details: dict[str, Any]) -> Part:
    """What a tool that the provider ran itself came to."""
    return {"type": "server_tool_call_response", "id": id_, "server_tool_call_response": {"type": name, **details}}


def generic_part(kind: str, details: dict[str, Any]) -> Part:
    """A part of a kind that the conventions have no word for, carried as it came."""
    part: Any = {**details, "type": kind}
    return part


def file_part(modality: str, file_id: str) -> Part:
    """A file that the provider keeps."""
    return {"type": "file", "modality": modality, "file_id": file_id}


def blob_part(modality: str, mime_type: str | None, content: str) -> Part:
    """Bytes, in base64."""
    return {"type": "blob", "modality": modality, "mime_type": mime_type, "content": content}


def url_part(modality: str, url: str) -> Part:
    """What a URL points to, never fetched; of a `data:` URL in base64, the bytes that it holds."""
    head, comma, content = url.partition(",")
    if comma and head[:5].lower() == "data:" and head.endswith(";base64"):
        return blob_part(modality, head[5:].partition(";")[0] or None, content)
    return {"type": "uri", "modality": modality, "mime_type": None, "uri": url}


def audio_type(format_: Any) -> str | None:
    """The media type of a sound format's short name."""
    return _AUDIO_TYPES.get(format_, f"audio/{format_}") if isinstance(format_, str) else None


def message(role: str, parts: list[Part], name: str | None = None) -> Message:
    """A message that went in."""
    return {"role": role, "parts": parts, "name": name} if name else {"role": role, "parts": parts}


def reply(parts: list[Part], finish_reason: str, role: str = "assistant") -> Message:
    """A message that came out."""
    return {"role": role, "parts": parts, "finish_reason": finish_reason}
