"""The ingest thread: prompt when woken, patient with a store that refuses, and never dead in silence."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import journals
from tests.support.stores import new_store
from tracekit.collector import loop as loop_module
from tracekit.collector.ingest import Ingest, Progress
from tracekit.collector.loop import IngestLoop, Stored
from tracekit.journal.writer import JournalWriter


def until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_program_s_journal_is_followed_without_being_woken_and_taken_to_its_end_at_the_stop(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "journal")
    store = new_store(tmp_path / "traces.duckdb")
    said: list[str] = []
    loop = IngestLoop(Ingest(tmp_path / "journal", store), tell=said.append, failed=lambda: said.append("failed"))
    loop.start()
    journals.end(writer, 1)
    until(lambda: store.sql("SELECT count(*) FROM spans").rows == [(1,)])
    journals.end(writer, 2)
    loop.stop()
    assert store.sql("SELECT count(*) FROM spans").rows == [(2,)]
    assert (said, loop.broken) == ([], False)
    writer.close()
    store.close()


def test_a_stop_does_not_wait_for_all_that_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_module, "LOOK_SECONDS", 0.0)
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal" / "a.tkj").write_bytes(b"".join(journals.frames(100)))
    store = new_store(tmp_path / "traces.duckdb")
    ingest = Ingest(tmp_path / "journal", store)
    loop = IngestLoop(ingest, tell=print, failed=lambda: None)
    loop.start()
    loop.stop()
    assert ingest.fold(seconds=0.0).more
    assert ingest.fold().spans == 100
    store.close()


@pytest.mark.parametrize(
    ("stored", "left"), [("kept", ["a.tkj", "b.tkj"]), ("packed", ["a.tkj", "b.tkj.zst"]), ("removed", ["a.tkj"])]
)
def test_journals_that_are_stored_are_removed_or_packed_where_that_is_wanted(
    tmp_path: Path, stored: Stored, left: list[str]
) -> None:
    journal = tmp_path / "journal"
    journal.mkdir()
    (journal / "a.tkj").write_bytes(b"".join(journals.frames(2))[:-1])  # damaged
    (journal / "b.tkj").write_bytes(b"".join(journals.frames(1)))
    for path in journal.iterdir():
        os.utime(path, (0, 0))
    store = new_store(tmp_path / "traces.duckdb")
    loop = IngestLoop(Ingest(journal, store), tell=print, failed=lambda: None, stored=stored)
    loop.start()
    loop.stop()
    assert sorted(path.name for path in journal.iterdir()) == left
    assert store.sql("SELECT count(*) FROM spans").rows == [(1,)]
    store.close()


def test_packing_takes_turns_with_storing_and_tells_once_what_cannot_be(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    journal.mkdir()
    for name in "abc":
        (journal / f"{name}.tkj").write_bytes(b"".join(journals.frames(3)))
    store = new_store(tmp_path / "traces.duckdb")
    ingest = Ingest(journal, store)
    ingest.fold()
    (journal / "b.tkj").write_bytes((journal / "b.tkj").read_bytes()[::-1])  # went bad after it was stored
    for path in journal.iterdir():
        os.utime(path, (0, 0))
    assert ingest.pack_stored(seconds=0.0).more
    assert len(list(journal.glob("*.zst"))) == 0
    done = ingest.pack_stored(seconds=60.0)
    assert (done.more, len(done.notices), "b.tkj stays unpacked" in done.notices[0]) == (False, 1, True)
    assert sorted(path.name for path in journal.iterdir()) == ["a.tkj.zst", "b.tkj", "c.tkj.zst"]
    assert ingest.pack_stored(seconds=60.0).notices == []
    for path in journal.iterdir():
        os.utime(path, (0, 0))
    assert [path.name for path in ingest.remove_stored()] == ["a.tkj.zst", "b.tkj", "c.tkj.zst"]
    store.close()


def test_a_store_that_refuses_is_told_once_and_tried_again(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "journal")
    journals.end(writer, 1)
    store = new_store(tmp_path / "traces.duckdb")
    said: list[str] = []
    loop = IngestLoop(Ingest(tmp_path / "journal", store), tell=said.append, failed=lambda: said.append("failed"))
    store.close()
    loop.start()
    until(lambda: len(said) == 1)
    for _ in range(5):
        loop.wake()
        time.sleep(0.02)
    loop.stop()
    assert len(said) == 1
    assert "tried again" in said[0]
    writer.close()


class Faulty(Ingest):
    """Fails in a way that nobody foresaw."""

    def fold(self, *, seconds: float = 0.0) -> Progress:
        raise ZeroDivisionError


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fault_of_our_own_is_passed_on(tmp_path: Path) -> None:
    store = new_store(tmp_path / "traces.duckdb")
    failed = threading.Event()
    loop = IngestLoop(Faulty(tmp_path / "journal", store), tell=print, failed=failed.set)
    loop.start()
    assert failed.wait(10)
    loop.stop()
    assert loop.broken
    store.close()
