"""A trace as Markdown for an issue: its tree, what failed and why, and what was last said to each model and by it.

What a trace holds stays text: prose is inert, everything longer stands in a fence that it cannot end. The whole fits
into what GitHub takes, and what did not fit is counted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tracekit import semconv, state
from tracekit.markup import code, fenced, prose
from tracekit.query import tree, withheld
from tracekit.query.traces import get_span
from tracekit.store.search.following import Queryable
from tracekit.units import count, duration, money, plural

LIMIT = 60_000
"""Characters; GitHub takes 65,536 in an issue."""
LINES = 200
FAILURES = 10
CALLS = 8
LONGEST = 2_000
"""Characters of one text."""
STACK = 6_000
Row = Mapping[str, Any]


def document(source: Queryable, trace: Row, *, content: bool = True) -> str:
    """The trace as Markdown.

    Args:
        source: what answers, for the content of the spans that are told of.
        trace: as `get_trace` gives it.
        content: False leaves out every text of a person or a model.
    """
    shown = trace if content else withheld.trace(trace)

    def whole(span: Row) -> Row:
        found = get_span(source, trace["trace_id"], span["span_id"]) or span
        return found if content else withheld.span(found)

    spans = shown["spans"]
    failed = [span for span in _origins(spans) if span["status"] == "error"]
    calls = [span for span in spans if span["kind"] == "llm" and span["twin_of"] is None]
    parts = _Parts(LIMIT)
    parts.add("\n".join(_head(shown)))
    parts.add(_tree(shown))
    for heading, chosen, left, write in (
        ("Failed", failed[:FAILURES], len(failed) - FAILURES, _failure),
        ("Model calls", calls[-CALLS:] if content else [], len(calls) - CALLS if content else 0, _call),
    ):
        for place, span in enumerate(chosen):
            parts.add((f"### {heading}\n\n" if not place else "") + "\n\n".join(write(whole(span))))
        if left > 0:
            which = "further failed spans" if heading == "Failed" else "earlier model calls"
            parts.add(f"{left:,} {which} are not told of here.")
    return parts.text()


@dataclass(slots=True)
class _Parts:
    """Parts of a document as long as there is room; those that have none are counted."""

    left: int
    refused: int = 0
    kept: list[str] = field(default_factory=list[str])

    def add(self, part: str) -> None:
        if len(part) > self.left:
            self.refused += 1
            return
        self.left -= len(part) + 2
        self.kept.append(part)

    def text(self) -> str:
        more = [f"{plural(self.refused, 'further part')} did not fit here."] if self.refused else []
        return "\n\n".join([*self.kept, *more]) + "\n"


def _head(trace: Row) -> Iterator[str]:
    stands = state.of_trace(trace)
    yield f"## {code(str(trace['name'] or '(unnamed)'))}: {stands.label}"
    yield ""
    where = "/".join(str(part) for part in (trace["project"], trace["service"]) if part)
    facts = [
        f"trace `{trace['trace_id']}`",
        *([code(where)] if where else []),
        f"{trace['start_time']:%Y-%m-%d %H:%M:%S} UTC",
        duration(trace["duration_ms"]).text,
        plural(trace["span_count"], "span"),
        *([f"{trace['error_count']:,} failed"] if trace["error_count"] else []),
        f"{count(trace['input_tokens']).text} tokens in, {count(trace['output_tokens']).text} out",
        _cost(trace["cost_usd"]),
        *(code(str(model)) for model in trace["models"] or ()),
    ]
    yield " · ".join(facts)


def _tree(trace: Row) -> str:
    said = {str(span["span_id"]): {"status_message": span["status_message"]} for span in trace["spans"]}
    lines: list[str] = []
    for number, line in enumerate(tree.lines(trace["spans"], said)):
        if number == LINES:
            lines.append(f"… and more: {plural(len(trace['spans']), 'span')} in all")
            break
        lines.append(str(line).rstrip())
    return fenced("\n".join(lines))


def _origins(spans: Sequence[Row]) -> list[Row]:
    """Failed spans below which none failed, and after them the others: those above repeat what happened below."""
    failed = [span for span in spans if span["status"] == "error"]
    parents = {span["span_id"]: span["parent_span_id"] for span in spans}
    above: set[Any] = set()
    for span in failed:
        at = span["parent_span_id"]
        while at in parents and at not in above:
            above.add(at)
            at = parents[at]
    return sorted(failed, key=lambda span: span["span_id"] in above)


def _failure(span: Row) -> Iterator[str]:
    yield f"{_title(span)}: {code(str(span['error_type'] or 'error'))}"
    if span["status_message"]:
        yield fenced(_cut(str(span["status_message"]), LONGEST))
    for stack in _stacks(span):
        yield f"<details><summary>Stack</summary>\n\n{fenced(_cut(stack, STACK))}\n\n</details>"


def _call(span: Row) -> Iterator[str]:
    facts = [
        duration(span["duration_ms"]).text,
        f"{count(span['input_tokens']).text} in, {count(span['output_tokens']).text} out",
        _cost(span["cost_usd"]),
    ]
    yield f"{_title(span)}: {' · '.join(facts)}"
    asked, answered = _listed(span["input_messages"]), _listed(span["output_messages"])
    if asked:
        before = f", after {plural(len(asked) - 1, 'message')}" if len(asked) > 1 else ""
        yield f"{_role(asked[-1], 'user')}{before}:"
        yield fenced(_cut(_said(asked[-1]), LONGEST))
    if answered:
        yield f"{_role(answered[-1], 'assistant')}:"
        yield fenced(_cut(_said(answered[-1]), LONGEST))


def _title(span: Row) -> str:
    return f"**{code(str(span['name'] or '(unnamed)'))}** ({span['kind']}, span `{span['span_id']}`)"


def _role(message: Any, otherwise: str) -> str:
    role = message.get("role") if isinstance(message, Mapping) else None
    return prose(str(role or otherwise), 40)


def _said(message: Any) -> str:
    """A message as text: what was said as it is, of calls and results a line each."""
    if not isinstance(message, Mapping):
        return _short(message)
    parts = message.get("parts") if message.get("parts") is not None else message.get("content")
    return "\n".join(map(_part, _listed(parts)))


def _part(part: Any) -> str:
    if not isinstance(part, Mapping):
        return _short(part)
    content = part.get("content", part.get("text"))
    match part.get("type"):
        case "text" if isinstance(content, str):
            return content
        case "reasoning" if isinstance(content, str):
            return f"[reasoning] {content}"
        case "tool_call":
            return f"[call] {part.get('name')} {_short(part.get('arguments'))}"
        case "tool_call_response":
            return f"[result] {_short(part.get('response', part.get('result')))}"
        case _:
            return _short({name: value for name, value in part.items() if name != "id"})


def _short(value: Any) -> str:
    """A value on one line: text as it is, all else as JSON."""
    if value is None or isinstance(value, str):
        return value or ""
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except RecursionError:
        return "(nested too deeply to be written here)"


def _stacks(span: Row) -> list[str]:
    found: list[str] = []
    for event in _listed(span.get("events")):
        if isinstance(event, Mapping) and event.get("name") == semconv.EVENT_EXCEPTION:
            attributes = event.get("attributes")
            stack = attributes.get(semconv.EXCEPTION_STACKTRACE) if isinstance(attributes, Mapping) else None
            if stack:
                found.append(str(stack))
    return found


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _cost(usd: float | None) -> str:
    found = money(usd)
    return found.text.replace("$", "\\$") if found.known else "cost unknown"


def _cut(text: str, limit: int) -> str:
    """The end of a text is where a stack says what happened; of everything else the beginning counts."""
    if len(text) <= limit:
        return text
    if limit == STACK:
        return f"… ({len(text) - limit:,} characters before)\n{text[-limit:]}"
    return f"{text[:limit]}\n… ({len(text) - limit:,} more characters)"
