"""The list of traces and the page of one, each with its JSON twin.

Owns how a URL becomes a question to the store. Refuses a page size it cannot serve instead of correcting it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from tracekit.errors import QueryError, UsageError
from tracekit.query import asked
from tracekit.query.details import Details, details
from tracekit.query.facets import Facets, facets
from tracekit.query.filters import Filters
from tracekit.query.saved import VIEWS
from tracekit.query.traces import TracePage, get_logs, get_scores, get_span, get_trace, list_traces
from tracekit_viewer import responses
from tracekit_viewer.presenters.columns import attributes_of, canonical, columns_of
from tracekit_viewer.presenters.heading import heading
from tracekit_viewer.presenters.judging import judging
from tracekit_viewer.presenters.listing import listing
from tracekit_viewer.presenters.panel import panel
from tracekit_viewer.presenters.question import Question, question_of
from tracekit_viewer.presenters.waterfall import waterfall
from tracekit_viewer.routes.asking import whole
from tracekit_viewer.viewer import Viewer

PAGE = 50
MOST = 500
ROWS = 500
"""Spans of a trace that a page or a part of one brings; the page fetches the next ones when they come into view."""
_AFTER = 50
"""Rows below the chosen span that come with it."""
_LONGEST = 1_000_000


def routes(viewer: Viewer) -> list[Route]:
    """The routes of this file, most specific first."""
    pages = _Pages(viewer)
    table = {
        "/": pages.listing,
        "/traces": pages.listing,
        "/traces.json": pages.listing_data,
        "/traces/{trace_id}/spans/{span_id}.json": pages.span_data,
        "/traces/{trace_id}/spans/{span_id}.html": pages.span_fragment,
        "/traces/{trace_id}/rows.html": pages.rows_fragment,
        "/traces/{trace_id}.json": pages.trace_data,
        "/traces/{trace_id}": pages.trace,
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
        problem, page, more, counted, columns = None, TracePage(), Details(), Facets(facets=[]), columns_of("")
        try:
            columns = columns_of(question.columns)
            filters = asked.parse(question.text, now=now)
            page = self._list(request, question, filters)
            more = details(self._viewer.source, page.traces, attributes=attributes_of(columns))
            counted = facets(self._viewer.source, filters)
        except (UsageError, QueryError) as error:
            problem = str(error)
        view = listing(
            page.traces,
            question=question,
            details=more,
            facets=counted.facets,
            cursor=page.next,
            now=now,
            columns=columns,
            views=self._viewer.shelf.kept(VIEWS),
        )
        origin = str(request.base_url).rstrip("/")
        return self._viewer.renderer.page(
            request,
            "traces.html",
            status=200 if problem is None else 400,
            view=view,
            problem=problem,
            notice=page.notice,
            counted=counted.notice,
            version=version,
            origin=origin,
        )

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

    def trace(self, request: Request) -> Response:
        version = self._viewer.version()
        trace = self._trace(request)
        tree = waterfall(trace["spans"])
        wanted = request.query_params.get("span") or tree.first_error or tree.root
        span = self._span(trace["trace_id"], wanted)
        asked = whole(request, "rows", default=ROWS, most=_LONGEST)
        now = datetime.now(UTC)
        return self._viewer.renderer.page(
            request,
            "trace.html",
            head=heading(trace, now=now),
            tree=tree,
            trace_id=trace["trace_id"],
            picked=span["span_id"],
            start=0,
            until=max(ROWS, asked, tree.place(wanted) + _AFTER),
            panel=panel(span, now=now, attachments=self._viewer.attachments),
            judged=judging(span, now=now),
            version=version,
        )

    def rows_fragment(self, request: Request) -> Response:
        start = whole(request, "from", default=0, most=_LONGEST)
        trace = self._trace(request)
        return self._viewer.renderer.page(
            request,
            "rows.html",
            tree=waterfall(trace["spans"]),
            trace_id=trace["trace_id"],
            picked=None,
            start=start,
            until=start + ROWS,
        )

    def trace_data(self, request: Request) -> Response:
        return responses.data(request, self._trace(request))

    def span_fragment(self, request: Request) -> Response:
        span = self._span(request.path_params["trace_id"], request.path_params["span_id"])
        now = datetime.now(UTC)
        made = panel(span, now=now, attachments=self._viewer.attachments)
        return self._viewer.renderer.page(request, "panel.html", panel=made, judged=judging(span, now=now))

    def span_data(self, request: Request) -> Response:
        span = self._span(request.path_params["trace_id"], request.path_params["span_id"])
        return responses.data(request, span)

    def _list(self, request: Request, question: Question, filters: Filters) -> TracePage:
        return list_traces(
            self._viewer.source,
            limit=whole(request, "limit", default=PAGE, most=MOST),
            cursor=request.query_params.get("cursor"),
            filters=filters,
            sort=question.sort,
        )

    def _trace(self, request: Request) -> dict[str, Any]:
        trace_id = request.path_params["trace_id"]
        trace = get_trace(self._viewer.source, trace_id)
        if trace is None:
            raise HTTPException(404, f"No trace {trace_id!r} is stored here. It may live in another data directory.")
        return trace

    def _span(self, trace_id: str, span_id: str) -> dict[str, Any]:
        span = get_span(self._viewer.source, trace_id, span_id)
        if span is None:
            raise HTTPException(404, f"Trace {trace_id!r} has no span {span_id!r}.")
        source = self._viewer.source
        scores = get_scores(source, trace_id, span["session_id"])
        return {**span, "logs": get_logs(source, trace_id, span_id), "scores": scores}
