"""Commits: a batch in one transaction, bounded by its own time window and trace ids, not by the table's size.

Duplicates by (trace_id, span_id) are left out against the rows near the batch in time: a span sent twice has the same
start. There is no unique index, which would cost more than the rows.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

import duckdb
import pyarrow as pa

from tracekit.errors import StoreError
from tracekit.store import Committed, Packed, Table, packing
from tracekit.store.cells import compute
from tracekit.store.duckdb.queries import query
from tracekit.store.previews import PREVIEW_LENGTH

_SLACK_NS = 1_000_000_000
"""Emitters that send a span twice may round its start differently."""


class Writer:
    """The one connection that writes.

    Args:
        connection: to the database; nothing else writes by it.

    Raises:
        duckdb.Error: the database cannot be read.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        row = connection.execute(query("last_seq")).fetchone()
        self._next_seq: int = row[0] + 1 if row and row[0] is not None else 0

    def commit(self, packed: Packed) -> Committed:
        """Store a batch, all or nothing.

        Raises:
            StoreError: the database refused.
        """
        total = len(packed.spans) + packed.duplicates
        try:
            self._connection.begin()
            try:
                stored = _Commit(self._connection, self._next_seq)
                inserted = stored.ended(packed.spans)
                stored.opened(packed.opened)
                stored.interrupted(packed.interrupted)
                stored.summaries()
                stored.rest(packed)
            except BaseException:
                self._connection.rollback()
                raise
            self._connection.commit()
        except duckdb.Error as error:
            raise StoreError(
                f"{total} spans could not be stored: {error}. None of them was; they stay in their journals."
            ) from error
        self._next_seq = stored.next_seq
        return Committed(spans=inserted, duplicates=total - inserted)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


class _Commit:
    """The steps of one commit, and the traces they touch.

    Rows are numbered from `next_seq` in the order of their storing; a duplicate's number stays unused.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, next_seq: int) -> None:
        self._connection = connection
        self._touched: list[Table] = []
        self._earliest: int | None = None
        self._may_hold_twins = False
        self.next_seq = next_seq

    def ended(self, spans: Table) -> int:
        """Store ended spans; how many were new."""
        if not spans:
            return 0
        window = self._touch(spans)
        self._may_hold_twins = compute.any(compute.and_(spans["counted"], spans["response_id"].is_valid())).as_py()
        numbers = pa.array(range(self.next_seq, self.next_seq + len(spans)), pa.int64())
        self.next_seq += len(spans)
        are_open, are_interrupted = self._one("unfinished", window)
        with self._table("incoming", spans.append_column("seq", numbers)):
            if are_interrupted:
                self._run("drop_interrupted", window)
            inserted = self._run("insert_spans", window)
            if are_open:
                self._run("close_open")
        return inserted

    def opened(self, spans: Table) -> None:
        """Note spans that have started."""
        if spans:
            window = self._touch(spans)
            with self._table("opened", spans):
                self._run("insert_open", window)

    def interrupted(self, journals: list[str]) -> None:
        """Close what these journals left open."""
        if not journals:
            return
        bound = {"journals": journals}
        rows = self._connection.execute(query("interrupted_traces"), bound).fetchall()
        if rows:
            self._touched.append(pa.chunked_array([[trace_id for trace_id, _ in rows]], pa.string()))
            self._reach(min(start for _, start in rows))
            self.next_seq += self._run("insert_interrupted", bound | {"seq": self.next_seq})
            self._run("delete_interrupted", bound)

    def summaries(self) -> None:
        """Sum up the touched traces anew."""
        if not self._touched or self._earliest is None:
            return
        touched = pa.chunked_array([chunk for part in self._touched for chunk in part.chunks], pa.string())
        with self._table("touched", pa.table({"trace_id": touched.unique()})):
            (known,) = self._one("earliest_touched")
            if known is not None:
                self._reach(known)
            bound = {"earliest": self._earliest}
            if self._may_hold_twins:
                self._run("fold_twins", bound)
            self._run("delete_traces")
            self._run("insert_traces", {**bound, "preview": PREVIEW_LENGTH})

    def rest(self, packed: Packed) -> None:
        """Scores, and how far the journals are read."""
        if packed.scores:
            with self._table("scored", packed.scores):
                self._run("insert_scores")
        if packed.journals:
            bound = {"journals": [state.name for state in packed.journals]}
            self._run("delete_journals", bound)
            self._run("delete_gaps", bound)
            with self._table("read_journals", packing.journals(packed.journals)):
                self._run("insert_journals")
            with self._table("missing", packing.gaps(packed.journals)):
                self._run("insert_gaps")

    def _touch(self, spans: Table) -> dict[str, int]:
        """Remember whose traces these are; the window in which their twins may be stored."""
        reach = compute.min_max(spans["start_ns"]).as_py()
        self._touched.append(spans["trace_id"])
        self._reach(reach["min"])
        return {"earliest": reach["min"] - _SLACK_NS, "latest": reach["max"] + _SLACK_NS}

    def _reach(self, start_ns: int) -> None:
        self._earliest = start_ns if self._earliest is None else min(self._earliest, start_ns)

    @contextmanager
    def _table(self, name: str, table: Table) -> Generator[None]:
        self._connection.register(name, table)
        try:
            yield
        finally:
            self._connection.unregister(name)

    def _run(self, name: str, bound: Mapping[str, Any] | None = None) -> int:
        """Run a statement; how many rows it changed."""
        return self._one(name, bound)[0]

    def _one(self, name: str, bound: Mapping[str, Any] | None = None) -> tuple[Any, ...]:
        """Run a statement that answers with one row."""
        [row] = self._connection.execute(query(name), bound or {}).fetchall()
        return row
