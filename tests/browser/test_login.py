"""The page that asks for the token, in Chromium."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.test_viewer import serious
from tests.support import seeds, viewing

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    with viewing.serve(tmp_path_factory.mktemp("guarded"), token="s3cret") as running:
        running.add(*seeds.day(traces=6))
        yield running


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1440, "light")])
def test_a_person_gets_in_by_the_keyboard(browser: Browser, guarded, axe, width, scheme):
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.goto(guarded.url + "/traces?q=status:error")
    expect(page.get_by_label("Token")).to_be_focused()
    assert serious(page, axe) == []
    page.keyboard.type("guess")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    assert serious(page, axe) == []
    page.keyboard.type("s3cret")
    page.keyboard.press("Enter")
    expect(page.locator("#q")).to_have_value("status:error")
    expect(page.locator("[data-pulse]")).to_have_attribute("data-state", "live")  # the stream has the cookie too
    page.goto(guarded.url + "/login")
    page.get_by_role("button", name="Forget the token").click()
    expect(page.get_by_label("Token")).to_be_visible()
    context.close()
