"""The viewer in Chromium: by keyboard, without scripts, live, hostile, narrow, heard by a screen reader."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import expect

from tests.support import hostile, journals, stories
from tracekit.collector.ingest import Ingest
from tracekit.journal import records
from tracekit.journal.frame import pack
from tracekit.journal.writer import JournalWriter
from tracekit_viewer.presenters.window import ROWS

pytestmark = pytest.mark.browser


def path_of(served, name, **where):
    """The path of the newest trace of that name."""
    rows = served.store.sql(
        "SELECT trace_id, status, error_count FROM traces WHERE name = ? ORDER BY start_time DESC", [name]
    ).dicts()
    return f"/traces/{next(row['trace_id'] for row in rows if where.items() <= row.items())}"


def live(page):
    expect(page.locator("[data-pulse]")).to_have_attribute("data-state", "live")


def test_from_the_list_to_a_span_and_back_by_keyboard(visit):
    page = visit().go("/?status=error&text=8841")
    for key in ("n", "j", "k"):
        page.keyboard.press(key)
    chosen = page.evaluate("document.activeElement.getAttribute('href')")
    page.keyboard.press("Enter")
    page.wait_for_url("**" + chosen)
    expect(page.locator(".panel h2")).to_have_text("execute_tool get_order")
    page.keyboard.press("k")
    expect(page.locator(".panel h2")).to_have_text("chat gpt-4o")
    expect(page.locator(".card.r-user")).to_contain_text("order 8841")
    assert "?span=" in page.url
    page.keyboard.press("n")
    expect(page.locator(".panel h2")).to_have_text("execute_tool get_order")
    page.keyboard.press("u")
    page.wait_for_url("**/?status=error&text=8841")
    assert page.evaluate("document.activeElement.getAttribute('href')") == chosen


def test_subtrees_fold_by_keyboard_and_by_mouse(visit, served):
    page = visit().go(path_of(served, "invoke_agent support", error_count=0))
    rows = page.locator(".rows .line:visible")
    expect(rows).to_have_count(5)
    page.keyboard.press("k")
    page.keyboard.press("ArrowLeft")
    expect(rows).to_have_count(1)
    page.keyboard.press("ArrowRight")
    expect(rows).to_have_count(5)
    page.locator("[data-twist]").nth(1).click()
    expect(rows).to_have_count(4)
    expect(page.locator(".rows [aria-expanded=false]")).to_have_count(1)


def test_keys_that_open_things_and_text_that_is_typed(visit):
    page = visit().go("/")
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("torn?jk")
    expect(page.locator("#q")).to_have_value("torn?jk")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()


def test_search_and_filters_are_addresses(visit):
    page = visit().go("/")
    page.fill("#q", "torn")
    page.keyboard.press("Enter")
    page.wait_for_url("**/traces?q=torn")
    expect(page.locator("tbody tr").first).to_contain_text("it arrived torn")
    page.get_by_role("link", name="Errors").click()
    page.wait_for_url("**/traces?q=torn+status%3Aerror")
    page.fill("#q", "status:error")
    page.keyboard.press("Enter")
    page.wait_for_url("**/traces?q=status%3Aerror")
    assert page.locator("tbody tr:not(.m-error)").count() == 0
    page.locator("tbody .owners a", has_text="u-17").first.click()
    page.wait_for_url("**user%3Au-17*")
    page.locator(".facets summary").click()
    page.locator(".facet-columns a", has_text="gpt-4o").first.click()
    page.wait_for_url("**model%3Agpt-4o*")
    page.get_by_role("link", name="Remove filter user u-17").click()
    page.wait_for_url("**/traces?q=status%3Aerror+model%3Agpt-4o")


def test_what_is_asked_every_day_is_one_click_away(visit):
    seen = visit()
    seen.go("/").get_by_role("link", name="Yesterday's slowest").click()
    seen.page.wait_for_url("**q=since%3Ayesterday+until%3Atoday&sort=slowest")
    seen.go("/").locator(".broke", has_text="get_order").first.click()
    seen.page.wait_for_url("**?span=*")
    expect(seen.page.locator(".panel h2")).to_have_text("execute_tool get_order")
    page = seen.go("/")
    page.keyboard.press("/")
    page.keyboard.type('"it arrived torn"')
    page.keyboard.press("Enter")
    page.wait_for_url("**/traces?q=%22it+arrived+torn%22")
    expect(page.locator("tbody tr").first).to_contain_text("it arrived torn")


def test_the_theme_is_the_systems_until_one_is_chosen(visit):
    page = visit(scheme="dark").go("/")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    page.keyboard.press("t")
    light = page.evaluate(ground)
    assert dark != light
    page.reload()
    assert page.evaluate(ground) == light
    page.get_by_role("button", name="Switch between dark and light").click()
    assert page.evaluate(ground) == dark


def test_a_new_trace_appears_and_takes_nothing_away(visit, served):
    page = visit(height=400).go("/")
    live(page)
    for _ in range(8):
        page.keyboard.press("j")
    kept = page.evaluate("document.activeElement.getAttribute('href')")
    page.evaluate("scrollTo(0, 300)")
    question = f"What is new at {time.time_ns()}?"
    served.add(stories.rag(time.time_ns() - 3_000_000_000, question=question, answer="This."))
    expect(page.locator("tbody tr", has_text=question)).to_have_count(1)
    assert page.evaluate("document.activeElement.getAttribute('href')") == kept
    assert page.evaluate("scrollY") > 0


def test_an_open_trace_grows_and_keeps_what_the_reader_opened(visit, served):
    spans = stories.agent(time.time_ns(), question="Is it growing?", answer="It is.")
    served.add(spans[:2])
    page = visit().go(f"/traces/{spans[0].trace_id}?span={spans[1].span_id}")
    live(page)
    page.locator(".reasoning summary").click()
    page.locator(".rows .open").nth(1).focus()
    served.add(spans[2:])
    expect(page.locator(".rows .line")).to_have_count(5)
    expect(page.locator(".reasoning")).to_have_attribute("open", "")
    expect(page.locator(".rows .open").nth(1)).to_be_focused()
    expect(page.locator(".rows [aria-selected=true]")).to_have_count(1)
    expect(page.locator(".panel h2")).to_have_text("chat gpt-4o")


def test_copying(visit, served):
    path = path_of(served, "answer_question")
    page = visit().go(path)
    button = page.get_by_role("button", name="Copy trace id")
    button.click()
    expect(button).to_have_class("ghost js-only done")
    assert page.evaluate("navigator.clipboard.readText()") == path.removeprefix("/traces/")


def test_records_that_never_came_are_told_in_sight(visit, served, tmp_path, axe):
    name = "x<img src=x onerror='window.pwned = 1'>\u202e"
    header = pack(records.HEADER, 0, records.encode({"format": 1, "process": name}).encode())
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal" / "1-2-ab.tkj").write_bytes(b"".join([header, *journals.frames(4)[3:]]))
    Ingest(tmp_path / "journal", served.store).fold()
    page = visit(width=320).go(f"/traces/{journals.TRACE}")
    warning = page.locator(".warning")
    expect(warning).to_be_in_viewport()
    expect(warning).to_contain_text("2 records of process x<img")
    expect(warning).to_contain_text("never came. Spans of this trace may be among them.")
    assert page.evaluate("window.pwned") is None
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert serious(page, axe) == []


def test_hostile_text_runs_nothing(visit, served):
    seen = visit()
    page = seen.go("/")
    assert page.evaluate("window.pwned") is None
    page = seen.go(path_of(served, hostile.MIXTURE))
    page.evaluate("document.querySelectorAll('details').forEach((fold) => (fold.open = true))")
    page.wait_for_timeout(100)
    assert page.evaluate("window.pwned") is None
    assert page.locator("img, iframe, object, embed").count() == 0
    page.keyboard.press("j")
    expect(page.locator(".panel")).to_have_class("panel k-tool")
    assert page.evaluate("window.pwned") is None


def test_everything_is_readable_without_scripts(visit):
    page = visit(scripts=False).go("/?status=error")
    assert page.locator(".js-only:visible").count() == 0
    page.locator("a.open", has_text="invoke_agent support").first.click()
    page.locator(".rows a.open").nth(1).click()
    expect(page.locator(".panel h2")).to_have_text("chat gpt-4o")
    expect(page.locator(".card.answer")).to_contain_text("get_order")
    expect(page.locator(".offered pre").first).to_be_visible()
    page.get_by_role("link", name="Traces", exact=True).click()
    page.fill("#q", "torn")
    page.keyboard.press("Enter")
    page.wait_for_url("**/traces?q=torn")


def serious(page, axe):
    """What axe finds serious or critical on the page as it is."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe)
    # Neither is asked of any rule here, and both take a quarter of the time.
    asked = {"resultTypes": ["violations"], "preload": False, "selectors": False}
    found = page.evaluate("asked => axe.run(document, asked)", asked)
    return [
        (violation["id"], [node["html"][:200] for node in violation["nodes"]][:3])
        for violation in found["violations"]
        if violation["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("width", [320, 1440])
def test_the_status_of_tracing_is_for_everyone(visit, served, tmp_path, axe, width):
    place = "openai.resources.chat.completions.completions.AsyncCompletions.produce"
    client = {"name": "openai", "distribution": "openai", "version": "9.0", "supported": ">=2,<4", "tested": ["3.1"]}
    counted = {"patched": ["a.b"], "missing": [place], "requests": 12, "calls": 2, "unseen": {place: 10}}
    report = {"time_ns": 1, "id": "p1", "clients": [client | counted], "others": {}, "faults": {"chunk": [1, "x"]}}
    writer = JournalWriter(tmp_path / "journal")
    writer.append(records.HEALTH, records.encode({**report, "cost": {"calls": 2, "shed": 0}}).encode())
    writer.close()
    Ingest(tmp_path / "journal", served.store).fold()
    for scripts in (True, False):
        page = visit(width=width, scripts=scripts).go("/")
        page.get_by_role("link", name="Status").click()
        page.wait_for_url("**/status")
        expect(page.locator(".warning", has_text="10 of 12 requests left no span")).to_be_visible()
        expect(page.get_by_role("rowheader", name="openai")).to_be_visible()
        if scripts:
            assert serious(page, axe) == []
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_no_serious_finding_on_the_list_of_keys(visit, axe):
    page = visit(scheme="dark", width=320).go("/traces?limit=6")
    page.keyboard.press("?")
    assert serious(page, axe) == []


def test_the_first_page_is_light(visit):
    seen = visit(cached=False)
    devtools = seen.page.context.new_cdp_session(seen.page)
    devtools.send("Network.enable")
    received: list[float] = []
    devtools.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    live(seen.go("/"))
    seen.page.wait_for_timeout(200)
    assert len(received) >= 8
    assert sum(received) < 60_000, f"{sum(received):.0f} bytes with all assets"
    print(f"first page with all assets: {sum(received):.0f} bytes in {len(received)} answers")


def test_a_long_trace_without_scripts(visit, served):
    spans = stories.deep(time.time_ns(), spans=601)
    served.add(spans)
    page = visit(scripts=False).go(f"/traces/{spans[0].trace_id}?span={spans[0].span_id}")
    rows = page.locator(".rows .line")
    expect(rows).to_have_count(ROWS)
    page.get_by_role("link", name="565 more spans").click()
    expect(rows).to_have_count(500)
    expect(rows.first).to_have_attribute("aria-rowindex", "37")
    page.get_by_role("link", name="65 more spans").click()
    expect(rows).to_have_count(65)
    page.get_by_role("link", name="536 earlier spans").click()
    expect(rows).to_have_count(500)
    page.go_back()
    page.locator(".twist[href]").nth(1).click()
    page.wait_for_url("**fold=*")
    page.get_by_role("link", name="Critical path").click()
    page.wait_for_url("**show=critical*")
    page.locator(".jumps a").nth(4).click(force=True)
    page.wait_for_url("**?span=*")
    expect(page.locator(".rows [aria-selected=true]")).to_have_count(1)


@pytest.mark.parametrize("restored", ["auto", "manual"], ids=["by the browser", "by us"])
def test_the_browsers_back_button_finds_the_place_in_the_list(visit, restored):
    page = visit(height=500).go("/?limit=40")
    page.evaluate("mode => { history.scrollRestoration = mode; }", restored)
    row = page.locator("a[data-row]").nth(25)
    chosen = row.get_attribute("href")
    row.scroll_into_view_if_needed()
    row.click()
    page.wait_for_url("**" + chosen)
    page.keyboard.press("j")
    page.wait_for_url("**?span=*")
    page.go_back()
    page.wait_for_url("**/?limit=40")
    expect(page.locator(f"a[data-row][href='{chosen}']")).to_be_focused()
    expect(page.locator(f"a[data-row][href='{chosen}']")).to_be_in_viewport()
    page.go_forward()
    page.wait_for_url("**?span=*")
    page.get_by_role("link", name="Traces", exact=True).click()
    page.wait_for_url("**/?limit=40")
    expect(page.locator(f"a[data-row][href='{chosen}']")).to_be_focused()
