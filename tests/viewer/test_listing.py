"""The list's view model: honest figures, filters that can be followed both ways."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tracekit.query.details import Details
from tracekit.query.facets import Facet
from tracekit.units import UNKNOWN
from tracekit_viewer.presenters.listing import listing
from tracekit_viewer.presenters.question import question_of
from tracekit_viewer.presenters.strip import quantile

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


def view(*traces, query=None, cursor=None, **more):
    return listing(traces, question=question_of(query or {}), cursor=cursor, now=NOW, **more)


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
    found = view(trace(session_id="s 1"), query={"status": "error", "cursor": "abc", "sort": "slowest"})
    assert found.rows[0].owners[0].href == "/traces?q=status%3Aerror+session%3A%22s+1%22&sort=slowest"
    assert found.newest == "/traces?q=status%3Aerror&sort=slowest"


def test_parameters_and_text_are_one_question():
    query = {"q": "torn -tag:beta", "text": "ab:c in", "status": "error", "model": "gpt-4o", "session_id": "s 1"}
    query |= {"user_id": "u", "project": "p", "name": "n", "since": "2h", "until": "now"}
    query |= {"attribute.app.tier": "gold", "attribute.app.x": ""}
    assert question_of(query).text == (
        'torn -tag:beta "ab:c" in status:error project:p model:gpt-4o session:"s 1" user:u name:n since:2h until:now '
        "attribute:app.tier=gold attribute:app.x"
    )


def test_filters_in_force_can_be_taken_off_one_by_one():
    found = view(query={"status": "error", "q": "hi -model:gpt-4o cost>1"}, cursor="next")
    assert [(chip.label, chip.value, chip.href) for chip in found.narrowed] == [
        ("not model", "gpt-4o", "/traces?q=hi+cost%3E1+status%3Aerror"),
        ("cost", "> 1", "/traces?q=hi+-model%3Agpt-4o+status%3Aerror"),
        ("status", "error", "/traces?q=hi+-model%3Agpt-4o+cost%3E1"),
    ]
    assert [chip.active for chip in found.statuses] == [False, True, False, False]
    assert found.older == "/traces?q=hi+-model%3Agpt-4o+cost%3E1+status%3Aerror&cursor=next"


def test_shortcuts_are_one_click_and_a_second_one_takes_them_off():
    [slowest, *_] = view(query={"q": "torn"}).shortcuts
    assert (slowest.label, slowest.active) == ("Yesterday's slowest", False)
    assert slowest.href == "/traces?q=since%3Ayesterday+until%3Atoday&sort=slowest"
    [slowest, *_] = view(query={"q": "since:yesterday until:today", "sort": "slowest"}).shortcuts
    assert (slowest.href, slowest.active) == ("/traces", True)


def test_a_time_range_replaces_the_one_in_force():
    found = view(query={"q": "since:yesterday torn until:today"})
    assert [chip.href for chip in found.ranges[:2]] == ["/traces?q=torn", "/traces?q=torn+since%3A1h"]
    assert not any(chip.active for chip in found.ranges)


def test_facets_replace_each_other_and_count_what_is_not_named():
    facet = Facet(name="model", values=[("gpt-4o", 1_204), ("o1", 3)], others=7)
    [found] = view(query={"q": "torn model:o1"}, facets=[facet]).facets
    assert [(chip.value, chip.active, chip.href, count) for chip, count in found.values] == [
        ("gpt-4o", False, "/traces?q=torn+model%3Agpt-4o", "1.2k"),
        ("o1", True, "/traces?q=torn", "3"),
    ]
    assert found.more == "+7 more"


def test_a_row_says_where_it_failed_and_how_it_was_scored():
    failure = {"span_id": "ab", "name": "execute", "kind": "tool", "tool_name": "search", "error_type": "Timeout"}
    scores = [
        {"name": "helpful", "value": 2 / 3, "label": None, "count": 3},
        {"name": "mood", "value": None, "label": "good", "count": 1},
        {"name": "c", "value": 1.0, "label": "yes", "count": 1},
        {"name": "d", "value": 1.0, "label": None, "count": 1},
    ]
    key = trace()["trace_id"]
    details = Details(scores={key: scores}, failures={key: failure | {"status_message": None, "count": 3}})
    [row] = view(trace(error_count=3), details=details).rows
    assert row.failure is not None
    assert (row.failure.href, row.failure.name, row.failure.why, row.failure.others) == (
        f"/traces/{key}?span=ab", "search", "Timeout", 2,
    )  # fmt: skip
    assert [(score.text, score.title) for score in row.scores] == [
        ("0.667", "helpful: 0.667, mean of 3"),
        ("good", "mood: good"),
        ("1", "c: 1, yes"),
    ]
    assert row.more_scores == 1


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
