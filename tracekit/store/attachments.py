"""Files of attachments, each named by the SHA-256 of its bytes: written once, whole or not at all, never changed.

A file is on the disk before a row that refers to it is committed. What no row refers to any longer is removed by
`sweep`, and only when it has lain there for a while: the row of a fresh file may be on its way.
"""

from __future__ import annotations

import os
import re
import secrets
import time
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tracekit.errors import StoreError
from tracekit.store.extraction import references, restored

FOLDER = "attachments"
"""Its name in the data directory."""
GRACE_SECONDS = 3600.0
_FILE_MODE, _DIRECTORY_MODE = 0o600, 0o700
_NAME = re.compile(r"[0-9a-f]{64}")


@dataclass(slots=True, frozen=True, kw_only=True)
class Swept:
    """How many files there were, or were removed, and their bytes."""

    files: int = 0
    bytes: int = 0


class Attachments:
    """The attachments of one data directory.

    Args:
        directory: the data directory; its `attachments/` need not be there yet.
    """

    def __init__(self, directory: Path) -> None:
        self.folder = directory / FOLDER

    def path(self, sha256: str) -> Path:
        """Where the content of this SHA-256 (in hex) is, or would be.

        Raises:
            ValueError: it is no such name.
        """
        if _NAME.fullmatch(sha256) is None:
            raise ValueError(f"{sha256!r:.80} is no SHA-256 in hex")
        return self.folder / sha256[:2] / sha256

    def has(self, sha256: str) -> bool:
        """Whether the content is here."""
        return self.path(sha256).is_file()

    def head(self, sha256: str, size: int) -> bytes:
        """The first bytes of a content; none where it is not here."""
        try:
            with self.path(sha256).open("rb") as file:
                return file.read(size)
        except OSError:
            return b""

    def read(self, sha256: str) -> bytes | None:
        """A content; None where it is not here."""
        try:
            return self.path(sha256).read_bytes()
        except OSError:
            return None

    def keep(self, blobs: Mapping[str, bytes]) -> None:
        """Have these contents on the disk, by their SHA-256.

        Raises:
            StoreError: the disk does not take them.
        """
        for sha256, content in blobs.items():
            path = self.path(sha256)
            try:
                if not _is_kept(path):
                    _write(path, content)
            except OSError as error:
                raise StoreError(
                    f"{path} cannot be written ({error.strerror or error}); its span stays in the journal until it can."
                ) from error

    def restored(self, text: str) -> str:
        """Text, or JSON text, as it came: with base64 in place of the tokens whose content is here."""
        contents = ((found.sha256, self.read(found.sha256)) for found in references(text))
        return restored(text, {sha256: content for sha256, content in contents if content is not None})

    def totals(self) -> Swept:
        """How many files there are, and their bytes."""
        sizes = [path.stat().st_size for path in self._files()]
        return Swept(files=len(sizes), bytes=sum(sizes))

    def sweep(self, used: Callable[[], Container[str]]) -> Swept:
        """Remove the files that nothing refers to and that were last asked for more than an hour ago.

        Args:
            used: gives the SHA-256 of each content that a row refers to; asked after the files have been listed.

        Raises:
            StoreError: a file cannot be removed.
        """
        try:
            old = [path for path in self._files() if _age(path) > GRACE_SECONDS]
            referred = used() if old else ()
            sizes = [size for path in old if path.name not in referred and (size := _remove(path)) is not None]
            for draft in self.folder.glob("??/.*"):  # of a process that was killed
                if _age(draft) > GRACE_SECONDS:
                    draft.unlink()
        except OSError as error:
            raise StoreError(
                f"{error.filename} cannot be removed ({error.strerror or error}); what no row refers to is still there."
            ) from error
        return Swept(files=len(sizes), bytes=sum(sizes))

    def _files(self) -> Iterator[Path]:
        return (path for path in self.folder.glob("??/*") if _NAME.fullmatch(path.name))


def _is_kept(path: Path) -> bool:
    """Whether the file is there; it counts as fresh from now on, so that nobody removes it."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def _age(path: Path) -> float:
    return time.time() - path.stat().st_mtime


def _remove(path: Path) -> int | None:
    """Remove a file, its size told; None where somebody has asked for it meanwhile, and it stays."""
    aside = path.with_name(f".{path.name}.removing")
    path.rename(aside)
    if _age(aside) <= GRACE_SECONDS:
        aside.rename(path)
        return None
    size = aside.stat().st_size
    aside.unlink()
    return size


def _write(path: Path, content: bytes) -> None:
    fresh = not path.parent.is_dir()
    for folder in (path.parent.parent, path.parent):
        folder.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)
    for folder in (path.parent, *((path.parent.parent,) if fresh else ())):
        _sync(folder)


def _sync(folder: Path) -> None:
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
