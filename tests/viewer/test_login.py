"""The page that asks for the token, and what it does with one."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest

from tests.support import hostile, markup, seeds, viewing

TOKEN = "correct horse; battery=staple, \u00e9"
BROWSER = {"accept": "text/html", "sec-fetch-site": "same-origin"}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[viewing.Served]:
    with viewing.serve(tmp_path_factory.mktemp("guarded"), token=TOKEN) as running:
        running.add(*seeds.day(traces=6))
        yield running


@pytest.fixture
def browser(guarded: viewing.Served) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=guarded.url, timeout=60, headers=BROWSER) as client:
        yield client


def test_the_way_in_and_out_again(browser: httpx2.Client) -> None:
    asked = browser.get("/traces?q=status:error", follow_redirects=True)
    assert (asked.status_code, asked.url.path) == (200, "/login")
    assert "/traces?q=status%3Aerror" in asked.text  # where it leads on to
    refused = browser.post("/login", data={"token": "guess", "next": "/traces?q=status%3Aerror"})
    assert (refused.status_code, "set-cookie" in refused.headers) == (401, False)
    assert "not the token of this tracekit" in refused.text
    assert "guess" not in refused.text
    let_in = browser.post("/login", data={"token": TOKEN, "next": "/traces?q=status%3Aerror"})
    assert (let_in.status_code, let_in.headers["location"]) == (303, "/traces?q=status%3Aerror")
    assert {"httponly", "samesite=lax"} <= set(let_in.headers["set-cookie"].lower().split("; "))
    assert "secure" not in let_in.headers["set-cookie"].lower()  # plain HTTP: it would not come back
    assert browser.get("/traces.json").status_code == 200
    assert 'href="/login"' in browser.get("/status").text
    assert "holds the token" in browser.get("/login").text
    out = browser.post("/login", data={"forget": "1"})
    assert (out.status_code, out.headers["location"]) == (303, "/login")
    assert browser.get("/traces").headers["location"] == "/login?next=%2Ftraces"
    assert browser.get("/traces.json", headers={"accept": "*/*"}).status_code == 401


@pytest.mark.parametrize(
    "onward", ["//evil.example/x", "https://evil.example", "\\\\evil", "javascript:alert(1)", "x", ""]
)
def test_nobody_is_led_away(browser: httpx2.Client, onward: str) -> None:
    assert browser.post("/login", data={"token": TOKEN, "next": onward}).headers["location"] == "/traces"


@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "", "origin": "http://evil.example"}]
)
def test_no_other_site_lets_a_browser_in_or_out(browser: httpx2.Client, headers: dict[str, str]) -> None:
    answer = browser.post("/login", data={"token": TOKEN}, headers=headers)
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


def test_whatever_stands_in_the_address_is_text(browser: httpx2.Client) -> None:
    for text in hostile.TEXTS[::7]:
        answer = browser.get("/login", params={"next": "/" + text.encode(errors="replace").decode()})
        assert (answer.status_code, markup.parse(answer.text).odd) == (200, []), text


def test_where_no_token_is_needed_there_is_no_such_page(client: httpx2.Client) -> None:
    assert client.get("/login").status_code == 404
    assert "/login" not in client.get("/status").text
