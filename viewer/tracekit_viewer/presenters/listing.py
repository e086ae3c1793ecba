"""The list of traces as a page shows it: rows, the strip of figures above them, the filters in force.

The strip speaks of the rows listed and of nothing else; a figure that some rows do not have says how many
have it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from tracekit import state, units
from tracekit.query import asked
from tracekit.query.asked import Piece
from tracekit.query.details import Details
from tracekit.query.facets import Facet
from tracekit.query.saved import Kept
from tracekit.state import State
from tracekit.text import undated
from tracekit.units import Moment, Quantity
from tracekit_viewer.presenters.columns import Choice, Column, choices, columns_of
from tracekit_viewer.presenters.question import Question, question_of

_LABELS = {"tag": "tags"}
_STATUSES = (("", "All"), ("error", "Errors"), ("running", "Running"), ("interrupted", "Interrupted"))
_SORTS = (("newest", "Newest"), ("slowest", "Slowest"), ("dearest", "Dearest"), ("tokens", "Most tokens"))
_RANGES = (("", "All time"), ("1h", "1 h"), ("24h", "24 h"), ("7d", "7 d"))
_SCORES = 3
"""Scores that have room in a row."""
_MODELS = 2
"""Models that have room in a row of two lines."""


@dataclass(slots=True, frozen=True, kw_only=True)
class Chip:
    """A word that narrows the list when it is followed; in force, following it widens the list again.

    `shown` is what stands there: the value, or a shorter form of it.
    """

    label: str
    value: str
    href: str
    shown: str
    active: bool = False


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
class FacetView:
    """A field with its most frequent values, those asked for first; `more` counts the values that are not named."""

    name: str
    label: str
    values: list[tuple[Chip, str]]
    more: str


@dataclass(slots=True, frozen=True, kw_only=True)
class Figure:
    """One figure of a strip; `note` says what it leaves out, `href` leads to what it is made of."""

    label: str
    value: Quantity
    note: str = ""
    alarming: bool = False
    href: str | None = None


@dataclass(slots=True, frozen=True, kw_only=True)
class Dot:
    """A trace in the strip's chart, in percent: x is its place in the list, y its latency (logarithm)."""

    href: str
    title: str
    x: float
    y: float
    mark: str


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
    pieces = asked.pieces(question.text)
    return Listing(
        rows=[_row(trace, states, question=question, details=more, slowest=slowest, now=now) for trace in traces],
        figures=_figures(traces, states),
        dots=_dots(sorted(traces, key=lambda trace: trace["start_time"], reverse=True), states),
        statuses=[_choice(question, "status", value, label) for value, label in _STATUSES],
        sorts=[
            Chip(
                label=label,
                value=value,
                shown=label,
                href=replace(question, sort=value).url(),
                active=question.sort == value,
            )
            for value, label in _SORTS
        ],
        ranges=[_range(question, value, label) for value, label in _RANGES],
        shortcuts=_shortcuts(question),
        narrowed=[_removable(question, number, piece) for number, piece in enumerate(pieces) if piece.key is not None],
        facets=None if facets is None else [_facet(each, question) for each in facets],
        counting=_counting(question),
        columns=list(shown),
        choices=choices(shown),
        views=_views(kept, question),
        unreadable=kept.unreadable,
        question=question,
        usual=replace(question, columns="", cursor="").url(),
        order=dict(_SORTS).get(question.sort, question.sort),
        older=question.url(cursor) if cursor else None,
        newest=question.url() if question.cursor else None,
    )


def _choice(question: Question, key: str, value: str, label: str) -> Chip:
    """One of the values that a field may have; none of them where it is empty."""
    chosen = asked.values(question.text, key)
    active = value in chosen if value else not chosen
    return Chip(label=label, value=value, shown=label, href=question.narrowed(key, value or None).url(), active=active)


def _range(question: Question, since: str, label: str) -> Chip:
    now = (asked.values(question.text, "since"), asked.values(question.text, "until"))
    href = question.between(since or None).url()
    return Chip(label=label, value=since, shown=label, href=href, active=now == ([since] if since else [], []))


def _shortcuts(question: Question) -> list[Chip]:
    """What is asked every day, one click away. What else was asked for is left out."""
    size = replace(question, text="", sort="newest", cursor="")
    chosen = (
        ("Yesterday's slowest", replace(size, text="since:yesterday until:today", sort="slowest")),
        ("Today's dearest", replace(size, text="since:today", sort="dearest")),
        ("Failed tools", replace(size, text="failed:tool")),
        ("Scored", replace(size, text="has:score")),
    )
    here = replace(question, cursor="")
    asking = [
        Chip(
            label=label,
            value=each.text,
            shown=label,
            href="/traces" if each == here else each.url(),
            active=each == here,
        )
        for label, each in chosen
    ]
    return [*asking, Chip(label="Cost by model", value="", shown="Cost by model", href="/models?range=7d")]


