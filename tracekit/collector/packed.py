"""Journals that are kept packed: how they lie in their files, and how one is packed so that no death loses it.

A packed journal is the file `NAME.tkj.zst`, and is `NAME.tkj` to the store: its records, their numbers and the offsets
between them are those of the journal that it was. A file is a run of blocks, each of whole frames:

    offset  size  field
    0       4     magic, the bytes 54 2A 4D 18: to a reader of zstd a frame to be skipped
    4       4     28, how long what is to be skipped is; all numbers are little-endian and unsigned
    8       8     where in the journal the block begins
    16      8     how long the journal is
    24      4     how much of the journal the block holds, at most 2^27
    28      4     n, how long it is packed
    32      4     CRC-32 (zlib's) of bytes 8 to 31 and of what is packed
    36      n     one zstd frame

After a block that does not hold, a reader seeks the next magic whose block does, and the lengths say what was lost.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pyarrow as pa

from tracekit.errors import DecodeError
from tracekit.journal import reader
from tracekit.journal.frame import scan
from tracekit.journal.reader import Chunk
from tracekit.journal.records import SUFFIX
from tracekit.journal.writer import FILE_MODE

PACKED = ".zst"
"""What the name of a packed journal has behind that of the journal."""
BLOCK_BYTES = 1 << 20
"""A block holds this much of its journal, or one frame that is larger."""
_MOST = 1 << 27
_MAGIC = b"\x54\x2a\x4d\x18"
_SKIPPED = 28
_GUARD = struct.Struct("<4sI")
_ABOUT = struct.Struct("<QQII")
_CRC = struct.Struct("<I")
_HEAD_SIZE = _GUARD.size + _ABOUT.size + _CRC.size
_LEVEL = 3


@dataclass(slots=True, frozen=True, kw_only=True)
class _Block:
    """A block whose CRC holds: `packed` is what stands from `start` to `stop` in a journal of `total` bytes."""

    start: int
    stop: int
    total: int
    packed: bytes


def journals(directory: Path) -> list[Path]:
    """The files of all journals of a `journal/` directory, oldest first, one a journal.

    Of one that is there packed and not packed, as a death while it was packed leaves it, that is the one not packed.

    Raises:
        StoreError: it cannot be listed.
    """
    found = reader.journals(directory, (SUFFIX, SUFFIX + PACKED))
    files = {journal_name(path): path for path in reversed(found)}
    return [files[name] for name in sorted(files)]


def is_packed(path: Path) -> bool:
    """Whether this is the file of a packed journal. It has no writer, and nothing more comes into it."""
    return path.name.endswith(PACKED)


def journal_name(path: Path) -> str:
    """What the journal in a file is called, packed or not.

    >>> journal_name(Path("journal/1-2-ab.tkj.zst"))
    '1-2-ab.tkj'
    """
    return path.name.removesuffix(PACKED)


def pack(path: Path) -> Path:
    """Pack a journal whose writer has ended, and remove the file that it was; its new file.

    Whenever this is cut off, one of the two is there and whole.

    Raises:
        DecodeError: the journal is damaged, or has a record of more than 128 MiB; it stays as it is.
        OSError: the disk does not take it; it stays as it is.
    """
    target = path.with_name(path.name + PACKED)
    draft = path.with_name(f".{target.name}.part")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC  # over what an earlier try has left
        with path.open("rb") as file, os.fdopen(os.open(draft, flags, FILE_MODE), "wb") as packed:
            for block in _blocks(file, os.fstat(file.fileno()).st_size):
                packed.write(block)
            packed.flush()
            os.fsync(packed.fileno())
        draft.replace(target)
        _sync_names(path.parent)  # a lost machine must not keep the removal and forget the new name
        path.unlink()
    finally:
        draft.unlink(missing_ok=True)
    return target


def read(path: Path, offset: int = 0, *, limit: int) -> Chunk:
    """Read what a packed journal has behind `offset` (bytes of the journal), at most about `limit` bytes of it.

    Raises:
        OSError: the file cannot be read.
    """
    found = bytearray()
    at, end, faults, lost, ended = offset, None, 0, 0, True
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        for block in _holding(file, size):
            end = block.total
            if block.stop <= at:
                continue
            if len(found) >= limit:
                ended = False
                break
            data = _inflated(block)
            if data is None:
                continue
            if block.start > at:
                faults, lost, at = faults + 1, lost + block.start - at, block.start
            found += memoryview(data)[at - block.start :]
            at = block.stop
    if end is None:  # not one whole block: all of the file is lost, however long the journal was
        faults, lost, at = 1, size, max(at, size)
    elif ended and at < end:
        faults, lost, at = faults + 1, lost + end - at, end
    inner = scan(bytes(found), final=True)
    return Chunk(
        frames=inner.frames,
        offset=at,
        faults=faults + inner.faults,
        skipped_bytes=lost + inner.skipped_bytes,
        ended=ended,
    )


def _blocks(file: IO[bytes], total: int) -> Generator[bytes]:
    """A journal's blocks.

    Raises:
        DecodeError: it has damage, or a frame that no block holds.
    """
    codec, start, data = pa.Codec("zstd", compression_level=_LEVEL), 0, b""
    while start < total:
        more = file.read(max(BLOCK_BYTES, len(data)))
        data += more
        found = scan(data, final=not more)
        if found.faults or len(data) > _MOST:
            raise DecodeError(f"damage, or a record of more than {_MOST} bytes, behind byte {start}")
        if found.consumed:
            whole, data = data[: found.consumed], data[found.consumed :]
            yield _block(codec.compress(whole, asbytes=True), start=start, stop=start + len(whole), total=total)
            start += len(whole)


def _block(packed: bytes, *, start: int, stop: int, total: int) -> bytes:
    about = _ABOUT.pack(start, total, stop - start, len(packed))
    return _GUARD.pack(_MAGIC, _SKIPPED) + about + _CRC.pack(zlib.crc32(packed, zlib.crc32(about))) + packed


def _holding(file: IO[bytes], size: int) -> Generator[_Block]:
    """The blocks that hold, in order."""
    position = 0
    while position < size:
        block = _block_at(file, position)
        if block is not None:
            yield block
            position = file.tell()
        else:
            position = _next_magic(file, position + 1, size)


def _block_at(file: IO[bytes], position: int) -> _Block | None:
    file.seek(position)
    head = file.read(_HEAD_SIZE)
    if len(head) < _HEAD_SIZE or _GUARD.unpack_from(head) != (_MAGIC, _SKIPPED):
        return None
    start, total, length, size = _ABOUT.unpack_from(head, _GUARD.size)
    packed = file.read(size)
    about, (crc,) = head[_GUARD.size : -_CRC.size], _CRC.unpack_from(head, _HEAD_SIZE - _CRC.size)
    if len(packed) != size or zlib.crc32(packed, zlib.crc32(about)) != crc or not 0 < length <= _MOST:
        return None
    return _Block(start=start, stop=start + length, total=total, packed=packed)


def _next_magic(file: IO[bytes], position: int, size: int) -> int:
    """Where the next magic is; the end of the file where there is none."""
    overlap = len(_MAGIC) - 1
    while position < size:
        file.seek(position)
        piece = file.read(BLOCK_BYTES)
        found = piece.find(_MAGIC)
        if found >= 0:
            return position + found
        if len(piece) <= overlap:
            break
        position += len(piece) - overlap
    return size


def _inflated(block: _Block) -> bytes | None:
    """What a block holds; None where it is not what the block says, and never more."""
    try:
        return pa.decompress(block.packed, decompressed_size=block.stop - block.start, codec="zstd", asbytes=True)
    except OSError:
        return None


def _sync_names(directory: Path) -> None:
    """Wait until the names in a directory are on the disk, where the system has that."""
    if not hasattr(os, "O_DIRECTORY"):  # Windows
        return
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
