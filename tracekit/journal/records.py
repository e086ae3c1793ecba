"""What the records of a journal say: their kinds, and the JSON of a span. Pure.

`docs/journal.md` specifies this for readers written elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from json.encoder import encode_basestring_ascii
from typing import Any

from tracekit.errors import DecodeError
from tracekit.jsontext import encoder
from tracekit.model import RawSpan, Score

FORMAT = 1
SUFFIX = ".tkj"

HEADER = b"H"
RESOURCE = b"R"
SPAN_START = b"S"
SPAN_END = b"E"
SCORE = b"C"
HEALTH = b"D"
STORED_SPAN = b"B"
STORED_LOG = b"G"
STORED_POINT = b"P"
OTLP_TRACES = b"T"
OTLP_TRACES_JSON = b"t"
OTLP_LOGS = b"L"
OTLP_LOGS_JSON = b"l"
OTLP_METRICS = b"M"
OTLP_METRICS_JSON = b"m"
CONTINUED = b"N"
CLOSE = b"Z"


def family(process: str) -> str:
    """The end of a process's id, which the names of its files carry: one that has lost its header still belongs to it.

    >>> family("some-host-4711-5a0c91fe")
    '4711-5a0c91fe'
    """
    return "-".join(process.split("-")[-2:])


_decode = json.JSONDecoder(parse_constant=str).decode  # NaN and Infinity, which JSON lacks, stay as words

Fragment = str
"""A piece of JSON already encoded, so that content common to a start and an end record is encoded once."""


encode = encoder(str)
"""JSON of anything; what JSON cannot say becomes text."""


def span_head(
    trace_id: int, span_id: int, *, parent_id: int | None, kind: int, start_ns: int, origin: Fragment
) -> Fragment:
    """What a span's start and end record begin with.

    `origin` is two members, encoded: the `resource`, by the number of its RESOURCE record, and the `scope`, by name and
    version.
    """
    parent = f'"parent_span_id":"{parent_id:016x}",' if parent_id is not None else ""
    ids = f'"trace_id":"{trace_id:032x}","span_id":"{span_id:016x}"'
    return f'{{{ids},{parent}"kind":{kind},"start_ns":{start_ns},{origin}'


def span_record(head: Fragment, name: str, *, members: Fragment = "", content: Fragment = "") -> bytes:
    """The payload of a SPAN_START or SPAN_END record.

    Args:
        head: from `span_head`.
        name: the span's name.
        members: further members of the object, encoded: end_ns, status ([code, message]), attributes, events, links.
        content: members of the object `content`, which holds messages by attribute name, encoded.
    """
    more = f",{members}" if members else ""
    tail = f',"content":{{{content}}}' if content else ""
    return f'{head},"name":{encode_basestring_ascii(name)}{more}{tail}}}'.encode()


_KEY_HEAD, _KEY_JOIN = b'{"trace_id":"', b'","span_id":"'
_TRACE = slice(len(_KEY_HEAD), len(_KEY_HEAD) + 32)
_JOIN = slice(_TRACE.stop, _TRACE.stop + len(_KEY_JOIN))
_SPAN = slice(_JOIN.stop, _JOIN.stop + 16)


def span_key(payload: bytes) -> bytes | None:
    """Which span a SPAN_START or SPAN_END payload is of, read off its fixed head; None where it begins otherwise.

    >>> span_key(span_record(span_head(1, 2, parent_id=None, kind=1, start_ns=0, origin='"resource":0'), "x"))
    b'000000000000000000000000000000010000000000000002'
    """
    if payload[_JOIN] != _KEY_JOIN or not payload.startswith(_KEY_HEAD):
        return None
    return payload[_TRACE] + payload[_SPAN]


def raw_span(payload: bytes, resources: Mapping[Any, Mapping[str, Any]]) -> RawSpan:
    """The span of a SPAN_START or SPAN_END payload; its content joins the attributes.

    Raises:
        DecodeError: the payload is not the JSON of a span.
    """
    data = load(payload)
    try:
        scope: Sequence[str | None] = data.get("scope") or (None, None)
        status: Sequence[Any] = data.get("status") or (0, None)
        attributes: dict[str, Any] = data.get("attributes") or {}
        content: dict[str, Any] = data.get("content") or {}
        return RawSpan(
            trace_id=str(data["trace_id"]),
            span_id=str(data["span_id"]),
            parent_span_id=data.get("parent_span_id"),
            name=str(data.get("name", "")),
            kind=int(data.get("kind", 1)),
            start_ns=int(data["start_ns"]),
            end_ns=data.get("end_ns"),
            status_code=int(status[0]),
            status_message=status[1],
            attributes={**attributes, **content},
            events=data.get("events") or [],
            links=data.get("links") or [],
            resource=resources.get(data.get("resource"), {}),
            scope_name=scope[0],
            scope_version=scope[1],
        )
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise DecodeError(f"a journal's span record lacks or misstates a field: {error!r}") from error


def score_record(score: Score) -> str:
    """The JSON text of a SCORE record."""
    said = {name: getattr(score, name) for name in Score.__slots__}
    if score.session_id is None:
        del said["session_id"]  # a reader that knows no scores of sessions reads every other
    return encode(said)


def score(payload: bytes) -> Score:
    """The score of a SCORE payload.

    Raises:
        DecodeError: the payload is not the JSON of a score.
    """
    data = load(payload)
    try:
        return Score(**data)
    except TypeError as error:
        raise DecodeError(f"a journal's score record lacks or misstates a field: {error}") from error


def load(payload: bytes) -> dict[str, Any]:
    """The JSON object of a payload.

    Raises:
        DecodeError: not UTF-8, not JSON, or not an object.
    """
    try:
        data = _decode(payload.decode())
    except (ValueError, RecursionError) as error:
        raise DecodeError(f"a journal record is not JSON: {error}") from error
    if not isinstance(data, dict):
        raise DecodeError(f"a journal record is a JSON {type(data).__name__}, not an object")
    return data
