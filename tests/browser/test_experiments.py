"""The pages of experiments in a browser: with and without scripts, by keyboard, in both schemes, narrow and wide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Open, Visit
from tests.browser.test_viewer import serious
from tests.evals.reports import samples
from tests.support import viewing
from tracekit.evals.reports import html

NOW = "/experiments/rag@20261122T101500Z"
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[viewing.Served]:
    with viewing.serve(tmp_path_factory.mktemp("experiments")) as running:
        base, now, evil = samples.a_run(worse=False), samples.regressed(), samples.hostile()
        running.archive.save_baseline(base)
        running.archive.write(base, samples.fine().comparison)
        running.archive.write(now.run, now.comparison)
        running.archive.write(replace(evil.run, created="2026-11-10T00:00:00+00:00"), evil.comparison)
        yield running


def test_from_the_list_to_the_row_to_its_trace_without_scripts(visit: Open) -> None:
    page = visit(scripts=False).go("/")
    page.get_by_role("link", name="Experiments").click()
    page.get_by_role("link", name="rag", exact=True).last.click()
    page.go_back()
    page.locator(f"a[href='{NOW}']").click()
    page.get_by_role("link", name="Became worse").click()
    expect(page.locator("tbody tr:has([data-row])")).to_have_count(10)
    page.get_by_role("link", name="q03", exact=True).click()
    expect(page.locator(".full")).to_contain_text("Where is order 3?")
    assert page.get_by_role("link", name="Open the trace").first.get_attribute("href") == (
        f"/traces/{samples.a_run().results[6].trace_id}"
    )
    page.select_option("#with", label="Nothing")
    page.get_by_role("button", name="Compare").click()
    page.wait_for_url("**?with=*")
    expect(page.get_by_text("Became worse")).to_have_count(0)


def test_rows_take_the_keyboard(visit: Open) -> None:
    page = visit().go(NOW)
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="q03", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".full")).to_contain_text("Where is order 3?")


def test_rows_are_sorted_by_the_head_of_a_column(visit: Open) -> None:
    page = visit().go(NOW)
    page.get_by_role("link", name="correctness", exact=True).click()
    expect(page.locator("th[aria-sort]")).to_have_text("correctness")
    expect(page.locator("a[data-row]").first).to_have_text("q06")


@pytest.mark.parametrize(("scheme", "width"), [("dark", 320), ("light", 1440)])
def test_the_html_report_opens_from_a_disk(
    browser: Browser, axe: str, tmp_path: Path, scheme: Literal["dark", "light"], width: int
) -> None:
    file = tmp_path / "report.html"
    file.write_text(html.render([samples.regressed(), samples.hostile(), samples.first()]), encoding="utf-8")
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
    try:
        seen = Visit(context.new_page(), file.as_uri())
        page = seen.page
        page.on("request", lambda request: seen.asked.append(request.url))
        page.goto(file.as_uri())
        assert serious(page, axe) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate("window.pwned") is None
        assert seen.asked == [file.as_uri()]
    finally:
        context.close()


def test_the_html_report_filters_without_its_script_and_sorts_with_it(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(html.render([samples.regressed()]), encoding="utf-8")
    for scripts in (False, True):
        context = browser.new_context(java_script_enabled=scripts)
        complaints: list[str] = []
        try:
            page = context.new_page()
            page.on("console", lambda said, heard=complaints: heard.append(said.text))
            page.goto(file.as_uri())
            rows = page.locator(".rows tbody tr:visible")
            expect(rows).to_have_count(20)
            page.get_by_label("Became worse").check()
            expect(rows).to_have_count(10)
            page.get_by_label("All").check()
            buttons = page.locator(".rows thead button")
            expect(buttons).to_have_count(6 if scripts else 0)
            if scripts:
                buttons.first.click()
                expect(rows.first).to_contain_text("q00")
                buttons.first.click()
                expect(rows.first).to_contain_text("q19")
            page.get_by_role("link", name="q01").click()
            expect(page.locator("article:target")).to_contain_text("Where is order 1?")
            assert complaints == []  # the policy lets its own style and script through
        finally:
            context.close()
