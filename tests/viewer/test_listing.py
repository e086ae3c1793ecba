"""The list's view model: honest figures, filters that can be followed both ways."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tracekit.units import UNKNOWN
from tracekit_viewer.presenters.listing import listing, quantile

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def trace(number=1, **fields):
    start = NOW - timedelta(minutes=number)
    return {
        "trace_id": f"{number:032x}",
        "project": "p",
        "service": "s",
        "name": "chat",
        "start_time": start,
        "end_time": start + timedelta(seconds=1),
        "duration_ms": 1_000.0,
        "span_count": 2,
        "error_count": 0,
        "status": "unset",
        "models": ["gpt-4o"],
        "input_tokens": 10,
        "output_tokens": 5,
        "cost_usd": 0.5,
        "session_id": None,
        "user_id": "u",
        "tags": [],
        "input_preview": "hi",
        "output_preview": None,
        "complete": True,
        "missing_spans": 0,
        "interrupted_spans": 0,
        **fields,
    }


def view(*traces, query=None, cursor=None):
    return listing(traces, query=query or {}, cursor=cursor, now=NOW)


def figures(found):
    return {figure.label: (figure.value.text, figure.note) for figure in found.figures}


def test_unknown_figures_say_for_how_many_they_are_known():
    found = figures(
        view(trace(1), trace(2, cost_usd=None, duration_ms=None), trace(3, error_count=1, duration_ms=3_000.0))
    )
    assert found["Listed"] == ("3", "")
    assert found["Errors"] == ("1", "")
    assert found["Tokens"] == ("45", "")
    assert found["Cost"] == ("$1.00", "2 of 3 known")
    assert found["p50"] == ("1.00 s", "2 of 3 known")
    assert found["p95"] == ("3.00 s", "2 of 3 known")


def test_nothing_known_is_not_zero():
    found = figures(view(trace(cost_usd=None, input_tokens=None, output_tokens=None)))
    assert (found["Cost"][0], found["Tokens"][0]) == (UNKNOWN, UNKNOWN)


def test_chips_add_a_filter_and_keep_the_others():
    found = view(trace(session_id="s 1"), query={"status": "error", "cursor": "abc"})
    assert found.rows[0].owners[0].href == "/traces?status=error&session_id=s+1"
    assert found.newest == "/traces?status=error"


def test_filters_in_force_can_be_taken_off_one_by_one():
    found = view(query={"status": "error", "model": "gpt-4o", "text": "hi"}, cursor="next")
    assert [(chip.label, chip.href) for chip in found.narrowed] == [
        ("model", "/traces?status=error&text=hi"),
        ("contains", "/traces?status=error&model=gpt-4o"),
    ]
    assert [chip.active for chip in found.statuses] == [False, True, False, False]
    assert found.older == "/traces?status=error&model=gpt-4o&text=hi&cursor=next"
    assert found.kept == [("status", "error"), ("model", "gpt-4o")]


def test_the_gauge_is_a_share_of_the_slowest():
    found = view(trace(1, duration_ms=500.0), trace(2, duration_ms=2_000.0), trace(3, duration_ms=None))
    assert [row.latency_share for row in found.rows] == [25.0, 100.0, 0.0]


def test_dots_run_from_oldest_to_newest_and_need_three():
    assert view(trace(1), trace(2)).dots == []
    dots = view(trace(1, duration_ms=10.0), trace(2, duration_ms=1_000.0), trace(3, duration_ms=100.0)).dots
    assert [(dot.x, dot.y) for dot in dots] == [(2.0, 50.0), (50.0, 0.0), (98.0, 100.0)]


def test_nearest_rank_quantiles():
    assert quantile([], 0.5) is None
    assert [quantile([1, 2, 3, 4], share) for share in (0, 0.25, 0.5, 0.95, 1)] == [1, 1, 2, 4, 4]


def test_models_are_called_as_people_call_them_and_never_alike():
    long, twins = "gpt-4o-mini-2024-07-18", ["o4-mini-2025-04-16", "o4-mini-2026-01-01"]
    (row,) = view(trace(models=[long])).rows
    assert [(chip.shown, chip.value) for chip in row.models] == [("gpt-4o-mini", long)]
    (row,) = view(trace(models=twins)).rows
    assert [chip.shown for chip in row.models] == twins
    (row,) = view(trace(models=["a", long, *twins])).rows
    assert ([chip.shown for chip in row.models], row.more_models) == (["a"], [long, *twins])


def test_a_status_that_has_no_button_can_be_taken_off():
    assert [chip.value for chip in view(query={"status": "incomplete"}).narrowed] == ["incomplete"]
    assert view(query={"status": "running"}).narrowed == []
