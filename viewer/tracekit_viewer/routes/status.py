"""How tracing does in the programs that wrote here, and how what they wrote is kept, with its JSON twin."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tracekit_viewer import responses
from tracekit_viewer.presenters.keeping import kept
from tracekit_viewer.presenters.status import status
from tracekit_viewer.viewer import Viewer


def routes(viewer: Viewer) -> list[Route]:
    """The routes of this file."""

    def page(request: Request) -> Response:
        version = viewer.version()
        now, found = datetime.now(UTC), viewer.keeping()
        return viewer.renderer.page(
            request,
            "status.html",
            problems=found.health.problems,
            view=status(found.health.tracing, now=now),
            kept=kept(found, now=now),
            version=version,
            asks_token=viewer.asks_token,
        )

    def data(request: Request) -> Response:
        found = viewer.keeping()
        told = asdict(found.health.tracing)
        said: dict[str, Any] = {**told, "problems": found.health.problems, **found.as_dict()}
        return responses.data(request, said)

    return [Route("/status", viewer.guarded(page)), Route("/status.json", viewer.guarded(data))]
