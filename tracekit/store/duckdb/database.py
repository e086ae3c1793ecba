"""One open DuckDB file as a `Store`: one writer behind a lock, a connection of its own for every read."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from tracekit.errors import QueryError, StoreError
from tracekit.model import RawSpan
from tracekit.store import (
    Batch,
    Committed,
    Compacted,
    Forgotten,
    Gap,
    JournalState,
    Packed,
    Parameters,
    Position,
    Result,
    Store,
)
from tracekit.store.duckdb import compacting, opening, raw, reader
from tracekit.store.duckdb.queries import query
from tracekit.store.duckdb.writer import Writer
from tracekit.store.packing import pack
from tracekit.store.retention import Retention
from tracekit.store.search.handover import Handover
from tracekit.store.search.index import SearchIndex, beside

_AGAIN = 0.1
"""Seconds between two tries to end a question: one before its statement has begun ends nothing."""
_SHRINK_BYTES = 128 << 20
"""After so much has been stored, what DuckDB holds of it in memory is let go."""
_LONGEST_READ = 60.0
"""Seconds that `compact` waits for questions under way."""


def open_store(path: Path) -> Store:
    """Open a database file, made with mode 0600 where there is none, and bring its schema up to date.

    Raises:
        StoreBusyError: another process, or another store of this one, holds it.
        NewerSchemaError: a newer tracekit wrote it; it is left as it is.
        StoreError: it is no database of tracekit's, or cannot be read, made or written.
    """
    return DuckDBStore(path)


class DuckDBStore:
    """See `tracekit.store.Store`."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.index = SearchIndex(beside(self.path))
        self.handover = Handover()
        self._root = opening.connect(self.path)
        self._writer = Writer(opening.cursor(self._root))
        self._writing = threading.Lock()
        self._forking = threading.Lock()
        self._reads: list[duckdb.DuckDBPyConnection] = []
        self._questions: list[duckdb.DuckDBPyConnection] = []
        self._asking = threading.Lock()  # a connection is not interrupted that has been closed meanwhile
        self._read = threading.Condition(self._forking)
        self._version = 0
        self._unshrunk = 0
        self._used = False
        self._closed = False

    @property
    def version(self) -> int:
        """Grows with each commit that changed a row."""
        return self._version

    def commit(self, batch: Batch | Packed) -> Committed:
        """Store a batch in one transaction; see `Store.commit`."""
        packed = pack(batch) if isinstance(batch, Batch) else batch
        with self._writing:
            self._check_open()
            first = self._writer.next_seq
            done = self._writer.commit(packed)
            self.handover.put(first, packed.spans)
            opening.keep_private(self.path)
            if packed.spans or packed.opened or packed.scores or packed.interrupted or done.logs or done.changed:
                self._version += 1
            self._used = True
            self._unshrunk += packed.spans.nbytes
            if self._unshrunk >= _SHRINK_BYTES:
                self._shrink()
        return done

    def rest(self) -> None:
        """Let memory go that questions and commits have left; see `Store.rest`."""
        with self._writing:
            if self._used and not self._closed:
                self._shrink()

    def journals(self) -> dict[str, JournalState]:
        """How far each journal has been read, by name."""
        with self._reader() as connection:
            rows = connection.execute(query("journals")).fetchall()
            gaps = connection.execute(query("gaps")).fetchall()
        found = {
            row[0]: JournalState(
                name=row[0],
                process=row[1],
                offset=row[2],
                state=row[3],
                faults=row[4],
                skipped_bytes=row[5],
                ended=row[6],
            )
            for row in rows
        }
        for journal, first, last in gaps:
            found[journal].gaps.append(Gap(first_missing=first, last_missing=last))
        return found

    def unread(self, limit: int) -> list[RawSpan]:
        """Stored spans that were not derived with all their log records; see `Store.unread`."""
        with self._reader() as connection:
            return raw.unread(connection, limit)

    def raw_spans(self, after: Position, *, dialect: str | None = None, limit: int) -> list[RawSpan]:
        """Stored spans as they came; see `Store.raw_spans`."""
        with self._reader() as connection:
            return raw.following(connection, after, dialect=dialect, limit=limit)

    def forget(self, policy: Retention, *, now_ns: int) -> Forgotten:
        """Delete what is not kept; see `Store.forget`."""
        with self._writing:
            self._check_open()
            done = self._writer.forget(policy, now_ns=now_ns)
            if done.spans or done.records:
                self._version += 1
        return done

    def compact(self) -> Compacted:
        """Write the file anew; see `Store.compact`."""
        with self._writing, self._read:
            self._check_open()
            if not self._read.wait_for(lambda: not self._reads, timeout=_LONGEST_READ):
                raise StoreError("a question has been under way for a minute; compact when nobody asks anything.")
            self._writer.close()
            opening.release(self.path, self._root)
            try:
                return compacting.rewrite(self.path)
            finally:
                self._root = opening.connect(self.path)
                self._writer = Writer(opening.cursor(self._root))

    def sql(self, query: str, parameters: Parameters = (), *, limit: int | None = None) -> Result:
        """Answer one read-only statement; see `Store.sql`."""
        with self._reader() as connection:
            with self._asking:
                self._questions.append(connection)
            try:
                return reader.answer(connection, query, parameters, limit=limit)
            finally:
                with self._asking:
                    self._questions.remove(connection)

    def ask(self, query: str, *, limit: int, seconds: float) -> Result:
        """Answer one statement of a person within a time; see `Store.ask`."""
        with self._reader() as connection, _ended_after(connection, seconds) as over:
            with self._asking:
                self._questions.append(connection)
            try:
                return reader.answer(connection, query, (), limit=limit)
            except QueryError as error:
                if not over.is_set():
                    raise
                raise QueryError(
                    f"the query was ended after {seconds:g} seconds, the time it may take here; ask for less (a time "
                    "range, fewer columns), or let `tracekit sql` take as long as it needs."
                ) from error
            finally:
                with self._asking:
                    self._questions.remove(connection)

    def interrupt(self) -> None:
        """End every question that is under way. What the store reads to keep itself up goes on: it is short."""
        with self._asking:
            for connection in self._questions:
                connection.interrupt()

    def close(self) -> None:
        """Let the file go. Reads still under way end with an error."""
        with self._writing:
            if not self._closed:
                self._closed = True
                self.handover.close()
                self.index.close()
                self._writer.close()
                opening.release(self.path, self._root)

    def _shrink(self) -> None:
        """Let memory go, by whoever holds the lock of the writer, unless a question is under way."""
        with self._forking:
            if not self._reads:
                opening.shrink(self._root)
                self._unshrunk, self._used = 0, False

    @contextmanager
    def _reader(self) -> Generator[duckdb.DuckDBPyConnection]:
        with self._forking:
            self._check_open()
            connection = opening.cursor(self._root)
            self._reads.append(connection)
            self._used = True
        try:
            with connection:
                yield connection
        finally:
            with self._read:
                self._reads.remove(connection)
                self._read.notify_all()

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError(f"{self.path} has been closed by this program; open it again to use it.")


@contextmanager
def _ended_after(connection: duckdb.DuckDBPyConnection, seconds: float) -> Generator[threading.Event]:
    """End what runs on a connection when the time is over; the event tells whether it was."""
    done, over = threading.Event(), threading.Event()

    def watch() -> None:
        wait = seconds
        while not done.wait(wait):
            over.set()
            connection.interrupt()
            wait = _AGAIN

    watching = threading.Thread(target=watch, name="tracekit-limit", daemon=True)
    watching.start()
    try:
        yield over
    finally:
        done.set()
        watching.join()  # before the connection closes: a closed one is not interrupted
