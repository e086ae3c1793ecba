"""Where a query goes: to the database, or to the `tracekit up` that holds it, without the asker's knowing."""

from __future__ import annotations

import json
import multiprocessing
import os
import stat
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import httpx2
import pytest

import tracekit
from tests.support import journals
from tests.support.commands import up
from tests.support.stores import lay
from tracekit.errors import QueryError, StoreBusyError, StoreError, UsageError
from tracekit.journal.writer import JournalWriter
from tracekit.query import running, source
from tracekit.query.running import Running
from tracekit.query.source import RemoteSource, StoreSource, open_source, prepare

OTHER = "f" * 32


@pytest.fixture
def recorded(data_dir: Path) -> Path:
    """A data directory in which a program that has ended left two traces."""
    lay(data_dir / "traces.duckdb")
    writer = JournalWriter(data_dir / "journal")
    journals.end(writer, 1, **journals.chat(1, model="gpt-4o"))
    journals.end(writer, 2, parent=1)
    journals.end(writer, 3, trace=OTHER, status=[2, "broke"])
    writer.close()
    return data_dir


def left_behind(directory: Path, pid: int) -> None:
    running.announce(
        directory, Running(url="http://127.0.0.1:9", pid=pid, key="k", instance="i", database=str(directory / "x"))
    )


def test_what_the_journals_hold_is_folded_in_first(recorded: Path) -> None:
    with open_source() as found:
        assert isinstance(found, StoreSource)
        assert found.sql("SELECT count(*) FROM spans").rows == [(3,)]


@pytest.mark.parametrize("news", [True, False])
def test_what_decodes_is_loaded_at_news_and_pandas_never(recorded: Path, *, news: bool) -> None:
    if not news:
        with open_source():
            pass
    asked = "import sys, tracekit; rows = tracekit.connect().sql('select count(*) from spans').rows; "
    told = "print(rows, 'tracekit.collector.reading' in sys.modules, 'pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked + told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"[(3,)] {news} False"


def test_near_and_far_look_the_same(recorded: Path) -> None:
    query = "SELECT * FROM spans WHERE span_id <> $other ORDER BY span_id"
    bound = {"other": "0" * 16}
    with open_source() as near:
        here = near.sql(query, bound)
    with up(cwd=recorded) as (url, process):
        with open_source(recorded / ".." / recorded.name) as far:
            assert isinstance(far, RemoteSource)
            there = far.sql(query, bound)
            assert far.sql("SELECT 1 UNION ALL SELECT 2", limit=1).truncated
            with pytest.raises(QueryError) as remote:
                far.sql("SELECT nothing")
        mode = stat.S_IMODE((recorded / "up.json").stat().st_mode)
        assert (running.find(recorded), mode) == (running.find(recorded), 0o600)
        known = running.find(recorded)
        assert known is not None
        assert (known.url, known.pid) == (url, process.pid)
    with open_source() as near, pytest.raises(QueryError) as local:
        near.sql("SELECT nothing")
    assert here == there
    assert isinstance(there.rows[0][there.columns.index("start_time")], datetime)
    assert str(remote.value) == str(local.value)
    assert not (recorded / "up.json").exists()


def test_a_program_that_died_while_up_runs_is_there_when_asked(recorded: Path) -> None:
    with up(cwd=recorded), journals.live_writer(recorded / "journal", 50) as process:
        process.kill()
        process.wait()
        with open_source() as far:
            assert far.sql(
                "SELECT outcome, count(*) FROM spans WHERE span_id > '0000000000000003' GROUP BY 1 ORDER BY 2"
            ).rows == [
                ("interrupted", 1),
                ("complete", 47),
            ]


def test_the_journals_are_folded_in_by_the_first_question_and_not_waited_for_by_the_next(recorded: Path) -> None:
    with up(cwd=recorded):
        asked: list[object] = []
        with open_source() as far:
            assert isinstance(far, RemoteSource)
            ask = far._ask  # pyright: ignore[reportPrivateUsage]
            far._ask = lambda path, question: (asked.append(question["fold"]), ask(path, question))[1]  # pyright: ignore[reportPrivateUsage]
            with pytest.raises(QueryError):
                far.sql("SELECT nothing")
            for _ in range(2):
                assert far.sql("SELECT count(*) FROM spans").rows == [(3,)]
    assert asked == [True, True, False]


def test_only_who_knows_the_key_may_ask(recorded: Path) -> None:
    with up(cwd=recorded) as (url, _), httpx2.Client(trust_env=False) as client:
        for headers in ({}, {"Authorization": "Bearer wrong"}):
            assert (
                client.post(f"{url}/api/sql", json={"query": "SELECT 1", "parameters": []}, headers=headers).status_code
                == 401
            )
        known = running.find(recorded)
        assert known is not None
        key = {"Authorization": f"Bearer {known.key}"}
        assert (
            client.post(f"{url}/api/sql", json={"query": "SELECT 1", "parameters": []}, headers=key).status_code == 200
        )
        for body in (
            b"{",
            b"[]",
            b'{"query": "SELECT 1"}',
            b'{"query": "SELECT 1", "parameters": [], "limit": "many"}',
        ):
            assert client.post(f"{url}/api/sql", content=body, headers=key).status_code == 400


