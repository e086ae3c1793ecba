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
    buffers: list[pickle.PickleBuffer] = []
    pickled = io.BytesIO()
    _Pickler(pickled, pickle.HIGHEST_PROTOCOL, buffer_callback=buffers.append).dump(said)
    blocks = [pickled.getbuffer(), *(buffer.raw() for buffer in buffers)]
    pipe.write(_COUNT.pack(len(blocks)) + struct.pack(f"<{len(blocks)}Q", *(block.nbytes for block in blocks)))
    for block in blocks:
        pipe.write(block)
    pipe.flush()


def receive(pipe: IO[bytes]) -> Any:
    """Read a message.

    Raises:
        EOFError: the other process has ended.
    """
    (count,) = _COUNT.unpack(_read(pipe, _COUNT.size))
    lengths = struct.unpack(f"<{count}Q", _read(pipe, 8 * count))
    pickled, *buffers = [_read(pipe, length) for length in lengths]
    return pickle.loads(pickled, buffers=buffers)  # noqa: S301 - see above: from a process of ours


class _Pickler(pickle.Pickler):
    def reducer_override(self, obj: object) -> Any:
        if isinstance(obj, pa.Table):
            return _table, (pickle.PickleBuffer(_stream(obj)),)
        return NotImplemented


def _stream(table: Table) -> Any:
    """The table in Arrow's stream format, in a buffer of the right size from the start: growing it would copy."""
    size = pa.MockOutputStream()
    _write(table, size)
    stream = pa.allocate_buffer(size.size())
    _write(table, pa.FixedSizeBufferWriter(stream))
    return stream


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
