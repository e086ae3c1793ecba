"""Batches in which the database refuses a row: halved until the poisoned rows are found, and all others stored.

How far the journals are read is committed last, so whoever dies half way reads the same again: what is stored already
is then a duplicate.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from tracekit.collector.quarantine import Refused
from tracekit.errors import RefusedRowsError
from tracekit.journal import records
from tracekit.store import Committed, Packed, Store, Table

_TABLES = ("spans", "logs", "metrics")
_Part = Callable[[Table], Packed]


def commit_sound(store: Store, packed: Packed, refuse: Callable[[Refused], None]) -> Committed:
    """Commit all rows of a batch that the database takes; tell `refuse` of the others before the journals move on.

    Raises:
        StoreError: the store cannot take anything now; a later try may find some of it stored already.
    """
    try:
        return store.commit(packed)
    except RefusedRowsError:
        whole = {name: getattr(packed, name) for name in _TABLES}
        rest = replace(packed, **{name: table.slice(0, 0) for name, table in whole.items()})
        nothing = replace(
            rest,
            opened=rest.opened.slice(0, 0),
            scores=rest.scores.slice(0, 0),
            interrupted=[],
            journals=[],
            duplicates=0,
        )
        stored = {"duplicates": packed.duplicates}
        for name, table in whole.items():
            done = list(_sift(store, table, lambda part, name=name: replace(nothing, **{name: part}), refuse))
            stored[name] = sum(getattr(one, name) for one in done)
            stored["duplicates"] += sum(one.duplicates for one in done)
        store.commit(rest)
        return Committed(**stored)


def _sift(store: Store, table: Table, part: _Part, refuse: Callable[[Refused], None]) -> Iterator[Committed]:
    if not len(table):
        return
    try:
        yield store.commit(part(table))
    except RefusedRowsError as error:
        if len(table) == 1:
            refuse(_refused(table.to_pylist()[0], str(error)))
            return
        half = len(table) // 2
        yield from _sift(store, table.slice(0, half), part, refuse)
        yield from _sift(store, table.slice(half), part, refuse)


def _refused(row: Mapping[str, Any], error: str) -> Refused:
    """A row as a record: of a span, the record of its end; of the others what they say, which no journal could."""
    is_span = "span_id" in row and "start_ns" in row
    said = _span(row) if is_span else dict(row)
    return Refused(
        journal=f"row-{row.get('span_id') or row['content_key']}",
        sequence=0,
        kind=records.SPAN_END if is_span else b"",
        payload=records.encode(said).encode(),
        error=error,
        resources={0: json.loads(row["resource"])},
    )


def _span(row: Mapping[str, Any]) -> dict[str, Any]:
    attributes = json.loads(row["attributes"])
    for part in row["carried"] or ():
        said = row[part["source"]]
        attributes[part["attribute"]] = said if part["encoded"] else json.loads(said)
    return {
        **{name: row[name] for name in ("trace_id", "span_id", "parent_span_id", "name", "start_ns", "end_ns")},
        "kind": row["raw_kind"],
        "status": [row["raw_status"], row["status_message"]],
        "attributes": attributes,
        "events": json.loads(row["events"]),
        "links": json.loads(row["links"]),
        "scope": [row["scope_name"], row["scope_version"]],
        "resource": 0,
    }
