"""Views and queries that are kept: by forms of these pages only, shown where they are used, gone when removed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.support import viewing

BAD_NAME = "<b>mine</b> \u202e"


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[tuple[httpx2.Client, viewing.Served]]:
    with viewing.serve(tmp_path) as running, httpx2.Client(base_url=running.url) as client:
        yield client, running


def test_a_view_is_saved_listed_followed_and_removed(kept: tuple[httpx2.Client, viewing.Served]) -> None:
    client, served = kept
    form = {"name": BAD_NAME, "q": "status:error name:x", "sort": "slowest", "columns": "input,cost"}
    saved = client.post("/saved/views", data=form)
    address = "/traces?q=status%3Aerror+name%3Ax&sort=slowest&columns=input,cost"
    assert (saved.status_code, saved.headers["location"]) == (303, address)
    page = client.get("/traces?q=x").text
    assert f'href="{address.replace("&", "&amp;")}"' in page
    assert "<b>mine" not in page
    assert "RLO" in page
    assert 'class="chip saved active" href="/traces"' in client.get(address).text
    [told] = client.get("/saved/views.json").json()["views"]
    assert (told["name"], told["address"], told["asks"]["sort"]) == (BAD_NAME.strip(), address, "slowest")
    removed = client.post("/saved/views/remove", data={"name": told["name"], "back": "/traces?q=x"})
    assert (removed.status_code, removed.headers["location"]) == (303, "/traces?q=x")
    assert client.get("/saved/views.json").json() == {"views": [], "unreadable": []}
    assert served.shelf.kept("views").items == []


def test_a_query_is_saved_with_how_it_is_shown(kept: tuple[httpx2.Client, viewing.Served]) -> None:
    client, _ = kept
    form = {"name": "sum", "q": "SELECT 'a' AS x, 41 + 1 AS n", "show": "chart", "limit": "500"}
    answer = client.post("/saved/queries", data=form, headers={"accept": "application/json"})
    assert answer.status_code == 201
    page = client.get(answer.json()["address"]).text
    assert 'class="plot"' in page
    assert 'class="chip saved active"' in page
    assert "SELECT &#39;a&#39; AS x, 41 + 1 AS n</textarea>" in page
    client.post("/saved/queries/remove", data={"name": "sum"})
    assert client.get("/saved/queries.json").json()["queries"] == []


@pytest.mark.parametrize("path", ["/saved/views", "/saved/views/remove", "/saved/queries", "/saved/queries/remove"])
def test_nothing_is_written_for_another_site(kept: tuple[httpx2.Client, viewing.Served], path: str) -> None:
    client, served = kept
    served.shelf.save("views", "x", {"q": "torn"})
    served.shelf.save("queries", "x", {"q": "SELECT 1"})
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}, {"origin": "null"}):
        assert client.post(path, data={"name": "x", "q": "other"}, headers=headers).status_code == 403
    assert client.post(path, json={"name": "x"}).status_code == 415
    assert client.get(path).status_code in {404, 405}
    assert served.shelf.find("views", "x").asks == {"q": "torn"}
    assert served.shelf.find("queries", "x").asks == {"q": "SELECT 1"}


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"name": "", "q": "x"}, "1 to 80 characters"),
        ({"name": "x", "q": "cost>much"}, "cannot be asked"),
    ],
)
def test_what_cannot_be_kept_says_why(
    kept: tuple[httpx2.Client, viewing.Served], form: dict[str, str], words: str
) -> None:
    client, served = kept
    answer = client.post("/saved/views", data=form)
    assert answer.status_code == 400
    assert words in answer.text
    assert served.shelf.kept("views").items == []
    gone = client.post("/saved/views/remove", data={"name": "nobody"})
    assert (gone.status_code, "there are none yet" in gone.text) == (400, True)


def test_nobody_is_led_away_after_removing(kept: tuple[httpx2.Client, viewing.Served]) -> None:
    client, served = kept
    served.shelf.save("views", "x", {})
    answer = client.post("/saved/views/remove", data={"name": "x", "back": "//evil.example"})
    assert answer.headers["location"] == "/traces"


def test_a_damaged_file_is_named_where_it_would_be(kept: tuple[httpx2.Client, viewing.Served], tmp_path: Path) -> None:
    client, served = kept
    served.shelf.save("views", "x", {})
    served.shelf.save("queries", "x", {})
    for kind, page in (("views", "/traces?q=x"), ("queries", "/sql")):
        bad = tmp_path / "saved" / kind / "bad.json"
        bad.write_text("{")
        assert str(bad) in client.get(page).text
