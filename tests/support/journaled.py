"""What a test's journal says: its spans, read back from the files as any collector would."""

from __future__ import annotations

from pathlib import Path

from tracekit.journal.reader import journals, read
from tracekit.journal.records import SPAN_END, SPAN_START, raw_span
from tracekit.model import RawSpan


def ended(directory: Path) -> list[RawSpan]:
    """The spans that ended, in the order they did."""
    return _spans(directory, SPAN_END)


def started(directory: Path) -> list[RawSpan]:
    """The spans that began, as they were known then."""
    return _spans(directory, SPAN_START)


def _spans(directory: Path, kind: bytes) -> list[RawSpan]:
    return [
        raw_span(frame.payload, {})
        for path in journals(directory / "journal")
        for frame in read(path).frames
        if frame.kind == kind
    ]
