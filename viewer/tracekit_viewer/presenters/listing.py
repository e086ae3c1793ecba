"""The list of traces as a page shows it: rows, the strip of figures above them, the filters in force.

The strip speaks of the rows listed and of nothing else; a figure that some rows do not have says how many
have it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from tracekit import state, units
from tracekit.state import State
from tracekit.text import undated
from tracekit.units import Moment, Quantity

ATTRIBUTE = "attribute."
"""Before the key of an attribute in a URL, as in `/traces?attribute.gen_ai.operation.name=chat`; no value: any."""
TIMES = ("since", "until")
"""Query parameters that are times."""
FILTERS = ("status", "project", "model", "session_id", "user_id", "name", "text", *TIMES)
"""Query parameters of the list that narrow it, in the order in which chips stand."""

_LABELS = {"session_id": "session", "user_id": "user", "text": "contains"}
_STATUSES = (("", "All"), ("error", "Errors"), ("running", "Running"), ("interrupted", "Interrupted"))
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


@dataclass(slots=True, frozen=True, kw_only=True)
class Figure:
    """One figure of the strip; `note` says what it leaves out."""

    label: str
    value: Quantity
    note: str = ""
    alarming: bool = False


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
    """All that the list page shows."""

    rows: list[Row]
    figures: list[Figure]
    dots: list[Dot]
    statuses: list[Chip]
    narrowed: list[Chip]
    text: str
    kept: list[tuple[str, str]]
    older: str | None
    newest: str | None


def listing(
    traces: Sequence[Mapping[str, Any]],
    *,
    query: Mapping[str, str],
    cursor: str | None,
    now: datetime,
) -> Listing:
    """Make the list's view model.

    Args:
        traces: rows of the `traces` view, newest first.
        query: the filters in force, by name.
        cursor: where the next, older page starts; None on the last one.
        now: what "ago" counts from.
    """
    states = {t["trace_id"]: state.of_trace(t) for t in traces}
    in_force = {name: query[name] for name in FILTERS if query.get(name)}
    in_force |= {name: value for name, value in query.items() if name.startswith(ATTRIBUTE)}
    size = {"limit": query["limit"]} if query.get("limit") else {}
    slowest = max((t["duration_ms"] for t in traces if t["duration_ms"] is not None), default=0)
    return Listing(
        rows=[_row(trace, states, in_force=in_force, slowest=slowest, now=now) for trace in traces],
        figures=_figures(traces, states),
        dots=_dots(traces, states),
        statuses=[_status_chip(value, label, in_force) for value, label in _STATUSES],
        narrowed=[
            Chip(
                label=_LABELS.get(name, name),
                value=value,
                href=_url(_without(in_force, name)),
                shown=value,
                active=True,
            )
            for name, value in in_force.items()
            if name != "status" or value not in dict(_STATUSES)
        ],
        text=in_force.get("text", ""),
        kept=[(name, value) for name, value in in_force.items() if name != "text"],
        older=_url({**in_force, **size, "cursor": cursor}) if cursor else None,
        newest=_url({**in_force, **size}) if query.get("cursor") else None,
    )


def _row(
    trace: Mapping[str, Any],
    states: Mapping[str, State],
    *,
    in_force: Mapping[str, str],
    slowest: float,
    now: datetime,
) -> Row:
    owners = (("session_id", trace["session_id"]), ("user_id", trace["user_id"]))
    models = [_chip("model", model, in_force, shown=shown) for model, shown in _short(trace["models"] or ())]
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
        owners=[_chip(name, value, in_force) for name, value in owners if value],
        project=_chip("project", trace["project"], in_force) if trace["project"] else None,
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


def _chip(name: str, value: str, in_force: Mapping[str, str], *, shown: str = "") -> Chip:
    return Chip(
        label=_LABELS.get(name, name),
        value=value,
        shown=shown or value,
        href=_url({**in_force, name: value}),
        active=in_force.get(name) == value,
    )


def _status_chip(value: str, label: str, in_force: Mapping[str, str]) -> Chip:
    others = _without(in_force, "status")
    href = _url({**others, "status": value} if value else others)
    return Chip(label=label, value=value, href=href, shown=label, active=in_force.get("status", "") == value)


def _without(query: Mapping[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in query.items() if key != name}


def _url(query: Mapping[str, str]) -> str:
    return "/traces?" + urlencode(query) if query else "/traces"


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
