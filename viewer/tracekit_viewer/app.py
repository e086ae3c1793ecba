"""The viewer as a list of routes and a table of error handlers, to be put into a Starlette application.

Owns what is mounted where. Refuses to open anything itself: the caller hands in the source and says when it
has changed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.status import HTTP_404_NOT_FOUND

from tracekit.collector.access import Keys
from tracekit.evals.archive import Archive
from tracekit.query.asking import Askable
from tracekit.query.keeping import Keeping
from tracekit.query.saved import Shelf
from tracekit.store.attachments import Attachments
from tracekit_viewer import responses
from tracekit_viewer.experiments import Experiments
from tracekit_viewer.render import Renderer
from tracekit_viewer.routes import (
    analytics,
    comparing,
    copies,
    datasets,
    experiments,
    live,
    login,
    overlong,
    review,
    saved,
    scores,
    sharing,
    sql,
    static,
    status,
    trace,
    traces,
)
from tracekit_viewer.routes import attachments as files
from tracekit_viewer.viewer import Record, Viewer

_UNFORESEEN = "A fault of tracekit's own; its details are in the output of the process that serves this page."


def _never() -> bool:
    return False


def viewer_routes(
    source: Askable,
    *,
    attachments: Attachments,
    archive: Archive,
    shelf: Shelf,
    version: Callable[[], int],
    record: Record,
    keeping: Callable[[], Keeping],
    closing: Callable[[], bool] = _never,
    keys: Keys | None = None,
) -> list[BaseRoute]:
    """The routes of all pages.

    Args:
        source: what the pages ask: anything with `.sql`. It is called from worker threads, several at a time.
        attachments: the files that spans refer to.
        archive: the runs of evaluations, and their baselines.
        shelf: what people have saved under a name.
        version: a number that grows with each change of what `source` holds; called often, so it must be
            cheap.
        record: makes durable what a person has said of a span, a trace or a session. Awaited in the event loop.
        keeping: looks at the data directory; called by the page of its state.
        closing: whether the server is about to stop: open streams then end at once. Without it they end
            within a minute.
        keys: the words that let a request in, where one is needed: there is a page then that asks for it.
    """
    viewer = Viewer(
        source=source,
        attachments=attachments,
        experiments=Experiments(archive),
        shelf=shelf,
        version=version,
        record=record,
        keeping=keeping,
        closing=closing,
        asks_token=keys is not None,
    )
    parts = (
        scores,
        copies,
        sharing,
        saved,
        review,
        datasets,
        traces,
        trace,
        comparing,
        sql,
        analytics,
        experiments,
        status,
        files,
        live,
        overlong,
        static,
    )
    asking = [] if keys is None else login.routes(viewer, keys)
    return [*asking, *(route for part in parts for route in part.routes(viewer))]


def error_handlers() -> dict[Any, Any]:
    """Starlette exception handlers that show browsers a page and everyone else plain words."""
    renderer = Renderer.load()

    async def refused(request: Request, error: Exception) -> Response:
        known = error if isinstance(error, HTTPException) else HTTPException(500, _UNFORESEEN)
        status = known.status_code
        # Starlette's own words for a missing page say nothing.
        message = f"There is no page at {request.url.path}." if status == HTTP_404_NOT_FOUND else known.detail
        if "text/html" in request.headers.get("accept", ""):
            response = renderer.failure(request, status=status, message=message)
        else:
            response = responses.respond(request, message.encode(), media_type="text/plain", status=status)
        response.headers.update(known.headers or {})
        return response

    return {HTTPException: refused, Exception: refused}
