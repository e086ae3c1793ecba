"""OTLP requests into raw spans, log records and data points, in either encoding; judges none, and drops none."""

from __future__ import annotations

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from tracekit.model import RawLog, RawMetricPoint, RawSpan
from tracekit.otlp import jsonbody, protobuf, requests
from tracekit.otlp.logs import records
from tracekit.otlp.metrics import points


def traces(body: bytes, *, json: bool) -> list[RawSpan]:
    """The spans of an `ExportTraceServiceRequest`, in the order sent.

    Ids are hex text as sent, valid or not: whoever takes the request in decides what a bad one means. A start
    that was not given is 0, an end that was not given is None. Bytes become base64 text, a double that JSON
    cannot say "NaN", "Infinity" or "-Infinity"; of a repeated attribute the last value stands.

    Args:
        body: the request, decompressed.
        json: OTLP/JSON instead of protobuf.

    Raises:
        DecodeError: the body is no such request.
    """
    return jsonbody.spans(body) if json else protobuf.spans(body)


def logs(body: bytes, *, json: bool) -> list[RawLog]:
    """The log records of an `ExportLogsServiceRequest`, in the order sent; values as `traces` gives them.

    Raises:
        DecodeError: the body is no such request.
    """
    return records(requests.parse(ExportLogsServiceRequest, body, is_json=json))


def metrics(body: bytes, *, json: bool) -> list[RawMetricPoint]:
    """The data points of an `ExportMetricsServiceRequest`, in the order sent; values as `traces` gives them.

    Raises:
        DecodeError: the body is no such request.
    """
    return points(requests.parse(ExportMetricsServiceRequest, body, is_json=json))
