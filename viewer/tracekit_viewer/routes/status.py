"""How tracing itself does in the programs that wrote here, with its JSON twin."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tracekit.query.tracing import tracing
from tracekit_viewer import responses
from tracekit_viewer.presenters.status import status
from tracekit_viewer.viewer import Viewer


def routes(viewer: Viewer) -> list[Route]:
    """The routes of this file."""

    def page(request: Request) -> Response:
        version = viewer.version()
        view = status(tracing(viewer.source), now=datetime.now(UTC))
        return viewer.renderer.page(request, "status.html", view=view, version=version, asks_token=viewer.asks_token)

    def data(request: Request) -> Response:
        found = tracing(viewer.source)
        said: dict[str, Any] = {**asdict(found), "problems": found.problems()}
        return responses.data(request, said)

    return [Route("/status", viewer.guarded(page)), Route("/status.json", viewer.guarded(data))]
