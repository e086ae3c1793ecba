"""Spans of requests find their way into rows: together where there are many, alone where one is odd, none lost."""

from __future__ import annotations

import gc
from pathlib import Path

import pyarrow as pa
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tracekit.collector.reading import Reading
from tracekit.collector.requests import FEW, PASS
from tracekit.collector.rows import Rows
from tracekit.collector.tail import Tail
from tracekit.journal import records
from tracekit.journal.frame import Frame
from tracekit.journal.writer import JournalWriter
from tracekit.otlp.messages import lenient

UNREAD = lenient(ExportTraceServiceRequest, unread=frozenset({"spans"}))


def span(number: int) -> bytes:
    made = Span(trace_id=bytes(15) + b"\1", span_id=number.to_bytes(8, "big"), name=f"step {number}")
    made.start_time_unix_nano, made.end_time_unix_nano = 5, 9
    return made.SerializeToString()


def frame(*spans: bytes, sequence: int = 0) -> Frame:
    request = UNREAD()
    request.resource_spans.add().scope_spans.add().spans.extend(spans)
    return Frame(kind=records.OTLP_TRACES, sequence=sequence, payload=request.SerializeToString())


def taken(*frames: Frame) -> tuple[Rows, set[str]]:
    rows, tail = Rows(lambda _: None), Tail(name="some.tkj")
    rows.take(frames, tail)
    packed = rows.packed([tail])
    assert tail.faults == len(rows.refused)
    return rows, set(packed.spans["name"].to_pylist())


def test_a_span_that_nothing_can_read_costs_its_request_a_note_and_the_others_nothing() -> None:
    good = [span(number) for number in range(1, 2 * FEW)]
    poisoned = span(1000) + b"\x4a\x02\xff\xff"  # an attribute that is none
    rows, names = taken(frame(*good[:5], poisoned, poisoned, *good[5:], sequence=7), frame(span(2000), sequence=8))
    assert [refused.sequence for refused in rows.refused] == [7]
    assert names == {*(f"step {number}" for number in range(1, 2 * FEW)), "step 2000"}


def test_a_span_with_events_is_read_among_others_without() -> None:
    eventful = Span.FromString(span(5000))
    eventful.events.add(name="exception")
    rows, names = taken(frame(*(span(number) for number in range(1, FEW + 5)), eventful.SerializeToString()))
    assert not rows.refused
    assert "step 5000" in names
    assert len(names) == FEW + 5


def test_spans_without_ids_are_left_out_and_twins_are_stored_once() -> None:
    nameless = Span(trace_id=bytes(16), span_id=bytes(8), name="nobody's").SerializeToString()
    rows, names = taken(frame(*[b""] * PASS, nameless, span(1), *(span(number) for number in range(1, FEW + 5))))
    assert not rows.refused
    assert names == {f"step {number}" for number in range(1, FEW + 5)}
    assert rows.ended.packed().duplicates == 1


def test_rows_are_let_go_with_what_was_taken(tmp_path: Path) -> None:
    """Not when somebody looks for circles of references, which may be many batches later."""
    writer = JournalWriter(tmp_path / "journal", role="collector")
    reading = Reading(tmp_path / "journal", dict)
    gc.collect()
    gc.disable()
    try:
        before = pa.total_allocated_bytes()
        for number in range(2):
            request = frame(*map(span, range(1 + number * PASS, (number + 1) * PASS)))
            writer.append(records.OTLP_TRACES, request.payload)
            taken = reading.take()
            assert taken.packed is not None
            assert pa.total_allocated_bytes() - before > 100_000
            del taken, request
            assert pa.total_allocated_bytes() - before < 10_000
    finally:
        gc.enable()
    writer.close()


def test_what_is_found_out_late_is_told(tmp_path: Path) -> None:
    """Spans that are gathered are read when the journal has been: their request counts as one that could not be."""
    writer = JournalWriter(tmp_path / "journal", role="collector")
    writer.append(records.OTLP_TRACES, frame(span(1), span(1000) + b"\x4a\x02\xff\xff").payload)
    taken = Reading(tmp_path / "journal", dict).take()
    assert len(taken.refused) == 1
    [notice] = taken.notices
    assert "1 records could not be read" in notice
    writer.close()
