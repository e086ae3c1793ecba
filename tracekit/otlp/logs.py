"""Log records out of an OTLP request. Pure; keeps every record, with ids or without."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, SeverityNumber

from tracekit import semconv as sc
from tracekit.model import RawLog
from tracekit.otlp.anyvalue import attributes, json_value
from tracekit.otlp.ids import span_id, trace_id

_SEVERITY = "SEVERITY_NUMBER_"


def records(request: ExportLogsServiceRequest) -> list[RawLog]:
    """The log records of a request, in the order sent."""
    found: list[RawLog] = []
    for resource_logs in request.resource_logs:
        resource = attributes(resource_logs.resource.attributes)
        for scope_logs in resource_logs.scope_logs:
            found.extend(_record(log, resource=resource, scope=scope_logs.scope) for log in scope_logs.log_records)
    return found


def _record(log: LogRecord, *, resource: Mapping[str, Any], scope: InstrumentationScope) -> RawLog:
    said = attributes(log.attributes)
    event_name = log.event_name or said.get(sc.EVENT_NAME)
    return RawLog(
        trace_id=trace_id(log.trace_id),
        span_id=span_id(log.span_id),
        time_ns=log.time_unix_nano or None,
        observed_ns=log.observed_time_unix_nano or None,
        event_name=event_name if isinstance(event_name, str) and event_name else None,
        severity=log.severity_text or _severity_name(log.severity_number),
        severity_number=log.severity_number or None,
        body=json_value(log.body),
        attributes=said,
        resource=resource,
        scope_name=scope.name or None,
        scope_version=scope.version or None,
    )


def _severity_name(number: int) -> str | None:
    """The name that the specification gives a severity, "INFO" for 9; None for none and for one it does not know."""
    known = SeverityNumber.DESCRIPTOR.values_by_number.get(number)
    return known.name.removeprefix(_SEVERITY) if number and known is not None else None
