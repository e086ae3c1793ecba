"""The spans of one trace as the view `spans` has them, made in this process: same dialects, prices and ledger. Pure.

A row that has just been answered is scored at once; to store its trace and ask for it again would take longer than most
metrics. What is said here is what the store says of the same spans; a test compares the two, column by column.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tracekit import semconv
from tracekit.dialects import canonical, reports
from tracekit.model import DEFAULT_PROJECT, RawSpan, Span
from tracekit.store.contents import cell
from tracekit.store.extraction import extract
from tracekit.store.ledger import Verdict, judge
from tracekit.store.responses import Entry

Charge = Callable[[Span], None]
"""Sets what a span has cost; see `tracekit.collector.reading.Charges`."""

_PLAIN = (
    "trace_id", "span_id", "parent_span_id", "project", "service", "name", "kind", "operation", "provider",
    "request_model", "response_model", "model",
)  # fmt: skip
_MORE = ("ttft_ms", "status", "status_message", "error_type", "outcome")
_TOKENS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens")
_OWNERS = ("session_id", "user_id", "tags", "finish_reasons", "response_id")
_JSON = ("system_instructions", "input_messages", "output_messages", "tool_definitions")
_TOOL = ("tool_name", "tool_call_id")
_TOOL_JSON = ("tool_arguments", "tool_result", "documents")
_SCOPE = ("scope_name", "scope_version", "dialect")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_JSON_STARTS = ("{", "[")
_NOTHING_SAID = Verdict()


def rows(raws: Iterable[RawSpan], charge: Charge) -> tuple[dict[str, Any], ...]:
    """Rows of the view, JSON decoded, in the order the spans started.

    Args:
        raws: the ended spans of one trace.
        charge: sets what those that tell of usage have cost.
    """
    spans: dict[str, Span] = {}
    for raw in raws:
        span = canonical(raw)
        if reports(span):
            charge(span)
        spans.setdefault(span.span_id, extract(span)[0])
    ordered = sorted(spans.values(), key=lambda span: (span.start_ns, span.span_id))
    verdicts = judge(map(_entry, ordered))
    return tuple(_row(span, verdicts.get(span.span_id, _NOTHING_SAID)) for span in ordered)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What the calls of a trace cost, each response once: how many, the USD that are known, and how many are not."""

    calls: int = 0
    known_usd: float = 0.0
    unpriced: int = 0


def spent(spans: Sequence[Mapping[str, Any]]) -> Spent:
    """What the calls among rows of the view cost."""
    costs = [span["cost_usd"] for span in spans if span["counted"]]
    known = [one for one in costs if one is not None]
    return Spent(calls=len(costs), known_usd=sum(known), unpriced=len(costs) - len(known))


def _entry(span: Span) -> Entry:
    return Entry(
        span_id=span.span_id,
        parent_span_id=span.parent_span_id,
        kind=span.kind,
        start_ns=span.start_ns,
        end_ns=span.end_ns,
        failed=span.status == "error",
        scope=span.scope_name,
        model=span.request_model,
        response_id=span.response_id,
        fetched=span.operation == semconv.FETCH_RESPONSE,
        tokens=(span.input_tokens, span.output_tokens),
        details=(span.cache_read_tokens, span.cache_write_tokens, span.reasoning_tokens),
        cost=span.cost_usd,
        given_cost=span.given_cost_usd,
    )


def _row(span: Span, verdict: Verdict) -> dict[str, Any]:
    counted = verdict.counted
    row: dict[str, Any] = {name: getattr(span, name) for name in _PLAIN}
    row["project"] = span.project or DEFAULT_PROJECT
    row["start_time"] = _instant(span.start_ns)
    row["end_time"] = None if span.end_ns is None else _instant(span.end_ns)
    row["duration_ms"] = None if span.end_ns is None else (span.end_ns - span.start_ns) / 1e6
    row |= {name: getattr(span, name) for name in (*_MORE, *_TOKENS)}
    row["counted"] = counted
    row["cost_usd"] = span.cost_usd if counted else None
    row |= {name: getattr(span, name) for name in _OWNERS}
    row |= {name: _content(span, name) for name in _JSON}
    row |= {name: _text_or_json(span, name) for name in ("input", "output")}
    row |= {name: getattr(span, name) for name in _TOOL}
    row |= {name: _content(span, name) for name in _TOOL_JSON}
    row |= {name: getattr(span, name) for name in _SCOPE}
    row |= {"attributes": span.attributes, "events": span.events, "links": span.links, "resource": span.resource}
    row["uncached_input_tokens"] = _less(span.input_tokens, span.cache_read_tokens, span.cache_write_tokens)
    row["visible_output_tokens"] = _less(span.output_tokens, span.reasoning_tokens)
    row["usage_details"] = span.usage_details or None
    row["service_tier"] = span.service_tier
    row["price_source"] = span.price_source if counted else None
    row["given_cost_usd"] = span.given_cost_usd
    row["twin_of"] = verdict.twin_of
    row["usage_fault"] = "; ".join(fault for fault in (span.usage_fault, verdict.fault) if fault) or None
    return row


def _content(span: Span, name: str) -> Any:
    """What a JSON column holds, decoded: JSON that came as text is read."""
    value = getattr(span, name)
    return json.loads(_cell(span, name, value)) if isinstance(value, str) else value


def _text_or_json(span: Span, name: str) -> Any:
    """What a column of text or JSON holds, read where it looks like JSON."""
    value = getattr(span, name)
    if value is None or isinstance(value, dict | list):
        return value
    held = _cell(span, name, value)
    held = held.decode() if isinstance(held, bytes) else held
    if held.startswith(_JSON_STARTS):
        try:
            return json.loads(held)
        except ValueError:
            return held  # text that only looks like JSON
    return held


def _cell(span: Span, name: str, value: Any) -> str | bytes:
    attribute = span.promoted.get(name)
    return cell(name, value, attribute, None if attribute is None else span.attributes[attribute])[0]


def _less(total: int | None, *parts: int | None) -> int | None:
    taken = sum(part or 0 for part in parts)
    return total - taken if total is not None and taken <= total else None


def _instant(nanoseconds: int) -> datetime:
    """The time, in microseconds as the store has it."""
    return _EPOCH + timedelta(microseconds=nanoseconds // 1000)
