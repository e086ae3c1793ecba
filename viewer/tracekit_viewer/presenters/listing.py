"""The list of traces as a page shows it: rows, the strip of figures above them, the filters in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from tracekit import state, units
from tracekit.query.details import Details
from tracekit.query.facets import Facet
from tracekit.query.saved import Kept
from tracekit.state import State
from tracekit.text import undated
from tracekit.units import Moment, Quantity
from tracekit_viewer.presenters import chips, strip
from tracekit_viewer.presenters.chips import Chip, FacetView
from tracekit_viewer.presenters.columns import Choice, Column, choices, columns_of
from tracekit_viewer.presenters.question import Question
from tracekit_viewer.presenters.strip import Dot, Figure

_SCORES = 3
"""Scores that have room in a row."""
_MODELS = 2
"""Models that have room in a row of two lines."""


@dataclass(slots=True, frozen=True, kw_only=True)
class Failure:
    """Where a failed trace failed: a link to the span, what it is, why, and how many others failed beside it."""

    href: str
    name: str
    why: str
    others: int


@dataclass(slots=True, frozen=True, kw_only=True)
class ScoreChip:
    """What a trace was scored: the mean where there are several, or the label."""

    name: str
    text: str
    title: str


@dataclass(slots=True, frozen=True, kw_only=True)
class Row:
    """One trace in the list."""

    id: str
    href: str
    state: State
    name: str
    input: str | None
    output: str | None
    models: list[Chip]
    more_models: list[str]
    owners: list[Chip]
    project: Chip | None
    spans: str
    tokens_in: Quantity
    tokens_out: Quantity
    cost: Quantity
    latency: Quantity
    latency_share: float
    started: Moment | None
    failure: Failure | None = None
    tags: list[Chip] = field(default_factory=list[Chip])
    scores: list[ScoreChip] = field(default_factory=list[ScoreChip])
    more_scores: int = 0
    service: str | None = None
    errors: Quantity
    named_scores: Mapping[str, ScoreChip] = field(default_factory=dict[str, ScoreChip])
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(slots=True, frozen=True, kw_only=True)
class Listing:
    """All that the list page shows. `facets` is None where none were counted; `counting` is the address that counts."""

    rows: list[Row]
    figures: list[Figure]
    dots: list[Dot]
    statuses: list[Chip]
    sorts: list[Chip]
    ranges: list[Chip]
    shortcuts: list[Chip]
    narrowed: list[Chip]
    facets: list[FacetView] | None
    counting: str
    columns: list[Column]
    choices: list[Choice]
    views: list[Chip]
    unreadable: list[str]
    question: Question
    order: str
    usual: str
    older: str | None
    newest: str | None


def listing(
    traces: Sequence[Mapping[str, Any]],
    *,
    question: Question,
    cursor: str | None,
    now: datetime,
    details: Details | None = None,
    facets: Sequence[Facet] | None = None,
    columns: Sequence[Column] | None = None,
    views: Kept | None = None,
) -> Listing:
    """Make the list's view model.

    Args:
        traces: rows of the `traces` view, in the order asked for.
        question: what is asked.
        cursor: where the next page starts; None on the last one.
        now: what "ago" counts from.
        details: what rows show besides.
        facets: what can be chosen, counted; None where that was not asked for.
        columns: what of it is shown; None for the columns of every list.
        views: what is saved.
    """
    shown = columns_of("") if columns is None else columns
    kept = views or Kept()
    states = {t["trace_id"]: state.of_trace(t) for t in traces}
    slowest = max((t["duration_ms"] for t in traces if t["duration_ms"] is not None), default=0)
    more = details or Details()
    return Listing(
        rows=[_row(trace, states, question=question, details=more, slowest=slowest, now=now) for trace in traces],
        figures=strip.figures(traces, states),
        dots=strip.dots(sorted(traces, key=lambda trace: trace["start_time"], reverse=True), states),
        statuses=chips.statuses(question),
        sorts=chips.sorts(question),
        ranges=chips.ranges(question),
        shortcuts=chips.shortcuts(question),
        narrowed=chips.narrowed(question),
        facets=None if facets is None else [chips.facet(each, question) for each in facets],
        counting=chips.counting(question),
        columns=list(shown),
        choices=choices(shown),
        views=chips.views(kept, question),
        unreadable=kept.unreadable,
        question=question,
        usual=replace(question, columns="", cursor="").url(),
        order=chips.SORTS.get(question.sort, question.sort),
        older=question.url(cursor) if cursor else None,
        newest=question.url() if question.cursor else None,
    )


def _failure(trace: Mapping[str, Any], found: Mapping[str, Any] | None) -> Failure | None:
    if found is None:
        return None
    return Failure(
        href=f"/traces/{trace['trace_id']}?span={found['span_id']}",
        name=found["tool_name"] or found["name"] or "(unnamed)",
        why=found["error_type"] or found["status_message"] or "failed",
        others=found["count"] - 1,
    )


def _score(score: Mapping[str, Any]) -> ScoreChip:
    text = f"{score['value']:.3g}" if score["value"] is not None else str(score["label"] or units.UNKNOWN)
    several = f", mean of {score['count']}" if score["count"] > 1 and score["value"] is not None else ""
    label = f", {score['label']}" if score["label"] and score["value"] is not None else ""
    return ScoreChip(name=score["name"], text=text, title=f"{score['name']}: {text}{label}{several}")


def _row(
    trace: Mapping[str, Any],
    states: Mapping[str, State],
    *,
    question: Question,
    details: Details,
    slowest: float,
    now: datetime,
) -> Row:
    owners = (("session", trace["session_id"]), ("user", trace["user_id"]))
    scores = details.scores.get(trace["trace_id"], [])
    models = [chips.chip("model", model, question, shown=shown) for model, shown in _short(trace["models"] or ())]
    room = _MODELS if len(models) <= _MODELS else _MODELS - 1
    return Row(
        id=trace["trace_id"],
        href=f"/traces/{trace['trace_id']}",
        state=states[trace["trace_id"]],
        name=trace["name"] or "(unnamed)",
        input=trace["input_preview"],
        output=trace["output_preview"],
        models=models[:room],
        more_models=[model.value for model in models[room:]],
        owners=[chips.chip(name, value, question) for name, value in owners if value],
        tags=[chips.chip("tag", tag, question) for tag in trace["tags"] or ()],
        failure=_failure(trace, details.failures.get(trace["trace_id"])),
        scores=[_score(score) for score in scores[:_SCORES]],
        more_scores=max(len(scores) - _SCORES, 0),
        named_scores={score["name"]: _score(score) for score in scores},
        attributes=details.attributes.get(trace["trace_id"], {}),
        service=trace["service"],
        errors=units.count(trace["error_count"], "failed spans"),
        project=chips.chip("project", trace["project"], question) if trace["project"] else None,
        spans=units.plural(trace["span_count"], "span"),
        tokens_in=units.count(trace["input_tokens"], "input tokens"),
        tokens_out=units.count(trace["output_tokens"], "output tokens"),
        cost=units.money(trace["cost_usd"]),
        latency=units.duration(trace["duration_ms"], "latency"),
        latency_share=round(100 * (trace["duration_ms"] or 0) / slowest, 2) if slowest else 0,
        started=units.moment(trace["start_time"], now),
    )


def _short(models: Sequence[str]) -> list[tuple[str, str]]:
    """Each model with the name it is called by, unless another one of the trace would be called the same."""
    short = [undated(model) for model in models]
    return [(model, name if short.count(name) == 1 else model) for model, name in zip(models, short, strict=True)]
