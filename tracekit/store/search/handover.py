"""Rows that have just been stored, kept in memory until they are indexed: reading them back would cost as much again.

It may go without anything at any time: what it has no room for, and what was stored before it was opened, is read from
the store.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator

import pyarrow as pa

from tracekit.store import Table
from tracekit.store.cells import Array, compute
from tracekit.store.search.words import BARRIER, document

ROOM_BYTES = 96 << 20
"""What is kept at most: the rows of one full step of ingest fit."""

_JSON = ("system_instructions", "input_messages", "output_messages", "tool_arguments", "tool_result", "documents")
_TEXT = ("name", "status_message", "error_type", "tool_name", "tool_call_id")
_EITHER = ("input", "output")
_COLUMNS = (*_JSON, *_TEXT, *_EITHER, "attributes", "carried")
_OPENINGS = pa.array(["{", "["])
_PASS = 256
"""Rows of which the texts are made at a time: as few as the processor's cache holds."""
_NOTHING = pa.scalar(None, pa.string())


class Handover:
    """Between whoever stores spans and whoever indexes them. Keeps nothing until it is opened. Safe in any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._room = 0
        self._kept: deque[tuple[int, Table, int]] = deque()

    def open(self, room: int = ROOM_BYTES) -> None:
        """Keep what is put from now on, `room` bytes at most."""
        with self._lock:
            self._room = room

    def close(self) -> None:
        """Keep nothing any more."""
        with self._lock:
            self._room = 0
            self._kept.clear()

    def put(self, first: int, spans: Table) -> None:
        """Rows that are stored by now, with the columns of spans, the first of which has the number `first`.

        Each call has greater numbers than the one before.
        """
        size = spans.nbytes  # of all columns: those that are left out share their memory with the others
        with self._lock:
            if len(spans) and size + sum(kept for _, _, kept in self._kept) <= self._room:
                self._kept.append((first, spans.select(_COLUMNS), size))

    def first(self, number: int) -> int | None:
        """The first that it has of `number` and those above; what lies below is let go."""
        with self._lock:
            while self._kept and self._kept[0][0] + len(self._kept[0][1]) <= number:
                self._kept.popleft()
            return max(self._kept[0][0], number) if self._kept else None

    def take(self, number: int) -> tuple[int, Iterator[tuple[int, str]]]:
        """The spans from `number` on, which `first` has told of, as far as they were put together.

        Returns:
            The last number, and number and text of each span, made as they are asked for.
        """
        with self._lock:
            first, rows, _ = self._kept[0]
        return first + len(rows) - 1, enumerate(_documents(rows.slice(number - first)), number)


def _documents(spans: Table) -> Iterator[str]:
    for start in range(0, len(spans), _PASS):
        yield from _pass(spans.slice(start, _PASS))


def _pass(spans: Table) -> Iterator[str]:
    """What is indexed of each row: what `rows_between.sql` reads of a stored one, and `document` makes of it."""
    json_texts, texts = [spans[name] for name in _JSON], [spans[name] for name in _TEXT]
    for name in _EITHER:
        is_json = compute.is_in(compute.utf8_slice_codeunits(spans[name], 0, 1), _OPENINGS)
        json_texts.append(compute.if_else(is_json, spans[name], _NOTHING))
        texts.append(compute.if_else(is_json, _NOTHING, spans[name]))
    columns = (_joined(json_texts), _joined(texts), spans["attributes"].to_pylist(), _carried(spans["carried"]))
    return map(document, *columns)


def _joined(columns: list[Array]) -> list[str]:
    held = [column for column in columns if column.null_count < len(column)]
    if not held:
        return [""] * len(columns[0])
    # With the empty text in each row, as rows in which all are null would be left out of the answer.
    return compute.binary_join_element_wise("", *held, BARRIER, null_handling="skip").to_pylist()


def _carried(column: Array) -> Iterator[list[str]]:
    """The names of the attributes that columns carry, of each row."""
    names = compute.struct_field(compute.list_flatten(column), "attribute").to_pylist()
    start = 0
    for count in compute.list_value_length(column).to_pylist():
        end = start + (count or 0)
        yield names[start:end]
        start = end
