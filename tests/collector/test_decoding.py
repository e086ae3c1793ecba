"""Decoding in a process of its own gives what decoding here gives, whatever happens to that process."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pytest

from tests.support import journals
from tests.support.stores import new_store
from tracekit.collector import decoding, pipe
from tracekit.collector.decoding import DecodingProcess
from tracekit.collector.ingest import Ingest
from tracekit.errors import StoreError, UsageError
from tracekit.journal.writer import JournalWriter
from tracekit.store import Store


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "journal"
    path.mkdir()
    return path


@pytest.fixture
def ingest(journal: Path, store: Store) -> Iterator[Ingest]:
    made = Ingest(journal, store, limit=16_384, apart=True)
    yield made
    made.close()


def count(store: Store) -> int:
    return store.sql("SELECT count(*) FROM spans").rows[0][0]


def process(ingest: Ingest) -> int | None:
    reading = ingest._reading
    assert isinstance(reading, DecodingProcess)
    return reading._process.pid if reading._process else None


def test_rows_are_those_of_decoding_here(journal: Path, store: Store, ingest: Ingest, tmp_path: Path) -> None:
    (journal / "a.tkj").write_bytes(b"".join(journals.frames(300)))
    assert ingest.fold().spans == 300
    here = new_store(tmp_path / "here.duckdb")
    assert Ingest(journal, here).fold().spans == 300
    query = "FROM spans ORDER BY span_id"
    assert store.sql(query).rows == here.sql(query).rows
    assert store.journals() == here.journals()
    here.close()


def test_nothing_new_starts_no_process(ingest: Ingest) -> None:
    assert ingest.fold().spans == 0
    assert process(ingest) is None


def test_what_comes_while_a_batch_is_asked_for_ahead_is_found_by_the_same_fold(
    journal: Path, store: Store, ingest: Ingest
) -> None:
    (journal / "a.tkj").write_bytes(b"".join(journals.frames(100)))
    assert ingest.step().more  # by now the next batch has been asked for
    with closing(JournalWriter(journal)) as writer:
        journals.end(writer, 5000)
        ingest.fold()
        assert count(store) == 101


def test_a_killed_process_is_told_and_another_goes_on(journal: Path, store: Store, ingest: Ingest) -> None:
    (journal / "a.tkj").write_bytes(b"".join(journals.frames(200)))
    ingest.step()
    pid = process(ingest)
    assert pid
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(StoreError, match="has died"):
        ingest.fold()
    ingest.fold()
    assert count(store) == 200


def test_a_batch_that_cannot_be_stored_is_read_again(journal: Path, store: Store, tmp_path: Path) -> None:
    (journal / "a.tkj").write_bytes(b"".join(journals.frames(200)))
    other = new_store(tmp_path / "other.duckdb")
    ingest = Ingest(journal, other, limit=16_384, apart=True)
    other.close()
    with pytest.raises(StoreError):
        ingest.fold()
    ingest._store = ingest._rederiver._store = store
    reading = ingest._reading
    assert isinstance(reading, DecodingProcess)
    reading._states = store.journals
    ingest.fold()
    assert count(store) == 200
    ingest.close()


def test_an_idle_process_is_ended_and_comes_back(
    journal: Path, store: Store, ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoding, "IDLE_SECONDS", 0.0)
    with closing(JournalWriter(journal)) as writer:
        journals.end(writer, 1)
        ingest.fold()
        ingest.fold()
        assert process(ingest) is None
        journals.end(writer, 2)
        ingest.fold()
    assert count(store) == 2


def test_a_price_file_that_cannot_be_used_is_told_at_once(journal: Path, store: Store, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="price file"):
        Ingest(journal, store, prices=tmp_path / "none.json", apart=True)


def test_tables_cross_the_pipe_unchanged() -> None:
    table = pa.table({"a": ["x", None, "\u20ac"], "b": pa.array([[1], None, []], pa.list_(pa.int64()))})
    both = BytesIO()
    pipe.send({"table": table, "empty": table.slice(0, 0)}, both)
    both.seek(0)
    said = pipe.receive(both)
    assert said["table"].equals(table)
    assert said["empty"].num_rows == 0
    with pytest.raises(EOFError):
        pipe.receive(both)
