"""What is new in the journals of a directory, as rows that can be stored. Touches no store.

It reads ahead of what is stored: whoever stores the rows says, by `reset`, when they could not be.
"""

from __future__ import annotations

import contextlib
import copy
import gc
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tracekit.collector import packed
from tracekit.collector.quarantine import Refused
from tracekit.collector.rows import Rows
from tracekit.collector.tail import Tail
from tracekit.journal import reader
from tracekit.model import Span
from tracekit.store import JournalState, Packed
from tracekit.store.attachments import Attachments

if TYPE_CHECKING:
    from tracekit.store.pricing import Pricer

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


class Reading:
    """Reads the journals of one directory.

    Args:
        directory: the data directory's `journal/`; need not be there yet.
        states: how far each journal is stored; asked at the first `take`, and at the one after a `reset`.
        prices: a JSON file of prices that come before the built-in ones.
        limit: bytes read at once, about; bounds the memory.

    Raises:
        UsageError: the file of prices cannot be used.
    """

    def __init__(
        self, directory: Path, states: States, *, prices: Path | None = None, limit: int = BATCH_BYTES
    ) -> None:
        self._dir = directory
        self._states = states
        self._limit = limit
        self._charge = Charges(prices)
        self._attachments = Attachments(directory.parent)
        self._unreadable: set[Path] = set()
        self._known: dict[str, Tail] | None = None

    def reset(self) -> None:
        """See `Readable`."""
        self._known = None

    def take(self) -> Taken:
        """See `Readable`."""
        with _no_collecting():
            if self._known is None:
                self._known = {name: Tail.resume(state) for name, state in self._states().items()}
            taken = Taken()
            rows = Rows(self._charge)
            read: list[Tail] = []
            for path in packed.journals(self._dir):
                if taken.read_bytes >= self._limit:
                    taken.more = True
                    break
                name = packed.journal_name(path)
                tail = self._advance(path, self._known.get(name) or Tail(name=name), rows, taken)
                if tail is not None:
                    read.append(tail)
            if read:
                taken.refused = rows.refused
                taken.packed = rows.packed(read, self._known.values())
                self._attachments.keep(rows.blobs)
                self._known.update({tail.name: tail for tail in read})
            return taken

    def close(self) -> None:
        """See `Readable`; here is nothing to let go of."""

    def _advance(self, path: Path, known: Tail, rows: Rows, taken: Taken) -> Tail | None:
        """Take in what is new in one journal; the tail as it then is, or None where nothing has changed."""
        try:
            size = _size(path)
            if not _has_news(path, size, known):
                return None
            if size is not None and size < known.offset:
                tail = _cut(known, size)
            else:
                read = packed.read if size is None else reader.read
                tail = _take(known, read(path, known.offset, limit=self._limit - taken.read_bytes), rows)
        except FileNotFoundError:
            return None  # removed meanwhile
        except OSError as error:
            if path not in self._unreadable:
                self._unreadable.add(path)
                taken.notices.append(f"{path} cannot be read ({error.strerror or error}); the other journals are.")
            return None
        if (tail.offset, tail.ended) == (known.offset, known.ended):
            return None
        taken.read_bytes += max(tail.offset - known.offset, 0)
        taken.more |= tail.offset > known.offset and (not tail.ended if size is None else tail.offset < size)
        taken.notices += _notices(known, tail)
        return tail


def has_news(directory: Path, states: Mapping[str, JournalState]) -> bool:
    """Whether a journal holds more than is stored, or its writer has gone since.

    Raises:
        StoreError: the directory cannot be read.
    """
    for path in packed.journals(directory):
        known = states.get(packed.journal_name(path))
        try:
            if known is None or _has_news(path, _size(path), known):
                return True
        except OSError:
            continue  # removed meanwhile, or not to be read: that was told when it was tried
    return False


def _size(path: Path) -> int | None:
    """How large a journal is by now; None of a packed one, which does not grow."""
    return None if packed.is_packed(path) else path.stat().st_size


def _has_news(path: Path, size: int | None, known: Tail | JournalState) -> bool:
    if size is None:
        return not known.ended
    return size != known.offset or not (known.ended or reader.is_alive(path))


def pricer(prices: Path | None) -> Pricer:
    """The prices of calls.

    Raises:
        UsageError: the file cannot be used.
    """
    from tracekit.store.pricing import Pricer  # noqa: PLC0415 - 400 ms to import, and only new model calls need it

    return Pricer(prices)


class Charges:
    """Sets what a span has cost; the built-in list is loaded when the first span needs it.

    Args:
        prices: a JSON file of prices that come before the built-in ones.

    Raises:
        UsageError: the file cannot be used.
    """

    def __init__(self, prices: Path | None) -> None:
        self._pricer = pricer(prices) if prices is not None else None

    def __call__(self, span: Span) -> None:
        """Charge one span."""
        if self._pricer is None:
            self._pricer = pricer(None)
        self._pricer.charge(span)


@contextlib.contextmanager
def _no_collecting() -> Generator[None]:
    """No search for cycles meanwhile: a step makes some 100,000 objects at a time, and none of them in a cycle."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _take(known: Tail, chunk: reader.Chunk, rows: Rows) -> Tail:
    tail = copy.deepcopy(known)  # what is known stays as it is until all of the step has been read
    tail.offset = chunk.offset
    tail.ended = chunk.ended
    tail.skipped_bytes += chunk.skipped_bytes
    if chunk.faults:
        tail.fault(f"{chunk.skipped_bytes} damaged bytes before byte {chunk.offset}", count=chunk.faults)
    rows.take(chunk.frames, tail)
    return tail


def _cut(known: Tail, size: int) -> Tail:
    tail = copy.deepcopy(known)
    tail.offset = size
    tail.fault(f"the file was cut to {size} bytes after {known.offset} had been read")
    return tail


def _notices(before: Tail, after: Tail) -> list[str]:
    """What a person should know of what could not be read, in plain words."""
    if after.foreign:
        return [f"{after.name} is no journal: {after.skipped_bytes} bytes and no record in them. It was left alone."]
    faults = after.faults - before.faults
    if not faults:
        return []
    skipped = after.skipped_bytes - before.skipped_bytes
    said = f"{faults} records could not be read and were skipped ({skipped} bytes damaged; last: {after.reasons[-1]})"
    return [f"{after.name}: {said}. The rest was read; `tracekit doctor` tells more."]
