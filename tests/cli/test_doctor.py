"""`tracekit doctor`: what is set, what is there, what is wrong, and the exit code that says so."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Ran
from tests.support import journals
from tests.support.commands import up
from tracekit import config
from tracekit.journal import records
from tracekit.journal.frame import pack
from tracekit.journal.writer import JournalWriter

Run = Callable[..., Ran]


@pytest.fixture
def private(recorded: Path) -> Path:
    recorded.chmod(0o700)
    return recorded


def test_all_is_well(run: Run, private: Path) -> None:
    ran = run("doctor")
    assert (ran.code, ran.err) == (0, "")
    for said in (
        "nothing is wrong",
        "3 spans in 2 traces",
        "schema ",
        "not running",
        str(private),
        "TRACEKIT_DIR",
        "mode 0700",
    ):
        assert said in ran.out


def test_json_has_every_setting_with_its_source_and_no_secret(
    run: Run, private: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACEKIT_TOKEN", "s3cret")
    ran = run("doctor", "--json", "--db", str(private / "other.duckdb"))
    report = json.loads(ran.out)
    found = {row["name"]: (row["value"], row["source"]) for row in report["settings"]}
    assert found.keys() == {variable.name for variable in config.VARIABLES}
    assert found["dir"] == (str(private), "TRACEKIT_DIR")
    assert found["db"][1] == "argument"
    assert found["port"] == (None, "default")
    assert found["token"] == ("(set)", "TRACEKIT_TOKEN")
    assert "s3cret" not in ran.out
    assert report["problems"] == []
    journal = report["data"]["journals"]
    assert journal.pop("bytes") > 0
    assert {name: value for name, value in journal.items() if value} == {"files": 1}


def test_what_is_wrong_with_journals_is_named(run: Run, private: Path) -> None:
    journal = private / "journal"
    (journal / "a.tkj").write_bytes(b"a photograph")
    (journal / "b.tkj").write_bytes(b"".join([*journals.frames(3)[:2], journals.frames(3)[3][:-1]]))
    (journal / "c.tkj").write_bytes(
        b"".join([*journals.frames(4)[:2], *journals.frames(4)[4:], pack(records.CLOSE, 5, b'{"dropped": 6}')])
    )
    (journal / "d.tkj").mkdir()
    ran = run("doctor", "--json")
    assert ran.code == 1
    report = json.loads(ran.out)
    said = {name: " ".join(words) for name, words in report["data"]["journals"]["troubled"].items()}
    assert said.keys() == {"a.tkj", "b.tkj", "c.tkj", "d.tkj"}
    assert "no journal" in said["a.tkj"]
    assert "damaged" in said["b.tkj"]
    assert "2 records never came" in said["c.tkj"]
    assert "could not write 6 records" in said["c.tkj"]
    assert "cannot be read" in said["d.tkj"]
    assert len(report["problems"]) == 4
    assert all(problem in run("doctor").out for problem in report["problems"])


def test_live_writers_and_a_running_up(run: Run, private: Path) -> None:
    writer = JournalWriter(private / "journal")
    journals.end(writer, 9)
    with up(cwd=private) as (url, process):
        data = json.loads(run("doctor", "--json").out)["data"]
    assert data["up"] == {"url": url, "pid": process.pid, "grpc": None}
    assert (data["spans"], data["journals"]["live"], data["journals"]["files"]) == (4, 1, 2)
    writer.close()


@pytest.mark.parametrize(("content", "says"), [(b"no database", "not a DuckDB database")])
def test_a_database_that_cannot_be_used(run: Run, private: Path, content: bytes, says: str) -> None:
    (private / "traces.duckdb").write_bytes(content)
    ran = run("doctor")
    assert (ran.code, says in ran.out) == (1, True)


def test_a_directory_open_to_others(run: Run, private: Path) -> None:
    private.chmod(0o755)
    ran = run("doctor")
    assert (ran.code, f"chmod 700 {private}" in ran.out) == (1, True)


def test_before_anything_was_recorded(run: Run, data_dir: Path) -> None:
    ran = run("doctor")
    assert (ran.code, "nothing has been recorded" in ran.out, data_dir.exists()) == (0, True, False)


def test_clients_have_a_version_and_a_verdict(run: Run, private: Path) -> None:
    clients = {client["name"]: client for client in json.loads(run("doctor", "--json").out)["clients"]}
    assert clients["openai"]["distribution"] == "openai"
    assert clients["openai"]["verified"] is (None if clients["openai"]["version"] is None else True)


def test_points_are_looked_for_where_they_are_asked_for(run: Run, private: Path) -> None:
    clients = {client["name"]: client for client in json.loads(run("doctor", "--points", "--json").out)["clients"]}
    assert "openai.resources.chat.completions.completions.Completions.create" in clients["openai"]["patched"]
    assert clients["openai"]["missing"] == []
    assert (clients["http"]["opt_in"], "patched" in clients["http"]) == (True, False)


def test_what_programs_told_of_their_clients_is_told(run: Run, private: Path) -> None:
    client = {"name": "openai", "version": "9.0", "supported": ">=2,<4", "patched": ["a.b"], "missing": ["a.c"]}
    counted = {"requests": 3, "calls": 1, "unseen": {"a.d": 2}, "tested": [], "distribution": "openai"}
    cost = {"calls": 1, "shed": 1, "mean_ms": 0.5, "p99_ms": 0.75, "total_ms": 0.5, "share": 0.0125}
    said = {"time_ns": 1, "id": "p", "clients": [client | counted], "others": {}, "faults": {}, "cost": cost}
    writer = JournalWriter(private / "journal")
    writer.append(records.HEALTH, records.encode(said).encode())
    writer.close()
    ran = run("doctor")
    assert ran.code == 1
    for said_ in (
        "openai  9.0  1 calls, 3 requests, 2 of them without a span; 1 points found, 1 missing",
        "1 calls: 0.50 ms in the mean, 0.75 ms at the 99th percentile, 1.25% of their time; 1 without content",
        "openai 9.0: 2 of 3 requests left no span, from a.d",
        "it lacks a.c",
    ):
        assert said_ in ran.out
    assert json.loads(run("doctor", "--json").out)["data"]["tracing"]["clients"][0]["unseen"] == 2


@pytest.mark.parametrize("place", ["data", "data/journal"])
def test_a_file_where_a_directory_should_be_is_named(run: Callable[..., Ran], tmp_path: Path, place: str):
    blocked = tmp_path / place
    blocked.parent.mkdir(exist_ok=True)
    blocked.write_text("no directory")
    done = run("doctor", "--dir", str(tmp_path / "data"))
    assert done.code == 1
    assert str(blocked) in done.out.partition("wrong")[2]
    assert run("sql", "--dir", str(tmp_path / "data"), "select 1").code == 2
