"""Group commit: nobody is told that a record is durable before the disk has said so."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from tracekit.collector.durable import GroupCommit, NotDurableError
from tracekit.journal import reader, records
from tracekit.journal.writer import JournalWriter


async def test_those_who_wait_together_share_a_sync(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path, role="collector")
    syncs: list[None] = []
    journal = GroupCommit(writer, appended=lambda: syncs.append(None))
    await asyncio.gather(*(journal.append(records.OTLP_LOGS, bytes([number])) for number in range(50)))
    journal.close()
    writer.close()
    (path,) = reader.journals(tmp_path)
    found = [frame.payload for frame in reader.read(path).frames if frame.kind == records.OTLP_LOGS]
    assert found == [bytes([number]) for number in range(50)]
    assert len(syncs) == 1


async def test_a_disk_that_will_not_sync_is_not_durable(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path, role="collector")
    journal = GroupCommit(writer, appended=lambda: None)
    await journal.append(records.OTLP_LOGS, b"fine")
    receiving, sending = os.pipe()  # takes a write, and refuses to sync
    assert writer._fd is not None
    os.dup2(sending, writer._fd)
    with pytest.raises(NotDurableError, match="Invalid argument"):
        await journal.append(records.OTLP_LOGS, b"lost")
    journal.close()
    writer.close()
    os.close(receiving)
    os.close(sending)


async def test_one_who_goes_away_takes_nobody_along(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path, role="collector")
    journal = GroupCommit(writer, appended=lambda: None)
    tasks = [asyncio.create_task(journal.append(records.OTLP_LOGS, b"x")) for _ in range(3)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    assert [type(done) for done in await asyncio.gather(*tasks, return_exceptions=True)] == [
        type(None),
        asyncio.CancelledError,
        type(None),
    ]
    await journal.append(records.OTLP_LOGS, b"after")
    journal.close()
    writer.close()
