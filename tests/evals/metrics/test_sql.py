"""SQL: DuckDB's own parser, SQLite's results, and what a hostile query may not do."""

from __future__ import annotations

import random
import sqlite3
import time
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.evals.metrics.scoring import COUNT, scored, value
from tracekit.evals.bags import same
from tracekit.evals.score import Status

TABLE = [
    {"id": 1, "name": "ann", "age": 30, "city": "Rome"},
    {"id": 2, "name": "bob", "age": 25, "city": "Rome"},
    {"id": 3, "name": "cid", "age": None, "city": "Oslo"},
    {"id": 4, "name": "dan", "age": 25, "city": "Oslo"},
    {"id": 5, "name": "eve", "age": 41, "city": None},
]
TABLES = {"people": TABLE}


def condition(chance: random.Random, depth: int = 2) -> str:
    if depth and chance.random() < 0.5:
        joined = f" {chance.choice(['AND', 'OR'])} ".join(condition(chance, depth - 1) for _ in range(2))
        return f"({joined})" if chance.random() < 0.8 else f"NOT ({joined})"
    return chance.choice(
        ["age > 25", "age >= 25", "25 < age", "age IS NULL", "age IS NOT NULL", "city = 'Rome'", "'Rome' = city",
         "city <> 'Oslo'", "name LIKE '%n'", "id IN (1, 2)", "id BETWEEN 2 AND 4", "NOT age = 25", "id = 1 OR id = 2"]
    )  # fmt: skip


def query(chance: random.Random) -> str:
    where = f" WHERE {condition(chance)}" if chance.random() < 0.8 else ""
    if chance.random() < 0.3:
        return f"SELECT city, count(*), sum(age) FROM people{where} GROUP BY city"
    columns = chance.choice(["name", "name, age", "city", "DISTINCT city", "id, age", "age / 2.0"])
    return f"SELECT {columns} FROM people{where}"


def in_sqlite(sql: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("CREATE TABLE people (id INTEGER, name TEXT, age INTEGER, city TEXT)")
        connection.executemany("INSERT INTO people VALUES (:id, :name, :age, :city)", TABLE)
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def bag(rows: list[tuple[Any, ...]]) -> Counter[tuple[Any, ...]]:
    return Counter(tuple(float(each) if isinstance(each, int | float) else each for each in row) for row in rows)


def test_results_match_where_sqlites_do() -> None:
    chance = random.Random(1)
    seen: Counter[float] = Counter()
    for _ in range(COUNT):
        one, other = query(chance), query(chance)
        if chance.random() < 0.4:
            other = one.replace("age > 25", "25 < age").replace(" WHERE ", " WHERE 1 = 1 AND ")
        reference = float(bag(in_sqlite(one)) == bag(in_sqlite(other)))
        assert value("sql_result_match", output=one, expected=other, tables=TABLES) == reference, (one, other)
        seen[reference] += 1
    assert min(seen[0.0], seen[1.0]) > 20


def test_what_is_called_equivalent_gives_equal_rows() -> None:
    """0 says nothing: equality of queries cannot be decided in general."""
    chance = random.Random(2)
    equal = 0
    schema = {"people": {"id": "INT", "name": "TEXT", "age": "INT", "city": "TEXT"}}
    for _ in range(COUNT):
        one, other = query(chance), query(chance)
        if chance.random() < 0.6:
            other = one.replace("25 < age", "age > 25").lower().replace("'rome'", "'Rome'").replace("'oslo'", "'Oslo'")
        if value("sql_equivalent", chance.choice([{}, {"schema": schema}]), output=one, expected=other):
            assert bag(in_sqlite(one)) == bag(in_sqlite(other)), (one, other)
            equal += 1
    assert equal > 50


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ("select a from t", "SELECT  a  FROM t -- all", 1),
        ("select a from t where x = 1 and y = 2", "select a from t where y = 2 and x = 1", 1),
        ("select a from t where not (x > 1)", "select a from t where x <= 1", 1),
        ("select a from t where x = 1", "select a from t where x = 2", 0),
        ("select a, b from t", "select b, a from t", 0),
        ("select a from (select a from t) as s", "select a from t", 1),
        ("select a from", "select a from t", 0),
        ("select 1; select 2", "select 1", 0),
    ],
)
def test_equivalent_by_example(one: str, other: str, found: int) -> None:
    assert value("sql_equivalent", output=one, expected=other) == found


def runs(connection: duckdb.DuckDBPyConnection, sql: str) -> bool:
    try:
        connection.execute(sql)
    except duckdb.Error:
        return False
    return True


