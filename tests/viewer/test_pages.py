"""The list of all pages is whole, and every page of it answers."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx2
import pytest
from starlette.routing import Route

from tests.support import pages, viewing, worlds
from tracekit_viewer.app import viewer_routes


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[viewing.Served]:
    with viewing.serve(tmp_path_factory.mktemp("pages")) as running:
        worlds.day(running)
        yield running


def routes(served: viewing.Served) -> set[str]:
    """The routes that answer with a page."""
    made = viewer_routes(
        served.store,
        attachments=served.attachments,
        archive=served.archive,
        shelf=served.shelf,
        version=lambda: 0,
        record=None,  # pyright: ignore[reportArgumentType] - nothing is asked of these routes
        keeping=None,  # pyright: ignore[reportArgumentType]
    )
    found = [route for route in made if isinstance(route, Route)]
    got = {route.path for route in found if "GET" in (route.methods or ())}
    return {path for path in got if not re.search(r"\.[a-z]+$", path)} - pages.NO_PAGES.keys()


def test_every_page_is_listed(served: viewing.Served) -> None:
    assert {each.route for each in pages.addresses(served)} == routes(served)


def test_every_page_answers(served: viewing.Served) -> None:
    with httpx2.Client(base_url=served.url, timeout=20) as client:
        answers = {each.path: client.get(each.path) for each in pages.addresses(served)}
    assert {path: answer.status_code for path, answer in answers.items() if answer.status_code != 200} == {}
    assert {answer.headers["content-type"] for answer in answers.values()} == {"text/html; charset=utf-8"}
    assert all(answer.text.count("<main") == 1 for answer in answers.values())