def test_an_up_of_another_database_is_not_asked(recorded: Path, tmp_path: Path) -> None:
    with up("--db", str(tmp_path / "other.duckdb"), cwd=recorded), open_source() as near:
        assert isinstance(near, StoreSource)


def test_what_a_dead_up_left_behind_is_removed(recorded: Path) -> None:
    left_behind(recorded, pid=2**22 + 1)
    with open_source() as near:
        assert isinstance(near, StoreSource)
    assert not (recorded / "up.json").exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"url": 5}', '{"unknown": 1}'])
def test_an_up_json_that_is_none_is_ignored(recorded: Path, text: str) -> None:
    (recorded / "up.json").write_text(text)
    with open_source() as near:
        assert isinstance(near, StoreSource)


def test_an_up_json_of_a_living_process_that_is_not_ours_to_judge_stays(recorded: Path) -> None:
    left_behind(recorded, pid=os.getpid())
    with open_source() as near:
        assert isinstance(near, StoreSource)
    assert (recorded / "up.json").exists()


def _count(directory: Path, times: int) -> list[int]:
    counts: list[int] = []
    for _ in range(times):
        with open_source(directory) as found:
            counts.append(found.sql("SELECT count(*) FROM spans").rows[0][0])
    return counts


def test_short_commands_that_meet_wait_for_each_other(recorded: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert pool.starmap(_count, [(recorded, 3)] * 2) == [[3] * 3] * 2


def test_one_that_does_not_let_go_is_named(recorded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "BUSY_SECONDS", 0.3)
    with open_source(), pytest.raises(StoreBusyError, match=r"traces\.duckdb"):
        open_source()


def test_no_directory_is_an_error_and_not_an_empty_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no such data directory"):
        open_source(tmp_path / "typo")
    assert not (tmp_path / "typo").exists()


def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="--dir"):
        prepare(tmp_path / "file" / "data")
    prepare(tmp_path / "data")
    assert [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "data", tmp_path / "data/journal")] == [
        0o700,
        0o700,
    ]


def test_connect_asks_anew_each_time_and_keeps_nobody_out(recorded: Path) -> None:
    store = tracekit.connect()
    assert [row["status"] for row in store.traces().dicts()] == ["error", "unset"]
    assert store.traces("cost_usd > ?", [0.001]).dicts()[0]["trace_id"] == journals.TRACE
    assert len(store.spans("trace_id = $id", {"id": journals.TRACE}).rows) == 2
    writer = JournalWriter(recorded / "journal")
    journals.end(writer, 4)
    with open_source():
        pass  # nothing is held in between
    assert len(store.spans(limit=3).rows) == 3
    assert store.sql("SELECT count(*) AS n FROM spans").arrow().to_pydict() == {"n": [4]}
    writer.close()


@pytest.mark.parametrize("name", ["", "traces.duckdb"])
def test_connect_by_path(recorded: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with open_source():
        pass
    monkeypatch.setenv("TRACEKIT_DIR", "/nowhere")
    store = tracekit.connect(recorded / name)
    assert len(store.spans().rows) == 3


def test_a_trace_is_found_by_the_beginning_of_its_id_and_shown_as_a_tree(recorded: Path) -> None:
    store = tracekit.connect()
    trace = store.trace(journals.TRACE[:6])
    assert (trace["trace_id"], len(trace["spans"])) == (journals.TRACE, 2)
    for text in (repr(trace), trace._repr_html_()):
        for said in ("work 1", "work 2", "gpt-4o", "question 1", "answer 1", "$0.0035"):
            assert said in text
    assert json.loads(json.dumps(trace["spans"][1]["parent_span_id"])) == f"{1:016x}"
    assert tracekit.show("latest")["trace_id"] == OTHER
    assert tracekit.show(store.traces().dicts()[1])["trace_id"] == journals.TRACE
    assert tracekit.show(trace) is trace


def test_html_of_a_trace_is_escaped(data_dir: Path) -> None:
    writer = JournalWriter(data_dir / "journal")
    journals.end(writer, 1, name="<script>alert(1)</script>")
    writer.close()
    assert "<script>" not in tracekit.show()._repr_html_()


def test_a_trace_that_is_not_there_or_not_one(recorded: Path) -> None:
    writer = JournalWriter(recorded / "journal")
    journals.end(writer, 9, trace="f" * 31 + "e")
    writer.close()
    store = tracekit.connect()
    for word, says in (("ff", "more than one"), ("abc", "begins the id of none"), ("", "empty")):
        with pytest.raises(UsageError, match=says):
            store.trace(word)
    assert store.trace(OTHER)["trace_id"] == OTHER
    with pytest.raises(UsageError, match="trace_id"):
        tracekit.show({"name": "no id"})


def test_latest_of_nothing(data_dir: Path) -> None:
    data_dir.mkdir()
    with pytest.raises(UsageError, match="there is no trace yet"):
        tracekit.show()
