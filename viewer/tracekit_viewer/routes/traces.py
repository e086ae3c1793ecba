"""The list of traces, with its JSON twin.

Owns how a URL becomes a question to the store. Refuses a page size it cannot serve instead of correcting it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from tracekit.errors import QueryError, UsageError
from tracekit.query import asked
from tracekit.query.details import Details, details
from tracekit.query.facets import facets
from tracekit.query.filters import Filters
from tracekit.query.resolve import stored
from tracekit.query.saved import VIEWS
from tracekit.query.traces import TracePage, list_traces
from tracekit_viewer import responses
from tracekit_viewer.presenters.columns import attributes_of, canonical, columns_of
from tracekit_viewer.presenters.listing import listing
from tracekit_viewer.presenters.losses import Lost, lost, traces_of
from tracekit_viewer.presenters.question import Question, question_of
from tracekit_viewer.routes.asking import whole
from tracekit_viewer.viewer import Viewer

PAGE = 50
MOST = 500
_LATE = timedelta(days=7)
"""How long the front page of the list tells of an evaluation that lost something."""


def routes(viewer: Viewer) -> list[Route]:
    """The routes of this file, most specific first."""
    pages = _Pages(viewer)
    table = {
        "/": pages.listing,
        "/traces": pages.listing,
        "/traces.json": pages.listing_data,
    }
    return [Route(path, viewer.guarded(endpoint)) for path, endpoint in table.items()]


class _Pages:
    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer

    def listing(self, request: Request) -> Response:
        version = self._viewer.version()  # before the question: a commit in between is seen as news, not missed
        question = question_of(request.query_params)
        ticked = request.query_params.getlist("columns")
        if len(ticked) > 1:  # from the form, one by one: the address that can be sent has them all at once
            chosen = replace(question, columns=canonical(ticked))
            return RedirectResponse(chosen.url(), 303, responses.HEADERS)
        now = datetime.now(UTC).astimezone()
        problem, page, more, counted, columns = None, TracePage(), Details(), None, columns_of("")
        try:
            columns = columns_of(question.columns)
            filters = asked.parse(question.text, now=now)
            page = self._list(request, question, filters)
            more = details(self._viewer.source, page.traces, attributes=attributes_of(columns))
            if request.query_params.get("facets"):
                counted = facets(self._viewer.source, filters)
        except (UsageError, QueryError) as error:
            problem = str(error)
        view = listing(
            page.traces,
            question=question,
            details=more,
            facets=None if counted is None else counted.facets,
            cursor=page.next,
            now=now,
            columns=columns,
            views=self._viewer.shelf.kept(VIEWS),
        )
        origin = str(request.base_url).rstrip("/")
        front = not question.text and not question.cursor
        return self._viewer.renderer.page(
            request,
            "traces.html",
            status=200 if problem is None else 400,
            view=view,
            problem=problem,
            notice=page.notice,
            counted=None if counted is None else counted.notice,
            version=version,
            origin=origin,
            losses=self._losses(now) if front else [],
        )

    def _losses(self, now: datetime) -> list[Lost]:
        """What evaluations have lost of late."""
        found = self._viewer.experiments.losses(since=now - _LATE)
        return lost(found, stored=stored(self._viewer.source, traces_of(found)))

    def listing_data(self, request: Request) -> Response:
        question = question_of(request.query_params)
        filters = asked.parse(question.text)
        found = self._list(request, question, filters)
        named = attributes_of(columns_of(question.columns))
        more = details(self._viewer.source, found.traces, attributes=named)
        answer: dict[str, Any] = {"traces": found.traces, "next": found.next, "notice": found.notice}
        answer |= {"scores": more.scores, "failures": more.failures}
        if named:
            answer["attributes"] = more.attributes
        if request.query_params.get("facets"):
            counted = facets(self._viewer.source, filters)
            answer["facets"] = {
                each.name: {"values": dict(each.values), "others": each.others} for each in counted.facets
            }
            answer["counted"] = counted.notice
        return responses.data(request, answer)

    def _list(self, request: Request, question: Question, filters: Filters) -> TracePage:
        return list_traces(
            self._viewer.source,
            limit=whole(request, "limit", default=PAGE, most=MOST),
            cursor=request.query_params.get("cursor"),
            filters=filters,
            sort=question.sort,
        )
