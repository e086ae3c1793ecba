"""`/dataset`: the traces that a filter chooses as rows of an evaluation: a page that says what they are, and the file.

The rows are those of `tracekit eval from-traces`. Refuses more than `MOST` of them, and a search that could not look
everywhere, instead of leaving some out: nobody could see that by the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from tracekit.collector.access import is_own
from tracekit.evals import stored
from tracekit.evals.row import write_row
from tracekit.query import asked
from tracekit.query.conditions import Condition
from tracekit.query.reviewing import Chosen, chosen
from tracekit_viewer import responses
from tracekit_viewer.presenters.dataset import dataset
from tracekit_viewer.presenters.question import Question, question_of
from tracekit_viewer.viewer import Viewer

MOST = 10_000
"""Traces of a file; `tracekit eval from-traces` has no such limit."""
SHOWN = 3
"""Rows that the page shows."""


def routes(viewer: Viewer) -> list[Route]:
    """The routes of this file."""
    pages = _Pages(viewer)
    table = {"/dataset": pages.page, "/dataset.json": pages.data, "/dataset.jsonl": pages.file}
    return [Route(path, viewer.guarded(endpoint)) for path, endpoint in table.items()]


class _Pages:
    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer

    def page(self, request: Request) -> Response:
        question, only = question_of(request.query_params), _expected_only(request)
        found = self._chosen(question, expected_only=only)
        first = list(islice(stored.dataset(self._viewer.source, found.trace_ids, expected_only=only), SHOWN))
        view = dataset(found, first, question=question, expected_only=only, most=MOST)
        return self._viewer.renderer.page(request, "dataset.html", view=view)

    def data(self, request: Request) -> Response:
        question, only = question_of(request.query_params), _expected_only(request)
        found = self._chosen(question, expected_only=only)
        first = islice(stored.dataset(self._viewer.source, found.trace_ids, expected_only=only), SHOWN)
        said: dict[str, Any] = {
            "traces": len(found.trace_ids),
            "more": found.more,
            "unended": found.unended,
            "notice": found.notice,
            "rows": [write_row(row) for row in first],
        }
        return responses.data(request, said)

    def file(self, request: Request) -> Response:
        if not is_own(request.headers):
            raise HTTPException(403, "This did not come from a page of this tracekit, so it was not made.")
        only = _expected_only(request)
        found = self._chosen(question_of(request.query_params), expected_only=only)
        if found.more:
            raise HTTPException(
                413,
                f"More than {MOST:,} traces fit, the most that a file from here has. Narrow the list down, or let "
                "`tracekit eval from-traces` write them all.",
            )
        if found.notice is not None:
            raise HTTPException(
                503, f"The search could not look everywhere, so the file would lack rows: {found.notice}"
            )
        headers = {
            **responses.HEADERS,
            "cache-control": responses.PRIVATE,
            "content-disposition": 'attachment; filename="tracekit.jsonl"',
        }
        lines = self._lines(found, expected_only=only)
        return StreamingResponse(lines, media_type="application/jsonl", headers=headers)

    def _lines(self, found: Chosen, *, expected_only: bool) -> Iterator[bytes]:
        rows = stored.dataset(self._viewer.source, found.trace_ids, expected_only=expected_only)
        return (stored.line(row).encode() for row in rows)

    def _chosen(self, question: Question, *, expected_only: bool) -> Chosen:
        filters = asked.parse(question.text)
        if expected_only:  # of no other trace has a person said what was right
            filters = replace(filters, conditions=(*filters.conditions, Condition(field="has", value="review")))
        return chosen(self._viewer.source, filters, sort=question.sort, limit=MOST)


def _expected_only(request: Request) -> bool:
    given = request.query_params.get("expected", "")
    if given not in {"", "only"}:
        raise HTTPException(400, f"expected={given!r:.40} is unknown; write expected=only, or leave it out.")
    return given == "only"
