"""Recorded requests of other emitters, as raw spans with the log records that belong to them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from tests.support import corpus
from tracekit.model import RawSpan
from tracekit.otlp import decode


def spans(emitter: str, case: str) -> list[RawSpan]:
    """The spans of a recorded case in the order of their starts, each with its log records."""
    folder = corpus.ROOT / "otlp-samples" / emitter / case
    beside = _logs(folder)
    found: list[RawSpan] = []
    for path in sorted(folder.glob("traces-*.pb")):
        found += decode.traces(path.read_bytes(), json=False)
        corpus.ran(path)
    for span in found:
        span.logs = beside.get((span.trace_id, span.span_id), [])
    return sorted(found, key=lambda span: span.start_ns)


def _logs(folder: Path) -> dict[tuple[str, str], list[dict[str, Any]]]:
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for path in sorted(folder.glob("logs-*.pb")):
        request = ExportLogsServiceRequest.FromString(path.read_bytes())
        for resource in request.resource_logs:
            for scope in resource.scope_logs:
                for record in scope.log_records:
                    key = record.trace_id.hex(), record.span_id.hex()
                    found.setdefault(key, []).append(_record(record))
    return found


def _record(record: LogRecord) -> dict[str, Any]:
    return {
        "name": record.event_name,
        "time_ns": record.time_unix_nano or record.observed_time_unix_nano,
        "attributes": {pair.key: _value(pair.value) for pair in record.attributes},
        "body": _value(record.body),
    }


def _value(value: AnyValue) -> Any:
    match value.WhichOneof("value"):
        case "kvlist_value":
            return {pair.key: _value(pair.value) for pair in value.kvlist_value.values}
        case "array_value":
            return [_value(item) for item in value.array_value.values]
        case None:
            return None
        case name:
            return getattr(value, name)
