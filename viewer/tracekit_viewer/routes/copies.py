"""A span as something to run again, as plain text: addresses that a script copies from and that anybody may open."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tracekit_viewer import responses
from tracekit_viewer.copies.curl import curl
from tracekit_viewer.copies.python import python
from tracekit_viewer.routes.trace import whole_span
from tracekit_viewer.viewer import Viewer

_WRITERS: dict[str, Callable[[Mapping[str, Any]], str]] = {"curl": curl, "py": python}


def routes(viewer: Viewer) -> list[Route]:
    """The routes of this file."""

    def of(write: Callable[[Mapping[str, Any]], str]) -> Callable[[Request], Response]:
        def answer(request: Request) -> Response:
            span = whole_span(viewer, request.path_params["trace_id"], request.path_params["span_id"])
            return responses.respond(request, write(span).encode("utf-8", "replace"), media_type="text/plain")

        return answer

    return [
        Route(f"/traces/{{trace_id}}/spans/{{span_id}}.{ending}", viewer.guarded(of(write)))
        for ending, write in _WRITERS.items()
    ]
