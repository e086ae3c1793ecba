"""Batches as Arrow tables: the form in which rows cross from process to process and into the engine. Pure.

Spans are turned a few at a time, as they come: their objects are let go again while the processor's cache still holds
them, and the memory they had serves the next ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from operator import attrgetter
from typing import Any

import pyarrow as pa

from tracekit import semconv as sc
from tracekit.model import DEFAULT_PROJECT, RawLog, RawMetricPoint, Score, Span
from tracekit.store import Batch, JournalState, Packed, Table, contents, signals
from tracekit.store.cells import Array, compute, json_text, text
from tracekit.store.previews import assistant_text, input_text, output_text, user_text

_TEXT = (
    "trace_id", "span_id", "parent_span_id", "project", "service", "name", "kind", "operation", "provider",
    "request_model", "response_model", "model", "status", "status_message", "error_type", "outcome",
    "session_id", "user_id", "response_id", "tool_name", "tool_call_id", "scope_name", "scope_version",
    "dialect", "price_source", "service_tier", "usage_fault", "journal",
)  # fmt: skip
_INTEGERS = (
    "start_ns", "end_ns", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens",
    "reasoning_tokens", "raw_kind", "raw_status", "derivation", "record",
)  # fmt: skip
_DOUBLES = ("ttft_ms", "cost_usd", "given_cost_usd")
_LISTS = ("tags", "finish_reasons")
_PLAIN = (
    *_TEXT, *_INTEGERS, *_DOUBLES, *_LISTS, "counted", "usage_details", "resource", "input_messages", "output_messages",
    "input", "output", "tool_arguments", "tool_result",
)  # fmt: skip
_plain = attrgetter(*_PLAIN)
_FAULTS = (pa.ArrowException, ArithmeticError, TypeError, ValueError)
"""What becomes of a value that is not of its column's type."""
_PASS = 500
"""Spans turned at a time."""

_INSTANT = pa.timestamp("us", tz="UTC")
_TEXTS = pa.list_(pa.string())


def pack(batch: Batch) -> Packed:
    """A batch in the form that is stored: of a span that is there twice, the first."""
    packer = Packer()
    for span in batch.spans:
        packer.add(span)
    opened = [(journal, span) for journal, spans in batch.opened.items() for span in spans]
    return packer.packed(
        opened=opened,
        scores=batch.scores,
        interrupted=batch.interrupted,
        journals=batch.journals,
        logs=batch.logs,
        metrics=batch.metrics,
        rederived=batch.rederived,
    )


class Packer:
    """Ended spans on their way into a table."""

    def __init__(self) -> None:
        self._pending: list[Span] = []
        self._tables: list[Table] = []
        self._seen: set[tuple[str, str]] = set()
        self._duplicates = 0

    def __contains__(self, key: tuple[str, str]) -> bool:
        """Whether the span of this trace id and span id has been taken."""
        return key in self._seen

    def add(self, span: Span) -> None:
        """Take a span, unless it is there already."""
        key = span.trace_id, span.span_id
        if key in self._seen:
            self._duplicates += 1
            return
        self._seen.add(key)
        self._pending.append(span)
        if len(self._pending) >= _PASS:
            self._turn()

    def take(self, rows: Table) -> None:
        """Take rows of spans, but for those of spans that are there already."""
        fresh: list[bool] = []
        for key in zip(rows["trace_id"].to_pylist(), rows["span_id"].to_pylist(), strict=True):
            fresh.append(key not in self._seen)
            self._seen.add(key)
        if not all(fresh):
            self._duplicates += fresh.count(False)
            rows = rows.filter(pa.array(fresh))
        self._tables.append(rows)

    def packed(
        self,
        *,
        opened: Iterable[tuple[str, Span]] = (),
        scores: Sequence[Score] = (),
        interrupted: Sequence[str] = (),
        journals: Sequence[JournalState] = (),
        logs: Sequence[RawLog] = (),
        metrics: Sequence[RawMetricPoint] = (),
        rederived: Sequence[Span] = (),
    ) -> Packed:
        """All spans taken, with the rest of their batch.

        Args:
            opened: journal names and spans that have started. What has ended as well is left out.
            scores: see `Batch`.
            interrupted: see `Batch`.
            journals: see `Batch`.
            logs: see `Batch`.
            metrics: see `Batch`.
            rederived: see `Batch`.
        """
        if self._pending or not self._tables:
            self._turn()
        latest = {(span.trace_id, span.span_id): (journal, span) for journal, span in opened}
        return Packed(
            spans=pa.concat_tables(self._tables),
            duplicates=self._duplicates,
            opened=_opened([found for key, found in latest.items() if key not in self._seen]),
            scores=_scores(scores),
            interrupted=list(interrupted),
            journals=list(journals),
            logs=signals.logs(logs),
            metrics=signals.metrics(metrics),
            rederived=_spans(rederived),
        )

    def _turn(self) -> None:
        try:
            self._tables.append(_spans(self._pending))
        except _FAULTS:
            self._tables += [_span(span) for span in self._pending]
        self._pending.clear()


