"""One span in full: its facts, its conversation or its input and output, its error, all that is raw.

Owns which sections a span has and in which order they are read. A section without content is not there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tracekit import semconv, state, units
from tracekit.state import State
from tracekit.store.attachments import Attachments
from tracekit.units import Moment, Quantity
from tracekit_viewer.markdown import Marking
from tracekit_viewer.presenters import chat, usage
from tracekit_viewer.presenters.chat import Card, Paint, Tool
from tracekit_viewer.presenters.media import Attached, attached
from tracekit_viewer.presenters.usage import Usage
from tracekit_viewer.text import Folded, folded

PARAMETERS = (
    semconv.REQUEST_TEMPERATURE,
    semconv.REQUEST_TOP_P,
    semconv.REQUEST_TOP_K,
    semconv.REQUEST_MAX_TOKENS,
    semconv.REQUEST_FREQUENCY_PENALTY,
    semconv.REQUEST_PRESENCE_PENALTY,
    semconv.REQUEST_STOP_SEQUENCES,
    semconv.REQUEST_CHOICE_COUNT,
    semconv.REQUEST_SEED,
    semconv.REQUEST_REASONING_LEVEL,
    semconv.REQUEST_STREAM,
    semconv.EMBEDDINGS_DIMENSION_COUNT,
)
"""Request attributes that are shown as parameters, in reading order."""

_PROSE = ("system_instructions", "input_messages", "output_messages", "input", "output", "documents")
_PREFIXES = ("gen_ai.request.", "gen_ai.embeddings.")


@dataclass(slots=True, frozen=True, kw_only=True)
class Fact:
    """A labelled value; `note` is the smaller text beside it."""

    label: str
    value: Quantity
    note: str = ""
    runs: bool = False
    """Whether it grows as long as the span runs."""


@dataclass(slots=True, frozen=True, kw_only=True)
class Failure:
    """What went wrong: the kind, the message, and a stack for each exception recorded."""

    type: str | None
    message: Folded | None
    stacks: list[Folded]


@dataclass(slots=True, frozen=True, kw_only=True)
class Document:
    """A retrieved document."""

    id: str | None
    score: str | None
    body: Folded


@dataclass(slots=True, frozen=True, kw_only=True)
class Body:
    """What went into a span, or came out."""

    title: str
    text: Folded
    attached: list[Attached]


@dataclass(slots=True, frozen=True, kw_only=True)
class Event:
    """Something that happened during the span, `offset` after its start; what a log record said has a `body`."""

    name: str
    offset: Quantity
    attributes: Folded | None
    body: Folded | None = None
    severity: str | None = None


@dataclass(slots=True, frozen=True, kw_only=True)
class Link:
    """A reference to another span."""

    trace_id: str
    span_id: str


@dataclass(slots=True, frozen=True, kw_only=True)
class Panel:
    """All that the span panel shows."""

    trace_id: str
    id: str
    name: str
    kind: str
    state: State
    started: Moment | None
    since: int | None
    """When it began, in milliseconds since 1970, where it may still run."""
    prose: bool
    """Whether it holds text that could be read as Markdown."""
    markdown: bool
    facts: list[Fact]
    about: list[tuple[str, str]]
    parameters: list[tuple[str, str]]
    usage: Usage | None
    twin_of: str | None
    failure: Failure | None
    cards: list[Card]
    tools: list[Tool]
    bodies: list[Body]
    documents: list[Document]
    events: list[Event]
    links: list[Link]
    attributes: dict[str, Any]
    resource: dict[str, Any]

    @property
    def answer(self) -> int | None:
        """Which card the model's answer begins with, where a conversation goes before it."""
        first = next((place for place, card in enumerate(self.cards) if card.answer), 0)
        return first if first > 1 else None

    @property
    def sections(self) -> list[tuple[str, str, int | None]]:
        """What the panel holds, in reading order: anchor, title, count."""
        every = [
            ("error", "Error", None, self.failure is not None),
            ("chat", "Chat", len(self.cards), bool(self.cards)),
            ("answer", "Answer", None, self.answer is not None),
            *((body.title.lower(), body.title, None, True) for body in self.bodies),
            ("documents", "Documents", len(self.documents), bool(self.documents)),
            ("tools", "Tools", len(self.tools), bool(self.tools)),
            ("usage", "Usage", None, self.usage is not None),
            ("events", "Events", len(self.events), bool(self.events)),
            ("links", "Links", len(self.links), bool(self.links)),
            ("attributes", "Attributes", len(self.attributes) or None, True),
            ("resource", "Resource", len(self.resource), bool(self.resource)),
        ]
        return [(anchor, title, number) for anchor, title, number, there in every if there]


