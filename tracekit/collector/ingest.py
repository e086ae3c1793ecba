"""From journals into the store: what is new in every journal becomes rows, committed with the offsets it was read to.

A crash anywhere leaves either both or neither, so reading again after it stores everything exactly once. What cannot be
read is counted and told, and never holds up the rest.
"""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from tracekit.collector import memory
from tracekit.collector.charges import Charges
from tracekit.collector.news import BATCH_BYTES, AtFirstNews, Readable
from tracekit.collector.quarantine import Quarantine
from tracekit.collector.rederive import Rederived, Rederiver
from tracekit.collector.removal import Packing, remove_stored
from tracekit.collector.sifting import commit_sound
from tracekit.collector.tail import Tail
from tracekit.errors import StoreError
from tracekit.store import Forgotten, Position, Retention, Store
from tracekit.store.attachments import Attachments


@dataclass(slots=True, kw_only=True)
class Progress:
    """What one step did: rows committed, bytes read, what could not be read in sentences, and whether more is there."""

    spans: int = 0
    duplicates: int = 0
    read_bytes: int = 0
    notices: list[str] = field(default_factory=list[str])
    more: bool = False


class Ingest:
    """Reads the journals of one directory into one store.

    Args:
        journal_dir: the data directory's `journal/`; need not be there yet.
        store: where rows go.
        prices: a JSON file of prices that come before the built-in ones.
        limit: bytes read for one transaction, about; bounds the memory of a step.
        apart: whether records are decoded in a process of their own, for a program that has more to do meanwhile.

    Raises:
        UsageError: the file of prices cannot be used.
    """

    def __init__(
        self,
        journal_dir: Path,
        store: Store,
        *,
        prices: Path | None = None,
        limit: int = BATCH_BYTES,
        apart: bool = False,
    ) -> None:
        self._dir = journal_dir
        self._store = store
        self._lock = threading.Lock()
        self._tails = {name: Tail.resume(state) for name, state in store.journals().items()}
        self._prices = prices
        self._limit = limit
        self._reading: Readable = (
            self._decoding() if apart else AtFirstNews(journal_dir, store.journals, self._read_here)
        )
        self._packing = Packing(journal_dir)
        self.quarantine = Quarantine(journal_dir.parent)
        self.attachments = Attachments(journal_dir.parent)
        self._rederiver = Rederiver(store, Charges(prices), self.attachments)
        self._may_hold_unread = True

    def _decoding(self) -> Readable:
        from tracekit.collector.decoding import DecodingProcess  # noqa: PLC0415 - only `tracekit up` has one

        return DecodingProcess(self._dir, self._store.journals, prices=self._prices, limit=self._limit)

    def _read_here(self) -> Readable:
        from tracekit.collector.reading import Reading  # noqa: PLC0415 - see `AtFirstNews`

        return Reading(self._dir, self._store.journals, prices=self._prices, limit=self._limit)

    def step(self) -> Progress:
        """Read about `limit` bytes of what is new, and commit it in one transaction. Safe to call again and again.

        Raises:
            StoreError: the store cannot take it; nothing has changed, and a later step reads the same again.
        """
        with self._lock:
            taken = self._reading.take()
            progress = Progress(read_bytes=taken.read_bytes, notices=taken.notices, more=taken.more)
            if taken.packed is not None:
                try:
                    for refused in taken.refused:
                        self.quarantine.put(refused)
                    committed = commit_sound(self._store, taken.packed, self.quarantine.put)
                except StoreError:
                    self._reading.reset()
                    raise
                self._tails.update({state.name: Tail.resume(state) for state in taken.packed.journals})
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

    def pack_stored(self, *, seconds: float) -> Progress:
        """Pack journals that the store has whole for about so long; what could not be, and whether more is there."""
        with self._lock:
            tails = dict(self._tails)
        notices, more = self._packing.go_on(tails, seconds=seconds)
        return Progress(notices=notices, more=more)

    def forget(self, policy: Retention) -> Forgotten:
        """Delete what is not kept any longer; see `Store.forget`."""
        with self._lock:
            return self._store.forget(policy, now_ns=time.time_ns())

    def fold(self, *, seconds: float = math.inf) -> Progress:
        """Step until nothing new is there, or so much time has gone by; what all the steps did.

        Raises:
            StoreError: see `step`.
        """
        total = Progress(more=True)
        until = time.monotonic() + seconds
        while total.more and time.monotonic() < until:
            done = self.step()
            total.spans += done.spans
            total.duplicates += done.duplicates
            total.read_bytes += done.read_bytes
            total.notices += done.notices
            total.more = done.more
        return total

    def rest(self) -> None:
        """Let go of memory that is kept for what comes next: nothing has come for a while."""
        self._store.rest()
        memory.release()

    def close(self) -> None:
        """End what it has started."""
        with self._lock:
            self._reading.close()
