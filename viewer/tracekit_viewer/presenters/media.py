"""Attachments on a page: what each is, told by its first bytes and not by its sender, and how it may be shown.

Only pictures and sound of known types are shown in a page; everything else is for download. Nothing is fetched from
anywhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tracekit import units
from tracekit.store.attachments import Attachments
from tracekit.store.extraction import Reference, references

HEAD = 16
"""Bytes from the start that tell the type."""
UNKNOWN_TYPE = "application/octet-stream"
_PATH = "/attachments/sha256/"
_STARTS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}


@dataclass(slots=True, frozen=True, kw_only=True)
class Attached:
    """An attachment as a page shows it. `form` is image, audio, file, or missing where its bytes are not here."""

    form: str
    label: str
    href: str
    sha256: str


def sniffed(head: bytes) -> str:
    """The media type that the first bytes of a content tell; `UNKNOWN_TYPE` where they tell none that is known here."""
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12], UNKNOWN_TYPE)
    if head[4:8] == b"ftyp":
        return "audio/mp4" if head[8:11] == b"M4A" else "video/mp4"
    return next((kind for start, kind in _STARTS if head.startswith(start)), UNKNOWN_TYPE)


def form(media_type: str) -> str:
    """How a page shows content of a type that `sniffed` gives: image, audio or file."""
    word = media_type.partition("/")[0]
    return word if word in ("image", "audio") else "file"


def attached(value: Any, attachments: Attachments) -> list[Attached]:
    """The attachments that a JSON value refers to."""
    return [_attached(found, attachments) for found in references(value)]


def _attached(found: Reference, attachments: Attachments) -> Attached:
    size = units.size(found.size).text
    head = attachments.head(found.sha256, HEAD)
    if not head and not attachments.has(found.sha256):
        return Attached(form="missing", label=f"{size}, not here", href="", sha256=found.sha256)
    kind = sniffed(head)
    word = "unknown type" if kind == UNKNOWN_TYPE else kind
    return Attached(form=form(kind), label=f"{word}, {size}", href=_PATH + found.sha256, sha256=found.sha256)
