"""Who is let in: by host name, and by token."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from tests.support.serving import serving
from tracekit.collector.access import LOOPBACK_NAMES, HostGuard, Keys, TokenGuard


def _page(request: Request) -> PlainTextResponse:
    return PlainTextResponse(request.url.query or "page")


@pytest.fixture
def client() -> Iterator[httpx2.Client]:
    open_ones = [Route(path, _page) for path in ("/health", "/login", "/static/viewer.css")]
    routes = [Route("/", _page, methods=["GET", "POST"]), *open_ones]
    guards = [
        Middleware(HostGuard, names=(*LOOPBACK_NAMES, "Box.local")),
        Middleware(TokenGuard, keys=Keys("s3cret", "k3y")),
    ]
    with (
        serving(Starlette(routes=routes, middleware=guards)) as url,
        httpx2.Client(base_url=url, trust_env=False) as found,
    ):
        yield found


TOKEN = {"Authorization": "Bearer s3cret"}


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("127.0.0.1:4318", 200),
        ("[::1]:4318", 200),
        ("box.LOCAL", 200),
        ("evil.example", 421),
        ("localhost.evil.example", 421),
        ("127.0.0.1.evil.example:4318", 421),
        ("", 421),
    ],
)
def test_only_names_of_its_own_are_answered(client: httpx2.Client, host: str, status: int) -> None:
    assert client.get("/", headers={**TOKEN, "Host": host}).status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": "Basic s3cret"}, 401),
        ({"Cookie": "tracekit_token=wrong"}, 401),
        (TOKEN, 200),
        ({"Authorization": "bearer k3y"}, 200),
        ({"Cookie": "other=1; tracekit_token=s3cret"}, 200),
    ],
)
def test_the_token_is_asked_for(client: httpx2.Client, headers: dict[str, str], status: int) -> None:
    assert client.get("/", headers=headers).status_code == status
    assert client.post("/", headers=headers).status_code == status
    assert client.get("/health", headers=headers).status_code == 200


def test_the_token_in_a_link_becomes_a_cookie_and_leaves_the_address(client: httpx2.Client) -> None:
    answer = client.get("/?token=s3cret&status=error")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?status=error")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert client.get(answer.headers["location"]).text == "status=error"


def test_a_wrong_token_in_a_link_is_refused(client: httpx2.Client) -> None:
    assert client.get("/?token=wrong").status_code == 401
    assert client.post("/?token=s3cret").status_code == 401


BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def test_a_browser_is_asked_for_the_token_and_led_on(client: httpx2.Client) -> None:
    answer = client.get("/?token=wrong&status=error&q=a%26b", headers=BROWSER)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2F%3Fstatus%3Derror%26q%3Da%2526b")
    assert client.get("/", headers={**BROWSER, **TOKEN}).status_code == 200
    assert client.post("/", headers=BROWSER).status_code == 401
    for path in ("/login", "/static/viewer.css"):
        assert client.get(path).status_code == 200
    for path in ("/login/", "/static", "/statics/x", "/logins"):
        assert client.get(path).status_code == 401
