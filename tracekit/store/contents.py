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
FIELDS = (*_JSON, *_TEXT_OR_JSON)
_values = attrgetter(*FIELDS)
_ABSENT = object()
_CARRIED = pa.list_(pa.struct([("attribute", pa.string()), ("source", pa.string()), ("encoded", pa.bool_())]))

Part = tuple[str, str, bool]
"""An attribute's name, the column that says it, and whether the attribute is text where the column is JSON or text."""


def columns(found: Sequence[Span]) -> dict[str, Array]:
    """The content columns of `internal.spans`, with `attributes`, `events`, `links` and `carried`."""
    cells: list[list[str | bytes | None]] = [[None] * len(found) for _ in FIELDS]
    attributes: list[str | bytes] = []
    carried: list[tuple[Part, ...]] = []
    for row, span in enumerate(found):
        parts: list[Part] = []
        for field, column, value in zip(FIELDS, cells, _values(span), strict=True):
            if value is not None:
                name = span.promoted.get(field)
                column[row], part = cell(field, value, name, None if name is None else span.attributes[name])
                if part is not None:
                    parts.append(part)
        rest = span.attributes
        if parts:
            rest = rest.copy()
            # Two columns may say what one attribute says: it is put back once.
            parts = [part for part in parts if rest.pop(part[0], _ABSENT) is not _ABSENT]
        attributes.append(json_text(rest))
        carried.append(tuple(parts))
    made = {field: text(column) for field, column in zip(FIELDS, cells, strict=True)}
    made["attributes"] = text(attributes)
    made["carried"] = carried_column(carried)
    made["events"] = text([json_text(span.events) if span.events else "[]" for span in found])
    made["links"] = text([json_text(span.links) if span.links else "[]" for span in found])
    return made


def cell(field: str, value: Any, attribute: str | None, raw: Any) -> tuple[str | bytes, Part | None]:
    """The text of one cell, and the attribute that need not be kept beside it.

    Args:
        field: the column.
        value: what the span says in that field.
        attribute: the attribute that says just this; None where none does.
        raw: the value of that attribute.
    """
    plain = field in _TEXT_OR_JSON
    if attribute is None:
        return (value if plain and isinstance(value, str) else json_text(value)), None
    if not isinstance(raw, str):
        return json_text(raw), (attribute, field, False)
    if plain:
        return raw, (attribute, field, True)
    if value is raw:  # text in a JSON column
        return json_text(raw), (attribute, field, False)
    if _may_be_unsayable(raw):
        return json_text(value), None
    return raw, (attribute, field, True)


def _may_be_unsayable(raw: str) -> bool:
    """Whether JSON text that Python reads may be none to DuckDB: words for numbers, halves of surrogate pairs.

    A single letter is found many times faster than a word: most texts are let through by it.
    """
    return (
        ("N" in raw and "NaN" in raw)
        or ("I" in raw and "Infinity" in raw)
        or ("\\" in raw and ("\\ud" in raw or "\\uD" in raw))
    )


def carried_column(found: Sequence[tuple[Part, ...]]) -> Array:
    """The column of that name; spans of one kind carry the same, so few values are distinct."""
    numbers = {parts: number for number, parts in enumerate(dict.fromkeys(found))}
    names = ("attribute", "source", "encoded")
    distinct = [[dict(zip(names, part, strict=True)) for part in parts] or None for parts in numbers]
    return pa.array(distinct, _CARRIED).take(pa.array([numbers[parts] for parts in found], pa.int32()))