def _spans(found: Sequence[Span]) -> Table:
    """The rows of `internal.spans`."""
    values = zip(*map(_plain, found), strict=True) if found else ((),) * len(_PLAIN)
    plain = dict(zip(_PLAIN, values, strict=True))
    columns: dict[str, Array] = {name: text(plain[name]) for name in _TEXT}
    columns |= {name: pa.array(plain[name], pa.int64()) for name in _INTEGERS}
    columns |= {name: pa.array(plain[name], pa.float64()) for name in _DOUBLES}
    columns |= {name: text(plain[name], _TEXTS) for name in _LISTS}
    columns["counted"] = pa.array(plain["counted"], pa.bool_())
    columns["usage_details"] = text([json_text(details) if details else None for details in plain["usage_details"]])
    columns["start_time"] = instants(columns["start_ns"])
    columns["resource"] = _shared(plain["resource"])
    columns |= contents.columns(found)
    columns["user_text"] = text(list(map(user_text, plain["input_messages"])))
    columns["assistant_text"] = text(list(map(assistant_text, plain["output_messages"])))
    columns["input_text"] = text(list(map(input_text, plain["input"], plain["tool_arguments"])))
    columns["output_text"] = text(list(map(output_text, plain["output"], plain["tool_result"])))
    return pa.table(columns)


def instants(nanoseconds: Array) -> Array:
    """Unix nanoseconds as times, which are microseconds."""
    return compute.divide(nanoseconds, 1000).cast(_INSTANT)


def table(columns: Mapping[str, Array], count: int) -> Table:
    """Rows of `internal.spans` of these columns, null in all others."""
    schema = _schema()
    return pa.table([columns.get(field.name, pa.nulls(count, field.type)) for field in schema], schema=schema)


@cache
def _schema() -> Any:
    return _spans(()).schema


def _span(span: Span) -> Table:
    """The row of one span; of one with a value that no column can hold, the row of what it said itself."""
    try:
        return _spans([span])
    except _FAULTS as error:
        return _spans([_bare(span, f"{span.dialect}: {error!r}")])


def _bare(span: Span, why: str) -> Span:
    return Span(
        trace_id=span.trace_id,
        span_id=span.span_id,
        parent_span_id=span.parent_span_id,
        project=DEFAULT_PROJECT,
        name=span.name,
        start_ns=span.start_ns,
        end_ns=span.end_ns,
        status=span.status,
        outcome=span.outcome,
        dialect="raw",
        raw_kind=span.raw_kind,
        raw_status=span.raw_status,
        derivation=span.derivation,
        journal=span.journal,
        record=span.record,
        attributes={**span.attributes, sc.FAULT: why},
        events=span.events,
        links=span.links,
        resource=span.resource,
    )


def _opened(found: Sequence[tuple[str, Span]]) -> Table:
    """The rows of `internal.open_spans`, from journal names and spans."""
    table = _spans([span for _, span in found]).drop_columns(["journal", "record"])
    return table.append_column("journal", text([journal for journal, _ in found]))


def _scores(found: Sequence[Score]) -> Table:
    columns = {
        name: text(_column(found, name))
        for name in ("trace_id", "span_id", "name", "label", "source", "comment", "session_id")
    }
    columns["value"] = pa.array(_column(found, "value"), pa.float64())
    columns["created_at"] = pa.array([score.created_ns // 1000 for score in found], _INSTANT)
    return pa.table(columns)


def journals(found: Sequence[JournalState]) -> Table:
    """The rows of `internal.journals`."""
    columns = {name: text(_column(found, name)) for name in ("name", "process", "state")}
    columns |= {name: pa.array(_column(found, name), pa.int64()) for name in ("offset", "faults", "skipped_bytes")}
    columns["ended"] = pa.array(_column(found, "ended"), pa.bool_())
    return pa.table(columns)


def gaps(found: Sequence[JournalState]) -> Table:
    """The rows of `internal.gaps`."""
    rows = [(state, gap) for state in found for gap in state.gaps]
    return pa.table(
        {
            "journal": text([state.name for state, _ in rows]),
            "process": text([state.process for state, _ in rows]),
            "first_missing": pa.array([gap.first_missing for _, gap in rows], pa.int64()),
            "last_missing": pa.array([gap.last_missing for _, gap in rows], pa.int64()),
            "count": pa.array([gap.count for _, gap in rows], pa.int64()),
        }
    )


def _column(found: Sequence[Any], name: str) -> list[Any]:
    return [getattr(item, name) for item in found]


def _shared(values: Sequence[Any]) -> Array:
    """JSON of values of which many are one and the same object, each encoded once."""
    numbers = {id(value): value for value in values}
    distinct = text([json_text(value) for value in numbers.values()])
    places = {key: place for place, key in enumerate(numbers)}
    return distinct.take(pa.array([places[id(value)] for value in values], pa.int32()))
