"""A review as pages: the trace that is to be judged, with how far it is, and the end of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tracekit import state, units
from tracekit.evals.row import Row
from tracekit.query.reviewing import Queue
from tracekit.state import State
from tracekit.text import undated
from tracekit.units import Moment, Quantity
from tracekit_viewer.presenters.question import Question
from tracekit_viewer.presenters.strip import Figure
from tracekit_viewer.text import Folded, folded

PATH = "/review"
STEPS = 40
"""Spans that are named beside a trace; the page of the trace has all."""
CONTEXTS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A span, by what it is and how it went."""

    href: str
    kind: str
    name: str
    state: State
    took: Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a review is, in numbers and in words."""

    done: int
    total: int
    place: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The page of one trace. `here` is its address, `onward` that of whatever comes next."""

    id: str
    name: str
    href: str
    state: State
    started: Moment | None
    figures: list[Figure]
    asked: Folded | None
    answered: Folded | None
    contexts: list[Folded]
    more_contexts: int
    steps: list[Step]
    more_steps: int
    progress: Progress
    is_reviewed: bool
    query: str
    notice: str | None
    here: str
    onward: str
    before: str | None
    back: str


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """The page at the end of a review."""

    title: str
    words: str
    again: str | None
    passed_over: int
    progress: Progress | None
    notice: str | None
    dataset: str | None
    back: str


def reviewing(trace: Mapping[str, Any], row: Row | None, found: Queue, *, question: Question, now: datetime) -> View:
    """Make the page of one trace.

    Args:
        trace: as `get_trace` gives it.
        row: what a dataset says of it; None where no span of it has ended.
        found: how far the review is.
        question: what is reviewed.
        now: what "ago" counts from.
    """
    trace_id, spans = trace["trace_id"], trace["spans"]
    contexts: Sequence[str] = (row.contexts or ()) if row is not None else ()
    return View(
        id=trace_id,
        name=trace["name"] or "(unnamed)",
        href=f"/traces/{trace_id}",
        state=state.of_trace(trace),
        started=units.moment(trace["start_time"], now),
        figures=_figures(trace),
        asked=_text(row.input if row is not None else trace["input_preview"]),
        answered=_text(row.output if row is not None else trace["output_preview"]),
        contexts=[folded(text) for text in contexts[:CONTEXTS]],
        more_contexts=max(len(contexts) - CONTEXTS, 0),
        steps=[_step(span) for span in spans[:STEPS]],
        more_steps=max(len(spans) - STEPS, 0),
        progress=_progress(found),
        is_reviewed=found.is_reviewed,
        query=question.text,
        notice=found.notice,
        here=question.elsewhere(PATH, trace=trace_id),
        onward=question.elsewhere(PATH, after=trace_id),
        before=question.elsewhere(PATH, trace=found.before) if found.before else None,
        back=question.url(),
    )


def ended(found: Queue, *, question: Question) -> End:
    """Make the page at the end."""
    left = found.total - found.reviewed
    if not found.total:
        title, words = "Nothing to review", "No trace fits this filter."
    elif not left:
        title = "All reviewed"
        words = f"A person has said something of {_all(found.total)} that fit{'' if found.total > 1 else 's'}."
    else:
        title = "That was the last one"
        words = f"{found.reviewed:,} of {units.plural(found.total, 'trace')} are reviewed, and {left:,} are not."
    return End(
        title=title,
        words=words,
        again=question.elsewhere(PATH) if left else None,
        passed_over=left,
        progress=_progress(found) if found.total else None,
        notice=found.notice,
        dataset=question.elsewhere("/dataset") if found.reviewed else None,
        back=question.url(),
    )


def _all(total: int) -> str:
    return "the one trace" if total == 1 else f"all {total:,} traces"


def _progress(found: Queue) -> Progress:
    place = f"{found.place:,} of {found.total:,}" if found.place is not None else "fits the filter no longer"
    left = found.total - found.reviewed
    return Progress(
        done=found.reviewed, total=found.total, place=place, words=f"{found.reviewed:,} reviewed, {left:,} to go"
    )


def _figures(trace: Mapping[str, Any]) -> list[Figure]:
    sums = [trace["input_tokens"], trace["output_tokens"]]
    models = ", ".join(dict.fromkeys(undated(model) for model in trace["models"] or ()))
    figures = [
        Figure(label="Latency", value=units.duration(trace["duration_ms"], "latency")),
        Figure(label="Tokens", value=units.count(None if sums == [None, None] else sum(each or 0 for each in sums))),
        Figure(label="Cost", value=units.money(trace["cost_usd"])),
    ]
    return [*figures, Figure(label="Model", value=Quantity(models, models))] if models else figures


def _step(span: Mapping[str, Any]) -> Step:
    return Step(
        href=f"/traces/{span['trace_id']}?span={span['span_id']}",
        kind=span["kind"],
        name=span["name"] or "(unnamed)",
        state=state.of_span(span),
        took=units.duration(span["duration_ms"]),
    )


def _text(value: Any) -> Folded | None:
    return None if value is None or value == "" else folded(value)
