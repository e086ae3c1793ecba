"""The pages of sums, each with its JSON twin: overview, models and cost, errors, tools, sessions, users."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tracekit import config
from tracekit.query import analytics
from tracekit.query.analytics import By
from tracekit.query.savings import Saving, savings
from tracekit.query.traces import get_scores
from tracekit_viewer import responses
from tracekit_viewer.presenters import sessions as conversations
from tracekit_viewer.presenters import sums
from tracekit_viewer.presenters.overview import overview
from tracekit_viewer.presenters.timerange import TimeRange, chosen
from tracekit_viewer.routes.asking import whole
from tracekit_viewer.viewer import Endpoint, Viewer

SIZE = 100
"""Rows of a page, unless it is asked for others."""
TURNS = 40
PACE = 2_000
"""Milliseconds that pass at least before an open page asks for its sums again."""
MOST = 500
_LONGEST = 10_000_000


def routes(viewer: Viewer) -> list[Route]:
    """The routes of this file, most specific first."""
    pages = _Pages(viewer)
    table = {
        "/overview": pages.overview,
        "/overview.json": pages.overview_data,
        "/models": pages.models,
        "/models.json": pages.models_data,
        "/errors": pages.errors,
        "/errors.json": pages.errors_data,
        "/errors/{fingerprint}.json": pages.error_data,
        "/errors/{fingerprint}": pages.error,
        "/tools": pages.tools,
        "/tools.json": pages.tools_data,
        "/sessions": pages.sessions,
        "/sessions.json": pages.sessions_data,
        "/sessions/{session_id:path}.json": pages.session_data,
        "/sessions/{session_id:path}": pages.session,
        "/users": pages.users,
        "/users.json": pages.users_data,
    }
    return [Route(path, viewer.guarded(_at_version(viewer, endpoint))) for path, endpoint in table.items()]


def _at_version(viewer: Viewer, endpoint: Endpoint) -> Endpoint:
    """An endpoint whose page says of which version of the store it is: what comes in meanwhile is news, not missed."""

    def answer(request: Request) -> Response:
        request.state.version = viewer.version()
        return endpoint(request)

    return answer


class _Pages:
    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._source = viewer.source

    def overview(self, request: Request) -> Response:
        time = self._time(request)
        found = analytics.overview(self._source, time.window, seconds=time.seconds)
        return self._page(request, "overview.html", view=overview(found, time))

    def overview_data(self, request: Request) -> Response:
        time = self._time(request)
        found = analytics.overview(self._source, time.window, seconds=time.seconds)
        said = {
            name: {"whole": _timed(part.whole), "buckets": [_timed(row) for row in part.rows]}
            for name, part in (("traces", found.traces), ("calls", found.calls))
        }
        return self._data(request, time, {"seconds": time.seconds, **said})

    def models(self, request: Request) -> Response:
        time, by, asked = self._time(request, "by"), _by(request), _asked(request)
        found, saved = analytics.usage(self._source, time.window, by=by, **asked), self._saved(time, by)
        return self._table(request, sums.usage(found, saved, by=by, time=time, **_shown(asked)))

    def models_data(self, request: Request) -> Response:
        time, by, asked = self._time(request), _by(request), _asked(request)
        found, saved = analytics.usage(self._source, time.window, by=by, **asked), self._saved(time, by)
        rows = [_with_saving(row, saved.get(row["key"])) for row in found.rows]
        return self._data(request, time, {"by": by, "rows": rows, "whole": found.whole, **_next(found.total, asked)})

    def errors(self, request: Request) -> Response:
        time, asked = self._time(request), _asked(request)
        found = analytics.errors(self._source, time.window, limit=asked["limit"], skip=asked["skip"])
        return self._table(request, sums.errors(found, time=time, now=datetime.now(UTC), **_shown(asked)))

    def errors_data(self, request: Request) -> Response:
        time, asked = self._time(request), _asked(request)
        found = analytics.errors(self._source, time.window, limit=asked["limit"], skip=asked["skip"])
        return self._data(request, time, {"errors": found.rows, "failed": found.all, **_next(found.total, asked)})

    def error(self, request: Request) -> Response:
        time, asked = self._time(request), _asked(request)
        kind, rows = self._error(request, time, asked)
        view = sums.affected(rows, kind, time=time, now=datetime.now(UTC), **_shown(asked))
        return self._page(request, "sumpage.html", view=view, kind=kind)

    def error_data(self, request: Request) -> Response:
        time, asked = self._time(request), _asked(request)
        kind, rows = self._error(request, time, asked)
        more = _next(kind["traces"], asked)
        return self._data(request, time, {**kind, "affected": rows, **more})

    def tools(self, request: Request) -> Response:
        time, asked = self._time(request), _asked(request)
        found = analytics.tools(self._source, time.window, **asked)
        return self._table(request, sums.tools(found, time=time, now=datetime.now(UTC), **_shown(asked)))

    def tools_data(self, request: Request) -> Response:
        time, asked = self._time(request), _asked(request)
        found = analytics.tools(self._source, time.window, **asked)
        return self._data(request, time, {"tools": found.rows, "calls": found.all, **_next(found.total, asked)})

    def sessions(self, request: Request) -> Response:
        time, asked = self._time(request, "user_id"), _asked(request)
        user = request.query_params.get("user_id") or None
        found = analytics.sessions(self._source, time.window, user=user, **asked)
        now = datetime.now(UTC)
        return self._table(request, conversations.sessions(found, time=time, user=user, now=now, **_shown(asked)))

    def sessions_data(self, request: Request) -> Response:
        time, asked = self._time(request), _asked(request)
        user = request.query_params.get("user_id") or None
        found = analytics.sessions(self._source, time.window, user=user, **asked)
        return self._data(request, time, {"sessions": found.rows, **_next(found.total, asked)})

    def session(self, request: Request) -> Response:
        session_id, whole_of, asked = self._session(request)
        rows = analytics.turns(self._source, session_id, **asked)
        scores, now = get_scores(self._source, "", session_id), datetime.now(UTC)
        view = conversations.conversation(session_id, whole_of, rows, scores=scores, now=now, **_shown(asked))
        return self._page(request, "session.html", view=view)

    def session_data(self, request: Request) -> Response:
        session_id, whole_of, asked = self._session(request)
        rows = analytics.turns(self._source, session_id, **asked)
        more = _next(whole_of["traces"], asked)
        said = {"session_id": session_id, "whole": whole_of, "traces": rows}
        return responses.data(request, {**said, "scores": get_scores(self._source, "", session_id), **more})

    def users(self, request: Request) -> Response:
        time, asked = self._time(request), _asked(request)
        found = analytics.users(self._source, time.window, **asked)
        return self._table(request, sums.users(found, time=time, now=datetime.now(UTC), **_shown(asked)))

    def users_data(self, request: Request) -> Response:
        time, asked = self._time(request), _asked(request)
        found = analytics.users(self._source, time.window, **asked)
        return self._data(request, time, {"users": found.rows, **_next(found.total, asked)})

    def _time(self, request: Request, *keep: str) -> TimeRange:
        bounds = analytics.bounds(self._source)
        path = request.url.path
        return chosen(request.query_params, path=path, bounds=bounds, now=datetime.now(UTC), keep=keep)

    def _saved(self, time: TimeRange, by: By) -> dict[str | None, Saving]:
        prices = config.setting("prices").value
        return savings(analytics.cached(self._source, time.window, by=by), Path(prices) if prices else None)

    def _error(
        self, request: Request, time: TimeRange, asked: Mapping[str, int]
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        fingerprint = request.path_params["fingerprint"]
        found = analytics.errors(self._source, time.window, fingerprint=fingerprint)
        if not found.rows:
            raise HTTPException(
                404, f"No span failed in the way {fingerprint!r:.40} in {time.words}; try a longer time."
            )
        return found.rows[0], analytics.error_traces(self._source, time.window, fingerprint=fingerprint, **asked)

    def _session(self, request: Request) -> tuple[str, dict[str, Any], dict[str, int]]:
        session_id = request.path_params["session_id"]
        found = analytics.session(self._source, session_id)
        if found is None:
            raise HTTPException(404, f"No trace of a session {session_id!r:.200} is stored here.")
        return session_id, found, _asked(request, size=TURNS)

    def _table(self, request: Request, view: sums.View) -> Response:
        return self._page(request, "sumpage.html", view=view)

    def _page(self, request: Request, template: str, **context: Any) -> Response:
        return self._viewer.renderer.page(request, template, version=request.state.version, pace=PACE, **context)

    def _data(self, request: Request, time: TimeRange, said: Mapping[str, Any]) -> Response:
        return responses.data(request, {"since": time.window.since, "until": time.window.until, **said})


def _asked(request: Request, *, size: int = SIZE) -> dict[str, int]:
    return {
        "limit": whole(request, "limit", default=size, most=MOST),
        "skip": whole(request, "from", default=0, least=0, most=_LONGEST),
    }


def _shown(asked: Mapping[str, int]) -> dict[str, int]:
    return {"start": asked["skip"], "size": asked["limit"]}


def _next(total: int, asked: Mapping[str, int]) -> dict[str, int | None]:
    end = asked["skip"] + asked["limit"]
    return {"total": total, "next": end if end < total else None}


def _by(request: Request) -> By:
    by = request.query_params.get("by", "model")
    if by not in sums.GROUPS:
        raise HTTPException(400, f"by={by!r:.40} is none of {', '.join(sums.GROUPS)}.")
    return by


def _timed(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with the time that its bucket begins at."""
    said = dict(row)
    bucket = said.pop("bucket")
    return said if bucket is None else {"start": datetime.fromtimestamp(bucket / 1_000_000, UTC), **said}


def _with_saving(row: Mapping[str, Any], saving: Saving | None) -> dict[str, Any]:
    return {
        **row,
        "saved_usd": saving.usd if saving else None,
        "saving_unknown": saving.unknown if saving else 0,
    }
