"""Every answer of the viewer goes out through here: the security headers, compression, and JSON's spelling.

The policy allows what this package ships and nothing else: no inline script or style, no outside host, no
frame.
"""

from __future__ import annotations

import gzip
import json
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    # Without any referrer a browser names no origin either, and a form of ours could not be told from another site's.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
PRIVATE = "private, no-cache"

_WORTH_COMPRESSING = 1_024
_LEVEL = 5


def respond(
    request: Request,
    body: bytes,
    *,
    media_type: str,
    status: int = 200,
    cache: str = PRIVATE,
    packed: bytes | None = None,
) -> Response:
    """An answer with the viewer's headers, compressed where the client takes it.

    Args:
        request: whose `Accept-Encoding` decides.
        body: the content.
        media_type: its type; text types are sent as UTF-8.
        status: HTTP status.
        cache: `Cache-Control`.
        packed: `body`, already compressed by gzip.
    """
    headers = {**HEADERS, "cache-control": cache, "vary": "accept-encoding"}
    if "gzip" in request.headers.get("accept-encoding", "") and len(body) >= _WORTH_COMPRESSING:
        headers["content-encoding"] = "gzip"
        body = packed if packed is not None else gzip.compress(body, _LEVEL, mtime=0)
    return Response(body, status, headers, media_type)


def html(request: Request, text: str, *, status: int = 200) -> Response:
    """A page or a fragment of one."""
    # A lone surrogate that reached a template's attribute must cost one character and not the page.
    return respond(request, text.encode("utf-8", "replace"), media_type="text/html", status=status)


def data(request: Request, value: Any, *, status: int = 200) -> Response:
    """A JSON twin; times are ISO 8601 in UTC, ASCII only so that any recorded text survives."""
    text = json.dumps(value, default=_plain, separators=(",", ":"))
    return respond(request, text.encode(), media_type="application/json", status=status)


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
