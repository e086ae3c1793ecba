"""The page that asks for the token, where one is needed, and takes it back again.

Owns how a browser comes to hold the token. Refuses to lead anywhere but to a page of this server.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from tracekit.collector.access import COOKIE, LOGIN, Keys, cookie, remember
from tracekit_viewer import responses
from tracekit_viewer.routes.posting import own_address, taking
from tracekit_viewer.viewer import Viewer

_FIRST = "/traces"
_WRONG = "That is not the token of this tracekit: it is what TRACEKIT_TOKEN was when it was started."


def routes(viewer: Viewer, keys: Keys) -> list[Route]:
    """The routes of this file.

    Args:
        viewer: what the page is made with.
        keys: the words that let a request in.
    """

    def page(request: Request, *, onward: str, problem: str | None = None) -> Response:
        return viewer.renderer.page(
            request,
            "login.html",
            status=401 if problem else 200,
            holds=keys.has(cookie(request.headers)),
            onward=onward,
            problem=problem,
        )

    def ask(request: Request) -> Response:
        return page(request, onward=_onward(request.query_params.get("next", "")))

    async def take(request: Request, form: dict[str, str]) -> Response:
        if "forget" in form:
            answer = RedirectResponse(LOGIN, 303, responses.HEADERS)
            answer.delete_cookie(COOKIE)
            return answer
        given, onward = form.get("token", ""), _onward(form.get("next", ""))
        if not keys.has(given):
            return page(request, onward=onward, problem=_WRONG)
        return remember(RedirectResponse(onward, 303, responses.HEADERS), given, request)

    return [Route(LOGIN, viewer.guarded(ask)), Route(LOGIN, taking(viewer, take), methods=["POST"])]


def _onward(text: str) -> str:
    return own_address(text) or _FIRST
