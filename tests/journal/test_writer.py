from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tracekit.journal.reader import is_alive, journals, read
from tracekit.journal.records import CLOSE, HEADER, SPAN_END, load
from tracekit.journal.writer import JournalWriter


def test_nothing_is_made_before_the_first_record(tmp_path: Path):
    writer = JournalWriter(tmp_path / "journal")
    assert not (tmp_path / "journal").exists()
    assert writer.append(SPAN_END, b"{}")
    assert oct((tmp_path / "journal").stat().st_mode)[-3:] == "700"
    assert oct(journals(tmp_path / "journal")[0].stat().st_mode)[-3:] == "600"
    writer.close()


def test_a_file_begins_with_its_header_and_ends_with_a_word(tmp_path: Path):
    writer = JournalWriter(tmp_path)
    writer.append(SPAN_END, b"{}")
    writer.close()
    chunk = read(journals(tmp_path)[0])
    assert [(frame.kind, frame.sequence) for frame in chunk.frames] == [(HEADER, 0), (SPAN_END, 1), (CLOSE, 2)]
    assert load(chunk.frames[0].payload)["pid"] == os.getpid()
    assert chunk.ended


def test_threads_share_a_file_without_tearing(tmp_path: Path):
    writer = JournalWriter(tmp_path)
    threads = [
        threading.Thread(target=lambda: [writer.append(SPAN_END, b"x" * 900) for _ in range(500)]) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    chunk = read(journals(tmp_path)[0])
    assert chunk.faults == 0
    assert sorted(frame.sequence for frame in chunk.frames) == list(range(4001))
    writer.close()


def test_a_reader_goes_on_where_it_stopped(tmp_path: Path):
    writer = JournalWriter(tmp_path)
    writer.append(SPAN_END, b"1")
    (path,) = journals(tmp_path)
    first = read(path)
    writer.append(SPAN_END, b"2")
    second = read(path, first.offset)
    assert [frame.payload for frame in second.frames] == [b"2"]
    assert not second.ended
    writer.close()


def test_a_frame_larger_than_the_limit_is_read_whole(tmp_path: Path):
    writer = JournalWriter(tmp_path)
    writer.append(SPAN_END, b"x" * 100_000)
    (path,) = journals(tmp_path)
    offset = read(path, limit=64).offset
    assert [len(frame.payload) for frame in read(path, offset, limit=64).frames] == [100_000]
    writer.close()


def test_a_killed_writer_is_known_to_be_dead_and_its_records_are_there(tmp_path: Path):
    code = (
        "import sys, time; from pathlib import Path; from tracekit.journal.writer import JournalWriter\n"
        "w = JournalWriter(Path(sys.argv[1])); [w.append(b'E', b'{}') for _ in range(20)]\n"
        "print('go', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "go\n"
    (path,) = journals(tmp_path)
    assert is_alive(path)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert not is_alive(path)
    assert len(read(path).frames) == 21


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_forked_child_writes_a_file_of_its_own(tmp_path: Path):
    writer = JournalWriter(tmp_path)
    writer.append(SPAN_END, b"parent")
    child = os.fork()
    if child == 0:
        writer.append(SPAN_END, b"child")
        os._exit(0)
    os.waitpid(child, 0)
    writer.append(SPAN_END, b"parent again")
    payloads = {
        path: [frame.payload for frame in read(path).frames if frame.kind == SPAN_END] for path in journals(tmp_path)
    }
    assert sorted(payloads.values()) == [[b"child"], [b"parent", b"parent again"]]
    assert [is_alive(path) for path in payloads if path == writer.path] == [True]
    assert [is_alive(path) for path in payloads if path != writer.path] == [False]
    writer.close()


def test_what_cannot_be_written_is_counted_and_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    blocked = tmp_path / "file"
    blocked.write_text("not a directory")
    writer = JournalWriter(blocked / "journal")
    assert [writer.append(SPAN_END, b"{}") for _ in range(3)] == [False, False, False]
    stats = writer.stats()
    assert (stats.accepted, stats.written, stats.dropped) == (3, 0, 3)
    assert "Not a directory" in str(stats.why)
    assert capsys.readouterr().err.count("tracekit: a record could not be written") == 1


def test_a_full_disk_drops_records_and_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    writer = JournalWriter(tmp_path)
    writer.append(SPAN_END, b"x")
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        results = [writer.append(SPAN_END, b"y" * 1000) for _ in range(6)]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert results.count(True) == 3
    assert writer.stats().dropped == 3
    assert writer.append(SPAN_END, b"room again")
    chunk = read(journals(tmp_path)[0])
    assert chunk.frames[-1].payload == b"room again"
    assert "tracekit" in capsys.readouterr().err
    writer.close()


def test_a_program_that_closes_all_descriptors_loses_no_record_and_gets_none_into_its_files(tmp_path: Path):
    code = (
        "import os, sys; from pathlib import Path; from tracekit.journal.writer import JournalWriter\n"
        "w = JournalWriter(Path(sys.argv[1], 'journal')); shared = {'service.name': 'daemon'}\n"
        "def write(n): w.append(b'E', b'{\"resource\":%d,\"n\":%d}' % (w.resource(shared), n))\n"
        "write(1)\n"
        "os.closerange(3, os.sysconf('SC_OPEN_MAX'))\n"
        "with open(Path(sys.argv[1], 'own'), 'w') as own:\n    write(2); print('mine', file=own)\n"
        "os.closerange(3, os.sysconf('SC_OPEN_MAX'))\n"
        "w.close(); print(w.stats())"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "dropped=0" in done.stdout
    assert (tmp_path / "own").read_text() == "mine\n"
    files = [
        [load(frame.payload) for frame in read(path).frames if frame.kind != HEADER]
        for path in journals(tmp_path / "journal")
    ]
    known = {"id": 0, "attributes": {"service.name": "daemon"}}
    expected = [[known, {"resource": 0, "n": 1}], [known, {"resource": 0, "n": 2}], [known, {"dropped": 0}]]
    assert sorted(files, key=str) == sorted(expected, key=str)


def test_the_low_descriptors_are_left_to_the_program(tmp_path: Path):
    writer = JournalWriter(tmp_path)
    with (tmp_path / "before").open("w") as before:
        lowest = before.fileno()
    writer.append(SPAN_END, b"{}")
    with (tmp_path / "after").open("w") as after:
        assert after.fileno() == lowest
    writer.close()
