"""What the list says of evaluations that lost something: which runs, which rows, and where they lead."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest

from tests.evals.reports import samples
from tests.support import timed, viewing
from tracekit.evals.archive import Archive
from tracekit_viewer.experiments import Experiments
from tracekit_viewer.presenters.losses import lost, traces_of

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path)


def test_the_rows_that_lost_most_are_named_and_the_others_counted(archive: Archive) -> None:
    archive.save_baseline(samples.a_run(worse=False))
    archive.write(samples.a_run(), samples.regressed().comparison)
    found = Experiments(archive).losses(since=NOW - timedelta(days=7))
    stored = traces_of(found)[:1]
    [run] = lost(found, stored=stored)
    assert (run.suite, run.href, run.said) == ("rag", "/experiments/rag@20261122T101500Z", "10 rows worse")
    assert [row.id for row in run.rows] == ["q01", "q03", "q05"]
    assert run.others == 7
    assert run.rows[0].href == f"/traces/{stored[0]}"
    assert run.rows[1].href == "/experiments/rag@20261122T101500Z?row=q03#row"
    assert run.rows[0].title == "correctness 0.900 → 0.250, exact_match 1.000 → 0.500"


def test_only_the_newest_run_of_a_suite_counts_and_only_for_some_days(archive: Archive) -> None:
    refused, fine = samples.regressed(), samples.fine()
    archive.save_baseline(samples.a_run(worse=False))
    archive.write(refused.run, refused.comparison)
    experiments = Experiments(archive)
    assert len(experiments.losses(since=NOW - timedelta(days=7))) == 1
    assert experiments.losses(since=NOW) == []
    archive.write(replace(fine.run, created="2026-11-22T11:00:00+00:00"), fine.comparison)
    assert experiments.losses(since=NOW - timedelta(days=7)) == []


def test_a_run_without_a_baseline_names_the_rows_in_trouble(archive: Archive) -> None:
    refused = samples.regressed()
    archive.write(refused.run, refused.comparison)
    [run] = lost(Experiments(archive).losses(since=NOW - timedelta(days=7)), stored=())
    assert [row.id for row in run.rows] == ["q04", "q06"]
    assert {row.title for row in run.rows} == {"in trouble"}


def test_the_list_without_a_filter_leads_to_the_trace(tmp_path: Path) -> None:
    run = replace(samples.a_run(), created=datetime.now(UTC).isoformat())
    trace = next(result.trace_id for result in run.results if result.id == "q01")
    assert trace is not None
    with viewing.serve(tmp_path) as running, httpx2.Client(base_url=running.url) as client:
        running.add([timed.span(trace, "answer", at=1_000_000, ms=5)])
        assert "data-lost" not in client.get("/traces").text
        running.archive.save_baseline(samples.a_run(worse=False))
        running.archive.write(run, samples.regressed().comparison)
        listed = client.get("/traces").text
        assert f'<a class="chip" href="/traces/{trace}"' in listed
        assert "rag: 10 rows worse" in listed
        assert "data-lost" not in client.get("/traces?q=status:ok").text
