"""Commits: a batch in one transaction, bounded by its own time window and trace ids, not by the table's size.

Duplicates by (trace_id, span_id) are left out within the batch and against the rows near it in time: a span
sent twice has the same start. There is no unique index, which would cost more than the rows.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import contextmanager

import duckdb

from tracekit.errors import StoreError
from tracekit.model import Span
from tracekit.store import Batch, Committed
from tracekit.store.duckdb import rows
from tracekit.store.duckdb.queries import query
from tracekit.store.previews import PREVIEW_LENGTH

_SLACK_NS = 1_000_000_000
"""Emitters that send a span twice may round its start differently."""


def commit(connection: duckdb.DuckDBPyConnection, batch: Batch) -> Committed:
    """Store `batch`, all or nothing.

    Raises:
        StoreError: the database refused.
    """
    ended = {(span.trace_id, span.span_id): span for span in reversed(batch.spans)}
    opened = {
        (span.trace_id, span.span_id): (journal, span)
        for journal, spans in batch.opened.items()
        for span in spans
        if (span.trace_id, span.span_id) not in ended
    }
    try:
        connection.begin()
        try:
            stored = _Commit(connection)
            inserted = stored.ended(list(ended.values())[::-1])
            stored.opened(list(opened.values()))
            stored.interrupted(batch.interrupted)
            stored.summaries()
            stored.rest(batch)
        except BaseException:
            connection.rollback()
            raise
        connection.commit()
    except duckdb.Error as error:
        raise StoreError(
            f"{len(batch.spans)} spans could not be stored: {error}. None of them was; they stay in their journals."
        ) from error
    return Committed(spans=inserted, duplicates=len(batch.spans) - inserted)


class _Commit:
    """The steps of one commit, and the traces they touch."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._touched: set[str] = set()
        self._earliest: int | None = None
        self._may_hold_twins = False

    def ended(self, spans: list[Span]) -> int:
        """Store ended spans; how many were new."""
        if not spans:
            return 0
        window = self._touch(spans)
        self._may_hold_twins = any(span.counted and span.response_id for span in spans)
        with self._table("incoming", rows.spans(spans)):
            self._run("drop_interrupted", window)
            inserted = self._run("insert_spans", window)
            self._run("close_open")
        return inserted

    def opened(self, spans: list[tuple[str, Span]]) -> None:
        """Note spans that have started."""
        if spans:
            window = self._touch([span for _, span in spans])
            with self._table("opened", rows.opened(spans)):
                self._run("insert_open", window)

    def interrupted(self, journals: list[str]) -> None:
        """Close what these journals left open."""
        if not journals:
            return
        bound = {"journals": journals}
        for trace_id, start in self._connection.execute(query("interrupted_traces"), bound).fetchall():
            self._touched.add(trace_id)
            self._reach(start)
        self._run("insert_interrupted", bound)
        self._run("delete_interrupted", bound)

    def summaries(self) -> None:
        """Sum up the touched traces anew."""
        if not self._touched or self._earliest is None:
            return
        with self._table("touched", rows.touched(self._touched)):
            row = self._connection.execute(query("earliest_touched")).fetchone()
            if row and row[0] is not None:
                self._reach(row[0])
            bound = {"earliest": self._earliest}
            if self._may_hold_twins:
                self._run("fold_twins", bound)
            self._run("delete_traces")
            self._run("insert_traces", {**bound, "preview": PREVIEW_LENGTH})

    def rest(self, batch: Batch) -> None:
        """Scores, and how far the journals are read."""
        if batch.scores:
            with self._table("scored", rows.scores(batch.scores)):
                self._run("insert_scores")
        if batch.journals:
            bound = {"journals": [state.name for state in batch.journals]}
            self._run("delete_journals", bound)
            self._run("delete_gaps", bound)
            with self._table("read_journals", rows.journals(batch.journals)):
                self._run("insert_journals")
            with self._table("missing", rows.gaps(batch.journals)):
                self._run("insert_gaps")

    def _touch(self, spans: Iterable[Span]) -> dict[str, int]:
        """Remember whose traces these are; the window in which their twins may be stored."""
        starts = [span.start_ns for span in spans]
        self._touched.update(span.trace_id for span in spans)
        self._reach(min(starts))
        return {"earliest": min(starts) - _SLACK_NS, "latest": max(starts) + _SLACK_NS}

    def _reach(self, start_ns: int) -> None:
        self._earliest = start_ns if self._earliest is None else min(self._earliest, start_ns)

    @contextmanager
    def _table(self, name: str, table: rows.Table) -> Generator[None]:
        self._connection.register(name, table)
        try:
            yield
        finally:
            self._connection.unregister(name)

    def _run(self, name: str, bound: dict[str, object] | dict[str, int] | dict[str, list[str]] | None = None) -> int:
        """Run a statement; how many rows it changed."""
        row = self._connection.execute(query(name), bound or {}).fetchone()
        return row[0] if row else 0
