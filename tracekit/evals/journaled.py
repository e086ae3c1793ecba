"""The spans of rows under way, read back from the journals that they are written to: what is stored is what is seen.

Beside this process's journal those that other processes begin meanwhile are read: a tool server that the program
starts writes one. What belongs to no row under way is let go at once.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from typing import Any

from tracekit import config
from tracekit.collector.charges import Charges
from tracekit.errors import DecodeError
from tracekit.evals import spans
from tracekit.journal import reader, records
from tracekit.journal.frame import Frame, scan
from tracekit.model import RawSpan
from tracekit.sdk.runtime import runtime

_TRACE = slice(0, 32)
_PIECE = 1 << 20


class Journals:
    """Reads what is new in the journals of a directory, for the traces that are watched.

    Args:
        directory: the `journal/` that this process writes to.

    Raises:
        UsageError: the file of prices cannot be used.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        prices = config.setting("prices").value
        self._charge = Charges(Path(prices) if prices else None)
        self._lock = threading.Lock()
        self._watched: dict[str, list[RawSpan]] = {}
        self._tails: dict[str, _Tail] = {}
        self._listed: tuple[int, list[str]] = (0, [])
        own = runtime.writer.path.name if runtime.writer is not None and runtime.writer.path is not None else None
        self._settled = {path.name for path in reader.journals(directory)} - {own}
        self.unreadable = 0
        """Records of these traces that could not be read."""

    def watch(self, trace_id: str) -> None:
        """Keep what is read of a trace from now on."""
        with self._lock:
            self._watched[trace_id] = []

    def take(self, trace_id: str) -> tuple[dict[str, Any], ...]:
        """The ended spans of a trace as rows of the view, and watch it no longer."""
        with self._lock:
            self._advance()
            raws = self._watched.pop(trace_id, [])
        return spans.rows(raws, self._charge)

    def _advance(self) -> None:
        for name in self._names():
            if name not in self._settled:
                self._read(name)

    def _names(self) -> list[str]:
        """The journals there are; listed anew when the directory has changed."""
        try:
            changed = self.directory.stat().st_mtime_ns
            if changed != self._listed[0]:
                found = sorted(entry.name for entry in os.scandir(self.directory))
                self._listed = changed, [name for name in found if name.endswith(records.SUFFIX)]
        except FileNotFoundError:
            return []  # nothing has been written yet
        return self._listed[1]

    def _read(self, name: str) -> None:
        """Take in what is new in a journal. Its file stays open: it is read after every row."""
        tail = self._tails.get(name)
        if tail is None:
            try:
                tail = self._tails[name] = _Tail((self.directory / name).open("rb", buffering=0))
            except FileNotFoundError:
                return  # stored and removed meanwhile; its process has ended
        for frame in tail.frames():
            if frame.kind == records.RESOURCE:
                data = records.load(frame.payload)
                tail.resources[data["id"]] = data["attributes"]
            elif frame.kind == records.SPAN_END:
                self._keep(frame.payload, tail.resources)

    def close(self) -> None:
        """Let the files go."""
        with self._lock:
            for tail in self._tails.values():
                tail.file.close()
            self._tails.clear()

    def _keep(self, payload: bytes, resources: dict[int, dict[str, Any]]) -> None:
        key = records.span_key(payload)
        watched = None if key is None else self._watched.get(key[_TRACE].decode("ascii", "replace"))
        if watched is None:
            return
        try:
            watched.append(records.raw_span(payload, resources))
        except DecodeError:
            self.unreadable += 1


@dataclass(slots=True)
class _Tail:
    """A journal that is being read: its file, how far it is read, and the resources that its records refer to."""

    file: FileIO
    offset: int = 0
    resources: dict[int, dict[str, Any]] = field(default_factory=dict[int, "dict[str, Any]"])

    def frames(self) -> Iterator[Frame]:
        """The frames that are whole by now, from where the last reading ended."""
        held = b""
        while piece := os.pread(self.file.fileno(), _PIECE, self.offset + len(held)):
            held += piece
            found = scan(held, final=False)
            yield from found.frames
            self.offset += found.consumed
            held = held[found.consumed :]
