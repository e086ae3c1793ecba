"""Stored spans as they came in, to derive their rows anew: the columns and the view put the raw form back together.

Only what an older version did not keep is unknown: the kind of OTLP's, and a status that a dialect had changed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from tracekit import semconv as sc
from tracekit.model import RawSpan
from tracekit.store import Position, Table
from tracekit.store.cells import compute
from tracekit.store.duckdb.queries import query
from tracekit.store.duckdb.reader import table

_STATUS_CODES = {"unset": 0, "ok": 1, "error": 2}
_RAW_DIALECT = "raw"
_Key = tuple[str, str]


def unread(connection: duckdb.DuckDBPyConnection, limit: int) -> list[RawSpan]:
    """Stored spans of which there are log records that their rows were not derived with."""
    earliest = connection.execute(query("earliest_unread")).fetchall()[0][0]
    if earliest is None:
        return []
    bound = {"earliest": earliest, "limit": limit}
    return _spans(connection, table(connection, query("chosen_unread"), bound))


def following(
    connection: duckdb.DuckDBPyConnection, position: Position, *, dialect: str | None, limit: int
) -> list[RawSpan]:
    """The stored spans after a position, in the order of their start."""
    bound = {
        "start_ns": position.start_ns,
        "trace_id": position.trace_id,
        "span_id": position.span_id,
        "dialect": dialect,
        "limit": limit,
    }
    return _spans(connection, table(connection, query("chosen_spans"), bound))


def _spans(connection: duckdb.DuckDBPyConnection, chosen: Table) -> list[RawSpan]:
    if not len(chosen):
        return []
    reach = compute.min_max(chosen["start_ns"]).as_py()
    connection.register("chosen", chosen.select(["trace_id", "span_id"]))
    try:
        bound = {"earliest": reach["min"], "latest": reach["max"]}
        found: Table = table(connection, query("raw_spans"), bound)
        logs = _logs(connection)
    finally:
        connection.unregister("chosen")
    resources: dict[str, Any] = {}
    return [_span(row, logs.get((row["trace_id"], row["span_id"]), []), resources) for row in found.to_pylist()]


def _logs(connection: duckdb.DuckDBPyConnection) -> Mapping[_Key, list[dict[str, Any]]]:
    """The content events of the chosen spans, in the order they were said."""
    found: dict[_Key, list[dict[str, Any]]] = {}
    rows: Sequence[Any] = connection.execute(query("span_logs"), {"prefix": sc.EVENT_PREFIX}).fetchall()
    for trace_id, span_id, event_name, time_ns, attributes, body in rows:
        said = {
            "name": event_name,
            "time_ns": time_ns,
            "attributes": json.loads(attributes),
            "body": None if body is None else json.loads(body),
        }
        found.setdefault((trace_id, span_id), []).append(said)
    return found


def _span(row: Mapping[str, Any], logs: list[dict[str, Any]], resources: dict[str, Any]) -> RawSpan:
    attributes = json.loads(row["attributes"])
    if row["dialect"] == _RAW_DIALECT:
        attributes.pop(sc.FAULT, None)  # the fault of a dialect that will be asked again
    resource = row["resource"]
    if resource not in resources:
        resources[resource] = json.loads(resource)
    kind, status = row["raw_kind"], row["raw_status"]
    return RawSpan(
        trace_id=row["trace_id"],
        span_id=row["span_id"],
        parent_span_id=row["parent_span_id"],
        name=row["name"],
        kind=0 if kind is None else kind,
        start_ns=row["start_ns"],
        end_ns=row["end_ns"],
        status_code=_STATUS_CODES[row["status"]] if status is None else status,
        status_message=row["status_message"],
        attributes=attributes,
        events=json.loads(row["events"]),
        links=json.loads(row["links"]),
        logs=logs,
        resource=resources[resource],
        scope_name=row["scope_name"],
        scope_version=row["scope_version"],
    )
