"""Many spans of OTLP protobuf at once, as columns. Pure.

It reads the plain ones: whole, each field once, without events and links. `Bulk.plain` tells which these are; the
others are for `protobuf.span`, which reads any.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from tracekit.otlp import wire
from tracekit.otlp.ids import SPAN_ID_BYTES, TRACE_ID_BYTES
from tracekit.otlp.wire import Array

_TRACE_ID, _SPAN_ID, _PARENT, _NAME, _KIND, _START, _END, _ATTRIBUTE, _EVENT, _LINK, _STATUS = (
    1, 2, 4, 5, 6, 7, 8, 9, 11, 13, 15,
)  # fmt: skip
"""Field numbers of `opentelemetry.proto.trace.v1.Span`."""
_ONCE = {
    _TRACE_ID: wire.BYTES,
    _SPAN_ID: wire.BYTES,
    _PARENT: wire.BYTES,
    _NAME: wire.BYTES,
    _KIND: wire.VARINT,
    _START: wire.FIXED64,
    _END: wire.FIXED64,
    _STATUS: wire.BYTES,
}
_HEX = np.array([tuple(f"{byte:02x}".encode()) for byte in range(256)], np.uint8)


@dataclass(slots=True, frozen=True, kw_only=True)
class Bulk:
    """Columns of so many spans, by their place among those that were read. What is said only of plain ones is marked *.

    Attributes:
        plain: whether the span could be read here.
        usable: whether its ids are such that it can be kept.
        trace_ids: 32 hex digits*.
        span_ids: 16 hex digits*.
        parents: 16 hex digits or null*.
        names: bytes*.
        kinds: OTLP's number*.
        starts: Unix nanoseconds*.
        ends: Unix nanoseconds, 0 for none*.
        statuses: bytes of a Status, null where there is none*.
    """

    plain: Array
    usable: Array
    trace_ids: Any
    span_ids: Any
    parents: Any
    names: Any
    kinds: Array
    starts: Array
    ends: Array
    statuses: Any


@dataclass(slots=True, frozen=True, kw_only=True)
class Pairs:
    """The attributes of the plain spans, in the order of the spans and in theirs.

    Attributes:
        owners: whose each is.
        starts: where the bytes of its KeyValue start.
        ends: where they end.
        data: the bytes that these are places of.
    """

    owners: Array
    starts: Array
    ends: Array
    data: Array


def read(spans: Sequence[bytes]) -> tuple[Bulk, Pairs]:
    """The columns of spans, each the bytes of a `Span`, and their attributes."""
    data, starts, ends = wire.joined(spans)
    fields = wire.scan(data, starts, ends)
    count = len(spans)
    plain = ~fields.odd
    plain[fields.owner[fields.of(_EVENT, wire.BYTES)]] = False
    plain[fields.owner[fields.of(_LINK, wire.BYTES)]] = False
    places: dict[int, Array] = {}
    for number, kind in _ONCE.items():
        places[number], repeated = _single(fields, number, kind, count)
        plain[repeated] = False
    trace_ids, has_trace = _ids(data, fields, places[_TRACE_ID], TRACE_ID_BYTES)
    span_ids, has_id = _ids(data, fields, places[_SPAN_ID], SPAN_ID_BYTES)
    parents, has_parent = _ids(data, fields, places[_PARENT], SPAN_ID_BYTES, zeros=True)
    plain &= has_parent | _is_empty(fields, places[_PARENT])
    attributes = fields.of(_ATTRIBUTE, wire.BYTES)
    attributes = attributes[plain[fields.owner[attributes]]]
    found = Bulk(
        plain=plain,
        usable=has_trace & has_id,
        trace_ids=_hex(trace_ids, has_trace),
        span_ids=_hex(span_ids, has_id),
        parents=_hex(parents, has_parent),
        names=_slices(data, fields, places[_NAME], plain),
        kinds=_numbers(fields, places[_KIND]).astype(np.int64),
        starts=_numbers(fields, places[_START]),
        ends=_numbers(fields, places[_END]),
        statuses=_slices(data, fields, places[_STATUS], plain),
    )
    return found, Pairs(
        owners=fields.owner[attributes], starts=fields.start[attributes], ends=fields.end[attributes], data=data
    )


def slices(data: Array, starts: Array, ends: Array) -> Any:
    """Pieces of bytes that lie one behind the other, as an Arrow array."""
    if not len(starts):
        return pa.array([], pa.binary())
    bounds = np.empty(2 * len(starts), np.int32)
    bounds[0::2], bounds[1::2] = starts, ends
    # Every other element of this array is what lies between two pieces: to take the rest copies each piece once.
    every = pa.Array.from_buffers(pa.binary(), len(bounds) - 1, [None, pa.py_buffer(bounds), pa.py_buffer(data)])
    return every.take(pa.array(np.arange(0, len(bounds), 2, dtype=np.int32)))


def _single(fields: wire.Fields, number: int, kind: int, count: int) -> tuple[Array, Array]:
    """For each message the place of its one field of that number, -1 for none; and the messages that repeat it."""
    found = fields.of(number, kind)
    owners = fields.owner[found]
    places = np.full(count, -1, np.int64)
    places[owners] = found
    return places, np.unique(owners[1:][owners[1:] == owners[:-1]])


def _ids(data: Array, fields: wire.Fields, places: Array, size: int, *, zeros: bool = False) -> tuple[Array, Array]:
    """Ids of `size` bytes, and where there are such; without `zeros`, one that is all zeros is none."""
    there = np.flatnonzero(places >= 0)
    found = places[there]
    right = fields.end[found] - fields.start[found] == size
    there, found = there[right], found[right]
    ids = np.zeros((len(places), size), np.uint8)
    ids[there] = data[fields.start[found][:, None] + np.arange(size)]
    has = np.zeros(len(places), bool)
    has[there] = True
    return ids, has if zeros else has & ids.any(axis=1)


def _is_empty(fields: wire.Fields, places: Array) -> Array:
    """Where a field is not there, or there without a byte."""
    found = places < 0
    there = np.flatnonzero(~found)
    found[there] = fields.start[places[there]] == fields.end[places[there]]
    return found


def _numbers(fields: wire.Fields, places: Array) -> Array:
    """The numbers that a field is; 0, which OTLP does not write, where there is none."""
    there = np.flatnonzero(places >= 0)
    found = np.zeros(len(places), np.uint64)
    found[there] = fields.value[places[there]]
    return found


def _slices(data: Array, fields: wire.Fields, places: Array, plain: Array) -> Any:
    """The bytes of a field, null where there is none, and where the span is not plain: its fields may mean anything."""
    there = np.flatnonzero((places >= 0) & plain)
    found = slices(data, fields.start[places[there]], fields.end[places[there]])
    index = np.zeros(len(places), np.int32)
    index[there] = np.arange(len(there), dtype=np.int32)
    absent = np.ones(len(places), bool)
    absent[there] = False
    return found.take(pa.array(index, mask=absent))


def _hex(ids: Array, there: Array) -> Any:
    """Ids as texts of hex digits, null where there is none."""
    count, size = ids.shape
    digits = _HEX[ids].reshape(-1)
    bounds = np.arange(0, (count + 1) * 2 * size, 2 * size, dtype=np.int32)
    buffers = map(pa.py_buffer, (np.packbits(there, bitorder="little"), bounds, digits))
    return pa.Array.from_buffers(pa.string(), count, list(buffers))
