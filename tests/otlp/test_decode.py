from __future__ import annotations

import json

import pytest
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from tests.support import corpus
from tracekit.errors import DecodeError
from tracekit.otlp import decode

SAMPLES = corpus.files("otlp-samples/*/*/traces-*.pb")


def request() -> ExportTraceServiceRequest:
    message = ExportTraceServiceRequest()
    resource_spans = message.resource_spans.add()
    resource_spans.resource.attributes.add(key="service.name").value.string_value = "svc"
    scope_spans = resource_spans.scope_spans.add()
    scope_spans.scope.name, scope_spans.scope.version = "lib", "1.0"
    span = scope_spans.spans.add(name="work", kind=3, trace_id=bytes(range(16)), span_id=bytes(range(8)))
    span.start_time_unix_nano, span.end_time_unix_nano = 1_790_000_000_000_000_001, 1_790_000_000_000_000_999
    span.status.code, span.status.message = Status.STATUS_CODE_ERROR, "broke"
    values = span.attributes
    values.add(key="text").value.string_value = "é\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16")
    values.add(key="empty").value.string_value = ""
    values.add(key="zero").value.int_value = 0
    values.add(key="big").value.int_value = -(1 << 62)
    values.add(key="half").value.double_value = 0.5
    values.add(key="nan").value.double_value = float("nan")
    values.add(key="down").value.double_value = float("-inf")
    values.add(key="no").value.bool_value = False
    values.add(key="bytes").value.bytes_value = b"\x00\xff"
    values.add(key="nothing")
    listed = values.add(key="list").value.array_value
    listed.values.add().string_value = "a"
    listed.values.add().kvlist_value.values.add(key="k").value.int_value = 7
    event = span.events.add(name="e", time_unix_nano=5)
    event.attributes.add(key="x").value.int_value = 1
    link = span.links.add(trace_id=bytes(16), span_id=b"\x01" * 8)
    link.attributes.add(key="y").value.bool_value = True
    return message


def as_otlp_json(message: ExportTraceServiceRequest, *, snake: bool) -> bytes:
    """OTLP/JSON is protobuf's JSON with ids in hex."""
    data = MessageToDict(message, preserving_proto_field_name=snake)
    names = ("trace_id", "span_id") if snake else ("traceId", "spanId")
    scope = data["resource_spans" if snake else "resourceSpans"][0]["scope_spans" if snake else "scopeSpans"][0]
    source = message.resource_spans[0].scope_spans[0].spans[0]
    for owner, origin in ((scope["spans"][0], source), (scope["spans"][0]["links"][0], source.links[0])):
        owner[names[0]], owner[names[1]] = origin.trace_id.hex().upper(), origin.span_id.hex()
    return json.dumps(data).encode()


def test_protobuf_values_come_as_json_values() -> None:
    (span,) = decode.traces(request().SerializeToString(), json=False)
    assert span.attributes == {
        "text": "é😀", "empty": "", "zero": 0, "big": -(1 << 62), "half": 0.5, "nan": "NaN",
        "down": "-Infinity",
        "no": False, "bytes": "AP8=", "nothing": None, "list": ["a", {"k": 7}],
    }  # fmt: skip
    assert (span.trace_id, span.span_id, span.parent_span_id) == (
        bytes(range(16)).hex(),
        bytes(range(8)).hex(),
        None,
    )
    assert (span.start_ns, span.end_ns) == (1_790_000_000_000_000_001, 1_790_000_000_000_000_999)
    assert (span.kind, span.status_code, span.status_message) == (3, 2, "broke")
    assert span.events == [{"name": "e", "time_ns": 5, "attributes": {"x": 1}}]
    assert span.links == [{"trace_id": "0" * 32, "span_id": "01" * 8, "attributes": {"y": True}}]
    assert (dict(span.resource), span.scope_name, span.scope_version) == (
        {"service.name": "svc"},
        "lib",
        "1.0",
    )


@pytest.mark.parametrize("snake", [False, True])
def test_json_gives_the_same_span(snake: bool) -> None:  # noqa: FBT001 - pytest passes it
    message = request()
    assert decode.traces(as_otlp_json(message, snake=snake), json=True) == decode.traces(
        message.SerializeToString(), json=False
    )


def body(**span: object) -> bytes:
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode()


def test_json_numbers_and_names_of_enums_are_both_read() -> None:
    spans = [
        decode.traces(body(startTimeUnixNano=start, kind=kind, status={"code": code}), json=True)[0]
        for start, kind, code in (
            ("12", "SPAN_KIND_CLIENT", "STATUS_CODE_ERROR"),
            (12, 3, 2),
            (12.0, "3", "2"),
        )
    ]
    assert [(span.start_ns, span.kind, span.status_code) for span in spans] == [(12, 3, 2)] * 3


def test_an_end_that_is_not_there_is_unknown() -> None:
    assert decode.traces(body(startTimeUnixNano="12"), json=True)[0].end_ns is None


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"{", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[]", "the body is a JSON list"),
        (b"[" * 100_000, "not JSON"),
        (body(startTimeUnixNano="soon"), "startTimeUnixNano: 'soon' is not a whole number"),
        (body(startTimeUnixNano=1.5), "not a whole number"),
        (body(startTimeUnixNano=float("inf")), "not"),
        (body(name=5), "name: 5 is not text"),
        (body(attributes={"a": 1}), "attributes is a JSON dict"),
        (body(attributes=["a"]), "a member of attributes is a JSON str"),
        (body(attributes=[{"key": "a", "value": {"intValue": "x"}}]), "intValue: 'x'"),
    ],
)
def test_json_that_is_no_request_is_refused_with_a_reason(data: bytes, says: str) -> None:
    with pytest.raises(DecodeError, match=says):
        decode.traces(data, json=True)


@pytest.mark.parametrize("data", [b"{}", b"\x0a\xff", request().SerializeToString()[:-1]])
def test_protobuf_that_is_no_request_is_refused_with_a_reason(data: bytes) -> None:
    with pytest.raises(DecodeError, match=f"{len(data)} bytes"):
        decode.traces(data, json=False)


def test_every_recorded_request_is_decoded_whole() -> None:
    for path in SAMPLES:
        data = path.read_bytes()
        expected = sum(
            len(scope.spans)
            for resource in ExportTraceServiceRequest.FromString(data).resource_spans
            for scope in resource.scope_spans
        )
        spans = decode.traces(data, json=False)
        assert len(spans) == expected, path
        assert all(len(span.trace_id) == 32 and len(span.span_id) == 16 and span.start_ns for span in spans), path
        corpus.ran(path)
