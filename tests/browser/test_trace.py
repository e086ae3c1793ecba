"""The trace page in Chromium: rows that are not in the page, the map, what grows, Markdown, copies, paper."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import expect

from tests.browser.test_viewer import live, path_of, serious
from tests.support import stories, timed
from tests.support.spans import message
from tracekit_viewer.presenters.window import ROWS

pytestmark = pytest.mark.browser

SECOND = 1_000_000_000
NODES = """() => {
  const walker = document.createTreeWalker(document, NodeFilter.SHOW_ELEMENT);
  let found = 0;
  while (walker.nextNode()) found++;
  return found;
}"""
INDICES = "[...document.querySelectorAll('.rows .line')].map((line) => Number(line.ariaRowIndex))"


def picked(page):
    return page.locator(".rows [aria-selected=true]")


def test_a_trace_of_thousands_of_spans_stays_usable(visit, served):
    spans = stories.deep(time.time_ns() - 200 * SECOND, spans=3_001)
    served.add(spans)
    page = visit().go(f"/traces/{spans[0].trace_id}?span={spans[0].span_id}")
    most = 0
    for key in ("End", "Home", "n", "n", "PageDown", "PageDown", "j", "ArrowLeft"):
        before = page.locator(".panel").get_attribute("data-key")
        page.keyboard.press(key)
        expect(page.locator(f".panel[data-key='{before}']")).to_have_count(0)
        expect(picked(page)).to_be_in_viewport()
        expect(picked(page).locator(".open")).to_be_focused()
        most = max(most, page.evaluate(NODES))
    assert most < 1_500
    indices = page.evaluate(INDICES)
    assert indices == sorted(indices)
    assert len(indices) < 2 * ROWS
    page.locator(".tree-pane").evaluate("(pane) => { pane.scrollTop = pane.scrollHeight / 2; }")
    expect(page.locator(".rows .line[aria-rowindex='1510']")).to_be_in_viewport()
    page.reload()
    expect(picked(page)).to_be_in_viewport()
    assert "?span=" in page.url


def test_next_error_and_folds_reach_rows_that_are_not_there(visit, served):
    spans = stories.deep(time.time_ns() - 200 * SECOND, spans=3_001)
    served.add(spans)
    failed = [span.span_id for span in spans if span.status == "error"]
    page = visit().go(f"/traces/{spans[0].trace_id}?span={spans[0].span_id}")
    for span_id in [*failed[:3]]:
        page.keyboard.press("n")
        expect(page.locator(".panel")).to_have_attribute("data-key", span_id)
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".rows .line")).to_have_count(1)
    page.keyboard.press("n")
    expect(page.locator(".panel")).to_have_attribute("data-key", failed[0])
    expect(picked(page)).to_be_in_viewport()


def test_the_map_leads_to_a_span_and_drags_the_rows_along(visit, served):
    spans = stories.deep(time.time_ns() - 200 * SECOND, spans=3_001)
    served.add(spans)
    page = visit().go(f"/traces/{spans[0].trace_id}?span={spans[0].span_id}")
    area = page.locator(".map").bounding_box()

    def across(share):
        return area["x"] + share * area["width"], area["y"] + 40

    page.mouse.click(*across(0.9))
    expect(page.locator(f".panel[data-key='{spans[0].span_id}']")).to_have_count(0)
    expect(picked(page)).to_be_in_viewport()
    assert 2_600 < int(picked(page).get_attribute("aria-rowindex")) < 2_750
    chosen = page.locator(".panel").get_attribute("data-key")
    page.mouse.move(*across(0.9))
    page.mouse.down()
    page.mouse.move(*across(0.51), steps=4)
    page.mouse.up()
    expect(page.locator(".rows .line[aria-rowindex='1503']")).to_be_in_viewport()
    assert page.locator(".panel").get_attribute("data-key") == chosen
    page.locator(".mark-error").first.click()
    expect(page.locator(".panel h3").first).to_have_text("ValueError")
    page.keyboard.press("p")
    page.wait_for_url("**show=critical*")
    expect(page.locator("[data-show=critical]")).to_have_attribute("aria-current", "true")


def test_a_long_trace_that_grows_keeps_the_place(visit, served):
    spans = stories.deep(time.time_ns(), spans=1_801)
    served.add(spans[:1_501])
    page = visit().go(f"/traces/{spans[0].trace_id}?span={spans[0].span_id}")
    live(page)
    page.keyboard.press("j")
    page.keyboard.press("ArrowLeft")
    fold = picked(page).get_attribute("data-key")
    expect(page.locator(f".line[data-key='{fold}']")).to_have_attribute("aria-expanded", "false")
    page.locator(".tree-pane").evaluate("(pane) => { pane.scrollTop = 6_000; }")
    expect(page.locator(".rows .line[aria-rowindex='210']")).to_be_in_viewport()
    top = page.locator(".rows .line[aria-rowindex='210']").bounding_box()["y"]
    served.add(spans[1_501:])
    expect(page.locator(".rows")).to_have_attribute("aria-rowcount", str(len(spans)))
    assert abs(page.locator(".rows .line[aria-rowindex='210']").bounding_box()["y"] - top) < 1
    page.keyboard.press("Home")
    expect(page.locator(f".line[data-key='{fold}']")).to_have_attribute("aria-expanded", "false")


def test_a_running_span_grows_without_the_page_being_asked_for(visit, served):
    spans = stories.running(time.time_ns() - 20 * SECOND)
    served.add(spans)
    seen = visit()
    page = seen.go(f"/traces/{spans[0].trace_id}")
    live(page)
    page.locator(".rows .open").first.focus()
    bar = page.locator(".rows [data-grows]")
    wide = "(bar) => parseFloat(bar.getAttribute('x2'))"
    before, said, asked = bar.evaluate(wide), page.locator(".rows [data-since]").inner_text(), len(seen.asked)
    page.wait_for_timeout(900)
    assert bar.evaluate(wide) > before
    for place in (".rows [data-since]", ".head [data-since]", ".panel [data-since]"):
        assert page.locator(place).inner_text() > said
    assert len(seen.asked) == asked
    expect(page.locator(".rows .open").first).to_be_focused()
    expect(picked(page)).to_have_count(1)


def test_markdown_is_a_key_away_and_the_choice_stays(visit, served):
    said = [message("assistant", "**Bold** ![x](https://evil.example/p.png) [l](https://a.b)", finish_reason="stop")]
    spans = [timed.llm(timed.trace_id(), at=time.time_ns() - SECOND, ms=5, output_messages=said)]
    spans += [timed.llm(spans[0].trace_id, at=time.time_ns() - SECOND, ms=3, parent=spans[0], output_messages=said)]
    served.add(spans)
    seen = visit()
    page = seen.go(f"/traces/{spans[0].trace_id}")
    page.keyboard.press("m")
    expect(page.locator(".card.answer strong")).to_have_text("Bold")
    assert "text=markdown" in page.url
    page.keyboard.press("j")
    expect(page.locator(".panel")).to_have_attribute("data-key", spans[1].span_id)
    expect(page.locator(".card.answer strong")).to_have_text("Bold")
    page = seen.go(f"/traces/{spans[0].trace_id}")
    expect(page.locator(".card.answer strong")).to_have_text("Bold")
    assert page.locator("img").count() == 0
    page.get_by_role("link", name="Plain text").click()
    expect(page.locator(".card.answer")).to_contain_text("**Bold**")


def test_copies_and_the_way_to_the_traces_of_the_session(visit, served):
    rows = served.store.sql("SELECT trace_id FROM traces WHERE session_id = 's-204' ORDER BY start_time").rows
    page = visit().go(f"/traces/{rows[1][0]}")
    root = page.locator(".panel").get_attribute("data-key")
    page.keyboard.press("j")
    expect(page.locator(f".panel[data-key='{root}']")).to_have_count(0)
    page.locator(".copies summary").click()
    for words, start in (("curl", "# Rebuilt"), ("Python", "# Rebuilt"), ("JSON", '{"trace_id"')):
        button = page.get_by_role("button", name=f"Copy as {words}")
        button.click()
        expect(button).to_have_class("ghost js-only done")
        assert page.evaluate("navigator.clipboard.readText()").startswith(start), words
    page.keyboard.press("]")
    page.wait_for_url(f"**/traces/{rows[2][0]}")
    page.keyboard.press("[")
    page.wait_for_url(f"**/traces/{rows[1][0]}")


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1440, "light")])
def test_everything_that_opens_is_for_everyone(visit, served, axe, width, scheme):
    spans = stories.running(time.time_ns() - 20 * SECOND)
    served.add(spans)
    seen = visit(width=width, scheme=scheme)
    for path in (path_of(served, "invoke_agent support", status="error"), f"/traces/{spans[0].trace_id}"):
        page = seen.go(f"{path}?text=markdown")
        live(page)
        page.evaluate("document.querySelectorAll('details').forEach((fold) => (fold.open = true))")
        assert serious(page, axe) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_paper_has_rows_and_panel_and_no_buttons(visit, served):
    page = visit(scheme="dark").go(path_of(served, "invoke_agent support", error_count=0))
    page.emulate_media(media="print")
    for place in (".top", ".acts", ".tree-views", ".jumps", ".sections", "#scores"):
        assert page.locator(f"{place}:visible").count() == 0, place
    assert page.locator(".rows .line:visible").count() == 5
    tops = page.evaluate(
        "[...document.querySelectorAll('.rows .line')].map((line) => line.getBoundingClientRect().top)"
    )
    assert tops == sorted(set(tops))
    assert page.locator(".panel:visible").bounding_box()["y"] > tops[-1]
    assert page.locator(".print-note").is_visible()


def test_what_is_looked_for_in_a_trace(visit, served):
    spans = stories.deep(time.time_ns() - 100 * SECOND, spans=301)
    served.add(spans)
    page = visit().go(f"/traces/{spans[0].trace_id}")
    page.keyboard.press("/")
    page.keyboard.type('"step 7"')
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="2 of 301 spans hold")).to_be_visible()
    rows = page.locator(".rows [role=row]")
    expect(rows).to_have_count(3)
    expect(page.locator(".rows mark")).to_have_count(2)
    expect(picked(page)).to_contain_text("step 7")
    first = page.locator(".panel").get_attribute("data-key")
    page.keyboard.press("n")
    expect(page.locator(f".panel[data-key='{first}']")).to_have_count(0)
    expect(page.locator(".panel")).to_contain_text("go on")
    second = page.locator(".panel").get_attribute("data-key")
    page.get_by_role("link", name="All spans").click()
    expect(page.locator(".map")).to_have_attribute("data-rows", "301")
    expect(page.locator(f".panel[data-key='{second}']")).to_have_count(1)
    assert "find" not in page.url


def test_nothing_that_is_looked_for(visit, served, axe):
    spans = stories.deep(time.time_ns() - 90 * SECOND, spans=31)
    served.add(spans)
    page = visit().go(f"/traces/{spans[0].trace_id}?find=%3Cb%3Ewords")
    expect(page.get_by_text("No span holds “<b>words”")).to_be_visible()
    expect(page.locator(".rows [role=row]")).to_have_count(0)
    for key in ("j", "n", "End", "PageDown"):
        page.keyboard.press(key)
    assert not serious(page, axe)
