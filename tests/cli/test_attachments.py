"""Attachments through the commands: what doctor counts, what leaves, what comes in elsewhere, what compact removes."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Ran
from tests.support import journals, pictures
from tracekit.journal.writer import JournalWriter
from tracekit.store.attachments import GRACE_SECONDS, Attachments, Swept

Run = Callable[..., Ran]
PICTURE = pictures.png()
URI = "data:image/png;base64," + base64.b64encode(PICTURE).decode()
SAID = json.dumps([{"role": "user", "parts": [{"type": "image_url", "image_url": {"url": URI}}]}])


@pytest.fixture
def pictured(data_dir: Path) -> Attachments:
    writer = JournalWriter(data_dir / "journal")
    fields: dict[str, Any] = journals.chat(1, model="gpt-4o")
    fields["attributes"]["gen_ai.input.messages"] = SAID
    journals.end(writer, 1, **fields)
    writer.close()
    return Attachments(data_dir)


def data(run: Run) -> Any:
    return json.loads(run("doctor", "--json").out)["data"]


def test_doctor_counts_attachments_and_names_what_is_missing(run: Run, pictured: Attachments) -> None:
    found = data(run)
    assert (found["attachments"], found["missing_attachments"]) == ({"files": 1, "bytes": len(PICTURE)}, 0)
    next(pictured.folder.glob("??/*")).unlink()
    assert data(run)["missing_attachments"] == 1
    assert (run("doctor").code, "1 attachments are not in" in run("doctor").out) == (1, True)


def test_otlp_goes_out_as_it_came_in(run: Run, pictured: Attachments, tmp_path: Path) -> None:
    assert run("export", "-o", str(tmp_path / "out.json")).code == 0
    assert json.dumps(URI)[1:-1] in (tmp_path / "out.json").read_text(encoding="utf-8")


def test_a_bundle_carries_them_to_another_store(
    run: Run, pictured: Attachments, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle, other = tmp_path / "all.zip", tmp_path / "other"
    assert json.loads(run("export", "--bundle", str(bundle), "--json").out)["attachments"] == 1
    other.mkdir(mode=0o700)
    monkeypatch.setenv("TRACEKIT_DIR", str(other))
    assert run("import", str(bundle)).code == 0
    assert Attachments(other).totals() == Swept(files=1, bytes=len(PICTURE))
    assert data(run)["missing_attachments"] == 0


def test_compact_removes_what_no_row_refers_to_any_longer(
    run: Run, pictured: Attachments, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("ls")
    file = next(pictured.folder.glob("??/*"))
    os.utime(file, (file.stat().st_mtime - 2 * GRACE_SECONDS,) * 2)
    assert (run("compact").code, file.exists()) == (0, True)
    monkeypatch.setenv("TRACEKIT_RETENTION", "1s")
    assert (run("compact").code, file.exists()) == (0, False)
