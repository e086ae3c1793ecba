"""The spans of a trace as a tree on a time axis: order, depth, geometry in percent, and where failures lie.

Works on whatever came in: orphans stand as roots and say so, a circle of parents is cut open at its earliest
span, a span without an end reaches to the last moment known and says so. No span is ever left out.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tracekit import state, units
from tracekit.state import State
from tracekit.text import undated
from tracekit.units import Quantity

Row = Mapping[str, Any]

_TICKS = 5
_SECOND = 1_000.0
_LADDER = tuple(
    factor * unit
    for unit, factors in (
        (_SECOND, (1, 2, 5, 10, 20, 30)),
        (60 * _SECOND, (1, 2, 5, 10, 20, 30)),
        (3_600 * _SECOND, (1, 2, 4, 6, 12, 24)),
    )
    for factor in factors
)
"""Steps of the axis above a second, in milliseconds: minutes and hours do not divide by ten."""
_INDENTED = 12
"""Depth up to which a row is indented: deeper ones keep this indent and show their depth as a number."""


@dataclass(slots=True, frozen=True, kw_only=True)
class Bar:
    """A span on the axis, in percent: waiting from `start` to `first`, answering from there to `end`."""

    start: float
    first: float | None
    end: float
    open: bool


@dataclass(slots=True, frozen=True, kw_only=True)
class Line:
    """One span of the tree. A `twin` tells of the same call as another span; `folded` rows have nothing else below."""

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
    ttft: Quantity | None
    tokens: Quantity | None


@dataclass(slots=True, frozen=True, kw_only=True)
class Tick:
    """A mark of the axis."""

    at: float
    label: str


@dataclass(slots=True)
class _Node:
    row: Row
    level: int
    orphan: bool
    children: int
    twins: int
    descendants: int = 0
    failed_below: int = 0


@dataclass(slots=True, frozen=True, kw_only=True)
class Waterfall:
    """The tree, flattened in reading order, and its axis; lines are made for the part that is asked for."""

    nodes: list[_Node]
    axis: _Axis
    first_error: str | None

    @property
    def total(self) -> int:
        """How many spans there are."""
        return len(self.nodes)

    @property
    def root(self) -> str:
        """The span on the first line."""
        return str(self.nodes[0].row["span_id"])

    @property
    def ticks(self) -> list[Tick]:
        """The marks of the axis."""
        return self.axis.ticks()

    def lines(self, start: int = 0, until: int | None = None) -> list[Line]:
        """The lines from one place to another, by default all."""
        return [_line(node, self.axis) for node in self.nodes[start:until]]

    def place(self, span_id: str) -> int:
        """How many lines stand above a span's; 0 where it is not in the tree."""
        return next((place for place, node in enumerate(self.nodes) if node.row["span_id"] == span_id), 0)


def waterfall(spans: Sequence[Row]) -> Waterfall:
    """Lay out the spans of one trace.

    Args:
        spans: rows of the `spans` view, in any order.
    """
    nodes = _flatten(spans)
    failed = [node for node in nodes if node.row["status"] == "error"]
    # The root of a failing path repeats its child's error: the first one with none below it is where to look.
    origin = next((node for node in failed if not node.failed_below), failed[0] if failed else None)
    return Waterfall(nodes=nodes, axis=_Axis.of(spans), first_error=origin.row["span_id"] if origin else None)


def _flatten(spans: Sequence[Row]) -> list[_Node]:
    """Depth-first order by start time, without recursion: depth is the sender's choice and not ours."""
    ordered = sorted(spans, key=lambda span: (span["start_time"], span["span_id"]))
    known = {span["span_id"] for span in ordered}
    below: defaultdict[str, list[Row]] = defaultdict(list)
    roots: list[Row] = []
    parents = _parents(ordered)
    for span in ordered:
        parent = parents[span["span_id"]]
        if parent is not None and parent in known and parent != span["span_id"]:
            below[parent].append(span)
        else:
            roots.append(span)
    nodes: list[_Node] = []
    seen: set[str] = set()
    for root in [*roots, *ordered]:  # the second pass finds only what hangs in a circle
        stack = [(root, 1)] if root["span_id"] not in seen else []
        while stack:
            span, level = stack.pop()
            if span["span_id"] in seen:
                continue
            seen.add(span["span_id"])
            children = [child for child in below[span["span_id"]] if child["span_id"] not in seen]
            orphan = level == 1 and span["parent_span_id"] is not None
            twins = sum(child["twin_of"] == span["span_id"] for child in children)
            nodes.append(_Node(span, level, orphan=orphan, children=len(children), twins=twins))
            stack.extend((child, level + 1) for child in reversed(children))
    _count_below(nodes)
    return nodes


