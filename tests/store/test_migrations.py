"""A file of every schema there has been opens with all that was in it, and goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.support.spans import BASE_NS, SECOND, call
from tracekit.store import Batch, Position
from tracekit.store.duckdb import open_store, opening

TRACE = f"{7:032x}"
VERSIONS = [version for version, _ in opening.migrations()]
SAID = {"gen_ai.operation.name": "chat", "shop": "north"}
SPAN: dict[str, Any] = {
    "trace_id": TRACE,
    "span_id": f"{1:016x}",
    "project": "shop",
    "service": "web",
    "name": "chat gpt-4o",
    "kind": "llm",
    "operation": "chat",
    "provider": "openai",
    "request_model": "gpt-4o",
    "model": "gpt-4o",
    "start_ns": BASE_NS,
    "end_ns": BASE_NS + SECOND,
    "status": "ok",
    "outcome": "complete",
    "input_tokens": 100,
    "output_tokens": 10,
    "counted": True,
    "cost_usd": 0.25,
    "session_id": "s-1",
    "tags": ["a"],
    "finish_reasons": ["stop"],
    "response_id": "r-1",
    "input_messages": json.dumps([{"role": "user", "parts": [{"type": "text", "content": "Why?"}]}]),
    "attributes": json.dumps(SAID),
    "events": "[]",
    "links": "[]",
    "resource": json.dumps({"service.name": "web"}),
    "dialect": "otel_genai",
    "user_text": "Why?",
}
OPEN: dict[str, Any] = {
    **SPAN,
    "span_id": f"{2:016x}",
    "parent_span_id": f"{1:016x}",
    "kind": "tool",
    "end_ns": None,
    "outcome": None,
    "counted": False,
    "journal": "app.tkj",
}
SUMMARY: dict[str, Any] = {
    "trace_id": TRACE,
    "project": "shop",
    "name": "chat gpt-4o",
    "span_count": 2,
    "error_count": 0,
    "status": "ok",
    "models": ["gpt-4o"],
    "tags": ["a"],
    "input_tokens": 100,
    "cost_usd": 0.25,
    "input_preview": "Why?",
    "complete": False,
    "missing_spans": 0,
    "interrupted_spans": 0,
}
SCORE = {"trace_id": TRACE, "name": "good", "value": 0.5, "source": "code"}
JOURNAL = {
    "name": "app.tkj", "process": "p", "offset": 42, "state": "{}", "faults": 0, "skipped_bytes": 0, "ended": False,
}  # fmt: skip
GAP = {"journal": "app.tkj", "process": "p", "first_missing": 3, "last_missing": 4, "count": 2}


@pytest.fixture(params=VERSIONS)
def old(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of that schema with a span, an open one, their trace, a score, a journal and a gap."""
    path, every = tmp_path / "old.duckdb", opening.migrations()
    with monkeypatch.context() as then:
        then.setattr(opening, "migrations", lambda: [one for one in every if one[0] <= request.param])
        connection = opening.connect(path)
    rows = {"spans": SPAN, "open_spans": OPEN, "traces": SUMMARY, "scores": SCORE, "journals": JOURNAL, "gaps": GAP}
    for table, row in rows.items():
        columns = dict(row)
        if table in {"spans", "open_spans", "traces"}:
            columns["start_time"] = "2026-09-21 14:13:20+00"
        if table == "scores":
            columns["created_at"] = "2026-09-21 14:13:20+00"
        if table == "spans" and request.param >= 3:
            columns["seq"] = 0
        names = ", ".join(f'"{name}"' for name in columns)
        values = ", ".join("?" * len(columns))
        connection.execute(f"INSERT INTO internal.{table} ({names}) VALUES ({values})", list(columns.values()))
    opening.release(path, connection)
    return path


def test_everything_is_there_and_more_can_be_stored(old: Path) -> None:
    store = open_store(old)
    spans = store.sql("FROM spans ORDER BY span_id").dicts()
    assert [row["span_id"] for row in spans] == [SPAN["span_id"], OPEN["span_id"]]
    shown = [name for name in SPAN if name in spans[0] and name not in {"attributes", "input_messages"}]
    assert {name: spans[0][name] for name in shown} == {name: SPAN[name] for name in shown}
    assert (json.loads(spans[0]["attributes"]), spans[0]["input_messages"]) == (SAID, SPAN["input_messages"])
    assert (spans[1]["end_time"], spans[1]["duration_ms"]) == (None, None)
    [trace] = store.sql("FROM traces").dicts()
    assert {name: trace[name] for name in SUMMARY if name in trace} == {
        name: value for name, value in SUMMARY.items() if name in trace
    }
    assert store.sql("SELECT name, value FROM scores").rows == [("good", 0.5)]
    assert store.sql("SELECT process, count FROM gaps").rows == [("p", 2)]
    assert store.sql("SELECT text FROM messages WHERE role = 'user' LIMIT 1").rows == [("Why?",)]
    assert store.journals()["app.tkj"].offset == 42
    assert store.sql("SELECT journal, record FROM internal.spans").rows == [(None, None)]

    ended = call(trace=7, number=2, parent=1, start_ns=BASE_NS, end_ns=BASE_NS + 2 * SECOND, response_id="r-2")
    assert store.commit(Batch(spans=[ended, ended])).spans == 1
    [trace] = store.sql("FROM traces").dicts()
    assert (trace["span_count"], trace["input_tokens"], trace["complete"]) == (2, 100 + 100, True)
    assert store.sql("SELECT count(DISTINCT seq) FROM internal.spans").rows == [(2,)]
    store.close()
    again = open_store(old)
    assert again.sql("SELECT max(version) FROM internal.schema_versions").rows == [(VERSIONS[-1],)]
    assert again.sql("SELECT count(*) FROM spans").rows == [(2,)]
    again.close()


def test_its_spans_can_be_read_anew_and_the_file_compacted(old: Path) -> None:
    store = open_store(old)
    [raw] = store.raw_spans(Position(), limit=10)
    assert raw.attributes == SAID
    assert (raw.name, raw.start_ns, raw.resource) == ("chat gpt-4o", BASE_NS, {"service.name": "web"})
    before = store.sql("FROM spans ORDER BY ALL").rows
    store.compact()
    assert store.sql("FROM spans ORDER BY ALL").rows == before
    store.close()


def test_the_ids_of_traces_lie_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "traces.duckdb"
    store = open_store(path)
    store.commit(Batch(spans=[call(trace=number) for number in range(1, 200)]))
    store.compact()
    store.close()
    with duckdb.connect(path, read_only=True) as connection:
        found = connection.execute(
            "SELECT DISTINCT compression FROM pragma_storage_info('internal.traces') "
            "WHERE column_name = 'trace_id' AND segment_type = 'VARCHAR'"
        ).fetchall()
    assert found == [("Uncompressed",)]
