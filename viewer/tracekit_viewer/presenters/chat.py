"""A conversation as cards: system, user, assistant and tool messages, part by part, as they were sent.

Understands the convention's parts and carries every other shape as JSON: a message that is not understood is
shown, not dropped. Never makes a link or an image of what a part points to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tracekit import units
from tracekit.store.attachments import Attachments
from tracekit.store.extraction import references
from tracekit_viewer.presenters.media import Attached, attached
from tracekit_viewer.text import Folded, folded

_BASE64_RATIO = 3 / 4


@dataclass(slots=True, frozen=True, kw_only=True)
class Piece:
    """One part of a message. `form` is text, reasoning, call, result, media or other."""

    form: str
    title: str | None = None
    call_id: str | None = None
    body: Folded | None = None
    note: str | None = None
    attached: list[Attached] = field(default_factory=list[Attached])


@dataclass(slots=True, frozen=True, kw_only=True)
class Card:
    """One message."""

    role: str
    label: str
    pieces: list[Piece]
    answer: bool = False
    finish_reason: str | None = None


@dataclass(slots=True, frozen=True, kw_only=True)
class Tool:
    """A tool the model was offered."""

    name: str
    description: str | None
    schema: Folded | None


Paint = Callable[[Any], Folded]
"""How prose comes to a page: as it stands, or read as Markdown."""


def conversation(
    *, system: Any, sent: Any, received: Any, attachments: Attachments, paint: Paint = folded
) -> list[Card]:
    """The cards of one call.

    Args:
        system: system instructions: a list of parts, or text.
        sent: input messages.
        received: output messages.
        attachments: the files that parts refer to.
        paint: how text and reasoning are shown.
    """
    names = _call_names([*_listed(sent), *_listed(received)])

    def pieces(parts: list[Any]) -> list[Piece]:
        return [replace(_piece(part, names, paint), attached=attached(part, attachments)) for part in parts]

    cards: list[Card] = []
    if system:
        cards.append(Card(role="system", label="system", pieces=pieces(_listed(system))))
    cards.extend(_card(message, pieces(_parts(message)), answer=False) for message in _listed(sent))
    cards.extend(_card(message, pieces(_parts(message)), answer=True) for message in _listed(received))
    return cards


def tools(definitions: Any) -> list[Tool]:
    """The tool definitions of one call; nested (`{"function": {...}}`) and flat ones alike."""
    found: list[Tool] = []
    for definition in _listed(definitions):
        if not isinstance(definition, Mapping):
            found.append(Tool(name="(unreadable definition)", description=None, schema=folded(definition)))
            continue
        inner = definition.get("function")
        flat: Mapping[str, Any] = inner if isinstance(inner, Mapping) else definition
        schema = next((flat[key] for key in ("parameters", "input_schema") if flat.get(key) is not None), None)
        description = flat.get("description")
        found.append(
            Tool(
                name=str(flat.get("name") or flat.get("type") or "(unnamed)"),
                description=str(description) if description else None,
                schema=folded(schema) if schema is not None else None,
            )
        )
    return found


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _parts(message: Any) -> list[Any]:
    """A message's parts; the `content` of dialects that have none."""
    if not isinstance(message, Mapping):
        return [message]
    return _listed(message.get("parts") if message.get("parts") is not None else message.get("content"))


def _call_names(messages: Iterable[Any]) -> dict[str, str]:
    """Which tool each call id belongs to, so that a result can be headed by its tool's name."""
    return {
        str(part["id"]): str(part["name"])
        for message in messages
        for part in _parts(message)
        if isinstance(part, Mapping) and part.get("type") == "tool_call" and part.get("id") and part.get("name")
    }


def _card(message: Any, pieces: list[Piece], *, answer: bool) -> Card:
    fields: Mapping[str, Any] = message if isinstance(message, Mapping) else {}
    role = str(fields.get("role") or ("assistant" if answer else "message"))
    name = fields.get("name")
    return Card(
        role=role if role in ("system", "developer", "user", "assistant", "tool") else "other",
        label=f"{role} · {name}" if name else role,
        pieces=pieces,
        answer=answer,
        finish_reason=str(fields["finish_reason"]) if fields.get("finish_reason") else None,
    )


def _piece(part: Any, names: Mapping[str, str], paint: Paint) -> Piece:
    if isinstance(part, str):
        return Piece(form="text", body=paint(part))
    if not isinstance(part, Mapping):
        return Piece(form="other", title="unknown part", body=folded(part))
    call_id = _text(part.get("id"))
    content = part.get("content", part.get("text"))
    match part.get("type"):
        case "text" | "reasoning" as form if content is not None:
            piece = Piece(form=form, body=paint(content))
        case "tool_call":
            title = str(part.get("name") or "(unnamed tool)")
            piece = Piece(form="call", title=title, call_id=call_id, body=folded(part.get("arguments")))
        case "tool_call_response":
            result = part.get("response", part.get("result"))
            piece = Piece(form="result", title=names.get(call_id or ""), call_id=call_id, body=folded(result))
        case "blob" | "uri" | "file":
            piece = Piece(form="media", title=str(part.get("modality") or "file"), note=media_note(part))
        case other:
            piece = Piece(form="other", title=str(other or "unknown part"), body=folded(part))
    return piece


def media_note(part: Mapping[str, Any]) -> str:
    """What an attachment is, in words; what it points to is never fetched."""
    mime = part.get("mime_type")
    uri = part.get("uri")
    if references(part):  # the attachment says what it is itself
        return ""
    if isinstance(uri, str) and uri.startswith("data:"):
        header, _, payload = uri[5:].partition(",")
        return f"{header.split(';')[0] or 'unknown type'}, {_decoded_size(payload)}"
    if part.get("type") == "blob":
        return f"{mime or 'unknown type'}, {_decoded_size(str(part.get('content') or ''))}"
    where = uri if uri is not None else f"file {part.get('file_id')}"
    return f"{f'{mime}, ' if mime else ''}{where} (not fetched)"


def _decoded_size(base64_text: str) -> str:
    return units.size(int(len(base64_text.rstrip("=")) * _BASE64_RATIO)).text


def _text(value: Any) -> str | None:
    return str(value) if value else None
