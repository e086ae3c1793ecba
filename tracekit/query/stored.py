"""Stored rows, a page at a time, through whatever answers SQL: what every export starts from.

Spans come in the order they started, each as the JSON line that `tracekit.collector.stored` reads. A page is one
query: memory is bounded by `PAGE` spans, and `tracekit up` serves others in between.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracekit.query.filters import Filters
from tracekit.query.searching import Searchable
from tracekit.query.traces import list_traces
from tracekit.store.sqlfiles import statement

PAGE = 500
"""Rows fetched at a time, of spans about: those that start at the same nanosecond stay together."""
_TRACES = 200
"""Traces whose spans are fetched together, where not all are."""
_FOLDER = Path(__file__).parent / "sql"


@dataclass(slots=True, frozen=True, kw_only=True)
class Selection:
    """Which traces: those named, or those that the filters let through; by default all."""

    traces: tuple[str, ...] = ()
    filters: Filters | None = None

    def groups(self, source: Searchable) -> Iterator[list[str] | None]:
        """Ids of the traces, some at a time; one None for all of them."""
        if self.traces:
            yield list(dict.fromkeys(self.traces))
            return
        if self.filters is None or self.filters == Filters():
            yield None
            return
        cursor = None
        while True:
            page = list_traces(source, limit=_TRACES, cursor=cursor, filters=self.filters)
            if page.traces:
                yield [str(trace["trace_id"]) for trace in page.traces]
            cursor = page.next
            if cursor is None:
                return


def span_pages(source: Searchable, traces: Sequence[str] | None) -> Iterator[list[str]]:
    """The spans of these traces, or of all, as JSON lines.

    One that is stored while the pages are fetched may be among them or not; none comes twice.
    """
    bound: dict[str, Any] = {"traces": None if traces is None else list(traces)}
    firsts = [row[0] for row in source.sql(statement(_FOLDER, "export_pages"), {**bound, "size": PAGE}).rows]
    for first, beyond in zip(firsts, [*firsts[1:], None], strict=True):
        rows = source.sql(statement(_FOLDER, "export_spans"), {**bound, "first": first, "beyond": beyond}).rows
        if rows:
            yield [row[0] for row in rows]


def log_pages(source: Searchable, traces: Sequence[str] | None) -> Iterator[list[str]]:
    """The log records of these traces, or all that there are, as JSON lines."""
    return _signal_pages(source, "export_logs", traces)


def metric_pages(source: Searchable, traces: Sequence[str] | None) -> Iterator[list[str]]:
    """All data points of metrics, as JSON lines; none where traces are named, to which no point belongs."""
    return _signal_pages(source, "export_metrics", traces)


def _signal_pages(source: Searchable, name: str, traces: Sequence[str] | None) -> Iterator[list[str]]:
    after_ns, after_key = 0, 0
    while True:
        bound = {"after_ns": after_ns, "after_key": after_key, "traces": None if traces is None else list(traces)}
        rows = source.sql(statement(_FOLDER, name), {**bound, "limit": PAGE}).rows
        if rows:
            yield [row[2] for row in rows]
        if len(rows) < PAGE:
            return
        after_ns, after_key = rows[-1][:2]


def score_pages(source: Searchable, traces: Sequence[str] | None) -> Iterator[list[str]]:
    """The scores of these traces, or of all, as JSON lines."""
    skipped = 0
    while True:
        bound = {"traces": None if traces is None else list(traces), "limit": PAGE, "skipped": skipped}
        rows = source.sql(statement(_FOLDER, "export_scores"), bound).rows
        if rows:
            yield [row[0] for row in rows]
        if len(rows) < PAGE:
            return
        skipped += len(rows)
