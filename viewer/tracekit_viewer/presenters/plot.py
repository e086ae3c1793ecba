"""The rows of a query as charts: the first column lies across, each column of numbers goes up. Pure.

Columns that are measured alike (by their names: `_ms`, `usd`, `tokens`) share a chart, others have one of their own, so
that no axis has two meanings. A first column of times or numbers is drawn to scale, as lines; anything else as bars,
one a row. Refuses to draw a value that is not known, or not finite, as anything but a gap.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from tracekit import units
from tracekit.query import forms
from tracekit.store import Result
from tracekit.text import line
from tracekit.units import Quantity
from tracekit_viewer.presenters.chart import HEIGHT, Bar, Cell, Chart, Column, Line, Record, Tick

NUMBER = re.compile(r"(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL.*)")
"""The types of columns of numbers."""
BARS = 60
"""Bars of a chart; of more rows the first are drawn, and the page says so."""
TONES = ("llm", "agent", "tool", "retriever", "ok", "error", "cut")
"""Columns that one chart can tell apart."""
_TIMES = ("DATE", "TIMESTAMP", "TIME")
_TOP = 10
_GAP = 0.2
_LEAST = 1.5
"""Pixels of the lowest bar: what is there is seen."""
_TICKS = 6
_LABEL = 16
_EDGE = 4
"""Percent of the width."""
_FEW = 8
_DAY = 86_400
_Unit = Callable[[float | None], Quantity]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """The charts of a result, or why there is none; `notes` say what of it is not drawn."""

    charts: list[Chart]
    notes: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Series:
    label: str
    tone: str
    values: list[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Axis:
    """The values up a chart: from `low` to `high`, which hold 0, with round values between them."""

    low: float
    high: float
    marks: list[float]

    def down(self, value: float) -> float:
        """Pixels from the top."""
        return round(HEIGHT - (value - self.low) / (self.high - self.low) * (HEIGHT - _TOP), 2)


def plot(result: Result) -> Plot:
    """Draw a result; see the module."""
    numeric = [place for place, kind in enumerate(result.types) if place and NUMBER.fullmatch(kind)]
    if not result.rows:
        return Plot(charts=[], notes=["No row came back, so there is nothing to draw."])
    if not numeric:
        why = "A chart needs a first column that lies across, and after it a column of numbers; here there is "
        return Plot(charts=[], notes=[why + ("one column only." if len(result.columns) == 1 else "none of numbers.")])
    scaled = bool(NUMBER.fullmatch(result.types[0])) or result.types[0].startswith(_TIMES)
    rows, notes = _ordered(result) if scaled else (result.rows[:BARS], [])
    if not rows:
        return Plot(charts=[], notes=["The first column has no value in any row, so there is no place to draw at."])
    if len(rows) < len(result.rows) and not scaled:
        notes = [f"The first {len(rows)} of {len(result.rows):,} rows are drawn; the table has all of them."]
    if result.truncated:
        notes.append(f"The query has more rows than the {len(result.rows):,} that were read; these are drawn.")
    charts = [
        _chart(f"chart-{number}", result, rows, group, scaled=scaled)
        for number, group in enumerate(_groups(result, numeric))
    ]
    return Plot(charts=charts, notes=notes)


def _ordered(result: Result) -> tuple[list[tuple[Any, ...]], list[str]]:
    """The rows from left to right; those without a place are left out, and counted."""
    placed = [(place, row) for row in result.rows if (place := _number(row[0])) is not None]
    missing = len(result.rows) - len(placed)
    notes = [f"{units.plural(missing, 'row')} without a value in the first column: not drawn."] if missing else []
    return [row for _, row in sorted(placed, key=lambda pair: pair[0])], notes


def _groups(result: Result, numeric: Sequence[int]) -> list[list[int]]:
    """Columns that share a chart: those measured alike, as many as can be told apart."""
    found: dict[Any, list[list[int]]] = {}
    for place in numeric:
        unit = _unit(result.columns[place])
        groups = found.setdefault(place if unit is _plain else unit, [[]])
        if len(groups[-1]) == len(TONES):
            groups.append([])
        groups[-1].append(place)
    return [group for groups in found.values() for group in groups]


def _chart(
    identity: str, result: Result, rows: Sequence[tuple[Any, ...]], group: Sequence[int], *, scaled: bool
) -> Chart:
    unit = _unit(result.columns[group[0]])
    series = [
        _Series(label=line(result.columns[place], 40), tone=tone, values=[_number(row[place]) for row in rows])
        for place, tone in zip(group, TONES, strict=False)
    ]
    known = [value for each in series for value in each.values if value is not None]
    axis = _axis(known)
    labels = [line(forms.cell(row[0], result.types[0]) if row[0] is not None else "NULL", 60) for row in rows]
    across = _places(rows, scaled=scaled)
    width = 100 / len(rows)
    return Chart(
        id=identity,
        title=_title([each.label for each in series]),
        description=_description(labels, series, unit),
        legend=[(each.tone, each.label) for each in series],
        columns=[
            Column(
                href="",
                title=_sentence(labels[place], series, unit, place),
                x=round(across[place] - width / 2, 3) if scaled else round(place * width, 3),
                width=round(width, 3),
                bars=[] if scaled else _bars(series, place, axis, width=width),
            )
            for place in range(len(rows))
        ],
        lines=[piece for each in series for piece in _lines(each, across, axis)] if scaled else [],
        x_ticks=_ticks(rows, labels, across, kind=result.types[0], scaled=scaled),
        y_ticks=[Tick(at=axis.down(mark), text=unit(mark).text) for mark in axis.marks],
        records=[
            Record(
                label=labels[place], href="", cells=[Cell(value=unit(each.values[place]), href=None) for each in series]
            )
            for place in range(len(rows))
        ],
        empty=not known,
        across=line(result.columns[0], 40),
        ground=axis.down(0.0),
    )


def _title(labels: Sequence[str]) -> str:
    return labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])} and {labels[-1]}"


def _places(rows: Sequence[tuple[Any, ...]], *, scaled: bool) -> list[float]:
    """Where each row stands across, in percent: to scale, or one beside the other."""
    if not scaled:
        return [100 * (place + 0.5) / len(rows) for place in range(len(rows))]
    at = [_number(row[0]) or 0.0 for row in rows]
    first, last = at[0], at[-1]
    return [round(1 + 98 * (value - first) / (last - first), 3) if last > first else 50.0 for value in at]


def _axis(known: Sequence[float]) -> _Axis:
    low, high = min([*known, 0.0]), max([*known, 0.0])
    if low == high:
        return _Axis(low=0.0, high=1.0, marks=[])
    rough = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if rough <= factor * power * (1 + 1e-9))
    marks = [step * number for number in range(math.ceil(low / step), math.floor(high / step) + 1) if number]
    return _Axis(low=low, high=high, marks=marks)


def _bars(series: Sequence[_Series], place: int, axis: _Axis, *, width: float) -> list[tuple[str, Bar]]:
    """The bars of a row, side by side, from 0 up or down."""
    share = width * (1 - _GAP) / len(series)
    ground = axis.down(0.0)
    made: list[tuple[str, Bar]] = []
    for number, each in enumerate(series):
        value = each.values[place]
        if value is None or value == 0:
            continue
        x = width * (place + _GAP / 2) + share * number
        height = round(max(abs(axis.down(value) - ground), _LEAST), 2)
        y = round(ground - height, 2) if value > 0 else ground
        made.append(("", Bar(tone=each.tone, x=round(x, 3), y=y, width=round(share, 3), height=height)))
    return made


def _lines(series: _Series, across: Sequence[float], axis: _Axis) -> list[Line]:
    """Neighbours joined; a value between two gaps is a dot."""
    points = [None if value is None else (x, axis.down(value)) for x, value in zip(across, series.values, strict=True)]
    made: list[Line] = []
    for before, here, after in zip([None, *points], points, [*points[1:], None], strict=False):
        if here is not None and after is not None:
            made.append(Line(tone=series.tone, x1=here[0], y1=here[1], x2=after[0], y2=after[1]))
        elif here is not None and before is None:
            made.append(Line(tone=series.tone, x1=here[0], y1=here[1], x2=here[0], y2=here[1]))
    return made


def _ticks(
    rows: Sequence[tuple[Any, ...]], labels: Sequence[str], across: Sequence[float], *, kind: str, scaled: bool
) -> list[Tick]:
    """As many labels as have room; to scale, the ends are left out, where they would be cut off."""
    room = 100 / (_FEW if len(rows) <= _FEW and not scaled else _TICKS)
    days = kind.startswith("TIMESTAMP") and (_number(rows[-1][0]) or 0) - (_number(rows[0][0]) or 0) > _DAY
    found: list[Tick] = []
    for row, label, at in zip(rows, labels, across, strict=True):
        if (found and at - found[-1].at < room) or (scaled and len(rows) > 1 and not _EDGE <= at <= 100 - _EDGE):
            continue
        when = row[0]
        text = (f"{when:%b %d %H:%M}" if days else f"{when:%H:%M:%S}") if isinstance(when, datetime) else label
        found.append(Tick(at=round(at, 3), text=line(text, _LABEL)))
    return found


def _unit(column: str) -> _Unit:
    """How the numbers of a column read, by its name."""
    name = column.lower()
    if name.endswith(("_ms", "milliseconds")) or name == "ms":
        return units.duration
    if name.endswith(("usd", "cost")):
        return units.money
    if name.endswith("tokens"):
        return _tokens
    return _plain


def _tokens(value: float | None) -> Quantity:
    return units.count(None if value is None else round(value))


def _plain(value: float | None) -> Quantity:
    if value is None:
        return units.unknown("value")
    whole = f"{value:,.0f}" if value == round(value) else f"{value:,.10g}"
    return Quantity(units.count(round(value)).text if abs(value) >= 1_000 else f"{value:.4g}", whole)  # noqa: PLR2004


def _number(value: Any) -> float | None:
    """A value as a place on a line: times in seconds; None for what has none."""
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, date):
        return float(value.toordinal() * _DAY)
    if isinstance(value, time):
        return value.hour * 3_600.0 + value.minute * 60 + value.second + value.microsecond / 1e6
    if not isinstance(value, int | float | Decimal):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def _sentence(label: str, series: Sequence[_Series], unit: _Unit, place: int) -> str:
    return f"{label}: " + ", ".join(f"{each.label} {unit(each.values[place]).text}" for each in series)


def _description(labels: Sequence[str], series: Sequence[_Series], unit: _Unit) -> str:
    """What somebody who does not see the picture wants to know first: the ends of each column, and where they are."""
    parts: list[str] = []
    for each in series:
        known = [(value, place) for place, value in enumerate(each.values) if value is not None]
        if not known:
            parts.append(f"{each.label}: unknown")
            continue
        (least, low), (most, high) = min(known), max(known)
        parts.append(
            f"{each.label}: at least {unit(least).text} ({labels[low]}), at most {unit(most).text} ({labels[high]})"
        )
    return f"{labels[0]} to {labels[-1]}, {units.plural(len(labels), 'row')}. " + "; ".join(parts) + "."
