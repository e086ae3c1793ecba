"""Group commit: many requests append to one journal and wait for one fdatasync, off the event loop.

While one sync is under way the next requests gather, and the next sync serves them all. What it refuses: to say that a
record is durable before the disk has said so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from tracekit.errors import TracekitError
from tracekit.journal.writer import JournalWriter

Record = tuple[bytes, bytes]
"""A record's kind and payload."""


class NotDurableError(TracekitError):
    """The disk did not take a record: full, read-only, or broken."""


class GroupCommit:
    """Makes records durable in a journal that it alone appends to.

    Args:
        writer: the journal.
        appended: called, in the writing thread, after each sync.
    """

    def __init__(self, writer: JournalWriter, *, appended: Callable[[], None]) -> None:
        self._writer = writer
        self._appended = appended
        self._waiting: list[tuple[Record, asyncio.Future[None]]] = []
        self._running: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="tracekit-journal")

    async def append(self, kind: bytes, payload: bytes) -> None:
        """Return once the record is on the disk.

        Raises:
            NotDurableError: it is not.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(((kind, payload), done))
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        await done

    def close(self) -> None:
        """Wait for the write under way and let the thread go."""
        self._thread.shutdown()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            group, self._waiting = self._waiting, []
            why = await loop.run_in_executor(self._thread, self._write, [record for record, _ in group])
            for (_, done), reason in zip(group, why, strict=True):
                if done.done():  # its request was cancelled while it waited
                    continue
                if reason is None:
                    done.set_result(None)
                else:
                    done.set_exception(NotDurableError(reason))
        self._running = None

    def _write(self, records: Sequence[Record]) -> list[str | None]:
        """Append the records and sync once; for each, None or why it is not durable."""
        why = [None if self._writer.append(*record) else self._reason() for record in records]
        try:
            self._writer.sync()
        except OSError as error:
            return [f"{self._writer.path}: {error.strerror or error}"] * len(records)
        self._appended()
        return why

    def _reason(self) -> str:
        return self._writer.stats().why or f"{self._writer.directory}: the record could not be written"
