"""A trace to be sent to somebody: as a file of its own, and as Markdown."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tracekit.query import markdown
from tracekit.query.traces import get_trace
from tracekit_viewer import responses, sharing
from tracekit_viewer.viewer import Viewer

_NAMED = 12


def routes(viewer: Viewer) -> list[Route]:
    """The routes of this file; they stand before that of a trace's page, whose path takes them too."""
    pages = _Pages(viewer)
    table = {"/traces/{trace_id}.html": pages.file, "/traces/{trace_id}.md": pages.markdown}
    return [Route(path, viewer.guarded(endpoint)) for path, endpoint in table.items()]


class _Pages:
    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer

    def file(self, request: Request) -> Response:
        trace = self._trace(request)
        made = sharing.page(
            self._viewer.source,
            trace,
            attachments=self._viewer.attachments,
            renderer=self._viewer.renderer,
            now=datetime.now(UTC),
            content="no-content" not in request.query_params,
        )
        response = responses.respond(request, made.html, media_type="text/html")
        # The page is under its own policy, which is stricter: it needs no script and nothing of this server.
        response.headers["content-security-policy"] = f"{made.policy}; frame-ancestors 'none'"
        if "download" in request.query_params:
            name = f"trace-{trace['trace_id'][:_NAMED]}.html"
            response.headers["content-disposition"] = f'attachment; filename="{name}"'
        return response

    def markdown(self, request: Request) -> Response:
        trace = self._trace(request)
        content = "no-content" not in request.query_params
        text = markdown.document(self._viewer.source, trace, content=content)
        # Plain text: whatever a browser makes of Markdown, it is not to be rendered on this origin.
        return responses.respond(request, text.encode("utf-8", "replace"), media_type="text/plain")

    def _trace(self, request: Request) -> dict[str, Any]:
        trace_id = request.path_params["trace_id"]
        trace = get_trace(self._viewer.source, trace_id)
        if trace is None:
            raise HTTPException(
                404, f"No trace {trace_id!r:.80} is stored here. It may live in another data directory."
            )
        return trace
