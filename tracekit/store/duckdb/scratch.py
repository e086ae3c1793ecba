"""A database for one question, in memory: for SQL that a model wrote. It reaches no file, no network and no extension.

Its configuration is locked, its memory and its time are limited, and nothing of it is left afterwards. To open one
takes longer than most questions: an engine that has served is kept for the next one, which has a session and a
transaction of its own on it, and the transaction is always rolled back. One that was interrupted, or ran out of memory,
is not kept.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import duckdb
import pyarrow as pa

from tracekit.errors import QueryError

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "python_enable_replacements": False,
    "temp_directory": "",
    "max_temp_directory_size": "0B",
    "threads": 1,
}
_WITHIN = frozenset({duckdb.StatementType.CREATE, duckdb.StatementType.INSERT, duckdb.StatementType.SELECT})
"""Statements that a transaction takes back, and that do in it what they do by themselves."""
_AGAIN = 0.05
"""Seconds between two interrupts."""


class TooMuchError(QueryError):
    """The query needs more memory than it may take."""


_IDLE_MOST = 4
_idle: list[tuple[int, int, duckdb.DuckDBPyConnection]] = []
"""Engines that wait for a question, each with its process and its megabytes: one that came over a fork is no good."""
_idle_lock = threading.Lock()


class Scratch:
    """The database; a context manager.

    Args:
        seconds: the most that all of its statements may take together.
        megabytes: the most memory that they may take.
        alone: on an engine of its own, and in no transaction: for scripts that need one of theirs.
    """

    def __init__(self, *, seconds: float, megabytes: int, alone: bool = False) -> None:
        self._seconds, self._megabytes, self._alone = seconds, megabytes, alone
        self._deadline = time.monotonic() + seconds
        self._engine = _opened(megabytes) if alone else _taken(megabytes)
        self._connection = self._engine.cursor()
        self._spoiled = alone
        if not alone:
            self._connection.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._spoiled:
            try:
                self._connection.execute("ROLLBACK")
            except duckdb.Error:  # something has ended the transaction, and may have left its work
                self._spoiled = True
        self._connection.close()
        if self._spoiled:
            self._engine.close()
        else:
            _give_back(self._engine, self._megabytes)

    def add(self, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """A table of rows.

        Raises:
            QueryError: the rows make no table.
            TimeoutError: the time is up.
        """
        try:
            table = pa.Table.from_pylist([dict(row) for row in rows])
        except (pa.ArrowException, TypeError, ValueError) as error:
            raise QueryError(f"the rows of {name!r} make no table: {error}") from error
        quoted = '"' + name.replace('"', '""') + '"'
        self._connection.register("given_rows", table)
        self._limited(f"CREATE TABLE {quoted} AS FROM given_rows")
        self._connection.unregister("given_rows")

    def run(self, script: str) -> None:
        """Run statements, whatever they are, for what they leave.

        Raises:
            QueryError: one fails; or, of a database that is not `alone`, does more than create and insert.
            TimeoutError: the time is up.
        """
        if not self._alone and not all(kind in _WITHIN for kind in self._kinds(script)):
            raise QueryError("the script does more than create and insert.")
        self._limited(script)

    def rows(self, query: str, *, most: int | None = None) -> list[tuple[Any, ...]]:
        """The rows of one statement that reads.

        Args:
            query: the statement.
            most: rows that are fetched; None for all.

        Raises:
            QueryError: it fails, is not one statement, or does not only read.
            TimeoutError: the time is up.
        """
        kinds = self._kinds(query)
        if kinds != [duckdb.StatementType.SELECT]:
            names = ", ".join(kind.name for kind in kinds) or "nothing"
            raise QueryError(f"one statement that reads is expected, and there is: {names}.")
        return self._limited(query, most=most)

    def _kinds(self, sql: str) -> list[duckdb.StatementType]:
        try:
            return [each.type for each in self._connection.extract_statements(sql)]
        except duckdb.Error as error:
            raise QueryError(str(error)) from error

    def _limited(self, sql: str, *, most: int | None = None) -> list[tuple[Any, ...]]:
        with self._watched():
            return self._answer(sql, most)

    def _answer(self, sql: str, most: int | None) -> list[tuple[Any, ...]]:
        try:
            self._connection.execute(sql)
            return self._connection.fetchall() if most is None else self._connection.fetchmany(most)
        except duckdb.InterruptException as error:
            self._spoiled = True
            raise self._late() from error
        except duckdb.OutOfMemoryException as error:
            self._spoiled = True
            raise TooMuchError(f"the SQL needs more than {self._megabytes} MB.") from error
        except (duckdb.FatalException, duckdb.InternalException) as error:
            self._spoiled = True
            raise QueryError(str(error)) from error
        except duckdb.Error as error:
            raise QueryError(str(error)) from error

    @contextlib.contextmanager
    def _watched(self) -> Generator[None]:
        """Interrupt what runs here once the time is up, again and again: a statement may just be about to begin."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise self._late()
        done = threading.Event()

        def watch() -> None:
            wait = left
            while not done.wait(wait):
                self._spoiled = True
                self._connection.interrupt()
                wait = _AGAIN

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()

    def _late(self) -> TimeoutError:
        return TimeoutError(f"the SQL was not done within {self._seconds:g} s.")


def _opened(megabytes: int) -> duckdb.DuckDBPyConnection:
    engine = duckdb.connect(":memory:", config={**_CONFIG, "memory_limit": f"{megabytes}MB"})
    engine.execute("SET GLOBAL TimeZone = 'UTC'")
    engine.execute("SET lock_configuration = true")
    return engine


def _taken(megabytes: int) -> duckdb.DuckDBPyConnection:
    """An engine that waits, or a new one."""
    with _idle_lock:
        for place, (process, limit, engine) in enumerate(_idle):
            if (process, limit) == (os.getpid(), megabytes):
                del _idle[place]
                return engine
    return _opened(megabytes)


def _give_back(engine: duckdb.DuckDBPyConnection, megabytes: int) -> None:
    with _idle_lock:
        own = sum(process == os.getpid() for process, _, _ in _idle)
        if own < _IDLE_MOST:
            _idle.append((os.getpid(), megabytes, engine))
            return
    engine.close()
