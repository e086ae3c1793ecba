"""The body of one request: read and inflated piece by piece, and never more of it in memory than allowed.

Owns the count of what all requests hold together. It refuses what is too large, what is not the encoding it claims to
be, and what would be one request too many; it does not look inside.
"""

from __future__ import annotations

import asyncio
import contextlib
import zlib
from collections.abc import AsyncIterator, Generator, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from tracekit.errors import BodyTooLargeError, DecodeError, TracekitError

_GZIP = 16 + zlib.MAX_WBITS
_PIECE = 1 << 20
_ENCODINGS = frozenset({"", "identity", "gzip", "zstd"})


class EncodingError(TracekitError):
    """A Content-Type or Content-Encoding that is not understood."""


class BusyError(TracekitError):
    """More requests, or more bytes of them, than may be held at once."""


@dataclass(slots=True, frozen=True, kw_only=True)
class Limits:
    """What is taken at most: bytes of one body once inflated, requests at a time, and their bytes together."""

    body: int = 64 << 20
    requests: int = 128
    held: int = 256 << 20


class Admission:
    """Counts the requests that are being served and the bytes they hold; on one event loop, so it needs no lock."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.unpacking = asyncio.Lock()
        """Held while zstd is inflated: its frames may ask for a window of 128 MiB, which is then in memory once."""
        self._requests = 0
        self._held = 0

    @contextlib.contextmanager
    def enter(self) -> Generator[Hold]:
        """Take one request in for as long as the context lasts.

        Raises:
            BusyError: there are too many already.
        """
        if self._requests >= self.limits.requests:
            raise BusyError(f"{self._requests} requests are being served, the most that are at a time. Send it again.")
        hold = Hold(self)
        self._requests += 1
        try:
            yield hold
        finally:
            self._requests -= 1
            hold.release()

    def shrink(self, size: int) -> None:
        """Count `size` bytes as let go."""
        self._held -= size

    def grow(self, size: int) -> None:
        """Count `size` more bytes as held.

        Raises:
            BusyError: all requests together would hold too much.
        """
        if self._held + size > self.limits.held:
            raise BusyError(f"requests being served hold {self._held} bytes of {self.limits.held}. Send it again.")
        self._held += size


class Hold:
    """What one request holds."""

    def __init__(self, admission: Admission) -> None:
        self.admission = admission
        self.size = 0

    def release(self) -> None:
        """Count all of it as let go."""
        self.admission.shrink(self.size)
        self.size = 0

    def add(self, size: int) -> None:
        """Count `size` more bytes.

        Raises:
            BodyTooLargeError: this body is larger than one may be.
            BusyError: all requests together would hold too much.
        """
        limit = self.admission.limits.body
        if self.size + size > limit:
            raise BodyTooLargeError(f"the body is larger than {limit} bytes once inflated. Send it in smaller batches.")
        self.admission.grow(size)
        self.size += size


def encoding(header: str) -> str:
    """The Content-Encoding to undo: "gzip", "zstd" or "identity".

    Raises:
        EncodingError: any other.
    """
    name = header.strip().lower()
    if name not in _ENCODINGS:
        raise EncodingError(f"Content-Encoding {name[:40]!r} is not understood. Send gzip, zstd or identity.")
    return name or "identity"


async def read(stream: AsyncIterator[bytes], encoding: str, hold: Hold) -> bytes:
    """The whole body, inflated.

    Raises:
        BodyTooLargeError: it is larger than one body may be.
        BusyError: all requests together hold too much.
        DecodeError: it says it is gzip or zstd and is not, or not all of it.
    """
    if encoding == "zstd":
        return await _read_zstd(stream, hold)
    pieces: list[bytes] = []
    inflate = _Inflate() if encoding == "gzip" else None
    async for chunk in stream:
        for piece in inflate.feed(chunk) if inflate else (chunk,):
            hold.add(len(piece))
            pieces.append(piece)
            if len(piece) == _PIECE:
                await asyncio.sleep(0)  # a megabyte is a millisecond of inflating: let the others have a turn
    if inflate:
        inflate.finish()
    return b"".join(pieces)


async def _read_zstd(stream: AsyncIterator[bytes], hold: Hold) -> bytes:
    """Inflate by pyarrow, which pulls: the packed body is held too, until it is inflated."""
    packed = Hold(hold.admission)
    try:
        chunks: list[bytes] = []
        async for chunk in stream:
            packed.add(len(chunk))
            chunks.append(chunk)
        pieces: list[bytes] = []
        async with hold.admission.unpacking:
            inflating = pa.CompressedInputStream(pa.BufferReader(b"".join(chunks)), "zstd")
            while piece := _pull(inflating):
                hold.add(len(piece))
                pieces.append(piece)
                await asyncio.sleep(0)  # let the others have a turn
        return b"".join(pieces)
    finally:
        packed.release()


def _pull(inflating: Any) -> bytes:
    try:
        return inflating.read(_PIECE)
    except OSError as error:
        raise DecodeError(
            f"the body is not zstd, or not all of it, though its Content-Encoding says so: {error}."
        ) from error


class _Inflate:
    """gzip, members one after another, a bounded piece at a time."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(_GZIP)
        self._fed = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._member.eof:
                self._member = zlib.decompressobj(_GZIP)
            self._fed = True
            try:
                piece = self._member.decompress(data, _PIECE)
            except zlib.error as error:
                raise DecodeError(f"the body is not gzip, though its Content-Encoding says so: {error}.") from error
            data = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
            if piece:
                yield piece
        # What the decompressor still holds of this input comes out with the next.

    def finish(self) -> None:
        if self._fed and not self._member.eof:
            raise DecodeError("the gzip body ends in the middle. Send it again.")
