"""The overview: how much goes on, how fast, how well, for how much; its charts lead to the traces behind them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracekit import units
from tracekit.query.analytics import Overview
from tracekit.units import Quantity
from tracekit_viewer.presenters import table
from tracekit_viewer.presenters.chart import Chart, Series, by_bucket, chart
from tracekit_viewer.presenters.strip import Figure
from tracekit_viewer.presenters.timerange import TimeRange


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The page."""

    time: TimeRange
    figures: list[Figure]
    charts: list[Chart]
    empty: bool


def overview(found: Overview, time: TimeRange) -> View:
    """Make the page."""
    empty = not found.traces.whole["traces"] and not found.calls.whole["calls"]
    return View(time=time, figures=_figures(found, time), charts=[] if empty else _charts(found, time), empty=empty)


def _figures(found: Overview, time: TimeRange) -> list[Figure]:
    traces, calls = found.traces.whole, found.calls.whole
    failed = traces["failed"]
    ended = "" if traces["ended"] == traces["traces"] else f"{traces['ended']:,} of {traces['traces']:,} have ended"
    streamed = f"of {units.plural(calls['streamed'], 'streamed call')}" if calls["streamed"] else ""
    cached = f"{units.count(calls['cache_read_tokens']).text} of them cached" if calls["cache_read_tokens"] else ""
    error = table.share(failed, traces["traces"], what="traces with an error").quantity
    return [
        Figure(label="Traces", value=units.count(traces["traces"], "traces"), href=time.traces()),
        Figure(
            label="Errors",
            value=units.count(failed, "traces with an error"),
            note=error.text if error and failed else "",
            alarming=failed > 0,
            href=time.traces(status="error") if failed else None,
        ),
        Figure(label="Latency p50", value=units.duration(traces["p50_ms"], "latency"), note=ended),
        Figure(label="Latency p95", value=units.duration(traces["p95_ms"], "latency")),
        Figure(label="Latency p99", value=units.duration(traces["p99_ms"], "latency")),
        Figure(
            label="First token p50", value=units.duration(calls["ttft_p50_ms"], "time to first token"), note=streamed
        ),
        Figure(label="First token p95", value=units.duration(calls["ttft_p95_ms"], "time to first token")),
        Figure(label="Model calls", value=units.count(calls["calls"], "calls"), href=time.url("/models")),
        Figure(label="Input tokens", value=units.count(calls["input_tokens"]), note=cached),
        Figure(label="Output tokens", value=units.count(calls["output_tokens"])),
        Figure(
            label="Cost",
            value=units.money(calls["cost_usd"]),
            note=table.lacking(calls["unpriced"]),
            href=time.url("/models"),
        ),
    ]


def _charts(found: Overview, time: TimeRange) -> list[Chart]:
    starts = time.buckets()
    traces, calls = by_bucket(found.traces.rows, starts), by_bucket(found.calls.rows, starts)
    links = [time.traces(start) for start in starts]
    failures = [time.traces(start, status="error") for start in starts]

    def drawn(name: str, title: str, unit: Callable[[float | None], Quantity], *series: Series) -> Chart:
        return chart(
            name,
            title,
            starts=starts,
            seconds=time.seconds,
            series=series,
            unit=unit,
            links=links,
            stacked=name not in ("latency", "ttft"),
            whole=name in ("traffic", "tokens", "unpriced"),
        )

    fine = [None if not row else row["traces"] - row["failed"] for row in traces]
    return [
        drawn(
            "traffic",
            "Traces",
            _number,
            Series(label="failed", tone="error", values=_values(traces, "failed"), links=failures),
            Series(label="fine", tone="llm", values=fine),
        ),
        drawn(
            "latency",
            "Latency of traces",
            units.duration,
            Series(label="p50", tone="ok", values=_values(traces, "p50_ms")),
            Series(label="p95", tone="llm", values=_values(traces, "p95_ms")),
            Series(label="p99", tone="tool", values=_values(traces, "p99_ms")),
        ),
        drawn(
            "ttft",
            "Time to first token",
            units.duration,
            Series(label="p50", tone="ok", values=_values(calls, "ttft_p50_ms")),
            Series(label="p95", tone="llm", values=_values(calls, "ttft_p95_ms")),
        ),
        drawn(
            "tokens",
            "Tokens",
            _tokens,
            Series(label="output", tone="llm", values=_values(calls, "output_tokens")),
            Series(label="input", tone="retriever", values=_values(calls, "input_tokens")),
        ),
        drawn("cost", "Cost", units.money, Series(label="known cost", tone="agent", values=_values(calls, "cost_usd"))),
        drawn(
            "unpriced",
            "Calls of unknown price",
            _number,
            Series(label="calls", tone="cut", values=_values(calls, "unpriced")),
        ),
    ]


def _values(rows: Sequence[Mapping[str, Any]], name: str) -> list[float | None]:
    return [row.get(name) for row in rows]


def _number(value: float | None) -> Quantity:
    if value is None:
        return units.unknown("number")
    return Quantity(units.count(round(value)).text if value >= 1 else f"{value:g}", f"{value:,.0f}")


def _tokens(value: float | None) -> Quantity:
    return units.count(None if value is None else round(value))
