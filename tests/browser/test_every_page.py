"""Every page, in both schemes, narrow and wide: what axe finds, what is asked of whom, what the browser complains of.

Axe looks at each page dark and narrow, and light and wide; with `make torture` at the other two as well.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.test_viewer import serious
from tests.support import pages, torture, viewing, worlds

pytestmark = pytest.mark.browser

LOOKS = torture.some((("dark", 320), ("light", 320), ("dark", 1440), ("light", 1440)), 3)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[viewing.Served]:
    with viewing.serve(tmp_path_factory.mktemp("every-page")) as running:
        worlds.day(running)
        yield running


@pytest.mark.torture
def test_no_page_has_a_serious_finding_asks_anybody_else_or_complains(
    visit: Open, axe: str, served: viewing.Served
) -> None:
    seen = visit()  # which asserts, at its end, that nothing was asked of another origin and nothing complained of
    for each in pages.addresses(served):
        page = seen.go(each.path)
        expect(page.get_by_role("main")).to_be_visible()
        for scheme, width in LOOKS:
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (each.path, width)
            assert serious(page, axe) == [], (each.path, scheme, width)
        assert page.evaluate("window.pwned") is None, each.path
