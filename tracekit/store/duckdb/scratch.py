"""A database for one question, in memory: for SQL that a model wrote. It reaches no file, no network and no extension.

Its configuration is locked, its memory and its time are limited, and nothing of it is left afterwards.
"""

from __future__ import annotations

import contextlib
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
_AGAIN = 0.05
"""Seconds between two interrupts."""


class TooMuchError(QueryError):
    """The query needs more memory than it may take."""


class Scratch:
    """The database; a context manager.

    Args:
        seconds: the most that all of its statements may take together.
        megabytes: the most memory that they may take.
    """

    def __init__(self, *, seconds: float, megabytes: int) -> None:
        self._seconds, self._megabytes = seconds, megabytes
        self._deadline = time.monotonic() + seconds
        self._connection = duckdb.connect(":memory:", config={**_CONFIG, "memory_limit": f"{megabytes}MB"})
        self._connection.execute("SET TimeZone = 'UTC'")
        self._connection.execute("SET lock_configuration = true")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

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
            QueryError: one fails.
            TimeoutError: the time is up.
        """
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
        try:
            statements = self._connection.extract_statements(query)
        except duckdb.Error as error:
            raise QueryError(str(error)) from error
        if len(statements) != 1 or statements[0].type is not duckdb.StatementType.SELECT:
            kinds = ", ".join(each.type.name for each in statements) or "nothing"
            raise QueryError(f"one statement that reads is expected, and there is: {kinds}.")
        return self._limited(query, most=most)

    def _limited(self, sql: str, *, most: int | None = None) -> list[tuple[Any, ...]]:
        with self._watched():
            return self._answer(sql, most)

    def _answer(self, sql: str, most: int | None) -> list[tuple[Any, ...]]:
        try:
            self._connection.execute(sql)
            return self._connection.fetchall() if most is None else self._connection.fetchmany(most)
        except duckdb.InterruptException as error:
            raise self._late() from error
        except duckdb.OutOfMemoryException as error:
            raise TooMuchError(f"the SQL needs more than {self._megabytes} MB.") from error
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
