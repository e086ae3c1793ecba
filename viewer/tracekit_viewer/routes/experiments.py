"""The list of kept runs and the page of one, each with its JSON twin."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tracekit.errors import UsageError
from tracekit.evals import rowwise, summary
from tracekit.evals.archive import Entry
from tracekit.evals.reports import jsonform
from tracekit_viewer import responses
from tracekit_viewer.experiments import Found
from tracekit_viewer.presenters.experiment import COMPARED, METRIC, SHOWN, Asked, experiment, ordered
from tracekit_viewer.presenters.experiments import listing
from tracekit_viewer.routes.asking import whole
from tracekit_viewer.viewer import Viewer

PAGE = 50
ROWS = 100
"""Rows of a run that a page brings."""
MOST = 500
_LONGEST = 10_000_000


def routes(viewer: Viewer) -> list[Route]:
    """The routes of this file, most specific first."""
    pages = _Pages(viewer)
    table = {
        "/experiments": pages.listing,
        "/experiments.json": pages.listing_data,
        "/experiments/{experiment_id}.json": pages.experiment_data,
        "/experiments/{experiment_id}": pages.experiment,
    }
    return [Route(path, viewer.guarded(endpoint)) for path, endpoint in table.items()]


class _Pages:
    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer

    def listing(self, request: Request) -> Response:
        view = listing(
            self._viewer.experiments.entries(),
            suite=request.query_params.get("suite"),
            start=whole(request, "from", default=0, least=0, most=_LONGEST),
            size=whole(request, "limit", default=PAGE, most=MOST),
            unreadable=[str(path) for path in self._viewer.experiments.archive.unreadable()],
            now=datetime.now(UTC),
        )
        return self._viewer.renderer.page(request, "experiments.html", view=view)

    def listing_data(self, request: Request) -> Response:
        start = whole(request, "from", default=0, least=0, most=_LONGEST)
        size = whole(request, "limit", default=PAGE, most=MOST)
        wanted = request.query_params.get("suite")
        entries = [
            entry for entry in self._viewer.experiments.entries() if wanted is None or entry.head.suite == wanted
        ]
        unreadable = [str(path) for path in self._viewer.experiments.archive.unreadable()]
        more = start + size < len(entries)
        return responses.data(
            request,
            {
                "runs": [_entry(entry) for entry in entries[start : start + size]],
                "next": start + size if more else None,
                "unreadable": unreadable,
            },
        )

    def experiment(self, request: Request) -> Response:
        found, asked = self._find(request)
        view = experiment(found, asked, now=datetime.now(UTC))
        return self._viewer.renderer.page(request, "experiment.html", view=view, asked=asked)

    def experiment_data(self, request: Request) -> Response:
        found, asked = self._find(request)
        outcome = found.outcome
        pairs = ordered(rowwise.pairs(outcome.run, outcome.base), asked, outcome)
        window = pairs[asked.start : asked.start + asked.size]
        more = asked.start + asked.size < len(pairs)
        said = jsonform.suite(outcome, rows=window)
        said |= {"id": asked.id, "with": found.chosen or None, "notice": found.notice}
        return responses.data(request, {**said, "next": asked.start + asked.size if more else None})

    def _find(self, request: Request) -> tuple[Found, Asked]:
        query = request.query_params
        asked = Asked(
            id=request.path_params["experiment_id"],
            chosen=query.get("with"),
            show=query.get("show", ""),
            sort=query.get("sort", ""),
            start=whole(request, "from", default=0, least=0, most=_LONGEST),
            size=whole(request, "limit", default=ROWS, most=MOST),
            row=query.get("row"),
        )
        if asked.show not in SHOWN:
            raise HTTPException(400, f"show={asked.show!r} is none of {', '.join(filter(None, SHOWN))}.")
        if asked.sort and asked.sort != "id" and not asked.sort.startswith(METRIC):
            raise HTTPException(400, f"sort={asked.sort!r} is neither id nor {METRIC} and the name of a metric.")
        try:
            found = self._viewer.experiments.find(asked.id, asked.chosen)
        except UsageError as error:
            raise HTTPException(404, str(error)) from error
        if found is None:
            raise HTTPException(404, f"No run {asked.id!r} is kept here. It may be in another data directory.")
        if found.outcome.base is None and asked.show in COMPARED:  # of nothing to compare with, nothing became worse
            asked = replace(asked, show="")
        return found, asked


def _entry(entry: Entry) -> dict[str, Any]:
    head = entry.head
    return {
        "id": entry.id,
        "suite": head.suite,
        "created": head.created or None,
        "trials": head.trials,
        "dataset": head.dataset,
        "judge": head.judge,
        "shard": head.shard,
        "interrupted": head.interrupted,
        "budget_spent": head.budget_spent,
        "seconds": head.seconds,
        "app_cost_usd": head.app_cost_usd,
        "judge_cost_usd": head.judge_cost_usd,
        "judge_calls": head.judge_calls,
        **summary.to_json(entry.summary),
    }
