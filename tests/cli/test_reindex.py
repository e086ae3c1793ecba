"""`tracekit reindex`: rows that older dialects made become what those of today make; what was set aside is retried."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from tests.cli.conftest import Ran
from tests.support.commands import tracekit, up
from tracekit import config
from tracekit.collector import rederive
from tracekit.collector.quarantine import Quarantine
from tracekit.journal import records
from tracekit.journal.writer import JournalWriter
from tracekit.query.source import open_source

Run = Callable[..., Ran]
SAID = "SELECT * REPLACE (attributes::VARCHAR AS attributes) FROM spans ORDER BY span_id"


@pytest.fixture
def aged(run: Run, recorded: Path) -> Path:
    """Rows as an older version may have left them: a model unknown, a price missing, the previews empty."""
    assert run("sql", "SELECT 1").code == 0
    with duckdb.connect(recorded / config.DATABASE) as connection:
        connection.execute(
            "UPDATE internal.spans SET model = NULL, cost_usd = NULL, price_source = NULL, derivation = NULL, "
            "user_text = NULL WHERE kind = 'llm'"
        )
        connection.execute("UPDATE internal.traces SET cost_usd = NULL, input_preview = NULL")
    return recorded


def rows(run: Run) -> list[dict[str, object]]:
    return json.loads(run("sql", "--format", "json", "FROM spans ORDER BY span_id").out)


def test_rows_become_what_they_were(run: Run, recorded: Path, aged: Path) -> None:
    before = rows(run)
    assert run("doctor", "--json").code in {0, 1}
    assert json.loads(run("doctor", "--json").out)["data"]["outdated_spans"] == 1
    ran = run("reindex", "--json")
    assert (ran.code, json.loads(ran.out)) == (0, {"changed": 1, "same": 2, "failed": 0})
    assert "3 of 3 spans read" in ran.err
    found = rows(run)
    assert [row["model"] for row in found] != [row["model"] for row in before]
    (chat,) = [row for row in found if row["kind"] == "llm"]
    assert (chat["model"], chat["cost_usd"]) == ("gpt-4o", pytest.approx(0.0035))
    traces = json.loads(run("sql", "--format", "json", "SELECT cost_usd, input_preview FROM traces ORDER BY 1").out)
    assert traces[0] == {"cost_usd": pytest.approx(0.0035), "input_preview": "question 1"}
    assert json.loads(run("doctor", "--json").out)["data"]["outdated_spans"] == 0
    assert json.loads(run("reindex", "--json").out) == {"changed": 0, "same": 3, "failed": 0}


@pytest.mark.parametrize(("flags", "changed"), [(("--dialect", "no such"), 0), (("--since", "2100-01-01"), 0), ((), 1)])
def test_only_what_is_asked_for_is_read(run: Run, aged: Path, flags: tuple[str, ...], changed: int) -> None:
    assert json.loads(run("reindex", "--json", *flags).out)["changed"] == changed


def test_it_goes_on_where_it_was_ended(run: Run, aged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rederive, "AT_ONCE", 1)
    asked: list[int] = []

    def end_after_two(sentence: str) -> None:
        asked.append(len(asked))
        if len(asked) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("tracekit.cli.output.talk", end_after_two)
        assert run("reindex").code == 130
    again = run("reindex", "--json")
    assert "2 of 3" not in again.err
    assert "3 of 3" in again.err
    assert json.loads(again.out) == {"changed": 1, "same": 2, "failed": 0}
    assert not (aged / "reindex.json").exists()


def test_through_a_running_up(aged: Path, tmp_path: Path) -> None:
    with up(cwd=tmp_path) as (_, process):
        ran = tracekit("reindex", "--json", cwd=tmp_path)
        process.terminate()
        _, err = process.communicate(timeout=20)
    assert (ran.returncode, json.loads(ran.stdout)) == (0, {"changed": 1, "same": 2, "failed": 0})
    assert "1 spans were read by older dialects" in err


def test_the_search_index_is_written_anew(run: Run, recorded: Path) -> None:
    assert run("ls", "--text", "question").code == 0
    for part in (recorded / "search-traces").glob("*.sqlite*"):
        part.write_bytes(b"")
    assert json.loads(run("reindex", "--search", "--json").out) == {"indexed": 3}
    with up(cwd=recorded.parent):
        assert tracekit("reindex", "--search", cwd=recorded.parent).stdout == "3 spans indexed\n"
    assert len(json.loads(run("ls", "--text", "question", "--json").out)) == 1


def test_what_was_set_aside_is_tried_again(run: Run, recorded: Path) -> None:
    writer = JournalWriter(recorded / "journal")
    writer.append(records.OTLP_LOGS, b"\xff")
    writer.close()
    said = json.loads(run("doctor", "--json").out)
    assert (said["data"]["quarantined"], said["data"]["journals"]["received"]) == (1, {"logs": 1})
    assert any("reindex --quarantine" in problem for problem in said["problems"])
    ran = run("reindex", "--quarantine", "--json")
    assert (ran.code, json.loads(ran.out)) == (1, {"retried": 1, "failed": 1})
    quarantine = Quarantine(recorded)
    (about,) = quarantine.folder.glob("*.json")
    about.with_suffix(".bin").write_bytes(b"")  # as if this version could read it
    ran = run("reindex", "--quarantine")
    assert (ran.code, ran.out) == (0, "1 records tried again, 0 set aside now\n")
    with open_source() as source:
        assert source.sql("SELECT count(*) FROM logs").rows == [(0,)]
