"""A trace without what was said in it: structure, times, usage and cost stay, texts of people and models go. Pure.

What stays is listed and everything else goes, so that an attribute that nobody has thought of is not in a file that was
to have no content. Names stay: of spans, tools, models, projects, scores.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from tracekit.query import bundle

KEPT = frozenset(
    {
        "trace_id", "span_id", "parent_span_id", "open", "start_ns", "end_ns", "start_time", "end_time", "duration_ms",
        "project", "service", "name", "kind", "operation", "provider", "request_model", "response_model", "model",
        "ttft_ms", "status", "error_type", "outcome", "input_tokens", "output_tokens", "uncached_input_tokens",
        "visible_output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens", "counted", "twin_of",
        "cost_usd", "price_source", "given_cost_usd", "usage_details", "usage_fault", "service_tier", "finish_reasons",
        "response_id", "tool_name", "scope_name", "scope_version", "dialect", "raw_kind", "raw_status", "derivation",
    }
)  # fmt: skip
"""Columns of a span that stay; the others become null, or empty where a column is never null."""
_NUMBERS = ("gen_ai.", "llm.", "ai.", "openinference.", "traceloop.", "tracekit.")
"""Attributes under these stay where they are a number or a boolean."""
_TEXTS = frozenset(
    {
        "gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.system", "gen_ai.request.model",
        "gen_ai.response.model", "gen_ai.response.id", "gen_ai.tool.name", "gen_ai.agent.name", "error.type",
        "openinference.span.kind", "llm.model_name", "llm.provider", "llm.system", "llm.request.type",
        "traceloop.span.kind", "tracekit.kind", "tracekit.outcome", "tracekit.project",
    }
)  # fmt: skip
"""Attributes that stay where they are text."""
_SAYING = ("message", "metadata", "prompt.", "completion.", "argument", "document", "input.value", "output.value")
"""What is in the name of an attribute that says something, whatever its type is."""
_RESOURCE = frozenset({"service.name", "tracekit.project"})
_EMPTY: Mapping[str, Any] = {"attributes": {}, "resource": {}, "events": [], "links": []}
_SCORE = frozenset({"trace_id", "span_id", "session_id", "name", "value", "source", "created_ns", "created_at"})
_LOG = frozenset(
    {"trace_id", "span_id", "time", "time_ns", "observed_ns", "event_name", "severity", "severity_number",
     "scope_name", "scope_version"}
)  # fmt: skip


def span(row: Mapping[str, Any]) -> dict[str, Any]:
    """A span without content.

    Args:
        row: columns of a span, JSON decoded.
    """
    said = {name: value if name in KEPT else _EMPTY.get(name) for name, value in row.items()}
    for name, strip in _PARTS.items():
        if name in row:
            said[name] = strip(row[name] or _EMPTY.get(name, []))
    return said


def score(row: Mapping[str, Any]) -> dict[str, Any]:
    """A score without label and comment, which are words."""
    return {name: value if name in _SCORE else None for name, value in row.items()}


def log(row: Mapping[str, Any]) -> dict[str, Any]:
    """A log record without what it says."""
    return {name: value if name in _LOG else ({} if name in _EMPTY else None) for name, value in row.items()}


def trace(row: Mapping[str, Any]) -> dict[str, Any]:
    """A trace's row, its spans and scores among it, without content."""
    gone = dict.fromkeys(("session_id", "user_id", "input_preview", "output_preview"))
    said = {**row, **gone, "tags": []}
    return {**said, "spans": list(map(span, row["spans"])), "scores": _scores(row["scores"])}


def line(part: str, text: str) -> str | None:
    """A line of a part of a bundle without content; None where nothing stays: attachments, scores of a session."""
    strip, data = _LINES.get(part), json.loads(text)
    if strip is None or (part == bundle.SCORES and data.get("session_id") is not None):
        return None
    return json.dumps(strip(data))


def _scores(given: Any) -> list[dict[str, Any]]:
    """Those of the trace and its spans: one of a session would name the session."""
    return [score(row) for row in given if row["session_id"] is None]


def _span_line(data: Mapping[str, Any]) -> dict[str, Any]:
    """JSON stands as text in a bundle's line: it is read, stripped and written again."""
    held = {name: json.loads(data[name]) for name in _EMPTY if data[name] is not None}
    said = span({**data, **held})
    return {**said, **{name: json.dumps(said[name]) for name in _EMPTY}, "carried": None}


def _log_line(data: Mapping[str, Any]) -> dict[str, Any]:
    return {**log(data), "attributes": "{}", "resource": "{}"}


def _attributes(given: Any) -> dict[str, Any]:
    return {name: value for name, value in dict(given).items() if _stays(name, value)}


def _stays(name: str, value: Any) -> bool:
    if any(word in name for word in _SAYING):
        return False
    if isinstance(value, bool | int | float):
        return name.startswith(_NUMBERS)
    return isinstance(value, str) and name in _TEXTS


def _events(given: Any) -> list[dict[str, Any]]:
    return [
        {**{name: event[name] for name in ("name", "time_ns") if name in event}, "attributes": {}}
        for event in given
        if isinstance(event, Mapping)
    ]


def _links(given: Any) -> list[dict[str, Any]]:
    return [
        {**{name: link[name] for name in ("trace_id", "span_id") if name in link}, "attributes": {}}
        for link in given
        if isinstance(link, Mapping)
    ]


_PARTS: Mapping[str, Callable[[Any], Any]] = {
    "attributes": _attributes,
    "resource": lambda given: {name: value for name, value in given.items() if name in _RESOURCE},
    "events": _events,
    "links": _links,
    "logs": lambda given: list(map(log, given)),
    "scores": _scores,
}
_LINES: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    bundle.SPANS: _span_line,
    bundle.SCORES: score,
    bundle.LOGS: _log_line,
}
