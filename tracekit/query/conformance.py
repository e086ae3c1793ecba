"""Conformance: what each span says, held against what the GenAI conventions want of it. Judges, mends nothing.

What is judged are the attributes as they came: that a dialect of ours understands a span does not make it conform.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tracekit import semconv as sc
from tracekit.collector import stored
from tracekit.dialects.values import decoded
from tracekit.model import Span
from tracekit.query import convention
from tracekit.query.searching import Searchable
from tracekit.query.stored import Selection, span_pages

_BREACHES = frozenset({"required", "type", "shape", "renamed"})
_KINDS = frozenset({"llm", "embedding", "tool", "agent", "retriever"})
"""Spans of these kinds should name an operation, whatever dialect they speak."""


@dataclass(slots=True, frozen=True, order=True)
class Finding:
    """Something about a span: how much it matters, and a sentence.

    `level` is "required" (an attribute is missing that must be there), "type", "shape" (of messages), "renamed" (a name
    of older conventions), "value" (not a well-known one), "name" (of the span) or "recommended".
    """

    level: str
    says: str

    @property
    def breach(self) -> bool:
        """Whether the conventions are broken; else it could merely be better."""
        return self.level in _BREACHES


@dataclass(slots=True, kw_only=True)
class Found:
    """A finding in spans of one scope and dialect: how often, and where first."""

    scope: str | None
    dialect: str | None
    finding: Finding
    count: int
    trace_id: str
    span_id: str


@dataclass(slots=True, kw_only=True)
class Report:
    """All spans that were looked at.

    Attributes:
        spans: how many speak of GenAI, and so were judged.
        conforming: those that break nothing.
        others: spans of other things, which were not judged.
        found: by scope and dialect, what matters most first.
    """

    spans: int = 0
    conforming: int = 0
    others: int = 0
    found: list[Found] = field(default_factory=list[Found])


def report(source: Searchable, selection: Selection) -> Report:
    """Judge the selected spans that have ended."""
    made = Report()
    counts: Counter[tuple[str, str, Finding]] = Counter()
    first: dict[tuple[str, str, Finding], Span] = {}
    for span in _spans(source, selection):
        if not _is_judged(span):
            made.others += 1
            continue
        findings = set(judge(span))
        made.spans += 1
        made.conforming += not any(finding.breach for finding in findings)
        for finding in findings:
            key = span.scope_name or "", span.dialect or "", finding
            counts[key] += 1
            first.setdefault(key, span)
    for scope, dialect, finding in sorted(counts, key=lambda key: (*key[:2], not key[2].breach, -counts[key], key[2])):
        span = first[scope, dialect, finding]
        made.found.append(
            Found(
                scope=scope or None,
                dialect=dialect or None,
                finding=finding,
                count=counts[scope, dialect, finding],
                trace_id=span.trace_id,
                span_id=span.span_id,
            )
        )
    return made


def judge(span: Span) -> Iterator[Finding]:
    """What is to be said of one span."""
    said = span.attributes
    operation = said.get(sc.OPERATION)
    wanted = convention.OPERATIONS.get(operation) if isinstance(operation, str) else None
    if wanted is None and operation is None:
        yield Finding("required", f"{sc.OPERATION} is missing")
    if wanted is not None:
        yield from _attributes(span, wanted)
        yield from _name(span, str(operation), wanted)
    if span.status == "error" and sc.ERROR_TYPE not in said:
        yield Finding("required", f"{sc.ERROR_TYPE} is missing on a span that failed")
    yield from _values(said)
    yield from _content(said)


def _spans(source: Searchable, selection: Selection) -> Iterator[Span]:
    for group in selection.groups(source):
        for page in span_pages(source, group):
            for line in page:
                span, is_open = stored.span(line)
                if not is_open:
                    yield span


def _is_judged(span: Span) -> bool:
    return span.kind in _KINDS or sc.OPERATION in span.attributes


def _attributes(span: Span, wanted: convention.Wanted) -> Iterator[Finding]:
    said = span.attributes
    answers = () if span.status == "error" or span.outcome == "interrupted" else wanted.answers
    for level, names in (("required", wanted.required), ("recommended", (*wanted.recommended, *answers))):
        yield from (Finding(level, f"{name} is missing") for name in names if name not in said)
    if sc.SERVER_ADDRESS in said and sc.SERVER_PORT not in said:
        yield Finding("recommended", f"{sc.SERVER_PORT} is missing beside {sc.SERVER_ADDRESS}")


def _name(span: Span, operation: str, wanted: convention.Wanted) -> Iterator[Finding]:
    noun = span.attributes.get(wanted.noun) if wanted.noun else None
    if noun is not None and span.name != f"{operation} {noun}":
        yield Finding("name", f"the span's name is not {{{sc.OPERATION}}} {{{wanted.noun}}}")


def _values(said: dict[str, Any]) -> Iterator[Finding]:
    for name, value in said.items():
        kind = convention.TYPES.get(name)
        if kind is not None and not _is(kind, value):
            yield Finding("type", f"{name} is not {kind}")
        known = convention.VALUES.get(name)
        if known is not None and isinstance(value, str) and value not in known:
            yield Finding("value", f"{name} is {value[:60]!r}, which is no well-known value")
        new = convention.RENAMED.get(name)
        if new is not None:
            yield Finding("renamed", f"{name} is {new} now")


def _is(kind: str, value: Any) -> bool:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return {
        convention.TEXT: isinstance(value, str),
        convention.WHOLE: whole,
        convention.NUMBER: whole or isinstance(value, float),
        convention.FLAG: isinstance(value, bool),
        convention.TEXTS: isinstance(value, list) and all(isinstance(item, str) for item in value),
    }[kind]


def _content(said: dict[str, Any]) -> Iterator[Finding]:
    for name, members in (
        (sc.INPUT_MESSAGES, ("role", "parts")),
        (sc.OUTPUT_MESSAGES, ("role", "parts", "finish_reason")),
        (sc.TOOL_DEFINITIONS, ("type", "name")),
        (sc.RETRIEVAL_DOCUMENTS, ("id", "score")),
        (sc.SYSTEM_INSTRUCTIONS, ()),
    ):
        if name not in said:
            continue
        items = decoded(said[name])
        if not isinstance(items, list):
            yield Finding("shape", f"{name} is not a JSON list")
            continue
        yield from (Finding("shape", f"{name}: {why}") for item in items for why in _item(item, members))


def _item(item: Any, members: tuple[str, ...]) -> Iterator[str]:
    """What is wrong with a message, a tool or a document by its members; without members, with a part."""
    if not members:
        yield from _part(item)
        return
    if not isinstance(item, dict):
        yield "an item is not an object"
        return
    yield from (f"an item has no {member}" for member in members if item.get(member) is None)
    texts = [member for member in ("role", "finish_reason", "type", "name", "id") if member in members]
    yield from (f"{member} is not text" for member in texts if not isinstance(item.get(member, ""), str))
    if "score" in members and not _is(convention.NUMBER, item.get("score", 0)):
        yield "score is not a number"
    if "parts" in members and item.get("parts") is not None:
        parts = item["parts"]
        yield from ("parts is not a list",) if not isinstance(parts, list) else _parts(parts)


def _parts(parts: Iterable[Any]) -> Iterator[str]:
    for part in parts:
        yield from _part(part)


def _part(part: Any) -> Iterator[str]:
    if not isinstance(part, dict) or not isinstance(part.get("type"), str):
        yield "a part has no type"
        return
    for member in convention.PARTS.get(part["type"], ()):
        if member not in part:
            yield f"a part of type {part['type']} has no {member}"
