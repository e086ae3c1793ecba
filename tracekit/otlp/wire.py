"""Protobuf's wire format, read for many messages at once. Pure.

All messages advance together, a field at a step, so that what a step costs in Python is shared by thousands. What
cannot be read so (a group, a message that is cut, a varint without end, more fields than anyone sends) makes its
message odd: whoever asked reads that one by itself. Source of the format: protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = Any
"""A numpy array: what its types can say is less than what a comment says."""

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""Wire types. The others are groups, which OTLP has none of."""

PADDING = 16
"""Zero bytes that stand behind the last message: a step reads a field without asking whether all of it is there."""

_MORE, _BITS = 0x80, 0x7F
_LONGEST = 70
"""Bits that the bytes of a varint hold at most, a few more than a number has."""
_FAR = 1 << 40
"""An end beyond any: what claims to be longer is cut."""
_EIGHT = np.arange(8)


@dataclass(slots=True, frozen=True, kw_only=True)
class Fields:
    """Fields of many messages, those of one message together and in their order. Arrays of one length, but for `odd`.

    Attributes:
        owner: whose field it is: the message's place among those asked for.
        number: the field's number.
        wire: its wire type.
        start: where its value starts.
        end: where its value ends.
        value: the bits of a varint or of a fixed number of 64 bits.
        odd: for each message, whether it could not be read; its fields then mean nothing.
    """

    owner: Array
    number: Array
    wire: Array
    start: Array
    end: Array
    value: Array
    odd: Array

    def of(self, number: int, wire: int) -> Array:
        """The places of all fields of this number and wire type."""
        return np.flatnonzero((self.number == number) & (self.wire == wire))


def joined(messages: Sequence[bytes]) -> tuple[Array, Array, Array]:
    """Messages in one padded buffer: its bytes, and where each message starts and ends."""
    ends = np.cumsum(np.fromiter(map(len, messages), np.int64, len(messages)))
    data = np.frombuffer(b"".join((*messages, bytes(PADDING))), np.uint8)
    return data, np.concatenate(([0], ends))[:-1], ends


def scan(data: Array, starts: Array, ends: Array, *, most: int = 256) -> Fields:
    """The fields of the messages that lie between `starts` and `ends`.

    Args:
        data: bytes, with `PADDING` behind the last message.
        starts: where each message starts.
        ends: where it ends.
        most: how many fields a message may have.
    """
    odd = np.zeros(len(starts), bool)
    owner = np.flatnonzero(starts < ends)
    at = starts[owner]
    steps: list[tuple[Array, ...]] = []
    while owner.size and len(steps) < most:
        bound = ends[owner]
        tag, at = _varint(data, at)
        wire = (tag & 7).astype(np.uint8)
        start, at, value = _field(data, at, wire)
        steps.append((owner, tag >> 3, wire, start, at, value))
        odd[owner[at > bound]] = True
        goes_on = at < bound
        owner, at = owner[goes_on], at[goes_on]
    odd[owner] = True
    return _ordered(steps, odd)


def _field(data: Array, at: Array, wire: Array) -> tuple[Array, Array, Array]:
    """Where the values at these places start and end, and the numbers that they are."""
    value, after = _varint(data, at)
    is_long = wire == BYTES
    start = np.where(is_long, after, at)
    end = np.where(is_long, after + np.minimum(value, _FAR).astype(np.int64), after)
    rest = np.flatnonzero(~is_long & (wire != VARINT))
    if rest.size:
        wide, short = rest[wire[rest] == FIXED64], rest[wire[rest] == FIXED32]
        end[rest] = at[rest] + _FAR
        end[wide] = at[wide] + 8
        end[short] = at[short] + 4
        value[wide] = data[at[wide][:, None] + _EIGHT].view("<u8")[:, 0]
    return start, end, value


def _varint(data: Array, at: Array) -> tuple[Array, Array]:
    """The numbers that start at these places, and where what follows them starts."""
    byte = data[at]
    value = (byte & _BITS).astype(np.uint64)
    after = at + 1
    more = np.flatnonzero(byte & _MORE)
    shift = 7
    while more.size:
        if shift >= _LONGEST:
            after[more] += _FAR
            break
        byte = data[after[more]]
        value[more] |= (byte & _BITS).astype(np.uint64) << np.uint64(shift)
        after[more] += 1
        more = more[(byte & _MORE) != 0]
        shift += 7
    return value, after


def _ordered(steps: list[tuple[Array, ...]], odd: Array) -> Fields:
    """The fields of all steps by message: in each step, every message that goes on has the next of its fields."""
    if not steps:
        none = np.zeros(0, np.int64)
        return Fields(owner=none, number=none, wire=none, start=none, end=none, value=none, odd=odd)
    counts = np.zeros(len(odd), np.int64)
    for owner, *_ in steps:
        counts[owner] += 1
    first = np.cumsum(counts) - counts
    place = np.concatenate([first[owner] + number for number, (owner, *_) in enumerate(steps)])
    columns: list[Array] = []
    for parts in zip(*steps, strict=True):
        column = np.concatenate(parts)
        ordered = np.empty_like(column)
        ordered[place] = column
        columns.append(ordered)
    owner, number, wire, start, end, value = columns
    return Fields(owner=owner, number=number, wire=wire, start=start, end=end, value=value, odd=odd)
