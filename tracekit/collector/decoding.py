"""Decoding in a process of its own: bound by the interpreter's lock, it would hold up whoever shares the process.

The process reads journals and answers with Arrow tables over a pipe; while one answer is stored, the next is made. It
has nothing that is not in the journals or the store: it may die at any moment, and another goes on from what is stored.
"""

from __future__ import annotations

import contextlib
import pickle
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tracekit.collector import memory, pipe
from tracekit.collector.news import BATCH_BYTES, States, Taken, has_news
from tracekit.errors import StoreError, TracekitError
from tracekit.store import JournalState

Order = Literal["take"]

IDLE_SECONDS = 30.0
"""A process that has found nothing new for so long is ended, with the memory it holds."""


@dataclass(slots=True, frozen=True, kw_only=True)
class Opening:
    """What the process is told first; see `Reading`."""

    directory: Path
    states: dict[str, JournalState]
    prices: Path | None
    limit: int


class DecodingProcess:
    """A `Reading` in another process. Not safe in several threads at once.

    Args:
        directory: the data directory's `journal/`.
        states: how far each journal is stored.
        prices: a JSON file of prices that come before the built-in ones.
        limit: bytes read at once, about.

    Raises:
        UsageError: the file of prices cannot be used.
    """

    def __init__(
        self, directory: Path, states: States, *, prices: Path | None = None, limit: int = BATCH_BYTES
    ) -> None:
        self._dir = directory
        self._states = states
        self._prices = prices
        self._limit = limit
        self._stored: Mapping[str, JournalState] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._asked = False
        self._useful_at = 0.0

    def take(self) -> Taken:
        """Read on; see `Readable`.

        Raises:
            StoreError: the directory cannot be read, or the process has died: after a `reset` another one goes on.
            UsageError: the file of prices cannot be used.
        """
        if self._process is None:
            if self._stored is None:
                self._stored = self._states()
            if not has_news(self._dir, self._stored):
                return Taken()
        ahead = self._asked
        if not ahead:
            self._ask()
        taken = self._answer()
        if taken.more:
            self._ask()
        self._rest(taken)
        # What was asked for ahead of time may have missed what has come since: that is looked for once more.
        taken.more |= ahead
        return taken

    def reset(self) -> None:
        """Go back to what is stored."""
        self.close()

    def close(self) -> None:
        """End the process."""
        process, self._process, self._asked, self._stored = self._process, None, False, None
        if process is not None:
            process.kill()
            process.communicate()
            memory.release()

    def _rest(self, taken: Taken) -> None:
        now = time.monotonic()
        if taken.packed is not None:
            self._useful_at = now
        elif now - self._useful_at > IDLE_SECONDS:
            self.close()

    def _ask(self) -> None:
        process = self._process or self._start()
        self._send(process, "take")
        self._asked = True

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tracekit.collector.worker"]
        self._process = process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - a module of ours
        assert process.stdout is not None
        pipe.widen(process.stdout)
        self._useful_at = time.monotonic()
        opening = Opening(directory=self._dir, states=dict(self._states()), prices=self._prices, limit=self._limit)
        self._send(process, opening)
        return process

    def _send(self, process: subprocess.Popen[bytes], said: Opening | Order) -> None:
        assert process.stdin is not None
        try:
            pipe.send(said, process.stdin)
        except OSError as error:
            raise self._died(process) from error

    def _answer(self) -> Taken:
        process = self._process
        assert process is not None
        assert process.stdout is not None
        self._asked = False
        try:
            answer: Taken | TracekitError = pipe.receive(process.stdout)
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            raise self._died(process) from error
        if isinstance(answer, TracekitError):
            self.close()
            raise answer
        return answer

    def _died(self, process: subprocess.Popen[bytes]) -> StoreError:
        with contextlib.suppress(OSError):
            process.kill()
        code = process.wait()
        self.close()
        return StoreError(f"the process that decodes journals has died (exit code {code}); another one goes on.")
