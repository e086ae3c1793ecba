"""The spans of a trace as a tree on a time axis: lines, bars in percent, folds, and what the page shows of them all.

Works on whatever came in: orphans stand as roots and say so, a span without an end reaches to the last moment known and
says so. No span is ever left out. Lines are made for the part that is asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Literal

from tracekit import state, units
from tracekit.query.critical import Critical, critical
from tracekit.query.idle import Idle, idle, threshold_ns
from tracekit.query.nesting import Nesting, nest
from tracekit.query.outline import Stem
from tracekit.state import State
from tracekit.text import undated
from tracekit.units import Quantity
from tracekit_viewer.presenters.axis import MS, Axis, Tick, axis_of, runs_still

Row = Mapping[str, Any]
Show = Literal["all", "critical", "errors"]

_INDENTED = 12
"""Depth up to which a row is indented: deeper ones keep this indent and show their depth as a number."""
_STRETCHES = 120
"""Stretches of a bar that are drawn apart; what is closer together than a pixel or two is drawn as one."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True, frozen=True, kw_only=True)
class Bar:
    """A span on the axis, in percent: waiting from `start` to `first`, answering from there to `end`.

    `critical` are the stretches in which the trace waited for this span itself, `idle` those in which nothing was
    recorded inside it.
    """

    start: float
    first: float | None
    end: float
    open: bool
    critical: list[tuple[float, float]]
    idle: list[tuple[float, float]]


@dataclass(slots=True, frozen=True, kw_only=True)
class Line:
    """One span of the tree. A `twin` tells of the same call as another span; `folded` rows have nothing else below."""

    place: int
    id: str
    parent: str | None
    level: int
    indent: int
    kind: str
    name: str
    detail: str | None
    state: State
    failed_below: int
    children: int
    descendants: int
    orphan: bool
    twin: bool
    folded: bool
    bar: Bar
    duration: Quantity
    since: int | None
    """When it began, in milliseconds since 1970, where it may still run."""
    ttft: Quantity | None
    tokens: Quantity | None
    share: float | None
    """Of the trace's time, what it waited for this span itself, from 0 to 1; None off the critical path."""
    silence: Quantity | None
    """The time inside it in which nothing was recorded."""


