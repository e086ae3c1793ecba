from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from tests.support.spans import span
from tracekit.errors import NewerSchemaError, StoreBusyError, StoreError
from tracekit.store import Batch
from tracekit.store.duckdb import open_store, opening

HOLD = """
import sys, pathlib
from tracekit.store.duckdb import open_store
store = open_store(pathlib.Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "traces.duckdb"
    before = os.umask(0o022)
    try:
        store = open_store(path)
        store.commit(Batch(spans=[span()]))
    finally:
        os.umask(before)
    assert (mode(path.parent), mode(path), mode(path.with_name("traces.duckdb.wal"))) == (0o700, 0o600, 0o600)
    store.close()


def test_a_file_that_another_process_holds_names_it(tmp_path: Path) -> None:
    path = tmp_path / "t.duckdb"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StoreBusyError, match=f"process {holder.pid}"):
            open_store(path)
        holder.communicate("")
    open_store(path).close()


def test_a_file_that_is_open_here_already_is_busy(tmp_path: Path) -> None:
    store = open_store(tmp_path / "t.duckdb")
    with pytest.raises(StoreBusyError, match="already open in this process"):
        open_store(tmp_path / "t.duckdb")
    store.close()
    open_store(tmp_path / "t.duckdb").close()


def test_a_newer_schema_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "t.duckdb"
    open_store(path).close()
    with duckdb.connect(path) as connection:
        connection.execute("INSERT INTO internal.schema_versions VALUES (99, now(), '9.9')")
    before = path.read_bytes()
    with pytest.raises(NewerSchemaError, match=rf"has schema 99.*knows up to {opening.migrations()[-1][0]}"):
        open_store(path)
    assert path.read_bytes() == before


def test_a_file_from_before_the_ledger_is_brought_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, every = tmp_path / "t.duckdb", opening.migrations()
    monkeypatch.setattr(opening, "migrations", lambda: [one for one in every if one[0] < 4])
    connection = opening.connect(path)
    connection.execute(
        "INSERT INTO internal.spans BY NAME SELECT '1' AS trace_id, '2' AS span_id, 'a' AS name, 'llm' AS kind, "
        "now() AS start_time, 1 AS start_ns, 5 AS end_ns, 'error' AS status, true AS counted, 'r' AS response_id, "
        "'partial' AS outcome"
    )
    connection.execute(
        "INSERT INTO internal.spans BY NAME SELECT * REPLACE ('3' AS span_id, '2' AS parent_span_id, false AS counted, "
        "'complete' AS outcome) FROM internal.spans"
    )
    connection.execute(
        "INSERT INTO internal.traces BY NAME SELECT '1' AS trace_id, 'a' AS name, now() AS start_time, "
        "2 AS span_count, 1 AS error_count, 'error' AS status, [] AS models, [] AS tags, true AS complete, "
        "0 AS missing_spans, 0 AS interrupted_spans"
    )
    opening.release(path, connection)
    monkeypatch.setattr(opening, "migrations", lambda: every)
    store = open_store(path)
    assert store.sql("SELECT span_id, twin_of FROM spans ORDER BY 1").rows == [("2", None), ("3", "2")]
    columns = "root_status, outcomes, unpriced_spans, usage_faults"
    assert store.sql(f"SELECT {columns} FROM traces").rows == [("error", ["partial"], 1, 0)]
    store.close()


def test_a_database_of_something_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "t.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute("CREATE TABLE invoices (n INTEGER)")
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"something else.*main\.invoices"):
        open_store(path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "t.duckdb"
    path.write_text("hello" * 1000)
    with pytest.raises(StoreError, match="is not a DuckDB database"):
        open_store(path)
    assert path.read_text() == "hello" * 1000


def test_a_path_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be made"):
        open_store(tmp_path / "file" / "t.duckdb")
    with pytest.raises(StoreError, match="cannot be opened"):
        open_store(tmp_path)


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = open_store(tmp_path / "t.duckdb")
    store.close()
    store.close()
    with pytest.raises(StoreError, match="has been closed"):
        store.sql("SELECT 1")
    with pytest.raises(StoreError, match="has been closed"):
        store.commit(Batch(spans=[span()]))


def test_an_empty_file_is_no_database_yet(tmp_path: Path) -> None:
    path = tmp_path / "t.duckdb"
    path.touch()
    store = open_store(path)
    store.commit(Batch(spans=[span()]))
    assert store.sql("select count(*) from spans").rows == [(1,)]
    store.close()


def test_what_a_full_disk_left_of_a_new_file_does_not_stand_in_the_way(tmp_path: Path) -> None:
    path = tmp_path / "t.duckdb"
    code = (
        "import pathlib, resource, signal, sys; from tracekit.store.duckdb import open_store\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000)); open_store(pathlib.Path(sys.argv[1]))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False)
    assert "StoreError" in done.stderr
    assert not path.exists()
    open_store(path).close()
