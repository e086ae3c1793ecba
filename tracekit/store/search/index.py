"""The index on disk: files of SQLite, each for `PART` numbers of the store's order, newest asked first.

It knows words and numbers, and neither spans nor the store. A file that is damaged is thrown away with all newer ones:
whoever follows the store writes them again. One process writes, the one that holds the store; any number read.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from tracekit.errors import StoreError
from tracekit.store.search.language import Query
from tracekit.store.sqlfiles import statement

VERSION = 2
"""Grows with each change of what is indexed or how; an index of another version is written anew."""
PART = 1 << 16
"""Numbers in a file: so many bound what one question to one file costs, and what is lost with one."""

_SQL = Path(__file__).parent / "sql"
_FETCHED = 1024
_WAIT_SECONDS = 2.0


@dataclass(slots=True, frozen=True, kw_only=True)
class Facts:
    """What an index is compared with.

    Attributes:
        store: which store it is.
        last: the greatest number in it; -1 for none.
        open: how many spans are open; they have no numbers.
    """

    store: str
    last: int
    open: int = 0


class DamagedIndexError(StoreError):
    """A file of the index cannot be read. Nothing is lost: the store has all that was in it."""


def beside(database: Path) -> Path:
    """The directory of a database's index."""
    return database.with_name(f"search-{database.stem}")


