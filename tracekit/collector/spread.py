"""The attributes of many spans by their names, and columns made of them. Pure.

A value that many spans have, which most short ones are, is decoded, read and written once for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from tracekit.otlp.attributes import SHORT, pair
from tracekit.otlp.bulk import Pairs, slices
from tracekit.otlp.wire import Array as Numbers
from tracekit.store.cells import Array, compute, json_text, text

_TEXT = pa.string()


@dataclass(slots=True, frozen=True)
class Attribute:
    """All occurrences of one attribute.

    Attributes:
        places: which occurrences these are, of all that there are.
        rows: the span of each.
        at: the value of each, by its place among `values`.
        values: the values, some of them equal.
    """

    places: Numbers
    rows: Numbers
    at: Numbers
    values: list[Any]


class Attributes:
    """Attributes of spans.

    Args:
        owners: of each occurrence, the place of its span; those of one span stand together.
        found: names and values, some of them equal.
        codes: of each occurrence, the place of its name and value among these.

    Attributes:
        owners: see above.
        names: the names that there are.
        named: of each occurrence, the place of its name among these.
    """

    def __init__(self, owners: Numbers, found: list[tuple[str, Any]], codes: Numbers) -> None:
        self.owners = owners
        self._found, self._codes = found, codes
        self._values: dict[str, list[Any]] = {}
        local: list[int] = []
        for name, value in self._found:
            values = self._values.setdefault(name, [])
            local.append(len(values))
            values.append(value)
        numbers = {name: number for number, name in enumerate(self._values)}
        self.names = list(numbers)
        self._local = np.array(local, np.int32)
        name_of = np.array([numbers[name] for name, _ in self._found], np.int64)
        self.named = name_of[self._codes] if len(name_of) else self._codes

    def repeated(self) -> Numbers:
        """The spans that have an attribute more than once."""
        keys = np.sort(self.owners * (len(self.names) + 1) + self.named)
        return np.unique(keys[1:][keys[1:] == keys[:-1]] // (len(self.names) + 1))

    def only(self, rows: Numbers) -> Attributes:
        """The attributes of some spans, which are numbered anew.

        Args:
            rows: of each span, whether it is one of them.
        """
        if rows.all():
            return self
        kept = rows[self.owners]
        made = object.__new__(Attributes)
        made.owners = (np.cumsum(rows) - 1)[self.owners[kept]]
        made.names, made.named = self.names, self.named[kept]
        made._found, made._values, made._local = self._found, self._values, self._local
        made._codes = self._codes[kept]
        return made

    def by_name(self) -> dict[str, Attribute]:
        """Each attribute's occurrences."""
        order = np.argsort(self.named, kind="stable")
        bounds = np.searchsorted(self.named[order], np.arange(len(self.names) + 1))
        found: dict[str, Attribute] = {}
        for number, name in enumerate(self.names):
            places = order[bounds[number] : bounds[number + 1]]
            if len(places):
                at = self._local[self._codes[places]]
                found[name] = Attribute(places, self.owners[places], at, self._values[name])
        return found

    def json(self, count: int, left_out: Numbers) -> Array:
        """The attributes of each span as a JSON object, without the occurrences that are left out."""
        kept = ~left_out
        codes = self._codes[kept]
        used = np.unique(codes)
        index = np.zeros(len(self._found) + 1, np.int32)
        index[used] = np.arange(len(used), dtype=np.int32)
        openings = {name: _said(json_text(name)) + ":" for name in self.names}
        members = text([_member(openings, *self._found[code]) for code in used.tolist()]).take(pa.array(index[codes]))
        bounds = np.zeros(count + 1, np.int32)
        np.cumsum(np.bincount(self.owners[kept], minlength=count), out=bounds[1:])
        lists = pa.ListArray.from_arrays(pa.array(bounds), members)
        return compute.binary_join_element_wise("{", compute.binary_join(lists, ","), "}", "")


