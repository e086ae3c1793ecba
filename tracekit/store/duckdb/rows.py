"""Canonical spans, scores and journals as Arrow tables, one pass a column. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

import pyarrow as pa

from tracekit.model import Score, Span
from tracekit.store import JournalState
from tracekit.store.duckdb import contents
from tracekit.store.duckdb.cells import Array, json_text, text
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
_PLAIN = (*_TEXT, *_INTEGERS, *_DOUBLES, *_LISTS, "counted", "resource", "input_messages", "output_messages")
_plain = attrgetter(*_PLAIN)
_PASS = 1000
"""Spans turned at a time: as many as the processor's cache holds."""

Table = Any
"""pyarrow ships no types; this says what is meant."""

_INSTANT = pa.timestamp("us", tz="UTC")
_TEXTS = pa.list_(pa.string())


def spans(found: Sequence[Span]) -> Table:
    """The rows of `internal.spans`."""
    return pa.concat_tables([_spans(found[start : start + _PASS]) for start in range(0, len(found) or 1, _PASS)])


def _spans(found: Sequence[Span]) -> Table:
    values = zip(*map(_plain, found), strict=True) if found else ((),) * len(_PLAIN)
    plain = {name: list(column) for name, column in zip(_PLAIN, values, strict=True)}
    columns: dict[str, Array] = {name: text(plain[name]) for name in _TEXT}
    columns |= {name: pa.array(plain[name], pa.int64()) for name in _INTEGERS}
    columns |= {name: pa.array(plain[name], pa.float64()) for name in _DOUBLES}
    columns |= {name: text(plain[name], _TEXTS) for name in _LISTS}
    columns["counted"] = pa.array(plain["counted"], pa.bool_())
    columns["start_time"] = pa.array([start // 1000 for start in plain["start_ns"]], _INSTANT)
    columns["resource"] = text(_shared(plain["resource"]))
    columns |= contents.columns(found)
    columns["user_text"] = text([user_text(messages) for messages in plain["input_messages"]])
    columns["assistant_text"] = text([assistant_text(messages) for messages in plain["output_messages"]])
    return pa.table(columns)


def opened(found: Sequence[tuple[str, Span]]) -> Table:
    """The rows of `internal.open_spans`, from journal names and spans."""
    table = spans([span for _, span in found])
    return table.append_column("journal", text([journal for journal, _ in found]))


def touched(trace_ids: Iterable[str]) -> Table:
    """One column of trace ids."""
    return pa.table({"trace_id": text(list(trace_ids))})


def scores(found: Sequence[Score]) -> Table:
    """The rows of `internal.scores`."""
    columns = {
        name: text(_column(found, name)) for name in ("trace_id", "span_id", "name", "label", "source", "comment")
    }
    columns["value"] = pa.array(_column(found, "value"), pa.float64())
    columns["created_at"] = pa.array([score.created_ns // 1000 for score in found], _INSTANT)
    return pa.table(columns)


def journals(found: Sequence[JournalState]) -> Table:
    """The rows of `internal.journals`."""
    columns = {name: text(_column(found, name)) for name in ("name", "process", "state")}
    columns |= {name: pa.array(_column(found, name), pa.int64()) for name in ("offset", "faults", "skipped_bytes")}
    columns["ended"] = pa.array(_column(found, "ended"), pa.bool_())
    return pa.table(columns)


def gaps(found: Sequence[JournalState]) -> Table:
    """The rows of `internal.gaps`."""
    rows = [(state, gap) for state in found for gap in state.gaps]
    return pa.table(
        {
            "journal": text([state.name for state, _ in rows]),
            "process": text([state.process for state, _ in rows]),
            "first_missing": pa.array([gap.first_missing for _, gap in rows], pa.int64()),
            "last_missing": pa.array([gap.last_missing for _, gap in rows], pa.int64()),
            "count": pa.array([gap.count for _, gap in rows], pa.int64()),
        }
    )


def _column(found: Sequence[Any], name: str) -> list[Any]:
    return [getattr(item, name) for item in found]


def _shared(values: Sequence[Any]) -> list[str]:
    """JSON of values of which many are one and the same object, each encoded once."""
    distinct = {id(value): value for value in values}
    encoded = {key: json_text(value) for key, value in distinct.items()}
    return [encoded[id(value)] for value in values]
