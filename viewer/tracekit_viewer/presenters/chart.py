"""A chart as shapes: bars that stand on each other, or lines, over buckets of time. Pure; `chart.html` draws it.

Places across are percent of the width, so that the picture fits any screen without a script and its letters stay as
they are; places down are pixels of `HEIGHT`. An unknown value leaves a gap, never a 0. Each has a twin as a table.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tracekit.units import UNKNOWN, Quantity

HEIGHT = 132
"""Pixels of the field of a chart; the labels of time stand below it."""

_TOP = 10
"""Pixels that stay free above the greatest value."""
_TICKS = 6
_GAP = 0.16
"""Share of a bucket's width that stays free between bars."""
_LEAST = 1.5
"""Pixels of the lowest bar: what is there is seen."""
_DAY = 86_400
_HOUR = 3_600
_MINUTE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A value for each bucket; `tone` is a colour of `viewer.css`. `links` lead to what is behind each value."""

    label: str
    tone: str
    values: Sequence[float | None]
    links: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A piece of a bar."""

    tone: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A piece of a line between two neighbours; both ends alike where a value stands alone."""

    tone: str
    x1: float
    y1: float
    x2: float
    y2: float

    @property
    def alone(self) -> bool:
        """Whether it is a dot."""
        return self.x1 == self.x2


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """All of a bucket: the field that leads to its traces, and the sentence that says its values."""

    href: str
    title: str
    x: float
    width: float
    bars: list[tuple[str, Bar]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A label on an axis, at a place in percent or pixels."""

    at: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A value in the twin, with a link to what is behind it where there is something."""

    value: Quantity
    href: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A bucket in the twin."""

    label: str
    href: str
    cells: list[Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart and its twin.

    `across` says what lies from left to right, `ground` where 0 is, in pixels from above.
    """

    id: str
    title: str
    description: str
    legend: list[tuple[str, str]]
    columns: list[Column]
    lines: list[Line]
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    records: list[Record]
    empty: bool
    across: str = "Time, UTC"
    ground: float = HEIGHT


def chart(
    identity: str,
    title: str,
    *,
    starts: Sequence[int],
    seconds: int,
    series: Sequence[Series],
    unit: Callable[[float | None], Quantity],
    links: Sequence[str],
    stacked: bool,
    whole: bool = False,
) -> Chart:
    """Draw.

    Args:
        identity: names the chart in its page.
        title: what it shows.
        starts: when each bucket begins, in seconds since 1970.
        seconds: how long a bucket is.
        series: the values.
        unit: how a value reads.
        links: the address of each bucket's traces.
        stacked: bars that stand on each other; else lines.
        whole: values are counts, so that no mark stands between two of them.
    """
    count = len(starts)
    heights = [_total(values, stacked=stacked) for values in zip(*(each.values for each in series), strict=True)]
    known = [height for height in heights if height is not None]
    top, steps = _scale(max(known, default=0.0), whole=whole)
    said = [_said(start, seconds) for start in starts]
    return Chart(
        id=identity,
        title=title,
        description=_description(title, starts, seconds, series, unit),
        legend=[(each.tone, each.label) for each in series],
        columns=[
            Column(
                href=links[place],
                title=_sentence(said[place], series, unit, place),
                x=_across(place, count),
                width=_across(1, count),
                bars=_bars(series, place, count, top) if stacked else [],
            )
            for place in range(count)
        ],
        lines=[] if stacked else [line for each in series for line in _lines(each, count, top)],
        x_ticks=_x_ticks(starts, seconds),
        y_ticks=[Tick(at=_down(step, top), text=unit(step).text) for step in steps],
        records=[
            Record(
                label=said[place],
                href=links[place],
                cells=[
                    Cell(
                        value=unit(each.values[place]),
                        href=each.links[place] if each.links and each.values[place] else None,
                    )
                    for each in series
                ],
            )
            for place in range(count - 1, -1, -1)
            if any(each.values[place] for each in series)
        ],
        empty=not any(known),
    )


def by_bucket(rows: Sequence[Mapping[str, Any]], starts: Sequence[int]) -> list[Mapping[str, Any]]:
    """A row for each bucket, empty where there is none; `bucket` of a row is microseconds since 1970."""
    found = {row["bucket"]: row for row in rows}
    return [found.get(start * 1_000_000, {}) for start in starts]


def _total(values: Sequence[float | None], *, stacked: bool) -> float | None:
    known = [value for value in values if value is not None]
    if not known:
        return None
    return math.fsum(known) if stacked else max(known)


def _scale(greatest: float, *, whole: bool) -> tuple[float, list[float]]:
    """The value at the upper end of the field, and the round values that are marked."""
    if greatest <= 0:
        return 1.0, []
    rough = max(greatest / 4, 1 if whole else 0)
    power = 10 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if rough <= factor * power)
    marks = [step * number for number in range(1, math.floor(greatest / step) + 1)]
    return greatest, marks


def _across(place: float, count: int) -> float:
    return round(100 * place / count, 3)


def _down(value: float, top: float) -> float:
    return round(HEIGHT - max(value, 0) / top * (HEIGHT - _TOP), 2)


def _bars(series: Sequence[Series], place: int, count: int, top: float) -> list[tuple[str, Bar]]:
    """The pieces of a bucket's bar from the ground up, each with where it leads."""
    made: list[tuple[str, Bar]] = []
    below = float(HEIGHT)
    for each in series:
        value = each.values[place]
        if not value or value < 0:
            continue
        height = max(HEIGHT - _down(value, top), _LEAST)
        below -= height
        bar = Bar(
            tone=each.tone,
            x=_across(place + _GAP / 2, count),
            y=round(below, 2),
            width=_across(1 - _GAP, count),
            height=round(height, 2),
        )
        made.append((each.links[place] if each.links else "", bar))
    return made


def _lines(series: Series, count: int, top: float) -> list[Line]:
    points = [
        None if value is None else (_across(place + 0.5, count), _down(value, top))
        for place, value in enumerate(series.values)
    ]
    made: list[Line] = []
    for before, here, after in zip([None, *points], points, [*points[1:], None], strict=False):
        if here is None:
            continue
        if after is not None:
            made.append(Line(tone=series.tone, x1=here[0], y1=here[1], x2=after[0], y2=after[1]))
        elif before is None:
            made.append(Line(tone=series.tone, x1=here[0], y1=here[1], x2=here[0], y2=here[1]))
    return made


def _x_ticks(starts: Sequence[int], seconds: int) -> list[Tick]:
    """Labels at times that are round, about as many as have room."""
    span = seconds * len(starts)
    rough = span / _TICKS
    nice = (1, 5, 15, 30, 60, 300, 600, 900, 1_800, _HOUR, 2 * _HOUR, 3 * _HOUR, 4 * _HOUR, 6 * _HOUR, 12 * _HOUR, _DAY)
    step = next((each for each in nice if each >= rough and each % seconds == 0), None)
    if step is None:
        step = math.ceil(rough / max(_DAY, seconds)) * max(_DAY, seconds)
    return [
        Tick(at=_across(place, len(starts)), text=_tick(start, step, seconds))
        for place, start in enumerate(starts)
        if start % step == 0 and 0.02 * len(starts) < place < 0.97 * len(starts)  # the ends would be cut off
    ]


def _tick(start: int, step: int, seconds: int) -> str:
    when = datetime.fromtimestamp(start, UTC)
    if step >= _DAY or start % _DAY == 0:
        return f"{when:%b} {when.day}"
    return f"{when:%H:%M:%S}" if min(step, seconds) < _MINUTE else f"{when:%H:%M}"


def _said(start: int, seconds: int) -> str:
    """A time in words, with as much of its end as differs from its beginning."""
    when, until = (datetime.fromtimestamp(each, UTC) for each in (start, start + seconds))
    form = "%H:%M" if seconds % _MINUTE == 0 and start % _MINUTE == 0 else "%H:%M:%S"
    if start % _DAY == 0 and seconds % _DAY == 0:
        last = datetime.fromtimestamp(start + seconds - 1, UTC)
        return f"{when:%Y-%m-%d}" if seconds == _DAY else f"{when:%Y-%m-%d} to {last:%Y-%m-%d}"
    ended = until.strftime(form) if when.date() == until.date() else until.strftime(f"%Y-%m-%d {form}")
    return f"{when:%Y-%m-%d} {when.strftime(form)} to {ended}"


def _sentence(when: str, series: Sequence[Series], unit: Callable[[float | None], Quantity], place: int) -> str:
    return f"{when} UTC: " + ", ".join(f"{each.label} {unit(each.values[place]).text}" for each in series)


def _description(
    title: str, starts: Sequence[int], seconds: int, series: Sequence[Series], unit: Callable[[float | None], Quantity]
) -> str:
    """What somebody who does not see the picture wants to know first: the greatest value of each series, and when."""
    parts: list[str] = []
    for each in series:
        known = [(value, place) for place, value in enumerate(each.values) if value is not None]
        if not known or not max(known)[0]:
            parts.append(f"{each.label}: {UNKNOWN if not known else 'none'}")
            continue
        value, place = max(known)
        parts.append(f"{each.label}: at most {unit(value).text}, {_said(starts[place], seconds)}")
    return f"{title}, {_said(starts[0], seconds * len(starts))} UTC. " + "; ".join(parts) + "."
