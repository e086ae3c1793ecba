"""Messages in the conventions' shape, taken apart for a request: what all shapes have in common. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tracekit import units
from tracekit.store.extraction import references

Part = Mapping[str, Any]


@dataclass(slots=True)
class Notes:
    """Sentences on what is not as it was, each once; what was left out is counted by its reason."""

    said: list[str] = field(default_factory=list[str])

    def add(self, sentence: str) -> None:
        """Say something, unless it is said already."""
        if sentence not in self.said:
            self.said.append(sentence)

    def left_out(self, part: Part, why: str) -> None:
        """Say that a part could not be carried over."""
        self.add(f"A part of type {part.get('type') or 'unknown'} is left out: {why}")


def listed(value: Any) -> list[Any]:
    """A value as a list; nothing is an empty one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def messages(value: Any, notes: Notes) -> Iterator[tuple[str, list[Part], Mapping[str, Any]]]:
    """Each message's role, its parts, and all of it."""
    for message in listed(value):
        if not isinstance(message, Mapping):
            yield "user", [{"type": "text", "content": message}], {}
            continue
        raw = message.get("parts") if message.get("parts") is not None else message.get("content")
        yield str(message.get("role") or "user"), parts(raw, notes), message


def parts(value: Any, notes: Notes) -> list[Part]:
    """The parts of a message that can be carried over: not those whose bytes are attachments."""
    found: list[Part] = []
    for part in listed(value):
        made: Part = part if isinstance(part, Mapping) else {"type": "text", "content": part}
        attached = list(references(made))
        if attached:
            size = units.size(attached[0].size).text
            notes.left_out(made, f"its bytes ({size}) are the attachment /attachments/sha256/{attached[0].sha256}")
        else:
            found.append(made)
    return found


def content(part: Part) -> str:
    """The text of a part."""
    return text(part.get("content", part.get("text")))


def text(value: Any) -> str:
    """A value as text; what is none, as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def functions(span: Mapping[str, Any], notes: Notes) -> Iterator[dict[str, Any]]:
    """The tools on offer as name, description and parameters; those that the provider runs are left out."""
    for definition in listed(span["tool_definitions"]):
        inner = definition.get("function") if isinstance(definition, Mapping) else None
        flat: Any = inner if isinstance(inner, Mapping) else definition
        if not isinstance(flat, Mapping) or not flat.get("name") or definition.get("type") not in (None, "function"):
            kind = definition.get("type") if isinstance(definition, Mapping) else "unknown"
            notes.add(f"A tool of type {kind} is left out: only its name was recorded.")
            continue
        schema = next((flat[key] for key in ("parameters", "input_schema") if flat.get(key) is not None), None)
        if schema is None:
            notes.add("The parameters of some tools were not recorded.")
        given = {"name": flat["name"], "description": flat.get("description"), "parameters": schema}
        yield {name: value for name, value in given.items() if value is not None}


def parameters(span: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The recorded parameters by the names of an API."""
    attributes = span["attributes"] or {}
    return {name: attributes[attribute] for attribute, name in names.items() if attributes.get(attribute) is not None}
