"""Every page, in both schemes, narrow and wide: what axe finds, what is asked of whom, what the browser complains of.

Between the schemes nothing differs but colours, so in the second one axe looks at contrast alone.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.test_viewer import serious
from tests.support import pages, viewing, worlds

pytestmark = pytest.mark.browser

WIDTHS = (320, 1440)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[viewing.Served]:
    with viewing.serve(tmp_path_factory.mktemp("every-page")) as running:
        worlds.day(running)
        yield running


def test_no_page_has_a_serious_finding_asks_anybody_else_or_complains(
    visit: Open, axe: str, served: viewing.Served
) -> None:
    seen = visit()  # which asserts, at its end, that nothing was asked of another origin and nothing complained of
    for each in pages.addresses(served):
        page = seen.go(each.path)
        expect(page.get_by_role("main")).to_be_visible()
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (each.path, width)
            page.emulate_media(color_scheme="dark")
            assert serious(page, axe) == [], (each.path, width)
            page.emulate_media(color_scheme="light")
            assert serious(page, axe, only=("color-contrast",)) == [], (each.path, width)
        assert page.evaluate("window.pwned") is None, each.path
