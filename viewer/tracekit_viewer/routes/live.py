"""News for open pages: a stream of server-sent events that says when the store has changed.

Each stream ends by itself after a minute, and at once when the server closes: the browser comes back on its
own, and a shutdown never waits for a reader that does not.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import anyio
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from tracekit_viewer.responses import HEADERS
from tracekit_viewer.viewer import Viewer

LOOK = 0.25
"""Seconds between two looks at the version."""
HEARTBEAT = 15.0
"""Seconds of silence after which a comment keeps proxies from closing the stream."""
LIFE = 60.0
"""Seconds that one stream lives."""


def routes(viewer: Viewer) -> list[Route]:
    """The route of the stream."""

    async def live(request: Request) -> Response:
        headers = {**HEADERS, "cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(_news(viewer, request), media_type="text/event-stream", headers=headers)

    return [Route("/live", live)]


async def _news(viewer: Viewer, request: Request) -> AsyncIterator[str]:
    """The version at once, then whenever it has changed."""
    yield "retry: 1000\n\n"
    said: int | None = None
    began = spoke = time.monotonic()
    while not viewer.closing() and time.monotonic() - began < LIFE and not await request.is_disconnected():
        version = viewer.version()
        if version != said:
            said, spoke = version, time.monotonic()
            yield f"data: {version}\n\n"
        elif time.monotonic() - spoke >= HEARTBEAT:
            spoke = time.monotonic()
            yield ": still here\n\n"
        await anyio.sleep(LOOK)