def _parents(spans: Sequence[Row]) -> dict[str, str | None]:
    """The span that each stands under: its parent; a twin, the span that owns the call, unless that is below it."""
    parents: dict[str, str | None] = {span["span_id"]: span["parent_span_id"] for span in spans}
    for span in spans:
        owner = span["twin_of"]
        if owner in parents and span["span_id"] not in _above(owner, parents):
            parents[span["span_id"]] = owner
    return parents


def _above(span_id: str, parents: Mapping[str, str | None]) -> set[str]:
    """A span and all that it stands under."""
    found: set[str] = set()
    at: str | None = span_id
    while at is not None and at not in found:
        found.add(at)
        at = parents.get(at)
    return found


def _count_below(nodes: list[_Node]) -> None:
    path: list[_Node] = []
    for node in nodes:
        del path[node.level - 1 :]
        failed = node.row["status"] == "error"
        for ancestor in path:
            ancestor.descendants += 1
            ancestor.failed_below += failed
        path.append(node)


def _line(node: _Node, axis: _Axis) -> Line:
    span = node.row
    ttft = span["ttft_ms"]
    tokens = [span[name] for name in ("input_tokens", "output_tokens") if span[name] is not None]
    return Line(
        id=span["span_id"],
        parent=span["parent_span_id"],
        level=node.level,
        indent=min(node.level - 1, _INDENTED),
        kind=span["kind"] or "other",
        name=span["name"] or "(unnamed)",
        detail=_detail(span),
        state=state.of_span(span),
        failed_below=node.failed_below,
        children=node.children,
        descendants=node.descendants,
        orphan=node.orphan,
        twin=span["twin_of"] is not None,
        folded=node.children > 0 and node.twins == node.children,
        bar=axis.bar(span),
        duration=units.duration(span["duration_ms"]),
        ttft=units.duration(ttft, "time to first token") if ttft is not None else None,
        tokens=units.count(sum(tokens)) if tokens and span["twin_of"] is None else None,
    )


def _detail(span: Row) -> str | None:
    """The model or the tool, where the name does not already say it."""
    for value in (span["model"], span["tool_name"]):
        if value and undated(value) not in (span["name"] or ""):
            return value
    return None


@dataclass(slots=True, frozen=True)
class _Axis:
    start: datetime
    total: float
    """Milliseconds from the first start to the last moment known; at least one microsecond."""

    @staticmethod
    def of(spans: Sequence[Row]) -> _Axis:
        moments = [span[name] for span in spans for name in ("start_time", "end_time") if span[name] is not None]
        start, end = min(moments), max(moments)
        return _Axis(start, max((end - start).total_seconds() * 1_000, 0.001))

    def bar(self, span: Row) -> Bar:
        start = self._share(self._offset(span["start_time"]))
        ended = span["end_time"] is not None
        end = self._share(self._offset(span["end_time"])) if ended else 100.0
        ttft = span["ttft_ms"]
        first = min(self._share(self._offset(span["start_time"]) + ttft), end) if ttft is not None else None
        return Bar(start=start, first=first, end=max(start, end), open=not ended)

    def ticks(self) -> list[Tick]:
        step = self._step()
        return [
            Tick(at=self._share(step * number), label=_tick_label(step * number))
            for number in range(1, math.ceil(self.total / step))
            if self._share(step * number) <= 96  # noqa: PLR2004 - a label further right would be cut off
        ]

    def _step(self) -> float:
        rough = self.total / _TICKS
        for step in _LADDER:
            if _SECOND < rough <= step:
                return step
        power = 10.0 ** math.floor(math.log10(rough))
        return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)

    def _offset(self, when: datetime) -> float:
        return (when - self.start).total_seconds() * 1_000

    def _share(self, ms: float) -> float:
        return round(100 * ms / self.total, 3)


def _tick_label(ms: float) -> str:
    if ms >= 60 * _SECOND:
        return units.duration(ms).text.removesuffix(" 00 s").removesuffix(" 00 m").removesuffix(" 00 h")
    for limit, unit, scale in ((1, "µs", 0.001), (_SECOND, "ms", 1)):
        if ms < limit:
            return f"{ms / scale:.3g} {unit}"
    return f"{ms / _SECOND:.3g} s"
