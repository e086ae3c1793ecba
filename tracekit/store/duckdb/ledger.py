"""The ledger's verdicts in the database: spans of touched traces in, what has changed for them out.

A row keeps what its span says of itself; what other spans make of that stands in columns of its own, set anew by every
commit that touches the trace. So a verdict is taken back when the real owner comes later.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter
from typing import Any

import duckdb
import pyarrow as pa

from tracekit.semconv import FETCH_RESPONSE
from tracekit.store import Table
from tracekit.store.cells import text
from tracekit.store.duckdb.queries import query
from tracekit.store.ledger import Verdict, judge
from tracekit.store.responses import Entry

_Change = tuple[str, str, Verdict, bool]
_STORED = len(Verdict._fields) + 1
"""The last columns of `ledger_entries`: a verdict, and whether the span is new."""


def verdicts(connection: duckdb.DuckDBPyConnection, earliest: int) -> Table:
    """What is to change for the spans of the registered tables `touched`, traces by id, and `incoming`, spans to be stored.

    Args:
        connection: in the transaction that stores the spans.
        earliest: no span of these traces starts before, in Unix nanoseconds.

    Returns:
        Rows for `insert_spans` and `apply_verdicts`, few or none: nothing is read of a trace in which no span can be
        another's twin, nor sum others up.
    """
    rows = connection.execute(query("ledger_entries"), {"earliest": earliest, "fetch": FETCH_RESPONSE}).fetchall()
    return _table([change for _, trace in groupby(rows, key=itemgetter(0)) for change in _changes(trace)])


def _changes(trace: Iterable[tuple[Any, ...]]) -> Iterable[_Change]:
    """Verdicts on the spans of one trace that are not what is stored."""
    rows = {row[1]: row for row in reversed(list(trace))}  # of a span that is stored and comes again, the stored one
    for span_id, verdict in judge(_entry(*row[1:-_STORED]) for row in rows.values()).items():
        row = rows[span_id]
        if verdict != row[-_STORED:-1]:
            yield row[0], span_id, verdict, row[-1]


def _entry(*said: Any) -> Entry:
    span_id, parent, kind, start, end, failed, scope, model, response_id, fetched, *tokens = said
    return Entry(
        span_id=span_id,
        parent_span_id=parent,
        kind=kind,
        start_ns=start,
        end_ns=end,
        failed=failed,
        scope=scope,
        model=model,
        response_id=response_id,
        fetched=fetched,
        tokens=(tokens[0], tokens[1]),
        details=(tokens[2], tokens[3], tokens[4]),
    )


def _table(changes: list[_Change]) -> Table:
    found = [verdict for _, _, verdict, _ in changes]
    return pa.table(
        {
            "trace_id": text([trace_id for trace_id, *_ in changes]),
            "span_id": text([span_id for _, span_id, *_ in changes]),
            "counted": pa.array([verdict.counted for verdict in found], pa.bool_()),
            "twin_of": text([verdict.twin_of for verdict in found]),
            "told_elsewhere": pa.array([verdict.told for verdict in found], pa.bool_()),
            "ledger_fault": text([verdict.fault for verdict in found]),
            "is_new": pa.array([is_new for *_, is_new in changes], pa.bool_()),
        }
    )
