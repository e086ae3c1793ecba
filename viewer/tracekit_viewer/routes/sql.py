"""`/sql`: a person's own question, read-only, within a time, and its rows as a page or as a file.

A query that a link of another site brings along is shown and not run.
"""

from __future__ import annotations

import io
import time
from functools import cached_property
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tracekit.collector.access import is_own
from tracekit.errors import QueryError
from tracekit.query import forms
from tracekit.query.asking import Words, columns, words
from tracekit.query.saved import QUERIES
from tracekit.store import Result
from tracekit_viewer import responses
from tracekit_viewer.presenters.plot import plot
from tracekit_viewer.presenters.sql import ROWS, SHOWN, answered, asked
from tracekit_viewer.routes.asking import whole
from tracekit_viewer.viewer import Viewer

MOST = 10_000
FILE_ROWS = 100_000
"""Rows of a file: more are refused, not cut off, since nobody could see it by the file."""
SECONDS = 10.0
_FILES = {"csv": (forms.write_csv, "text/csv"), "parquet": (forms.write_parquet, "application/vnd.apache.parquet")}


def routes(viewer: Viewer) -> list[Route]:
    """The routes of this file."""
    pages = _Pages(viewer)
    table = {
        "/sql": pages.page,
        "/sql.json": pages.data,
        "/sql.csv": pages.csv,
        "/sql.parquet": pages.parquet,
        "/sql/words.json": pages.words,
    }
    return [Route(path, viewer.guarded(endpoint)) for path, endpoint in table.items()]


class _Pages:
    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer

    @cached_property
    def _views(self) -> dict[str, list[tuple[str, str]]]:
        """As long as this process runs, they are what they are."""
        return columns(self._viewer.source)

    @cached_property
    def _words(self) -> Words:
        return words(self._viewer.source)

    def page(self, request: Request) -> Response:
        query = request.query_params.get("q", "")
        limit = whole(request, "limit", default=ROWS, most=MOST)
        show = request.query_params.get("show", "")
        if show not in SHOWN:
            raise HTTPException(400, f"show={show!r:.40} is none of {', '.join(filter(None, SHOWN))}.")
        view = asked(
            query,
            limit=limit,
            show=show,
            seconds=SECONDS,
            views=self._views,
            saved=self._viewer.shelf.kept(QUERIES),
        )
        result, error, took = None, None, 0.0
        own = is_own(request.headers)
        if query.strip() and own:
            began = time.perf_counter()
            try:
                result = self._viewer.source.ask(query, limit=limit, seconds=SECONDS)
            except QueryError as refused:
                error = str(refused)
            took = (time.perf_counter() - began) * 1_000
        table = answered(result, ms=took) if result is not None else None
        return self._viewer.renderer.page(
            request,
            "sql.html",
            view=view,
            table=table,
            drawn=plot(result) if result is not None and show == "chart" else None,
            error=error,
            held=bool(query.strip()) and not own,
        )

    def data(self, request: Request) -> Response:
        result = self._ask(request, whole(request, "limit", default=ROWS, most=FILE_ROWS))
        rows = [
            [forms.plain(value, kind) for value, kind in zip(row, result.types, strict=True)] for row in result.rows
        ]
        said: dict[str, Any] = {
            "columns": [{"name": name, "type": kind} for name, kind in zip(result.columns, result.types, strict=True)],
            "rows": rows,
            "truncated": result.truncated,
        }
        return responses.data(request, said)

    def words(self, request: Request) -> Response:
        said = {"views": self._views, "keywords": self._words.keywords, "functions": self._words.functions}
        return responses.data(request, said)

    def csv(self, request: Request) -> Response:
        return self._file(request, "csv")

    def parquet(self, request: Request) -> Response:
        return self._file(request, "parquet")

    def _file(self, request: Request, form: str) -> Response:
        result = self._ask(request, FILE_ROWS)
        if result.truncated:
            raise HTTPException(
                413,
                f"There are more than {FILE_ROWS:,} rows, the most that a file from here has. "
                f"`tracekit sql --format {form} --output FILE` writes them all.",
            )
        write, media_type = _FILES[form]
        body = io.BytesIO()
        write(result, body, False)
        response = responses.respond(request, body.getvalue(), media_type=media_type)
        response.headers["content-disposition"] = f'attachment; filename="tracekit.{form}"'
        return response

    def _ask(self, request: Request, limit: int) -> Result:
        query = request.query_params.get("q", "")
        if not query.strip():
            raise HTTPException(400, "There is no query: give it as ?q=.")
        if not is_own(request.headers):
            raise HTTPException(403, "This did not come from a page of this tracekit, so it was not run.")
        return self._viewer.source.ask(query, limit=limit, seconds=SECONDS)
