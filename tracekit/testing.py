"""The pytest plugin: the fixture `tracekit_spans`, which collects the spans of one test, and suites as tests.

A suite in a module that pytest collects becomes a test a row and a test of the gate. Importing this loads nothing else
of tracekit, and a run without the fixture and without suites pays nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

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


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the flags."""
    group = parser.getgroup("tracekit", "evaluation suites")
    group.addoption("--tracekit-save", action="store_true", help="make this run the baseline of each suite in it")


def pytest_pycollect_makeitem(collector: Any, name: str, obj: object) -> pytest.Collector | None:
    """A suite that a module holds is a collector of its rows and its gate."""
    home = sys.modules.get("tracekit.evals.suite")  # where it is not loaded, nobody can have made one
    if home is None or not isinstance(obj, home.Suite):
        return None
    from tracekit.evals import pytesting  # noqa: PLC0415 - nothing is loaded in runs without suites

    return pytesting.SuiteCollector.from_parent(collector, name=name, suite=obj)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Gates come last, whatever has shuffled the tests: they stand on all rows of their suite."""
    home = sys.modules.get("tracekit.evals.pytesting")
    if home is not None:
        items.sort(key=lambda item: isinstance(item, home.Gate))