def test_what_duckdb_runs_is_valid_and_what_it_does_not_parse_mostly_not() -> None:
    """sqlglot is the more lenient of the two: what it refuses DuckDB refuses, and some more."""
    connection = duckdb.connect(":memory:")
    connection.execute("CREATE TABLE people (id INTEGER, name TEXT, age INTEGER, city TEXT)")
    chance = random.Random(3)
    seen: Counter[tuple[bool, float]] = Counter()
    for _ in range(2 * COUNT):
        sql = query(chance)
        if chance.random() < 0.6:
            words = sql.split()
            words[chance.randrange(len(words))] = chance.choice(["", "FROM", ")", "(", ",", "WHERE"])
            sql = " ".join(words)
        found = value("sql_valid", {"dialect": "duckdb"}, output=sql)
        if runs(connection, sql):
            assert found == 1.0, sql
        seen[runs(connection, sql), found] += 1
    connection.close()
    assert seen[True, 1.0] > 100
    assert seen[False, 0.0] > 100
    assert seen[False, 1.0] < 30


@pytest.mark.parametrize(
    ("output", "found"),
    [
        ("SELECT 1", 1),
        ("INSERT INTO t VALUES (1)", 1),
        ("CREATE TABLE t (a INT)", 1),
        ("WITH x AS (SELECT 1) SELECT * FROM x", 1),
        ("SELECT 1; SELECT 2;", 1),
        ("SELECT FROM WHERE", 0),
        ("hello", 0),
        ("hello world", 0),
        ("I cannot answer that.", 0),
        ("", 0),
        ("SELECT (1", 0),
        ("-- nothing", 0),
    ],
)
def test_valid_by_example(output: str, found: int) -> None:
    assert value("sql_valid", output=output) == found


@pytest.mark.parametrize(
    ("output", "expected", "options", "found"),
    [
        ("SELECT 1 AS x", "SELECT 1 AS y", {}, 1),
        ("SELECT 1", "SELECT 1.0", {}, 1),
        ("SELECT 1", "SELECT true", {}, 0),
        ("SELECT NULL", "SELECT NULL", {}, 1),
        ("SELECT 0.1 + 0.2", "SELECT 0.3::DOUBLE", {}, 1),
        ("SELECT 0.1::DOUBLE + 0.2::DOUBLE", "SELECT 0.3", {}, 1),
        ("VALUES (1), (2)", "VALUES (2), (1)", {}, 1),
        ("VALUES (1), (2)", "VALUES (2), (1)", {"ordered": True}, 0),
        ("VALUES (1), (1)", "SELECT 1", {}, 0),
        ("SELECT 1 WHERE false", "SELECT 2 WHERE false", {}, 1),
        ("SELECT 1", ["SELECT 2", "SELECT 1"], {}, 1),
        ("SELECT name, age FROM people WHERE id < 3", [["ann", 30], ["bob", 25]], {}, 1),
        ("SELECT name FROM people WHERE id < 3", [{"name": "bob"}, {"name": "ann"}], {}, 1),
        ("SELECT 1 WHERE false", [], {}, 1),
        ("SELECT [1, 2], {'a': 1}", "SELECT [1, 2], {'a': 1}", {}, 1),
        ("SELECT * FROM nowhere", "SELECT 1", {}, 0),
        ("DELETE FROM people", "SELECT 1", {}, 0),
        ("SELECT 1; SELECT 1", "SELECT 1", {}, 0),
        ("Sorry, I cannot", "SELECT 1", {}, 0),
        ("SELECT TOP 1 id FROM people ORDER BY id", "SELECT 1", {"dialect": "tsql"}, 1),
        ("```sql\nSELECT 1\n```", "SELECT 1", {"fenced": True}, 1),
    ],
)
def test_result_by_example(output: str, expected: Any, options: dict[str, Any], found: int) -> None:
    score = scored("sql_result_match", options, output=output, expected=expected, tables=TABLES)
    assert (score.status, score.value) == (Status.OK, found), score


def test_each_query_has_a_database_of_its_own_made_alike() -> None:
    row: dict[str, Any] = {
        "setup": ["CREATE TABLE t (a INT)", "INSERT INTO t VALUES (1), (2); INSERT INTO t VALUES (3)"]
    }
    assert value("sql_result_match", output="SELECT sum(a) FROM t", expected="SELECT 6", **row) == 1.0


@pytest.mark.parametrize(
    ("setup", "query", "rows"),
    [
        ("CREATE SEQUENCE s", "SELECT nextval('s')", [[1]]),
        ("CREATE TABLE t (a INT); BEGIN; INSERT INTO t VALUES (1); COMMIT", "SELECT count(*) FROM t", [[1]]),
        ("CREATE TABLE t AS SELECT 1 AS a; UPDATE t SET a = 2; CREATE INDEX i ON t (a)", "SELECT a FROM t", [[2]]),
        ("CREATE TABLE t AS SELECT 1 AS a; DELETE FROM t", "SELECT * FROM t", []),
        ("CREATE TABLE t (a INT); COMMIT; BEGIN", "SELECT count(*) FROM t", None),
        ("SET VARIABLE v = 5", "SELECT getvariable('v')", [[5]]),
        ("CREATE TEMP TABLE t AS SELECT 3 AS a", "SELECT a FROM t", [[3]]),
        ("CREATE MACRO twice(x) AS 2 * x", "SELECT twice(4)", [[8]]),
    ],
)
def test_nothing_is_left_of_a_row_for_the_next(setup: str, query: str, rows: list[Any] | None) -> None:
    """An engine serves row after row; what one has made, no other has, whatever its script does to transactions."""
    for _ in range(2):
        score = scored("sql_result_match", output=query, expected=query if rows is None else rows, setup=setup)
        assert (score.status, score.value) == ((Status.OK, 1.0) if rows is not None else (Status.INVALID, None)), score
    after = scored("sql_result_match", output=query, expected="SELECT 'other'")
    assert after.value == 0.0
    left = "SELECT count(*) FROM duckdb_tables() WHERE NOT internal UNION ALL SELECT count(*) FROM duckdb_sequences()"
    assert value("sql_result_match", output=left, expected=[[0], [0]]) == 1.0


