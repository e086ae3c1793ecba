"""The spans of the rows under way, read back from the journals that they are written to: what is stored is what is seen.

Beside this process's journal those that other processes begin meanwhile are read: a tool server that the program
starts writes one. What belongs to no row under way is let go at once.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

from tracekit import config
from tracekit.collector.reading import Charges
from tracekit.errors import DecodeError
from tracekit.evals import spans
from tracekit.journal import reader, records
from tracekit.model import RawSpan
from tracekit.sdk.runtime import runtime

_TRACE = slice(0, 32)


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
        self._offsets: dict[str, int] = {}
        self._resources: dict[str, dict[int, dict[str, Any]]] = {}
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
        try:
            names = sorted(entry.name for entry in os.scandir(self.directory))
        except FileNotFoundError:
            return  # nothing has been written yet
        for name in names:
            if name.endswith(records.SUFFIX) and name not in self._settled:
                self._read(self.directory / name)

    def _read(self, path: Path) -> None:
        known = self._offsets.get(path.name, 0)
        try:
            while path.stat().st_size > known:
                chunk = reader.read(path, known)
                self._take_in(path.name, chunk)
                if chunk.offset == known:
                    return  # a frame that is just being written
                known = chunk.offset
        except FileNotFoundError:
            return  # stored and removed meanwhile; its process has ended

    def _take_in(self, name: str, chunk: reader.Chunk) -> None:
        self._offsets[name] = chunk.offset
        resources = self._resources.setdefault(name, {})
        for frame in chunk.frames:
            if frame.kind == records.RESOURCE:
                data = records.load(frame.payload)
                resources[data["id"]] = data["attributes"]
            elif frame.kind == records.SPAN_END:
                self._keep(frame.payload, resources)

    def _keep(self, payload: bytes, resources: dict[int, dict[str, Any]]) -> None:
        key = records.span_key(payload)
        watched = None if key is None else self._watched.get(key[_TRACE].decode("ascii", "replace"))
        if watched is None:
            return
        try:
            watched.append(records.raw_span(payload, resources))
        except DecodeError:
            self.unreadable += 1
