"""What every endpoint stands on: the source, its version, the templates, and how a failure becomes a page.

Owns the way from a request to the blocking source (always through a worker thread) and from an error to an
answer. Refuses to show a traceback: an error of ours that nobody foresaw is the server's to log.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import ParamSpec, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from tracekit.errors import QueryError, StoreBusyError, TracekitError, UsageError
from tracekit.query.traces import Queryable
from tracekit_viewer.render import Renderer

P = ParamSpec("P")
T = TypeVar("T")
Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(slots=True, frozen=True, kw_only=True)
class Viewer:
    """The parts that endpoints share."""

    source: Queryable
    version: Callable[[], int]
    closing: Callable[[], bool]
    renderer: Renderer = field(default_factory=Renderer.load)

    async def ask(self, question: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Put a question to the source in a worker thread: it blocks, and the event loop serves everyone."""
        return await run_in_threadpool(question, *args, **kwargs)

    def guarded(self, endpoint: Endpoint) -> Endpoint:
        """An endpoint whose foreseen errors become pages."""

        @wraps(endpoint)
        async def answer(request: Request) -> Response:
            try:
                return await endpoint(request)
            except HTTPException as error:
                return self.renderer.failure(request, status=error.status_code, message=error.detail)
            except TracekitError as error:
                return self.renderer.failure(request, status=_status(error), message=str(error))

        return answer


def _status(error: TracekitError) -> int:
    match error:
        case QueryError() | UsageError():
            return 400
        case StoreBusyError():
            return 503
        case _:
            return 500
