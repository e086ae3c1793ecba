"""Which journals are no longer needed as they are: their writers are gone, and the store has all that they held.

They are removed, or packed where they are to be kept. It refuses whatever might still be wanted: a file that is
damaged, that holds what the store has no rows for, or that somebody may still be looking at.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tracekit.collector import packed
from tracekit.collector.tail import Tail
from tracekit.errors import DecodeError
from tracekit.journal import reader

KEPT_SECONDS = 600.0
"""How long a journal stays as it is after its last record."""


def stored(directory: Path, tails: Mapping[str, Tail], *, kept: float = KEPT_SECONDS) -> Generator[Path]:
    """The files of journals that have been stored whole.

    Args:
        directory: the data directory's `journal/`.
        tails: how far each is read, as the store has it committed.
        kept: seconds that a journal stays as it is after its last record.
    """
    for path in packed.journals(directory):
        tail = tails.get(packed.journal_name(path))
        if tail is None or not _is_stored(tail):
            continue
        try:
            found = path.stat()
            old = time.time() - found.st_mtime >= kept
            if old and (packed.is_packed(path) or (found.st_size == tail.offset and not reader.is_alive(path))):
                yield path
        except OSError:
            continue  # gone, or not ours to touch: either way it is no trouble


def remove_stored(directory: Path, tails: Mapping[str, Tail]) -> list[Path]:
    """Remove the journals that have been stored whole; which they were."""
    removed: list[Path] = []
    for path in stored(directory, tails):
        try:
            path.unlink()
        except OSError:
            continue
        removed.append(path)
    return removed


def _is_stored(tail: Tail) -> bool:
    """Whether the rows say all that the file does: it was read whole, and all in it was made rows of."""
    return tail.ended and tail.frames > 0 and not tail.faults and not tail.unstored


@dataclass(slots=True)
class Packing:
    """Packs journals that have been stored whole, a little at a time; notes which cannot be."""

    directory: Path
    _refused: set[Path] = field(default_factory=set[Path])

    def go_on(self, tails: Mapping[str, Tail], *, seconds: float) -> tuple[list[str], bool]:
        """Pack until so much time has gone by: sentences about what cannot be packed, and whether more is there."""
        notices: list[str] = []
        until = time.monotonic() + seconds
        for path in stored(self.directory, tails):
            if packed.is_packed(path) or path in self._refused:
                continue
            if time.monotonic() >= until:
                return notices, True
            try:
                packed.pack(path)
            except FileNotFoundError:
                continue  # removed meanwhile
            except (OSError, DecodeError) as error:
                self._refused.add(path)
                why = error.strerror or error if isinstance(error, OSError) else error
                notices.append(f"{path} stays unpacked until the next start: {why}.")
        return notices, False
