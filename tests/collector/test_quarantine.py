"""What cannot be read or stored is set aside with its reason, and never stops the rest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from tests.support import journals, otlp
from tests.support.spans import call, span
from tracekit.collector.ingest import Ingest
from tracekit.collector.quarantine import Quarantine, Refused
from tracekit.collector.sifting import commit_sound
from tracekit.errors import StoreError
from tracekit.journal import records
from tracekit.journal.writer import JournalWriter
from tracekit.model import Span
from tracekit.store import Batch, Packed, Store
from tracekit.store.packing import pack


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[JournalWriter]:
    made = JournalWriter(tmp_path / "journal")
    yield made
    made.close()


@pytest.fixture
def quarantine(tmp_path: Path) -> Quarantine:
    return Quarantine(tmp_path)


def names(store: Store) -> list[str]:
    return [name for (name,) in store.sql("SELECT name FROM spans ORDER BY name").rows]


def test_a_poisoned_record_is_set_aside_and_its_neighbours_are_stored(
    tmp_path: Path, store: Store, writer: JournalWriter, quarantine: Quarantine
) -> None:
    poisoned = [
        (records.OTLP_TRACES, b"\xff"),
        (records.OTLP_LOGS, b"\xff"),
        (records.OTLP_METRICS_JSON, b'{"resourceMetrics": 5}'),
        (records.SPAN_END, b'{"trace_id": "00", "span_id": "1", "start_ns": 1}'),
        (records.SCORE, b"[]"),
        (b"?", b"of a newer tracekit"),
    ]
    journals.end(writer, 1)
    for record in poisoned:
        writer.append(*record)
    journals.end(writer, 2)
    Ingest(tmp_path / "journal", store).fold()
    assert names(store) == ["work 1", "work 2"]
    folder = quarantine.folder
    assert (folder.stat().st_mode & 0o777, {path.stat().st_mode & 0o777 for path in folder.iterdir()}) == (
        0o700,
        {0o600},
    )
    kept = sorted(
        (json.loads(about.read_text())["kind"].encode("latin-1"), about.with_suffix(".bin").read_bytes())
        for about in folder.glob("*.json")
    )
    assert kept == sorted(poisoned)
    assert quarantine.count() == len(quarantine.reasons()) == len(poisoned)
    assert all(quarantine.reasons())


def test_what_a_newer_version_can_read_comes_back_whole(
    tmp_path: Path, store: Store, writer: JournalWriter, quarantine: Quarantine
) -> None:
    resource = {"service.name": "shop", "tracekit.project": "rides"}
    quarantine.put(
        Refused(
            journal="1-2-a.tkj",
            sequence=7,
            kind=records.SPAN_END,
            payload=journals.record(journals.span(3, resource=4)),
            error="an older version could not",
            resources={4: resource},
        )
    )
    quarantine.put(Refused(journal="1-2-a.tkj", sequence=8, kind=b"?", payload=b"", error="nobody can"))
    assert quarantine.retry() == 2
    Ingest(tmp_path / "journal", store).fold()
    assert store.sql("SELECT name, service, project FROM spans").rows == [("work 3", "shop", "rides")]
    assert quarantine.count() == 1
    assert "kind is unknown" in quarantine.reasons()[0]
    assert quarantine.retry() == 1


def test_nothing_is_lost_where_nothing_can_be_set_aside(
    tmp_path: Path, store: Store, writer: JournalWriter, quarantine: Quarantine
) -> None:
    journals.end(writer, 1)
    writer.append(records.OTLP_TRACES, b"\xff")
    ingest = Ingest(tmp_path / "journal", store)
    quarantine.folder.write_text("a file where the folder should be")
    with pytest.raises(StoreError, match="not set aside"):
        ingest.fold()
    assert names(store) == []
    quarantine.folder.unlink()
    ingest.fold()
    assert (names(store), quarantine.count()) == (["work 1"], 1)


def poisoned(spans: list[Span], broken: set[str]) -> Packed:
    """A batch whose spans of these names have a tool result that is no JSON."""
    packed = pack(Batch(spans=spans))
    texts = ["{broken" if name in broken else None for name in packed.spans["name"].to_pylist()]
    place = packed.spans.schema.get_field_index("tool_result")
    return replace(packed, spans=packed.spans.set_column(place, "tool_result", pa.array(texts, pa.string())))


def test_rows_that_the_database_refuses_are_found_among_many(store: Store, quarantine: Quarantine) -> None:
    spans = [span(f"span {number:03}", trace=number % 7 + 1) for number in range(100)]
    broken = {"span 000", "span 050", "span 051"}
    done = commit_sound(store, poisoned(spans, broken), quarantine.put)
    assert (done.spans, done.duplicates) == (97, 0)
    assert set(names(store)) == {span.name for span in spans} - broken
    assert quarantine.count() == 3


def test_a_refused_row_is_kept_as_the_record_of_its_span(tmp_path: Path, store: Store, quarantine: Quarantine) -> None:
    content = [{"role": "user", "parts": [{"type": "text", "content": "hé"}]}]
    said = {"gen_ai.input.messages": content, "other": 1, "gen_ai.operation.name": "chat"}
    whole = call(
        "chat", input_messages=content, attributes=said, promoted={"input_messages": "gen_ai.input.messages"},
        resource={"service.name": "shop"}, status="error", raw_status=2, raw_kind=3,
    )  # fmt: skip
    commit_sound(store, poisoned([whole], {"chat"}), quarantine.put)
    assert names(store) == []
    assert quarantine.retry() == 1
    Ingest(tmp_path / "journal", store).fold()
    row = store.sql("SELECT name, service, status, attributes, input_messages FROM spans").dicts()[0]
    assert (row["name"], row["service"], row["status"]) == ("chat", "shop", "error")
    assert (json.loads(row["attributes"]), json.loads(row["input_messages"])) == (said, content)


def test_a_value_that_no_column_holds_leaves_the_span_as_it_came(store: Store) -> None:
    strange: list[Span] = [span("fine"), span("strange", finish_reasons=[object()], attributes={"a": 1})]
    store.commit(Batch(spans=strange))
    rows = store.sql("SELECT name, dialect, attributes ->> 'tracekit.fault' FROM spans ORDER BY name").rows
    assert rows[0] == ("fine", None, None)
    assert rows[1][:2] == ("strange", "raw")
    assert "object" in rows[1][2]


def test_a_retried_request_of_logs_or_metrics_is_stored_once(
    tmp_path: Path, store: Store, writer: JournalWriter
) -> None:
    log = {"timeUnixNano": str(otlp.START), "body": {"stringValue": "said"}, "eventName": "e"}
    point = {"timeUnixNano": str(otlp.START), "asDouble": 1.5}
    logs = {"resourceLogs": [{"scopeLogs": [{"logRecords": [log, {**log, "body": {"stringValue": "more"}}]}]}]}
    metrics = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "m", "gauge": {"dataPoints": [point]}}]}]}]}
    ingest = Ingest(tmp_path / "journal", store)
    for _ in range(2):
        writer.append(records.OTLP_LOGS_JSON, json.dumps(logs).encode())
        writer.append(records.OTLP_METRICS_JSON, json.dumps(metrics).encode())
        ingest.fold()
    assert store.sql("SELECT event_name, body, project FROM logs ORDER BY body").rows == [
        ("e", '"more"', "default"),
        ("e", '"said"', "default"),
    ]
    assert store.sql("SELECT name, kind, value, attributes FROM metrics").rows == [("m", "gauge", 1.5, "{}")]
