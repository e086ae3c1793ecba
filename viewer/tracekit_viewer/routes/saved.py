"""`/saved/...`: views of the list and queries that people keep under a name; written only by forms of these pages."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from tracekit.query import asked
from tracekit.query.saved import QUERIES, VIEWS, Saved
from tracekit_viewer import responses
from tracekit_viewer.routes.posting import own_address, taking
from tracekit_viewer.viewer import Viewer

_PAGES = {VIEWS: "/traces", QUERIES: "/sql"}


def routes(viewer: Viewer) -> list[Route]:
    """The routes of this file."""
    return [route for kind in _PAGES for route in _routes(viewer, kind)]


def _routes(viewer: Viewer, kind: str) -> list[Route]:
    async def save(request: Request, form: dict[str, str]) -> Response:
        if kind == VIEWS:
            asked.parse(form.get("q", ""))  # what cannot be asked is not kept for later
        found = await run_in_threadpool(viewer.shelf.save, kind, form.get("name", "").strip(), form)
        if "application/json" in request.headers.get("accept", ""):
            return responses.data(request, _told(kind, found), status=201)
        return RedirectResponse(_address(kind, found), 303, responses.HEADERS)

    async def remove(_: Request, form: dict[str, str]) -> Response:
        await run_in_threadpool(viewer.shelf.remove, kind, form.get("name", "").strip())
        return RedirectResponse(own_address(form.get("back", "")) or _PAGES[kind], 303, responses.HEADERS)

    def data(request: Request) -> Response:
        kept = viewer.shelf.kept(kind)
        said: dict[str, Any] = {
            kind: [_told(kind, one) for one in kept.items],
            "unreadable": kept.unreadable,
        }
        return responses.data(request, said)

    return [
        Route(f"/saved/{kind}.json", viewer.guarded(data)),
        Route(f"/saved/{kind}", taking(viewer, save), methods=["POST"]),
        Route(f"/saved/{kind}/remove", taking(viewer, remove), methods=["POST"]),
    ]


def _told(kind: str, saved: Saved) -> dict[str, Any]:
    return {
        "name": saved.name,
        "address": _address(kind, saved),
        "asks": dict(saved.asks),
        "saved_at": saved.saved_at,
    }


def _address(kind: str, saved: Saved) -> str:
    query = urlencode(saved.asks, safe=",")
    return f"{_PAGES[kind]}?{query}" if query else _PAGES[kind]
