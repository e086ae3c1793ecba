"""Attributes that spell out lists: `llm.tools.0.tool.json_schema`. Pure; one pass finds them all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Rows = dict[str, dict[str, Any]]
"""The items of a list by their numbers, each by what follows the number."""


def grouped(said: Mapping[str, Any], beginnings: tuple[str, ...]) -> dict[str, Rows]:
    """Attributes with a number for their third or fourth word: by the words before it, by it, by what follows.

    Args:
        said: the attributes.
        beginnings: how names begin that are looked at.

    >>> grouped({"gen_ai.prompt.0.role": "user", "llm.tools.1.name": "f"}, ("gen_ai.prompt.",))
    {'gen_ai.prompt': {'0': {'role': 'user'}}}
    """
    found: dict[str, Rows] = {}
    for name, value in said.items():
        if not name.startswith(beginnings):
            continue
        words = name.split(".", 3)
        if len(words) != 4:  # noqa: PLR2004 - the list's two words, the index, the rest
            continue
        first, second, number, rest = words
        if number.isdecimal():
            head = f"{first}.{second}"
        else:
            head = f"{first}.{second}.{number}"
            number, _, rest = rest.partition(".")
            if not number.isdecimal():
                continue
        rows = found.get(head)
        if rows is None:
            rows = found[head] = {}
        if number in rows:
            rows[number][rest] = value
        else:
            rows[number] = {rest: value}
    return found


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
