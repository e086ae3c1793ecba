"""What a list shows of a conversation: the first words of the user, the last of the assistant. Pure.

A preview is an excerpt by design; the whole content stands in the columns it is taken from. Messages come in the
convention's shape, or in what frameworks make of them: LangChain's serialised objects, pairs of role and text, plain
dictionaries.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

PREVIEW_LENGTH = 200
"""Characters of a text that a preview keeps."""

_USER = frozenset({"user", "human", "humanmessage", "humanmessagechunk"})
_ASSISTANT = frozenset({"assistant", "ai", "model", "aimessage", "aimessagechunk"})
_INPUT_KEYS = (
    "messages", "input", "inputs", "question", "query", "prompt", "user_prompt", "user_input", "text", "content",
    "message", "task", "topic", "kwargs", "args",
)  # fmt: skip
_OUTPUT_KEYS = (
    "output", "outputs", "answer", "final_output", "result", "response", "text", "content", "completion", "generation",
    "messages", "message", "return_values", "update",
)  # fmt: skip
"""Names under which programs keep what was asked and answered, the likeliest first."""
_PART_KEYS = ("text", "content")
_TEXTS = ("text", "input_text", "output_text", None)
"""Types of parts that are text. No set: what an emitter sends as a type may be anything."""
_DEPTH = 6
_CONTAINERS = frozenset("{[")


def user_text(messages: list[Any] | None) -> str | None:
    """The text of the first user message that has any."""
    return _first(messages or (), _USER)


def assistant_text(messages: list[Any] | None) -> str | None:
    """The text of the last assistant message that has any."""
    return _first(reversed(messages or ()), _ASSISTANT)


def input_text(value: Any, arguments: Any = None) -> str | None:
    """What a person would read first in the input of a program's step; its JSON where that is nothing in particular.

    Args:
        value: the input.
        arguments: of a tool, which stand for an input that is not there.

    >>> input_text({"messages": [{"role": "user", "content": "Hello"}]}), input_text({"question": "Why?"})
    ('Hello', 'Why?')
    """
    return _shown(arguments if value is None else value, _ASKED)


def output_text(value: Any, result: Any = None) -> str | None:
    """What a person would read first in the output of a program's step, or a tool's result; see `input_text`."""
    return _shown(result if value is None else value, _ANSWERED)


@dataclass(slots=True, frozen=True)
class _Wanted:
    """What is looked for in a value: the text of the first or last of these speakers, else what stands under a key."""

    roles: frozenset[str]
    keys: tuple[str, ...]
    last: bool


_ASKED = _Wanted(_USER, _INPUT_KEYS, last=False)
_ANSWERED = _Wanted(_ASSISTANT, _OUTPUT_KEYS, last=True)


def _shown(value: Any, wanted: _Wanted) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, str) and value[0] in _CONTAINERS:  # rows of another store have JSON as text
        value = _decoded(value)
    found = value if isinstance(value, str) else _unwrapped(value, wanted, _DEPTH) or _json(value)
    return found[:PREVIEW_LENGTH] if found else None


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _json(value: Any) -> str | None:
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    except (ValueError, RecursionError, TypeError):
        return None


def _unwrapped(value: Any, wanted: _Wanted, depth: int) -> str | None:
    """The text within a value; None where nothing says which of several it is."""
    if isinstance(value, str):
        return value or None
    if depth and isinstance(value, list | tuple):
        return _of_list(value, wanted, depth)
    return _of_object(value, wanted, depth) if depth and isinstance(value, dict) else None


def _of_list(values: Sequence[Any], wanted: _Wanted, depth: int) -> str | None:
    if any(map(_role, values)):
        return _first(reversed(values) if wanted.last else values, wanted.roles)
    return _unwrapped(values[0], wanted, depth - 1) if len(values) == 1 else None


def _of_object(value: dict[Any, Any], wanted: _Wanted, depth: int) -> str | None:
    if _role(value) is not None:
        return _text(value) or None
    for key in wanted.keys:
        found = _unwrapped(value.get(key), wanted, depth - 1)
        if found:
            return found
    return _unwrapped(next(iter(value.values())), wanted, depth - 1) if len(value) == 1 else None


def _first(messages: Iterable[Any], roles: frozenset[str]) -> str | None:
    for message in messages:
        if _role(message) in roles:
            found = _text(message)
            if found:
                return found[:PREVIEW_LENGTH]
    return None


def _role(message: Any) -> str | None:
    """Who speaks in a message, in lower case; None for what is no message."""
    if isinstance(message, dict):
        role = message.get("role")
        if role is None and "content" in message:
            role = message.get("type")
        elif role is None and isinstance(
            message.get("kwargs"), dict
        ):  # LangChain: {"lc": 1, "id": [..., class], "kwargs"}
            path = message.get("id")
            role = path[-1] if isinstance(path, list) and path else message["kwargs"].get("type")
        return role.lower() if isinstance(role, str) else None
    if isinstance(message, list | tuple) and len(message) == 2 and isinstance(message[0], str):  # noqa: PLR2004 - a pair
        role = message[0].lower()
        return role if role in _USER or role in _ASSISTANT or role in {"system", "tool"} else None
    return None


def _text(message: Any) -> str:
    """The text of a message: its own, or of its parts line by line."""
    if not isinstance(message, dict):
        content = message[1]
    elif isinstance(message.get("kwargs"), dict) and "content" not in message:
        content = message["kwargs"].get("content")
    else:
        content = message["parts"] if "parts" in message else message.get("content")
    if isinstance(content, str):
        return content
    return "\n".join(filter(None, map(_part_text, content))) if isinstance(content, list) else ""


def _part_text(part: Any) -> str | None:
    """The text of one part; None where it is no text."""
    if isinstance(part, str):
        return part
    if not isinstance(part, dict) or part.get("type") not in _TEXTS:
        return None
    for key in _PART_KEYS:
        said = part.get(key)
        if isinstance(said, str):
            return said
    return None
