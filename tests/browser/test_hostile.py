"""Two hundred hostile texts on a few pages at once: none runs, none is asked for, and the pages stay usable."""

from __future__ import annotations

import time
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.support import hostile, viewing, worlds

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[viewing.Served]:
    with viewing.serve(tmp_path_factory.mktemp("hostile")) as running:
        worlds.hostile_texts(running)
        running.add(worlds.together(time.time_ns()), worlds.together(time.time_ns() - 10**9))
        yield running


def usable(page: Page, path: str) -> None:
    """Nothing ran, now that all is unfolded; the page is there, in its frame, and nothing lies over it."""
    page.evaluate("document.querySelectorAll('details').forEach((fold) => (fold.open = true))")
    page.wait_for_timeout(50)
    assert page.evaluate("window.pwned") is None, path
    assert page.evaluate("document.title").endswith("tracekit"), path
    expect(page.get_by_role("main")).to_be_visible()
    expect(page.get_by_role("link", name="Overview").first).to_be_visible()
    for width in (320, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, width)
    assert page.locator("iframe, object, embed, img, video, base, style, [onerror], [onload]").count() == 0, path


def test_two_hundred_hostile_texts_are_texts(visit: Open, served: viewing.Served) -> None:
    seen = visit()  # which asserts, at its end, that nothing was asked of another origin and nothing complained of
    one, other = (row[0] for row in served.store.sql("SELECT trace_id FROM traces WHERE span_count > 9").rows)
    run = served.archive.entries()[0].id
    for path in (
        "/traces?limit=300&facets=1",
        f"/traces/{one}",
        f"/compare?a={one}&b={other}&row=0",
        f"/sql?limit=300&q={quote('SELECT * FROM spans UNION ALL BY NAME SELECT * FROM scores')}",
        f"/experiments/{run}?limit=300&with={run}",
        "/errors?limit=300",
        "/sessions?limit=300",
        "/models?by=user&limit=300",
    ):
        usable(seen.go(path), path)
    long = "SELECT span_id FROM spans WHERE trace_id = ? AND name = ?"
    (span,) = (row[0] for row in served.store.sql(long, [one, hostile.LONG_NAME]).rows)
    page = seen.go(f"/traces/{one}?span={span}")
    expect(page.locator(".panel")).to_have_class("panel k-tool")
    usable(page, "the span of a long name")
    for key in ("Home", *["PageDown"] * 12, "End", "j", "k", "ArrowLeft"):
        page.keyboard.press(key)
        page.wait_for_timeout(30)
    usable(page, "all rows of a trace, one view after another")
    page.keyboard.press("u")
    page.wait_for_url("**/traces*")
