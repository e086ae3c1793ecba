"""Each benchmark of the store runs at a small size, measures every goal, and gives plain JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import dialects, evals, ingest, metrics, page, query
from benchmarks.chromium import executable
from benchmarks.pagestore import Seeded, seeded
from benchmarks.store import RARE, TIER, fill
from tracekit import config
from tracekit.query.traces import get_trace
from tracekit.sdk import uninstrument
from tracekit.store.duckdb import open_store


@pytest.mark.parametrize("benchmark", ["ingest", "dialects", "query"])
def test_it_measures_each_goal(benchmark: str) -> None:
    runs = {
        "ingest": lambda: ingest.run(count=200),
        "dialects": lambda: dialects.run(count=200),
        "query": lambda: query.run(count=400, rounds=1, seconds=0.2),
    }
    report = runs[benchmark]()
    assert json.loads(json.dumps(report)) == report
    assert len(report["results"]) == {"ingest": 5, "dialects": 1, "query": 17}[benchmark]
    for result in report["results"]:
        assert result["value"] > 0
        at_least = "a second" in result["name"]
        assert result["met"] == (result["value"] >= result["goal"] if at_least else result["value"] <= result["goal"])


def test_pages_are_measured_in_a_browser_and_a_store_at_hand_is_used_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if executable() is None:
        pytest.skip("no chromium: install it or name it in $CHROMIUM")
    monkeypatch.setattr("benchmarks.pagestore.LONG", 41)
    monkeypatch.setattr("benchmarks.page.LONG", 41)
    monkeypatch.setattr("benchmarks.store.BASE", 200)
    there = seeded(tmp_path / "store", 400, huge=False)
    wanted = {name: path for name, path in page.pages(there).items() if name in {"list", "failed tools", "compare"}}

    def some(of: Seeded) -> dict[str, str]:
        assert of == there
        return wanted

    monkeypatch.setattr(page, "pages", some)
    report = page.run(count=400, rounds=1, store=tmp_path / "store", huge=False)
    assert report["seeded_s"] == there.seconds
    assert json.loads(json.dumps(report)) == report
    assert report["figures"]["server_ms"].keys() == wanted.keys()
    assert [result["name"] for result in report["results"] if "bare" in result and result["times_bare"] > 0] == [
        "list: first contentful paint, ms", "list with rows, ms", "41-span trace: first rows, ms"
    ]  # fmt: skip
    assert all(result["value"] > 0 for result in report["results"])


def test_each_deterministic_metric_has_its_cost() -> None:
    report = metrics.run(rows=20)
    assert json.loads(json.dumps(report)) == report
    assert len(report["figures"]) > 60
    assert all(cost > 0 for cost in report["figures"].values())


def test_runs_of_evaluations_are_measured_in_every_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(evals, "ROWS", 20)
    monkeypatch.setattr(evals, "JUDGED", 10)
    for arm in ("live", "stored", "judge", "few", "many"):
        evals.main(arm, str(tmp_path))
        figures = json.loads(capsys.readouterr().out)
        assert figures.keys() == {"seconds", "run", "cpu", "kb"}
        assert all(value > 0 for value in figures.values())
    uninstrument()


def test_a_store_to_ask_is_as_ingest_makes_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.store.BASE", 200)
    filled = fill(tmp_path, 600)
    store = open_store(config.database(tmp_path))
    try:
        [(spans, traces, ids, seqs)] = store.sql(
            "SELECT count(*), count(DISTINCT trace_id), count(DISTINCT (trace_id, span_id)), max(seq) + 1 "
            "FROM internal.spans"
        ).rows
        assert (spans, traces, ids, seqs) == (600, 60, 600, 600)
        [(summed, whole, priced, weeks)] = store.sql(
            "SELECT sum(span_count), bool_and(complete), sum(cost_usd) > 0, "
            "date_diff('day', min(start_time), now()) // 7 FROM traces"
        ).rows
        assert (summed, whole, priced) == (600, True, True)
        assert weeks in {3, 4}
        [(tiers, incidents)] = store.sql(
            "SELECT count(attributes ->> ?), count(attributes ->> ?) FROM spans", [f'$."{TIER}"', f'$."{RARE}"']
        ).rows
        assert tiers == 600
        assert incidents < 30
        trace = get_trace(store, filled.trace_id)
        assert trace is not None
        assert len(trace["spans"]) == 10
    finally:
        store.close()
