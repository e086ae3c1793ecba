"""Attachments from the journal to the disk and back: durable first, once a content, found again, swept when unused."""

from __future__ import annotations

import base64
import json
import os
import stat
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support import journals
from tests.support.stores import new_store
from tracekit.collector.ingest import Ingest
from tracekit.errors import StoreError
from tracekit.journal.writer import JournalWriter
from tracekit.query.source import attachments
from tracekit.query.traces import get_span
from tracekit.store import Store
from tracekit.store.attachments import GRACE_SECONDS, Attachments
from tracekit.store.extraction import references

BYTES = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20
SAID = json.dumps(
    [
        {
            "role": "user",
            "parts": [
                {"type": "text", "content": "what is this?"},
                {
                    "type": "image_url",
                    "image_url": {"url": "data:image/png;base64," + base64.b64encode(BYTES).decode()},
                },
            ],
        }
    ]
)


def record(directory: Path, *numbers: int, messages: str = SAID) -> None:
    writer = JournalWriter(directory / "journal")
    for number in numbers:
        fields: dict[str, Any] = journals.chat(number, model="gpt-4o")
        fields["attributes"]["gen_ai.input.messages"] = messages
        journals.end(writer, number, **fields)
    writer.close()


def stored(store: Store, number: int) -> dict[str, Any]:
    found = get_span(store, journals.TRACE, f"{number:016x}")
    assert found is not None
    return found


def test_a_content_is_kept_once_and_the_span_says_all_that_it_said(tmp_path: Path) -> None:
    record(tmp_path, 1, 2)
    store = new_store(tmp_path / "traces.duckdb")
    ingest = Ingest(tmp_path / "journal", store)
    assert ingest.fold().spans == 2
    kept = Attachments(tmp_path)
    assert (kept.totals().files, kept.totals().bytes) == (1, len(BYTES))
    for number in (1, 2):
        span = stored(store, number)
        assert kept.restored(span["attributes"]["gen_ai.input.messages"]) == SAID
        [found] = references(span["input_messages"])
        assert kept.read(found.sha256) == BYTES
    file = kept.path(found.sha256)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (kept.folder, file.parent, file)] == [0o700, 0o700, 0o600]
    assert attachments(store) == {found.sha256}
    ingest.close()
    store.close()


def test_reading_anew_leaves_rows_as_they_are(tmp_path: Path) -> None:
    from tracekit.store import Position

    record(tmp_path, 1)
    store = new_store(tmp_path / "traces.duckdb")
    ingest = Ingest(tmp_path / "journal", store)
    ingest.fold()
    before = stored(store, 1)
    done = ingest.reindex(Position())
    assert (done.same, done.changed, stored(store, 1)) == (1, 0, before)
    store.close()


def test_no_row_is_stored_before_its_attachment(tmp_path: Path) -> None:
    record(tmp_path, 1)
    store = new_store(tmp_path / "traces.duckdb")
    ingest = Ingest(tmp_path / "journal", store)
    (tmp_path / "attachments").write_text("in the way")
    with pytest.raises(StoreError, match="its span stays in the journal"):
        ingest.step()
    assert store.sql("SELECT count(*) FROM spans").rows == [(0,)]
    (tmp_path / "attachments").unlink()
    assert (ingest.fold().spans, Attachments(tmp_path).totals().files) == (1, 1)
    store.close()


def test_what_no_row_refers_to_is_swept_when_it_is_old(tmp_path: Path) -> None:
    kept = Attachments(tmp_path)
    names = {"used": "a" * 64, "unused": "b" * 64, "fresh": "c" * 64, "asked again": "d" * 64}
    kept.keep(dict.fromkeys(names.values(), b"12345"))
    old = time.time() - GRACE_SECONDS - 1
    for name in ("used", "unused", "asked again"):
        os.utime(kept.path(names[name]), (old, old))
    kept.keep({names["asked again"]: b"12345"})
    left = kept.path(names["used"]).with_name(".left-by-a-kill")
    left.write_bytes(b"half")
    os.utime(left, (old, old))
    swept = kept.sweep(lambda: {names["used"]})
    assert (swept.files, swept.bytes, left.exists()) == (1, 5, False)
    assert {name for name, sha256 in names.items() if kept.has(sha256)} == {"used", "fresh", "asked again"}
