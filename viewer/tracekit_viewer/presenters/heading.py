"""The head of a trace's page: what it is, how it stands, and its totals, each counted once.

Owns which figures stand there and in which order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tracekit import state, units
from tracekit.state import State
from tracekit.units import Moment
from tracekit_viewer.presenters.address import address
from tracekit_viewer.presenters.chips import Chip
from tracekit_viewer.presenters.judging import COMMENT, word
from tracekit_viewer.presenters.strip import Figure

_NAMED = 3
"""Processes whose missing records are told one by one."""


@dataclass(slots=True, frozen=True, kw_only=True)
class Score:
    """A judgement on the trace or on one of its spans."""

    name: str
    value: str
    comment: str


@dataclass(slots=True, frozen=True, kw_only=True)
class Heading:
    """The head of a trace's page."""

    id: str
    name: str
    state: State
    started: Moment | None
    since: int | None
    """When it began, in milliseconds since 1970, where it may still run."""
    figures: list[Figure]
    chips: list[Chip]
    scores: list[Score]
    warning: str | None


def heading(trace: Mapping[str, Any], *, now: datetime) -> Heading:
    """Make the head of a trace's page.

    Args:
        trace: a row of the `traces` view with `spans`, `scores`, `unpriced`, `lost` and `gaps`.
        now: what "ago" counts from.
    """
    return Heading(
        id=trace["trace_id"],
        name=trace["name"] or "(unnamed)",
        state=state.of_trace(trace),
        started=units.moment(trace["start_time"], now),
        since=_since(trace),
        figures=_figures(trace, now),
        chips=_chips(trace),
        scores=[_score(score) for score in _last(trace["scores"])],
        warning=_warning(trace),
    )


def _since(trace: Mapping[str, Any]) -> int | None:
    began: datetime | None = trace["start_time"]
    runs = trace["end_time"] is None and not trace["interrupted_spans"]
    return round(began.timestamp() * 1_000) if runs and began is not None else None


def _took(trace: Mapping[str, Any], now: datetime) -> Figure:
    if _since(trace) is None:
        return Figure(label="Duration", value=units.duration(trace["duration_ms"]))
    so_far = max(0.0, (now - trace["start_time"]).total_seconds() * 1_000)
    return Figure(label="Duration", value=units.duration(so_far), note="so far")


def _figures(trace: Mapping[str, Any], now: datetime) -> list[Figure]:
    errors = trace["error_count"] or 0
    return [
        _took(trace, now),
        Figure(label="Spans", value=units.count(trace["span_count"], "spans")),
        Figure(label="Errors", value=units.count(errors, "failed spans"), alarming=errors > 0),
        Figure(label="Tokens in", value=units.count(trace["input_tokens"], "input tokens")),
        Figure(label="Tokens out", value=units.count(trace["output_tokens"], "output tokens")),
        Figure(label="Cost", value=units.money(trace["cost_usd"]), note=_unpriced(trace)),
    ]


def _unpriced(trace: Mapping[str, Any]) -> str:
    """A cost that some calls are missing from is a lower bound, and says so."""
    return f"without {units.plural(trace['unpriced'], 'unpriced call')}" if trace["unpriced"] else ""


def _chips(trace: Mapping[str, Any]) -> list[Chip]:
    pairs = [
        *(("model", "model", model) for model in trace["models"] or ()),
        ("session", "session_id", trace["session_id"]),
        ("user", "user_id", trace["user_id"]),
        ("project", "project", trace["project"]),
    ]
    chips = [
        Chip(label=label, value=value, href=address("/traces", {name: value}), shown=value)
        for label, name, value in pairs
        if value
    ]
    return chips + [Chip(label="tag", value=tag, href="", shown=tag) for tag in trace["tags"] or ()]


def _last(scores: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The last word of each name, source and target: what was said before it does not hold any more."""
    kept = {(one["name"], one["source"], one["span_id"], one["session_id"]): one for one in scores}
    return list(kept.values())


def _score(score: Mapping[str, Any]) -> Score:
    value = word(score)[0] or (score["comment"] if score["name"] == COMMENT else None) or units.UNKNOWN
    return Score(name=score["name"], value=value, comment=score["comment"] or f"source: {score['source']}")


def _warning(trace: Mapping[str, Any]) -> str | None:
    """What is known to be missing, and what may be: records never came of a process that took part, or of any."""
    missing, gaps = trace["missing_spans"] or 0, _gaps(trace["gaps"])
    if not missing:
        return f"{gaps} Spans of this trace may be among them." if gaps else None
    said = f"{units.plural(missing, 'span')} of this trace never arrived; what hung below stands at the top."
    if gaps:
        return f"{said} {gaps} They may be among them."
    records, processes = trace["lost"]["records"], trace["lost"]["processes"]
    if not records:
        return said
    whose = units.plural(processes, "process")
    return f"{said} This store lacks {units.plural(records, 'record')} of {whose}; it may be among them."


def _gaps(gaps: Sequence[Mapping[str, Any]]) -> str:
    """How many records of each process never came, in a sentence; empty where none is missing."""
    counts: dict[str, int] = {}
    for gap in gaps:
        counts[gap["process"]] = counts.get(gap["process"], 0) + gap["count"]
    said = [f"{units.plural(count, 'record')} of process {process:.80}" for process, count in counts.items()]
    more = [units.plural(len(said) - _NAMED, "further process")] if len(said) > _NAMED else []
    return f"{', '.join([*said[:_NAMED], *more])} never came." if said else ""
