"""Objects between two processes of ours: pickled, with Arrow tables beside the pickle, so that they are copied least.

A message is a count of blocks, the length of each, and the blocks: the pickle, and one for each table. Never for what
comes from anywhere else: who can write a pickle can run code.
"""

from __future__ import annotations

import io
import pickle
import struct
from typing import IO, Any

import pyarrow as pa

from tracekit.store import Table

try:
    import fcntl
except ImportError:
    fcntl = None

_COUNT = struct.Struct("<I")
_PIPE_BYTES = 1 << 20
"""What a pipe should hold: at the usual 64 kB the two processes wait for each other a thousand times for each batch."""


def widen(pipe: IO[bytes]) -> None:
    """Let a pipe hold more, where the system can."""
    resize = getattr(fcntl, "F_SETPIPE_SZ", None)
    if fcntl is not None and resize is not None:
        try:
            fcntl.fcntl(pipe, resize, _PIPE_BYTES)
        except OSError:
            return  # more than this user may have: it works as it is


def send(said: object, pipe: IO[bytes]) -> None:
    """Write a message.

    Raises:
        OSError: nobody reads it.
    """
    pickled = io.BytesIO()
    pickler = _Pickler(pickled)
    pickler.dump(said)
    lengths = [pickled.tell(), *map(_length, pickler.tables)]
    pipe.write(_COUNT.pack(len(lengths)) + struct.pack(f"<{len(lengths)}Q", *lengths))
    pipe.write(pickled.getbuffer())
    sink = pa.PythonFile(pipe, mode="w")
    for table in pickler.tables:
        _write(table, sink)
    pipe.flush()


def receive(pipe: IO[bytes]) -> Any:
    """Read a message.

    Raises:
        EOFError: the other process has ended.
    """
    (count,) = _COUNT.unpack(_read(pipe, _COUNT.size))
    lengths = struct.unpack(f"<{count}Q", _read(pipe, 8 * count))
    pickled, *streams = [_read(pipe, length) for length in lengths]
    return _Unpickler(io.BytesIO(pickled), list(map(_table, streams))).load()


class _Pickler(pickle.Pickler):
    """Leaves tables out of the pickle, which has their places in `tables` instead."""

    def __init__(self, pickled: IO[bytes]) -> None:
        super().__init__(pickled, pickle.HIGHEST_PROTOCOL)
        self.tables: list[Table] = []

    def persistent_id(self, obj: Any) -> int | None:
        if not isinstance(obj, pa.Table):
            return None
        self.tables.append(obj)
        return len(self.tables) - 1


class _Unpickler(pickle.Unpickler):
    def __init__(self, pickled: IO[bytes], tables: list[Table]) -> None:
        super().__init__(pickled)
        self._tables = tables

    def persistent_load(self, pid: int) -> Table:
        return self._tables[pid]


def _length(table: Table) -> int:
    """How long the table's stream is: told ahead, so that it goes to the pipe without a copy of it in between."""
    size = pa.MockOutputStream()
    _write(table, size)
    return size.size()


def _write(table: Table, sink: Any) -> None:
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)


def _table(stream: Any) -> Table:
    with pa.ipc.open_stream(stream) as reader:
        return reader.read_all()


def _read(pipe: IO[bytes], size: int) -> Any:
    data = pa.allocate_buffer(size)  # from Arrow's pool, whose memory need not be cleared and has served before
    view = memoryview(data).cast("B")
    while view:
        read = pipe.readinto(view)  # type: ignore[attr-defined] - every pipe has it; IO does not say so
        if not read:
            raise EOFError(f"the other process ended with {len(view)} bytes of a message still to come")
        view = view[read:]
    return data
