"""The thread that keeps the store up with the journals: wakes when told, and looks by itself a few times a second."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from typing import Literal

from tracekit.collector.ingest import Ingest
from tracekit.errors import StoreError
from tracekit.store import Retention

POLL_SECONDS = 0.2
RETRY_SECONDS = 2.0
REST_SECONDS = 0.5
"""After rows were stored, the thread rests for as long as that took, and no longer than this: what comes meanwhile is
stored together, since each transaction has costs of its own."""
LOOK_SECONDS = 5.0
"""How long the thread goes on storing before it sees whether it shall stop: the journals keep the rest."""
IDLE_SECONDS = 5.0
"""After so long without new rows, memory is let go that was kept for more; and as often while nothing comes."""
TIDY_SECONDS = 60.0
"""How often journals that are stored whole are looked for, and traces that are not kept any longer."""
PACK_SECONDS = 1.0
"""How long journals are packed at a time, about, while others wait to be stored."""

Stored = Literal["kept", "packed", "removed"]
"""What becomes of journals that are stored whole."""


class IngestLoop:
    """Runs an `Ingest` until it is stopped.

    Args:
        ingest: what is run.
        tell: takes sentences for a person: what could not be read, why rows cannot be stored.
        failed: called when the thread ends by an error that it cannot handle, which the thread then raises.
        stored: what becomes of journals that are stored whole.
        keeps: which traces are kept for how long; the others are forgotten.
    """

    def __init__(
        self,
        ingest: Ingest,
        *,
        tell: Callable[[str], None],
        failed: Callable[[], None],
        stored: Stored = "kept",
        keeps: Retention | None = None,
    ) -> None:
        self._ingest = ingest
        self._stored: Stored = stored
        self._keeps = keeps
        self._tidy_at = 0.0
        self._idle_at = 0.0
        self._tell = tell
        self._failed = failed
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._rest = 0.0
        self.broken = False
        self._trouble: str | None = None
        self._thread = threading.Thread(target=self._run, name="tracekit-ingest", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Look now: something has been appended."""
        self._wake.set()

    def stop(self) -> None:
        """Take in what the journals hold by now, for a few seconds at most, and end."""
        self._stopping.set()
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        with contextlib.ExitStack() as unless_finished:
            unless_finished.callback(self._break)
            while not self._stopping.is_set():
                self._wake.wait(POLL_SECONDS if self._trouble is None else RETRY_SECONDS)
                self._stopping.wait(self._rest)
                self._wake.clear()
                self._look()
            self._look()
            unless_finished.pop_all()

    def _break(self) -> None:
        self.broken = True
        self._failed()

    def _look(self) -> None:
        began = time.monotonic()
        try:
            progress = self._ingest.fold(seconds=LOOK_SECONDS)
        except StoreError as error:
            # The journals keep everything meanwhile: say it once, and go on trying.
            if str(error) != self._trouble:
                self._trouble = str(error)
                self._tell(f"{error} The journals keep what comes in; storing it is tried again.")
            return
        self._trouble = None
        if progress.more:
            self._wake.set()
        self._rest = min(time.monotonic() - began, REST_SECONDS) if progress.spans else 0.0
        if progress.spans:
            self._idle_at = time.monotonic() + IDLE_SECONDS
        elif time.monotonic() >= self._idle_at:
            self._idle_at = time.monotonic() + IDLE_SECONDS
            self._ingest.rest()
        for notice in progress.notices:
            self._tell(notice)
        if time.monotonic() >= self._tidy_at:
            self._tidy_at = time.monotonic() + TIDY_SECONDS
            self._tidy()

    def _tidy(self) -> None:
        if self._stored == "removed":
            self._ingest.remove_stored()
        elif self._stored == "packed":
            self._pack()
        if self._keeps is not None and not self._keeps.endless:
            try:
                done = self._ingest.forget(self._keeps)
            except StoreError as error:
                self._tell(str(error))
                return
            if done.traces or done.records:
                self._tell(f"{done.traces} traces with {done.spans} spans were forgotten: see the retention settings.")

    def _pack(self) -> None:
        done = self._ingest.pack_stored(seconds=PACK_SECONDS)
        for notice in done.notices:
            self._tell(notice)
        if done.more:
            self._tidy_at = 0.0
