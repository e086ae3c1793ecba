"""Beside a trace stands what never came of the processes that wrote spans of it, and nothing of others."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.support import journals, otlp
from tracekit.collector.ingest import Ingest
from tracekit.collector.rederive import Rederiver
from tracekit.journal import records
from tracekit.journal.frame import pack
from tracekit.query.traces import get_trace
from tracekit.store import Position, Store
from tracekit.store.attachments import Attachments

OURS, OTHER = f"{1:032x}", f"{2:032x}"
SECOND = 1_000_000_000
HOUR = 3600


def header(sequence: int, *, part: int = 0, name: str = "web-1-4711-ab") -> bytes:
    return pack(records.HEADER, sequence, records.encode({"format": 1, "process": name, "part": part}).encode())


def ended(sequence: int, trace: str, *, at: float, kind: bytes = records.SPAN_END) -> bytes:
    """A span of a second."""
    start = otlp.START + int(at * SECOND)
    times = {"start_ns": start} if kind == records.SPAN_START else {"start_ns": start, "end_ns": start + SECOND}
    return pack(kind, sequence, journals.record(journals.span(sequence, trace=trace, ended=False, **times)))


def gaps(store: Store, trace: str = OURS) -> list[tuple[Any, ...]]:
    found = get_trace(store, trace)
    assert found is not None
    return [(gap["process"], gap["first_missing"], gap["last_missing"], gap["count"]) for gap in found["gaps"]]


@pytest.fixture
def fold(tmp_path: Path, store: Store) -> Any:
    (tmp_path / "journal").mkdir()
    ingest = Ingest(tmp_path / "journal", store)

    def write(name: str, frames: Iterable[bytes]) -> None:
        with (tmp_path / "journal" / name).open("ab") as file:
            file.write(b"".join(frames))
        ingest.fold()

    return write


def test_what_a_process_of_the_trace_lost_is_told_and_what_others_lost_is_not(store: Store, fold: Any) -> None:
    fold("1-4711-ab.tkj", [header(0), ended(1, OURS, at=0), ended(5, OURS, at=1)])
    fold("1-4712-cd.tkj", [header(0, name="web-1-4712-cd"), ended(1, OTHER, at=0), ended(7, OTHER, at=1)])
    assert gaps(store) == [("web-1-4711-ab", 2, 4, 3)]
    assert gaps(store, OTHER) == [("web-1-4712-cd", 2, 6, 5)]
    fold("1-4711-ab.tkj", [ended(3, OTHER, at=0.5)])  # a thread was late
    assert gaps(store) == [("web-1-4711-ab", 2, 2, 1), ("web-1-4711-ab", 4, 4, 1)]
    assert gaps(store, OTHER) == [*gaps(store), ("web-1-4712-cd", 2, 6, 5)]
    fold("1-4711-ab.tkj", [ended(2, OURS, at=0.5), ended(4, OURS, at=0.5)])
    assert gaps(store) == []


def test_what_was_lost_long_before_or_after_the_trace_is_not_of_it(store: Store, fold: Any) -> None:
    frames = [
        header(0),
        ended(1, f"{3:032x}", at=-2 * HOUR),
        ended(5, OTHER, at=-HOUR),  # after 2 to 4
        ended(7, OURS, at=0),  # after 6
        ended(9, OURS, at=10),  # after 8
        ended(11, f"{4:032x}", at=HOUR),  # after 10
        ended(13, f"{5:032x}", at=2 * HOUR),  # after 12
    ]
    fold("1-4711-ab.tkj", frames)
    assert [first for _, first, _, _ in gaps(store)] == [6, 8, 10]
    assert [first for _, first, _, _ in gaps(store, OTHER)] == [2, 6]
    assert [first for _, first, _, _ in gaps(store, f"{5:032x}")] == [12]


def test_files_of_one_process_are_one_and_an_open_span_takes_part(store: Store, fold: Any) -> None:
    fold("1-4711-ab.tkj", [header(0), ended(1, OURS, at=0, kind=records.SPAN_START)])
    assert gaps(store) == []
    fold("2-4711-ab.tkj", [header(5, part=1), ended(6, OTHER, at=1)])
    assert gaps(store) == gaps(store, OTHER) == [("web-1-4711-ab", 2, 4, 3)]


def test_an_interrupted_span_keeps_where_it_came_from(store: Store, fold: Any) -> None:
    fold("1-4711-ab.tkj", [header(0), ended(2, OURS, at=0, kind=records.SPAN_START)])
    assert store.sql("SELECT outcome FROM spans").rows == [("interrupted",)]
    assert gaps(store) == [("web-1-4711-ab", 1, 1, 1)]


def test_a_process_whose_header_was_lost_is_called_by_its_files(store: Store, fold: Any) -> None:
    fold("1-4711-ab.tkj", [ended(1, OURS, at=0)])
    assert gaps(store) == [("4711-ab.tkj", 0, 0, 1)]


@pytest.mark.parametrize("count", [2, 100])  # read one by one, and together
def test_requests_that_the_collector_lost_are_told_too(store: Store, fold: Any, count: int) -> None:
    request = otlp.request(otlp.spans(count, trace=int(OURS, 16))).SerializeToString()
    fold("1-9-ab.tkj", [header(0, name="web-1-9-ab"), pack(records.OTLP_TRACES, 2, request)])
    assert store.sql("SELECT DISTINCT journal, record FROM internal.spans").rows == [("1-9-ab.tkj", 2)]
    assert gaps(store) == [("web-1-9-ab", 1, 1, 1)]


def test_reading_a_span_anew_keeps_where_it_came_from(store: Store, fold: Any, tmp_path: Path) -> None:
    said = journals.record(journals.span(2, trace=OURS, **journals.chat(2, model="gpt-4o")))
    fold("1-4711-ab.tkj", [header(0), pack(records.SPAN_END, 2, said)])
    dearer = Rederiver(store, lambda span: setattr(span, "cost_usd", 9.0), Attachments(tmp_path))
    assert dearer.reindex(Position()).changed == 1
    assert store.sql("SELECT cost_usd FROM spans").rows == [(9.0,)]
    assert gaps(store) == [("web-1-4711-ab", 1, 1, 1)]
