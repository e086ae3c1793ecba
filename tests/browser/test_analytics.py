"""The pages of sums in a browser: from bars to traces without scripts, by keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open

pytestmark = pytest.mark.browser


def test_from_a_bar_to_its_traces_and_from_an_error_to_its_span_without_scripts(visit: Open) -> None:
    page = visit(scripts=False).go("/")
    page.get_by_role("link", name="Overview").click()
    page.locator("#traffic svg a[href*='status=error']").last.click()
    expect(page.locator("tr.m-error").first).to_be_visible()
    assert page.locator("tbody tr").count() == page.locator("tbody tr.m-error").count()
    page.go_back()
    page.get_by_role("link", name="Errors", exact=True).click()
    page.get_by_role("link", name="TimeoutError").click()
    expect(page.get_by_text("order service did not answer in 900 ms").first).to_be_visible()
    page.locator("a[data-row]").first.click()
    expect(page.locator(".panel h2")).to_have_text("execute_tool get_order")


def test_rows_take_the_keyboard(visit: Open) -> None:
    page = visit().go("/sessions?range=7d")
    for key in ("j", "j", "Enter"):
        page.keyboard.press(key)
    page.wait_for_url("**/sessions/s-*")
    expect(page.locator(".asks").first).to_be_visible()
    page.keyboard.press("j")
    expect(page.locator(".turn a[data-row]").first).to_be_focused()
