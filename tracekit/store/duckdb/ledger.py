"""The ledger's verdicts in the database: spans of touched traces in, what has changed for them out.

A row keeps what its span says of itself; what other spans make of that stands in columns of its own, set anew by every
commit that touches the trace. So a verdict is taken back when the real owner comes later.
"""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import Any

import duckdb
import pyarrow as pa

from tracekit.semconv import FETCH_RESPONSE
from tracekit.store.duckdb.cells import text
from tracekit.store.duckdb.queries import query
from tracekit.store.ledger import Verdict, judge
from tracekit.store.responses import Entry

_UNJUDGED = Verdict()
_Row = tuple[Any, ...]


def settle(connection: duckdb.DuckDBPyConnection, earliest: int) -> None:
    """Judge the traces named in the registered table `touched`, of spans that start at `earliest` or later.

    Traces in which no span can be another's twin, nor sum others up, are not looked at.
    """
    bound = {"earliest": earliest}
    suspects = connection.execute(query("ledger_suspects"), bound).to_arrow_table()
    if not suspects.num_rows:
        return
    with registered(connection, "suspects", suspects):
        rows = connection.execute(query("ledger_entries"), {**bound, "fetch": FETCH_RESPONSE}).fetchall()
    changed = [change for _, trace in groupby(rows, key=itemgetter(0)) for change in _changes(list(trace))]
    if changed:
        with registered(connection, "verdicts", _table(changed)):
            connection.execute(query("apply_verdicts"), bound)
