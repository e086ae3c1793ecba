"""Bundles: a store, or some of its traces, in one file that another store takes in. `docs/bundle.md` specifies it.

A zip archive of JSON lines and a manifest with the count, size and SHA-256 of each part. Reading trusts nothing: names
are looked up and never become paths, nothing is inflated beyond what the manifest says, and every line is checked.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, Any

from tracekit._version import __version__
from tracekit.errors import DecodeError

FORMAT = "tracekit-bundle"
VERSION = 1
MANIFEST = "manifest.json"
SPANS = "spans.ndjson"
SCORES = "scores.ndjson"
LOGS = "logs.ndjson"
METRICS = "metrics.ndjson"
ATTACHMENTS = "attachments.ndjson"
PARTS = (SPANS, SCORES, LOGS, METRICS, ATTACHMENTS)
MAX_BYTES = 64 << 30
"""All parts, inflated."""
MAX_LINE = 256 << 20
_MAX_MANIFEST = 1 << 20
_MAX_ENTRIES = 16
_CHUNK = 1 << 20
_LEVEL = 1  # the others take several times as long for a tenth less
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)


@dataclass(slots=True, frozen=True, kw_only=True)
class Part:
    """One part: its lines, their bytes, and the SHA-256 of these bytes in hex."""

    name: str
    lines: int
    bytes: int
    sha256: str


@dataclass(slots=True, frozen=True, kw_only=True)
class Manifest:
    """What a bundle says of itself."""

    tracekit: str
    created_at: str
    parts: dict[str, Part]


class BundleWriter:
    """Writes a bundle, part after part; the manifest comes last.

    Args:
        file: where it goes; need not be seekable.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL)
        self._parts: list[Part] = []

    def add(self, name: str, pages: Iterable[list[str]]) -> Part:
        """Write one part of JSON lines."""
        digest, lines, size = hashlib.sha256(), 0, 0
        with self._zip.open(name, "w", force_zip64=True) as entry:
            for page in pages:
                data = "".join(f"{line}\n" for line in page).encode()
                entry.write(data)
                digest.update(data)
                lines, size = lines + len(page), size + len(data)
        part = Part(name=name, lines=lines, bytes=size, sha256=digest.hexdigest())
        self._parts.append(part)
        return part

    def close(self) -> Manifest:
        """Write the manifest and the archive's end."""
        made = Manifest(
            tracekit=__version__,
            created_at=datetime.now(UTC).isoformat(timespec="seconds"),
            parts={part.name: part for part in self._parts},
        )
        said = {
            "format": FORMAT,
            "version": VERSION,
            "tracekit": made.tracekit,
            "created_at": made.created_at,
            "parts": [{name: getattr(part, name) for name in Part.__slots__} for part in self._parts],
        }
        self._zip.writestr(MANIFEST, json.dumps(said, indent=2))
        self._zip.close()
        return made


class BundleReader:
    """Reads a bundle.

    Args:
        archive: the open zip archive.

    Raises:
        DecodeError: it is no bundle, or one of a newer version, or larger than it may be.
    """

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._zip = archive
        self.manifest = _manifest(archive)

    def lines(self, name: str) -> Iterator[bytes]:
        """The lines of a part.

        Raises:
            DecodeError: at the latest at the end, when the part is not what the manifest says.
        """
        part = self.manifest.parts[name]
        digest, size, lines, rest = hashlib.sha256(), 0, 0, b""
        for chunk in self._chunks(part):
            size += len(chunk)
            digest.update(chunk)
            *whole, rest = (rest + chunk).split(b"\n")
            lines += len(whole)
            yield from whole
            if len(rest) > MAX_LINE:
                raise DecodeError(f"{name} has a line of more than {MAX_LINE} bytes, which no span has.")
        if rest or (lines, size, digest.hexdigest()) != (part.lines, part.bytes, part.sha256):
            raise DecodeError(
                f"{name} is not what was exported: {lines} lines, {size} bytes, SHA-256 {digest.hexdigest()}; the "
                f"manifest says {part.lines}, {part.bytes}, {part.sha256}. The file is damaged: copy it again."
            )

    def _chunks(self, part: Part) -> Iterator[bytes]:
        with _archive_errors(part.name), self._zip.open(part.name) as entry:
            left = part.bytes + 1  # one more than there should be, to see that there is no more
            while chunk := entry.read(min(_CHUNK, left)):
                left -= len(chunk)
                yield chunk
                if not left:
                    return


@contextmanager
def reading(file: IO[bytes]) -> Generator[BundleReader]:
    """Open a bundle.

    Raises:
        DecodeError: see `BundleReader`.
    """
    with _archive_errors("the archive"):
        archive = zipfile.ZipFile(file)
    with archive:
        yield BundleReader(archive)


@contextmanager
def _archive_errors(what: str) -> Generator[None]:
    try:
        yield
    except _BROKEN as error:
        raise DecodeError(f"{what} cannot be read: {error}. The file is damaged, or no bundle.") from error


def _manifest(archive: zipfile.ZipFile) -> Manifest:
    entries = {entry.filename: entry for entry in archive.infolist()[: _MAX_ENTRIES + 1]}
    found = entries.get(MANIFEST)
    if found is None or len(entries) > _MAX_ENTRIES:
        raise DecodeError(f"it is a zip archive and no bundle: {MANIFEST} is not among its {len(entries)} entries.")
    with _archive_errors(MANIFEST), archive.open(found) as entry:
        content = entry.read(_MAX_MANIFEST + 1)
    if len(content) > _MAX_MANIFEST:
        raise DecodeError(f"{MANIFEST} is larger than {_MAX_MANIFEST} bytes, which no manifest is.")
    try:
        data = json.loads(content)
        if data["format"] != FORMAT:
            raise DecodeError(f"{MANIFEST} is of the format {data['format']!r:.40}, not {FORMAT}.")
        _check_version(data["version"], str(data["tracekit"]))
        return _checked(data, entries)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DecodeError(f"{MANIFEST} is not one: {error!r:.200}.") from error


def _check_version(version: Any, made_by: str) -> None:
    if not isinstance(version, int) or version < 1:
        raise ValueError(f"version {version!r:.40}")
    if version > VERSION:
        raise DecodeError(
            f"it is of version {version}, made by tracekit {made_by:.40}, and tracekit {__version__} reads up to "
            f"{VERSION}. Upgrade: pip install -U tracekit-llm."
        )


def _checked(data: dict[str, Any], entries: dict[str, zipfile.ZipInfo]) -> Manifest:
    parts = {part["name"]: Part(**part) for part in data["parts"]}
    if set(parts) != set(PARTS) or not parts.keys() <= entries.keys():
        raise ValueError(f"its parts are {', '.join(map(repr, parts)):.200}, where {', '.join(PARTS)} are expected")
    sizes = [part.bytes for part in parts.values()]
    if not all(type(size) is int and size >= 0 for size in sizes):
        raise ValueError(f"sizes {sizes!r:.80}")
    if sum(sizes) > MAX_BYTES:
        raise DecodeError(f"its parts are {sum(sizes)} bytes, more than the {MAX_BYTES} that are taken at once.")
    return Manifest(tracekit=str(data["tracekit"]), created_at=str(data["created_at"]), parts=parts)
