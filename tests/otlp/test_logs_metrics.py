"""Log records and data points: of every kind, and the same from protobuf as from JSON."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality

from tests.support import corpus
from tracekit.errors import DecodeError
from tracekit.model import RawLog, RawMetricPoint
from tracekit.otlp import decode

TRACE, SPAN = bytes(range(16)), bytes(range(8))
LOGS = corpus.files("otlp-samples/*/*/logs-*.pb")
METRICS = corpus.files("otlp-samples/*/*/metrics-*.pb")


def hexed(data: Any) -> Any:
    """Protobuf's JSON with ids as OTLP has them."""
    if isinstance(data, dict):
        return {
            key: base64.b64decode(value).hex() if key in {"traceId", "spanId", "trace_id", "span_id"} else hexed(value)
            for key, value in data.items()
        }
    return [hexed(item) for item in data] if isinstance(data, list) else data


def as_json(message: Message, *, snake: bool = False) -> bytes:
    return json.dumps(hexed(MessageToDict(message, preserving_proto_field_name=snake))).encode()


def logs_request() -> ExportLogsServiceRequest:
    message = ExportLogsServiceRequest()
    resource_logs = message.resource_logs.add()
    resource_logs.resource.attributes.add(key="service.name").value.string_value = "svc"
    scope_logs = resource_logs.scope_logs.add()
    scope_logs.scope.name, scope_logs.scope.version = "lib", "1.0"
    said = scope_logs.log_records.add(
        trace_id=TRACE, span_id=SPAN, time_unix_nano=5, event_name="gen_ai.choice", severity_number=9
    )
    choice = said.body.kvlist_value.values.add(key="message").value.kvlist_value
    choice.values.add(key="content").value.string_value = "Paris"
    choice.values.add(key="index").value.int_value = 1 << 62
    said.attributes.add(key="nan").value.double_value = float("nan")
    older = scope_logs.log_records.add(observed_time_unix_nano=7, severity_text="warning", severity_number=13)
    older.attributes.add(key="event.name").value.string_value = "gen_ai.user.message"
    older.body.bytes_value = b"\x00\xff"
    scope_logs.log_records.add(trace_id=bytes(16), span_id=b"\x01" * 7, severity_number=99)
    return message


def metrics_request() -> ExportMetricsServiceRequest:
    message = ExportMetricsServiceRequest()
    resource_metrics = message.resource_metrics.add()
    resource_metrics.resource.attributes.add(key="service.name").value.string_value = "svc"
    scope_metrics = resource_metrics.scope_metrics.add()
    scope_metrics.scope.name = "lib"
    metrics = scope_metrics.metrics
    metrics.add(name="g", unit="By", description="bytes").gauge.data_points.add(as_int=7, time_unix_nano=3)
    total = metrics.add(name="s").sum
    total.is_monotonic, total.aggregation_temporality = True, AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
    total.data_points.add(as_double=1.5, start_time_unix_nano=1).attributes.add(key="a").value.bool_value = False
    total.data_points.add(flags=1)
    histogram = metrics.add(name="h").histogram
    histogram.aggregation_temporality = AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA
    point = histogram.data_points.add(
        count=3, sum=6.0, min=1.0, max=3.0, explicit_bounds=[1, 2], bucket_counts=[1, 1, 1]
    )
    exemplar = point.exemplars.add(as_double=2.0, time_unix_nano=9, trace_id=TRACE, span_id=SPAN)
    exemplar.filtered_attributes.add(key="k").value.int_value = 1
    exponential = metrics.add(name="e").exponential_histogram.data_points.add(count=2, scale=-1, zero_count=1)
    exponential.positive.offset = 4
    exponential.positive.bucket_counts.append(1)
    summary = metrics.add(name="y").summary.data_points.add(count=4, sum=10.0)
    summary.quantile_values.add(quantile=0.5, value=2.5)
    return message


def test_log_records_are_read_whole() -> None:
    said, older, loose = decode.logs(logs_request().SerializeToString(), json=False)
    about: dict[str, Any] = {"resource": {"service.name": "svc"}, "scope_name": "lib", "scope_version": "1.0"}
    assert said == RawLog(
        trace_id=TRACE.hex(),
        span_id=SPAN.hex(),
        time_ns=5,
        event_name="gen_ai.choice",
        severity="INFO",
        severity_number=9,
        body={"message": {"content": "Paris", "index": 1 << 62}},
        attributes={"nan": "NaN"},
        **about,
    )
    assert older == RawLog(
        observed_ns=7,
        event_name="gen_ai.user.message",
        severity="warning",
        severity_number=13,
        body="AP8=",
        attributes={"event.name": "gen_ai.user.message"},
        **about,
    )
    assert loose == RawLog(severity_number=99, **about)


