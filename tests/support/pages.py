"""Every page of the viewer, by an address or more of each: the one list that tests of all pages go through.

A page that is not here fails `tests/viewer/test_pages.py`; one that is added is looked at by axe in both schemes,
narrow and wide, with its requests and the browser's console.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from tests.support import hostile, viewing
from tracekit.query.analytics import Window, errors

NO_PAGES = {
    "/static/{digest}/{name}": "files of the package",
    "/attachments/sha256/{sha256}": "bytes of a span",
    "/live": "a stream of events",
    "/too-long": "says why it is none",
}
"""Routes that answer with something else than a page; those whose path has an ending are no pages either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A page: its route, and one address of it."""

    route: str
    path: str


def addresses(served: viewing.Served) -> list[Address]:
    """All pages of a viewer of `worlds.day`, those of odd content and of none among them."""
    support, failed = _trace(served, "invoke_agent support", 0), _trace(served, "invoke_agent support", 1)
    odd = _trace(served, hostile.MIXTURE, 2)
    evil = next(entry.id for entry in served.archive.entries() if entry.head.suite != "rag")
    session, run = quote(hostile.MIXTURE, safe=""), "rag@20261122T101500Z"
    every = quote(f"SELECT * FROM spans WHERE trace_id = '{odd}'")
    query = quote("SELECT trace_id, name, cost_usd FROM traces LIMIT 12")
    listed = {
        "/": ["/?limit=6"],
        "/traces": [
            "/traces?facets=1&limit=6",
            "/traces?q=failed:tool+-name:big&sort=slowest&limit=6",
            "/traces?q=never-said",
        ],
        "/traces/{trace_id}": [
            f"/traces/{failed}",
            f"/traces/{failed}?find=order",
            f"/traces/{odd}",
            f"/traces/{_trace(served, 'answer_question', 0)}",
            f"/traces/{_trace(served, 'invoke_agent researcher', 0)}",
        ],
        "/compare": [
            f"/compare?a={support}&b={failed}",
            f"/compare?a={support}",
            f"/compare?a={odd}&b={support}",
            "/compare",
        ],
        "/sql": ["/sql", f"/sql?q={query}", f"/sql?q={every}"],
        "/overview": ["/overview?range=7d"],
        "/models": ["/models?by=user&range=7d", "/models?since=2020-01-01&until=2020-01-02"],
        "/errors": ["/errors?range=7d"],
        "/errors/{fingerprint}": [f"/errors/{_fingerprint(served)}?range=7d"],
        "/tools": ["/tools?range=7d"],
        "/sessions": ["/sessions?range=7d"],
        "/sessions/{session_id:path}": ["/sessions/s-204", f"/sessions/{session}"],
        "/users": ["/users?range=7d", "/users?since=2020-01-01&until=2020-01-02"],
        "/experiments": ["/experiments", "/experiments?suite=x"],
        "/experiments/{experiment_id}": [
            f"/experiments/{run}?limit=8",
            f"/experiments/{run}?row=q01&with=&limit=4",
            f"/experiments/{evil}?with={evil}&limit=6",
        ],
        "/status": ["/status"],
        "/review": [f"/review?trace={failed}", f"/review?trace={odd}", "/review?q=never-said"],
        "/dataset": ["/dataset", "/dataset?q=never-said"],
    }
    return [Address(route=route, path=path) for route, paths in listed.items() for path in paths]


def _trace(served: viewing.Served, name: str, failed: int) -> str:
    found = served.store.sql(
        "SELECT trace_id FROM traces WHERE name = ? AND error_count = ? ORDER BY start_time DESC", [name, failed]
    )
    return str(found.rows[0][0])


def _fingerprint(served: viewing.Served) -> str:
    now = datetime.now(UTC)
    return str(errors(served.store, Window(since=now - timedelta(days=7), until=now)).rows[0]["fingerprint"])
