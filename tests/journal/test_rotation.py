"""A journal of many files, and one that waits for the disk."""

from __future__ import annotations

import gc
import os
import threading
import time
from pathlib import Path

import pytest

from tests.support import journals
from tracekit.journal import descriptors
from tracekit.journal.reader import journals as files
from tracekit.journal.reader import read
from tracekit.journal.records import CONTINUED, HEADER, RESOURCE, SPAN_END, load
from tracekit.journal.writer import Fsync, JournalWriter


def test_a_large_file_is_followed_by_another_of_the_same_process_and_numbering(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path, rotate_bytes=20_000)
    number = writer.resource({"service.name": "tests"})
    assert all(writer.append(SPAN_END, b"x" * 900) for _ in range(100))
    parts = files(tmp_path)
    assert len(parts) == 5
    read_parts = [read(path).frames for path in parts]
    headers = [load(frames[0].payload) for frames in read_parts]
    assert [header["part"] for header in headers] == [0, 1, 2, 3, 4]
    assert len({header["process"] for header in headers}) == 1
    for frames in read_parts:
        assert frames[0].kind == HEADER
        assert (frames[1].kind, load(frames[1].payload)["id"]) == (RESOURCE, number)
    assert [frames[-1].kind for frames in read_parts] == [CONTINUED] * 4 + [SPAN_END]
    assert sorted(frame.sequence for frames in read_parts for frame in frames) == list(range(100 + 5 + 5 + 4))
    assert not any(read(path).ended for path in parts)
    writer.close()
    assert all(read(path).ended for path in parts)


def test_threads_that_write_meanwhile_lose_nothing(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path, rotate_bytes=5_000)
    resources = [{"number": number} for number in range(8)]

    def write(number: int) -> None:
        for _ in range(200):
            journals.end(writer, number, resource=writer.resource(resources[number]))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    found = [(path, frame) for path in files(tmp_path) for frame in read(path).frames]
    assert sorted(frame.sequence for _, frame in found) == list(range(len(found)))
    assert sum(frame.kind == SPAN_END for _, frame in found) == 1600
    known = {(path, load(frame.payload)["id"]) for path, frame in found if frame.kind == RESOURCE}
    used = {(path, load(frame.payload)["resource"]) for path, frame in found if frame.kind == SPAN_END}
    assert used <= known


def test_where_no_further_file_can_be_made_the_one_before_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    writer = JournalWriter(tmp_path / "journal", rotate_bytes=3_000)
    writer.append(SPAN_END, b"{}")
    (tmp_path / "journal").rename(tmp_path / "away")
    (tmp_path / "journal").write_text("a file stands in the way")
    assert all(writer.append(SPAN_END, b"x" * 900) for _ in range(20))
    assert len(files(tmp_path / "away")) == 1
    assert "Not a directory" in capsys.readouterr().err
    writer.close()
    assert writer.stats().dropped == 0


@pytest.mark.parametrize(("fsync", "syncs"), [("off", {0}), ("each", {3}), ("100ms", {1, 2, 3})])
def test_the_disk_is_waited_for_as_asked(
    tmp_path: Path, fsync: Fsync, syncs: set[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fdatasync", synced.append)
    writer = JournalWriter(tmp_path, fsync=fsync)
    for _ in range(3):
        writer.append(SPAN_END, b"{}")
    deadline = time.monotonic() + 20
    while len(synced) < min(syncs) and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.25)
    settled = len(synced)
    assert settled in syncs  # in a process that stands still now and then, 100 ms are over sooner than it seems
    time.sleep(0.25)
    assert len(synced) == settled  # nothing new, nothing to wait for
    writer.close()


def test_a_disk_that_will_not_sync_drops_the_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fdatasync", refuse)
    writer = JournalWriter(tmp_path, fsync="each")
    assert not writer.append(SPAN_END, b"{}")
    assert writer.stats().dropped == 1
    assert "Input/output error" in capsys.readouterr().err
    writer.close()


def test_the_thread_that_syncs_ends_with_its_writer(tmp_path: Path) -> None:
    before = set(threading.enumerate())  # with that of a test before this one, perhaps
    writer = JournalWriter(tmp_path, fsync="100ms")
    writer.append(SPAN_END, b"{}")
    [thread] = set(threading.enumerate()) - before
    writer.close()
    del writer
    gc.collect()
    thread.join(60)
    assert not thread.is_alive()


def test_only_files_that_have_grown_are_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(descriptors, "datasync", synced.append)
    writer = JournalWriter(tmp_path, rotate_bytes=1)
    counts: list[int] = []
    for _ in range(3):
        writer.append(SPAN_END, b"x" * (128 << 10))
        writer.sync()
        writer.sync()
        counts.append(len(synced))
        synced.clear()
    writer.close()
    assert counts == [2, 2, 2]  # the file written to, and the empty one that follows it
