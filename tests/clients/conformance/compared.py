"""Where two spans of one call differ: a place, the side that says something there, and what either says."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

Side = Literal["ours", "theirs", "both"]

ABSENT: Final = object()
"""What stands for a value that one side does not have."""


@dataclass(slots=True, frozen=True, kw_only=True)
class Said:
    """What a span says: its fields as OTLP numbers them, and its attributes with JSON decoded."""

    name: str
    kind: int
    status: int
    status_message: str
    attributes: dict[str, Any]
    events: list[Any]


@dataclass(slots=True, frozen=True)
class Difference:
    """`place` is a field or an attribute, and the way into it; `side` is `both` where both have a value."""

    place: str
    ours: Any
    theirs: Any

    @property
    def side(self) -> Side:
        """Who says something there."""
        return "ours" if self.theirs is ABSENT else "theirs" if self.ours is ABSENT else "both"


def decoded(value: Any) -> Any:
    """An attribute's value; of a string that is JSON of a list or an object, what it stands for."""
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, str) and value.startswith(("[", "{")):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def spans(ours: list[Said], theirs: list[Said]) -> Iterator[Difference]:
    """Everything that the spans of the same calls, in their order, do not agree about."""
    if len(ours) != len(theirs):
        yield Difference("span", ours or ABSENT, theirs or ABSENT)
        return
    for our, their in zip(ours, theirs, strict=True):
        for field in ("name", "kind", "status", "status_message", "events"):
            yield from values(field, getattr(our, field), getattr(their, field))
        yield from _members("", our.attributes, their.attributes)


def values(place: str, ours: Any, theirs: Any) -> Iterator[Difference]:
    """The smallest places in which two values differ: `[]` is any element of a list, `[].n` a member of it."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        yield from _members(f"{place}.", ours, theirs)
    elif isinstance(ours, list) and isinstance(theirs, list):
        if len(ours) != len(theirs):
            yield Difference(f"{place}.count", len(ours), len(theirs))
        for our, their in _pairs(ours, theirs):
            yield from values(f"{place}[]", our, their)
    elif ours != theirs or type(ours) is not type(theirs):
        yield Difference(place, ours, theirs)


def _members(before: str, ours: dict[str, Any], theirs: dict[str, Any]) -> Iterator[Difference]:
    for name in sorted(ours.keys() | theirs.keys()):
        yield from values(f"{before}{name}", ours.get(name, ABSENT), theirs.get(name, ABSENT))


def _pairs(ours: list[Any], theirs: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Elements side by side; of lists that are not of one length, those of one type in their order."""
    if len(ours) == len(theirs):
        yield from zip(ours, theirs, strict=True)
        return
    numbered = dict(_numbered(theirs))
    for key, our in _numbered(ours):
        if key in numbered:
            yield our, numbered[key]


def _numbered(elements: list[Any]) -> Iterator[tuple[tuple[Any, int], Any]]:
    seen: Counter[Any] = Counter()
    for element in elements:
        kind = element.get("type") if isinstance(element, dict) else None
        yield (kind, seen[kind]), element
        seen[kind] += 1
