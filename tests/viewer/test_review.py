"""A review of a filter, over HTTP: from the first to the last, back, skipped, by two people, and its end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from tests.support import stories, timed, viewing

AT = 1_800_000_000_000_000_000


@pytest.fixture(scope="module")
def queue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx2.Client, viewing.Served]]:
    with viewing.serve(tmp_path_factory.mktemp("review")) as running, httpx2.Client(base_url=running.url) as client:
        yield client, running


def add(served: viewing.Served, session: str, *, count: int = 3) -> list[str]:
    """Traces of a session; their ids, newest first."""
    made = [
        stories.agent(AT + number * 10**10, question=f"q {number}", answer=f"a {number}", session=session)
        for number in range(count)
    ]
    served.add(*made)
    return [spans[0].trace_id for spans in reversed(made)]


def shown(location: str) -> str:
    """The trace that an address leads to."""
    return parse_qs(urlsplit(location).query)["trace"][0]


def buttons(page: str) -> dict[str, str]:
    """What each form of the page would send, by the button that sends it."""
    return {
        re.sub(r"<.*?>", "", label).strip(): value.replace("&amp;", "&")
        for value, label in re.findall(r'<button class="button" name="back" value="([^"]*)">(.*?)</button>', page)
    }


def test_from_the_list_to_the_end(queue: tuple[httpx2.Client, viewing.Served]) -> None:
    client, served = queue
    ids = add(served, "whole")
    [entry] = re.findall(r'href="(/review[^"]*)"', client.get("/traces?q=session:whole").text)
    here = client.get(entry).headers["location"]
    seen: list[str] = []
    for number in range(3):
        page = client.get(here).text
        seen.append(shown(here))
        assert f"<b>{number + 1} of 3</b>" in page
        assert f"{number} reviewed, {3 - number} to go" in page
        assert f"a {2 - number}" in page
        [back] = re.findall(r'<input type="hidden" name="back" value="([^"]*)">', page)
        form = {
            "trace_id": seen[-1],
            "on": "trace",
            "name": "correct",
            "value": "1",
            "back": back.replace("&amp;", "&"),
        }
        onward = client.post("/scores", data=form).headers["location"]
        here = client.get(onward).headers.get("location", onward)
    assert seen == ids
    answer = client.get(here)
    assert answer.status_code == 200
    assert "All reviewed" in answer.text
    assert "all 3 traces that fit." in answer.text
    assert 'href="/dataset?q=session%3Awhole"' in answer.text


def test_skipping_leaves_a_trace_for_later_and_back_leads_to_the_one_before(
    queue: tuple[httpx2.Client, viewing.Served],
) -> None:
    client, served = queue
    ids = add(served, "skip")
    here = client.get("/review?q=session:skip").headers["location"]
    assert "data-before" not in client.get(here).text
    for expected in ids[1:]:
        [skip] = re.findall(r'href="([^"]*)" data-skip', client.get(here).text)
        here = client.get(skip.replace("&amp;", "&")).headers["location"]
        assert shown(here) == expected
        [before] = re.findall(r'href="([^"]*)" data-before', client.get(here).text)
        assert shown(before.replace("&amp;", "&")) == ids[ids.index(expected) - 1]
    end = client.get(f"/review?q=session:skip&after={ids[-1]}")
    assert end.status_code == 200
    assert "That was the last one" in end.text
    assert "Go through the 3 that are left" in end.text


def test_every_other_form_goes_on_or_stays(queue: tuple[httpx2.Client, viewing.Served]) -> None:
    client, served = queue
    ids = add(served, "forms")
    page = client.get(f"/review?q=session:forms&trace={ids[0]}").text
    sent = buttons(page)
    assert sent["Add the comment, and go on"] == f"/review?q=session%3Aforms&after={ids[0]}"
    assert sent["Save what was expected"] == f"/review?q=session%3Aforms&trace={ids[0]}"
    form = {"trace_id": ids[0], "on": "trace", "name": "correction", "label": "Other.", "back": sent["Add the label"]}
    client.post("/scores", data=form)
    assert "Other." in client.get(sent["Add the label"]).text
    # outside a review nothing has changed
    assert buttons(client.get(f"/traces/{ids[0]}").text) == {}


def test_who_comes_second_gets_what_is_left(queue: tuple[httpx2.Client, viewing.Served]) -> None:
    client, served = queue
    ids = add(served, "two")
    client.post("/scores", data={"trace_id": ids[0], "name": "correct", "value": "0"})
    assert shown(client.get("/review?q=session:two").headers["location"]) == ids[1]
    assert shown(client.get(f"/review?q=session:two&after={'f' * 32}").headers["location"]) == ids[1]


def test_the_order_is_that_of_the_list(queue: tuple[httpx2.Client, viewing.Served]) -> None:
    client, served = queue
    slow = timed.llm(timed.trace_id(), at=AT - 10**12, ms=99_000, session_id="sorted")
    served.add([slow])
    add(served, "sorted", count=1)
    here = client.get("/review?q=session:sorted&sort=slowest").headers["location"]
    assert shown(here) == slow.trace_id
    assert "sort=slowest" in here
    assert client.get("/review?q=session:sorted&sort=best").status_code == 400


def test_the_twin_says_the_same(queue: tuple[httpx2.Client, viewing.Served]) -> None:
    client, served = queue
    ids = add(served, "twin")
    first = client.get("/review.json?q=session:twin").json()
    assert (first["trace"], first["total"], first["reviewed"]) == (ids[0], 3, 0)
    second = client.get(f"/review.json?q=session:twin&trace={ids[1]}").json()
    assert (second["place"], second["before"], second["next"], second["passed_over"]) == (2, ids[0], ids[2], 1)


def test_what_there_is_nothing_of_and_what_cannot_be_asked(queue: tuple[httpx2.Client, viewing.Served]) -> None:
    client, _ = queue
    assert "No trace fits this filter." in client.get("/review?q=session:nobody").text
    assert client.get("/review?q=cost>much").status_code == 400
    missing = client.get(f"/review?trace={'0' * 32}")
    assert (missing.status_code, "No trace" in missing.text) == (404, True)


def test_hostile_and_running_traces_can_be_reviewed(tmp_path: Path) -> None:
    with viewing.serve(tmp_path) as running, httpx2.Client(base_url=running.url) as client:
        hostile, still = stories.hostile(AT), stories.running(AT + 10**10)
        lone = timed.span(timed.trace_id(), "alone", at=AT + 2 * 10**10, ms=None)
        running.add(hostile, still, [lone])
        for trace in (hostile[0].trace_id, still[0].trace_id, lone.trace_id):
            page = client.get("/review", params={"q": "", "trace": trace})
            assert page.status_code == 200, page.text
            assert "<script>window" not in page.text
            assert "<img" not in page.text
            assert "\u202e" not in re.sub(r'value="[^"]*"', "", page.text)  # the session's id is sent as it is
