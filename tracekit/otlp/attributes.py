"""Attributes of OTLP protobuf into JSON values. Pure.

To touch a message from Python costs about a third of a microsecond, and a span has some ten attributes of two messages
each. So attributes come here as the bytes of a KeyValue: most are a short one that has been seen before, or a text or
whole number written as every encoder writes it, whose place is plain. What is neither is parsed as a message.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import KeyValue

from tracekit.otlp import anyvalue, messages

SHORT = 96
"""Bytes of an attribute that is remembered; to look a longer one up costs as much as to read it."""
_REMEMBERED = 1 << 13
"""Attributes, and sizes of texts, that are remembered at most."""

# First bytes of a KeyValue's key and value, and of an AnyValue's text and whole number: field number and wire type.
_KEY, _VALUE, _TEXT, _WHOLE = 0x0A, 0x12, 0x0A, 0x18
_SMALL = 4
"""Bytes of a whole number that is read without parsing its message."""
_MORE = 0x80
"""The bit of a varint's byte that says another follows."""

_remembered: dict[bytes, tuple[str, Any]] = {}
_heads: dict[int, bytes] = {}


def attributes(pairs: Iterable[bytes]) -> dict[str, Any]:
    """Attributes by key; of a repeated one the last value stands.

    Args:
        pairs: each the bytes of a KeyValue.

    Raises:
        DecodeError: one is none.
    """
    return dict([_long(pair) if len(pair) > SHORT else _remembered.get(pair) or _short(pair) for pair in pairs])


def pair(data: bytes) -> tuple[str, Any]:
    """Key and value of one attribute, the bytes of a KeyValue.

    Raises:
        DecodeError: it is none.
    """
    return _long(data) if len(data) > SHORT else _remembered.get(data) or _short(data)


def _short(pair: bytes) -> tuple[str, Any]:
    """Key and value of a short attribute, remembered unless the value is one that could be changed."""
    found = _long(pair)
    if not isinstance(found[1], list | dict):
        if len(_remembered) >= _REMEMBERED:
            _remembered.clear()
        _remembered[pair] = found
    return found


def _long(pair: bytes) -> tuple[str, Any]:
    if len(pair) > 2 and pair[0] == _KEY and pair[1] < _MORE:  # noqa: PLR2004 - tag, length, and something
        start = 2 + pair[1]
        rest = len(pair) - start
        head = _heads.get(rest) or _head(rest)
        try:
            if head and pair.startswith(head, start):
                return pair[2:start].decode(), pair[start + len(head) :].decode()
            number = _whole(pair, start)
            if number is not None:
                return pair[2:start].decode(), number
        except UnicodeDecodeError:
            pass  # `messages.read` replaces what is no character
    return anyvalue.attributes([messages.read(KeyValue, pair)]).popitem()


def _head(rest: int) -> bytes:
    """What stands before a text that, with this, is `rest` bytes; nothing where its lengths would differ in size."""
    for length in (4, 6, 8):  # two tags, and two lengths of one, two or three bytes
        if rest >= length:
            text = bytes((_TEXT, *_varint(rest - length)))
            head = bytes((_VALUE, *_varint(rest - length + len(text)), *text))
            if len(head) == length:
                if len(_heads) >= _REMEMBERED:
                    _heads.clear()
                _heads[rest] = head
                return head
    return b""


def _varint(number: int) -> Iterator[int]:
    while number >= _MORE:
        yield number % _MORE | _MORE
        number //= _MORE
    yield number


def _whole(pair: bytes, start: int) -> int | None:
    """The whole number that is the value from `start` to the end of a pair; None where it is none, or a large one."""
    size = len(pair) - start - 3
    if not 0 < size <= _SMALL or pair[start] != _VALUE or pair[start + 1] != size + 1 or pair[start + 2] != _WHOLE:
        return None
    number = 0
    for byte in reversed(pair[start + 3 :]):
        number = number << 7 | byte % _MORE
    more = sum(byte >= _MORE for byte in pair[start + 3 :])
    return number if more == size - 1 and pair[-1] < _MORE else None
