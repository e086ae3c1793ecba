"""Which journals are no longer needed: their writers are gone, and the store has all that they held.

It refuses whatever might still be wanted: a file that is damaged, that holds what the store has no rows for, or that
somebody may still be looking at.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from tracekit.collector.tail import Tail
from tracekit.journal import reader

KEPT_SECONDS = 600.0
"""How long a journal stays after its last record."""


def remove_stored(directory: Path, tails: Mapping[str, Tail], *, kept: float = KEPT_SECONDS) -> list[Path]:
    """Remove the journals that have been stored whole; which they were.

    Args:
        directory: the data directory's `journal/`.
        tails: how far each is read, as the store has it committed.
        kept: seconds that a journal stays after its last record.
    """
    removed: list[Path] = []
    for path in reader.journals(directory):
        tail = tails.get(path.name)
        if tail is None or not _is_stored(tail):
            continue
        try:
            found = path.stat()
            if found.st_size == tail.offset and time.time() - found.st_mtime >= kept and not reader.is_alive(path):
                path.unlink()
                removed.append(path)
        except OSError:
            continue  # gone, or not ours to remove: either way it is no trouble
    return removed


def _is_stored(tail: Tail) -> bool:
    """Whether the rows say all that the file does: it was read whole, and all in it was made rows of."""
    return tail.ended and tail.frames > 0 and not tail.faults and not tail.unstored
