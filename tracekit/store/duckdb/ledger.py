"""The ledger's verdicts in the database: spans of touched traces in, what has changed for them out.

A row keeps what its span says of itself; what other spans make of that stands in columns of its own, set anew by every
commit that touches the trace. So a verdict is taken back when the real owner comes later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any

import duckdb
import pyarrow as pa

from tracekit.semconv import FETCH_RESPONSE
from tracekit.store import Table
from tracekit.store.affected import Affected, Outline, affected, told_apart
from tracekit.store.cells import text
from tracekit.store.duckdb import reader
from tracekit.store.duckdb.queries import query
from tracekit.store.ledger import Sum, Verdict, judge
from tracekit.store.responses import CALLS, PASSED, Entry

_Change = tuple[str, str, Verdict, int | None]
_STORED = len(Verdict._fields) + 2
"""The last columns of `ledger_entries`: a verdict, the number of a new span, and whether it is `paired`."""
_TWIN_OF = -_STORED + Verdict._fields.index("twin_of")
_CLIENTS = ["anthropic_sdk", "mistral_sdk", "xai_sdk"]
"""Dialects of clients that make spans of their own calls."""
REACH_NS = 10_000_000_000
"""How long before a client's own span the call may begin that it is a view of."""
_WHOLE = 200
"""Spans of a trace up to which it is quicker to judge all of them than to find those that new ones can change."""
_JUDGED = {
    "counted": pa.bool_(),
    "twin_of": pa.string(),
    "told_elsewhere": pa.bool_(),
    "ledger_fault": pa.string(),
}


def verdicts(
    connection: duckdb.DuckDBPyConnection,
    earliest: int,
    window: Mapping[str, int] | None = None,
    *,
    only_new: bool = False,
) -> Table:
    """What is to change for spans of the registered tables `touched`, traces by id, and `incoming`, spans to be stored.

    Args:
        connection: in the transaction that stores the spans.
        earliest: no span of these traces starts before, in Unix nanoseconds.
        window: `earliest` and `latest`, between which all incoming spans start. Clients' own spans near it that have
            become traces of their own are judged too.
        only_new: the traces have changed in nothing but that the incoming spans are new: of a large one only what these
            can change is judged anew.

    Returns:
        Rows for `judged`, of new spans, and `apply_verdicts`, of those stored (`seq` is NULL). Few or none: nothing is
        judged in a trace in which no span can be another's twin, nor sum others up.
    """
    suspects = reader.table(connection, query("ledger_suspects"), {"earliest": earliest})
    changes = _judged_anew(connection, suspects, earliest, only_new=only_new) if suspects else []
    if window is not None:
        changes = _with_strays(connection, window, changes)
    return _table(changes)


def _with_strays(
    connection: duckdb.DuckDBPyConnection, window: Mapping[str, int], changes: list[_Change]
) -> list[_Change]:
    bound = {**window, "reach": REACH_NS, "clients": _CLIENTS}
    if connection.execute(query("ledger_clients"), bound).fetchall() == [(False,)]:
        return changes
    found = connection.execute(query("ledger_strays"), bound).fetchall()
    strays = {(trace_id, span_id) for trace_id, span_id, *_ in found}
    kept = [change for change in changes if change[:2] not in strays]
    return kept + [(*ids, Verdict(twin_of=owner, told=True), seq) for *ids, owner, seq in found]


def _judged_anew(
    connection: duckdb.DuckDBPyConnection, suspects: Table, earliest: int, *, only_new: bool
) -> list[_Change]:
    connection.register("suspects", suspects)
    bound = {"earliest": earliest, "fetch": FETCH_RESPONSE}
    found = reader.table(connection, query("ledger_entries"), bound)
    connection.unregister("suspects")  # where a statement failed, the rollback does it
    settled: dict[str, dict[str, Sum]] = {}
    if only_new:
        found, settled = _narrowed(found)
    rows = zip(*(column.to_pylist() for column in found.columns), strict=True)
    return [
        change
        for trace_id, trace in groupby(rows, key=itemgetter(0))
        for change in _changes(trace, settled.get(trace_id, {}))
    ]


