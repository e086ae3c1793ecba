"""Who may speak to the server: a name it answers to, and beyond loopback a token. Plain ASGI middleware.

A browser without the token is led to the page that asks for it; anything else is refused.

The check of the Host header is what keeps a page of some other site from reading traces through the browser by
pointing its own name at this machine (DNS rebinding).
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlencode, urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
COOKIE = "tracekit_token"
LOGIN = "/login"
"""The page that asks a person for the token."""
_OPEN_PATHS = ("/health", LOGIN)
_OPEN_FILES = "/static/"
"""Answered without a token, as these are: they say nothing of what is stored."""


class HostGuard:
    """Refuses requests for a host name that is not the server's own."""

    def __init__(self, app: ASGIApp, names: Iterable[str]) -> None:
        self._app = app
        self._names = frozenset(name.lower() for name in names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve or refuse one request."""
        if scope["type"] == "http" and _host_name(Headers(scope=scope).get("host", "")) not in self._names:
            refusal = PlainTextResponse(
                "tracekit does not answer to this host name. Use localhost, or start it with --host NAME.\n", 421
            )
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)


class Keys:
    """The words that let a request in."""

    def __init__(self, *words: str) -> None:
        self._words = [word.encode() for word in words]

    def has(self, word: str) -> bool:
        """Whether this is one of them."""
        given = word.encode(errors="surrogateescape")
        return any(hmac.compare_digest(given, known) for known in self._words)

    def in_header(self, authorization: str) -> bool:
        """Whether the value of an `Authorization` header carries one of them, as `Bearer WORD`."""
        scheme, _, word = authorization.partition(" ")
        return scheme.lower() == "bearer" and self.has(word.strip())


class TokenGuard:
    """Refuses requests without the token: an `Authorization: Bearer` header, a cookie, or `?token=` once.

    A browser that asks for a page is led to `LOGIN` instead, which is to be among the routes of the application.

    The key of `up.json` does as well: who can read that file can read the database beside it.
    """

    def __init__(self, app: ASGIApp, keys: Keys) -> None:
        self._app = app
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, refuse, ask for the token, or turn `?token=` into a cookie."""
        if scope["type"] != "http" or _is_open(scope["path"]) or self._holds(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        await self._answer(Request(scope))(scope, receive, send)

    def _holds(self, headers: Headers) -> bool:
        return self._keys.in_header(headers.get("authorization", "")) or self._keys.has(cookie(headers))

    def _answer(self, request: Request) -> Response:
        given = request.query_params.get("token", "")
        query = urlencode([(name, value) for name, value in request.query_params.multi_items() if name != "token"])
        address = request.url.path + (f"?{query}" if query else "")
        if request.method == "GET" and self._keys.has(given):
            return remember(RedirectResponse(address, 303), given, request)
        if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            return RedirectResponse(f"{LOGIN}?{urlencode({'next': address})}", 303)
        return PlainTextResponse(
            "This tracekit asks for its token: send `Authorization: Bearer TOKEN`, or open /?token=TOKEN once.\n",
            401,
            {"WWW-Authenticate": "Bearer"},
        )


def remember(answer: Response, word: str, request: Request) -> Response:
    """Have the browser send the token from now on, until it is closed.

    Also where a link of another site leads here, as following one writes nothing; what such a site posts comes without.
    """
    answer.set_cookie(COOKIE, word, httponly=True, samesite="lax", secure=request.url.scheme == "https")
    return answer


def cookie(headers: Headers) -> str:
    """The token that a browser sends; empty where it sends none."""
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def _is_open(path: str) -> bool:
    return path in _OPEN_PATHS or path.startswith(_OPEN_FILES)


def is_own(headers: Headers) -> bool:
    """Whether a request that writes may have come from a page of this server, or from no page at all.

    A browser says where a request comes from, and no script can make it say otherwise: by `Sec-Fetch-Site`, and
    where that is not sent (plain HTTP beyond loopback) by `Origin`. A program that is no browser sends neither.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc.lower() == headers.get("host", "").lower()


def _host_name(header: str) -> str:
    """The name in a Host header, without port and brackets."""
    if header.startswith("["):
        return header[1:].partition("]")[0].lower()
    return header.partition(":")[0].lower()
