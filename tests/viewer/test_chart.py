"""Charts and times as pure data: places, gaps, round marks, buckets that cover the time and meet without a hole."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from tracekit import units
from tracekit.errors import UsageError
from tracekit_viewer.presenters.chart import HEIGHT, Series, chart
from tracekit_viewer.presenters.timerange import BUCKETS, chosen

NOW = datetime(2026, 11, 23, 12, 34, 56, tzinfo=UTC)
HOUR = 3_600
START = 1_795_392_000  # a midnight


def drawn(*values, stacked=True, whole=False, seconds=HOUR, unit=units.money):
    series = [
        Series(label=f"s{number}", tone="llm", values=each, links=[f"/{number}/{place}" for place in range(len(each))])
        for number, each in enumerate(values)
    ]
    starts = [START + place * seconds for place in range(len(values[0]))]
    return chart(
        "c",
        "Cost",
        starts=starts,
        seconds=seconds,
        series=series,
        unit=unit,
        links=[f"/all/{place}" for place in range(len(starts))],
        stacked=stacked,
        whole=whole,
    )


def test_bars_stand_on_each_other_and_are_as_high_as_their_values():
    found = drawn([1.0, 2.0], [3.0, None])
    first, second = found.columns
    (_, low), (_, high) = first.bars
    assert low.y + low.height == HEIGHT
    assert high.y + high.height == pytest.approx(low.y)
    assert high.height == pytest.approx(3 * low.height, abs=0.1)
    assert [href for href, _ in second.bars] == ["/0/1"]
    assert first.x + first.width == second.x == 50


def test_what_is_unknown_leaves_a_gap_and_what_stands_alone_is_a_dot():
    found = drawn([1.0, None, 2.0, 3.0, None], stacked=False)
    assert [(line.x1, line.x2, line.alone) for line in found.lines] == [(10, 10, True), (50, 70, False)]
    assert found.columns[1].title.endswith(f"s0 {units.UNKNOWN}")
    assert [record.cells[0].value.text for record in found.records] == ["$3.00", "$2.00", "$1.00"]


def test_small_values_beside_great_ones_are_seen():
    (_, low), (_, high) = drawn([0.0001], [1_000.0]).columns[0].bars
    assert 1 <= low.height < high.height < HEIGHT


def test_nothing_is_no_chart():
    assert drawn([None, None]).empty
    assert drawn([0, 0]).empty
    assert "none" in drawn([0, 0]).description
    assert not drawn([0, 0.1]).empty


def test_marks_are_round_and_between_the_ground_and_the_greatest():
    rng = random.Random(3)
    for _ in range(200):
        greatest = 10 ** rng.uniform(-6, 9)
        found = drawn([greatest])
        assert 1 <= len(found.y_ticks) <= 5
        assert all(0 < tick.at < HEIGHT for tick in found.y_ticks)
    assert [tick.text for tick in drawn([23.0], unit=lambda v: units.count(round(v or 0))).y_ticks] == ["10", "20"]
    assert [tick.text for tick in drawn([1], whole=True, unit=lambda v: units.count(round(v or 0))).y_ticks] == ["1"]


def test_its_description_says_the_greatest_value_and_when():
    assert drawn([1.0, 4.0]).description == (
        "Cost, 2026-11-23 00:00 to 02:00 UTC. s0: at most $4.00, 2026-11-23 01:00 to 02:00."
    )


@pytest.mark.parametrize("key", ["1h", "24h", "7d", "30d", "all"])
@pytest.mark.parametrize("age", [timedelta(seconds=3), timedelta(hours=5), timedelta(days=40), timedelta(days=4_000)])
def test_buckets_cover_the_time_without_a_hole(key, age):
    time = chosen({"range": key}, path="/overview", bounds=(NOW - age, NOW), now=NOW)
    starts = time.buckets()
    assert 1 <= len(starts) <= BUCKETS + 1
    assert all(after - before == time.seconds for before, after in pairwise(starts))
    assert starts[0] <= time.window.since.timestamp() < starts[0] + time.seconds
    assert starts[-1] < time.window.until.timestamp() <= starts[-1] + time.seconds
    assert time.window.since <= NOW < time.window.until


def test_the_time_of_a_bucket_does_not_leave_the_time_chosen():
    time = chosen({"range": "1h"}, path="/overview", bounds=None, now=NOW)
    first, last = time.traces(time.buckets()[0]), time.traces(time.buckets()[-1], status="error")
    assert "since=2026-11-23T11%3A34%3A57" in first
    assert "until=2026-11-23T11%3A35%3A00" in first
    assert "until=2026-11-23T12%3A34%3A57" in last
    assert last.endswith("status=error")


def test_choices_keep_what_else_was_asked_and_other_pages_the_time():
    time = chosen({"range": "7d", "by": "user"}, path="/models", bounds=None, now=NOW, keep=("by",))
    assert [(each.href, each.active) for each in time.choices][1:3] == [
        ("/models?by=user", False),
        ("/models?by=user&range=7d", True),
    ]
    assert time.url("/tools") == "/tools?range=7d"
    own = chosen({"since": "2026-11-01", "until": "2026-11-02T06:00:00"}, path="/models", bounds=None, now=NOW)
    assert own.words == "2026-11-01 00:00:00 to 2026-11-02 06:00:00 UTC"
    assert "since=2026-11-01T00%3A00%3A00%2B00%3A00" in own.url("/tools")
    assert not any(each.active for each in own.choices)


@pytest.mark.parametrize("query", [{"range": "2h"}, {"since": "x"}, {"since": "2027-01-01"}, {"until": "2020-01-01"}])
def test_what_is_no_time_is_refused(query):
    with pytest.raises(UsageError):
        chosen(query, path="/overview", bounds=(NOW - timedelta(days=1), NOW), now=NOW)
