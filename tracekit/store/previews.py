"""What a list shows of a conversation: the first words of the user, the last of the assistant. Pure.

A preview is an excerpt by design; the whole content stands in the columns it is taken from. Messages come in the convention's
shape, or in what frameworks make of them: LangChain's serialised objects, pairs of role and text, plain dictionaries.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

PREVIEW_LENGTH = 500
"""Characters of a text that a preview keeps."""

_USER = frozenset({"user", "human", "humanmessage", "humanmessagechunk"})
_ASSISTANT = frozenset({"assistant", "ai", "model", "aimessage", "aimessagechunk"})
_INPUT_KEYS = (
    "messages", "input", "inputs", "question", "query", "prompt", "user_prompt", "user_input", "text", "content", "message",
    "task", "topic", "kwargs", "args",
)  # fmt: skip
_OUTPUT_KEYS = (
    "output", "outputs", "answer", "final_output", "result", "response", "text", "content", "completion", "generation",
    "messages", "message", "return_values", "update",
)  # fmt: skip
"""Names under which programs keep what was asked and answered, the likeliest first."""
_PART_KEYS = ("text", "content")
_TEXTS = frozenset({"text", "input_text", "output_text", None})
_DEPTH = 6


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
    return _shown(arguments if value is None else value, _USER, _INPUT_KEYS, last=False)


def output_text(value: Any, result: Any = None) -> str | None:
    """What a person would read first in the output of a program's step, or else in the result of a tool; see `input_text`."""
    return _shown(result if value is None else value, _ASSISTANT, _OUTPUT_KEYS, last=True)


def _shown(value: Any, roles: frozenset[str], keys: tuple[str, ...], *, last: bool) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value[:PREVIEW_LENGTH]
    found = _unwrapped(value, roles, keys, last=last, depth=_DEPTH)
    return found[:PREVIEW_LENGTH] if found else _json(value)


def _json(value: Any) -> str | None:
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)[:PREVIEW_LENGTH]
    except (ValueError, RecursionError, TypeError):
        return None


def _unwrapped(value: Any, roles: frozenset[str], keys: tuple[str, ...], *, last: bool, depth: int) -> str | None:
    """The text within a value; None where nothing says which of several it is."""
    if isinstance(value, str):
        return value or None
    if not depth:
        return None
    if isinstance(value, list | tuple):
        if any(map(_role, value)):
            return _first(reversed(value) if last else value, roles)
        if len(value) == 1:
            return _unwrapped(value[0], roles, keys, last=last, depth=depth - 1)
        return None
    if not isinstance(value, dict):
        return None
    if _role(value) is not None:
        return _text(value) or None
    return next(
        (
            found
            for key in keys
            if value.get(key) not in (None, "", [], {})
            and (found := _unwrapped(value[key], roles, keys, last=last, depth=depth - 1))
        ),
        _only(value, roles, keys, last=last, depth=depth),
    )


def _only(value: dict[Any, Any], roles: frozenset[str], keys: tuple[str, ...], *, last: bool, depth: int) -> str | None:
    if len(value) != 1:
        return None
    (only,) = value.values()
    return _unwrapped(only, roles, keys, last=last, depth=depth - 1)


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
        elif role is None and isinstance(message.get("kwargs"), dict):  # LangChain: {"lc": 1, "id": [..., class], "kwargs"}
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
    return "\n".join(text for text in _texts(content) if text)


def _texts(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for part in content:
            if isinstance(part, str):
                yield part
            elif isinstance(part, dict) and part.get("type") in _TEXTS:
                said = next((part[key] for key in _PART_KEYS if isinstance(part.get(key), str)), None)
                if said:
                    yield said
