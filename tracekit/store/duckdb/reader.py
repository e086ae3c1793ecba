"""Users' queries: one statement, read-only, on a connection of its own. Rows leave through Arrow, but for plain ones.

Three locks: only statements that read are let through, the transaction is read-only, and the database was
opened without access to files or network and with its configuration locked.
"""

from __future__ import annotations

import re
import threading
import warnings
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

import duckdb
import pyarrow as pa

from tracekit.errors import QueryError
from tracekit.store import Parameters, Result, Table

# It advises a relation instead, which is bound twice: on a wide view that costs more than the copy it saves.
warnings.filterwarnings("ignore", message="Arrow output on a DB-API result", module=re.escape(__name__))

_BATCH_ROWS = 10_000
_READING = frozenset({duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN})
_PLAIN = frozenset({"BIGINT", "INTEGER", "DOUBLE", "BOOLEAN", "VARCHAR", "JSON", "VARCHAR[]"})
"""Types whose values DuckDB gives as Arrow would; of rows of nothing else it needs no second statement, which is what
its Python interface makes of a result that is asked for as Arrow."""
_REMEMBERED, _LONGEST = 256, 20_000
_parsed: OrderedDict[str, duckdb.Statement] = OrderedDict()
"""Statements that have been let through before, at most so many and of at most so many characters, the one asked last
at the end: the pages ask the same ones again and again, and to parse one takes as long as to plan it."""
_remembering = threading.Lock()


def answer(connection: duckdb.DuckDBPyConnection, query: str, parameters: Parameters, *, limit: int | None) -> Result:
    """The rows of one statement.

    Raises:
        QueryError: see `Store.sql`.
    """
    checked = _checked(connection, query)
    values = dict(parameters) if isinstance(parameters, Mapping) else list(parameters)
    try:
        connection.execute("BEGIN TRANSACTION READ ONLY")
        connection.execute(checked, values or None)
        described = connection.description or []
        columns, types = [column[0] for column in described], [str(column[1]) for column in described]
        rows, truncated = _plain(connection, limit) if _PLAIN.issuperset(types) else _arrow(connection, types, limit)
    except duckdb.Error as error:
        raise QueryError(str(error)) from error
    return Result(columns=columns, types=types, rows=rows, truncated=truncated)


def table(connection: duckdb.DuckDBPyConnection, query: str, bound: Mapping[str, Any]) -> Table:
    """The rows of one of our own statements.

    Raises:
        duckdb.Error: it fails.
    """
    return connection.execute(query, bound).to_arrow_table()


def _checked(connection: duckdb.DuckDBPyConnection, query: str) -> duckdb.Statement:
    """The query as the one statement that it is, and that only reads."""
    with _remembering:
        if query in _parsed:
            _parsed.move_to_end(query)
            return _parsed[query]
    try:
        query.encode()
    except UnicodeEncodeError as error:
        raise QueryError(f"the query is not valid UTF-8 text at character {error.start}.") from error
    try:
        statements = connection.extract_statements(query)
    except duckdb.Error as error:
        raise QueryError(str(error)) from error
    if len(statements) != 1:
        raise QueryError(f"{len(statements)} statements were given where one is expected; run them one by one.")
    kind = statements[0].type
    if kind not in _READING:
        raise QueryError(
            f"a statement of type {kind.name} was given, and queries only read; use SELECT, FROM, VALUES, "
            "DESCRIBE, SHOW, SUMMARIZE or EXPLAIN."
        )
    if len(query) <= _LONGEST:
        with _remembering:
            _parsed[query] = statements[0]
            if len(_parsed) > _REMEMBERED:
                _parsed.popitem(last=False)
    return statements[0]


def _plain(connection: duckdb.DuckDBPyConnection, limit: int | None) -> tuple[list[tuple[Any, ...]], bool]:
    if limit is None:
        return connection.fetchall(), False
    rows = connection.fetchmany(limit + 1)
    return rows[:limit], len(rows) > limit


def _arrow(
    connection: duckdb.DuckDBPyConnection, types: list[str], limit: int | None
) -> tuple[list[tuple[Any, ...]], bool]:
    found: Any = connection.to_arrow_reader(_BATCH_ROWS)
    with found as batches:
        return _rows(batches, types, limit)


def _rows(batches: Iterable[Any], types: list[str], limit: int | None) -> tuple[list[tuple[Any, ...]], bool]:
    rows: list[tuple[Any, ...]] = []
    for batch in batches:
        columns = [_values(column, kind) for column, kind in zip(batch.columns, types, strict=True)]
        rows.extend(zip(*columns, strict=True))
        if limit is not None and len(rows) > limit:
            return rows[:limit], True
    return rows, False


def _values(column: Any, kind: str) -> list[Any]:
    if kind in {"HUGEINT", "UHUGEINT"}:  # Arrow has no integer so wide and brings them as decimals
        return [None if value is None else int(value) for value in column.to_pylist()]
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        return column.cast(pa.string()).to_pylist()  # a Python datetime would drop the nanoseconds
    return column.to_pylist()
