"""A trace within a page: the bundle that stands in an HTML file, in base64, as data that no browser runs.

Owns how it gets in and how it is found again. What is read is a bundle like any other and trusted as little:
`tracekit.query.bundle` checks it. `docs/sharing.md` specifies the block.
"""

from __future__ import annotations

import base64
import binascii
import re
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from tracekit.errors import DecodeError
from tracekit.query import export, withheld
from tracekit.query.searching import Searchable
from tracekit.query.stored import Selection
from tracekit.store.attachments import Attachments

ELEMENT = "tracekit-bundle"
"""The id of the element that holds it."""
MEDIA_TYPE = "application/x-tracekit-bundle"
MOST_ATTACHED = 64 << 20
"""Bytes of attachments that a page carries: a browser holds the file in memory."""
_LINE = 57 * 20
"""Bytes of a bundle to a line of text, so that editors can show the file; a multiple of three."""
_OPENING = re.compile(rb"<script\b[^<>]*\bid=[\"']?" + ELEMENT.encode() + rb"[\"']?[^<>]*>", re.IGNORECASE)
_LONGEST_OPENING = 1024
_CHUNK = 1 << 20
_IN_MEMORY = 16 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """A trace as a bundle, and what it has: spans, scores and log records, and the attachments that it left out."""

    content: bytes
    spans: int
    scores: int
    logs: int
    attachments: int
    left_out: int
    left_out_bytes: int


def pack(source: Searchable, trace_id: str, attachments: Attachments, *, content: bool = True) -> Packed:
    """The bundle of one trace for a page.

    Args:
        source: what answers.
        trace_id: the trace.
        attachments: the files that it refers to.
        content: False leaves out every text: see `tracekit.query.withheld`.
    """
    room = _Room(MOST_ATTACHED)
    rewrite = None if content else withheld.line
    with tempfile.SpooledTemporaryFile[bytes](_IN_MEMORY) as file:
        made = export.to_bundle(
            file, source, Selection(traces=(trace_id,)), attachments, rewrite=rewrite, fits=room.takes
        )
        file.seek(0)
        packed = file.read()
    lines = {name.partition(".")[0]: part.lines for name, part in made.parts.items()}
    return Packed(
        content=packed,
        spans=lines["spans"],
        scores=lines["scores"],
        logs=lines["logs"],
        attachments=lines["attachments"],
        left_out=room.refused,
        left_out_bytes=room.refused_bytes,
    )


def element(packed: Packed) -> Iterator[str]:
    """The element, in pieces: base64, which holds no character that could end it."""
    yield f'<script type="{MEDIA_TYPE}" id="{ELEMENT}">\n'
    for start in range(0, len(packed.content), _LINE):
        yield base64.b64encode(packed.content[start : start + _LINE]).decode() + "\n"
    yield "</script>\n"


@contextmanager
def opened(page: IO[bytes]) -> Generator[IO[bytes]]:
    """The bundle in a page, as a file that can be read from any place.

    Raises:
        DecodeError: there is none in it, or it is not whole.
    """
    with tempfile.SpooledTemporaryFile[bytes](_IN_MEMORY) as file:
        for piece in _decoded(_inside(page)):
            file.write(piece)
        file.seek(0)
        yield file


def _inside(page: IO[bytes]) -> Iterator[bytes]:
    """What stands in the element, in pieces."""
    rest = b""
    while True:
        chunk = page.read(_CHUNK)
        rest += chunk
        found = _OPENING.search(rest)
        if found is not None:
            yield from _until_end(rest[found.end() :], page)
            return
        if not chunk:
            raise DecodeError(
                "it is a page without a trace in it. `tracekit export --html` and Share in the viewer make such pages."
            )
        rest = rest[-_LONGEST_OPENING:]


def _until_end(rest: bytes, page: IO[bytes]) -> Iterator[bytes]:
    while True:
        inside, end, _ = rest.partition(b"<")
        yield inside
        if end:
            return
        rest = page.read(_CHUNK)
        if not rest:
            raise DecodeError("the page ends in the middle of its trace. Copy it again.")


def _decoded(pieces: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        rest += b"".join(piece.split())
        whole = len(rest) // 4 * 4
        if b"=" in rest[: whole - 4 if whole >= 4 else 0]:  # noqa: PLR2004 - four characters are three bytes
            raise DecodeError("the trace in the page goes on behind its end. Copy it again.")
        yield _bytes(rest[:whole])
        rest = rest[whole:]
    if rest:
        raise DecodeError("the trace in the page is not whole: its base64 is cut. Copy it again.")


def _bytes(text: bytes) -> bytes:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error as error:
        raise DecodeError(f"the trace in the page is not base64: {error}. Copy the page again.") from error


@dataclass(slots=True)
class _Room:
    """What of a limit is left, and what was refused."""

    left: int
    refused: int = 0
    refused_bytes: int = 0

    def takes(self, size: int) -> bool:
        if size <= self.left:
            self.left -= size
            return True
        self.refused += 1
        self.refused_bytes += size
        return False
