"""`/review`: the traces of a filter one after the other, each to be judged; every step is an address.

    /review?q=FILTER                 leads to the first of which no person has said anything yet
    /review?q=FILTER&trace=ID        that one
    /review?q=FILTER&after=ID        leads to the next such one, or to the end

A judgement is a form of its own (`POST /scores`), which comes back here by its `back`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from tracekit.evals import stored
from tracekit.query import asked
from tracekit.query.reviewing import Queue, queue
from tracekit.query.traces import get_scores, get_span, get_trace
from tracekit_viewer import responses
from tracekit_viewer.presenters.judging import judging
from tracekit_viewer.presenters.question import Question, question_of
from tracekit_viewer.presenters.reviewing import PATH, ended, reviewing
from tracekit_viewer.viewer import Viewer


def routes(viewer: Viewer) -> list[Route]:
    """The routes of this file."""
    pages = _Pages(viewer)
    table = {PATH: pages.page, f"{PATH}.json": pages.data}
    return [Route(path, viewer.guarded(endpoint)) for path, endpoint in table.items()]


class _Pages:
    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer

    def page(self, request: Request) -> Response:
        question, trace_id = question_of(request.query_params), request.query_params.get("trace")
        if trace_id:
            return self._trace(request, question, trace_id)
        found, target = self._next(request, question)
        if target is not None:
            return RedirectResponse(question.elsewhere(PATH, trace=target), 303, responses.HEADERS)
        view = ended(found, question=question)
        return self._viewer.renderer.page(request, "review_end.html", view=view)

    def data(self, request: Request) -> Response:
        question, trace_id = question_of(request.query_params), request.query_params.get("trace")
        found, target = (self._queue(question, trace_id), trace_id) if trace_id else self._next(request, question)
        said: dict[str, Any] = {
            name: getattr(found, name) for name in ("total", "reviewed", "passed_over", "notice", "place", "before")
        }
        return responses.data(request, {"trace": target, **said, "next": found.next if trace_id else None})

    def _next(self, request: Request, question: Question) -> tuple[Queue, str | None]:
        """How far the review is, and the trace that is to be judged now."""
        after = request.query_params.get("after")
        found = self._queue(question, after)
        return found, found.next if found.is_stored else found.first

    def _trace(self, request: Request, question: Question, trace_id: str) -> Response:
        source, now = self._viewer.source, datetime.now(UTC)
        trace = get_trace(source, trace_id)
        if trace is None:
            raise HTTPException(404, f"No trace {trace_id!r:.80} is stored here. It may have been forgotten meanwhile.")
        found = self._queue(question, trace_id)
        row = next(stored.dataset(source, [trace_id]), None)
        root = next((each for each in trace["spans"] if each["parent_span_id"] is None), trace["spans"][0])
        span = get_span(source, trace_id, root["span_id"]) or root
        judged = judging({**span, "scores": get_scores(source, trace_id, trace["session_id"])}, now=now)
        view = reviewing(trace, row, found, question=question, now=now)
        onward, stay = view.onward, view.here
        return self._viewer.renderer.page(request, "review.html", view=view, judged=judged, onward=onward, stay=stay)

    def _queue(self, question: Question, at: str | None) -> Queue:
        return queue(self._viewer.source, asked.parse(question.text), sort=question.sort, at=at)
