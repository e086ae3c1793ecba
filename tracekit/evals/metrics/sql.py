"""SQL in outputs: whether it parses, means the same by its syntax, and gives the same rows when it is run."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from tracekit.errors import QueryError
from tracekit.evals import bags
from tracekit.evals.decoded import unfenced
from tracekit.evals.fields import flag, number, object_of, references, shown, texts, verdict, whole
from tracekit.evals.metric import InvalidRowError, metric
from tracekit.evals.row import Row
from tracekit.evals.score import Score, Status, failed

if TYPE_CHECKING:
    from tracekit.store.duckdb.scratch import Scratch

_MOST_ROWS = 100_000
_DEEPEST = 200_000


class _NoSqlError(ValueError):
    """Text that is no SQL: says why."""


class _UnpreparedError(InvalidRowError):
    """The database of a row cannot be made: says why."""


@metric(inputs=["output"], binary=True, source="sqlglot's grammar of the dialect, checked against DuckDB's own parser")
def sql_valid(row: Row, *, dialect: str = "", fenced: bool = False) -> Score:
    """Whether the output parses as SQL statements, of a dialect of sqlglot's (none: its own, which takes most).

    A bare expression is none. Tables and columns are not looked up.
    """
    try:
        found = _parsed(_text(row.output, fenced=fenced), _dialect(dialect))
    except _NoSqlError as error:
        return verdict(False, f"the output is no SQL: {error}")
    return verdict(True, statements=len(found))


@metric(
    inputs=["output", "expected"],
    binary=True,
    source="equal trees after sqlglot's optimizer; checked against DuckDB: what is called equal gives equal rows",
)
def sql_equivalent(row: Row, *, dialect: str = "", schema: Any = None, fenced: bool = False) -> Score:
    """Whether output and expected query, or one of them, have the same tree once both are normalised.

    0 means not shown to be equal. `schema` ({table: {column: type}}) lets columns be resolved. See sql_result_match.
    """
    known, named = _dialect(dialect), None if schema is None else dict(object_of(schema, "schema"))
    try:
        answers = [_normal(answer, known, named) for answer in references(row)]
    except _NoSqlError as error:
        raise InvalidRowError(f"expected is no SQL: {error}") from error
    try:
        found = _normal(_text(row.output, fenced=fenced), known, named)
    except _NoSqlError as error:
        return verdict(False, f"the output is no SQL: {error}")
    return verdict(found in answers, normalised=found)


@metric(
    inputs=["output", "expected"],
    binary=True,
    source="execution match (Yu et al. 2018, Spider) in DuckDB; checked against SQLite",
)
def sql_result_match(
    row: Row,
    *,
    setup: Any = None,
    tables: Any = None,
    ordered: bool = False,
    dialect: str = "duckdb",
    timeout: float = 5.0,
    memory_mb: int = 256,
    fenced: bool = False,
) -> Score:
    """Whether output and expected query give the same rows in DuckDB, each in a database made alike for it alone.

    `tables` ({name: [row, ...]}) and the statements of `setup` make it. `expected` is SQL, a list of queries that are
    all right, or the rows themselves. Rows are a bag; `ordered=True` asks for their order too. Names of columns do not
    matter, their order does. A query that fails is 0. No files, no network, no extensions; `timeout` seconds,
    `memory_mb`.
    """
    given = None if tables is None else object_of(tables, "tables")
    scripts = [] if setup is None else texts(setup, "setup")
    in_order, known = flag(ordered, "ordered"), _dialect(dialect)
    seconds = number(timeout, "timeout", least=0.01, most=600)
    megabytes = whole(memory_mb, "memory_mb", least=16)

    def answered(query: str, most: int) -> list[tuple[Any, ...]]:
        from tracekit.store.duckdb.scratch import Scratch  # noqa: PLC0415 - heavy

        sql = _translated(query, known)
        if scripts:  # those that a rolled-back transaction has no room for get a database that is thrown away
            with contextlib.suppress(_UnpreparedError), Scratch(seconds=seconds, megabytes=megabytes) as scratch:
                _prepare(scratch, given, scripts)
                return scratch.rows(sql, most=most)
        with Scratch(seconds=seconds, megabytes=megabytes, alone=bool(scripts)) as scratch:
            _prepare(scratch, given, scripts)
            return scratch.rows(sql, most=most)

    try:
        wanted = [answered(query, _MOST_ROWS + 1) for query in _queries(row.expected)]
    except (QueryError, _NoSqlError) as error:
        raise InvalidRowError(f"expected does not run: {error}") from error
    wanted = wanted or [_given(row.expected)]
    if any(len(each) > _MOST_ROWS for each in wanted):
        raise InvalidRowError(f"expected gives more than {_MOST_ROWS:,} rows.")
    return _against(partial(answered, _text(row.output, fenced=fenced)), wanted, ordered=in_order)


def _against(answered: Callable[[int], list[tuple[Any, ...]]], wanted: Sequence[Any], *, ordered: bool) -> Score:
    from tracekit.store.duckdb.scratch import TooMuchError  # noqa: PLC0415 - heavy

    most = max(map(len, wanted)) + 1
    try:
        found = answered(most)
    except TooMuchError as error:
        return failed(Status.ERROR, f"sql_result_match: {error}")
    except (QueryError, _NoSqlError) as error:
        return verdict(False, f"the output does not run: {' '.join(str(error).split()):.400}")
    holds = any(bags.same(found, each, ordered=ordered) for each in wanted)
    return verdict(holds, rows=len(found) if len(found) < most else f"{most} or more", expected_rows=len(wanted[0]))


def _prepare(scratch: Scratch, tables: Mapping[str, Any] | None, scripts: Sequence[str]) -> None:
    try:
        for name, rows in (tables or {}).items():
            if not isinstance(rows, list) or not all(isinstance(each, Mapping) for each in rows) or not rows:
                raise InvalidRowError(f"tables[{name!r}] is {shown(rows)}; it is a list of rows, each an object.")
            scratch.add(name, rows)
        for script in scripts:
            scratch.run(script)
    except QueryError as error:
        raise _UnpreparedError(f"the database cannot be made: {' '.join(str(error).split()):.400}") from error


def _queries(expected: Any) -> list[str]:
    """The queries that are right; none where `expected` is rows."""
    if isinstance(expected, str):
        return [expected]
    return [each for each in expected if isinstance(each, str)] if isinstance(expected, list | tuple) else []


def _given(expected: Any) -> list[tuple[Any, ...]]:
    """Rows that are given as objects or lists."""
    if isinstance(expected, list | tuple) and all(isinstance(each, Mapping | list | tuple) for each in expected):
        return [tuple(each.values()) if isinstance(each, Mapping) else tuple(each) for each in expected]
    raise InvalidRowError(f"expected is {shown(expected)}; it is SQL, a list of SQL, or a list of rows.")


def _text(value: Any, *, fenced: Any) -> str:
    around = flag(fenced, "fenced")
    if not isinstance(value, str):
        raise InvalidRowError(f"output is {shown(value)}; it is SQL, as text.")
    return unfenced(value) if around else value


def _dialect(name: Any) -> str:
    from sqlglot.dialects.dialect import Dialect  # noqa: PLC0415 - heavy

    if not isinstance(name, str):
        raise InvalidRowError(f"dialect is {shown(name)}; it is a name that sqlglot knows.")
    try:
        Dialect.get_or_raise(name or None)
    except ValueError as error:
        raise InvalidRowError(f"dialect: {error}") from error
    return name


def _parsed(text: str, dialect: str) -> list[Any]:
    """The statements of a text."""
    import sqlglot  # noqa: PLC0415 - heavy
    from sqlglot import errors, exp  # noqa: PLC0415

    if len(text) > _DEEPEST:
        raise InvalidRowError(f"the SQL has {len(text):,} characters; at most {_DEEPEST:,} are parsed.")
    try:
        found = [each for each in sqlglot.parse(text, read=dialect or None) if each is not None]
    except errors.SqlglotError as error:
        raise _NoSqlError(f"{' '.join(_plain(error).split()):.200}.") from error
    except RecursionError:
        raise InvalidRowError("the SQL is nested deeper than it can be read.") from None
    if not found:
        raise _NoSqlError("it has no statement.")
    for each in found:
        if isinstance(each, exp.Condition | exp.Alias | exp.Aliases | exp.Tuple) and not isinstance(each, exp.Query):
            raise _NoSqlError(f"{each.sql():.60} is an expression and no statement.")
    return found


def _plain(error: Exception) -> str:
    told: Any = getattr(error, "errors", None)
    return str(told[0].get("description", error)) if told else str(error)


def _normal(text: str, dialect: str, schema: dict[str, Any] | None) -> str:
    """The text of the normalised tree."""
    from sqlglot.errors import SqlglotError  # noqa: PLC0415 - heavy
    from sqlglot.optimizer import optimize  # noqa: PLC0415
    from sqlglot.optimizer.normalize_identifiers import normalize_identifiers  # noqa: PLC0415
    from sqlglot.optimizer.simplify import simplify  # noqa: PLC0415

    trees = _parsed(text, dialect)
    if len(trees) != 1:
        raise _NoSqlError(f"it has {len(trees)} statements; one is compared.")
    try:
        tree = optimize(trees[0].copy(), schema=schema, dialect=dialect or None, validate_qualify_columns=False)
    except SqlglotError:  # names that do not go together: compare what is written
        tree = simplify(normalize_identifiers(trees[0], dialect=dialect or None))
    return tree.sql(dialect=dialect or None, comments=False)


def _translated(text: str, dialect: str) -> str:
    """SQL of a dialect as DuckDB takes it."""
    if dialect == "duckdb":
        return text
    return ";\n".join(tree.sql(dialect="duckdb") for tree in _parsed(text, dialect))
