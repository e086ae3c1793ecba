"""From journals into the store: what is new in every journal becomes rows, committed with the offsets it was read to.

A crash anywhere leaves either both or neither, so reading again after it stores everything exactly once. What cannot be
read is counted and told, and never holds up the rest.
"""

from __future__ import annotations

import contextlib
import copy
import gc
import threading
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tracekit.collector.quarantine import Quarantine
from tracekit.collector.rederive import Rederived, Rederiver
from tracekit.collector.removal import remove_stored
from tracekit.collector.rows import Rows
from tracekit.collector.sifting import commit_sound
from tracekit.collector.tail import Tail
from tracekit.journal import reader
from tracekit.model import Span
from tracekit.store import Position, Store

if TYPE_CHECKING:
    from tracekit.store.pricing import Pricer


BATCH_BYTES = 16 << 20
"""Read for one transaction, about: some 5,000 spans of 3 kB. Every transaction has costs of its own."""


@dataclass(slots=True, kw_only=True)
class Progress:
    """What one step did: rows committed, bytes read, what could not be read in sentences, and whether more is there."""

    spans: int = 0
    duplicates: int = 0
    read_bytes: int = 0
    notices: list[str] = field(default_factory=list[str])
    more: bool = False


@contextlib.contextmanager
def _no_collecting() -> Generator[None]:
    """No search for cycles meanwhile: a step makes some 100,000 objects at a time, all of which live until it ends."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _pricer(prices: Path | None) -> Pricer:
    from tracekit.store.pricing import Pricer  # noqa: PLC0415 - 400 ms to import, and only new model calls need it

    return Pricer(prices)


class Ingest:
    """Reads the journals of one directory into one store.

    Args:
        journal_dir: the data directory's `journal/`; need not be there yet.
        store: where rows go.
        prices: a JSON file of prices that come before the built-in ones.
        limit: bytes read for one transaction, about; bounds the memory of a step.

    Raises:
        UsageError: the file of prices cannot be used.
    """

    def __init__(
        self, journal_dir: Path, store: Store, *, prices: Path | None = None, limit: int = BATCH_BYTES
    ) -> None:
        self._dir = journal_dir
        self._store = store
        self._limit = limit
        self._pricer = _pricer(prices) if prices is not None else None
        self._lock = threading.Lock()
        self._tails = {name: Tail.resume(state) for name, state in store.journals().items()}
        self._unreadable: set[Path] = set()
        self._rederiver = Rederiver(store, self._charge)
        self._may_hold_unread = True
        self.quarantine = Quarantine(journal_dir.parent)

    def step(self) -> Progress:
        """Read about `limit` bytes of what is new, and commit it in one transaction. Safe to call again and again.

        Raises:
            StoreError: the store cannot take it; nothing has changed, and a later step reads the same again.
        """
        with self._lock, _no_collecting():
            progress = Progress()
            rows = Rows(self._charge)
            read: list[Tail] = []
            for path in reader.journals(self._dir):
                if progress.read_bytes >= self._limit:
                    progress.more = True
                    break
                tail = self._advance(path, rows, progress)
                if tail is not None:
                    read.append(tail)
            for refused in rows.refused:
                self.quarantine.put(refused)
            if read:
                committed = commit_sound(self._store, rows.packed(read, self._tails.values()), self.quarantine.put)
                self._tails.update({tail.name: tail for tail in read})
                progress.spans, progress.duplicates = committed.spans, committed.duplicates
                self._may_hold_unread = True
            if self._may_hold_unread:
                self._rederiver.join_logs()
                self._may_hold_unread = False
            return progress

    def reindex(self, after: Position, *, dialect: str | None = None) -> Rederived:
        """Read the next stored spans anew; see `Rederiver.reindex`."""
        with self._lock:
            return self._rederiver.reindex(after, dialect=dialect)

    def remove_stored(self) -> list[Path]:
        """Remove the journals that the store has whole; which they were. See `removal`."""
        with self._lock:
            return remove_stored(self._dir, self._tails)

    def fold(self) -> Progress:
        """Step until nothing new is there; what all the steps did.

        Raises:
            StoreError: see `step`.
        """
        total = Progress()
        more = True
        while more:
            done = self.step()
            total.spans += done.spans
            total.duplicates += done.duplicates
            total.read_bytes += done.read_bytes
            total.notices += done.notices
            more = done.more
        return total

    def _charge(self, span: Span) -> None:
        if self._pricer is None:
            self._pricer = _pricer(None)
        self._pricer.charge(span)

    def _advance(self, path: Path, rows: Rows, progress: Progress) -> Tail | None:
        """Take in what is new in one journal; the tail as it then is, or None where nothing has changed."""
        known = self._tails.get(path.name) or Tail(name=path.name)
        try:
            size = path.stat().st_size
            if size == known.offset and (known.ended or reader.is_alive(path)):
                return None
            if size < known.offset:
                tail = _cut(known, size)
            else:
                chunk = reader.read(path, known.offset, limit=self._limit - progress.read_bytes)
                tail = _take(known, chunk, rows)
        except FileNotFoundError:
            return None  # removed meanwhile
        except OSError as error:
            if path not in self._unreadable:
                self._unreadable.add(path)
                progress.notices.append(f"{path} cannot be read ({error.strerror or error}); the other journals are.")
            return None
        if (tail.offset, tail.ended) == (known.offset, known.ended):
            return None
        progress.read_bytes += max(tail.offset - known.offset, 0)
        progress.more |= tail.offset < size and tail.offset > known.offset
        progress.notices += _notices(known, tail)
        return tail


def _take(known: Tail, chunk: reader.Chunk, rows: Rows) -> Tail:
    tail = copy.deepcopy(known)  # what is known stays as it is until the store has committed
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
