"""A shared file, opened from the disk without a script and without a network; and where a trace's page offers it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import Open
from tests.support import hostile, stories, viewing

AT = 1_800_000_000_000_000_000

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def trace(served: viewing.Served) -> str:
    spans = stories.agent(AT, question=f"Where is it? {hostile.MIXTURE}", answer="It is in Lisbon.", failing=True)
    served.add(spans)
    return spans[0].trace_id


def test_share_is_offered_without_scripts_and_its_file_opens_from_the_disk(
    browser: Browser, visit: Open, trace: str, tmp_path: Path, axe: str
) -> None:
    page = visit(scripts=False).go(f"/traces/{trace}")
    assert not page.locator("#share").is_visible()
    page.get_by_role("button", name="Share").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="HTML file opens offline").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    looks: tuple[tuple[Literal["dark", "light"], int], ...] = (("dark", 1440), ("light", 320))
    for scheme, width in looks:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True)
        opened = context.new_page()
        opened.set_default_timeout(8_000)
        asked: list[str] = []
        complaints: list[str] = []
        opened.on("request", lambda request, asked=asked: asked.append(request.url))
        opened.on("console", lambda said, complaints=complaints: complaints.append(said.text))
        opened.goto(file.as_uri())
        assert opened.locator("article:visible").count() == 1
        assert opened.locator("article:visible h2").inner_text() == "execute_tool get_order"  # where it failed
        opened.get_by_role("link", name="chat gpt-4o").first.click()
        assert "Where is it?" in opened.locator("article:visible").inner_text()
        opened.get_by_role("link", name="Next error").click()
        assert opened.locator("article:visible h2").inner_text() == "execute_tool get_order"
        opened.locator("summary", has_text="Calls of invoke_agent support").click()
        assert opened.locator(".line:visible").count() == 2  # the axis, and the root
        assert opened.evaluate("window.pwned") is None
        assert opened.evaluate("document.documentElement.scrollWidth") <= width
        assert asked == [file.as_uri()]
        assert complaints == []
        context.close()
        judged = browser.new_context(color_scheme=scheme, bypass_csp=True, viewport={"width": width, "height": 900})
        looked = judged.new_page()
        looked.goto(file.as_uri())
        looked.add_script_tag(content=axe)
        found = looked.evaluate("axe.run()")["violations"]
        assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []
        judged.close()


def test_markdown_is_copied(visit: Open, trace: str) -> None:
    page = visit().go(f"/traces/{trace}")
    page.get_by_role("button", name="Share").click()
    page.get_by_role("button", name="Copy Markdown").click()
    page.locator("[data-share-copy].done").wait_for()
    assert page.evaluate("navigator.clipboard.readText()").startswith("## `invoke_agent support`: Error")