@dataclass(frozen=True, kw_only=True)
class Waterfall:
    """The tree, flattened in reading order, and its axis."""

    nesting: Nesting
    axis: Axis
    bare: bool = False
    """Whether it is not looked at yet what the trace waited for: of a long one, rows come first."""

    @property
    def total(self) -> int:
        """How many spans there are."""
        return len(self.nesting.stems)

    @property
    def root(self) -> str:
        """The span on the first line."""
        return self.nesting.stems[0].span_id

    @cached_property
    def first_error(self) -> str | None:
        """The first span that failed and below which none did: the root of a failing path repeats its child's error."""
        failed = [place for place, stem in enumerate(self.nesting.stems) if stem.status == "error"]
        below = self.nesting.failed_below
        origin = next((place for place in failed if not below[place]), failed[0] if failed else None)
        return None if origin is None else self.nesting.stems[origin].span_id

    @property
    def ticks(self) -> list[Tick]:
        """The marks of the axis."""
        return self.axis.ticks()

    @cached_property
    def critical(self) -> Critical:
        """What the end of the trace was waiting for."""
        if self.bare:
            return Critical(own={}, total_ns=0)
        return critical(self.nesting, until=self.axis.known)

    @cached_property
    def critical_places(self) -> list[int]:
        """The places of the lines on it."""
        return sorted(self.critical.own)

    @cached_property
    def threshold(self) -> int:
        """The shortest time without any record that is told, in nanoseconds."""
        return threshold_ns(self.axis.known - self.axis.start)

    def idle(self, place: int) -> list[Idle]:
        """The times inside a span in which nothing was recorded."""
        return idle(self.nesting, place, threshold=self.threshold)

    def places(self, show: Show = "all") -> Sequence[int]:
        """The places of all lines, or of those on the critical path, or of those that failed and all above these."""
        match show:
            case "all":
                return range(self.total)
            case "critical":
                return self.critical_places
            case "errors":
                stems, below = self.nesting.stems, self.nesting.failed_below
                return [place for place in range(self.total) if below[place] or stems[place].status == "error"]

    def lines(self, start: int = 0, until: int | None = None) -> list[Line]:
        """The lines from one place to another, by default all."""
        return self.at(range(self.total)[start:until])

    def at(self, places: Sequence[int]) -> list[Line]:
        """The lines at some places."""
        return [self._line(place) for place in places]

    def place(self, span_id: str) -> int:
        """How many lines stand above a span's; 0 where it is not in the tree."""
        return self.known.get(span_id, 0)

    @cached_property
    def known(self) -> dict[str, int]:
        """The place of every span, by its id."""
        return {stem.span_id: place for place, stem in enumerate(self.nesting.stems)}

    @cached_property
    def folded_at_first(self) -> frozenset[int]:
        """The places of lines beneath which there is nothing but twins of them."""
        nesting = self.nesting
        owners = {nesting.above[place] for place, stem in enumerate(nesting.stems) if stem.twin_of is not None}
        return frozenset(place for place in owners if place >= 0 and all(map(nesting.is_twin, nesting.below(place))))

    def _line(self, place: int) -> Line:
        nesting, stem = self.nesting, self.nesting.stems[place]
        on_path = place in self.critical.own
        silences = self.idle(place)
        return Line(
            place=place,
            id=stem.span_id,
            parent=stem.parent_span_id,
            level=nesting.levels[place],
            indent=min(nesting.levels[place] - 1, _INDENTED),
            kind=stem.kind or "other",
            name=stem.name or "(unnamed)",
            detail=_detail(stem),
            state=state.of_span({**stem._asdict(), "end_time": stem.end_ns}),
            failed_below=nesting.failed_below[place],
            children=sum(1 for _ in nesting.below(place)),
            descendants=nesting.ends[place] - place - 1,
            orphan=place in nesting.orphans,
            twin=stem.twin_of is not None,
            folded=place in self.folded_at_first,
            bar=self._bar(place, silences),
            duration=self._duration(stem),
            since=stem.start_ns // MS if runs_still(stem) else None,
            ttft=units.duration(stem.ttft_ms, "time to first token") if stem.ttft_ms is not None else None,
            tokens=units.count(stem.tokens) if stem.tokens is not None and stem.twin_of is None else None,
            share=self.critical.share(place) if on_path else None,
            silence=units.duration(sum(each.ns for each in silences) / MS) if silences else None,
        )

    def _duration(self, stem: Stem) -> Quantity:
        """How long it took; of a span that runs, how long it has taken so far, where the axis knows what time it is."""
        if stem.end_ns is not None:
            return units.duration((stem.end_ns - stem.start_ns) / MS)
        if self.axis.growing and runs_still(stem):
            return units.duration((self.axis.known - stem.start_ns) / MS)
        return units.duration(None)

    def _bar(self, place: int, silences: Sequence[Idle]) -> Bar:
        stem, share = self.nesting.stems[place], self.axis.share
        start = share(stem.start_ns)
        end = share(self.axis.known if stem.end_ns is None else stem.end_ns)
        first = min(share(stem.start_ns + stem.ttft_ms * MS), end) if stem.ttft_ms is not None else None
        own = [(share(since), share(until)) for since, until in reversed(self.critical.own.get(place, ()))]
        idles = [(share(each.since), share(each.until)) for each in silences]
        return Bar(
            start=start,
            first=first,
            end=max(start, end),
            open=stem.end_ns is None,
            critical=_joined(own),
            idle=_joined(idles),
        )


def waterfall(spans: Sequence[Row]) -> Waterfall:
    """Lay out the spans of one trace.

    Args:
        spans: rows of the `spans` view, in any order.
    """
    ordered = sorted(spans, key=lambda span: (span["start_time"], span["span_id"]))
    return arranged([_stem(span) for span in ordered])


def arranged(stems: Sequence[Stem], *, now: datetime | None = None) -> Waterfall:
    """Lay out the spans of one trace.

    Args:
        stems: in the order they started.
        now: how long spans that have not ended are known to run; None where that does not matter.
    """
    return Waterfall(nesting=nest(stems), axis=axis_of(stems, now=None if now is None else _ns(now)))


def visible(tree: Waterfall, places: Sequence[int], folded: Collection[int]) -> Sequence[int]:
    """Those of some places that stand beneath no folded one."""
    if not folded:
        return places
    found: list[int] = []
    until = 0
    for place in places:
        if place >= until:
            found.append(place)
            if place in folded:
                until = tree.nesting.ends[place]
    return found


def _joined(stretches: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The stretches, those that lie closest together as one where there are more than can be told apart."""
    space = 0.0 if len(stretches) <= _STRETCHES else 100 / _STRETCHES
    found: list[tuple[float, float]] = []
    for since, until in stretches:
        if found and since - found[-1][1] <= space:
            found[-1] = (found[-1][0], max(until, found[-1][1]))
        else:
            found.append((since, until))
    return found


def _detail(stem: Stem) -> str | None:
    """The model or the tool, where the name does not already say it."""
    for value in (stem.model, stem.tool_name):
        if value and undated(value) not in (stem.name or ""):
            return value
    return None


def _stem(span: Row) -> Stem:
    known: dict[str, Any] = {name: span.get(name) for name in Stem._fields}
    tokens = [span[name] for name in ("input_tokens", "output_tokens") if span[name] is not None]
    known["start_ns"] = _ns(span["start_time"])
    known["end_ns"] = None if span["end_time"] is None else _ns(span["end_time"])
    known["tokens"] = sum(tokens) if tokens else None
    return Stem(**known)


def _ns(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1_000
