"""Scores, comparing and SQL in a browser: by keyboard, without scripts, in both schemes, narrow and wide."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.test_viewer import path_of
from tests.support import viewing

pytestmark = pytest.mark.browser


def test_a_span_is_judged_and_corrected_by_keyboard(visit: Open, served: viewing.Served) -> None:
    path = path_of(served, "invoke_agent support", error_count=0)
    page = visit().go(path)
    page.keyboard.press("-")
    expect(page.locator("#scores .said")).to_contain_text("Wrong")
    page.keyboard.press("e")
    page.keyboard.press("Control+a")
    page.keyboard.type("In Lisbon.")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#scores .said")).to_contain_text("In Lisbon.")
    assert served.store.sql(
        "SELECT name, value, label, span_id FROM scores WHERE trace_id = ? ORDER BY created_at", [path.split("/")[2]]
    ).rows == [("correct", 0.0, None, None), ("correction", None, "In Lisbon.", None)]


def test_a_score_without_scripts(visit: Open, served: viewing.Served) -> None:
    page = visit(scripts=False).go(path_of(served, "chat gpt-4o"))
    page.get_by_role("button", name="Right").click()
    expect(page.locator("#scores .said")).to_contain_text("Right")
    assert page.url.endswith("#scores")


def test_two_traces_are_compared_from_the_list_by_keyboard(visit: Open) -> None:
    page = visit().go("/?name=support")
    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)
    page.get_by_role("button", name="Compare the ticked").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/compare?a=*&b=*")
    expect(page.get_by_role("heading", name="Compare 2 traces")).to_be_visible()


def test_a_query_is_run_by_keyboard(visit: Open) -> None:
    page = visit().go("/sql")
    page.locator("#q").fill("SELECT 6 * 7 AS answer")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".result td")).to_have_text("42")
