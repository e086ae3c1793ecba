"""The columns that hold content, and the attributes that need not hold it a second time. Pure.

An attribute that a column says word for word is left out of the stored `attributes`; `carried` names it, so that the
view puts it back. JSON text that came as such is stored as it came: reading it and writing it again would cost more
than all the rest of a span.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import pyarrow as pa

from tracekit.model import Span
from tracekit.store.cells import Array, json_text, text

_JSON = (
    "system_instructions", "input_messages", "output_messages", "tool_definitions", "tool_arguments", "tool_result",
    "documents",
)  # fmt: skip
_TEXT_OR_JSON = ("input", "output")
_FIELDS = (*_JSON, *_TEXT_OR_JSON)
_values = attrgetter(*_FIELDS)
_ABSENT = object()
_CARRIED = pa.list_(pa.struct([("attribute", pa.string()), ("source", pa.string()), ("encoded", pa.bool_())]))

_Part = tuple[str, str, bool]
"""An attribute's name, the column that says it, and whether the attribute is text where the column is JSON or text."""


def columns(found: Sequence[Span]) -> dict[str, Array]:
    """The content columns of `internal.spans`, with `attributes`, `events`, `links` and `carried`."""
    cells: list[list[str | bytes | None]] = [[None] * len(found) for _ in _FIELDS]
    attributes: list[str | bytes] = []
    carried: list[tuple[_Part, ...]] = []
    for row, span in enumerate(found):
        parts: list[_Part] = []
        for field, column, value in zip(_FIELDS, cells, _values(span), strict=True):
            if value is not None:
                column[row] = _cell(span, field, value, parts)
        rest = span.attributes
        if parts:
            rest = rest.copy()
            # Two columns may say what one attribute says: it is put back once.
            parts = [part for part in parts if rest.pop(part[0], _ABSENT) is not _ABSENT]
        attributes.append(json_text(rest))
        carried.append(tuple(parts))
    made = {field: text(column) for field, column in zip(_FIELDS, cells, strict=True)}
    made["attributes"] = text(attributes)
    made["carried"] = _carried(carried)
    made["events"] = text([json_text(span.events) if span.events else "[]" for span in found])
    made["links"] = text([json_text(span.links) if span.links else "[]" for span in found])
    return made


def _cell(span: Span, field: str, value: Any, parts: list[_Part]) -> str | bytes:
    """The text of one cell; notes in `parts` the attribute that it says, if there is one."""
    attribute = span.promoted.get(field)
    plain = field in _TEXT_OR_JSON
    if attribute is None:
        return value if plain and isinstance(value, str) else json_text(value)
    raw = span.attributes[attribute]
    if not isinstance(raw, str):
        parts.append((attribute, field, False))
        return json_text(raw)
    if plain:
        parts.append((attribute, field, True))
        return raw
    if value is raw:  # text in a JSON column
        parts.append((attribute, field, False))
        return json_text(raw)
    if _may_be_unsayable(raw):
        return json_text(value)
    parts.append((attribute, field, True))
    return raw


def _may_be_unsayable(raw: str) -> bool:
    """Whether JSON text that Python reads may be none to DuckDB: words for numbers, halves of surrogate pairs.

    A single letter is found many times faster than a word: most texts are let through by it.
    """
    return (
        ("N" in raw and "NaN" in raw)
        or ("I" in raw and "Infinity" in raw)
        or ("\\" in raw and ("\\ud" in raw or "\\uD" in raw))
    )


def _carried(found: Sequence[tuple[_Part, ...]]) -> Array:
    """The column of that name; spans of one kind carry the same, so few values are distinct."""
    numbers = {parts: number for number, parts in enumerate(dict.fromkeys(found))}
    names = ("attribute", "source", "encoded")
    distinct = [[dict(zip(names, part, strict=True)) for part in parts] or None for parts in numbers]
    return pa.array(distinct, _CARRIED).take(pa.array([numbers[parts] for parts in found], pa.int32()))
