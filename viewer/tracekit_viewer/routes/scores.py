"""`POST /scores`: what a person says of a span, a trace or a session, as a form sends it.

Nothing is answered before the score is in the journal. Refuses what does not come from a page of this server, and
what is said of something that is not stored here.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from tracekit.model import Score
from tracekit.query.traces import get_span, get_trace, is_session
from tracekit_viewer import responses
from tracekit_viewer.presenters.judging import COMMENT, CORRECTION, HUMAN
from tracekit_viewer.routes.posting import own_address, taking
from tracekit_viewer.viewer import Viewer

_NAME = 200
_OF_WHAT = "A score is of a span (trace_id and span_id), a trace (trace_id) or a session (session_id)."
_TARGETS = ("span", "trace", "session")


def routes(viewer: Viewer) -> list[Route]:
    """The route of this file."""

    async def post(request: Request, form: dict[str, str]) -> Response:
        found = score(form, now_ns=time.time_ns())
        await run_in_threadpool(_check_target, viewer, found)
        await viewer.record(found)
        if "application/json" in request.headers.get("accept", ""):
            return responses.data(request, {name: getattr(found, name) for name in Score.__slots__}, status=201)
        return RedirectResponse(_back(form, found), 303, responses.HEADERS)

    return [Route("/scores", taking(viewer, post), methods=["POST"])]


def score(form: Mapping[str, str], *, now_ns: int) -> Score:
    """The score that a form says.

    Args:
        form: `trace_id`, `span_id`, `session_id`: of what; `on` chooses where more than one is given, by itself the
            narrowest. `name`, and `value` (a number, else a label), `label`, `comment`: what is said.
        now_ns: when.

    Raises:
        HTTPException: nothing is said, or of nothing.
    """
    on = _target(form)
    name = form.get("name", "").strip()
    if not name or len(name) > _NAME:
        raise HTTPException(400, f"A score needs a name of 1 to {_NAME} characters; this one has {len(name)}.")
    comment = form.get("comment", "").strip() or None
    label = form.get("label", "").strip() or None
    value = _number(form.get("value", "").strip())
    if value is None and label is None:
        label = form.get("value", "").strip() or None
    if value is None and label is None and not (comment and name == COMMENT):
        raise HTTPException(400, f"Nothing is said of {name!r}: give a value, a label, or as `{COMMENT}` a comment.")
    if name == CORRECTION and on == "session":
        raise HTTPException(400, "What was expected is said of a span or a trace: a session has no answer of its own.")
    return Score(
        trace_id=None if on == "session" else form["trace_id"],
        span_id=form["span_id"] if on == "span" else None,
        session_id=form["session_id"] if on == "session" else None,
        name=name,
        value=value,
        label=label,
        comment=comment,
        source=HUMAN,
        created_ns=now_ns,
    )


def _target(form: Mapping[str, str]) -> str:
    given = [each for each in _TARGETS if form.get(f"{each}_id")]
    on = form.get("on") or next(iter(given), "")
    needed = ("trace", "span") if on == "span" else (on,)
    if on not in _TARGETS or any(each not in given for each in needed):
        raise HTTPException(400, _OF_WHAT)
    return on


def _number(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _check_target(viewer: Viewer, found: Score) -> None:
    if found.session_id is not None:
        if not is_session(viewer.source, found.session_id):
            raise HTTPException(404, f"No trace of session {found.session_id!r:.200} is stored here.")
    elif found.span_id is not None:
        if get_span(viewer.source, str(found.trace_id), found.span_id) is None:
            raise HTTPException(404, f"Trace {found.trace_id!r:.80} has no span {found.span_id!r:.80} here.")
    elif get_trace(viewer.source, str(found.trace_id)) is None:
        raise HTTPException(404, f"No trace {found.trace_id!r:.80} is stored here.")


def _back(form: Mapping[str, Any], found: Score) -> str:
    """The page that shows it: the one that asked, where that is one of ours."""
    back = own_address(str(form.get("back", "")))
    if back is not None:
        return back
    trace_id, span_id = form.get("trace_id"), form.get("span_id")
    if not trace_id:
        return f"/traces?{urlencode({'session_id': found.session_id})}"
    return f"/traces/{trace_id}?{urlencode({'span': span_id})}#scores" if span_id else f"/traces/{trace_id}#scores"
