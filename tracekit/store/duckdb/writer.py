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

from tracekit.errors import RefusedRowsError, StoreError
from tracekit.semconv import EVENT_PREFIX, FETCH_RESPONSE
from tracekit.store import Committed, Forgotten, Packed, Retention, Table, packing
from tracekit.store.cells import compute
from tracekit.store.differences import differing
from tracekit.store.duckdb import forgetting, ledger
from tracekit.store.duckdb.queries import query

_SLACK_NS = 1_000_000_000
"""Emitters that send a span twice may round its start differently."""

_REFUSALS = (duckdb.DataError, duckdb.IntegrityError, duckdb.InvalidInputException)
"""What the database says of a value that it cannot hold, whatever the state of the machine."""


class Writer:
    """The one connection that writes.

    Args:
        connection: to the database; nothing else writes by it.

    Attributes:
        next_seq: the number that the next span gets, and none has had before. Ended spans get theirs first in a commit.

    Raises:
        duckdb.Error: the database cannot be read.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        [(last,)] = connection.execute(query("last_seq")).fetchall()
        self.next_seq: int = last + 1

    def commit(self, packed: Packed) -> Committed:
        """Store a batch, all or nothing.

        Raises:
            StoreError: the database refused.
        """
        total = len(packed.spans) + packed.duplicates
        try:
            self._connection.begin()
            try:
                stored = _Commit(self._connection, self.next_seq)
                logs = stored.logs(packed.logs)
                metrics = stored.metrics(packed.metrics)
                inserted = stored.ended(packed.spans)
                stored.opened(packed.opened)
                stored.interrupted(packed)
                stored.mark_unread()
                changed = stored.rederived(packed.rederived)
                stored.summaries()
                stored.rest(packed)
                if stored.next_seq > self.next_seq:
                    stored.note_numbers()
            except BaseException:
                self._connection.rollback()
                raise
            self._connection.commit()
        except _REFUSALS as error:
            raise RefusedRowsError(
                f"the database refuses a value among {total} spans and what is with them: {error}"
            ) from error
        except duckdb.Error as error:
            raise StoreError(
                f"{total} spans could not be stored: {error}. None of them was; they stay in their journals."
            ) from error
        self.next_seq = stored.next_seq
        return Committed(spans=inserted, duplicates=total - inserted, logs=logs, metrics=metrics, changed=changed)

    def forget(self, policy: Retention, *, now_ns: int) -> Forgotten:
        """Delete what `policy` does not keep; see `forgetting.forget`."""
        return forgetting.forget(self._connection, policy, now_ns=now_ns)

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
        self._logged: int | None = None
        self.next_seq = next_seq

    def ended(self, spans: Table) -> int:
        """Store ended spans; how many were new."""
        if not spans:
            return 0
        window = self._touch(spans)
        are_open, are_interrupted = self._one("unfinished", window)
        incoming = self._numbered(spans)
        with self._table("incoming", incoming):
            if are_interrupted:
                self._run("drop_interrupted", window)
            verdicts = self._verdicts([spans["trace_id"]], window, only_new=not are_interrupted)
        with self._table("incoming", ledger.judged(incoming, verdicts)):
            inserted = self._run("insert_spans", window)
            if are_open:
                self._run("close_open")
        return inserted

    def logs(self, logs: Table) -> int:
        """Store log records, and note the spans that they speak of; how many were new."""
        if not logs:
            return 0
        window = compute.min_max(logs["time_ns"]).as_py()
        bound = {"earliest": window["min"], "latest": window["max"]}
        with self._table("incoming_logs", logs):
            self._run("insert_unread", {**bound, "prefix": EVENT_PREFIX})
            (self._logged,) = self._one("earliest_logged")
            return self._run("insert_logs", bound)

    def metrics(self, points: Table) -> int:
        """Store data points; how many were new."""
        if not points:
            return 0
        window = compute.min_max(points["time_ns"]).as_py()
        with self._table("incoming_metrics", points):
            return self._run("insert_metrics", {"earliest": window["min"], "latest": window["max"]})

    def mark_unread(self) -> None:
        """Tell which spans that log records speak of are stored: those of this batch, and those that its logs name."""
        reached = [start for start in (self._earliest, self._logged) if start is not None]
        if reached and self._one("count_awaited")[0]:
            self._run("mark_unread", {"earliest": min(reached)})

    def rederived(self, spans: Table) -> int:
        """Replace the rows of stored spans where they differ; how many did."""
        if not spans:
            return 0
        window = self._touch(spans)
        with self._table("incoming", spans):
            stored = self._connection.sql(query("stored_spans"), params=window).to_arrow_table()
            self._run("delete_unread")
            self._run("update_derivation", window)
        changed = self._numbered(differing(spans, stored))
        with self._table("incoming", changed):
            self._run("delete_spans", window)
            verdicts = self._verdicts([changed["trace_id"]], window)
        with self._table("incoming", ledger.judged(changed, verdicts)):
            return self._run("replace_spans")

    def opened(self, spans: Table) -> None:
        """Note spans that have started."""
        if spans:
            window = self._touch(spans)
            with self._table("opened", spans):
                self._run("insert_open", window)

    def interrupted(self, packed: Packed) -> None:
        """Close what journals left open whose writer died."""
        if not packed.interrupted:
            return
        bound = {"journals": packed.interrupted}
        rows = self._connection.execute(query("interrupted_traces"), bound).fetchall()
        if rows:
            traces = pa.chunked_array([[trace_id for trace_id, _ in rows]], pa.string())
            self._touched.append(traces)
            self._reach(min(start for _, start in rows))
            self.next_seq += self._run("insert_interrupted", bound | {"seq": self.next_seq})
            self._run("delete_interrupted", bound)
            with self._table("incoming", packed.spans.slice(0, 0).append_column("seq", pa.array([], pa.int64()))):
                self._verdicts([traces])  # on what has ended within a span that never will

    def summaries(self) -> None:
        """Sum up the touched traces anew."""
        if self._touched:
            with self._traces(self._touched) as bound:
                self._run("delete_traces")
                self._run("insert_traces", bound | {"fetch": FETCH_RESPONSE})

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

    def note_numbers(self) -> None:
        """Note which number was given last."""
        self._run("note_seq", {"last": self.next_seq - 1})

    def _numbered(self, spans: Table) -> Table:
        """The rows with their numbers in the order of storing."""
        numbers = pa.array(range(self.next_seq, self.next_seq + len(spans)), pa.int64())
        self.next_seq += len(spans)
        return spans.append_column("seq", numbers)

    def _touch(self, spans: Table) -> dict[str, int]:
        """Remember whose traces these are; the window in which their twins may be stored."""
        reach = compute.min_max(spans["start_ns"]).as_py()
        self._touched.append(spans["trace_id"])
        self._reach(reach["min"])
        return {"earliest": reach["min"] - _SLACK_NS, "latest": reach["max"] + _SLACK_NS}

    def _reach(self, start_ns: int) -> None:
        self._earliest = start_ns if self._earliest is None else min(self._earliest, start_ns)

    def _verdicts(
        self, trace_ids: list[Table], window: dict[str, int] | None = None, *, only_new: bool = False
    ) -> Table:
        """See to it that each provider response in these traces counts once; gives the verdicts on `incoming` spans."""
        with self._traces(trace_ids) as bound:
            found = ledger.verdicts(self._connection, bound["earliest"], window, only_new=only_new)
            if found["seq"].null_count:
                self._touched.append(found["trace_id"])  # a stray's is not among those that new spans touch
                if window is not None:
                    bound["earliest"] = min(bound["earliest"], window["earliest"] - ledger.REACH_NS)
                with self._table("verdicts", found):
                    self._run("apply_verdicts", bound)
        return found

    @contextmanager
    def _traces(self, trace_ids: list[Table]) -> Generator[dict[str, Any]]:
        """These traces as `touched`; gives the parameter `earliest`, before which none of their spans starts."""
        found = pa.chunked_array([chunk for part in trace_ids for chunk in part.chunks], pa.string())
        with self._table("touched", pa.table({"trace_id": found.unique()})):
            (known,) = self._one("earliest_touched")
            if known is not None:
                self._reach(known)
            yield {"earliest": self._earliest}

    @contextmanager
    def _table(self, name: str, table: Table) -> Generator[None]:
        self._connection.register(name, table)
        yield
        self._connection.unregister(name)  # where a statement failed, the rollback does it, and nothing else can

    def _run(self, name: str, bound: Mapping[str, Any] | None = None) -> int:
        """Run a statement; how many rows it changed."""
        return self._one(name, bound)[0]

    def _one(self, name: str, bound: Mapping[str, Any] | None = None) -> tuple[Any, ...]:
        """Run a statement that answers with one row."""
        [row] = self._connection.execute(query(name), bound or {}).fetchall()
        return row
