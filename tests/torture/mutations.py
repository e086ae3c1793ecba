"""OTLP bodies made wrong in every way that a seed leads to: bytes, protobuf and JSON. Pure."""

from __future__ import annotations

import base64
import copy
import gzip
import json
from collections.abc import Callable
from random import Random
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

ODD: tuple[Any, ...] = (
    None, True, -1, 0, 1 << 63, 1 << 64, -(1 << 70), 10**400, 0.5, 1e308, float("nan"), float("-inf"),
    "", "\0", "\ud800", "\udc00\ud83d", "nul\0 in text", "\u202e", "é" * 2000, "{", "[1,", '"\\ud800"',
    "-1", "18446744073709551615", "1e3", "9" * 5000, "0" * 32, "g" * 16,
    [], {}, [[]], [None], [{}] * 300, {"": None}, {"key": 1}, {"stringValue": 7}, {"intValue": "x"},
    {"arrayValue": {"values": [{"kvlistValue": {"values": [{"key": "k"}]}}]}},
)  # fmt: skip
"""JSON values that are not what a field expects, or at the edge of it."""

DEEP = 3000


def as_json(body: bytes) -> dict[str, Any]:
    """The OTLP/JSON form of a protobuf request."""
    return _hex_ids(MessageToDict(ExportTraceServiceRequest.FromString(body)))


def protobuf(body: bytes, draw: Random, other: bytes) -> bytes:
    """A protobuf body after one to four mutations."""
    for _ in range(draw.randint(1, 4)):
        body = draw.choice(_ON_BYTES)(body, draw, other)
    return body


def json_text(data: dict[str, Any], draw: Random, other: dict[str, Any]) -> bytes:
    """A JSON body after one to four mutations of its values; sometimes of its bytes too."""
    data = copy.deepcopy(data)
    for _ in range(draw.randint(1, 4)):
        _twist(data, draw, other)
    text = json.dumps(data)
    if draw.random() < 0.05:
        text = text[:-1] + ', "x": ' + "[" * DEEP + "]" * DEEP + "}"
    body = text.encode()
    return protobuf(body, draw, json.dumps(other).encode()) if draw.random() < 0.2 else body


def packed(body: bytes, draw: Random) -> bytes:
    """A gzip body, as often whole as mutated."""
    body = gzip.compress(body, mtime=0)
    return protobuf(body, draw, body[::-1]) if draw.random() < 0.5 else body


def _flipped(body: bytes, draw: Random, _: bytes) -> bytes:
    changed = bytearray(body or b"\0")
    for _n in range(draw.choice((1, 1, 2, 8))):
        changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def _cut(body: bytes, draw: Random, _: bytes) -> bytes:
    return body[: draw.randrange(len(body) + 1)]


def _without_a_piece(body: bytes, draw: Random, _: bytes) -> bytes:
    start = draw.randrange(len(body) + 1)
    return body[:start] + body[start + draw.randrange(1, 40) :]


def _spliced(body: bytes, draw: Random, other: bytes) -> bytes:
    return body[: draw.randrange(len(body) + 1)] + other[draw.randrange(len(other) + 1) :]


def _doubled(body: bytes, draw: Random, _: bytes) -> bytes:
    start = draw.randrange(len(body) + 1)
    stop = draw.randrange(start, len(body) + 1)
    return body[:stop] + body[start:stop] + body[stop:]


def _sprinkled(body: bytes, draw: Random, _: bytes) -> bytes:
    place = draw.randrange(len(body) + 1)
    return body[:place] + draw.randbytes(draw.choice((1, 4, 64))) + body[place:]


def _swapped(body: bytes, draw: Random, other: bytes) -> bytes:
    """The spans of one request in the clothes of another: ids and times stay, fields change places."""
    try:
        request, second = ExportTraceServiceRequest.FromString(body), ExportTraceServiceRequest.FromString(other)
    except DecodeError:  # mutated before: no request any more
        return _flipped(body, draw, other)
    spans = [
        span for one in (request, second) for part in one.resource_spans for s in part.scope_spans for span in s.spans
    ]
    if not spans:
        return _flipped(body, draw, other)
    one, two = draw.choice(spans), draw.choice(spans)
    field = draw.choice(("attributes", "events", "links", "status", "name", "trace_state", "end_time_unix_nano"))
    if field in {"attributes", "events", "links"}:
        getattr(one, field).extend(list(getattr(two, field)))
    elif field == "status":
        one.status.CopyFrom(two.status)
    elif field == "end_time_unix_nano":
        one.start_time_unix_nano, one.end_time_unix_nano = draw.choice(
            ((one.end_time_unix_nano, one.start_time_unix_nano), (0, 0), ((1 << 64) - 1, 1 << 63), (1, (1 << 64) - 1))
        )
    else:
        setattr(one, field, draw.choice((two.name, "", "x" * 100_000, "\0")))
    for pair in one.attributes:
        if draw.random() < 0.3:
            pair.value.CopyFrom(draw.choice(two.attributes or one.attributes).value)
    return request.SerializeToString()


_ON_BYTES: tuple[Callable[[bytes, Random, bytes], bytes], ...] = (
    _flipped, _cut, _without_a_piece, _spliced, _doubled, _sprinkled, _swapped, _swapped, _swapped,
)  # fmt: skip


def _twist(data: dict[str, Any], draw: Random, other: dict[str, Any]) -> None:
    """Change one value somewhere in the tree: to something odd, to one of another tree, to its neighbour's, to none."""
    holders = [*_holders(data), data]
    holder = draw.choice(holders)
    places: list[Any] = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
    if not places:
        return
    place = draw.choice(places)
    match draw.randrange(6):
        case 0 | 1:
            holder[place] = copy.deepcopy(draw.choice(ODD))
        case 2:
            donor = draw.choice([*_holders(other), other])
            holder[place] = copy.deepcopy(
                draw.choice(list(donor.values() if isinstance(donor, dict) else donor) or [None])
            )
        case 3:
            second = draw.choice(places)
            holder[place], holder[second] = holder[second], holder[place]
        case 4:
            del holder[place]
        case _:
            if isinstance(holder, dict):
                holder[draw.choice(("", str(place).upper(), "attributes", "spans", "__proto__"))] = holder.pop(place)
            else:
                holder.extend(copy.deepcopy(holder[:3]))


def _holders(data: Any) -> Any:
    """Every object and list of a tree that holds something."""
    if isinstance(data, dict | list) and data:
        yield data
        for value in data.values() if isinstance(data, dict) else data:
            yield from _holders(value)


def _hex_ids(data: Any) -> Any:
    if isinstance(data, list):
        return [_hex_ids(item) for item in data]
    if not isinstance(data, dict):
        return data
    return {
        key: base64.b64decode(value).hex() if key in {"traceId", "spanId", "parentSpanId"} else _hex_ids(value)
        for key, value in data.items()
    }
