"""Journals of several files: one numbering, spans open across them, and the removal of those that are stored."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.support import journals
from tracekit.collector.ingest import Ingest
from tracekit.journal import reader, records
from tracekit.journal.writer import JournalWriter
from tracekit.store import Store

HOUR = 3600


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def count(store: Store, where: str = "true") -> int:
    return store.sql(f"SELECT count(*) FROM spans WHERE {where}").rows[0][0]


def aged(journal: Path) -> list[Path]:
    """The journals, as if nothing had been written to them for an hour."""
    for path in reader.journals(journal):
        os.utime(path, (time.time() - HOUR,) * 2)
    return reader.journals(journal)


@pytest.mark.parametrize("limit", [3_000, 1 << 20])
def test_files_of_one_process_are_one_sequence(journal: Path, store: Store, limit: int) -> None:
    writer = JournalWriter(journal, rotate_bytes=4_000)
    ingest = Ingest(journal, store, limit=limit)
    journals.start(writer, 999)
    for number in range(1, 101):
        journals.end(writer, number, resource=writer.resource({"service.name": "tests"}))
        if number % 30 == 0:
            ingest.fold()
    ingest.fold()
    assert len(reader.journals(journal)) > 3
    assert (count(store, "end_time IS NOT NULL"), count(store, "outcome = 'interrupted'")) == (100, 0)
    assert store.sql("SELECT count(*) FROM gaps").rows == [(0,)]
    writer.close()
    ingest.fold()
    assert (count(store), count(store, f"outcome = 'interrupted' AND span_id = '{999:016x}'")) == (101, 1)


def test_a_record_lost_in_any_of_the_files_is_named_once(journal: Path, store: Store) -> None:
    writer = JournalWriter(journal, rotate_bytes=4_000)
    for number in range(1, 101):
        journals.end(writer, number)
    writer.close()
    lost: list[int] = []
    for path in reader.journals(journal)[:3]:
        frames = reader.read(path).frames
        lost.append(frames[5].sequence)
        whole = path.read_bytes()
        start = whole.index(frames[5].payload) - 21
        path.write_bytes(whole[:start] + whole[start + 21 + len(frames[5].payload) :])
    for _ in range(2):
        Ingest(journal, store, limit=3_000).fold()
        assert store.sql("SELECT first_missing, last_missing FROM gaps ORDER BY 1").rows == [(n, n) for n in lost]


def test_only_what_is_stored_and_old_is_removed(journal: Path, store: Store) -> None:
    ingest = Ingest(journal, store)
    closed, alive = JournalWriter(journal), JournalWriter(journal)
    journals.end(closed, 1)
    journals.end(alive, 2)
    path = closed.path
    assert path is not None
    closed.close()
    aged(journal)
    assert ingest.remove_stored() == []  # nothing of it is stored yet
    ingest.fold()
    os.utime(path)
    assert ingest.remove_stored() == []  # it was written to a moment ago
    aged(journal)
    assert ingest.remove_stored() == [path]
    assert reader.journals(journal) == [alive.path]
    alive.close()
    aged(journal)
    assert ingest.remove_stored() == []  # its last record is not read yet
    assert Ingest(journal, store).fold().spans == 0
    assert count(store) == 2


@pytest.mark.parametrize(("kind", "stays"), [(records.OTLP_LOGS_JSON, False), (b"?", True)])
def test_what_the_store_has_no_rows_for_stays(journal: Path, store: Store, kind: bytes, *, stays: bool) -> None:
    writer = JournalWriter(journal)
    writer.append(kind, b"{}")
    writer.close()
    ingest = Ingest(journal, store)
    ingest.fold()
    [path] = aged(journal)
    assert ingest.remove_stored() == ([] if stays else [path])
    assert path.exists() == stays


def test_damage_stays(journal: Path, store: Store) -> None:
    writer = JournalWriter(journal)
    journals.end(writer, 1)
    writer.close()
    [path] = reader.journals(journal)
    path.write_bytes(path.read_bytes() + b"rubbish")
    ingest = Ingest(journal, store)
    ingest.fold()
    aged(journal)
    assert ingest.remove_stored() == []
