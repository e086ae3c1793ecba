"""Attributes that spell out lists: `llm.tools.0.tool.json_schema`. Pure; one pass finds them all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_LONGEST = 6
"""Digits of an index; a longer number is part of a name."""

Rows = dict[int, dict[str, Any]]


def grouped(items: Iterable[tuple[str, Any]]) -> dict[str, Rows]:
    """Attributes with a number for their third or fourth word: by the words before it, by it, by what follows.

    >>> grouped([("gen_ai.prompt.0.role", "user"), ("llm.request.functions.1.name", "f")])
    {'gen_ai.prompt': {0: {'role': 'user'}}, 'llm.request.functions': {1: {'name': 'f'}}}
    """
    found: dict[str, Rows] = {}
    for name, value in items:
        words = name.split(".", 3)
        if len(words) != 4:  # noqa: PLR2004 - the list's two words, the index, the rest
            continue
        first, second, number, rest = words
        head = f"{first}.{second}"
        if not _is_index(number):
            head = f"{head}.{number}"
            number, _, rest = rest.partition(".")
            if not (rest and _is_index(number)):
                continue
        found.setdefault(head, {}).setdefault(int(number), {})[rest] = value
    return found


def under(said: Mapping[str, Any], prefix: str) -> list[dict[str, Any]]:
    """The list that the names after `prefix` spell out, in the order of its numbers; [] where there is none."""
    found: Rows = {}
    start = len(prefix)
    for name, value in said.items():
        if name.startswith(prefix):
            number, _, rest = name[start:].partition(".")
            if _is_index(number):
                found.setdefault(int(number), {})[rest] = value
    return in_order(found)


def in_order(rows: Rows | None) -> list[dict[str, Any]]:
    """Rows by their numbers; [] for none."""
    return [rows[number] for number in sorted(rows)] if rows else []


def _is_index(word: str) -> bool:
    return word.isdecimal() and len(word) <= _LONGEST
