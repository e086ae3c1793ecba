"""Traces beside each other, with the JSON twin. Owns how an address names them: `a`, `b`, `c`, or a list's ticks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from tracekit.query.comparing import LETTERS, Compared, alike, sides, twin
from tracekit.query.traces import get_span, get_trace
from tracekit_viewer import responses
from tracekit_viewer.comparisons import Comparisons
from tracekit_viewer.presenters.comparing import SHOWN, Asked, comparison, places
from tracekit_viewer.presenters.listing import listing
from tracekit_viewer.presenters.question import question_of
from tracekit_viewer.routes.asking import whole
from tracekit_viewer.viewer import Viewer

LINES = 200
"""Calls that a page brings."""
MOST = 2_000
_LONGEST = 10_000_000
_CANDIDATES = 20
_TWO = 2


def routes(viewer: Viewer) -> list[Route]:
    """The routes of this file."""
    pages = _Pages(viewer)
    table = {"/compare": pages.page, "/compare.json": pages.data}
    return [Route(path, viewer.guarded(endpoint)) for path, endpoint in table.items()]


class _Pages:
    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._comparisons = Comparisons(viewer.source, viewer.version)

    def page(self, request: Request) -> Response:
        ticked = request.query_params.getlist("trace")
        if ticked:  # from a list, newest first: what was there before comes first
            asked = Asked(traces=_traces(tuple(reversed(dict.fromkeys(ticked)))))
            return RedirectResponse(asked.href(), 303, responses.HEADERS)
        asked = _asked(request)
        now = datetime.now(UTC)
        if len(asked.traces) < _TWO:
            return self._choose(request, asked, now)
        view = comparison(self._found(asked), asked, now=now, span=self._span)
        return self._viewer.renderer.page(request, "compare.html", view=view, asked=asked)

    def data(self, request: Request) -> Response:
        asked = _asked(request)
        if len(asked.traces) < _TWO:
            raise HTTPException(400, "Two traces are needed: /compare.json?a=TRACE&b=TRACE.")
        found = self._found(asked)
        chosen = places(found, asked.show)
        more = asked.start + asked.size
        calls = twin(found, chosen[asked.start : more])
        after = more if more < len(chosen) else None
        return responses.data(request, {"traces": sides(found), "calls": calls, "next": after})

    def _choose(self, request: Request, asked: Asked, now: datetime) -> Response:
        """What one trace may be compared with."""
        trace = get_trace(self._viewer.source, asked.traces[0]) if asked.traces else None
        if asked.traces and trace is None:
            raise HTTPException(404, _missing(asked.traces[0]))
        others: list[dict[str, Any]] = []
        if trace is not None:
            others = alike(self._viewer.source, trace, limit=_CANDIDATES)
        rows = listing(others, question=question_of(request.query_params), cursor=None, now=now).rows
        return self._viewer.renderer.page(request, "compare_with.html", trace=trace, rows=rows)

    def _found(self, asked: Asked) -> Compared:
        found = self._comparisons.find(asked.traces)
        if isinstance(found, str):
            raise HTTPException(404, _missing(found))
        return found

    def _span(self, span: Any) -> dict[str, Any]:
        return get_span(self._viewer.source, span["trace_id"], span["span_id"]) or dict(span)


def _asked(request: Request) -> Asked:
    query = request.query_params
    show = query.get("show", "")
    if show not in SHOWN:
        raise HTTPException(400, f"show={show!r} is none of {', '.join(filter(None, SHOWN))}.")
    return Asked(
        traces=_traces(tuple(query[letter] for letter in LETTERS if query.get(letter))),
        show=show,
        start=whole(request, "from", default=0, least=0, most=_LONGEST),
        size=whole(request, "limit", default=LINES, most=MOST),
        row=whole(request, "row", default=0, least=0, most=_LONGEST) if "row" in query else None,
    )


def _traces(given: tuple[str, ...]) -> tuple[str, ...]:
    if len(given) > len(LETTERS):
        raise HTTPException(400, f"{len(given)} traces were chosen; {len(LETTERS)} can stand beside each other.")
    return given


def _missing(trace_id: str) -> str:
    return f"No trace {trace_id!r:.80} is stored here. It may live in another data directory."
