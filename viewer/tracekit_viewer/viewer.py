"""What every endpoint stands on: the source, its version, the templates, and how a failure becomes a page.

Owns the way from an error to an answer. Refuses to show a traceback: an error of ours that nobody foresaw is
the server's to log.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import wraps

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from tracekit.collector.durable import NotDurableError
from tracekit.errors import QueryError, StoreBusyError, TracekitError, UsageError
from tracekit.model import Score
from tracekit.query.asking import Askable
from tracekit.query.keeping import Keeping
from tracekit.query.saved import Shelf
from tracekit.store.attachments import Attachments
from tracekit_viewer.experiments import Experiments
from tracekit_viewer.kept import Kept
from tracekit_viewer.outlines import Outlines
from tracekit_viewer.render import Renderer

Endpoint = Callable[[Request], Response]
Record = Callable[[Score], Awaitable[None]]
"""Makes a score durable; it is stored by then, or will be."""
_FINDS = 32
"""Answers of what was looked for in traces that are kept, each of at most as many ids as its trace has spans."""


@dataclass(slots=True, frozen=True, kw_only=True)
class Viewer:
    """The parts that endpoints share."""

    source: Askable
    attachments: Attachments
    experiments: Experiments
    shelf: Shelf
    version: Callable[[], int]
    closing: Callable[[], bool]
    record: Record
    keeping: Callable[[], Keeping]
    asks_token: bool = False
    renderer: Renderer = field(default_factory=Renderer.load)
    outlines: Outlines = field(init=False)
    finds: Kept = field(default_factory=lambda: Kept(_FINDS))

    def __post_init__(self) -> None:
        object.__setattr__(self, "outlines", Outlines(source=self.source, version=self.version))

    def guarded(self, endpoint: Endpoint) -> Endpoint:
        """An endpoint whose foreseen errors become pages.

        No coroutine, so Starlette runs it in a worker thread: the source blocks, the event loop must not.
        """

        @wraps(endpoint)
        def answer(request: Request) -> Response:
            try:
                return endpoint(request)
            except HTTPException as error:
                return self.renderer.failure(request, status=error.status_code, message=error.detail)
            except TracekitError as error:
                return self.renderer.failure(request, status=status_of(error), message=str(error))

        return answer


def status_of(error: TracekitError) -> int:
    """The HTTP status of the page that tells of an error."""
    match error:
        case QueryError() | UsageError():
            return 400
        case StoreBusyError() | NotDurableError():
            return 503
        case _:
            return 500
