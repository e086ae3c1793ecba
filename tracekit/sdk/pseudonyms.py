"""The key that pseudonyms of redacted secrets are made with: one a data directory, so that equal secrets stay equal.

It stays where it is made. Whoever gets a database or an export without it cannot try out what a secret was.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from hashlib import blake2b
from pathlib import Path

from tracekit.journal.writer import DIRECTORY_MODE, FILE_MODE

FILE = "redaction.key"
BYTES = 32


def key(directory: Path, named: str | None = None) -> bytes:
    """The key's 32 bytes: of the text that the program names, else of the directory's file, which is made if need be.

    Where the directory takes no file, the key is this process's own: secrets are equal within it, and no further.
    """
    if named:
        return blake2b(named.encode(), digest_size=BYTES).digest()
    path = directory / FILE
    found = _read(path)
    if found is None:
        with contextlib.suppress(OSError):
            _make(path)
        found = _read(path)
    return found or secrets.token_bytes(BYTES)


def _read(path: Path) -> bytes | None:
    """What the file says, if that is a key."""
    try:
        found = path.read_bytes()
    except OSError:
        return None
    return found if len(found) == BYTES else None


def _make(path: Path) -> None:
    """Make the file, whole at once, unless another process is first."""
    path.parent.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
    draft = path.with_name(f".{FILE}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE), "wb") as file:
            file.write(secrets.token_bytes(BYTES))
        os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
