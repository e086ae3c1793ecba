"""The pages of experiments: what is kept, one run beside another, and nothing of it that acts."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

import httpx2
import pytest

from tests.evals.reports import samples
from tests.support import viewing
from tracekit.evals.archive import Entry
from tracekit.evals.results import MetricInfo, Result, Run
from tracekit.evals.score import Score


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[viewing.Served]:
    with viewing.serve(tmp_path_factory.mktemp("experiments")) as running:
        yield running


@pytest.fixture(scope="module")
def client(served: viewing.Served) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=served.url, timeout=20) as client:
        yield client


@pytest.fixture(scope="module")
def kept(served: viewing.Served) -> dict[str, Entry]:
    base, now, evil = samples.a_run(worse=False), samples.regressed(), samples.hostile()
    served.archive.save_baseline(base)
    return {
        "base": served.archive.write(base, samples.fine().comparison),
        "now": served.archive.write(now.run, now.comparison),
        "hostile": served.archive.write(replace(evil.run, created="2026-11-10T00:00:00+00:00"), evil.comparison),
    }


def test_nothing_yet_is_a_page_too(tmp_path: object, tmp_path_factory: pytest.TempPathFactory) -> None:
    with viewing.serve(tmp_path_factory.mktemp("empty")) as running, httpx2.Client(base_url=running.url) as client:
        answer = client.get("/experiments")
        assert answer.status_code == 200
        assert "No run yet" in answer.text
        assert client.get("/experiments.json").json() == {"runs": [], "next": None, "unreadable": []}


def test_the_list_tells_each_runs_verdict(client: httpx2.Client, kept: dict[str, Entry]) -> None:
    runs = client.get("/experiments.json").json()["runs"]
    assert [(run["id"], run["verdict"]) for run in runs[:2]] == [
        (kept["now"].id, "REGRESSED"),
        (kept["base"].id, "OK"),
    ]
    assert runs[0]["metrics"]["correctness"]["mean"] == pytest.approx(0.5579, abs=1e-4)
    page = client.get("/experiments?suite=rag").text
    assert page.count("data-row") == 2
    assert "92.5%" in page


def test_pages_of_the_list(client: httpx2.Client, kept: dict[str, Entry]) -> None:
    first = client.get("/experiments.json?limit=1").json()
    second = client.get(f"/experiments.json?limit=1&from={first['next']}").json()
    assert [first["runs"][0]["id"], second["runs"][0]["id"]] == [kept["now"].id, kept["base"].id]
    assert 'rel="next"' in client.get("/experiments?limit=1").text


def test_a_run_stands_beside_its_baseline_unless_told_otherwise(client: httpx2.Client, kept: dict[str, Entry]) -> None:
    path = f"/experiments/{kept['now'].id}.json"
    by_itself = client.get(path).json()
    assert by_itself["with"] == "baseline"
    assert by_itself["rows"][0]["scores"]["correctness"] == {"base": 0.9, "now": 0.25, "loss": pytest.approx(0.65)}
    alone = client.get(f"{path}?with=").json()
    assert alone["with"] is None
    assert {row["state"] for row in alone["rows"]} == {"alone"}
    other = client.get(f"{path}?with={kept['base'].id}").json()
    assert other["with"] == kept["base"].id
    assert other["rows"][0]["base_trace_ids"] == [samples.a_run(worse=False).results[2].trace_id, *_second(1)]


def _second(number: int) -> list[str | None]:
    return [samples.a_run(worse=False).results[2 * number + 1].trace_id]


def test_the_statistics_are_made_anew_for_what_is_chosen(client: httpx2.Client, kept: dict[str, Entry]) -> None:
    path = f"/experiments/{kept['now'].id}"
    found = client.get(f"{path}.json").json()
    assert found["metrics"]["exact_match"]["verdict"] == "REGRESSED"
    assert found["metrics"]["exact_match"]["diff"] == pytest.approx(-0.25)
    itself = client.get(f"{path}.json?with={kept['now'].id}").json()
    assert itself["metrics"]["exact_match"]["diff"] == 0.0
    assert "REGRESSED" in client.get(path).text


@pytest.mark.parametrize(
    ("show", "ids"),
    [
        ("worse", [f"q{number:02d}" for number in range(1, 20, 2)]),
        ("troubled", ["q04", "q06"]),
        ("flaky", [f"q{number:02d}" for number in range(1, 20, 2)]),
    ],
)
def test_rows_that_are_asked_for(client: httpx2.Client, kept: dict[str, Entry], show: str, ids: list[str]) -> None:
    found = client.get(f"/experiments/{kept['now'].id}.json?show={show}&sort=id").json()
    assert [row["id"] for row in found["rows"]] == ids
    page = client.get(f"/experiments/{kept['now'].id}?show={show}&sort=id").text
    assert re.findall(r"data-row>(\w+)<", page) == ids


def test_rows_in_the_order_that_is_asked_for(client: httpx2.Client, kept: dict[str, Entry]) -> None:
    def ids(sort: str) -> list[str]:
        return [row["id"] for row in client.get(f"/experiments/{kept['now'].id}.json?sort={sort}").json()["rows"]]

    assert ids("id") == [f"q{number:02d}" for number in range(20)]
    assert ids("")[:10] == [f"q{number:02d}" for number in range(1, 20, 2)]
    assert ids("metric.correctness")[0] == "q06"  # it has no score, which is worse than a bad one


def test_every_row_links_to_its_trace(client: httpx2.Client, kept: dict[str, Entry]) -> None:
    page = client.get(f"/experiments/{kept['now'].id}").text
    for result in samples.a_run().results[::2]:
        assert f'href="/traces/{result.trace_id}"' in page


def test_a_row_in_full_shows_what_went_in_and_came_out_of_both(client: httpx2.Client, kept: dict[str, Entry]) -> None:
    page = client.get(f"/experiments/{kept['now'].id}?with={kept['base'].id}&row=q01").text
    for said in ("Where is order 1?", "On its way.", "In Lisbon.", "It says when, not where.", "Right."):
        assert said in page
    assert page.count("Open the trace") == 4


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/experiments/rag@20990101T000000Z", 404),
        ("/experiments/..%2f..%2fetc", 404),
        ("/experiments/nonsense", 404),
        ("/experiments/{now}?with=rag@20990101T000000Z", 404),
        ("/experiments/{now}?with=../../etc/passwd", 404),
        ("/experiments/{now}?show=everything", 400),
        ("/experiments/{now}?sort=size", 400),
        ("/experiments/{now}?from=-1", 400),
        ("/experiments?limit=0", 400),
    ],
)
def test_what_is_not_there_is_said(client: httpx2.Client, kept: dict[str, Entry], path: str, status: int) -> None:
    answer = client.get(path.format(now=kept["now"].id), headers={"accept": "text/html"})
    assert answer.status_code == status
    assert "Traceback" not in answer.text


def test_hostile_rows_are_text(client: httpx2.Client, kept: dict[str, Entry]) -> None:
    evil = kept["hostile"].id
    first = f"0 {samples.HOSTILE[0]}"
    for path in ("/experiments", f"/experiments/{evil}?with={evil}", f"/experiments/{evil}?row={quote(first)}"):
        page = client.get(path).text
        assert "<script>window" not in page
        assert "<img" not in page
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202e\u2028]", page)
    assert client.get(f"/experiments/{evil}.json").json()["rows"]


def test_a_run_of_ten_thousand_rows_comes_a_window_at_a_time(client: httpx2.Client, served: viewing.Served) -> None:
    run = Run(
        suite="long",
        metrics={"m": MetricInfo(name="m", low=0.0, high=1.0)},
        created="2026-11-01T00:00:00+00:00",
        rows=10_000,
        results=tuple(Result(id=f"{n:05d}", scores={"m": Score(value=n % 7 / 7)}) for n in range(10_000)),
    )
    path = f"/experiments/{served.archive.write(run).id}"
    page = client.get(f"{path}?sort=id&from=9900").text
    assert page.count("data-row") == 100
    assert "9,901 to 10,000 of 10,000" in page
    assert len(page) < 200_000
    found = client.get(f"{path}.json?sort=id&from=9900").json()
    assert (found["rows"][-1]["id"], found["next"]) == ("09999", None)


def test_without_the_statistics_the_rows_are_compared_and_the_page_says_so(
    client: httpx2.Client, kept: dict[str, Entry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "scipy.special", None)  # as where scipy is not installed
    page = client.get(f"/experiments/{kept['base'].id}?with={kept['now'].id}").text
    assert "tracekit-llm[eval]" in page
    assert "Became better" in page
