"""Traces beside each other, over HTTP and on a real store."""

from __future__ import annotations

import re
from typing import Any

import httpx2
import pytest

from tests.support import hostile, stories, viewing

AT = 1_800_000_000_000_000_000


@pytest.fixture(scope="module")
def pair(served: viewing.Served) -> tuple[str, str]:
    first = stories.agent(AT, question="Where is order 8841?", answer="It is in Lisbon today.")
    second = stories.agent(AT + 10**12, question="Where is order 8842?", answer="It is in Porto today.", failing=True)
    served.add(first, second)
    return first[0].trace_id, second[0].trace_id


def data(client: httpx2.Client, path: str) -> dict[str, Any]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_each_call_says_what_has_become_of_it(client: httpx2.Client, pair: tuple[str, str]) -> None:
    found = data(client, f"/compare.json?a={pair[0]}&b={pair[1]}")
    assert list(found["traces"]) == ["a", "b"]
    changes = [(call["calls"], call["change"]) for call in found["calls"]]
    assert changes[0] == ("invoke_agent support", "changed")
    assert ("get_order", "changed") in changes  # it failed in one of them
    itself = data(client, f"/compare.json?a={pair[0]}&b={pair[0]}")
    assert {call["change"] for call in itself["calls"]} == {"same"}


def test_the_page_shows_the_words_that_differ(client: httpx2.Client, pair: tuple[str, str]) -> None:
    page = client.get(f"/compare?a={pair[0]}&b={pair[1]}").text
    assert "<del>8841</del><ins>8842</ins>" in page
    assert page.count('class="letter"') == 2
    root = client.get(f"/compare?a={pair[0]}&b={pair[1]}&row=0").text
    assert "It is in <del>Lisbon</del><ins>Porto</ins> today." in root


def test_three_traces_stand_beside_each_other(client: httpx2.Client, pair: tuple[str, str]) -> None:
    page = client.get(f"/compare?a={pair[0]}&b={pair[1]}&c={pair[0]}&row=0").text
    assert page.count('class="letter"') == 3
    assert "A to B" in page
    assert "A to C" in page


def test_ticks_of_the_list_lead_to_the_page_older_first(client: httpx2.Client, pair: tuple[str, str]) -> None:
    listed = client.get("/traces").text
    assert listed.count('name="trace" value=') == listed.count('role="row" class=') > 0
    answer = client.get(f"/compare?trace={pair[1]}&trace={pair[0]}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/compare?a={pair[0]}&b={pair[1]}")


def test_one_trace_is_offered_others_of_its_name(client: httpx2.Client, pair: tuple[str, str]) -> None:
    assert f'href="/compare?a={pair[0]}"' in client.get(f"/traces/{pair[0]}").text
    page = client.get(f"/compare?a={pair[0]}").text
    assert f"/compare?a={pair[1]}&amp;b={pair[0]}" in page
    assert "Nothing to compare yet" in client.get("/compare").text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/compare?a={0}&b=nothing", 404),
        ("/compare?a=nothing", 404),
        ("/compare.json?a={0}", 400),
        ("/compare?a={0}&b={1}&show=everything", 400),
        ("/compare?a={0}&b={1}&row=-1", 400),
        ("/compare?a={0}&b={1}&row=9999", 200),
        ("/compare?" + "&".join("trace={0}" + str(n) for n in range(9)), 400),
    ],
)
def test_what_is_not_there_is_said(client: httpx2.Client, pair: tuple[str, str], path: str, status: int) -> None:
    answer = client.get(path.format(*pair), headers={"accept": "text/html"})
    assert answer.status_code == status
    assert "Traceback" not in answer.text


def test_hostile_content_is_text(client: httpx2.Client, served: viewing.Served, pair: tuple[str, str]) -> None:
    evil = served.store.sql("SELECT trace_id FROM traces WHERE name = ?", [hostile.MIXTURE]).rows[0][0]
    for row in range(4):
        page = client.get(f"/compare?a={pair[0]}&b={evil}&row={row}").text
        assert "<script>window" not in page
        assert "<img" not in page
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202e\u2028]", page)