def panel(span: Mapping[str, Any], *, now: datetime, attachments: Attachments, markdown: bool = False) -> Panel:
    """Make the panel of one span.

    Args:
        span: a row of the `spans` view, JSON columns decoded, with its `logs`.
        now: what "ago" counts from.
        attachments: the files that it refers to.
        markdown: whether prose is read as Markdown.
    """
    paint = Marking() if markdown else folded
    events = [event for event in span["events"] or [] if isinstance(event, Mapping)]
    return Panel(
        trace_id=span["trace_id"],
        id=span["span_id"],
        name=span["name"] or "(unnamed)",
        kind=span["kind"] or "other",
        state=state.of_span(span),
        started=units.moment(span["start_time"], now),
        since=_since(span),
        prose=any(span[name] is not None for name in _PROSE),
        markdown=markdown,
        facts=_facts(span, now),
        about=_about(span),
        parameters=_parameters(span["attributes"] or {}),
        usage=usage.usage(span),
        twin_of=span["twin_of"],
        failure=_failure(span, events),
        cards=chat.conversation(
            system=span["system_instructions"],
            sent=span["input_messages"],
            received=span["output_messages"],
            attachments=attachments,
            paint=paint,
        ),
        tools=chat.tools(span["tool_definitions"]),
        bodies=_bodies(span, attachments, paint),
        documents=[_document(document, paint) for document in span["documents"] or []],
        events=_events(events, span["logs"], span["start_time"]),
        links=_links(span["links"] or []),
        attributes=dict(span["attributes"] or {}),
        resource=dict(span["resource"] or {}),
    )


def _since(span: Mapping[str, Any]) -> int | None:
    began: datetime | None = span["start_time"]
    runs = span["end_time"] is None and span["outcome"] is None
    return round(began.timestamp() * 1_000) if runs and began is not None else None


def _facts(span: Mapping[str, Any], now: datetime) -> list[Fact]:
    facts = [Fact(label="Duration", value=units.duration(span["duration_ms"]))]
    if _since(span) is not None:
        so_far = max(0.0, (now - span["start_time"]).total_seconds() * 1_000)
        facts = [Fact(label="Duration", value=units.duration(so_far), note="so far", runs=True)]
    if span["ttft_ms"] is not None:
        facts.append(Fact(label="First token", value=units.duration(span["ttft_ms"], "time to first token")))
    if span["input_tokens"] is not None:
        notes = [("cached", span["cache_read_tokens"]), ("written to cache", span["cache_write_tokens"])]
        value = units.count(span["input_tokens"], "input tokens")
        facts.append(Fact(label="Tokens in", value=value, note=_subset(notes)))
    if span["output_tokens"] is not None:
        note = _subset([("reasoning", span["reasoning_tokens"])])
        facts.append(Fact(label="Tokens out", value=units.count(span["output_tokens"], "output tokens"), note=note))
    if span["cost_usd"] is not None or span["model"]:
        elsewhere = "counted with its twin" if span["twin_of"] else ""
        facts.append(Fact(label="Cost", value=units.money(span["cost_usd"]), note=elsewhere))
    return facts


def _subset(parts: list[tuple[str, int | None]]) -> str:
    return ", ".join(f"{units.count(number).text} {label}" for label, number in parts if number)


def _about(span: Mapping[str, Any]) -> list[tuple[str, str]]:
    asked, answered = span["request_model"], span["response_model"]
    model = f"{asked} → {answered}" if asked and answered and asked != answered else answered or asked
    rows = [
        ("Model", model),
        ("Provider", span["provider"]),
        ("Operation", span["operation"]),
        ("Tool", span["tool_name"]),
        ("Call id", span["tool_call_id"]),
        ("Finish", ", ".join(span["finish_reasons"] or [])),
        ("Response id", span["response_id"]),
        ("Session", span["session_id"]),
        ("User", span["user_id"]),
        ("Tags", ", ".join(span["tags"] or [])),
        ("Project", span["project"]),
        ("Service", span["service"]),
        ("Scope", " ".join(filter(None, (span["scope_name"], span["scope_version"])))),
        ("Dialect", span["dialect"]),
    ]
    return [(label, str(value)) for label, value in rows if value]


