"""The traces of a filter as rows of an evaluation: the page that says what they are, and the file with all of them."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx2
import pytest

from tests.support import stories, timed, viewing
from tracekit.evals import stored
from tracekit.evals.dataset import Dataset
from tracekit.evals.row import Row
from tracekit.query.asked import parse
from tracekit.query.reviewing import chosen
from tracekit_viewer.routes import datasets

AT = 1_800_000_000_000_000_000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx2.Client, viewing.Served, list[str]]]:
    with viewing.serve(tmp_path_factory.mktemp("dataset")) as running, httpx2.Client(base_url=running.url) as client:
        traces = [
            stories.agent(AT + number * 10**10, question=f"q {number}", answer=f"a {number}", session="s-d")
            for number in range(4)
        ]
        running.add(*traces, stories.hostile(AT), [timed.span(timed.trace_id(), "open", at=AT, ms=None)])
        ids = [spans[0].trace_id for spans in traces]
        client.post("/scores", data={"trace_id": ids[0], "name": "correction", "label": "Expected \U0001f600"})
        client.post("/scores", data={"trace_id": ids[1], "name": "correct", "value": "1"})
        client.post("/scores", data={"trace_id": ids[2], "name": "correct", "value": "0"})
        yield client, running, ids


def lines(answer: httpx2.Response) -> list[dict[str, object]]:
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def test_the_list_is_two_clicks_from_a_file_with_a_row_for_each_trace(
    made: tuple[httpx2.Client, viewing.Served, list[str]],
) -> None:
    client, _, ids = made
    assert 'href="/dataset?q=session%3As-d"' in client.get("/traces?q=session:s-d").text
    page = client.get("/dataset?q=session:s-d").text
    assert 'href="/dataset.jsonl?q=session%3As-d"' in page
    answer = client.get("/dataset.jsonl?q=session:s-d")
    assert answer.headers["content-disposition"] == 'attachment; filename="tracekit.jsonl"'
    rows = lines(answer)
    assert [row["id"] for row in rows] == [row["trace_id"] for row in rows] == ids[::-1]
    assert [row["input"] for row in rows] == [{"question": f"q {number}"} for number in (3, 2, 1, 0)]
    assert [row.get("expected") for row in rows] == [None, None, "a 1", "Expected \U0001f600"]


def test_the_rows_are_those_of_the_command(made: tuple[httpx2.Client, viewing.Served, list[str]]) -> None:
    client, served, _ = made
    found = chosen(served.store, parse("session:s-d"), limit=10).trace_ids
    text = "".join(map(stored.line, stored.dataset(served.store, found)))
    assert client.get("/dataset.jsonl?q=session:s-d").text == text


def test_only_those_with_what_was_right(made: tuple[httpx2.Client, viewing.Served, list[str]]) -> None:
    client, _, ids = made
    rows = lines(client.get("/dataset.jsonl?expected=only"))
    assert [row["id"] for row in rows] == [ids[1], ids[0]]
    assert client.get("/dataset?expected=yes").status_code == 400
    assert "of 3 traces that people reviewed" in client.get("/dataset?expected=only").text
    none = client.get("/dataset?q=session:s-d+-has:review&expected=only").text
    assert "A person has corrected none of the traces" in none
    assert "/dataset.jsonl" not in none


def test_a_dataset_reads_the_file_whatever_the_traces_hold(
    made: tuple[httpx2.Client, viewing.Served, list[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    client, _, _ = made
    path = tmp_path_factory.mktemp("file") / "tracekit.jsonl"
    path.write_bytes(client.get("/dataset.jsonl").content)
    assert Dataset(path).facts().rows == 5  # the open span's trace is none
    page = client.get("/dataset").text
    assert "1 trace without a span that has ended: left out" in page
    assert "5 traces, a row each" in page
    twin = client.get("/dataset.json").json()
    assert (twin["traces"], twin["unended"], twin["more"], len(twin["rows"])) == (6, 1, False, 3)
    hostile = client.get("/dataset", params={"q": "cost>=0 project:" + json.dumps("x<script>y")}).text
    assert "<script>y" not in hostile


def test_half_a_surrogate_pair_stays_what_it_was() -> None:
    text = stored.line(Row(id="1", input="half \ud83d", output="caf\u00e9"))
    assert json.loads(text.encode()) == {"id": "1", "input": "half \ud83d", "output": "caf\u00e9"}
    assert "caf\u00e9" in stored.line(Row(id="1", input="caf\u00e9"))


def test_nothing_is_cut_off_silently(
    made: tuple[httpx2.Client, viewing.Served, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, _, _ = made
    monkeypatch.setattr(datasets, "MOST", 3)
    refused = client.get("/dataset.jsonl?q=session:s-d")
    assert (refused.status_code, "More than 3 traces fit" in refused.text) == (413, True)
    page = client.get("/dataset?q=session:s-d")
    assert page.status_code == 200
    assert "More than 3 traces fit" in page.text
    assert "--search session:s-d" in page.text
    assert 'href="/dataset.jsonl' not in page.text


def test_a_search_that_could_not_look_everywhere_makes_no_file(
    made: tuple[httpx2.Client, viewing.Served, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, _, _ = made
    monkeypatch.setattr("tracekit.query.searching.SCAN_SECONDS", -1.0)
    refused = client.get("/dataset.jsonl?q=refund")
    assert (refused.status_code, "not in the search index yet" in refused.text) == (503, True)
    assert "not in the search index yet" in client.get("/dataset?q=refund").text


def test_another_site_gets_no_file(made: tuple[httpx2.Client, viewing.Served, list[str]]) -> None:
    client, _, _ = made
    assert client.get("/dataset.jsonl", headers={"sec-fetch-site": "cross-site"}).status_code == 403
