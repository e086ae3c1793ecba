"""Frames: how one record lies in a journal file, and how a reader finds the next one after damage. Pure.

A file is a run of frames and nothing else:

    offset  size  field
    0       4     magic, the bytes F1 54 4B 4A ("ñTKJ" in Latin-1)
    4       4     length of what follows the 12-byte head, little-endian unsigned
    8       4     CRC-32 (zlib's) of what follows the head
    12      1     kind, an ASCII letter (see `records`)
    13      8     sequence number, little-endian unsigned and below 2^63, from 0, one a record of the process
    21      n     payload, length - 9 bytes

A frame is written with one `write` on a descriptor opened O_APPEND. After a frame that does not hold, a reader seeks
the next magic whose frame does; what it stepped over is one fault. A last frame that is merely not all there yet is not
a fault until its writer is known to be dead.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

MAGIC = b"\xf1TKJ"
HEAD = struct.Struct("<4sIIBQ")
_GUARD = struct.Struct("<4sII")
_PREFIX = struct.Struct("<BQ")
HEAD_SIZE = 12
MIN_LENGTH = _PREFIX.size
MAX_LENGTH = 1 << 30
"""A length beyond this is damage, not a record (bytes)."""
_NUMBERS = 1 << 63


@dataclass(slots=True, frozen=True)
class Frame:
    """One record: `kind` a single byte, `sequence` its number in the process, `payload` its bytes."""

    kind: bytes
    sequence: int
    payload: bytes


@dataclass(slots=True, frozen=True)
class Scan:
    """What `scan` found. All up to `consumed` is dealt with; the rest may be a frame that is still being written."""

    frames: list[Frame]
    consumed: int
    faults: int
    skipped_bytes: int


def pack(kind: bytes, sequence: int, payload: bytes) -> bytes:
    """The bytes of one frame.

    >>> scan(pack(b"E", 7, b"{}"))
    Scan(frames=[Frame(kind=b'E', sequence=7, payload=b'{}')], consumed=23, faults=0, skipped_bytes=0)
    """
    return preamble(kind, sequence, payload) + payload


def preamble(kind: bytes, sequence: int, payload: bytes) -> bytes:
    """All of a frame that comes before its payload."""
    prefix = _PREFIX.pack(kind[0], sequence)
    crc = zlib.crc32(payload, zlib.crc32(prefix))
    return _GUARD.pack(MAGIC, len(prefix) + len(payload), crc) + prefix


def scan(data: bytes, *, final: bool = False) -> Scan:
    """Read every whole frame of `data`, stepping over damage.

    Args:
        data: bytes of a journal, from the start of a frame.
        final: no more bytes will come, so an incomplete last frame is a fault.
    """
    frames: list[Frame] = []
    faults = skipped = position = 0
    size = len(data)
    while position < size:
        frame, end = _frame_at(data, position, size)
        if frame is not None:
            frames.append(frame)
            position = end
            continue
        if end > size and not final:
            # Perhaps still being written; perhaps a damaged length. A later whole frame decides that it is damage.
            following = _next_frame(data, position + 1, size)
            if following is None:
                break
        else:
            following = _next_frame(data, position + 1, size)
            if following is None and not final:
                following = _partial_tail(data, position + 1, size)
        stop = size if following is None else following
        faults += 1
        skipped += stop - position
        position = stop
    return Scan(frames, position, faults, skipped)


def _frame_at(data: bytes, position: int, size: int) -> tuple[Frame | None, int]:
    """The frame at `position` and where it ends; no frame, and an end beyond `size`, when the data ends within it."""
    if size - position < HEAD.size:
        torn = MAGIC.startswith(data[position : position + 4]) or data.startswith(MAGIC, position)
        return None, size + 1 if torn else position
    magic, length, crc, kind, sequence = HEAD.unpack_from(data, position)
    if magic != MAGIC or not MIN_LENGTH <= length <= MAX_LENGTH:
        return None, position
    end = position + HEAD_SIZE + length
    if end > size:
        return None, end
    if sequence >= _NUMBERS or zlib.crc32(memoryview(data)[position + HEAD_SIZE : end]) != crc:
        return None, position
    return Frame(bytes((kind,)), sequence, bytes(data[position + HEAD.size : end])), end


def _next_frame(data: bytes, start: int, size: int) -> int | None:
    """Offset of the next magic at which a whole frame holds."""
    position = data.find(MAGIC, start)
    while position >= 0:
        if _frame_at(data, position, size)[0] is not None:
            return position
        position = data.find(MAGIC, position + 1)
    return None


def _partial_tail(data: bytes, start: int, size: int) -> int:
    """Offset of a frame that may still be being written behind the damage; the end of the data when there is none."""
    position = data.find(MAGIC, start)
    while position >= 0:
        if _frame_at(data, position, size)[1] > size:
            return position
        position = data.find(MAGIC, position + 1)
    return size
