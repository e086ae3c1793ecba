"""For tests of programs that are traced: a pytest fixture, `tracekit_spans`, that collects the spans of one test.

A pytest plugin by entry point: importing it loads nothing else of tracekit, and a run without the fixture pays nothing.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tracekit.model import RawSpan


class RecordedSpans:
    """The spans that ended so far in this test, oldest end first."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def all(self) -> list[RawSpan]:
        """Every ended span, with its content among the attributes."""
        from tracekit.journal import reader, records  # noqa: PLC0415 - nothing is loaded in runs that do not ask

        spans: list[RawSpan] = []
        for path in reader.journals(self._directory):
            resources: dict[int, dict[str, object]] = {}
            for frame in reader.read(path).frames:
                if frame.kind == records.RESOURCE:
                    data = records.load(frame.payload)
                    resources[data["id"]] = data["attributes"]
                elif frame.kind == records.SPAN_END:
                    spans.append(records.raw_span(frame.payload, resources))
        return sorted(spans, key=lambda span: span.end_ns or 0)

    def named(self, name: str) -> list[RawSpan]:
        """The ended spans of this name."""
        return [span for span in self.all() if span.name == name]


@pytest.fixture
def tracekit_spans(tmp_path: Path) -> Generator[RecordedSpans]:
    """Tracing is on for this test, into a directory of its own."""
    from tracekit.sdk import autolog, uninstrument  # noqa: PLC0415 - nothing is loaded in runs that do not ask

    autolog(directory=tmp_path / "tracekit")
    yield RecordedSpans(tmp_path / "tracekit" / "journal")
    uninstrument()
