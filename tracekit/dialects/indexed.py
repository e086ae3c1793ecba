"""Attributes that spell out lists: `llm.tools.0.tool.json_schema`. Pure; one pass finds them all."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

_NAMES_KEPT = 8192
_LONGEST = 100
"""Characters of a name that is remembered."""
Rows = dict[str, dict[str, Any]]
"""The items of a list by their numbers, each by what follows the number."""


def grouped(said: Mapping[str, Any], lists: frozenset[str]) -> dict[str, Rows]:
    """Attributes with a number for their third or fourth word: by the words before it, by it, by what follows.

    Args:
        said: the attributes.
        lists: the names of the lists that are looked for, of two or three words.

    >>> grouped({"gen_ai.prompt.0.role": "user", "llm.tools.1.name": "f"}, frozenset({"gen_ai.prompt"}))
    {'gen_ai.prompt': {'0': {'role': 'user'}}}
    """
    found: dict[str, Rows] = {}
    for name, value in said.items():
        place = _known_place(name) if len(name) <= _LONGEST else _place(name)
        if place is None or place[0] not in lists:
            continue
        head, number, rest = place
        rows = found.get(head)
        if rows is None:
            rows = found[head] = {}
        if number in rows:
            rows[number][rest] = value
        else:
            rows[number] = {rest: value}
    return found


def _place(name: str) -> tuple[str, str, str] | None:
    """The list that a name is of, the number in it, and what follows; None where it has no number there."""
    words = name.split(".", 3)
    if len(words) != 4:  # noqa: PLR2004 - the list's two words, the index, the rest
        return None
    first, second, number, rest = words
    if number.isdecimal():
        return f"{first}.{second}", number, rest
    head = f"{first}.{second}.{number}"
    number, _, rest = rest.partition(".")
    return (head, number, rest) if number.isdecimal() else None


_known_place = lru_cache(_NAMES_KEPT)(_place)
"""Span after span has attributes of the same names."""


def under(said: Mapping[str, Any], prefix: str) -> list[dict[str, Any]]:
    """The list that the names after `prefix` spell out, in the order of its numbers; [] where there is none."""
    found: Rows = {}
    start = len(prefix)
    for name, value in said.items():
        if name.startswith(prefix):
            number, _, rest = name[start:].partition(".")
            if number.isdecimal():
                found.setdefault(number, {})[rest] = value
    return in_order(found)


def in_order(rows: Rows | None) -> list[dict[str, Any]]:
    """Rows by their numbers; [] for none."""
    if not rows:
        return []
    if len(rows) == 1:
        return list(rows.values())
    return [rows[number] for number in sorted(rows, key=_by_number)]


def _by_number(number: str) -> tuple[int, str]:
    """Longer numbers are greater: no arithmetic on what may have thousands of digits."""
    return len(number), number
