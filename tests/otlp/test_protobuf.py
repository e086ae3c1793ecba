"""The quick reading of attributes says what protobuf itself says, however they are written."""

from __future__ import annotations

import base64
import math
import random
from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from tests.support import corpus
from tracekit.errors import DecodeError
from tracekit.otlp import attributes, decode

SAMPLES = corpus.files("otlp-samples/*/*/traces-*.pb")
SIZES = (0, 1, 60, 92, 93, *range(120, 136), 1000, *range(16_374, 16_392), 70_000, 1 << 21)
"""Of texts: around each size at which a length takes a byte more."""


def plain(value: AnyValue) -> Any:
    """A value as the generated classes have it, without a shortcut."""
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    found = getattr(value, kind)
    match kind:
        case "double_value" if not math.isfinite(found):
            return "NaN" if math.isnan(found) else ("Infinity" if found > 0 else "-Infinity")
        case "bytes_value":
            return base64.b64encode(found).decode()
        case "array_value":
            return [plain(item) for item in found.values]
        case "kvlist_value":
            return {pair.key: plain(pair.value) for pair in found.values}
        case _:
            return found


def _value(rng: random.Random, depth: int = 0) -> AnyValue:
    makers: list[Callable[[], AnyValue]] = [
        AnyValue,
        lambda: AnyValue(string_value="é\n" * rng.choice(SIZES[:20])),
        lambda: AnyValue(string_value="x" * rng.choice(SIZES[:-2])),
        lambda: AnyValue(int_value=rng.choice((0, 1, -1, 127, 128, 1 << 21, (1 << 28) - 1, 1 << 28, -(1 << 63)))),
        lambda: AnyValue(int_value=rng.getrandbits(rng.randrange(63))),
        lambda: AnyValue(double_value=rng.choice((0.0, -0.5, 1e300, math.inf, -math.inf))),
        lambda: AnyValue(bool_value=rng.random() < 0.5),
        lambda: AnyValue(bytes_value=rng.randbytes(rng.randrange(200))),
    ]
    if depth < 3:
        makers.append(lambda: _list(rng, depth))
        makers.append(lambda: _members(rng, depth))
    return rng.choice(makers)()


def _list(rng: random.Random, depth: int) -> AnyValue:
    made = AnyValue()
    made.array_value.values.extend(_value(rng, depth + 1) for _ in range(rng.randrange(4)))
    return made


def _members(rng: random.Random, depth: int) -> AnyValue:
    made = AnyValue()
    made.kvlist_value.values.extend(_pair(rng, depth + 1) for _ in range(rng.randrange(4)))
    return made


def _pair(rng: random.Random, depth: int = 0) -> KeyValue:
    return KeyValue(key="k" * rng.choice((0, 1, 5, 127, 128, 300)) + str(rng.randrange(3)), value=_value(rng, depth))


@pytest.mark.parametrize("seed", range(20))
def test_any_value_under_any_key_twice(seed: int) -> None:
    rng = random.Random(seed)
    message = ExportTraceServiceRequest()
    span = message.resource_spans.add().scope_spans.add().spans.add(name="n")
    span.attributes.extend(_pair(rng) for _ in range(100))
    event, link = span.events.add(), span.links.add()
    event.attributes.extend(_pair(rng) for _ in range(5))
    link.attributes.extend(_pair(rng) for _ in range(5))
    message.resource_spans[0].resource.attributes.extend(_pair(rng) for _ in range(5))
    for _ in range(2):  # what is remembered of the first time is the same
        (found,) = decode.traces(message.SerializeToString(), json=False)
        assert found.attributes == {pair.key: plain(pair.value) for pair in span.attributes}
        assert found.events[0]["attributes"] == {pair.key: plain(pair.value) for pair in event.attributes}
        assert found.links[0]["attributes"] == {pair.key: plain(pair.value) for pair in link.attributes}
        assert found.resource == {pair.key: plain(pair.value) for pair in message.resource_spans[0].resource.attributes}


@pytest.mark.parametrize("size", SIZES)
def test_texts_of_every_length_of_their_length(size: int) -> None:
    pair = KeyValue(key="k", value=AnyValue(string_value="t" * size))
    assert attributes.attributes([pair.SerializeToString()]) == {"k": "t" * size}


@pytest.mark.parametrize("seed", range(10))
def test_bytes_of_any_kind_are_read_as_protobuf_reads_them(seed: int) -> None:
    """Attributes changed in a byte or cut: the same value, or refused where protobuf refuses."""
    rng = random.Random(seed)
    for _ in range(1000):
        data = bytearray(_pair(rng).SerializeToString()[:400])
        for _ in range(rng.randrange(3)):
            data[rng.randrange(len(data))] = rng.choice((0, 1, 2, 9, 10, 16, 18, 24, 127, 128, 129, 255))
        pair = bytes(data[: rng.randrange(1, len(data) + 1)] if rng.random() < 0.3 else data)
        try:
            expected = KeyValue.FromString(pair)
        except Exception:  # noqa: BLE001 - upb's own class of error
            expected = None
        try:
            found = attributes.attributes([pair])
        except DecodeError:
            assert expected is None
            continue
        if expected is None:  # text that is not UTF-8 is no reason to refuse
            assert any(byte > 127 for byte in pair)
        else:
            assert repr(found) == repr({expected.key: plain(expected.value)})


def test_text_that_is_not_utf_8_loses_only_what_is_no_character() -> None:
    whole = ExportTraceServiceRequest()
    scope = whole.resource_spans.add().scope_spans.add()
    scope.spans.add(name="cut \u20ac").attributes.add(key="key").value.string_value = "half a \u20ac"
    scope.spans.add(name="beside it")
    body = whole.SerializeToString().replace("\u20ac".encode(), b"\xe2\x82\x20")
    first, second = decode.traces(body, json=False)
    assert (first.name, first.attributes) == ("cut \ufffd ", {"key": "half a \ufffd "})
    assert second.name == "beside it"


def test_recorded_attributes_are_as_protobuf_has_them() -> None:
    for path in SAMPLES:
        data = path.read_bytes()
        sent = [
            span
            for resource in ExportTraceServiceRequest.FromString(data).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]
        for found, span in zip(decode.traces(data, json=False), sent, strict=True):
            assert found.attributes == {pair.key: plain(pair.value) for pair in span.attributes}, path
        corpus.ran(path)
