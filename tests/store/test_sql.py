from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.support.spans import span
from tests.support.stores import new_store
from tracekit.errors import QueryError, UsageError
from tracekit.store import Batch, Position, Store

# The columns that people's queries rely on: a promise, so written out here a second time.
SPANS = [
    "trace_id",
    "span_id",
    "parent_span_id",
    "project",
    "service",
    "name",
    "kind",
    "operation",
    "provider",
    "request_model",
    "response_model",
    "model",
    "start_time",
    "end_time",
    "duration_ms",
    "ttft_ms",
    "status",
    "status_message",
    "error_type",
    "outcome",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "counted",
    "cost_usd",
    "session_id",
    "user_id",
    "tags",
    "finish_reasons",
    "response_id",
    "system_instructions",
    "input_messages",
    "output_messages",
    "tool_definitions",
    "input",
    "output",
    "tool_name",
    "tool_call_id",
    "tool_arguments",
    "tool_result",
    "documents",
    "scope_name",
    "scope_version",
    "dialect",
    "attributes",
    "events",
    "links",
    "resource",
    "uncached_input_tokens",
    "visible_output_tokens",
    "usage_details",
    "service_tier",
    "price_source",
    "given_cost_usd",
    "twin_of",
    "usage_fault",
]
TRACES = [
    "trace_id",
    "project",
    "service",
    "name",
    "start_time",
    "end_time",
    "duration_ms",
    "span_count",
    "error_count",
    "status",
    "models",
    "input_tokens",
    "output_tokens",
    "cost_usd",
    "session_id",
    "user_id",
    "tags",
    "input_preview",
    "output_preview",
    "complete",
    "missing_spans",
    "interrupted_spans",
    "root_status",
    "outcomes",
    "unpriced_spans",
    "usage_faults",
]
MESSAGES = [
    "trace_id",
    "span_id",
    "direction",
    "position",
    "role",
    "part",
    "type",
    "text",
    "name",
    "call_id",
    "payload",
]
SCORES = [
    "trace_id",
    "span_id",
    "name",
    "value",
    "label",
    "source",
    "comment",
    "created_at",
    "session_id",
]
GAPS = [
    "process",
    "first_missing",
    "last_missing",
    "count",
]
INSTANT = "TIMESTAMP WITH TIME ZONE"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One store of one span for all these tests: none of their queries may change it."""
    opened = new_store(tmp_path_factory.mktemp("sql") / "traces.duckdb")
    opened.commit(Batch(spans=[span()]))
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("view", "columns"),
    [("spans", SPANS), ("traces", TRACES), ("messages", MESSAGES), ("scores", SCORES), ("gaps", GAPS)],
)
def test_each_view_has_its_columns(store: Store, view: str, columns: list[str]) -> None:
    assert store.sql(f"FROM {view}").columns == columns


def test_types_of_the_views(store: Store) -> None:
    result = store.sql("FROM spans")
    types = dict(zip(result.columns, result.types, strict=True))
    assert {types[name] for name in ("start_time", "end_time")} == {INSTANT}
    assert {types[name] for name in ("duration_ms", "ttft_ms", "cost_usd")} == {"DOUBLE"}
    assert {types[name] for name in ("tags", "finish_reasons")} == {"VARCHAR[]"}
    assert {types[name] for name in ("input_tokens", "output_tokens", "cache_read_tokens")} == {"BIGINT"}
    assert {types[name] for name in ("input_messages", "tool_arguments", "documents", "attributes", "resource")} == {
        "JSON"
    }
    assert types["counted"] == "BOOLEAN"


def test_only_the_views_are_shown(store: Store) -> None:
    assert [name for (name,) in store.sql("SHOW TABLES").rows] == [
        "gaps",
        "health",
        "logs",
        "messages",
        "metrics",
        "processes",
        "sampled_out",
        "scores",
        "spans",
        "traces",
    ]


@pytest.mark.parametrize(
    ("expression", "value", "type_name"),
    [
        ("1", 1, "INTEGER"),
        ("sum(1)", 1, "HUGEINT"),
        ("1.5::DECIMAL(5,2)", Decimal("1.50"), "DECIMAL(5,2)"),
        ("[1.5::DOUBLE]", [1.5], "DOUBLE[]"),
        ("TIMESTAMPTZ '2026-01-02 03:04:05.000006+01'", datetime(2026, 1, 2, 2, 4, 5, 6, UTC), INSTANT),
        ("DATE '2026-01-02'", date(2026, 1, 2), "DATE"),
        ("TIMESTAMP_NS '2026-01-02 00:00:00.000000001'", "2026-01-02 00:00:00.000000001", "TIMESTAMP_NS"),
        ("""'{"a":1}'::JSON""", '{"a":1}', "JSON"),
        ("{'x': 1}", {"x": 1}, "STRUCT(x INTEGER)"),
        ("NULL", None, '"NULL"'),
    ],
)
def test_values_come_as_pythons_own(store: Store, expression: str, value: Any, type_name: str) -> None:
    result = store.sql(f"SELECT {expression} AS v")
    assert (result.rows, result.types) == ([(value,)], [type_name])
    assert result.arrow().column("v").to_pylist()[0] == value


def test_arrow_keeps_types_of_no_rows(store: Store) -> None:
    schema = store.sql("SELECT start_time, tags, input_tokens FROM spans WHERE false").arrow().schema
    assert schema.types == [pa.timestamp("us", tz="UTC"), pa.list_(pa.string()), pa.int64()]


def test_plain_rows_leave_by_a_shorter_way_and_are_the_same(store: Store) -> None:
    plain = """
        SELECT * FROM (VALUES
            (1::BIGINT, 2::INTEGER, 0.5::DOUBLE, true, 'a\u00e9\u2028', '{"a": 1}'::JSON, ['x', NULL]::VARCHAR[]),
            (-9223372036854775808, -1, 'inf'::DOUBLE, false, '', '[]'::JSON, []::VARCHAR[]),
            (NULL, NULL, NULL, NULL, NULL, NULL, NULL)
        ) AS rows (big, small, real, truth, words, json, list)
    """
    longer = f"SELECT *, TIMESTAMPTZ '2026-11-29' AS time FROM ({plain})"
    for limit in (None, 1, 2, 3, 4):
        short, whole = store.sql(plain, limit=limit), store.sql(longer, limit=limit)
        assert short.rows == [row[:-1] for row in whole.rows]
        assert (short.types, short.truncated) == (whole.types[:-1], whole.truncated)
        assert [[type(value) for value in row] for row in short.rows] == [
            [type(value) for value in row[:-1]] for row in whole.rows
        ]


def test_a_library_that_is_not_there_is_named(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(UsageError, match="polars is not installed"):
        store.sql("SELECT 1").pl()


def test_parameters_by_place_and_by_name(store: Store) -> None:
    assert store.sql("SELECT ? + ?", [1, 2]).rows == [(3,)]
    assert store.sql("SELECT $a + $b", {"a": 1, "b": 2}).rows == [(3,)]


def test_a_limit_says_whether_there_was_more(store: Store) -> None:
    cut = store.sql("FROM range(100000)", limit=3)
    assert (len(cut.rows), cut.truncated) == (3, True)
    whole = store.sql("FROM range(3)", limit=3)
    assert (len(whole.rows), whole.truncated) == (3, False)


@pytest.mark.parametrize(
    "query",
    [
        "FROM spans",
        "VALUES (1)",
        "DESCRIBE spans",
        "SUMMARIZE spans",
        "EXPLAIN SELECT 1",
        "WITH x AS (SELECT 1) FROM x",
    ],
)
def test_statements_that_read_are_answered(store: Store, query: str) -> None:
    assert store.sql(query).columns


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM internal.spans", "INSERT INTO internal.gaps VALUES ('a', 'b', 1, 1, 1)",
        "DROP VIEW spans", "CREATE TABLE t (a INT)",
        "UPDATE internal.spans SET name = 'x'", "SET threads = 1", "CHECKPOINT", "BEGIN", "COMMIT",
        "USE memory",
        "ATTACH '{dir}/other.duckdb'", "COPY (SELECT 1) TO '{dir}/out.csv'", "EXPORT DATABASE '{dir}/out'",
        "INSTALL httpfs",
        "LOAD httpfs", "CREATE TEMP TABLE t (a INT)", "EXPLAIN ANALYZE DELETE FROM internal.spans",
        "SELECT 1; SELECT 2", "",
        "FROM read_csv('{dir}/secret.csv')", "FROM '{dir}/secret.csv'",
        "SELECT * FROM read_text('{dir}/secret.csv')",
        "FROM glob('{dir}/*')", "FROM read_json('http://127.0.0.1:9/x')", "SELECT getenv('HOME')",
        "FROM local_variable",
        "SELEKT 1", "FROM nowhere",
    ],
)  # fmt: skip
def test_statements_that_write_or_reach_out_are_refused(store: Store, tmp_path: Path, query: str) -> None:
    local_variable = pa.table({"a": [1]})
    assert local_variable.num_rows == 1
    (tmp_path / "secret.csv").write_text("secret\n1\n")
    files = {path.name for path in tmp_path.iterdir()}
    with pytest.raises(QueryError):
        store.sql(query.format(dir=tmp_path))
    assert {path.name for path in tmp_path.iterdir()} == files
    assert store.sql("SELECT count(*) FROM spans").rows == [(1,)]
    assert store.commit(Batch(scores=[])).spans == 0  # the writer is none the worse


def test_an_error_carries_duckdbs_own_words(store: Store) -> None:
    with pytest.raises(QueryError, match="Table with name nowhere does not exist"):
        store.sql("FROM nowhere")


@pytest.mark.parametrize("part", ["second", "hour", "day", "week", "month", "quarter", "year", "decade"])
@pytest.mark.parametrize(
    "moment",
    [
        "TIMESTAMPTZ '2024-02-29 23:59:59.5+02'",
        "TIMESTAMPTZ '1969-12-31 01:00+00'",
        "TIMESTAMPTZ '-infinity'",
        "NULL::TIMESTAMPTZ",
        "TIMESTAMP '2024-02-29 23:59:59.5'",
        "TIMESTAMP_NS '2024-02-29 23:59:59.123456789'",
        "DATE '2024-02-29'",
        "INTERVAL 400 DAY",
    ],
)
def test_times_are_cut_as_the_engine_does_it(store: Store, part: str, moment: str) -> None:
    [row] = store.sql(
        f"SELECT date_trunc($part, {moment})::VARCHAR, system.main.date_trunc($part, {moment})::VARCHAR, "
        f"typeof(date_trunc($part, {moment})) = typeof(system.main.date_trunc($part, {moment}))",
        {"part": part},
    ).rows
    assert row == (row[1], row[1], True)


def test_only_questions_are_interrupted(store: Store) -> None:
    ended = threading.Event()

    def interrupt() -> None:
        while not ended.is_set():
            store.interrupt()

    interrupting = threading.Thread(target=interrupt)
    interrupting.start()
    try:
        for _ in range(20):
            store.journals()
            assert len(store.raw_spans(Position(), limit=5)) == 1
        with pytest.raises(QueryError):
            store.sql("SELECT count(*) FROM range(10_000_000_000) AS numbers WHERE hash(numbers.range) > 1")
    finally:
        ended.set()
        interrupting.join()
