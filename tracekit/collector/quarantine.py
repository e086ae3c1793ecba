"""Records that could not be made rows of: set aside in files of their own with the reason, so that the rest goes on.

One record is a file of its payload and a JSON file beside it that says what it is and what was wrong; it is there once
the JSON is. Names come of the journal and the record: one that is met again after a crash is not set aside twice.
"""

from __future__ import annotations

import json
import os
import sys
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tracekit._version import __version__
from tracekit.errors import StoreError
from tracekit.journal import records
from tracekit.journal.writer import DIRECTORY_MODE, JournalWriter

FOLDER = "quarantine"
_PAYLOAD, _ABOUT = ".bin", ".json"
_FILE_MODE = 0o600


@dataclass(slots=True, frozen=True, kw_only=True)
class Refused:
    """A journal's record that no rows could be made of, why, and the resources that its journal had named by then.

    One without a `kind` is a row that the database refused and that no journal could say.
    """

    journal: str
    sequence: int
    kind: bytes
    payload: bytes
    error: str
    resources: Mapping[int, Mapping[str, Any]] = field(default_factory=dict[int, Mapping[str, Any]])

    @property
    def name(self) -> str:
        """What its files are called, but for the suffix."""
        stem = self.journal.removesuffix(records.SUFFIX)
        return f"{stem}-{self.sequence}-{zlib.crc32(self.payload):08x}"


class Quarantine:
    """The folder of a data directory where such records are.

    Args:
        directory: the data directory.
    """

    def __init__(self, directory: Path) -> None:
        self._data = directory
        self.folder = directory / FOLDER

    def count(self) -> int:
        """How many records are set aside."""
        return len(self._entries())

    def reasons(self) -> list[str]:
        """What was wrong with each."""
        return [str(json.loads(path.read_text(encoding="utf-8"))["error"]) for path in self._entries()]

    def put(self, refused: Refused) -> None:
        """Set a record aside.

        Raises:
            StoreError: the files cannot be written.
        """
        about = {
            "journal": refused.journal,
            "sequence": refused.sequence,
            "kind": refused.kind.decode("latin-1"),
            "error": refused.error,
            "bytes": len(refused.payload),
            "set_aside_at": datetime.now(UTC).isoformat(),
            "tracekit": __version__,
            "resources": refused.resources,
        }
        path = self.folder / refused.name
        try:
            self.folder.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
            _write(path.with_name(path.name + _PAYLOAD), refused.payload)
            _write(path.with_name(path.name + _ABOUT), json.dumps(about, indent=1).encode())
        except OSError as error:
            raise StoreError(
                f"{path} cannot be written ({error.strerror or error}), so a record that could not be read is not set "
                "aside. Make room; it stays in its journal, and is tried again."
            ) from error

    def retry(self) -> int:
        """Hand every record in again, in a journal that is read like any other; how many they were.

        Raises:
            StoreError: the journal cannot be written; what is set aside stays so.
        """
        entries = [path for path in self._entries() if json.loads(path.read_text(encoding="utf-8"))["kind"]]
        if not entries:
            return 0
        writer = JournalWriter(self._data / "journal", role="quarantine", rotate_bytes=sys.maxsize)
        try:
            written = all(_hand_in(writer, path) for path in entries)
            if written:
                writer.sync()
        finally:
            writer.close()
        if not written:
            raise StoreError(f"{writer.stats().why or writer.directory}. What is set aside stays so.")
        for path in entries:
            path.unlink()
            path.with_suffix(_PAYLOAD).unlink()
        return len(entries)

    def _entries(self) -> list[Path]:
        return sorted(self.folder.glob(f"*{_ABOUT}"))


def _hand_in(writer: JournalWriter, path: Path) -> bool:
    about = json.loads(path.read_text(encoding="utf-8"))
    named = [
        writer.append(records.RESOURCE, records.encode({"id": int(number), "attributes": attributes}).encode())
        for number, attributes in about["resources"].items()
    ]
    return all(named) and writer.append(about["kind"].encode("latin-1"), path.with_suffix(_PAYLOAD).read_bytes())


def _write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    draft = path.with_name(path.name + ".draft")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _FILE_MODE), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
