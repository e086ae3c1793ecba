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

_Row = tuple[Any, ...]
_Change = tuple[str, str, Verdict]


def verdicts(connection: duckdb.DuckDBPyConnection, earliest: int) -> Table:
    """What is to change in the traces of the registered table `touched`: rows for `apply_verdicts`.

    Traces in which no span can be another's twin, nor sum others up, are not looked at.

    Args:
        connection: in the transaction that has stored the spans.
        earliest: no span of these traces starts before, in Unix nanoseconds.
    """
    bound = {"earliest": earliest}
    suspects = [trace_id for (trace_id,) in connection.execute(query("ledger_suspects"), bound).fetchall()]
    if not suspects:
        return _table([])
    rows = connection.execute(
        query("ledger_entries"), {**bound, "suspects": suspects, "fetch": FETCH_RESPONSE}
    ).fetchall()
    return _table([change for _, trace in groupby(rows, key=itemgetter(0)) for change in _changes(list(trace))])


def _changes(rows: list[_Row]) -> Iterable[_Change]:
    """Verdicts on the spans of one trace that are not what is stored."""
    stored: dict[str, Verdict] = {}
    entries: list[Entry] = []
    for row in rows:
        *said, counted, twin_of, told, fault = row[1:]
        stored[row[1]] = Verdict(counted=counted, twin_of=twin_of, told=bool(told), fault=fault)
        entries.append(_entry(*said))
    for span_id, verdict in judge(entries).items():
        if stored[span_id] != verdict:
            yield rows[0][0], span_id, verdict


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
    found = [verdict for _, _, verdict in changes]
    return pa.table(
        {
            "trace_id": text([trace_id for trace_id, _, _ in changes]),
            "span_id": text([span_id for _, span_id, _ in changes]),
            "counted": pa.array([verdict.counted for verdict in found], pa.bool_()),
            "told_elsewhere": pa.array([verdict.told for verdict in found], pa.bool_()),
            "twin_of": text([verdict.twin_of for verdict in found]),
            "ledger_fault": text([verdict.fault for verdict in found]),
        }
    )
