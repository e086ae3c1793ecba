"""Attribute values as dialects need them: text, counts, lists, decoded JSON. Pure; unknown is None."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tracekit.dialects.decoding import loads
from tracekit.model import Span

MAX_INTEGER = (1 << 63) - 1
"""The largest integer that the store and every client of it can hold."""

_CONTAINERS = frozenset("{[")
_OBJECTS = (dict, list)
_MAX_DECODINGS = 4
_JSON_STARTS = frozenset('{["')
_BLANKS = frozenset(" \t\n\r")
_STARTS = _JSON_STARTS | _BLANKS


def text(value: Any) -> str | None:
    """The value as text; None for nothing, for the empty text, and for what is too large or too deep to be written."""
    if isinstance(value, str):
        return value or None
    if value is None:
        return None
    try:
        return str(value)
    except (ValueError, RecursionError):
        return None


def count(value: Any) -> int | None:
    """A number of things: a whole number from 0, also as a float or as text.

    >>> count(12), count("12"), count(12.0), count(-1), count(True)
    (12, 12, 12, None, None)
    """
    if type(value) is int:  # by far the commonest, and no boolean
        return value if 0 <= value <= MAX_INTEGER else None
    if isinstance(value, str) and value.isdecimal():
        value = int(value) if len(value) < 20 else None  # noqa: PLR2004 - 19 digits hold MAX_INTEGER
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_INTEGER:
        return None
    return value


def milliseconds(seconds: Any) -> float | None:
    """Seconds as milliseconds; None where it is no finite number."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not -MAX_INTEGER < seconds < MAX_INTEGER:
        return None
    return seconds * 1000.0


def decoded(value: Any) -> Any:
    """JSON text as what it says, however often it was encoded; any other text, and everything else, as it is.

    >>> decoded('{"a": 1}'), decoded('"[1]"'), decoded("rainy"), decoded("12")
    ({'a': 1}, [1], 'rainy', '12')
    """
    if not isinstance(value, str) or value[:1] not in _STARTS:
        return value
    times = 0
    while isinstance(value, str) and value[:1] in _STARTS and times < _MAX_DECODINGS:
        if value[0] in _BLANKS and value.lstrip()[:1] not in _JSON_STARTS:
            return value
        try:
            value = loads(value)
        except (ValueError, RecursionError):
            return value
        times += 1
    return value


def names(value: Any) -> list[str] | None:
    """Words as a list: of a list, of a JSON list, of one word; None when there are none."""
    value = decoded(value)
    if isinstance(value, list | tuple):
        return [item for item in map(text, value) if item is not None] or None
    word = text(value)
    return None if word is None else [word]


def listed(value: Any) -> list[Any] | None:
    """The value as a list: decoded, and a single object as a list of one; None for anything else."""
    value = decoded(value)
    if isinstance(value, dict):
        return [value]
    if isinstance(value, list):
        return value
    return list(value) if isinstance(value, tuple) else None


def promote(span: Span, field: str, name: str, *, read: Callable[[Any], Any] | None = None) -> None:
    """Set a field to what an attribute says, decoded; and note it as promoted where the field says just the same.

    Args:
        span: has the attribute, or not.
        field: the field's name.
        name: the attribute's name.
        read: what becomes of the decoded value; that it changed nothing, it says by giving the same object back.
    """
    raw = span.attributes.get(name)
    if raw is not None:
        take(span, field, name, raw, read)


def take(span: Span, field: str, name: str, raw: Any, read: Callable[[Any], Any] | None) -> None:
    """What `promote` does with the value that the attribute has."""
    found, is_same = said(raw, read)
    if is_same:
        span.promoted[field] = name
    setattr(span, field, found)


def said(raw: Any, read: Callable[[Any], Any] | None = None) -> tuple[Any, bool]:
    """What an attribute's value says, decoded and read; and whether that is, unchanged, what the value says itself.

    Text that was encoded more than once says something else than what it finally stands for.
    """
    value = decoded(raw)
    found = value if read is None else read(value)
    return found, found is value and (raw is value or (raw[:1] in _CONTAINERS and isinstance(value, _OBJECTS)))
