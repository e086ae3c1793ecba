"""OTLP's values as JSON values. Pure.

Touching a message from Python costs about a microsecond, so the commonest types of value are asked for first.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue


def finite(number: float) -> float | str:
    """A double as JSON can say it.

    >>> finite(0.5), finite(float("-inf"))
    (0.5, '-Infinity')
    """
    if math.isfinite(number):
        return number
    if math.isnan(number):
        return "NaN"
    return "Infinity" if number > 0 else "-Infinity"


def attributes(pairs: Iterable[KeyValue]) -> dict[str, Any]:
    """Attributes by name; of a repeated one the last value stands."""
    return {pair.key: (value := pair.value).string_value or _other(value) for pair in pairs}


def json_value(value: AnyValue) -> Any:
    """One value; bytes are base64 text, a value that is not set is None."""
    return value.string_value or _other(value)


def _other(value: AnyValue) -> Any:  # noqa: PLR0911 - one return a type of value
    """Any value but text of some length."""
    number = value.int_value
    if number:
        return number
    match value.WhichOneof("value"):
        case "double_value":
            return finite(value.double_value)
        case "bool_value":
            return value.bool_value
        case "array_value":
            return [json_value(item) for item in value.array_value.values]
        case "kvlist_value":
            return attributes(value.kvlist_value.values)
        case "bytes_value":
            return base64.b64encode(value.bytes_value).decode()
        case "string_value":
            return ""
        case "int_value":
            return 0
        case _:
            return None
