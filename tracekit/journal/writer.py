"""One process's journal: appends records to a file that is opened at the first of them, and again after a fork.

A file that has grown large is followed by another, in which the numbers of the records go on.

It never raises into its caller and takes no lock to append: each record is one `write` on an O_APPEND descriptor. What
could not be written is counted, with the reason; so is what went into a file that somebody removed. The file is held
under a shared `flock`, so that a reader can tell a writer that lives from one that was killed.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import platform
import secrets
import sys
import threading
import time
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tracekit._version import __version__
from tracekit.errors import tell
from tracekit.journal import descriptors
from tracekit.journal.frame import pack, preamble
from tracekit.journal.records import CLOSE, CONTINUED, FORMAT, HEADER, RESOURCE, SUFFIX, encode, family

try:
    import fcntl
except ImportError:  # Windows: readers fall back to the process number in the header
    fcntl = None

ROTATE_BYTES = 64 << 20
"""A file larger than this is followed by another."""
SYNC_SECONDS = 0.1
RETIRED_SECONDS = 60.0
"""How long a file that has been followed stays open: a thread may just be about to write to it."""

LOOK_SECONDS = 0.1
"""How often it is asked whether the file is still there: the system takes records into a removed one as into any."""

Fsync = Literal["off", "each", "100ms"]
FSYNC: tuple[Fsync, ...] = ("off", "each", "100ms")
"""When the disk is waited for: never, at each record, or a tenth of a second after a record at the latest."""

DIRECTORY_MODE = 0o700
FILE_MODE = 0o600
_REMOVED = "it was removed while this program wrote to it"


@dataclass(slots=True, frozen=True, kw_only=True)
class JournalStats:
    """Records of this process: handed in, written, dropped, and why the last one was dropped (None: none was)."""

    accepted: int
    written: int
    dropped: int
    why: str | None


class JournalWriter:
    """Appends records for this process to one file of a directory.

    Args:
        directory: the data directory's `journal/`; made, mode 0700, when the first record comes.
        role: what writes: "app" or "collector".
        fsync: when the disk is waited for.
        rotate_bytes: a file larger than this is followed by another.
    """

    def __init__(
        self, directory: Path, *, role: str = "app", fsync: Fsync = "off", rotate_bytes: int = ROTATE_BYTES
    ) -> None:
        self.directory = directory
        self._role = role
        self._fsync: Fsync = fsync
        self._rotate_bytes = rotate_bytes
        self.generation = 0
        """Counts the files: a fork or a close begins another, which knows nothing of the one before."""
        self._opening = threading.RLock()
        self._reset()
        _writers.add(self)

    def _reset(self) -> None:
        self.generation += 1
        self._fd: int | None = None
        self.path: Path | None = None
        self._process = ""
        self._part = 0
        self._named_ms = 0
        self._size = 0
        self._retired: list[tuple[float, int]] = []
        self._synced: dict[int, int] = {}
        self._unsynced = threading.Event()
        self._sequence = itertools.count()
        self._accepted_total = self._written_total = self._dropped = 0
        self._why: str | None = None
        self._warned = False
        self._syncing = False
        self._retry_at = 0.0
        self._look_at = 0.0
        self._seen = 0
        self._resources: dict[int, tuple[int, Mapping[str, Any]]] = {}

    def append(self, kind: bytes, payload: bytes) -> bool:
        """Write one record; False when it was dropped, which is counted. Safe in any thread and in finalisers."""
        written = self._write(kind, payload)
        if self._size >= self._rotate_bytes:
            self._rotate()
        if time.monotonic() >= self._look_at:
            self._look()
        return written

    def _write(self, kind: bytes, payload: bytes) -> bool:
        self._accepted_total += 1
        fd = self._fd
        if fd is None:
            fd = self._open()
            if fd is None:
                self._dropped += 1
                return False
        try:
            size, written = descriptors.write(fd, preamble(kind, next(self._sequence), payload), payload)
        except OSError as error:
            if error.errno == errno.EBADF and self._open_again(fd):
                self._accepted_total -= 1  # it is handed in once
                return self._write(kind, payload)
            return self._drop(f"{self.path}: {error.strerror or error}")
        if written != size:
            return self._drop(f"{self.path}: only {written} of {size} bytes could be written (disk full?)")
        if self._fsync != "off" and not self._settle(fd):
            return False
        self._written_total += 1
        self._size += written
        return True

    def resource(self, attributes: Mapping[str, Any]) -> int | None:
        """The number that span records of this file give for a resource; None when it could not be written down.

        A resource is known by its identity. It is known to the file of this `generation` only.
        """
        known = self._resources.get(id(attributes))
        if known is not None:
            return known[0]
        with self._opening:  # no file may follow this one between the record and the note of it
            if self._fd is None and self._open() is None:
                return None  # the span's own records are counted as dropped
            number = len(self._resources)
            if not self._write(RESOURCE, _resource(number, attributes)):
                return None
            self._resources[id(attributes)] = (number, attributes)  # kept alive, so that its id stays its own
            return number

    def sync(self) -> None:
        """Wait until every record written so far is on the disk.

        Raises:
            OSError: the disk refused, or the file was removed.
        """
        with self._opening:
            if not self._look():
                raise FileNotFoundError(errno.ENOENT, _REMOVED, str(self.path))
            for fd in (self._fd, *(fd for _, fd in self._retired)):
                if fd is None:
                    continue
                size = os.fstat(fd).st_size
                if self._synced.get(fd) != size:  # files that were followed by others seldom grow any more
                    descriptors.datasync(fd)
                    self._synced[fd] = size

    def sync_written(self) -> None:
        """Sync where something has been written since the last time; that the disk refuses is noted."""
        if self._unsynced.is_set():
            self._unsynced.clear()
            try:
                self.sync()
            except OSError as error:
                self._note(f"{self.path}: {error.strerror or error}")

    def stats(self) -> JournalStats:
        """What has become of the records so far."""
        self._look()
        return JournalStats(
            accepted=self._accepted_total, written=self._written_total, dropped=self._dropped, why=self._why
        )

    def close(self) -> None:
        """Say that the process ended in order, and let the file go; a later record opens a new one."""
        with self._opening:
            self._look()
            if self._fd is not None:
                self._write(CLOSE, encode({"dropped": self._dropped}).encode())
                self.sync_written()
            elif not self._retired:
                return
            self._let_go()
            stats = (self._accepted_total, self._written_total, self._dropped, self._why)
            self._reset()
            self._accepted_total, self._written_total, self._dropped, self._why = stats

    def _open(self) -> int | None:
        with self._opening:
            if self._fd is not None or time.monotonic() < self._retry_at:
                return self._fd
            if not self._part:
                self._process = f"{platform.node()}-{os.getpid()}-{secrets.token_hex(4)}"
                self._sequence = itertools.count()
            try:
                self._fd = self._begin()
            except OSError as error:
                self._retry_at = time.monotonic() + 1.0
                self._note(f"{error.filename or self.directory}: {error.strerror or error}")
            if self._fd is not None and self._fsync == "100ms" and not self._syncing:
                self._sync_in_a_thread()
            return self._fd

    def _sync_in_a_thread(self) -> None:
        thread = threading.Thread(target=_sync_often, args=(weakref.ref(self),), name="tracekit-sync", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # the interpreter is ending, or there are too many
            self._fsync = "each"
            self._note(f"no thread can be started to sync {self.path} ({error}), so each record is synced")
        self._syncing = True

    def _look(self) -> bool:
        """Whether the file is still there; where it is not, the next record begins another.

        What was written since the last look is counted as dropped. What a collector had not read before is missing from
        the numbers, which go on.
        """
        with self._opening:
            now, fd = time.monotonic(), self._fd
            self._look_at = now + LOOK_SECONDS
            if fd is None or not descriptors.is_removed(fd):
                self._seen = self._written_total
                return True
            lost = self._written_total - self._seen
            self._written_total -= lost
            self._dropped += lost
            self._note(f"{self.path}: {_REMOVED}")
            self._retired.append((now, fd))
            self._fd = None
            self._part += 1
            return False

    def _open_again(self, fd: int) -> bool:
        """Go on in another file: the program has closed every descriptor it found, ours among them, as daemons do."""
        with self._opening:
            if self._fd == fd:
                self._fd, self._part, self._retired = None, 0, []  # the numbers begin anew: what was written is there
                self._open()
            return self._fd is not None

    def _rotate(self) -> None:
        """Go on in another file. The one before stays open for a while, since threads that write take no lock."""
        with self._opening:
            before, now = self._fd, time.monotonic()
            if before is None or self._size < self._rotate_bytes or now < self._retry_at:
                return
            try:
                self._part += 1
                after = self._begin()
            except OSError as error:  # no room for another file: this one goes on
                self._part -= 1
                self._retry_at = now + 1.0
                self._note(f"{error.filename or self.directory}: {error.strerror or error}")
                return
            self._write(CONTINUED, b"{}")
            self._fd = after
            for retired, fd in self._retired:
                if now - retired > RETIRED_SECONDS:
                    descriptors.close(fd)
            self._retired = [(then, fd) for then, fd in self._retired if now - then <= RETIRED_SECONDS]
            self._retired.append((now, before))

    def _settle(self, fd: int) -> bool:
        """See to it that a record reaches the disk; False when the disk refused, which drops it."""
        if self._fsync == "100ms":
            self._unsynced.set()
            return True
        try:
            descriptors.datasync(fd)
        except OSError as error:
            return self._drop(f"{self.path}: {error.strerror or error}")
        return True

    def _begin(self) -> int:
        """A new file with its header in it, and what the records of this process refer to."""
        header = {
            "format": FORMAT,
            "process": self._process,
            "part": self._part,
            "pid": os.getpid(),
            "host": platform.node(),
            "role": self._role,
            "started_ns": time.time_ns(),
            "argv": (sys.argv or [])[:1],  # None once the interpreter takes modules apart, and finalisers still trace
            "python": platform.python_version(),
            "tracekit": __version__,
        }
        fd, path = self._create()
        try:
            self._write_head(fd, header)
        except OSError:
            os.close(fd)
            with contextlib.suppress(OSError):  # each try would leave an empty file behind
                path.unlink()
            raise
        self.path = path
        self._size = 0  # of records to come: a head that is large by itself must not call for yet another file
        return fd

    def _write_head(self, fd: int, header: dict[str, Any]) -> None:
        head = [pack(HEADER, next(self._sequence), encode(header).encode())]
        head += [
            pack(RESOURCE, next(self._sequence), _resource(number, attributes))
            for number, attributes in self._resources.values()
        ]
        frames = b"".join(head)
        if os.write(fd, frames) != len(frames):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _create(self) -> tuple[int, Path]:
        for folder in (self.directory.parent, self.directory):
            try:
                folder.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)  # the mode is for the last folder alone
            except FileExistsError:
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder)) from None
        self._named_ms = max(time.time_ns() // 1_000_000, self._named_ms + 1)  # names sort as the files were begun
        path = self.directory / f"{self._named_ms:013d}-{family(self._process)}{SUFFIX}"
        flags = os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_CLOEXEC", 0)
        fd = descriptors.aside(os.open(path, flags, FILE_MODE))
        if fcntl is not None:
            fcntl.flock(fd, fcntl.LOCK_SH)
        return fd, path

    def _drop(self, why: str) -> bool:
        self._dropped += 1
        self._note(why)
        return False

    def _note(self, why: str) -> None:
        self._why = why
        if not self._warned:
            self._warned = True
            tell(
                f"a record could not be written to the journal: {why}. The program goes on; records are dropped and "
                "counted (tracekit.flush() tells) until there is room and permission to write there."
            )

    def after_fork(self) -> None:
        """In the child: leave the parent's file and lock to the parent; the next record opens a file of our own."""
        self._opening = threading.RLock()
        self._let_go()
        self._reset()

    def _let_go(self) -> None:
        for fd in (self._fd, *(fd for _, fd in self._retired)):
            descriptors.close(fd)


def _resource(number: int, attributes: Mapping[str, Any]) -> bytes:
    return encode({"id": number, "attributes": dict(attributes)}).encode()


def _sync_often(reference: weakref.ref[JournalWriter]) -> None:
    """Sync what a writer has written, until its file is closed or the writer gone."""
    first = reference()
    generation = first.generation if first is not None else 0
    del first
    while True:
        time.sleep(SYNC_SECONDS)
        writer = reference()
        if writer is None or writer.generation != generation:
            return
        writer.sync_written()
        del writer


_writers: weakref.WeakSet[JournalWriter] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for writer in list(_writers):
        writer.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
