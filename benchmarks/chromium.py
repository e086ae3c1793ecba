"""The system's Chromium, and what it takes to show a page: bytes, moments, memory, nodes.

`$CHROMIUM` names the browser; else it is looked for on the PATH.
"""

from __future__ import annotations

import shutil
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, sync_playwright

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

# When the first element that a selector names has been painted: it is drawn with the next frame, and told after that.
_SEEN = """selector => {
    window.seen = new Promise((done) => {
        const look = () => {
            if (!document.querySelector(selector)) return false;
            requestAnimationFrame(() => setTimeout(() => done(performance.now())));
            return true;
        };
        const watching = new MutationObserver(() => look() && watching.disconnect());
        watching.observe(document, { childList: true, subtree: true });
    });
}"""
_PAINTED = """() => new Promise((done) => {
    const told = () => performance.getEntriesByName('first-contentful-paint')[0];
    if (told()) return done(told().startTime);
    new PerformanceObserver((list, watching) => {
        if (told()) { watching.disconnect(); done(told().startTime); }
    }).observe({ type: 'paint', buffered: true });
})"""


def executable() -> str | None:
    """The path of the browser; None where there is none."""
    return environment("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def chromium() -> Generator[Browser]:
    """A running browser.

    Raises:
        FileNotFoundError: there is none.
    """
    found = executable()
    if found is None:
        raise FileNotFoundError("no chromium: install it, or name it in $CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@dataclass(slots=True, frozen=True, kw_only=True)
class Shown:
    """What it took to show a page to a browser that had never been there.

    Attributes:
        painted: ms from the navigation to the first contentful paint.
        rows: ms until the first row was painted; None where no row was waited for.
        answered: ms until the last byte of the page itself had come.
        sent: bytes of all answers with their headers, as they came over the wire.
        asked: how many answers there were.
        heap: bytes of JavaScript's heap, after its garbage was collected.
        elements: elements of the document.
        nodes: nodes of all kinds that the browser keeps, as it counts them.
    """

    painted: float
    rows: float | None
    answered: float
    sent: int
    asked: int
    heap: int
    elements: int
    nodes: int


def show(browser: Browser, url: str, *, row: str | None = None) -> Shown:
    """Open a page in a context of its own, 1440 by 900.

    Args:
        browser: where.
        url: the page.
        row: a selector; the first element that it names is waited for.
    """
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    try:
        page = context.new_page()
        page.set_default_timeout(120_000)
        if row is not None:
            page.add_init_script(f"({_SEEN})({row!r})")
        devtools = context.new_cdp_session(page)
        devtools.send("Network.enable")
        sizes: list[float] = []

        def came(event: dict[str, Any]) -> None:
            sizes.append(event["encodedDataLength"])

        devtools.on("Network.loadingFinished", came)
        page.goto(url, wait_until="load")
        rows = None if row is None else page.evaluate("seen")
        painted = page.evaluate(_PAINTED)
        page.wait_for_timeout(200)  # scripts fetch what they fetch
        devtools.send("HeapProfiler.collectGarbage")
        counters: dict[str, Any] = devtools.send("Memory.getDOMCounters")
        return Shown(
            painted=painted,
            rows=rows,
            answered=page.evaluate("performance.getEntriesByType('navigation')[0].responseEnd"),
            sent=round(sum(sizes)),
            asked=len(sizes),
            heap=round(devtools.send("Runtime.getHeapUsage")["usedSize"]),
            elements=page.evaluate("document.getElementsByTagName('*').length"),
            nodes=counters["nodes"],
        )
    finally:
        context.close()
