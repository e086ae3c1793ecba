"""Deleting old traces with all that belongs to them, in one transaction; the space is used again by what comes next."""

from __future__ import annotations

import contextlib
from typing import Any

import duckdb

from tracekit.errors import StoreError
from tracekit.store import Forgotten, Table
from tracekit.store.duckdb import reader
from tracekit.store.duckdb.queries import query
from tracekit.store.retention import Retention, TailSampling

_NS = 1_000_000_000
_SETTLED_NS = 60 * _NS
"""How long after its end a trace is judged by: late spans may bring an error."""
_ALL = 1 << 64
"""The lower halves of trace ids that there can be."""
_ROOM = 0.9
"""How full a database is after traces were forgotten because it was too large: not for every few spans again."""


def forget(connection: duckdb.DuckDBPyConnection, policy: Retention, *, now_ns: int) -> Forgotten:
    """Delete what `policy` does not keep.

    Args:
        connection: the one that writes.
        policy: what is kept.
        now_ns: what ages count from.

    Raises:
        StoreError: the database refused; nothing was deleted.
    """
    forgotten = Forgotten()
    try:
        if policy.seconds is not None or policy.projects:
            forgotten += _in_one_transaction(connection, "old_traces", _limits(policy, now_ns))
        if policy.tail is not None:
            forgotten += _in_one_transaction(connection, "sampled_traces", _bounds(policy.tail, now_ns))
        if policy.max_bytes is not None:
            fraction = _surplus(connection, policy.max_bytes)
            if fraction > 0:
                forgotten += _in_one_transaction(connection, "oldest_traces", {"fraction": fraction})
        if forgotten.spans or forgotten.records:
            with contextlib.suppress(duckdb.TransactionException):  # somebody reads: the next checkpoint does it
                connection.execute("CHECKPOINT")
    except duckdb.Error as error:
        raise StoreError(f"old traces could not be deleted: {error}. They are kept until it works.") from error
    return forgotten


def _limits(policy: Retention, now_ns: int) -> dict[str, Any]:
    """The time before which traces are old: by default, and of each project that has its own."""

    def before(seconds: int | None) -> int | None:
        return None if seconds is None else now_ns - seconds * _NS

    return {
        "before": before(policy.seconds),
        "projects": list(policy.projects),
        "before_each": [before(seconds) for seconds in policy.projects.values()],
    }


def _bounds(tail: TailSampling, now_ns: int) -> dict[str, Any]:
    return {"settled": now_ns - _SETTLED_NS, "slow_ms": tail.slow_ms, "bound": round(tail.ratio * _ALL)}


def _surplus(connection: duckdb.DuckDBPyConnection, max_bytes: int) -> float:
    """The part of what is stored that must go."""
    [(used,)] = connection.execute(query("used_bytes")).fetchall()
    return 1.0 - _ROOM * max_bytes / used if used > max_bytes else 0.0


def _in_one_transaction(connection: duckdb.DuckDBPyConnection, choice: str, bound: dict[str, Any]) -> Forgotten:
    connection.begin()
    try:
        chosen = reader.table(connection, query(choice), bound)
        done = _delete(connection, chosen, choice, bound)
    except BaseException:
        connection.rollback()
        raise
    connection.commit()
    return done


def _delete(connection: duckdb.DuckDBPyConnection, chosen: Table, choice: str, bound: dict[str, Any]) -> Forgotten:
    def run(name: str, values: dict[str, Any] | None = None) -> int:
        [(count,)] = connection.execute(query(name), values or {}).fetchall()
        return count

    connection.register("forgotten", chosen)
    try:
        if choice == "sampled_traces":
            run("count_sampled_out")
        spans = run("forget_spans")
        run("forget_scores")
        records = run("forget_logs")
        if choice == "old_traces":
            records += run("forget_old_logs", bound) + run("forget_old_metrics", bound)
        traces = run("forget_traces")
        run("forget_session_scores")
    finally:
        connection.unregister("forgotten")
    return Forgotten(traces=traces, spans=spans, records=records)