def _views(kept: Kept, question: Question) -> list[Chip]:
    """What is saved, one click away; a second one takes it off."""
    here = replace(question, cursor="")
    return [
        Chip(
            label=saved.name,
            value=saved.name,
            shown=saved.name,
            href="/traces" if asked == here else asked.url(),
            active=asked == here,
        )
        for saved, asked in ((saved, question_of(saved.asks)) for saved in kept.items)
    ]


def _removable(question: Question, number: int, piece: Piece) -> Chip:
    rest = [each.source for place, each in enumerate(asked.pieces(question.text)) if place != number]
    label = f"not {piece.key}" if piece.negated else str(piece.key)
    value = piece.value if piece.op in (":", "=") else f"{piece.op} {piece.value}"
    return Chip(label=label, value=value, shown=value, href=replace(question, text=" ".join(rest)).url(), active=True)


def _facet(facet: Facet, question: Question) -> FacetView:
    chosen = asked.values(question.text, facet.name)
    chips: list[tuple[Chip, str]] = []
    for value, traces in facet.values:
        active = value in chosen
        href = question.narrowed(facet.name, None if active else value).url()
        chip = Chip(label=facet.name, value=value, shown=value, href=href, active=active)
        chips.append((chip, units.count(traces, "traces").text))
    more = f"+{facet.others:,} more" if facet.others else ""
    return FacetView(name=facet.name, label=_LABELS.get(facet.name, facet.name), values=chips, more=more)


def _counting(question: Question) -> str:
    """The address of the same page with its facets: they are counted for those who open them, over all that fits."""
    here = question.url(question.cursor)
    return f"{here}{'&' if '?' in here else '?'}facets=1"


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
    models = [_chip("model", model, question, shown=shown) for model, shown in _short(trace["models"] or ())]
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
        owners=[_chip(name, value, question) for name, value in owners if value],
        tags=[_chip("tag", tag, question) for tag in trace["tags"] or ()],
        failure=_failure(trace, details.failures.get(trace["trace_id"])),
        scores=[_score(score) for score in scores[:_SCORES]],
        more_scores=max(len(scores) - _SCORES, 0),
        named_scores={score["name"]: _score(score) for score in scores},
        attributes=details.attributes.get(trace["trace_id"], {}),
        service=trace["service"],
        errors=units.count(trace["error_count"], "failed spans"),
        project=_chip("project", trace["project"], question) if trace["project"] else None,
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


def _chip(name: str, value: str, question: Question, *, shown: str = "") -> Chip:
    return Chip(
        label=name,
        value=value,
        shown=shown or value,
        href=question.narrowed(name, value).url(),
        active=value in asked.values(question.text, name),
    )


def _figures(traces: Sequence[Mapping[str, Any]], states: Mapping[str, State]) -> list[Figure]:
    failed = sum(found.mark == "error" for found in states.values())
    durations = sorted(float(t["duration_ms"]) for t in traces if t["duration_ms"] is not None)
    tokens = [
        (t["input_tokens"] or 0) + (t["output_tokens"] or 0)
        for t in traces
        if t["input_tokens"] is not None or t["output_tokens"] is not None
    ]
    costs = [float(t["cost_usd"]) for t in traces if t["cost_usd"] is not None]
    return [
        Figure(label="Listed", value=units.count(len(traces), "traces")),
        Figure(label="Errors", value=units.count(failed, "traces with an error"), alarming=failed > 0),
        Figure(label="Tokens", value=units.count(sum(tokens) if tokens else None), note=_known(tokens, traces)),
        Figure(label="Cost", value=units.money(math.fsum(costs) if costs else None), note=_known(costs, traces)),
        Figure(
            label="p50",
            value=units.duration(quantile(durations, 0.5), "latency"),
            note=_known(durations, traces),
        ),
        Figure(
            label="p95",
            value=units.duration(quantile(durations, 0.95), "latency"),
            note=_known(durations, traces),
        ),
    ]


def _known(values: Sequence[float], traces: Sequence[Mapping[str, Any]]) -> str:
    return "" if len(values) == len(traces) else f"{len(values)} of {len(traces)} known"


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """The value that `share` of the ordered values do not exceed (nearest rank); None of nothing."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None


def _dots(traces: Sequence[Mapping[str, Any]], states: Mapping[str, State]) -> list[Dot]:
    """Where each trace with a latency stands among the others; none where there are too few to compare."""
    points = [t for t in reversed(traces) if t["duration_ms"] is not None]
    if len(points) < 3:  # noqa: PLR2004 - two dots are no picture
        return []
    logs = [math.log10(max(float(t["duration_ms"]), 0.001)) for t in points]
    low, high = min(logs), max(logs)
    return [
        Dot(
            href=f"/traces/{trace['trace_id']}",
            title=f"{trace['name'] or '(unnamed)'}, {units.duration(trace['duration_ms']).text}",
            x=round(2 + 96 * number / (len(points) - 1), 2),
            y=round(100 * (high - log) / (high - low), 2) if high > low else 50,
            mark=states[trace["trace_id"]].mark,
        )
        for number, (trace, log) in enumerate(zip(points, logs, strict=True))
    ]
