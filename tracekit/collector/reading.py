"""What is new in the journals of a directory, as rows that can be stored. Touches no store.

It reads ahead of what is stored: whoever stores the rows says, by `reset`, when they could not be.
"""

from __future__ import annotations

import contextlib
import copy
import gc
from collections.abc import Generator
from pathlib import Path

from tracekit.collector import packed
from tracekit.collector.charges import Charges
from tracekit.collector.news import BATCH_BYTES, States, Taken, has_more, size_of
from tracekit.collector.rows import Rows
from tracekit.collector.tail import Tail
from tracekit.journal import reader
from tracekit.store.attachments import Attachments

PIECE_BYTES = 4 << 20
"""Read of a journal at a time: what has become rows is let go before more is read."""


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
            read: list[tuple[Tail, Tail]] = []
            for path in packed.journals(self._dir):
                if taken.read_bytes >= self._limit:
                    taken.more = True
                    break
                name = packed.journal_name(path)
                known = self._known.get(name) or Tail(name=name)
                tail = self._advance(path, known, rows, taken)
                if tail is not None:
                    read.append((known, tail))
            if read:
                tails = [tail for _, tail in read]
                taken.packed = rows.packed(tails, self._known.values())
                taken.refused = rows.refused
                taken.notices += [notice for known, tail in read for notice in _notices(known, tail)]
                self._attachments.keep(rows.blobs)
                self._known.update({tail.name: tail for tail in tails})
            return taken

    def close(self) -> None:
        """See `Readable`; here is nothing to let go of."""

    def _advance(self, path: Path, known: Tail, rows: Rows, taken: Taken) -> Tail | None:
        """Take in what is new in one journal; the tail as it then is, or None where nothing has changed."""
        size, tail = None, known
        try:
            size = size_of(path)
            if not has_more(path, size, known):
                return None
            tail = copy.deepcopy(known)  # what is known stays as it is until all of the step has been read
            if size is None:
                _take(tail, packed.read(path, known.offset, limit=self._limit - taken.read_bytes), rows)
            elif size < known.offset:
                _cut(tail, size)
            else:
                self._in_pieces(path, tail, size, known.offset + self._limit - taken.read_bytes, rows)
        except FileNotFoundError:
            pass  # removed meanwhile: what has been read of it is there
        except OSError as error:
            if path not in self._unreadable:
                self._unreadable.add(path)
                taken.notices.append(f"{path} cannot be read ({error.strerror or error}); the other journals are.")
        if (tail.offset, tail.ended) == (known.offset, known.ended):
            return None
        taken.read_bytes += max(tail.offset - known.offset, 0)
        taken.more |= tail.offset > known.offset and (not tail.ended if size is None else tail.offset < size)
        return tail

    def _in_pieces(self, path: Path, tail: Tail, size: int, stop: int, rows: Rows) -> None:
        """Take in what is new in one journal of this size, up to about the byte `stop`."""
        piece = min(PIECE_BYTES, self._limit)
        least = piece // 2  # of a few bytes at a time the first record would be put together again and again
        while True:
            before = tail.offset
            _take(tail, reader.read(path, before, limit=max(min(stop - before, piece), least)), rows)
            if tail.offset == before or tail.offset >= size or stop - tail.offset < least:
                return


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


def _take(tail: Tail, chunk: reader.Chunk, rows: Rows) -> None:
    tail.offset = chunk.offset
    tail.ended = chunk.ended
    tail.skipped_bytes += chunk.skipped_bytes
    if chunk.faults:
        tail.fault(f"{chunk.skipped_bytes} damaged bytes before byte {chunk.offset}", count=chunk.faults)
    rows.take(chunk.frames, tail)


def _cut(tail: Tail, size: int) -> None:
    before, tail.offset = tail.offset, size
    tail.fault(f"the file was cut to {size} bytes after {before} had been read")


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
