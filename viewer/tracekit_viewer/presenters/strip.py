"""The strip above the list: figures of the traces listed and of nothing else, and a dot for each.

A figure that some of them do not have says how many have it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracekit import units
from tracekit.state import State
from tracekit.units import Quantity


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


def figures(traces: Sequence[Mapping[str, Any]], states: Mapping[str, State]) -> list[Figure]:
    """How many, how many failed, tokens, cost and latency of rows of the `traces` view; `states` by trace id."""
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


def dots(traces: Sequence[Mapping[str, Any]], states: Mapping[str, State]) -> list[Dot]:
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
