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
from types import TracebackType
from typing import Any, Self

import pyarrow as pa

from tracekit.errors import BodyTooLargeError, DecodeError, TracekitError

_PIECE = 1 << 20
_WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
_ENCODINGS = frozenset({"", "identity", "zstd", *_WINDOWS})
_MEMBERS = 1000
"""gzip members of one body at most: each costs, and may hold nothing that the limit of bytes would count."""


class EncodingError(TracekitError):
    """A Content-Type or Content-Encoding that is not understood."""


class SlowError(TracekitError):
    """A body that comes so slowly that it keeps others out."""


class BusyError(TracekitError):
    """More requests, or more bytes of them, than may be held at once."""


@dataclass(slots=True, frozen=True, kw_only=True)
class Limits:
    """What is taken at most: bytes of one body once inflated, requests at a time, and their bytes together.

    A large body may weigh so much in `parts`: 1 for each attribute and value in it, 8 for each span or the like; see
    `weighing`. A body may take `patience` seconds, and one more for every `pace` bytes of it.
    """

    body: int = 64 << 20
    parts: int = 2_000_000
    requests: int = 128
    held: int = 256 << 20
    patience: float = 15.0
    pace: int = 64 << 10


class Admission:
    """Counts the requests that are being served and the bytes they hold; on one event loop, so it needs no lock."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.unpacking = asyncio.Lock()
        """Held while zstd is inflated: its frames may ask for a window of 128 MiB, which is then in memory once."""
        self.checking = asyncio.Lock()
        """Held while a large JSON body is looked into, which takes many times its size."""
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
        if self.size + size > self.admission.limits.body:
            raise too_large(self.admission.limits)
        self.admission.grow(size)
        self.size += size


def encoding(header: str) -> str:
    """The Content-Encoding to undo: "gzip", "deflate", "zstd" or "identity".

    Raises:
        EncodingError: any other.
    """
    name = header.strip().lower()
    if name not in _ENCODINGS:
        raise EncodingError(f"Content-Encoding {name[:40]!r} is not understood. Send gzip, deflate, zstd or identity.")
    return name or "identity"


async def read(stream: AsyncIterator[bytes], encoding: str, hold: Hold) -> bytes:
    """The whole body, inflated.

    Raises:
        BodyTooLargeError: it is larger than one body may be, packed or inflated.
        BusyError: all requests together hold too much.
        SlowError: it comes too slowly.
        DecodeError: it is not packed as it says, or not whole.
    """
    if encoding == "zstd":
        return await _read_zstd(stream, hold)
    pieces: list[bytes] = []
    inflate = _Inflate(encoding) if encoding in _WINDOWS else None
    async with _Pace(hold.admission.limits) as pace:
        async for chunk in stream:
            pace.note(len(chunk))
            for piece in inflate.feed(chunk) if inflate else (chunk,):
                hold.add(len(piece))
                pieces.append(piece)
                if len(piece) == _PIECE:
                    await asyncio.sleep(0)  # a megabyte is a millisecond of inflating: let the others have a turn
    if inflate:
        inflate.finish()
    return b"".join(pieces)


class _Pace:
    """The time that a body may take as it comes, and the bytes that it may be."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._began = asyncio.get_running_loop().time()
        self._timeout = asyncio.timeout(limits.patience)
        self._size = 0
        self._rewarded = 0

    async def __aenter__(self) -> Self:
        await self._timeout.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._timeout.__aexit__(kind, error, trace)
        except TimeoutError:
            limits, took = self._limits, asyncio.get_running_loop().time() - self._began
            raise SlowError(
                f"{self._size} bytes of the body came in {took:.0f} seconds; {limits.patience:.0f}, and one for every "
                f"{limits.pace} bytes, are given. Send it again, in smaller batches."
            ) from None

    def note(self, size: int) -> None:
        """Take note of a chunk of so many bytes.

        Raises:
            BodyTooLargeError: all of them are too many.
        """
        self._size += size
        if self._size > self._limits.body:
            raise too_large(self._limits)
        if self._size - self._rewarded >= self._limits.pace:
            self._rewarded = self._size
            self._timeout.reschedule(self._began + self._limits.patience + self._size / self._limits.pace)


def too_large(limits: Limits) -> BodyTooLargeError:
    """What refuses a body that is larger than one may be."""
    return BodyTooLargeError(f"the body is larger than {limits.body} bytes once inflated. Send it in smaller batches.")


async def _read_zstd(stream: AsyncIterator[bytes], hold: Hold) -> bytes:
    """Inflate by pyarrow, which pulls: the packed body is held too, until it is inflated."""
    packed = Hold(hold.admission)
    try:
        chunks: list[bytes] = []
        async with _Pace(hold.admission.limits) as pace:
            async for chunk in stream:
                pace.note(len(chunk))
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
    """gzip, members one after another, or deflate, a bounded piece at a time."""

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        self._member = zlib.decompressobj(_WINDOWS[encoding])
        self._members = 1
        self._fed = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._member.eof:
                self._next()
            self._fed = True
            try:
                piece = self._member.decompress(data, _PIECE)
            except zlib.error as error:
                raise DecodeError(
                    f"the body is not {self._encoding}, though its Content-Encoding says so: {error}."
                ) from error
            data = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
            if piece:
                yield piece
        # What the decompressor still holds of this input comes out with the next.

    def finish(self) -> None:
        if self._fed and not self._member.eof:
            raise DecodeError(f"the {self._encoding} body ends in the middle. Send it again.")

    def _next(self) -> None:
        self._members += 1
        if self._members > _MEMBERS:
            raise DecodeError(f"the body has more than {_MEMBERS} members of {self._encoding}. Pack it as one.")
        self._member = zlib.decompressobj(_WINDOWS[self._encoding])
