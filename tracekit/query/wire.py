"""Values and results on their way from a running `tracekit up` to another process: JSON that loses no type. Pure.

What JSON has no word for is an object `{"$": type, "v": value}`; mappings are such objects too, so nothing is mistaken.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from tracekit.collector.rederive import Rederived
from tracekit.errors import DecodeError
from tracekit.store import Position, Result

# Subclasses before what they derive from: a datetime is a date.
_TAGS: tuple[tuple[str, type, Callable[[Any], Any], Callable[[Any], Any]], ...] = (
    ("datetime", datetime, datetime.isoformat, datetime.fromisoformat),
    ("date", date, date.isoformat, date.fromisoformat),
    ("time", time, time.isoformat, time.fromisoformat),
    ("timedelta", timedelta, lambda value: [value.days, value.seconds, value.microseconds],
     lambda parts: timedelta(*parts)),
    ("decimal", Decimal, str, Decimal),
    ("uuid", UUID, str, UUID),
    ("bytes", bytes, bytes.hex, bytes.fromhex),
    ("map", Mapping, lambda value: [[pack(key), pack(item)] for key, item in value.items()],
     lambda pairs: {unpack(key): unpack(item) for key, item in pairs}),
)  # fmt: skip
_READERS = {name: read for name, _, _, read in _TAGS}


def pack(value: Any) -> Any:
    """A value as JSON can carry it.

    Raises:
        TypeError: no type of this module.
    """
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, list | tuple):
        return [pack(item) for item in value]
    for name, kind, write, _ in _TAGS:
        if isinstance(value, kind):
            return {"$": name, "v": write(value)}
    raise TypeError(f"a {type(value).__name__} cannot be sent to tracekit up: {value!r:.80}")


def unpack(value: Any) -> Any:
    """The value that `pack` made this of."""
    if isinstance(value, list):
        return [unpack(item) for item in value]
    return _READERS[value["$"]](value["v"]) if isinstance(value, dict) else value


def dump(result: Result) -> bytes:
    """A result as the body of an answer."""
    data = {
        "columns": result.columns,
        "types": result.types,
        "rows": [[pack(value) for value in row] for row in result.rows],
        "truncated": result.truncated,
    }
    return json.dumps(data, separators=(",", ":")).encode()


def load(body: bytes) -> Result:
    """The result that `dump` made this of.

    Raises:
        DecodeError: it did not.
    """
    try:
        data = json.loads(body)
        rows = [tuple(unpack(value) for value in row) for row in data["rows"]]
        return Result(columns=data["columns"], types=data["types"], rows=rows, truncated=data["truncated"])
    except (ValueError, KeyError, TypeError) as error:
        raise DecodeError(f"tracekit up answered with something that is no result: {error!r}") from error


def dump_rederived(done: Rederived) -> bytes:
    """What became of spans that were read anew, as bytes."""
    return json.dumps(asdict(done)).encode()


def load_rederived(content: bytes) -> Rederived:
    """What `dump_rederived` was given.

    Raises:
        DecodeError: it is something else.
    """
    try:
        data: dict[str, Any] = json.loads(content)
        position = data.pop("position")
        return Rederived(**data, position=None if position is None else Position(**position))
    except (ValueError, KeyError, TypeError) as error:
        raise DecodeError(f"tracekit up answered {content[:200]!r}, which counts no spans") from error
