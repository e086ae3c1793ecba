"""The route of the package's own scripts, styles and icon."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tracekit_viewer import assets, responses
from tracekit_viewer.viewer import Viewer


def routes(viewer: Viewer) -> list[Route]:
    """The route of the files; one under an outdated digest is the current file, not to be kept."""

    def static(request: Request) -> Response:
        found = viewer.renderer.assets.files.get(request.path_params["name"])
        if found is None:
            raise HTTPException(404, f"There is no file {request.path_params['name']!r}.")
        current = request.path_params["digest"] == viewer.renderer.assets.digest
        return responses.respond(
            request,
            found.body,
            media_type=found.media_type,
            cache=assets.IMMUTABLE if current else "no-store",
            packed=found.compressed,
        )

    return [Route("/static/{digest}/{name}", viewer.guarded(static))]
