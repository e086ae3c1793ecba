"""The route of attachments: bytes from a trace, which are hostile, given to a browser so that it runs none of them.

Their type is told by the bytes. Only pictures and sound may be shown; the rest, HTML and SVG too, can only be saved.
"""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from tracekit_viewer.presenters import media
from tracekit_viewer.responses import HEADERS, PRIVATE
from tracekit_viewer.viewer import Viewer

POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"


def routes(viewer: Viewer) -> list[Route]:
    """The route of the files."""

    def attachment(request: Request) -> Response:
        sha256 = request.path_params["sha256"]
        try:
            path = viewer.attachments.path(sha256)
        except ValueError as error:
            raise HTTPException(404, str(error)) from error
        if not path.is_file():
            raise HTTPException(404, f"The bytes of attachment {sha256} are not here: `tracekit doctor` tells more.")
        kind = media.sniffed(viewer.attachments.head(sha256, media.HEAD))
        return FileResponse(
            path,
            media_type=kind,
            filename=sha256[:16],
            content_disposition_type="attachment" if media.form(kind) == "file" else "inline",
            headers={**HEADERS, "content-security-policy": POLICY, "cache-control": PRIVATE},
        )

    return [Route("/attachments/sha256/{sha256}", viewer.guarded(attachment))]
