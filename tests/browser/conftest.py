"""The system's Chromium, one for a module, and pages that remember what they asked for and complained of.

`$CHROMIUM` names the browser; else it is looked for on the PATH. Skipped only where there is none.
"""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.support import seeds, viewing
from tracekit.config import environment

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = environment("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("no chromium: install it or name it in $CHROMIUM")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield chromium
        chromium.close()


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


Open = Callable[..., Visit]


@pytest.fixture
def visit(browser: Browser, served: viewing.Served) -> Iterator[Open]:
    """Open a context: `visit(width=320, scheme="dark")`; each must have been quiet when the test ends."""
    contexts: list[BrowserContext] = []
    visits: list[Visit] = []

    def opened(*, width: int = 1440, height: int = 900, scheme: str = "light", scripts: bool = True) -> Visit:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            java_script_enabled=scripts,
            permissions=["clipboard-read", "clipboard-write"],
        )
        contexts.append(context)
        found = Visit(context.new_page(), served.url)
        visits.append(found)
        found.page.set_default_timeout(30_000)
        found.page.on("request", lambda request: found.asked.append(request.url))
        found.page.on(
            "console",
            lambda said: found.complaints.append(said.text) if said.type in ("error", "warning") else None,
        )
        found.page.on("pageerror", lambda error: found.complaints.append(str(error)))
        return found

    yield opened
    for context in contexts:
        context.close()
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