def test_after_a_timeout_and_a_lack_of_memory_rows_go_on() -> None:
    endless = "SELECT count(*) FROM range(100000000) a, range(100000) b WHERE (a.range * b.range) % 7 = 3"
    for _ in range(2):
        assert scored("sql_result_match", {"timeout": 0.05}, output=endless, expected="SELECT 1").status == "timeout"
        assert value("sql_result_match", output="SELECT 1", expected="SELECT 1", tables=TABLES) == 1.0


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('{path}')",
        "SELECT * FROM read_text('{path}')",
        "SELECT * FROM '{path}'",
        "SELECT * FROM glob('/*')",
        "SELECT * FROM sqlite_scan('{path}', 't')",
        "SELECT * FROM read_csv('http://127.0.0.1:9/x.csv')",
    ],
)
def test_a_query_reaches_no_file_and_no_network(sql: str, tmp_path: Path) -> None:
    path = tmp_path / "secret.csv"
    path.write_text("a\n1\n", encoding="utf-8")
    score = scored("sql_result_match", output=sql.format(path=path), expected="SELECT 1")
    assert score.value == 0.0
    assert "does not run" in str(score.rationale)


@pytest.mark.parametrize(
    "setup",
    [
        "COPY (SELECT 1) TO '{path}'",
        "ATTACH '{path}' AS other",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET memory_limit = '100GB'",
        "SET enable_external_access = true",
        "RESET lock_configuration",
        "EXPORT DATABASE '{path}'",
        "CREATE TABLE",
    ],
)
def test_a_setup_gets_no_further(setup: str, tmp_path: Path) -> None:
    path = tmp_path / "out"
    score = scored("sql_result_match", output="SELECT 1", expected="SELECT 1", setup=setup.format(path=path))
    assert (score.status, score.value) == (Status.INVALID, None)
    assert not path.exists()


def test_a_query_sees_no_variable_of_the_program() -> None:
    import pyarrow as pa

    people_of_the_program = pa.table({"a": [1]})
    score = scored("sql_result_match", output="SELECT * FROM people_of_the_program", expected="SELECT 1")
    assert score.value == 0.0
    del people_of_the_program


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM range(100000000) a, range(100000) b WHERE (a.range * b.range) % 7 = 3",
        "WITH RECURSIVE t(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM t) SELECT max(i) FROM t",
    ],
)
def test_a_query_without_end_is_a_timeout(sql: str) -> None:
    begun = time.monotonic()
    score = scored("sql_result_match", {"timeout": 0.2}, output=sql, expected="SELECT 1")
    assert (score.status, score.value) == (Status.TIMEOUT, None)
    assert time.monotonic() - begun < 60


def test_memory_is_limited() -> None:
    sql = "SELECT list(a.range::VARCHAR || repeat('x', 1000)) FROM range(10000000) a"
    score = scored("sql_result_match", {"memory_mb": 16, "timeout": 60}, output=sql, expected="SELECT 1")
    assert (score.status, score.value) == (Status.ERROR, None)
    assert "16 MB" in str(score.rationale)


@pytest.mark.parametrize("expected", ["SELECT * FROM nowhere", "SELECT * FROM range(200000)", 5, "no SQL"])
def test_an_expected_that_does_not_run_is_the_datasets_fault(expected: Any) -> None:
    assert scored("sql_result_match", output="SELECT 1", expected=expected).status is Status.INVALID


@pytest.mark.parametrize(
    "fields", [{"tables": {"t": 5}}, {"tables": [1]}, {"setup": 5}, {"dialect": "klingon"}, {"timeout": -1}]
)
def test_a_field_that_cannot_be_used(fields: dict[str, Any]) -> None:
    assert scored("sql_result_match", output="SELECT 1", expected="SELECT 1", **fields).status is Status.INVALID


def test_bags_of_floats_are_near_whatever_their_order() -> None:
    chance = random.Random(4)
    for _ in range(COUNT):
        rows = [(chance.random() * 10 ** chance.randint(-5, 5), chance.choice("ab")) for _ in range(6)]
        moved = [(number * (1 + chance.uniform(-1, 1) * 1e-12), name) for number, name in rows]
        chance.shuffle(moved)
        assert same(rows, moved, ordered=False)
        moved[0] = (moved[0][0] * 1.001, moved[0][1])
        assert not same(rows, moved, ordered=False)
