"""Stored spans and scores as JSON objects, as bundles carry them and as journals take them in: reading them. Pure.

`docs/bundle.md` specifies them. It refuses one that lacks a member, has one of another type, or names a
kind, status or outcome that there is not: what comes in here goes into the store as it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import UnionType
from typing import Any, get_args

from tracekit.collector.signals import usable
from tracekit.errors import DecodeError
from tracekit.journal import records
from tracekit.model import KINDS, Outcome, Score, Span, Status
from tracekit.store.cells import json_text

_TEXT = frozenset(
    {
        "parent_span_id", "project", "service", "operation", "provider", "request_model", "response_model", "model",
        "status_message", "error_type", "price_source", "session_id", "user_id", "response_id", "tool_name",
        "tool_call_id", "scope_name", "scope_version", "dialect", "input", "output",
    }
)  # fmt: skip
_COUNTS = frozenset(
    {"end_ns", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens"}
)
_NUMBERS = frozenset({"ttft_ms", "cost_usd"})
_WORDS = frozenset({"tags", "finish_reasons"})
_CONTENT = (
    "system_instructions", "input_messages", "output_messages", "tool_definitions", "tool_arguments", "tool_result",
    "documents",
)  # fmt: skip
_PLAIN_CONTENT = ("input", "output")
_WHOLE: Mapping[str, type] = {"attributes": dict, "events": list, "links": list, "resource": dict}
_LAST = (1 << 63) - 1
_SCORE_TYPES: Mapping[str, UnionType | type] = {
    **dict.fromkeys(("trace_id", "name", "source"), str),
    **dict.fromkeys(("span_id", "label", "comment"), str | None),
    "value": int | float | None,
    "created_ns": int,
}


def span(payload: bytes | str) -> tuple[Span, bool]:
    """The span, and whether it is an open one.

    Raises:
        DecodeError: it is not the JSON of a stored span.
    """
    data = records.load(payload.encode() if isinstance(payload, str) else payload)
    missing = _READERS.keys() - data.keys()
    if missing:
        raise DecodeError(f"a stored span lacks {', '.join(sorted(missing))}")
    try:
        is_open = _one_of(data.pop("open"), (True, False))
        fields = {name: _READERS[name](value) for name, value in data.items()}
        found = Span(**fields)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise DecodeError(f"a stored span has a member that is not as it must be: {error!s:.200}") from error
    if not usable(found.trace_id, found.span_id):
        raise DecodeError(f"a stored span's ids are unusable: trace {found.trace_id!r}, span {found.span_id!r}")
    if is_open and found.end_ns is not None:
        raise DecodeError(f"span {found.span_id} is said to be open and to have ended at {found.end_ns}")
    _promote(found, data)
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
    if not 0 <= found.created_ns <= _LAST:
        raise DecodeError(f"a score's created_ns is {found.created_ns}, which is no time")
    return found


def _promote(found: Span, data: Mapping[str, Any]) -> None:
    """Note which attributes a content column says word for word: the store keeps them once, as the other one did.

    That one gives such attributes behind all others, in the order of their columns: of several that say the same, the
    last ones are meant.
    """
    fields: dict[str, list[str]] = {}
    for field in (*_CONTENT, *_PLAIN_CONTENT):
        value = getattr(found, field)
        if value is not None:
            fields.setdefault(value if isinstance(value, str) else data[field], []).append(field)
    said: dict[str, list[str]] = {text: [] for text in fields}
    for name, value in found.attributes.items():
        if isinstance(value, str | list | dict):
            said.get(value if isinstance(value, str) else json_text(value), []).append(name)
    for text, columns in fields.items():
        for field, name in zip(columns, said[text][-len(columns) :], strict=False):
            found.promoted[field] = name
            if isinstance(getattr(found, field), str):
                setattr(found, field, found.attributes[name])  # the same object, which says that it is the same text


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


_READERS: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("trace_id", "span_id", "name"), _some_text),
    **dict.fromkeys(_TEXT, _text),
    **dict.fromkeys(_COUNTS, _count),
    **dict.fromkeys(_NUMBERS, _number),
    **dict.fromkeys(_WORDS, _words),
    **dict.fromkeys(_CONTENT, _json),
    **{name: _json_of(kind) for name, kind in _WHOLE.items()},
    "start_ns": _some_count,
    "kind": lambda value: _one_of(value, KINDS),
    "status": lambda value: _one_of(value, get_args(Status)),
    "outcome": lambda value: _one_of(value, (None, *get_args(Outcome))),
    "counted": lambda value: _one_of(value, (True, False)),
}
"""How each member becomes a field of `Span`; all but `open`."""
MEMBERS = frozenset({*_READERS, "open"})
"""What a stored span has."""
