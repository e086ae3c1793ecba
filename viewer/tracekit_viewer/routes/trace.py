"""The page of one trace, the parts of it that scripts fetch, and their JSON twins.

Owns how an address says what of a trace is to be seen. Refuses what it does not understand instead of correcting it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, get_args

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tracekit.query.finding import Finding, find
from tracekit.query.neighbours import neighbours
from tracekit.query.traces import get_logs, get_scores, get_span, get_summary, get_trace
from tracekit_viewer import responses
from tracekit_viewer.outlines import Outline
from tracekit_viewer.presenters.heading import heading
from tracekit_viewer.presenters.judging import judging
from tracekit_viewer.presenters.panel import panel
from tracekit_viewer.presenters.timing import timing, waits
from tracekit_viewer.presenters.waterfall import Show, Waterfall, waterfall
from tracekit_viewer.presenters.window import ROWS, Asked, Hits, rows_at, window
from tracekit_viewer.routes.asking import whole
from tracekit_viewer.viewer import Viewer

MOST = 2_000
"""Rows of a page, and of a part of one."""
TEXTS = ("", "markdown")
_LONGEST = 10_000_000
_RANGE = re.compile(r"(\d{1,8})(?:-(\d{1,8}))?")


def routes(viewer: Viewer) -> list[Route]:
    """The routes of this file, most specific first."""
    pages = _Pages(viewer)
    table = {
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

    def trace(self, request: Request) -> Response:
        version = self._viewer.version()  # before the question: a commit in between is seen as news, not missed
        trace = self._summary(request)
        asked = _asked(request)
        # A page that says it is of no version is asked for anew at once, and is whole then.
        outline = self._viewer.outlines.of(trace, whole=asked.show == "critical" or "from" in request.query_params)
        tree = outline.tree
        found, hits = self._found(trace, tree, asked)
        first = tree.nesting.stems[min(hits)].span_id if hits else None
        span = self._span(trace["trace_id"], asked.span or first or tree.first_error or tree.root)
        now = datetime.now(UTC)
        return self._viewer.renderer.page(
            request,
            "trace.html",
            head=heading(trace, now=now),
            beside=neighbours(self._viewer.source, trace),
            tree=tree,
            map=outline.map,
            window=window(tree, asked, picked=span["span_id"], hits=hits),
            found=found,
            trace_id=trace["trace_id"],
            picked=span["span_id"],
            asked=asked,
            clock=round(now.timestamp() * 1_000),
            version=version if outline.map is not None else "rows",
            **self._panel(span, outline, asked, now),
        )

    def rows_fragment(self, request: Request) -> Response:
        trace = self._summary(request)
        asked = _asked(request)
        tree = self._viewer.outlines.of(trace).tree
        return self._viewer.renderer.page(
            request,
            "rows.html",
            rows=rows_at(
                tree,
                asked.show,
                _indices(request.query_params.get("at", "")),
                hits=self._found(trace, tree, asked)[1],
            ),
            trace_id=trace["trace_id"],
            picked=None,
            asked=asked,
            folding=None,
        )

    def trace_data(self, request: Request) -> Response:
        trace = get_trace(self._viewer.source, request.path_params["trace_id"])
        if trace is None:
            raise _missing(request)
        beside = neighbours(self._viewer.source, trace)
        session = None if beside is None else beside.data()
        return responses.data(request, {**trace, **waits(waterfall(trace["spans"])), "session": session})

    def span_fragment(self, request: Request) -> Response:
        trace = self._summary(request)
        span = self._span(trace["trace_id"], request.path_params["span_id"])
        outline = self._viewer.outlines.of(trace)
        asked = _asked(request)
        return self._viewer.renderer.page(
            request, "panel.html", asked=asked, **self._panel(span, outline, asked, datetime.now(UTC))
        )

    def span_data(self, request: Request) -> Response:
        span = self._span(request.path_params["trace_id"], request.path_params["span_id"])
        return responses.data(request, span)

    def _found(self, trace: Mapping[str, Any], tree: Waterfall, asked: Asked) -> tuple[Finding | None, Hits]:
        """What is looked for: the spans that hold it, and their places."""
        if not asked.find:
            return None, None
        key = (
            trace["trace_id"],
            asked.find,
            self._viewer.version(),
        )  # rows are fetched part by part: texts are read once
        found: Finding = self._viewer.finds.get(
            key, lambda: find(self._viewer.source, trace, tree.nesting.stems, asked.find)
        )
        return found, frozenset(tree.known[each] for each in found.ids if each in tree.known)

    def _panel(self, span: dict[str, Any], outline: Outline, asked: Asked, now: datetime) -> dict[str, Any]:
        return {
            "panel": panel(span, now=now, attachments=self._viewer.attachments, markdown=asked.text == "markdown"),
            "judged": judging(span, now=now),
            "timing": timing(outline.tree, span["span_id"]),
        }

    def _summary(self, request: Request) -> Mapping[str, Any]:
        trace = get_summary(self._viewer.source, request.path_params["trace_id"])
        if trace is None:
            raise _missing(request)
        return trace

    def _span(self, trace_id: str, span_id: str) -> dict[str, Any]:
        return whole_span(self._viewer, trace_id, span_id)


def whole_span(viewer: Viewer, trace_id: str, span_id: str) -> dict[str, Any]:
    """A span with every column, the log records that name it, and what was said of it.

    Raises:
        HTTPException: there is no such span.
    """
    span = get_span(viewer.source, trace_id, span_id)
    if span is None:
        raise HTTPException(404, f"Trace {trace_id!r} has no span {span_id!r}.")
    scores = get_scores(viewer.source, trace_id, span["session_id"])
    return {**span, "logs": get_logs(viewer.source, trace_id, span_id), "scores": scores}


def _missing(request: Request) -> HTTPException:
    trace_id = request.path_params["trace_id"]
    return HTTPException(404, f"No trace {trace_id!r} is stored here. It may live in another data directory.")


def _asked(request: Request) -> Asked:
    query = request.query_params
    text = query.get("text", "")
    if text not in TEXTS:
        raise HTTPException(400, f"text={text!r:.80} is not markdown; leave it out to see texts as they are.")
    return Asked(
        span=query.get("span") or None,
        show=_show(query.get("show", "all")),
        find=query.get("find", "").strip(),
        text=text,
        fold=query.getlist("fold"),
        open=query.getlist("open"),
        start=whole(request, "from", default=0, least=0, most=_LONGEST) if "from" in query else None,
        rows=whole(request, "rows", default=ROWS, most=MOST),
    )


def _show(word: str) -> Show:
    found: Show | None = next((each for each in get_args(Show) if each == word), None)
    if found is None:
        raise HTTPException(400, f"show={word!r:.80} is none of {', '.join(get_args(Show))}.")
    return found


def _indices(text: str) -> list[int]:
    """`0-39,50` as places of rows.

    Raises:
        HTTPException: it is something else, or asks for more than `MOST`.
    """
    found: list[int] = []
    for part in text.split(","):
        match = _RANGE.fullmatch(part)
        first = int(match[1]) if match else 0
        last = int(match[2] or first) if match else -1
        if last < first or len(found) + last - first >= MOST:
            raise HTTPException(400, f"at={text!r:.80} names no rows, or more than {MOST:,}; write it as 0-39,50.")
        found += range(first, last + 1)
    return found
