"""Lists of one's own in a browser: a review by keyboard, columns, saved views, completion, sums that follow."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.test_viewer import live, serious
from tests.support import hostile, stories, timed, viewing

pytestmark = pytest.mark.browser


def session(served: viewing.Served, name: str, *, count: int) -> list[str]:
    """Traces of a session; their ids, newest first."""
    now = time.time_ns()
    made = [
        stories.agent(now - number * 10**9, question=f"{name} {number}?", answer=f"So {number}.", session=name)
        for number in range(count)
    ]
    served.add(*made)
    return [spans[0].trace_id for spans in made]


def test_a_filter_is_reviewed_by_keyboard_to_its_end(visit: Open, served: viewing.Served) -> None:
    ids = session(served, "s-keys", count=4)
    page = visit().go("/traces?q=session:s-keys")
    page.get_by_role("link", name="Review").focus()
    page.keyboard.press("Enter")  # one click, or one key
    place = page.locator(".queue-place b")
    expect(place).to_have_text("1 of 4")
    page.keyboard.press("+")
    expect(place).to_have_text("2 of 4")
    page.keyboard.press("s")
    expect(place).to_have_text("3 of 4")
    page.keyboard.press("b")
    expect(place).to_have_text("2 of 4")
    page.keyboard.press("e")
    page.keyboard.press("Control+a")
    page.keyboard.type("Otherwise.")
    page.keyboard.press("Control+Enter")
    expect(place).to_have_text("3 of 4")
    page.keyboard.press("-")
    expect(place).to_have_text("4 of 4")
    page.keyboard.press("c")
    page.keyboard.type("hm")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="All reviewed")).to_be_visible()
    page.keyboard.press("u")
    page.wait_for_url("**/traces?q=session%3As-keys")
    said = served.store.sql("SELECT trace_id, name, value, label FROM scores WHERE list_contains(?, trace_id)", [ids])
    assert sorted(said.rows, key=lambda row: ids.index(str(row[0]))) == [
        (ids[0], "correct", 1.0, None),
        (ids[1], "correction", None, "Otherwise."),
        (ids[2], "correct", 0.0, None),
        (ids[3], "comment", None, None),
    ]


def test_review_dataset_views_and_columns_without_scripts(visit: Open, served: viewing.Served) -> None:
    session(served, "s-bare", count=1)
    page = visit(scripts=False).go("/traces?q=session:s-bare")
    page.get_by_role("link", name="Review").click()
    page.get_by_role("button", name="Right").click()
    page.get_by_role("link", name="Export as dataset").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download tracekit.jsonl").click()
    assert download.value.suggested_filename == "tracekit.jsonl"
    page.get_by_role("link", name="Back to the list").click()
    page.locator("#columns > summary").click()
    page.get_by_label("Output").uncheck()
    page.get_by_label("score.NAME").fill("score.correct")
    page.get_by_role("button", name="Show these").click()
    expect(page.get_by_role("columnheader")).to_contain_text(["Status", "Trace", "Input", "Model", "Tokens", "Cost"])
    expect(page.get_by_role("columnheader", name="correct")).to_be_visible()
    page.locator("#save-view > summary").click()
    page.get_by_label("Name of what is listed now").fill("mine")
    page.get_by_role("button", name="Save it").click()
    page.goto(served.url + "/traces")
    page.get_by_role("navigation", name="Saved views").get_by_role("link", name="mine").click()
    page.wait_for_url("**/traces?q=session%3As-bare&columns=*score.correct")
    page.locator("#save-view > summary").click()
    page.get_by_role("button", name="Remove the view mine").click()
    expect(page.get_by_role("navigation", name="Saved views")).to_have_count(0)


def test_a_query_is_completed_by_keyboard_and_by_mouse_and_is_kept(visit: Open) -> None:
    page = visit().go("/sql")
    field, options = page.locator("#q"), page.get_by_role("option")
    field.focus()
    page.wait_for_selector(".mirror", state="attached")
    page.keyboard.type("SELECT s.tok FROM spans s WHERE s.tok")
    expect(options.first).to_have_text(re.compile("input_tokens"))
    expect(field).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    chosen = page.locator(f"#{field.get_attribute('aria-activedescendant')}")
    expect(chosen).to_contain_text("output_tokens")
    page.keyboard.press("Enter")
    expect(field).to_have_value("SELECT s.tok FROM spans s WHERE s.output_tokens")
    expect(field).not_to_have_attribute("role", "combobox")
    page.keyboard.press("Control+z")
    expect(field).to_have_value("SELECT s.tok FROM spans s WHERE s.tok")
    field.fill("")
    page.keyboard.type("sel")
    page.keyboard.press("Tab")
    page.keyboard.type(" coun")
    options.first.click()
    expect(field).to_have_value("select count")
    page.keyboard.type("(*) AS n, 'fro")
    expect(options).to_have_count(0)  # not within a text
    page.keyboard.type("' FROM tra")
    page.keyboard.press("Escape")
    expect(options).to_have_count(0)
    expect(field).to_be_focused()
    page.keyboard.press("Control+Space")
    page.keyboard.press("Tab")
    expect(field).to_have_value("select count(*) AS n, 'fro' FROM traces")
    page.get_by_text("Save this query").click()
    page.get_by_label("Name", exact=True).fill("how many")
    page.keyboard.press("Enter")
    expect(page.locator(".kept-queries .active")).to_have_text("how many")
    page.get_by_role("button", name="Remove the query how many").click()
    expect(page.locator(".kept-queries")).to_have_count(0)


def test_open_sums_follow_what_comes_in_and_keep_the_focus(visit: Open, served: viewing.Served) -> None:
    page = visit(height=420).go("/tools?range=1h")
    live(page)
    row = page.locator("tr[data-key=refund]")
    expect(row).to_have_count(0)
    now = time.time_ns()
    tool = timed.span(timed.trace_id(), "t", at=now, ms=3, kind="tool", tool_name="refund")
    served.add([tool])
    expect(row).to_have_count(1)
    row.locator("a").first.focus()
    page.evaluate("document.querySelector('tr[data-key=refund]').marked = true; scrollTo(0, 40)")
    more = [timed.span(timed.trace_id(), "t", at=now, ms=3, kind="tool", tool_name="refund") for _ in range(200)]
    served.add(more)
    expect(row.locator("td").first).to_have_text("201")  # now the most frequent: the row has moved to the top
    assert page.evaluate("document.querySelector('tr[data-key=refund]').marked")
    assert page.evaluate("document.activeElement.closest('tr')?.dataset.key") == "refund"
    page.goto(served.url + "/overview?range=1h")
    live(page)
    figure = page.locator(".figures dd").first
    before = figure.inner_text()
    session(served, "s-live", count=2)
    expect(figure).not_to_have_text(before)


@pytest.mark.parametrize(("scheme", "width"), [("dark", 320), ("light", 1440)])
def test_no_serious_finding_of_axe(visit: Open, axe: str, served: viewing.Served, scheme: str, width: int) -> None:
    served.shelf.save("views", hostile.MIXTURE[:80], {"q": "status:error"})
    served.shelf.save("queries", hostile.MIXTURE[:80], {"q": "SELECT 1"})
    seen = visit(scheme=scheme, width=width)
    columns = (
        "input,session,user,tags,scores,score.correct,attribute.server.address,attribute.list,spans,errors,project"
    )
    trace_id = served.store.sql("SELECT trace_id FROM traces WHERE name = ?", [hostile.MIXTURE]).rows[0][0]
    pages = (
        (f"/traces?columns={columns}", "#columns"),
        ("/traces", "#save-view"),
        (f"/review?trace={trace_id}", "[data-key=judge-expected]"),
        ("/review?q=nobody", ""),
        ("/dataset", ""),
        ("/sql?show=chart&q=SELECT+name,count(*)+AS+n,sum(cost_usd)+AS+usd+FROM+traces+GROUP+BY+name", ".as-table"),
        ("/sessions/s-204", ""),
    )
    for path, opened in pages[:: 1 if width < 1_000 else 3]:  # wide, those whose layout is another there
        page = seen.go(path)
        if opened:
            page.locator(f"{opened} > summary").first.click()
        assert serious(page, axe) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert page.evaluate("window.pwned") is None
    page = seen.go("/sql")
    page.locator("#q").focus()
    page.wait_for_selector(".mirror", state="attached")
    page.keyboard.type("SELECT mod")
    expect(page.get_by_role("option").first).to_be_visible()
    assert serious(page, axe) == []
    for kind in ("views", "queries"):
        served.shelf.remove(kind, hostile.MIXTURE[:80])
