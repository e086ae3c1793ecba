"""The time axis of a trace: where a moment lies, in percent, and the round marks along it. Pure.

All times are nanoseconds since 1970. While a trace runs, the axis leaves room for it to grow into.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tracekit import units
from tracekit.query.outline import Stem

MS = 1_000_000
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
_SECOND_NS = 1_000 * MS
_ROOM = 5
"""A running trace gets a fifth of its time as room to grow into, before its axis has to be drawn anew."""
_SILENT_NS = 3_600 * 1_000 * MS
"""A running trace of which nothing was heard for so long keeps its axis: else it would show the wait alone."""


@dataclass(slots=True, frozen=True, kw_only=True)
class Tick:
    """A mark of the axis."""

    at: float
    label: str


@dataclass(slots=True, frozen=True, kw_only=True)
class Axis:
    """Where moments lie.

    Attributes:
        start: the first start.
        known: the last moment known of: the last start or end, or now while the trace runs.
        end: the right end of the axis, at least a microsecond after the start.
        growing: whether a span runs and the axis has room for it.
    """

    start: int
    known: int
    end: int
    growing: bool = False

    def share(self, when: float) -> float:
        """Where a moment lies, in percent of the axis."""
        return round(100 * (when - self.start) / (self.end - self.start), 3)

    def ticks(self) -> list[Tick]:
        """The marks, none so far right that its label would be cut off."""
        total = (self.end - self.start) / MS
        step = _step(total)
        places = [
            (round(100 * step * number / total, 3), step * number) for number in range(1, math.ceil(total / step))
        ]
        return [Tick(at=at, label=label(ms)) for at, ms in places if at <= 96]  # noqa: PLR2004


def axis_of(stems: Sequence[Stem], *, now: int | None = None) -> Axis:
    """The axis of a trace.

    Args:
        stems: its spans; at least one.
        now: the moment up to which open spans are known to run; None where nobody asks.
    """
    start = min(stem.start_ns for stem in stems)
    known = max(stem.start_ns for stem in stems)
    known = max((stem.end_ns for stem in stems if stem.end_ns is not None and stem.end_ns > known), default=known)
    if now is None or now - known > _SILENT_NS or not any(map(runs_still, stems)):
        return Axis(start=start, known=known, end=max(known, start + 1_000))
    known = max(known, now)
    return Axis(start=start, known=known, end=known + max((known - start) // _ROOM, _SECOND_NS), growing=True)


def runs_still(stem: Stem) -> bool:
    """Whether a span may still be at work: it has neither an end nor an outcome that says there will be none."""
    return stem.end_ns is None and stem.outcome is None


def label(ms: float) -> str:
    """A time since the start as the axis and its parts say it."""
    if ms >= 60 * _SECOND:
        return units.duration(ms).text.removesuffix(" 00 s").removesuffix(" 00 m").removesuffix(" 00 h")
    for limit, unit, scale in ((1, "µs", 0.001), (_SECOND, "ms", 1)):
        if ms < limit:
            return f"{ms / scale:.3g} {unit}"
    return f"{ms / _SECOND:.3g} s"


def _step(total: float) -> float:
    rough = total / _TICKS
    for step in _LADDER:
        if _SECOND < rough <= step:
            return step
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
