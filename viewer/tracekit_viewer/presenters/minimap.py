"""The whole trace in small, above its rows: time from left to right, rows from top to bottom, kinds and errors. Pure.

Its size does not grow with the trace: spans are painted into a grid of cells, of each kind all cells as one path. Where
spans share a cell, what says more is seen: an error before anything else, work before what only contains it. Slices
of the time lead to the first span that began in them, marks to spans that failed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tracekit.units import plural
from tracekit_viewer.presenters.axis import MS, label
from tracekit_viewer.presenters.waterfall import Waterfall

COLUMNS = 240
LANES = 32
SLICES = 20
MARKS = 16

_CONTAINERS = ("agent", "chain", "other")
"""Kinds of which spans mostly contain others: painted below all else."""
_FAILED = "failed"


@dataclass(slots=True, frozen=True, kw_only=True)
class Layer:
    """All cells of one kind, as the `d` of a path: each stretch of a lane is a line."""

    kind: str
    path: str


@dataclass(slots=True, frozen=True, kw_only=True)
class Jump:
    """A part of the map that leads to a span; `at` and `width` in percent."""

    at: float
    width: float
    span_id: str
    place: int
    words: str


@dataclass(slots=True, frozen=True, kw_only=True)
class Minimap:
    """The map: `lanes` lines of `columns` cells, each lane `rows` rows of the tree."""

    columns: int
    lanes: int
    rows: float
    layers: list[Layer]
    critical: str
    slices: list[Jump]
    marks: list[Jump]


def minimap(tree: Waterfall) -> Minimap:
    """The map of a trace."""
    lanes = min(LANES, tree.total)
    cells = _painted(tree, lanes)
    return Minimap(
        columns=COLUMNS,
        lanes=lanes,
        rows=tree.total / lanes,
        layers=list(_layers(cells, lanes)),
        critical=_runs(0, _critical(tree)),
        slices=_slices(tree),
        marks=_marks(tree),
    )


def _painted(tree: Waterfall, lanes: int) -> dict[str, list[int]]:
    """Of each kind and lane the columns that its spans touch, a bit each: a long span costs what a short one does."""
    axis, total = tree.axis, tree.total
    scale = COLUMNS / (axis.end - axis.start)
    start, last = axis.start, COLUMNS - 1
    single = [1 << column for column in range(COLUMNS)]
    cells: dict[str, list[int]] = {}
    for place, stem in enumerate(tree.nesting.stems):
        kind = _FAILED if stem.status == "error" else stem.kind or "other"
        lane = cells.get(kind)
        if lane is None:
            lane = cells[kind] = [0] * lanes
        left = int((stem.start_ns - start) * scale)
        right = int(((axis.known if stem.end_ns is None else stem.end_ns) - start) * scale)
        if right <= left:
            lane[place * lanes // total] |= single[min(last, left)]
        else:
            lane[place * lanes // total] |= _stretch(left, right)
    return cells


def _layers(cells: dict[str, list[int]], lanes: int) -> Iterator[Layer]:
    """A layer for each kind, those that cover first; what is covered is not drawn."""
    taken = [0] * lanes
    order = sorted(cells, key=lambda kind: (kind != _FAILED, kind in _CONTAINERS, kind))
    for kind in order:
        free = [mask & ~gone for mask, gone in zip(cells[kind], taken, strict=True)]
        taken = [gone | mask for gone, mask in zip(taken, free, strict=True)]
        path = "".join(_runs(lane, mask) for lane, mask in enumerate(free))
        if path:
            yield Layer(kind=kind, path=path)


def _runs(lane: int, mask: int) -> str:
    """The set bits of a lane as lines of a path."""
    said: list[str] = []
    at = 0
    while mask:
        skip = (mask & -mask).bit_length() - 1
        mask >>= skip
        length = (~mask & (mask + 1)).bit_length() - 1
        said.append(f"M{at + skip} {lane}.5h{length}")
        mask >>= length
        at += skip + length
    return "".join(said)


def _critical(tree: Waterfall) -> int:
    """The columns in which the trace waited for spans that contain no others: where its time went."""
    axis, ends = tree.axis, tree.nesting.ends
    scale = COLUMNS / (axis.end - axis.start)
    mask = 0
    for place, stretches in tree.critical.own.items():
        if ends[place] != place + 1:
            continue
        for since, until in stretches:
            mask |= _stretch(int((since - axis.start) * scale), int((until - axis.start) * scale))
    return mask


def _stretch(left: int, right: int) -> int:
    """The bits from one column to another, both included."""
    left = min(left, COLUMNS - 1)
    return ((1 << (min(max(right, left), COLUMNS - 1) - left + 1)) - 1) << left


def _slices(tree: Waterfall) -> list[Jump]:
    """Each part of the time in which spans began, with the first of them."""
    axis = tree.axis
    width = (axis.end - axis.start) / SLICES
    firsts: list[int | None] = [None] * SLICES
    counts, failed = [0] * SLICES, [0] * SLICES
    stems = tree.nesting.stems
    for place, stem in enumerate(stems):
        part = min(int((stem.start_ns - axis.start) / width), SLICES - 1)
        counts[part] += 1
        failed[part] += stem.status == "error"
        first = firsts[part]
        if first is None or stem.start_ns < stems[first].start_ns:
            firsts[part] = place
    return [
        Jump(
            at=round(100 * part / SLICES, 3),
            width=round(100 / SLICES, 3),
            span_id=stems[first].span_id,
            place=first,
            words=f"from {label(part * width / MS)}: {plural(counts[part], 'span')} began"
            + (f", {failed[part]:,} failed" if failed[part] else ""),
        )
        for part, first in enumerate(firsts)
        if first is not None
    ]


def _marks(tree: Waterfall) -> list[Jump]:
    """Where spans failed below which none did, at most `MARKS` of them: one for each part of the time."""
    stems, below = tree.nesting.stems, tree.nesting.failed_below
    found: dict[int, Jump] = {}
    for place, stem in enumerate(stems):
        if stem.status == "error" and not below[place]:
            at = tree.axis.share(stem.start_ns)
            words = f"failed after {label((stem.start_ns - tree.axis.start) / MS)}: {stem.name or '(unnamed)'}"
            mark = Jump(at=at, width=0.0, span_id=stem.span_id, place=place, words=words)
            found.setdefault(min(int(at * MARKS / 100), MARKS - 1), mark)
    return [found[part] for part in sorted(found)]
