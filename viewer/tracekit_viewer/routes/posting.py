"""What a page sends to be kept: a form of a page of this server, and the page to go back to.

Refuses what does not come from a page of this server, is no form, or has no end.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from tracekit.collector.access import is_own
from tracekit.errors import TracekitError
from tracekit_viewer.viewer import Viewer, status_of

MOST_BYTES = 2 << 20
"""Of a form; a correction may be long."""
_FORM = "application/x-www-form-urlencoded"

Posted = Callable[[Request, dict[str, str]], Awaitable[Response]]


def taking(viewer: Viewer, endpoint: Posted) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that is given the form; what it refuses becomes a page, and nothing is written."""

    @wraps(endpoint)
    async def post(request: Request) -> Response:
        try:
            return await endpoint(request, await _form(request))
        except HTTPException as error:
            return viewer.renderer.failure(request, status=error.status_code, message=error.detail)
        except TracekitError as error:
            return viewer.renderer.failure(request, status=status_of(error), message=str(error))

    return post


def own_address(text: str) -> str | None:
    """An address that a form names, if it is one of this server; nobody is led away."""
    fits = text.startswith("/") and not text.startswith("//") and "\\" not in text and text.isprintable()
    return text if fits else None


async def _form(request: Request) -> dict[str, str]:
    if not is_own(request.headers):
        raise HTTPException(403, "This did not come from a page of this tracekit, so nothing was written.")
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise HTTPException(415, f"Send a form: {_FORM}.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise HTTPException(413, f"The form is larger than {MOST_BYTES:,} bytes.")
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=50, errors="strict"))
    except ValueError as error:
        raise HTTPException(400, f"The form cannot be read: {error}.") from error