def _parameters(attributes: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(_bare(name), _short(attributes[name])) for name in PARAMETERS if attributes.get(name) is not None]


def _bare(name: str) -> str:
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return name.replace("_", " ").replace(".", " ")


def _short(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _failure(span: Mapping[str, Any], events: list[Mapping[str, Any]]) -> Failure | None:
    exceptions = [_attributes(event) for event in events if event.get("name") == semconv.EVENT_EXCEPTION]
    if span["status"] != "error" and not exceptions:
        return None
    message = span["status_message"] or next((e.get(semconv.EXCEPTION_MESSAGE) for e in exceptions), None)
    stacks = [e[semconv.EXCEPTION_STACKTRACE] for e in exceptions if e.get(semconv.EXCEPTION_STACKTRACE)]
    return Failure(
        type=span["error_type"] or next((e.get(semconv.EXCEPTION_TYPE) for e in exceptions), None),
        message=folded(message) if message else None,
        stacks=[folded(stack) for stack in stacks],
    )


def _bodies(span: Mapping[str, Any], attachments: Attachments, paint: Paint) -> list[Body]:
    """What went into a span that is no conversation, and what came out; a tool's own columns come first."""
    pairs = (
        ("Input", span["tool_arguments"] if span["tool_arguments"] is not None else span["input"]),
        ("Output", span["tool_result"] if span["tool_result"] is not None else span["output"]),
    )
    return [
        Body(title=title, text=paint(value), attached=attached(value, attachments))
        for title, value in pairs
        if value is not None
    ]


def _document(document: Any, paint: Paint) -> Document:
    if not isinstance(document, Mapping):
        return Document(id=None, score=None, body=paint(document))
    score = document.get("score")
    content = document.get("content", document.get("text"))
    return Document(
        id=str(document["id"]) if document.get("id") is not None else None,
        score=f"{score:.3f}" if isinstance(score, float) else (None if score is None else str(score)),
        body=paint(dict(document) if content is None else content),
    )


def _events(events: list[Mapping[str, Any]], logs: list[Mapping[str, Any]], start: datetime | None) -> list[Event]:
    """The span's own events and the log records that name it, in the order of their time; those without one last."""
    said = [(_milliseconds(event), _event(event, start)) for event in events]
    said += [(log["time"].timestamp() * 1_000 if log["time"] else None, _logged(log, start)) for log in logs]
    return [event for _, event in sorted(said, key=lambda pair: math.inf if pair[0] is None else pair[0])]


def _milliseconds(event: Mapping[str, Any]) -> float | None:
    time_ns = event.get("time_ns")
    return time_ns / 1_000_000 if isinstance(time_ns, int) else None


def _event(event: Mapping[str, Any], start: datetime | None) -> Event:
    attributes = _attributes(event)
    return Event(
        name=str(event.get("name") or "(unnamed)"),
        offset=_after(_milliseconds(event), start),
        attributes=folded(dict(attributes)) if attributes else None,
    )


def _logged(log: Mapping[str, Any], start: datetime | None) -> Event:
    return Event(
        name=log["event_name"] or "log record",
        offset=_after(log["time"].timestamp() * 1_000 if log["time"] else None, start),
        attributes=folded(log["attributes"]) if log["attributes"] else None,
        body=None if log["body"] is None else folded(log["body"]),
        severity=log["severity"],
    )


def _after(ms: float | None, start: datetime | None) -> Quantity:
    return units.duration(None if ms is None or start is None else ms - start.timestamp() * 1_000, "time")


def _attributes(event: Mapping[str, Any]) -> Mapping[str, Any]:
    found = event.get("attributes")
    return found if isinstance(found, Mapping) else {}


def _links(links: list[Any]) -> list[Link]:
    return [
        Link(trace_id=str(link["trace_id"]), span_id=str(link["span_id"]))
        for link in links
        if isinstance(link, Mapping) and link.get("trace_id") and link.get("span_id")
    ]
