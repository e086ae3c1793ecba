"""The system's Chromium, one for a module, and pages that remember what they asked for and complained of.

`$CHROMIUM` names the browser; else it is looked for on the PATH. Skipped only where there is none.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from benchmarks.chromium import chromium, executable
from tests.support import seeds, viewing
from tracekit.config import environment


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    if executable() is None:
        pytest.skip("no chromium: install it or name it in $CHROMIUM")
    with chromium() as started:
        yield started


@pytest.fixture(scope="package")
def contexts(browser: Browser) -> Contexts:
    """One context for all that is the same of a visit, with an empty page that keeps its process going.

    To start them takes the processor longer than to show a page.
    """
    return Contexts(browser)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[viewing.Served]:
    with viewing.serve(tmp_path_factory.mktemp("browser")) as running:
        running.add(*seeds.day())
        yield running


@dataclass(slots=True)
class Visit:
    """A page and its log."""

    page: Page
    url: str
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> Page:
        self.page.goto(self.url + path, wait_until="load")
        return self.page

    def quiet(self) -> None:
        """Nothing was asked of another origin, and nothing was complained of."""
        assert self.asked
        assert [url for url in self.asked if not url.startswith(self.url + "/")] == []
        assert self.complaints == []


class Contexts:
    """The contexts of a browser, and the pages that one test has opened in them."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._kept: dict[bool, tuple[BrowserContext, Page]] = {}
        self._passing: list[BrowserContext] = []

    def page(self, *, scripts: bool, cached: bool) -> Page:
        """A new page."""
        if not cached:
            self._passing.append(self._new(scripts=scripts))
            return self._passing[-1].new_page()
        if scripts not in self._kept:
            context = self._new(scripts=scripts)
            self._kept[scripts] = context, context.new_page()
        return self._kept[scripts][0].new_page()

    def leave(self) -> None:
        """Close all pages, and forget what they have left."""
        while self._passing:
            self._passing.pop().close()
        for context, empty in self._kept.values():
            for page in context.pages:
                if page is not empty:
                    if page.url.startswith("http"):
                        page.evaluate("localStorage.clear()")
                    page.close()
            context.clear_cookies()

    def _new(self, *, scripts: bool) -> BrowserContext:
        permissions = ["clipboard-read", "clipboard-write"]
        return self._browser.new_context(java_script_enabled=scripts, permissions=permissions)


Open = Callable[..., Visit]


@pytest.fixture
def visit(contexts: Contexts, served: viewing.Served) -> Iterator[Open]:
    """Open a page: `visit(width=320, scheme="dark")`; each must have been quiet when the test ends.

    Nothing is left of earlier visits but what the browser has cached; `cached=False` is a browser that was never here.
    """
    visits: list[Visit] = []

    def opened(
        *, width: int = 1440, height: int = 900, scheme: str = "light", scripts: bool = True, cached: bool = True
    ) -> Visit:
        page = contexts.page(scripts=scripts, cached=cached)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        found = Visit(page, served.url)
        visits.append(found)
        page.set_default_timeout(30_000)
        page.on("request", lambda request: found.asked.append(request.url))
        page.on(
            "console",
            lambda said: found.complaints.append(said.text) if said.type in ("error", "warning") else None,
        )
        page.on("pageerror", lambda error: found.complaints.append(str(error)))
        return found

    yield opened
    contexts.leave()
    for each in visits:
        each.quiet()


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core: the file `$AXE_PATH` names, else the one axe-playwright-python carries."""
    named = environment("AXE_PATH")
    if named:
        return Path(named).read_text(encoding="utf-8")
    package = importlib.util.find_spec("axe_playwright_python")
    assert package is not None, "axe-core is not here: install the test group, or name axe.min.js in $AXE_PATH"
    assert package.origin is not None
    return (Path(package.origin).parent / "axe.min.js").read_text(encoding="utf-8")
