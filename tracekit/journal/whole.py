"""A journal that appears all at once: its records are written aside, and the file is a journal only when all are there.

For what comes from a file and not from a program: nobody can see half of it. It ends with a "continued" record, since
what it says is open belongs to a writer elsewhere, whose end is not the end of this file.
"""

from __future__ import annotations

import contextlib
import os
import platform
import secrets
import time
from collections.abc import Generator
from pathlib import Path
from typing import IO

from tracekit._version import __version__
from tracekit.errors import StoreError
from tracekit.journal.frame import pack
from tracekit.journal.records import CONTINUED, FORMAT, HEADER, SUFFIX, encode
from tracekit.journal.writer import DIRECTORY_MODE, FILE_MODE

ROLE = "import"


class WholeJournal:
    """Takes records, for as long as its context lasts."""

    def __init__(self, file: IO[bytes], path: Path) -> None:
        self._file = file
        self._sequence = 0
        self.path = path
        """Where it will be."""

    def append(self, kind: bytes, payload: bytes) -> None:
        """Add one record.

        Raises:
            OSError: the disk did not take it.
        """
        self._file.write(pack(kind, self._sequence, payload))
        self._sequence += 1


@contextlib.contextmanager
def whole_journal(directory: Path) -> Generator[WholeJournal]:
    """Write a journal into a `journal/` directory; it is there, on the disk, once the context ends without an error.

    Raises:
        StoreError: the directory or its disk does not take it; nothing is left of it.
    """
    word = secrets.token_hex(3)
    name = f"{time.time_ns() // 1_000_000:013d}-{os.getpid()}-{word}{SUFFIX}"
    draft, path = directory / f".{name}.part", directory / name
    try:
        directory.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE), "wb") as file:
            journal = WholeJournal(file, path)
            journal.append(HEADER, encode(_header(word)).encode())
            yield journal
            journal.append(CONTINUED, b"{}")
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    except OSError as error:
        raise StoreError(
            f"{error.filename or draft} cannot be written ({error.strerror or error}); nothing was imported. Make room "
            "or mend its permissions, and import again."
        ) from error
    finally:
        draft.unlink(missing_ok=True)


def _header(word: str) -> dict[str, object]:
    host, pid = platform.node(), os.getpid()
    return {
        "format": FORMAT,
        "process": f"{host}-{pid}-{word}",
        "part": 0,
        "pid": pid,
        "host": host,
        "role": ROLE,
        "started_ns": time.time_ns(),
        "argv": [],
        "python": platform.python_version(),
        "tracekit": __version__,
    }
