"""Rows as charts: where things stand, what shares an axis, what is left out and said to be."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from tracekit.store import Result
from tracekit_viewer.presenters.chart import HEIGHT
from tracekit_viewer.presenters.plot import BARS, TONES, Plot, plot


def drawn(columns: dict[str, str], *rows: tuple[Any, ...], truncated: bool = False) -> Plot:
    return plot(Result(columns=list(columns), types=list(columns.values()), rows=list(rows), truncated=truncated))


def test_bars_stand_side_by_side_on_zero_and_as_high_as_their_values() -> None:
    found = drawn({"model": "VARCHAR", "a_ms": "DOUBLE", "b_ms": "BIGINT"}, ("x", 50.0, 100), ("y", 25.0, None))
    [chart] = found.charts
    first, second = chart.columns
    (_, a), (_, b) = first.bars
    field = HEIGHT - 10
    assert (a.height, b.height) == (field / 2, field)
    assert (a.y + a.height, b.y + b.height) == (HEIGHT, HEIGHT)
    assert a.x + a.width == pytest.approx(b.x)
    assert b.x + b.width < second.x
    assert [bar.height for _, bar in second.bars] == [field / 4]  # what is not known is a gap
    assert (chart.title, chart.across, chart.ground) == ("a_ms and b_ms", "model", HEIGHT)
    assert [tick.text for tick in chart.x_ticks] == ["x", "y"]
    assert chart.records[1].cells[1].value.text == "\u2013"
    assert first.title == "x: a_ms 50 ms, b_ms 100 ms"


def test_values_below_zero_hang_from_it() -> None:
    [chart] = drawn({"x": "VARCHAR", "n": "INTEGER"}, ("a", 30), ("b", -10), ("c", 0)).charts
    (_, up), (_, down) = chart.columns[0].bars[0], chart.columns[1].bars[0]
    assert up.y + up.height == down.y == chart.ground
    assert up.height == pytest.approx(3 * down.height, abs=0.05)
    assert chart.columns[2].bars == []
    assert chart.ground < HEIGHT
    assert [tick.text for tick in chart.y_ticks] == ["-10", "10", "20", "30"]


def test_the_lowest_bar_is_seen_on_its_own_side() -> None:
    [chart] = drawn({"x": "VARCHAR", "n": "DOUBLE"}, ("a", 1e6), ("b", 1e-3), ("c", -1e-3)).charts
    (_, above), (_, below) = chart.columns[1].bars[0], chart.columns[2].bars[0]
    assert (above.height, below.height) == (1.5, 1.5)
    assert above.y + above.height == below.y == chart.ground


def test_times_and_numbers_lie_to_scale_whatever_the_order_of_the_rows() -> None:
    start = datetime(2026, 11, 23, 12, tzinfo=UTC)
    times = [start + timedelta(hours=hours) for hours in (10, 0, 1)]
    for kind, across in (
        ("TIMESTAMP WITH TIME ZONE", times),
        ("DOUBLE", [10.0, 0.0, 1.0]),
        ("DECIMAL(9,2)", [Decimal(10), Decimal(0), Decimal("1.0")]),
        ("DATE", [date(2026, 1, 11), date(2026, 1, 1), date(2026, 1, 2)]),
    ):
        [chart] = drawn({"at": kind, "n": "BIGINT"}, *((when, n) for n, when in enumerate(across, 1))).charts
        assert [(line.x1, line.x2) for line in chart.lines] == [(1.0, 10.8), (10.8, 99.0)], kind
        assert [record.cells[0].value.text for record in chart.records] == ["2", "3", "1"]


def test_a_value_between_gaps_is_a_dot_and_a_gap_is_not_bridged() -> None:
    rows = [(n, value) for n, value in enumerate([1.0, 2.0, None, 4.0, float("nan"), 6.0, float("inf")])]
    [chart] = drawn({"x": "INTEGER", "y": "DOUBLE"}, *rows).charts
    assert [line.alone for line in chart.lines] == [False, True, True]


def test_each_axis_has_one_meaning() -> None:
    kinds = {
        "model": "VARCHAR",
        "calls": "BIGINT",
        "input_tokens": "BIGINT",
        "output_tokens": "HUGEINT",
        "note": "VARCHAR",
    }
    kinds |= {"cost_usd": "DOUBLE", "p50_ms": "DOUBLE", "p95_ms": "DOUBLE", "share": "FLOAT"}
    charts = drawn(kinds, ("m", 1, 2, 3, "?", 0.5, 6.0, 7.0, 0.1)).charts
    assert [chart.title for chart in charts] == [
        "calls",
        "input_tokens and output_tokens",
        "cost_usd",
        "p50_ms and p95_ms",
        "share",
    ]
    assert charts[2].records[0].cells[0].value.text == "$0.500"
    many = drawn({"x": "VARCHAR"} | {f"p{n}_ms": "DOUBLE" for n in range(9)}, ("a", *map(float, range(9)))).charts
    assert [len(chart.legend) for chart in many] == [len(TONES), 2]
    assert len(set(many[0].legend)) == len({tone for tone, _ in many[0].legend}) == len(TONES)


def test_what_is_not_drawn_is_said() -> None:
    kinds = {"x": "VARCHAR", "n": "BIGINT"}
    found = drawn(kinds, *((str(n), n) for n in range(BARS + 5)))
    assert len(found.charts[0].columns) == BARS
    assert found.notes == ["The first 60 of 65 rows are drawn; the table has all of them."]
    found = drawn({"x": "DOUBLE", "n": "BIGINT"}, (None, 1), (1.0, 2), (float("nan"), 3), truncated=True)
    assert found.notes == [
        "2 rows without a value in the first column: not drawn.",
        "The query has more rows than the 3 that were read; these are drawn.",
    ]


@pytest.mark.parametrize(
    ("kinds", "rows", "words"),
    [
        ({"x": "VARCHAR", "n": "BIGINT"}, [], "No row came back"),
        ({"n": "BIGINT"}, [(1,)], "one column only"),
        ({"x": "VARCHAR", "y": "VARCHAR"}, [("a", "b")], "none of numbers"),
        ({"x": "DOUBLE", "n": "BIGINT"}, [(None, 1)], "no value in any row"),
    ],
)
def test_where_nothing_can_be_drawn_it_says_why(kinds: dict[str, str], rows: list[Any], words: str) -> None:
    found = drawn(kinds, *rows)
    assert found.charts == []
    assert words in found.notes[0]


def test_a_column_of_which_nothing_is_known_is_empty_and_labels_never_overlap() -> None:
    [chart] = drawn({"x": "VARCHAR", "n": "BIGINT"}, ("a", None)).charts
    assert chart.empty
    start = datetime(2026, 11, 23, tzinfo=UTC)
    crowded = [(start + timedelta(days=2) * (n == 0) + timedelta(minutes=n), n) for n in range(50)]
    [chart] = drawn({"at": "TIMESTAMP WITH TIME ZONE", "n": "BIGINT"}, *crowded).charts
    places = [tick.at for tick in chart.x_ticks]
    assert all(after - before >= 100 / 6 for before, after in pairwise(places))
    wide = drawn({"x": "VARCHAR", "n": "BIGINT"}, ("word " * 40, 1)).charts[0].x_ticks[0].text
    assert len(wide) == 16