class SearchIndex:
    """Words of spans, by the spans' `seq`. Safe in any thread.

    Args:
        directory: where its files are, or will be.
        writable: whether this process holds the store, and so may write and remove files.
    """

    def __init__(self, directory: Path, *, writable: bool = True) -> None:
        self.directory = directory
        self._writable = writable
        self._writing = threading.RLock()
        self._open: tuple[Path, sqlite3.Connection] | None = None
        self._pooling = threading.Lock()
        self._idle: dict[tuple[Path, int], list[sqlite3.Connection]] = {}

    def parts(self) -> list[Path]:
        """The files, newest first."""
        return sorted(self.directory.glob("*.sqlite"), reverse=True)

    def covers(self, stored: Facts) -> int:
        """The number up to which all spans of a store are indexed; -1 where it is an index of something else.

        Raises:
            DamagedIndexError: the newest file cannot be read.
        """
        for path in self.parts():
            with self._reading(path) as connection:
                about = connection.execute("SELECT version, store, last FROM about").fetchone()
            if about is not None:
                version, store, last = about
                return last if (version, store) == (VERSION, stored.store) and last <= stored.last else -1
        return -1

    @contextlib.contextmanager
    def held(self) -> Generator[None]:
        """Nobody else writes or removes files meanwhile."""
        with self._writing:
            yield

    def add(self, documents: Iterable[tuple[int, str]], *, upto: int, store: str) -> int:
        """Index documents and note that all up to a number is indexed, in one transaction a file.

        Args:
            documents: number and text, see `words.document`, in the order of their numbers, all greater than `last`.
            upto: the number that `last` becomes.
            store: whose spans they are.

        Returns:
            How many there were.

        Raises:
            StoreError: the disk refuses; what was indexed before stays.
        """
        with self._writing:
            count, number = 0, -1
            for number, some in groupby(documents, key=_part):
                count += self._write(number, some, min(upto, (number + 1) * PART - 1), store)
            if number < upto // PART:
                self._write(upto // PART, (), upto, store)
            return count

    def search(self, query: Query) -> Iterator[int]:
        """The numbers of all that may fit a query, greatest first, found as they are asked for.

        They are all that do fit, where the query has no words in a row (`Query.needs_positions`).

        Raises:
            DamagedIndexError: a file cannot be read.
        """
        for path in self.parts():
            with self._reading(path) as connection:
                found = connection.execute(
                    "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid DESC", (query.candidates,)
                )
                while rows := found.fetchmany(_FETCHED):
                    yield from (number for (number,) in rows)

    def drop_before(self, first: int) -> None:
        """Let go of files that hold only numbers below `first`: the store has deleted those spans."""
        with self._writing:
            for path in self.parts()[1:]:  # the newest also says how far the index has come
                if (int(path.stem) + 1) * PART <= first:
                    self._remove(path)

    def drop_from(self, path: Path | None = None) -> None:
        """Throw away a file and all newer ones, or everything, to be written anew."""
        with self._writing:
            for part in self.parts():
                if path is None or part.name >= path.name:
                    self._remove(part)

    def mend(self) -> list[Path]:
        """Throw away what cannot be read, with all that is newer, where this process may; which files could not."""
        with self._writing:
            damaged = [path for path in self.parts() if self._is_damaged(path)]
            if damaged and self._writable:
                self.drop_from(min(damaged))
            return damaged

    def _is_damaged(self, path: Path) -> bool:
        try:
            with self._reading(path) as connection:
                connection.execute("SELECT rowid FROM words WHERE words MATCH '\"_\"' ORDER BY rowid").fetchone()
                connection.execute("SELECT last FROM about").fetchone()
        except DamagedIndexError:
            return True
        return False

    def close(self) -> None:
        """Let its files go; reading and writing open them again."""
        self._forget()
        self._close_writer()

    def _close_writer(self) -> None:
        with self._writing:
            if self._open is not None:
                _, connection = self._open
                self._open = None
                connection.close()

    def _write(self, number: int, documents: Iterable[tuple[int, str]], last: int, store: str) -> int:
        path = self.directory / f"{number:08d}.sqlite"
        try:
            connection = self._connected(path)
            with connection:
                connection.execute("BEGIN")
                count = connection.executemany("INSERT INTO words (rowid, text) VALUES (?, ?)", documents).rowcount
                connection.execute("DELETE FROM about")
                connection.execute("INSERT INTO about VALUES (?, ?, ?)", (VERSION, store, last))
        except (sqlite3.Error, OSError) as error:
            self._close_writer()
            if _is_damage(error):
                raise DamagedIndexError(f"the search index {path} is damaged ({error}); it is written anew.") from error
            raise StoreError(f"the search index {path} cannot be written: {error}.") from error
        return max(count, 0)

    def _connected(self, path: Path) -> sqlite3.Connection:
        if self._open is not None and self._open[0] == path and path.exists():
            return self._open[1]
        self._close_writer()
        if not path.exists():
            self._make(path)
        connection = sqlite3.connect(path, timeout=_WAIT_SECONDS, check_same_thread=False, isolation_level=None)
        self._open = path, connection
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA wal_autocheckpoint = 256")
        return connection

    def _make(self, path: Path) -> None:
        """A new file, under its name only once it is whole: readers look at whatever has such a name."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = path.with_suffix(".new")
        unfinished.unlink(missing_ok=True)
        os.close(os.open(unfinished, os.O_CREAT | os.O_RDWR, 0o600))
        with contextlib.closing(sqlite3.connect(unfinished)) as connection:
            connection.execute("PRAGMA page_size = 16384")
            connection.executescript(statement(_SQL, "part"))
        unfinished.rename(path)

    @contextlib.contextmanager
    def _reading(self, path: Path) -> Generator[sqlite3.Connection]:
        """A connection for one question, kept for the next: to open one takes longer than most questions."""
        try:
            key = path, path.stat().st_ino
            with self._pooling:
                kept = self._idle.get(key)
                connection = kept.pop() if kept else None
            if connection is None:
                # Not for reading only: a reader has to make SQLite's shared memory where it is not there.
                uri = f"{path.as_uri()}?mode=rw"
                connection = sqlite3.connect(uri, uri=True, timeout=_WAIT_SECONDS, check_same_thread=False)
                connection.execute("PRAGMA query_only = 1")
            try:
                yield connection
            except BaseException:
                connection.close()
                raise
            with self._pooling:
                self._idle.setdefault(key, []).append(connection)
        except (sqlite3.Error, FileNotFoundError) as error:
            if _is_damage(error):
                raise DamagedIndexError(
                    f"the search index {path} cannot be read ({error}); it is written anew."
                ) from error
            raise StoreError(f"the search index {path} cannot be read at the moment: {error}.") from error

    def _forget(self, path: Path | None = None) -> None:
        """Close the connections that are kept, to one file or to all."""
        with self._pooling:
            for key in [key for key in self._idle if path is None or key[0] == path]:
                for connection in self._idle.pop(key):
                    connection.close()

    def _remove(self, path: Path) -> None:
        if self._open is not None and self._open[0] == path:
            self._close_writer()
        self._forget(path)
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)


def _part(document: tuple[int, str]) -> int:
    """The number of the file that a document belongs into."""
    return document[0] // PART


def _is_damage(error: BaseException) -> bool:
    """Whether a file is not what it should be, which a new one mends; a full disk is another matter."""
    return type(error) is sqlite3.DatabaseError or "no such table" in str(error)