def _narrowed(found: Table) -> tuple[Table, dict[str, dict[str, Sum]]]:
    """Rows without those of large traces on which new ones bear in nothing, and what these bring to sums, by trace."""
    settled: dict[str, dict[str, Sum]] = {}
    if len(found) <= _WHOLE:
        return found, settled
    kept: list[int] = []
    for trace_id, places in groupby(enumerate(found["trace_id"].to_pylist()), key=itemgetter(1)):
        rows = [place for place, _ in places]
        trace = found.slice(rows[0], len(rows))
        is_split = len(rows) > _WHOLE and not found["seq"][rows[0]].is_valid and not _told_apart(trace)
        part = _affected(trace) if is_split else None
        if part is None:
            kept += rows
        else:
            kept += [rows[place] for place in sorted(part.places)]
            settled[trace_id] = part.sums
    return (found if len(kept) == len(found) else found.take(pa.array(kept, pa.int64()))), settled


def _told_apart(trace: Table) -> bool:
    told = zip(*(trace[name].to_pylist() for name in ("kind", "scope_name", "response_id")), strict=True)
    return told_apart((scope, response_id) for kind, scope, response_id in told if kind in CALLS)


def _affected(trace: Table) -> Affected | None:
    span_ids = trace["span_id"].to_pylist()
    first = {span_id: place for place, span_id in reversed(list(enumerate(span_ids)))}
    places = sorted(first.values())  # a span that is stored and comes again is no new one
    if len(places) < len(span_ids):
        trace = trace.take(places)
    kinds = trace["kind"].to_pylist()
    fetched = trace["fetched"].to_pylist()
    outline = Outline(
        span_ids=trace["span_id"].to_pylist(),
        parents=trace["parent_span_id"].to_pylist(),
        calls=[kind in CALLS and not again for kind, again in zip(kinds, fetched, strict=True)],
        passed=[kind in PASSED for kind in kinds],
        paired=trace["paired"].to_pylist(),
        response_ids=trace["response_id"].to_pylist(),
        fresh=trace["seq"].is_valid().to_pylist(),
    )
    used = zip(*(trace[name].to_pylist() for name in ("input_tokens", "output_tokens", "cost_usd")), strict=True)
    owners = enumerate(zip(trace["counted"].to_pylist(), used, strict=True))
    found = affected(outline, {place: owned for place, (is_counted, owned) in owners if is_counted})
    return Affected({places[place] for place in found.places}, found.sums) if found is not None else None


def _changes(trace: Iterable[tuple[Any, ...]], settled: Mapping[str, Sum]) -> Iterable[_Change]:
    """Verdicts on the spans of one trace that are not what is stored."""
    rows = {row[1]: row for row in reversed(list(trace))}  # of a span that is stored and comes again, the stored one
    for span_id, verdict in judge((_entry(*row[1:-_STORED]) for row in rows.values()), settled).items():
        row = rows[span_id]
        stray = row[_TWIN_OF] is not None and row[_TWIN_OF] not in rows
        if not stray and verdict != row[-_STORED:-2]:
            yield row[0], span_id, verdict, row[-2]


def _entry(*said: Any) -> Entry:
    span_id, parent, kind, start, end, failed, scope, model, response_id, fetched, *tokens, cost, given = said
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
        cost=cost,
        given_cost=given,
    )


def judged(incoming: Table, found: Table) -> Table:
    """New spans, which `seq` numbers without a gap, with the verdicts on them."""
    first = incoming["seq"][0].as_py() if incoming else 0
    places = [(row, seq - first) for row, seq in enumerate(found["seq"].to_pylist()) if seq is not None]
    for name, kind in _JUDGED.items() if places else ():
        there = incoming.schema.get_field_index(name)
        cells = incoming[name].to_pylist() if there >= 0 else [None] * len(incoming)
        verdict = found[name].to_pylist()
        for row, place in places:
            cells[place] = verdict[row]
        column = pa.array(cells, kind)
        incoming = incoming.set_column(there, name, column) if there >= 0 else incoming.append_column(name, column)
    return incoming


def _table(changes: list[_Change]) -> Table:
    columns = zip(*(verdict for _, _, verdict, _ in changes), strict=True) if changes else [()] * len(_JUDGED)
    judgements = zip(_JUDGED.items(), columns, strict=True)
    return pa.table(
        {
            "trace_id": text([trace_id for trace_id, *_ in changes]),
            "span_id": text([span_id for _, span_id, *_ in changes]),
            **{name: pa.array(column, kind) for (name, kind), column in judgements},
            "seq": pa.array([seq for *_, seq in changes], pa.int64()),
        }
    )
