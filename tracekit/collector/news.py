"""Whether anything is new in the journals of a directory, and the form of what is read from them.

Most questions come when nothing is: what reads journals, and all that it takes to decode them, is loaded at the first
news.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tracekit.collector import packed
from tracekit.collector.quarantine import Refused
from tracekit.collector.tail import Tail
from tracekit.journal import reader
from tracekit.store import JournalState, Packed

BATCH_BYTES = 32 << 20
"""Read for one transaction, about: some 10,000 spans of 3 kB. Every transaction has costs of its own."""

States = Callable[[], Mapping[str, JournalState]]
"""Gives how far each journal is stored."""


@dataclass(slots=True, kw_only=True)
class Taken:
    """What was read at once.

    Attributes:
        packed: the rows; None where nothing is new.
        refused: records that no rows could be made of.
        read_bytes: how much was read.
        notices: sentences about what could not be read.
        more: whether more is there.
    """

    packed: Packed | None = None
    refused: list[Refused] = field(default_factory=list[Refused])
    read_bytes: int = 0
    notices: list[str] = field(default_factory=list[str])
    more: bool = False


class Readable(Protocol):
    """Something that reads journals: `Reading` in this process, or the one that a `DecodingProcess` has."""

    def take(self) -> Taken:
        """Read on.

        Raises:
            StoreError: the directory cannot be read.
            UsageError: the file of prices cannot be used.
        """
        ...

    def reset(self) -> None:
        """Go back to what is stored: what was taken since then was not."""
        ...

    def close(self) -> None:
        """Let go of what it holds."""
        ...


class AtFirstNews:
    """A `Readable` that is made when there is something to read.

    Args:
        directory: the data directory's `journal/`; need not be there yet.
        states: how far each journal is stored.
        make: makes the one that reads.
    """

    def __init__(self, directory: Path, states: States, make: Callable[[], Readable]) -> None:
        self._dir = directory
        self._states = states
        self._make = make
        self._made: Readable | None = None

    def take(self) -> Taken:
        """See `Readable`."""
        if self._made is None:
            if not has_news(self._dir, self._states()):
                return Taken()
            self._made = self._make()
        return self._made.take()

    def reset(self) -> None:
        """See `Readable`."""
        if self._made is not None:
            self._made.reset()

    def close(self) -> None:
        """See `Readable`."""
        if self._made is not None:
            self._made.close()


def has_news(directory: Path, states: Mapping[str, JournalState]) -> bool:
    """Whether a journal holds more than is stored, or its writer has gone since.

    Raises:
        StoreError: the directory cannot be read.
    """
    for path in packed.journals(directory):
        known = states.get(packed.journal_name(path))
        try:
            if known is None or has_more(path, size_of(path), known):
                return True
        except OSError:
            continue  # removed meanwhile, or not to be read: that was told when it was tried
    return False


def size_of(path: Path) -> int | None:
    """How large a journal is by now, in bytes; None of a packed one, which does not grow."""
    return None if packed.is_packed(path) else path.stat().st_size


def has_more(path: Path, size: int | None, known: Tail | JournalState) -> bool:
    """Whether a journal of this size holds more than is known of it, or its writer has gone since."""
    if size is None:
        return not known.ended
    return size != known.offset or not (known.ended or reader.is_alive(path))
