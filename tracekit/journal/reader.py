"""Reading journals: which files there are, what is new in each, and whether its writer still lives. Never writes."""

from __future__ import annotations

import os
import stat
import time
from dataclasses import dataclass
from pathlib import Path

from tracekit.errors import StoreError
from tracekit.journal.frame import Frame, scan
from tracekit.journal.records import SUFFIX

try:
    import fcntl
except ImportError:
    fcntl = None

_SILENT_SECONDS = 60.0  # without flock: a file untouched for so long has no writer


@dataclass(slots=True, frozen=True, kw_only=True)
class Chunk:
    """What is new in a journal: its frames, the offset to go on from, and what damage was stepped over."""

    frames: list[Frame]
    offset: int
    faults: int
    skipped_bytes: int
    ended: bool
    """The writer is gone and all is read: nothing more will come."""


def journals(directory: Path, endings: tuple[str, ...] = (SUFFIX,)) -> list[Path]:
    """The journal files of a `journal/` directory, oldest first; none when it is not there.

    Args:
        directory: where they are.
        endings: what the names of journals end with.

    Raises:
        StoreError: it cannot be listed.
    """
    try:
        return sorted(
            path
            for path in directory.iterdir()
            if path.name.endswith(endings) and path.name not in endings and _ends(path)
        )
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StoreError(
            f"{directory} cannot be read as a directory of journals ({error.strerror}). Mend its permissions or move "
            "away what stands there; or choose another data directory with --dir or $TRACEKIT_DIR."
        ) from error


def _ends(path: Path) -> bool:
    """Whether reading it comes to an end: a pipe is waited for, and a device may go on for ever."""
    try:
        kind = path.stat().st_mode
    except OSError:  # whoever opens it says why it cannot be
        return True
    return not (stat.S_ISFIFO(kind) or stat.S_ISCHR(kind) or stat.S_ISBLK(kind))


def read(path: Path, offset: int = 0, *, limit: int = 64 << 20) -> Chunk:
    """Read what is new behind `offset`, at most about `limit` bytes of it.

    Raises:
        OSError: the file cannot be read.
    """
    alive = is_alive(path)  # asked before the read: a writer that dies in between is found dead next time
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        file.seek(offset)
        data = file.read(limit)
        while True:
            complete = offset + len(data) >= size
            found = scan(data, final=complete and not alive)
            if found.consumed or complete:
                break
            data += file.read(limit)  # one frame larger than the limit
    end = offset + found.consumed
    return Chunk(
        frames=found.frames,
        offset=end,
        faults=found.faults,
        skipped_bytes=found.skipped_bytes,
        ended=not alive and end >= size,
    )


def is_alive(path: Path) -> bool:
    """Whether the process that writes this journal still lives."""
    if fcntl is None:
        return time.time() - path.stat().st_mtime < _SILENT_SECONDS
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
