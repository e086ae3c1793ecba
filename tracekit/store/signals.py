"""Log records and data points of metrics as Arrow tables. Pure.

A sender that got no answer sends a request again, whole or cut elsewhere: a row is known by all that it says, so that
the same is stored once. Two records that say the same to the nanosecond are one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, TypeVar

import pyarrow as pa

from tracekit import semconv as sc
from tracekit.model import DEFAULT_PROJECT, RawLog, RawMetricPoint
from tracekit.store import Table
from tracekit.store.cells import json_text, text

_COMMON = {
    "time_ns": pa.uint64(),
    "attributes": pa.string(),
    "resource": pa.string(),
    "scope_name": pa.string(),
    "scope_version": pa.string(),
    "project": pa.string(),
    "service": pa.string(),
}
_LOGS = {
    **dict.fromkeys(("trace_id", "span_id", "event_name", "severity", "body"), pa.string()),
    "observed_ns": pa.uint64(),
    "severity_number": pa.int32(),
    **_COMMON,
}
_METRICS = {
    **dict.fromkeys(("name", "description", "unit", "kind", "temporality", "buckets", "exemplars"), pa.string()),
    **dict.fromkeys(("start_ns", "count"), pa.uint64()),
    **dict.fromkeys(("value", "sum", "min", "max"), pa.float64()),
    "monotonic": pa.bool_(),
    **_COMMON,
}

R = TypeVar("R", RawLog, RawMetricPoint)


def logs(found: Sequence[RawLog]) -> Table:
    """The rows of `internal.logs`; each once."""
    return _table(found, _log, _LOGS)


def metrics(found: Sequence[RawMetricPoint]) -> Table:
    """The rows of `internal.metrics`; each once."""
    return _table(found, _point, _METRICS)


def _log(log: RawLog, shared: Mapping[str, Any]) -> dict[str, Any]:
    time_ns = log.time_ns if log.time_ns is not None else log.observed_ns
    return {
        "trace_id": log.trace_id,
        "span_id": log.span_id,
        "time_ns": time_ns or 0,
        "observed_ns": log.observed_ns,
        "event_name": log.event_name,
        "severity": log.severity,
        "severity_number": log.severity_number,
        "body": None if log.body is None else json_text(log.body),
        "attributes": json_text(log.attributes),
        "scope_name": log.scope_name,
        "scope_version": log.scope_version,
        **shared,
    }


def _point(point: RawMetricPoint, shared: Mapping[str, Any]) -> dict[str, Any]:
    same = (
        "name", "description", "unit", "kind", "temporality", "monotonic", "start_ns", "value", "count", "sum", "min",
        "max", "scope_name", "scope_version",
    )  # fmt: skip
    return {
        **{name: getattr(point, name) for name in same},
        "time_ns": point.time_ns or 0,
        "buckets": None if point.buckets is None else json_text(point.buckets),
        "attributes": json_text(point.attributes),
        "exemplars": json_text(point.exemplars),
        **shared,
    }


def _table(
    found: Sequence[R], row: Callable[[R, Mapping[str, Any]], dict[str, Any]], columns: Mapping[str, Any]
) -> Table:
    resources = {id(one.resource): one.resource for one in found}  # many records share one, which is encoded once
    shared = {key: _shared(resource) for key, resource in resources.items()}
    rows = {_content_key(cells): cells for cells in (row(one, shared[id(one.resource)]) for one in found)}
    made = {"content_key": pa.array(list(rows), pa.uint64())}
    for name, kind in columns.items():
        values = [cells[name] for cells in rows.values()]
        made[name] = text(values) if kind == pa.string() else pa.array(values, kind)
    return pa.table(made)


def _shared(resource: Mapping[str, Any]) -> dict[str, Any]:
    project, service = resource.get(sc.PROJECT), resource.get(sc.SERVICE_NAME)
    return {
        "resource": json_text(resource),
        "project": project if isinstance(project, str) and project else DEFAULT_PROJECT,
        "service": service if isinstance(service, str) and service else None,
    }


def _content_key(cells: Mapping[str, Any]) -> int:
    """64 bits of all that a row says."""
    said = "\x1f".join(map(repr, cells.values())).encode(errors="surrogatepass")
    return int.from_bytes(blake2b(said, digest_size=8).digest(), "little")
