"""Data points out of an OTLP request of metrics: of every kind, one by one. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    AggregationTemporality,
    DataPointFlags,
    Exemplar,
    ExponentialHistogramDataPoint,
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
    SummaryDataPoint,
)

from tracekit.model import MetricKind, RawMetricPoint
from tracekit.otlp.anyvalue import attributes, finite
from tracekit.otlp.ids import span_id, trace_id

_NO_VALUE = DataPointFlags.DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK
_KINDS: tuple[MetricKind, ...] = ("gauge", "sum", "histogram", "exponential_histogram", "summary")
_TEMPORALITIES: dict[int, Literal["delta", "cumulative"]] = {
    AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA: "delta",
    AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE: "cumulative",
}


def points(request: ExportMetricsServiceRequest) -> list[RawMetricPoint]:
    """The data points of a request, in the order sent."""
    found: list[RawMetricPoint] = []
    for resource_metrics in request.resource_metrics:
        resource = attributes(resource_metrics.resource.attributes)
        for scope_metrics in resource_metrics.scope_metrics:
            scope = scope_metrics.scope
            for metric in scope_metrics.metrics:
                for point in _points(metric):
                    point.resource = resource
                    point.scope_name, point.scope_version = scope.name or None, scope.version or None
                    found.append(point)
    return found


def _points(metric: Metric) -> Iterable[RawMetricPoint]:
    for kind in _KINDS:
        if metric.HasField(kind):
            data: Any = getattr(metric, kind)
            for point in data.data_points:
                yield RawMetricPoint(
                    name=metric.name,
                    description=metric.description or None,
                    unit=metric.unit or None,
                    kind=kind,
                    temporality=_TEMPORALITIES.get(getattr(data, "aggregation_temporality", 0)),
                    monotonic=data.is_monotonic if kind == "sum" else None,
                    start_ns=point.start_time_unix_nano or None,
                    time_ns=point.time_unix_nano or None,
                    attributes=attributes(point.attributes),
                    exemplars=[_exemplar(exemplar) for exemplar in getattr(point, "exemplars", ())],
                    **({} if point.flags & _NO_VALUE else _measured(point)),
                )


def _measured(
    point: NumberDataPoint | HistogramDataPoint | ExponentialHistogramDataPoint | SummaryDataPoint,
) -> dict[str, Any]:
    """The fields that hold what was measured."""
    match point:
        case NumberDataPoint():
            return {"value": _number(point)}
        case SummaryDataPoint():
            quantiles = [{"quantile": at.quantile, "value": finite(at.value)} for at in point.quantile_values]
            return {"count": point.count, "sum": point.sum, "buckets": {"quantiles": quantiles}}
        case HistogramDataPoint():
            bounds = [finite(bound) for bound in point.explicit_bounds]
            return {**_totals(point), "buckets": {"bounds": bounds, "counts": list(point.bucket_counts)}}
        case ExponentialHistogramDataPoint():
            return {**_totals(point), "buckets": _exponential(point)}


def _totals(point: HistogramDataPoint | ExponentialHistogramDataPoint) -> dict[str, Any]:
    optional = {name: getattr(point, name) for name in ("sum", "min", "max") if point.HasField(name)}
    return {"count": point.count, **optional}


def _exponential(point: ExponentialHistogramDataPoint) -> dict[str, Any]:
    return {
        "scale": point.scale,
        "zero_count": point.zero_count,
        "zero_threshold": finite(point.zero_threshold),
        "positive": {"offset": point.positive.offset, "counts": list(point.positive.bucket_counts)},
        "negative": {"offset": point.negative.offset, "counts": list(point.negative.bucket_counts)},
    }


def _exemplar(exemplar: Exemplar) -> dict[str, Any]:
    value = _number(exemplar)
    return {
        "time_ns": exemplar.time_unix_nano,
        "value": value if value is None else finite(value),
        "trace_id": trace_id(exemplar.trace_id),
        "span_id": span_id(exemplar.span_id),
        "attributes": attributes(exemplar.filtered_attributes),
    }


def _number(owner: NumberDataPoint | Exemplar) -> float | None:
    match owner.WhichOneof("value"):
        case "as_double":
            return owner.as_double
        case "as_int":
            return owner.as_int
        case _:
            return None
