"""Stored traces beside each other: what `/compare` asks. Content comes as digests, and whole for the call in view."""

from __future__ import annotations

import json
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tracekit.query.alignment import Call, Change, align, change
from tracekit.query.traces import get_trace
from tracekit.query.worddiff import TextDiff, diff
from tracekit.store.search.following import Queryable
from tracekit.store.sqlfiles import statement

_FOLDER = Path(__file__).parent / "sql"
_IDS = r'"type": ?"tool_call(_response)?", ?"id": ?"[^"]*"'
LETTERS = string.ascii_lowercase[:8]
"""How traces are named beside each other, and so how many there may be."""
_KEPT = (
    "trace_id", "span_id", "name", "model", "status", "duration_ms", "input_tokens", "output_tokens", "cost_usd",
)  # fmt: skip
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Traces aligned.

    Attributes:
        traces: as `get_trace` gives them, in the order they were asked for.
        calls: every call of any of them, in reading order.
        changes: what has become of each.
    """

    traces: Sequence[Mapping[str, Any]]
    calls: Sequence[Call]
    changes: Sequence[Change]


def compare(source: Queryable, trace_ids: Sequence[str]) -> Compared | str:
    """The traces aligned, or the id of one that is not stored."""
    traces: list[dict[str, Any]] = []
    for trace_id in trace_ids:
        trace = get_trace(source, trace_id)
        if trace is None:
            return trace_id
        traces.append(trace)
    calls = align([trace["spans"] for trace in traces])
    digests = [_digests(source, trace) for trace in traces]
    return Compared(traces=traces, calls=calls, changes=[change(call, len(traces), digests) for call in calls])


def alike(source: Queryable, trace: Mapping[str, Any], *, limit: int) -> list[dict[str, Any]]:
    """Other traces of this one's name, newest first: what it is likely to be compared with."""
    bound = {"trace_id": trace["trace_id"], "name": trace["name"], "limit": limit}
    return source.sql(statement(_FOLDER, "traces_alike"), bound).dicts()


def sides(found: Compared) -> dict[str, dict[str, Any]]:
    """The traces as JSON, by their letters, without spans."""
    return {
        letter: {name: value for name, value in trace.items() if name != "spans"}
        for letter, trace in zip(LETTERS, found.traces, strict=False)
    }


def twin(found: Compared, chosen: Sequence[int]) -> list[dict[str, Any]]:
    """Calls as JSON, by their places: level, key, change, and the span of each trace by its letter."""
    return [
        {
            "kind": call.key[0],
            "calls": call.key[1],
            "level": call.level,
            "change": found.changes[place],
            "spans": {
                LETTERS[number]: {name: span[name] for name in _KEPT} for number, span in sorted(call.spans.items())
            },
        }
        for place, call in ((place, found.calls[place]) for place in chosen)
    ]


def text_changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[tuple[str, TextDiff]]:
    """The texts that differ between two spans, by title, word by word.

    Args:
        before: as `texts` gives them.
        after: the same of the other span.
    """
    titles = [title for title in {**before, **after} if before.get(title, "") != after.get(title, "")]
    return [(title, diff(before.get(title, ""), after.get(title, ""))) for title in titles]


def texts(span: Mapping[str, Any]) -> dict[str, str]:
    """What is compared of a span, as text by title, in reading order: no ids, which are new each time.

    Args:
        span: a row of the `spans` view, JSON columns decoded.
    """
    attributes = span["attributes"] or {}
    parameters = {
        name.removeprefix("gen_ai.request."): value
        for name, value in sorted(attributes.items())
        if name.startswith("gen_ai.request.")
    }
    found = {
        "Request": "\n".join(f"{name}: {_text(value)}" for name, value in parameters.items()),
        "System": _parts(span["system_instructions"]),
        "Prompt": _messages(span["input_messages"]),
        "Tools offered": _text(span["tool_definitions"]),
        "Arguments": _text(span["tool_arguments"]),
        "Input": _text(span["input"]),
        "Answer": _messages(span["output_messages"]),
        "Result": _text(span["tool_result"]),
        "Documents": _text(span["documents"]),
        "Output": _text(span["output"]),
        "Error": ": ".join(str(part) for part in (span["error_type"], span["status_message"]) if part),
    }
    return {title: text for title, text in found.items() if text}


def _messages(messages: Any) -> str:
    if not isinstance(messages, list):
        return _text(messages)
    said = [
        f"{message.get('role', '')}:\n{_parts(message.get('parts', message.get('content')))}"
        if isinstance(message, Mapping)
        else _text(message)
        for message in messages
    ]
    return "\n\n".join(said)


def _parts(parts: Any) -> str:
    if not isinstance(parts, list):
        return _text(parts)
    return "\n".join(map(_part, parts))


def _part(part: Any) -> str:
    if not isinstance(part, Mapping):
        return _text(part)
    if part.get("type") in ("text", "reasoning") and isinstance(part.get("content"), str):
        return part["content"]
    return _text({name: value for name, value in part.items() if name != "id"})


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, indent=2, ensure_ascii=False, default=str)
    except RecursionError:
        return "(nested too deeply to be compared)"


def _digests(source: Queryable, trace: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    started = (trace["start_time"] - _EPOCH).total_seconds()
    bound = {"trace_id": trace["trace_id"], "start_ns": int(started * 1_000_000) * 1_000 - 1_000_000, "ids": _IDS}
    return {row[0]: (row[1], row[2]) for row in source.sql(statement(_FOLDER, "content_digests"), bound).rows}