def test_data_points_of_every_kind_are_read_whole() -> None:
    found = decode.metrics(metrics_request().SerializeToString(), json=False)
    about: dict[str, Any] = {"resource": {"service.name": "svc"}, "scope_name": "lib"}
    exemplar = {
        "time_ns": 9,
        "value": 2.0,
        "trace_id": TRACE.hex(),
        "span_id": SPAN.hex(),
        "attributes": {"k": 1},
    }
    exponential = {
        "scale": -1,
        "zero_count": 1,
        "zero_threshold": 0.0,
        "positive": {"offset": 4, "counts": [1]},
        "negative": {"offset": 0, "counts": []},
    }
    total: dict[str, Any] = {"name": "s", "kind": "sum", "temporality": "cumulative", "monotonic": True, **about}
    assert found == [
        RawMetricPoint(name="g", unit="By", description="bytes", kind="gauge", value=7, time_ns=3, **about),
        RawMetricPoint(value=1.5, start_ns=1, attributes={"a": False}, **total),
        RawMetricPoint(**total),
        RawMetricPoint(
            name="h",
            kind="histogram",
            temporality="delta",
            count=3,
            sum=6.0,
            min=1.0,
            max=3.0,
            buckets={"bounds": [1.0, 2.0], "counts": [1, 1, 1]},
            exemplars=[exemplar],
            **about,
        ),
        RawMetricPoint(name="e", kind="exponential_histogram", count=2, buckets=exponential, **about),
        RawMetricPoint(
            name="y",
            kind="summary",
            count=4,
            sum=10.0,
            buckets={"quantiles": [{"quantile": 0.5, "value": 2.5}]},
            **about,
        ),
    ]


@pytest.mark.parametrize("snake", [False, True])
def test_json_says_the_same(snake: bool) -> None:  # noqa: FBT001 - pytest passes it
    logs, metrics = logs_request(), metrics_request()
    assert decode.logs(as_json(logs, snake=snake), json=True) == decode.logs(logs.SerializeToString(), json=False)
    assert decode.metrics(as_json(metrics, snake=snake), json=True) == decode.metrics(
        metrics.SerializeToString(), json=False
    )


def test_an_id_that_is_none_leaves_the_record() -> None:
    record = {"traceId": "nonsense", "spanId": "0011223344556677", "body": {"stringValue": "kept"}}
    body = json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}).encode()
    (found,) = decode.logs(body, json=True)
    assert (found.trace_id, found.span_id, found.body) == (None, "0011223344556677", "kept")


@pytest.mark.parametrize(
    ("body", "is_json"),
    [
        (b"\xff", False),
        (b"\xff", True),
        (b"[]", True),
        (b'"text"', True),
        (b"[" * 100_000, True),
        (b'{"resourceLogs": 5, "resourceMetrics": 5}', True),
        (b'{"resourceLogs": [5], "resourceMetrics": [null]}', True),
        (b'{"resourceLogs": {"a": 1}, "resourceMetrics": {"a": 1}}', True),
        (b'{"resourceLogs": [{"scopeLogs": "x"}], "resourceMetrics": [{"scopeMetrics": "x"}]}', True),
    ],
)
def test_what_is_no_request_is_refused_with_a_reason(body: bytes, is_json: bool) -> None:  # noqa: FBT001 - pytest passes it
    for read in (decode.logs, decode.metrics):
        with pytest.raises(DecodeError, match=rf"the body \({len(body)} bytes\) is no Export"):
            read(body, json=is_json)


@pytest.mark.skipif(not LOGS, reason="no corpus")
def test_recorded_requests_are_read_and_say_the_same_in_json() -> None:
    for path in (*LOGS, *METRICS):
        data = path.read_bytes()
        read, kind = (
            (decode.logs, ExportLogsServiceRequest) if path in LOGS else (decode.metrics, ExportMetricsServiceRequest)
        )
        found = read(data, json=False)
        assert found, path
        assert read(as_json(kind.FromString(data)), json=True) == found, path
        corpus.ran(path)


def test_a_text_that_is_not_utf_8_loses_only_what_is_no_character() -> None:
    request = ExportLogsServiceRequest()
    logs = request.resource_logs.add().scope_logs.add().log_records
    logs.add(event_name="cut \u20ac").body.string_value = "half a \u20ac"
    logs.add().body.string_value = "beside it"
    first, second = decode.logs(request.SerializeToString().replace("\u20ac".encode(), b"\xe2\x82 "), json=False)
    assert (first.body, second.body) == ("half a \ufffd ", "beside it")
