"""What a list shows of a conversation: the first words of the user, the last of the assistant. Pure.

A preview is an excerpt by design; the whole content stands in the columns it is taken from.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

PREVIEW_LENGTH = 500
"""Characters of a text that a preview keeps."""


def user_text(messages: list[Any] | None) -> str | None:
    """The text of the first user message that has any."""
    return _text_of("user", messages or ())


def assistant_text(messages: list[Any] | None) -> str | None:
    """The text of the last assistant message that has any."""
    return _text_of("assistant", reversed(messages or ()))


def _text_of(role: str, messages: Iterable[Any]) -> str | None:
    for message in messages:
        if isinstance(message, dict) and message.get("role") == role:
            parts = message.get("parts")
            texts = [_text(part) for part in parts] if isinstance(parts, list) else []
            found = "\n".join(text for text in texts if text)
            if found:
                return found[:PREVIEW_LENGTH]
    return None


def _text(part: Any) -> str | None:
    if not isinstance(part, dict) or part.get("type") != "text":
        return None
    content = part.get("content")
    return content if isinstance(content, str) else None
