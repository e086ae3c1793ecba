"""The tree and its axis, on whatever came in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tracekit_viewer.presenters.waterfall import waterfall

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def row(span_id, parent=None, *, at=0.0, ms=10.0, status="ok", **fields):
    begin = START + timedelta(milliseconds=at)
    end = None if ms is None else begin + timedelta(milliseconds=ms)
    given = dict.fromkeys(
        (
            "ttft_ms",
            "model",
            "tool_name",
            "input_tokens",
            "output_tokens",
            "cost_usd",
            "error_type",
            "outcome",
            "twin_of",
        )
    )
    return {
        **given,
        "span_id": span_id,
        "parent_span_id": parent,
        "name": span_id,
        "kind": "chain",
        "start_time": begin,
        "end_time": end,
        "duration_ms": ms,
        "status": status,
        **fields,
    }


def shape(tree):
    return [(line.id, line.level) for line in tree.lines()]


def test_order_is_depth_first_by_start():
    tree = waterfall([row("d", "b", at=6), row("c", "a", at=50), row("b", "a", at=5), row("a", ms=100)])
    assert shape(tree) == [("a", 1), ("b", 2), ("d", 3), ("c", 2)]
    assert [(line.children, line.descendants) for line in tree.lines()] == [(2, 3), (1, 1), (0, 0), (0, 0)]


def test_an_orphan_stands_at_the_top_and_says_so():
    tree = waterfall([row("a", ms=100), row("lost", "never-arrived", at=10), row("below", "lost", at=11)])
    assert shape(tree) == [("a", 1), ("lost", 1), ("below", 2)]
    assert [line.orphan for line in tree.lines()] == [False, True, False]


def test_a_circle_of_parents_loses_no_span():
    tree = waterfall([row("a", "c"), row("b", "a", at=1), row("c", "b", at=2), row("self", "self", at=3)])
    assert sorted(line.id for line in tree.lines()) == ["a", "b", "c", "self"]
    assert tree.lines()[1].level == 1  # "self" is its own root


def test_depth_beyond_the_interpreters_recursion():
    tree = waterfall([row(f"{n:05}", f"{n - 1:05}" if n else None, at=n) for n in range(3_000)])
    assert tree.lines()[-1].level == 3_000
    assert tree.lines()[0].descendants == 2_999
    assert max(line.indent for line in tree.lines()) == 12


def test_geometry_is_in_percent_of_the_whole():
    tree = waterfall([row("a", ms=200), row("b", "a", at=50, ms=100, ttft_ms=25.0)])
    bar = tree.lines()[1].bar
    assert (bar.start, bar.first, bar.end, bar.open) == (25.0, 37.5, 75.0, False)
    assert tree.lines()[0].bar.first is None


def test_a_child_before_its_parent_moves_the_axis():
    tree = waterfall([row("a", at=100, ms=100), row("early", "a", at=0, ms=10)])
    assert [line.bar.start for line in tree.lines()] == [50.0, 0.0]


def test_an_open_span_reaches_to_the_end_and_has_no_duration():
    tree = waterfall([row("a", ms=None), row("b", "a", at=5, ms=95)])
    assert (tree.lines()[0].bar.end, tree.lines()[0].bar.open, tree.lines()[0].state.mark) == (
        100.0,
        True,
        "running",
    )
    assert not tree.lines()[0].duration.known


def test_a_single_moment_is_no_division_by_zero():
    tree = waterfall([row("a", ms=0)])
    assert (tree.lines()[0].bar.start, tree.lines()[0].bar.end) == (0.0, 0.0)


def test_ticks_are_round_and_inside():
    tree = waterfall([row("a", ms=4_310)])
    assert [tick.label for tick in tree.ticks] == ["1 s", "2 s", "3 s", "4 s"]
    assert all(0 < tick.at <= 96 for tick in tree.ticks)
    assert [tick.label for tick in waterfall([row("a", ms=0.42)]).ticks] == [
        "100 µs",
        "200 µs",
        "300 µs",
        "400 µs",
    ]


@pytest.mark.parametrize(
    ("ms", "labels"),
    [
        (120_000, ["30 s", "1 m", "1 m 30 s"]),
        (1_100, ["500 ms", "1 s"]),
        (3_900_000, ["20 m", "40 m", "1 h"]),
        (100 * 3_600_000, ["1 d", "2 d", "3 d", "4 d"]),
        (900 * 3_600_000, ["11 d 13 h", "23 d 03 h", "34 d 17 h"]),
    ],
)
def test_ticks_of_long_traces_count_in_minutes_and_hours(ms, labels):
    assert [tick.label for tick in waterfall([row("a", ms=ms)]).ticks] == labels


def test_the_first_error_is_where_it_came_from():
    tree = waterfall(
        [
            row("root", ms=100, status="error"),
            row("fine", "root", at=1),
            row("step", "root", at=2, status="error"),
            row("tool", "step", at=3, status="error"),
        ]
    )
    assert tree.first_error == "tool"
    assert [line.failed_below for line in tree.lines()] == [2, 0, 1, 0]
    assert waterfall([row("a")]).first_error is None


def test_twins_stand_folded_under_the_span_that_owns_the_call():
    usage = {"input_tokens": 3, "output_tokens": 4}
    tree = waterfall(
        [
            row("a"),
            row("call", "a", at=1, **usage),
            row("twin", "a", at=2, twin_of="call", **usage),
            row("next", "a", at=3),
        ]
    )
    assert shape(tree) == [("a", 1), ("call", 2), ("twin", 3), ("next", 2)]
    assert [(line.twin, line.folded, line.tokens is None) for line in tree.lines()] == [
        (False, False, True),
        (False, True, False),
        (True, False, True),
        (False, False, True),
    ]


def test_a_twin_around_its_owner_stays_where_it_is():
    tree = waterfall([row("outer", twin_of="inner"), row("step", "outer", at=1), row("inner", "step", at=2)])
    assert shape(tree) == [("outer", 1), ("step", 2), ("inner", 3)]
    assert [line.folded for line in tree.lines()] == [False, False, False]
    assert shape(waterfall([row("a", twin_of="never came")])) == [("a", 1)]


def test_twins_of_each_other_are_both_there():
    tree = waterfall([row("a", twin_of="b"), row("b", twin_of="a")])
    assert sorted(shape(tree)) == [("a", 2), ("b", 1)]
