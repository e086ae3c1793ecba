"""A large request is refused for what it would become in memory, before that is made; and no real one is."""

from __future__ import annotations

import json
from pathlib import Path

import httpx2
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.support import otlp
from tests.support.commands import up
from tests.support.memory import peak_mib
from tracekit.collector import weighing
from tracekit.collector.body import Limits
from tracekit.collector.signals import LOGS, METRICS, TRACES, Signal
from tracekit.errors import BodyTooLargeError

MANY = 16_000_000
PROTOBUF, JSON = "application/x-protobuf", "application/json"


def field(number: int, content: bytes, *, overlong: bool = False) -> bytes:
    """A field of bytes; its tag in two bytes where it could be in one."""
    size, length = bytearray(), len(content)
    while length >= 0x80:
        size.append(length & 0x7F | 0x80)
        length >>= 7
    size.append(length)
    tag = number << 3 | 2
    return bytes([tag | 0x80, 0] if overlong else [tag]) + bytes(size) + content


def weight(body: bytes, *, is_json: bool = False, signal: Signal = TRACES) -> int:
    """The least limit that takes it."""
    low, high = 0, 10_000_000
    while low < high:
        middle = (low + high) // 2
        try:
            weighing.check(signal.request, body, is_json=is_json, limit=middle)
            high = middle
        except BodyTooLargeError:
            low = middle + 1
    return low


SPAN = field(1, b"\1" * 16) + field(2, b"\2" * 8)
VALUE = field(1, b"text")
ATTRIBUTE = field(1, b"key") + field(2, VALUE)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", 0),
        (field(1, b""), 8),
        (field(1, field(2, field(2, SPAN))), 24),
        (field(1, field(2, field(2, SPAN, overlong=True), overlong=True)), 24),
        (field(1, field(2, field(2, SPAN + field(11, b"") + field(13, b"")))), 40),
        (field(1, field(2, field(2, SPAN + field(9, ATTRIBUTE)))), 26),
        (field(1, field(2, field(2, SPAN + field(9, field(2, field(5, field(1, VALUE) * 3)))))), 30),
        (field(1, field(1, field(1, ATTRIBUTE))), 11),
        (b"\x0b" + field(1, b"") + b"\x0c", 8),  # a group, which protobuf steps over
        (b"\x08\x96\x01" + b"\x09" + bytes(8) + b"\x0d" + bytes(4) + field(1, b""), 8),
        (field(7, field(1, b"")), 0),
    ],
)
def test_what_is_in_a_request_is_weighed(body: bytes, expected: int) -> None:
    assert weight(body) == expected


def test_every_signal_and_both_encodings_are_weighed() -> None:
    logs = field(1, field(2, field(2, field(6, ATTRIBUTE))))
    assert weight(logs, signal=LOGS) == 26
    gauge = field(1, field(2, field(2, field(5, field(1, b"")))))
    assert weight(gauge, signal=METRICS) == 33
    text = json.dumps({"resourceSpans": [{"a": '{{[[ "\\ ]]'}, {}, [], "{"]}).encode()
    assert weight(text, is_json=True) == 20


def test_what_is_no_protobuf_ends_the_walk() -> None:
    for rubbish in (b"\xff" * 1_000, b"\x0f", field(1, b"")[:1], b"\x0a\xff\x01a", field(1, b"") + b"\x0e"):
        assert weight(rubbish) in {0, 8}
    deep = b""
    for _ in range(300):
        deep = field(1, field(5, deep))
    assert weight(field(1, field(1, field(1, field(2, deep))))) < 200


def test_a_real_request_of_the_largest_size_is_far_from_the_limit() -> None:
    real = otlp.request(otlp.spans(512)).SerializeToString()
    said = ExportTraceServiceRequest.FromString(real)
    spans = sum(len(scope.spans) for resource in said.resource_spans for scope in resource.scope_spans)
    assert 8 * spans <= weight(real) < 64 * spans
    assert Limits().parts // 64 > 3 * 8_192  # the batches of an OpenTelemetry Collector


def test_requests_of_millions_of_tiny_parts_are_refused_in_bounded_memory(tmp_path: Path) -> None:
    spans = field(1, field(2, field(2, b"") * MANY))
    values = field(1, field(2, field(2, SPAN + field(9, field(2, field(5, field(1, b"") * MANY))))))
    text = b'{"resourceSpans":[{"scopeSpans":[{"spans":[' + b",".join([b"{}"] * MANY) + b"]}]}]}"
    with (
        up("--dir", str(tmp_path), cwd=tmp_path) as (url, process),
        httpx2.Client(base_url=url, timeout=60) as client,
    ):
        before = peak_mib(process.pid)
        for body, kind in ((spans, PROTOBUF), (values, PROTOBUF), (text, JSON)):
            answer = client.post("/v1/traces", content=body, headers={"Content-Type": kind})
            assert answer.status_code == 413
            assert b"too many parts" in answer.content
        sound = otlp.request(otlp.spans(3)).SerializeToString()
        assert client.post("/v1/traces", content=sound, headers={"Content-Type": PROTOBUF}).status_code == 200
        assert peak_mib(process.pid) - before < 320
