"""Where links lead that would have been too long for an address."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tracekit_viewer.presenters.address import LONGEST, TOO_LONG
from tracekit_viewer.viewer import Viewer

_WHY = (
    f"What was to be looked for is longer than the {LONGEST:,} characters that an address may have. "
    "Ask by its beginning instead, on the SQL page: WHERE starts_with(user_id, '...')."
)


def routes(viewer: Viewer) -> list[Route]:
    """The route of this file."""

    def explain(_: Request) -> Response:
        raise HTTPException(414, _WHY)

    return [Route(TOO_LONG, viewer.guarded(explain))]
