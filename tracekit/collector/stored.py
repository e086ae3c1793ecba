"""Rows of another store as JSON objects, as bundles carry them and as journals take them in: reading them. Pure.

`docs/bundle.md` specifies them. It refuses one that has a member that is unknown or of another type, or names a kind,
status or outcome that there is not: what comes in here goes into the store as it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import UnionType
from typing import Any, Literal, TypeVar, get_args, get_type_hints

from tracekit.collector.signals import usable
from tracekit.errors import DecodeError
from tracekit.journal import records
from tracekit.model import KINDS, Kind, MetricKind, Outcome, RawLog, RawMetricPoint, Score, Span, Status

T = TypeVar("T", Span, RawLog, RawMetricPoint)
_PLAIN_CONTENT = ("input", "output")
_FIELDS = (
    "system_instructions", "input_messages", "output_messages", "tool_definitions", "tool_arguments", "tool_result",
    "documents", *_PLAIN_CONTENT,
)  # fmt: skip
_KNOWN = ("name", "kind", "start_ns", "status", "counted")
"""What of a span is never unknown."""
_LAST = (1 << 63) - 1
_NO_JSON = ("nan", "inf", "-inf")
"""Numbers that are text, as JSON has no word for them."""
_FAULTS = (KeyError, TypeError, ValueError, RecursionError)
_SCORE_TYPES: Mapping[str, UnionType | type] = {
    **dict.fromkeys(("name", "source"), str),
    **dict.fromkeys(("trace_id", "span_id", "session_id", "label", "comment"), str | None),
    "value": int | float | None,
    "created_ns": int,
}


def span(payload: bytes | str) -> tuple[Span, bool]:
    """The span, and whether it is an open one.

    Raises:
        DecodeError: it is not the JSON of a stored span.
    """
    data = records.load(payload.encode() if isinstance(payload, str) else payload)
    try:
        is_open = _one_of(data.pop("open", None), (True, False))
        carried = data.pop("carried", None)
        found = _made(Span, {**data, **{name: data[name] for name in _KNOWN}})
        _promote(found, carried)
    except _FAULTS as error:
        raise DecodeError(f"a stored span has a member that is not as it must be: {error!s:.200}") from error
    if not usable(found.trace_id, found.span_id):
        raise DecodeError(f"a stored span's ids are unusable: trace {found.trace_id!r}, span {found.span_id!r}")
    if is_open and found.end_ns is not None:
        raise DecodeError(f"span {found.span_id} is said to be open and to have ended at {found.end_ns}")
    return found, is_open


def score(payload: bytes) -> Score:
    """The score.

    Raises:
        DecodeError: it is not the JSON of a score: that of a journal's record holds to no types.
    """
    found = records.score(payload)
    for name, kind in _SCORE_TYPES.items():
        value: object = getattr(found, name)
        if not isinstance(value, kind):
            raise DecodeError(f"a score's {name} is {value!r:.80}, which cannot be")
    if (found.trace_id is None) == (found.session_id is None):
        raise DecodeError("a score is on a trace or on a session, on one of them")
    if not 0 <= found.created_ns <= _LAST:
        raise DecodeError(f"a score's created_ns is {found.created_ns}, which is no time")
    return found


def log(payload: bytes) -> RawLog:
    """The log record.

    Raises:
        DecodeError: it is not the JSON of a stored log record.
    """
    try:
        return _made(RawLog, records.load(payload))
    except _FAULTS as error:
        raise DecodeError(f"a stored log record has a member that is not as it must be: {error!s:.200}") from error


def point(payload: bytes) -> RawMetricPoint:
    """The data point of a metric.

    Raises:
        DecodeError: it is not the JSON of a stored data point.
    """
    try:
        return _made(RawMetricPoint, records.load(payload))
    except _FAULTS as error:
        raise DecodeError(f"a stored data point has a member that is not as it must be: {error!s:.200}") from error


def _made(kind: type[T], data: Mapping[str, Any]) -> T:
    """An object of that class; a member fails that there is no field for, and one that must be there and is not."""
    readers = READERS[kind]
    return kind(**{name: readers[name](value) for name, value in data.items()})


def _promote(found: Span, carried: Any) -> None:
    """Note which attributes a content column says word for word: the store keeps them once, as the other one did."""
    for part in carried or ():
        name, field = str(part["attribute"]), _one_of(part["source"], _FIELDS)
        said = found.attributes[name]
        found.promoted[field] = name
        if isinstance(said, str) and not part["encoded"]:
            setattr(found, field, said)  # the same object, which says that the column has the JSON of this text


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise ValueError(f"{value!r:.80} is not text")


def _some_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise ValueError(f"{value!r:.80} is not text")


def _count(value: Any) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LAST):
        return value
    raise ValueError(f"{value!r:.80} is not a whole number from 0 of at most 63 bits")


def _some_count(value: Any) -> int:
    found = _count(value)
    if found is None:
        raise ValueError("a start is null")
    return found


def _number(value: Any) -> float | None:
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    if value in _NO_JSON:
        return float(value)
    raise ValueError(f"{value!r:.80} is not a number")


def _words(value: Any) -> list[str] | None:
    if value is None or (isinstance(value, list) and all(isinstance(word, str) for word in value)):
        return value
    raise ValueError(f"{value!r:.80} is not a list of texts")


def _json(value: Any) -> Any:
    return None if value is None else json.loads(_some_text(value))


def _json_of(kind: type) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        found = json.loads(_some_text(value))
        if not isinstance(found, kind):
            raise ValueError(f"{value!r:.80} is not the JSON of a {kind.__name__}")  # noqa: TRY004 - data, not a call
        return found

    return read


def _one_of(value: Any, words: tuple[Any, ...]) -> Any:
    if value not in words:
        raise ValueError(f"{value!r:.80} is none of {', '.join(map(str, words))}")
    return value


def _objects(value: Any) -> list[dict[str, Any]]:
    found = _json_of(list)(value)
    if not all(isinstance(item, dict) for item in found):
        raise ValueError(f"{value!r:.80} is not the JSON of a list of objects")
    return found


_BY_TYPE: Mapping[Any, Callable[[Any], Any]] = {
    str: _some_text,
    str | None: _text,
    int: _some_count,
    int | None: _count,
    float | None: _number,
    bool: lambda value: _one_of(value, (True, False)),
    bool | None: lambda value: _one_of(value, (None, True, False)),
    list[str] | None: _words,
    Kind: lambda value: _one_of(value, KINDS),
    Status: lambda value: _one_of(value, get_args(Status)),
    Outcome | None: lambda value: _one_of(value, (None, *get_args(Outcome))),
    MetricKind: lambda value: _one_of(value, get_args(MetricKind)),
    Literal["delta", "cumulative"] | None: lambda value: _one_of(value, (None, "delta", "cumulative")),
    list[Any] | None: _json,
    dict[str, int] | None: _json,
    dict[str, Any] | None: _json,
    Any: _json,
    dict[str, Any]: _json_of(dict),
    Mapping[str, Any]: _json_of(dict),
    list[dict[str, Any]]: _objects,
}
_OWN = frozenset({"promoted", "journal", "record"})
"""Fields of a span that no member is read into: made of others, or of this store's journal."""
READERS: Mapping[type, Mapping[str, Callable[[Any], Any]]] = {
    kind: {name: _BY_TYPE[hint] for name, hint in get_type_hints(kind).items() if name not in _OWN}
    | (dict.fromkeys(_PLAIN_CONTENT, _text) if kind is Span else {})
    for kind in (Span, RawLog, RawMetricPoint)
}
"""How each member becomes a field, by the field's type: all members of a stored span but `open` and `carried`."""