def sent(pairs: Pairs) -> Attributes:
    """The attributes that spans of protobuf have.

    Raises:
        DecodeError: one is no KeyValue.
    """
    return Attributes(pairs.owners, *_distinct(pairs))


def written(every: Iterable[Iterable[Mapping[str, Any]]]) -> Attributes:
    """The attributes that spans of JSON have.

    Args:
        every: of each span, the objects that its attributes are in, no two of which have a name in common.
    """
    owners: list[int] = []
    codes: list[int] = []
    found: list[tuple[str, Any]] = []
    seen: dict[tuple[str, str | int], int] = {}
    for owner, objects in enumerate(every):
        before = len(codes)
        for members in objects:
            for member in members.items():
                kind = type(member[1])  # no subclass: True is an int, and equal to 1
                if kind is int or (kind is str and len(member[1]) <= SHORT):
                    code = seen.setdefault(member, len(found))
                    if code == len(found):
                        found.append(member)
                else:
                    code = len(found)
                    found.append(member)
                codes.append(code)
        owners += [owner] * (len(codes) - before)
    return Attributes(np.array(owners, np.int64), found, np.array(codes, np.int64))


def column(count: int, attribute: Attribute | None, read: Callable[[Any], Any], kind: Any = _TEXT) -> Array:
    """What `read` makes of an attribute's value, for each of `count` spans; null for those that lack it."""
    if attribute is None:
        return pa.nulls(count, kind)
    return spread(count, attribute, cells([read(value) for value in attribute.values], kind))


def cells(values: list[Any], kind: Any = _TEXT) -> Array:
    """Values as an Arrow array."""
    return text(values, kind) if kind == _TEXT or pa.types.is_list(kind) else pa.array(values, kind)


def spread(count: int, attribute: Attribute, values: Array) -> Array:
    """For each of `count` spans the one of `values` that stands where its attribute's value does."""
    index = np.full(count, -1, np.int32)
    index[attribute.rows] = attribute.at
    return values.take(pa.array(index, mask=index < 0))


def long_texts(count: int, attribute: Attribute, values: list[Any]) -> Array:
    """The same for texts that are long and mostly different: each is copied once."""
    cells: list[Any] = [None] * count
    for row, at in zip(attribute.rows.tolist(), attribute.at.tolist(), strict=True):
        cells[row] = values[at]
    return text(cells)


def first(columns: Iterable[Array]) -> Array:
    """Of each row the first that is not null."""
    found = list(columns)
    return found[0] if len(found) == 1 else compute.coalesce(*found)


def has(count: int, attributes: Mapping[str, Attribute], names: Iterable[str]) -> Numbers:
    """How many of these attributes each of `count` spans has."""
    found = [attributes[name].rows for name in names if name in attributes]
    return np.bincount(np.concatenate(found), minlength=count) if found else np.zeros(count, np.int64)


def _distinct(pairs: Pairs) -> tuple[list[tuple[str, Any]], Numbers]:
    """Attributes, short ones once each however often they occur, and which of them each occurrence is."""
    starts, ends = pairs.starts, pairs.ends
    is_short = ends - starts <= SHORT
    short = slices(pairs.data, starts[is_short], ends[is_short]).dictionary_encode()
    found = [pair(said) for said in short.dictionary.to_pylist()]
    codes = np.empty(len(starts), np.int64)
    codes[is_short] = np.asarray(short.indices)
    long = zip(starts[~is_short].tolist(), ends[~is_short].tolist(), strict=True)
    every = memoryview(pairs.data)
    found += [pair(bytes(every[start:end])) for start, end in long]
    codes[~is_short] = np.arange(len(short.dictionary), len(found))
    return found, codes


def _member(openings: Mapping[str, str], name: str, value: Any) -> str:
    """An attribute as a member of a JSON object."""
    return openings[name] + _said(json_text(value))


def _said(json: str | bytes) -> str:
    return json if isinstance(json, str) else json.decode()
