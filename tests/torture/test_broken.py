"""The host program goes on with everything broken: what could not be kept is counted, and said in one line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.recorded import journaled
from tracekit.query.source import open_source

SMALL = 256 << 10
"""Bytes of the file system that is filled."""

PROGRAM = """
import json, os, shutil, sys, time, tracekit
from pathlib import Path

home = Path(os.environ["TRACEKIT_DIR"])
journal = home / "journal"

def spans(first, last):
    for number in range(first, last):
        with tracekit.span(f"span {{number}}", input="x" * 400):
            pass

def looked_after():
    '''Until the writer has looked after its file again.'''
    time.sleep(0.15)
    spans(9000, 9001)

tracekit.autolog(instrument=[])
{code}
result = tracekit.flush()
print(json.dumps({{name: getattr(result, name) for name in ("accepted", "written", "dropped", "why")}}))
"""


@dataclass(frozen=True)
class Ran:
    """What a program said of its records, and of its trouble."""

    counts: dict[str, Any]
    err: str


def run(code: str, directory: Path, **environment: str) -> Ran:
    """Run a program whose data directory is `directory`; it must end well."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(code=textwrap.dedent(code))],
        env={**os.environ, "TRACEKIT_DIR": str(directory), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Ran(json.loads(done.stdout), done.stderr)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB, where this user may make one."""
    where = tmp_path / "small"
    where.mkdir()
    mount = shutil.which("mount")
    made = mount and subprocess.run(
        [mount, "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", str(where)], capture_output=True, check=False
    )
    if not made or made.returncode:
        pytest.skip("only root may mount a small file system")
    yield where
    subprocess.run(["umount", str(where)], check=True)


def test_a_full_file_system(small_disk: Path) -> None:
    """Numbers go on through what was dropped, so that the store names it too."""
    ran = run(
        """
        (home / "filler").write_bytes(bytes(128 << 10))
        spans(0, 500)
        full = tracekit.flush().dropped
        assert full > 100, full
        (home / "filler").unlink()
        spans(500, 520)
        assert tracekit.flush().dropped == full, "there was room again"
        """,
        small_disk,
    )
    assert ran.counts["accepted"] == ran.counts["written"] + ran.counts["dropped"]
    assert ran.err.count("\n") == 1
    assert "No space left" in ran.err or "disk full" in ran.err
    shutil.copytree(small_disk / "journal", small_disk.parent / "copy" / "journal")
    with open_source(small_disk.parent / "copy") as source:
        [(missing,)] = source.sql("SELECT sum(count) FROM gaps").rows
        names = {name for (name,) in source.sql("SELECT name FROM spans WHERE end_time IS NOT NULL").rows}
    assert missing == ran.counts["dropped"]
    assert {f"span {number}" for number in range(500, 520)} <= names


def test_a_full_file_system_from_the_beginning(small_disk: Path) -> None:
    """No try may leave an empty file behind: there would be one a second."""
    ran = run(
        """
        (home / "filler").write_bytes(bytes(300 << 10)[: os.statvfs(home).f_bavail * os.statvfs(home).f_frsize])
        spans(0, 10)
        assert list(journal.iterdir()) == []
        (home / "filler").unlink()
        time.sleep(1.1)  # it is tried again each second
        spans(10, 20)
        """,
        small_disk,
    )
    assert (ran.counts["dropped"], ran.err.count("\n")) == (20, 1)
    assert journaled(small_disk).names == [f"span {number}" for number in range(10, 20)]


BROKEN = {
    "the directory is removed while the program runs": (
        "spans(0, 10); looked_after(); shutil.rmtree(home); spans(10, 20); looked_after(); spans(20, 30)",
        "it was removed while this program wrote to it",
        [*(f"span {number}" for number in range(20, 30))],
    ),
    "the directory becomes a file": (
        "spans(0, 10); looked_after(); shutil.rmtree(home); home.write_text(''); looked_after(); spans(20, 30)",
        "it was removed while this program wrote to it",
        [],
    ),
    "the directory is a file, and becomes one": (
        "home.write_text(''); spans(0, 10); home.unlink(); time.sleep(1.1); spans(10, 20)",
        "Not a directory",
        [*(f"span {number}" for number in range(10, 20))],
    ),
    "the journal folder is a dangling link": (
        "home.mkdir(); journal.symlink_to(home / 'nowhere' / 'else'); spans(0, 10)",
        "Not a directory",
        [],
    ),
    "no file may be larger than a few records": (
        "import resource as r; r.setrlimit(r.RLIMIT_FSIZE, (9_000,) * 2); spans(0, 99)",
        "bytes could be written",
        None,
    ),
    "no file may be opened": (
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3)); spans(0, 10)",
        "Too many open files",
        [],
    ),
}


@pytest.mark.parametrize(("code", "why", "kept"), BROKEN.values(), ids=BROKEN)
def test_it_is_counted_and_said_once(tmp_path: Path, code: str, why: str, kept: list[str] | None) -> None:
    home = tmp_path / "home"
    ran = run(code, home)
    assert ran.counts["dropped"] > 0
    assert ran.counts["accepted"] == ran.counts["written"] + ran.counts["dropped"]
    assert (ran.err.count("\n"), why in ran.err) == (1, True)
    assert ran.counts["why"]
    found = journaled(home) if (home / "journal").is_dir() else None
    names = [name for name in found.names if name != "span 9000"] if found else []
    if kept is not None:
        assert names == kept
    if found:
        ours = [frame for frame in found.frames if frame.kind in b"SE"]
        assert len(ours) <= ran.counts["written"]


def test_what_was_in_a_removed_file_is_missing_from_the_numbers(tmp_path: Path) -> None:
    """The store names what it never got, in a file that goes on where the removed one began."""
    home = tmp_path / "home"
    ran = run("spans(0, 10); shutil.rmtree(journal); looked_after(); spans(20, 30)", home)
    with open_source(home) as source:
        gaps = source.sql("SELECT first_missing, last_missing FROM gaps").rows
    numbered = 2 + 2 * 10 + 1  # header and resource, spans 0 to 9, and the start of the one that found it out
    assert gaps == [(0, numbered - 1)]
    assert numbered - 3 <= ran.counts["dropped"] <= numbered  # what was there at the last look was not dropped by us


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who may not")
def test_without_permission(tmp_path: Path) -> None:
    nobody = 65534
    code = f"os.mkdir(home, 0o555); os.setuid({nobody}); spans(0, 10)"
    ran = run(code, tmp_path / "home")
    assert (ran.counts["written"], ran.counts["dropped"], ran.err.count("\n")) == (0, 20, 1)
    assert "Permission denied" in ran.counts["why"]


@pytest.mark.parametrize("streams", ["2>&-", "2>/dev/full", ">&- 2>&-"])
def test_without_a_working_stderr(tmp_path: Path, streams: str) -> None:
    """Neither the trouble nor the telling of it may reach the program."""
    code = "import tracekit; tracekit.autolog(instrument=[])\nwith tracekit.span('x'): pass\n"
    script = tmp_path / "program.py"
    script.write_text(code + "import pathlib; pathlib.Path('done').touch()")
    (tmp_path / "home").write_text("no directory")
    command = f'"{sys.executable}" program.py {streams}'
    done = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, env={**os.environ, "TRACEKIT_DIR": str(tmp_path / "home")}, check=False
    )
    assert (tmp_path / "done").exists(), done.returncode


def test_no_thread_can_be_started_to_sync(tmp_path: Path) -> None:
    ran = run(
        """
        import threading
        def start(thread): raise RuntimeError("can't start new thread")
        threading.Thread.start = start
        synced = []
        os.fdatasync = synced.append
        spans(0, 3)
        assert len(synced) >= 6, synced
        """,
        tmp_path,
        TRACEKIT_FSYNC="100ms",
    )
    assert (ran.counts["dropped"], len(journaled(tmp_path).names)) == (0, 3)
