"""Canonical spans, scores and journals as Arrow tables, one pass a column. Pure.

One bad value must not keep a batch out: text that UTF-8 cannot say is mended, a number that JSON cannot say
becomes text.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

from tracekit.model import Score, Span
from tracekit.store import JournalState
from tracekit.store.previews import assistant_text, user_text

_TEXT = (
    "trace_id", "span_id", "parent_span_id", "project", "service", "name", "kind", "operation", "provider",
    "request_model", "response_model", "model", "status", "status_message", "error_type", "outcome",
    "session_id", "user_id", "response_id", "tool_name", "tool_call_id", "scope_name", "scope_version",
    "dialect", "price_source",
)  # fmt: skip
_INTEGERS = (
    "start_ns", "end_ns", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens",
    "reasoning_tokens",
)  # fmt: skip
_DOUBLES = ("ttft_ms", "cost_usd")
_LISTS = ("tags", "finish_reasons")
_JSON = (
    "system_instructions", "input_messages", "output_messages", "tool_definitions", "tool_arguments",
    "tool_result", "documents", "attributes", "events", "links",
)  # fmt: skip
_TEXT_OR_JSON = ("input", "output")
Table = Any
Array = Any
"""pyarrow ships no types; these say what is meant."""

_INSTANT = pa.timestamp("us", tz="UTC")
_TEXTS = pa.list_(pa.string())


def spans(found: Sequence[Span]) -> Table:
    """The rows of `internal.spans`."""
    columns: dict[str, Array] = {name: _text(_column(found, name)) for name in _TEXT}
    columns |= {name: pa.array(_column(found, name), pa.int64()) for name in _INTEGERS}
    columns |= {name: pa.array(_column(found, name), pa.float64()) for name in _DOUBLES}
    columns |= {name: _text(_column(found, name), _TEXTS) for name in _LISTS}
    columns |= {name: _text([_json(value) for value in _column(found, name)]) for name in _JSON}
    columns |= {name: _text([_text_or_json(value) for value in _column(found, name)]) for name in _TEXT_OR_JSON}
    columns["resource"] = _text(_shared(_column(found, "resource")))
    columns["counted"] = pa.array(_column(found, "counted"), pa.bool_())
    columns["start_time"] = pa.array([span.start_ns // 1000 for span in found], _INSTANT)
    columns["user_text"] = _text([user_text(span.input_messages) for span in found])
    columns["assistant_text"] = _text([assistant_text(span.output_messages) for span in found])
    return pa.table(columns)


def opened(found: Sequence[tuple[str, Span]]) -> Table:
    """The rows of `internal.open_spans`, from journal names and spans."""
    table = spans([span for _, span in found])
    return table.append_column("journal", _text([journal for journal, _ in found]))


def touched(trace_ids: Iterable[str]) -> Table:
    """One column of trace ids."""
    return pa.table({"trace_id": _text(list(trace_ids))})


def scores(found: Sequence[Score]) -> Table:
    """The rows of `internal.scores`."""
    columns = {
        name: _text(_column(found, name)) for name in ("trace_id", "span_id", "name", "label", "source", "comment")
    }
    columns["value"] = pa.array(_column(found, "value"), pa.float64())
    columns["created_at"] = pa.array([score.created_ns // 1000 for score in found], _INSTANT)
    return pa.table(columns)


def journals(found: Sequence[JournalState]) -> Table:
    """The rows of `internal.journals`."""
    columns = {name: _text(_column(found, name)) for name in ("name", "process", "state")}
    columns |= {name: pa.array(_column(found, name), pa.int64()) for name in ("offset", "faults", "skipped_bytes")}
    columns["ended"] = pa.array(_column(found, "ended"), pa.bool_())
    return pa.table(columns)


def gaps(found: Sequence[JournalState]) -> Table:
    """The rows of `internal.gaps`."""
    rows = [(state, gap) for state in found for gap in state.gaps]
    return pa.table(
        {
            "journal": _text([state.name for state, _ in rows]),
            "process": _text([state.process for state, _ in rows]),
            "first_missing": pa.array([gap.first_missing for _, gap in rows], pa.int64()),
            "last_missing": pa.array([gap.last_missing for _, gap in rows], pa.int64()),
            "count": pa.array([gap.count for _, gap in rows], pa.int64()),
        }
    )


def _column(found: Sequence[Any], name: str) -> list[Any]:
    return [getattr(item, name) for item in found]


def _text(values: list[Any], kind: Any = None) -> Array:
    try:
        return pa.array(values, kind or pa.string())
    except UnicodeEncodeError:
        return pa.array([_mended(value) for value in values], kind or pa.string())


def _mended(value: Any) -> Any:
    """Text with surrogate pairs joined and lone surrogates, which UTF-8 cannot say, replaced by U+FFFD."""
    if isinstance(value, list):
        return [_mended(item) for item in value]
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if isinstance(value, str) else value


_encode = json.JSONEncoder(
    ensure_ascii=False,
    allow_nan=False,
    separators=(",", ":"),
    check_circular=False,
    default=str,
    skipkeys=True,
).encode


def _json(value: Any) -> str | None:
    if value is None:
        return None
    try:
        return _encode(value)
    except ValueError:  # NaN or an infinity, which a journal's JSON may hold
        return _encode(_sayable(value))


def _sayable(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: _sayable(item) for key, item in value.items()}
    return [_sayable(item) for item in value] if isinstance(value, list | tuple) else value


def _shared(values: Sequence[Any]) -> list[str | None]:
    """JSON of values of which many are one and the same object, each encoded once."""
    distinct = {id(value): value for value in values}
    encoded = {key: _json(value) for key, value in distinct.items()}
    return [encoded[id(value)] for value in values]


def _text_or_json(value: Any) -> str | None:
    return value if isinstance(value, str) else _json(value)
