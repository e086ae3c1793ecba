"""What a request will take in memory once it is decoded, estimated from its bytes before anything is made of them.

A message of two bytes becomes an object of hundreds. It judges no content: what does not parse is left to its parser.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor

from tracekit.errors import BodyTooLargeError

_HEAVY = frozenset(
    {
        *("ResourceSpans", "ScopeSpans", "Span", "Event", "Link", "ResourceLogs", "ScopeLogs", "LogRecord"),
        *("ResourceMetrics", "ScopeMetrics", "Metric", "NumberDataPoint", "HistogramDataPoint", "SummaryDataPoint"),
        *("ExponentialHistogramDataPoint", "Exemplar"),
    }
)
"""Messages of 60 to 175 bytes, and up to 600 once decoded. The others, attributes and their values, take 40 to 60."""
_HEAVY_WEIGHT, _WEIGHT, _JSON_WEIGHT = 8, 1, 4
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_MORE = 0x80
_VARINT, _DELIMITED, _FIXED = 0, 2, {1: 8, 3: 0, 4: 0, 5: 4}
_DEPTH = 100
"""Protobuf reads no message within more others than this."""


def check(kind: type[Any], body: bytes, *, is_json: bool, limit: int) -> None:
    """See that a request weighs no more than `limit`: 1 for each attribute and value, 8 for each larger part.

    Args:
        kind: the protobuf class of the request.
        body: the request, inflated.
        is_json: JSON, of which every object and list weighs 4.
        limit: the most that it may weigh.

    Raises:
        BodyTooLargeError: it weighs more.
    """
    found = _json(body) if is_json else _protobuf(body, kind.DESCRIPTOR, limit)
    if found > limit:
        raise BodyTooLargeError(
            f"the body ({len(body)} bytes) has too many parts: more than {limit // _HEAVY_WEIGHT} spans, or "
            f"{limit} attributes, or as much of both. Send it in smaller batches."
        )


def _json(body: bytes) -> int:
    bare = _STRING.sub(b"", body)
    return _JSON_WEIGHT * (bare.count(b"{") + bare.count(b"["))


def _protobuf(body: bytes, root: Descriptor, limit: int) -> int:
    """Walk through the messages within messages, each by the fields that it may have; what is no protobuf ends it."""
    weight, place = 0, 0
    end, parts = len(body), _parts(root)
    around: list[tuple[int, dict[int, Descriptor]]] = []
    try:
        while weight <= limit and len(around) <= _DEPTH:
            if place >= end:
                if not around:
                    break
                end, parts = around.pop()
                continue
            tag, place = _number(body, place)
            if tag & 7 != _DELIMITED:
                place = _behind(body, place, tag & 7)
                continue
            size, place = _number(body, place)
            part = parts.get(tag >> 3)
            if part is None or place + size > end:
                place += size
                continue
            weight += _HEAVY_WEIGHT if part.name in _HEAVY else _WEIGHT
            if size:
                around.append((end, parts))
                end, parts = place + size, _parts(part)
    except (IndexError, OverflowError):
        return weight
    return weight


def _behind(body: bytes, place: int, wire: int) -> int:
    """Where a value ends that is no message; that of a group's bounds where it begins.

    Raises:
        IndexError: the body ends within it.
        OverflowError: it is none.
    """
    if wire == _VARINT:
        return _number(body, place)[1]
    if wire not in _FIXED:
        raise OverflowError
    return place + _FIXED[wire]


def _number(body: bytes, place: int) -> tuple[int, int]:
    """The number at a place, and where it ends.

    Raises:
        IndexError: the body ends within it.
        OverflowError: it is longer than a number may be.
    """
    byte = body[place]
    if byte < _MORE:
        return byte, place + 1
    value = byte & 0x7F
    for shift in range(7, 70, 7):
        place += 1
        byte = body[place]
        value |= (byte & 0x7F) << shift
        if byte < _MORE:
            return value, place + 1
    raise OverflowError


@cache
def _parts(message: Descriptor) -> dict[int, Descriptor]:
    return {field.number: field.message_type for field in message.fields if field.message_type is not None}
