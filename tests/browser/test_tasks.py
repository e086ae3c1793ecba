"""What people do every day, from the list of traces on, by mouse alone and by keyboard alone, with every step counted.

A click is one, a chord of keys is one, a text that is typed is one. A table of `docs/viewer.md` says what is counted,
and is held against it.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Open
from tests.docs import markdown
from tests.evals.reports import samples
from tests.support import seeds, stories, timed, viewing

pytestmark = pytest.mark.browser

PHRASE = '"it arrived torn"'
LOST = "q01"


@dataclass(slots=True)
class Hands:
    """A person at a page, who moves nothing without being counted."""

    page: Page
    clicks: int = 0
    keys: int = 0
    texts: int = 0

    def click(self, what: Locator) -> None:
        what.click()
        self.clicks += 1

    def press(self, *chords: str) -> None:
        for chord in chords:
            self.page.keyboard.press(chord)
            self.keys += 1

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)
        self.texts += 1

    @property
    def counted(self) -> tuple[int, int, int]:
        return self.clicks, self.keys, self.texts


Task = Callable[[Hands], None]


@dataclass(slots=True, frozen=True, kw_only=True)
class Way:
    """A task both ways, how it is known to be done, and how many clicks it may take."""

    goal: int
    mouse: Task
    keys: Task
    done: Callable[[Page], None]


def link(hands: Hands, name: str) -> Locator:
    return hands.page.get_by_role("link", name=name, exact=True)


def shortcut(number: int, name: str) -> tuple[Task, Task]:
    return lambda hands: hands.click(link(hands, name)), lambda hands: hands.press(str(number))


def slowest(page: Page) -> None:
    page.wait_for_url("**q=since%3Ayesterday+until%3Atoday&sort=slowest")
    expect(page.locator("a[data-row]").first).to_have_text("yesterday's slowest")


def failed_tool(page: Page) -> None:
    page.wait_for_url("**?span=*")
    expect(page.locator(".panel h2")).to_have_text("execute_tool get_order")
    expect(page.locator(".panel #error")).to_contain_text("order service did not answer in 900 ms")


def cost_by_model(page: Page) -> None:
    page.wait_for_url("**/models?range=7d")
    expect(page.locator("tbody tr", has_text="gpt-4o").first).to_contain_text("$")


def compare_by_mouse(hands: Hands) -> None:
    rows = hands.page.locator("tr[data-key]")
    hands.click(rows.nth(0).locator(".tick"))
    rows.nth(2).hover()
    hands.click(rows.nth(2).locator("[data-versus]"))


def compared(page: Page) -> None:
    page.wait_for_url("**/compare?a=*&b=*")
    expect(page.get_by_role("heading", name="Compare 2 traces")).to_be_visible()


def phrase_by_mouse(hands: Hands) -> None:
    hands.click(hands.page.locator("#q"))
    hands.type(PHRASE)
    hands.press("Enter")


def phrase_by_keys(hands: Hands) -> None:
    hands.press("/")
    hands.type(PHRASE)
    hands.press("Enter")


def phrase(page: Page) -> None:
    page.wait_for_url("**/traces?q=%22it+arrived+torn%22")
    expect(page.locator("tbody tr").first).to_contain_text("it arrived torn")


def prompt_by_mouse(hands: Hands) -> None:
    hands.click(hands.page.locator("a[data-row]").first)
    hands.click(hands.page.locator(".rows .open", has_text="chat gpt-4o").first)


def prompt_by_keys(hands: Hands) -> None:
    hands.press("Enter")
    hands.page.wait_for_url("**/traces/*")
    expect(hands.page.locator(".rows [aria-selected=true]")).to_have_count(1)
    hands.press("j")


def prompt(page: Page) -> None:
    panel = page.locator(".panel")
    expect(panel.locator("h2")).to_have_text("chat gpt-4o")
    for said in ("You are the support agent of a shop.", "What was on the list?", '"required"'):
        expect(panel.get_by_text(said).first).to_be_visible()


def saved(hands: Hands, act: Callable[[], None]) -> None:
    """Act, and have a file of rows that a suite can read for it."""
    with hands.page.expect_download() as download:
        act()
    rows = [json.loads(line) for line in download.value.path().read_text().splitlines()]
    assert rows[0]["input"] == {"question": "What was on the list?"}
    assert all(row["trace_id"] for row in rows)


def dataset_by_mouse(hands: Hands) -> None:
    hands.click(link(hands, "Export as dataset"))
    saved(hands, lambda: hands.click(link(hands, "Download tracekit.jsonl")))


def dataset_by_keys(hands: Hands) -> None:
    hands.press("d")
    hands.page.wait_for_url("**/dataset*")
    saved(hands, lambda: hands.press("d"))


def dataset(page: Page) -> None:
    expect(page.get_by_role("heading", name="Export as dataset")).to_be_visible()


def lost_row(page: Page) -> None:
    page.wait_for_url("**/traces/*")
    expect(page.locator("h1")).to_have_text(f"answer {LOST}")


SLOWEST, COST = shortcut(1, "Yesterday's slowest"), shortcut(5, "Cost by model")
WAYS = {
    "yesterday's slowest": Way(goal=1, mouse=SLOWEST[0], keys=SLOWEST[1], done=slowest),
    "failed tool": Way(
        goal=1,
        mouse=lambda hands: hands.click(hands.page.locator(".broke", has_text="get_order").first),
        keys=lambda hands: hands.press("f"),
        done=failed_tool,
    ),
    "cost by model": Way(goal=1, mouse=COST[0], keys=COST[1], done=cost_by_model),
    "compare two": Way(goal=2, mouse=compare_by_mouse, keys=lambda hands: hands.press("c", "c"), done=compared),
    "phrase": Way(goal=1, mouse=phrase_by_mouse, keys=phrase_by_keys, done=phrase),
    "exact prompt with tools": Way(goal=2, mouse=prompt_by_mouse, keys=prompt_by_keys, done=prompt),
    "eval failure to trace": Way(
        goal=1,
        mouse=lambda hands: hands.click(hands.page.locator("[data-lost]", has_text=LOST)),
        keys=lambda hands: hands.press("w"),
        done=lost_row,
    ),
    "filter to dataset": Way(goal=2, mouse=dataset_by_mouse, keys=dataset_by_keys, done=dataset),
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[viewing.Served]:
    """A day of work, of which the newest trace is whole; a slow one of yesterday; an evaluation that lost a row."""
    now = time.time_ns()
    midday = datetime.now(UTC).astimezone().replace(hour=12, minute=0, second=0) - timedelta(days=1)
    late = timed.span(timed.trace_id(), "yesterday's slowest", at=int(midday.timestamp() * 1e9), ms=9e6, kind="agent")
    newest = stories.agent(now - 1_000 * timed.MS, question="What was on the list?", answer="A helmet.")
    run = replace(samples.a_run(), created=datetime.now(UTC).isoformat())
    trace = next(result.trace_id for result in run.results if result.id == LOST)
    assert trace is not None
    evaluated = timed.span(trace, f"answer {LOST}", at=now - 3_600_000 * timed.MS, ms=20, kind="chain")
    with viewing.serve(tmp_path_factory.mktemp("tasks")) as running:
        running.add(*list(seeds.day(now))[4:], [late], newest, [evaluated])
        running.archive.save_baseline(samples.a_run(worse=False))
        running.archive.write(run, samples.regressed().comparison)
        yield running


def documented() -> dict[str, tuple[int, tuple[int, int, int], tuple[int, int, int]]]:
    """The table of the documentation: the goal, and what it says is counted by mouse and by keyboard."""
    rows = re.findall(
        r"^\| ([a-z' ]+) \| (\d) \| (\d) clicks?, (\d) keys?, (\d) texts? \| (\d) keys?, (\d) texts?: .+ \|$",
        markdown.sections(markdown.ROOT / "docs" / "viewer.md")["In few steps"],
        re.MULTILINE,
    )
    return {
        name: (int(goal), (int(clicks), int(keys), int(texts)), (0, int(own_keys), int(own_texts)))
        for name, goal, clicks, keys, texts, own_keys, own_texts in rows
    }


@pytest.mark.parametrize("task", WAYS)
def test_a_task_takes_the_steps_that_are_documented(visit: Open, task: str) -> None:
    seen, way = visit(), WAYS[task]
    counted = [Hands(seen.page), Hands(seen.page)]
    for hands, act in zip(counted, (way.mouse, way.keys), strict=True):
        seen.go("/traces")
        act(hands)
        way.done(seen.page)
    by_mouse, by_keys = counted
    assert documented()[task] == (way.goal, by_mouse.counted, by_keys.counted)
    assert by_mouse.clicks <= way.goal
    assert by_keys.clicks == 0


def test_every_task_is_documented_and_every_documented_one_is_done() -> None:
    assert documented().keys() == WAYS.keys()
