"""Hostile texts in every field, on every page that shows them: pages of the same make as those of friendly content."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx2
import pytest

from tests.support import hostile, markup, pages, timed, torture, viewing, worlds
from tests.support.spans import message
from tracekit_viewer import text as shown

SUMS = (
    "/overview",
    *(f"/models?by={by}" for by in ("model", "provider", "project", "user", "tool")),
    "/errors",
    "/tools",
    "/sessions",
    "/users",
    "/experiments",
    "/status",
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[viewing.Served]:
    with viewing.serve(tmp_path_factory.mktemp("hostile")) as running:
        worlds.hostile_texts(running)
        yield running


@pytest.fixture(scope="module")
def client(served: viewing.Served) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=served.url, timeout=60, headers={"accept": "text/html"}) as client:
        yield client


@pytest.fixture(scope="module")
def friendly(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str]]:
    """What the pages of friendly content consist of."""
    with viewing.serve(tmp_path_factory.mktemp("friendly")) as running:
        worlds.day(running)
        with httpx2.Client(base_url=running.url, timeout=20) as client:
            each = [markup.parse(client.get(address.path).text) for address in pages.addresses(running)]
    return set().union(*(page.vocabulary for page in each))


ALLOWED_TAGS = {
    *("html", "head", "meta", "title", "link", "script", "body"),
    *("header", "main", "nav", "section", "article", "aside", "figure", "figcaption"),
    *("h1", "h2", "h3", "p", "pre", "code"),
    *("ol", "ul", "li", "dl", "dt", "dd", "div", "span", "a", "kbd", "time", "details", "summary", "dialog"),
    *("form", "label", "input", "textarea", "select", "option", "datalist", "output", "b", "del", "ins", "mark"),
    *("fieldset", "legend", "progress"),
    *("button", "table", "thead", "tbody", "tfoot", "tr", "th", "td"),
    *("i", "g", "desc", "svg", "symbol", "use", "path", "rect", "circle", "line", "text"),
}
"""Of every page; a template that needs another says so here."""


def looked_at(client: httpx2.Client, path: str, friendly: set[tuple[str, str]], *texts: str) -> str:
    """A page, that shows these texts as texts."""
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.text[:500])
    page = markup.parse(answer.text)
    assert page.odd == [], path
    assert page.tags.keys() <= ALLOWED_TAGS, path
    assert [words for words in page.words if hides(words)] == [], path
    assert page.vocabulary - friendly == set(), path
    assert (page.tags["main"], page.tags["h1"], page.tags["dialog"]) == (1, 1, 1), path
    assert [text for text in texts if "<" in text and text in answer.text] == [], path
    return answer.text


def hides(words: str) -> bool:
    """Whether there is a character in it that should be shown by name."""
    return any(shown._marker(words, match) for match in shown._SUSPECT.finditer(words))


def trace_ids(served: viewing.Served) -> list[str]:
    return [row[0] for row in served.store.sql("SELECT trace_id FROM traces ORDER BY start_time DESC").rows]


def test_there_are_two_hundred() -> None:
    assert len(set(hostile.TEXTS)) == len(hostile.TEXTS) >= 200


def test_a_trace_of_each(client: httpx2.Client, served: viewing.Served, friendly: set[tuple[str, str]]) -> None:
    for trace_id, text in zip(trace_ids(served), hostile.TEXTS, strict=True):
        looked_at(client, f"/traces/{trace_id}", friendly, text)


@pytest.mark.torture
def test_the_span_below_and_the_comparison(
    client: httpx2.Client, served: viewing.Served, friendly: set[tuple[str, str]]
) -> None:
    every = trace_ids(served)
    children = dict(served.store.sql("SELECT trace_id, span_id FROM spans WHERE parent_span_id IS NOT NULL").rows)
    for number, (trace_id, text) in torture.some(list(enumerate(zip(every, hostile.TEXTS, strict=True))), 5):
        panel = client.get(f"/traces/{trace_id}/spans/{children[trace_id]}.html").text
        found = markup.parse(panel)
        assert (found.odd, found.vocabulary - friendly) == ([], set()), text
        assert "<" not in text or text not in panel
        if number % 10 == 0:
            looked_at(client, f"/compare?a={every[number - 1]}&b={trace_id}", friendly, text)


def test_lists_and_sums(client: httpx2.Client, served: viewing.Served, friendly: set[tuple[str, str]]) -> None:
    looked_at(client, "/traces?limit=500&facets=1", friendly, *hostile.TEXTS)
    for path in SUMS:
        looked_at(client, f"{path}{'&' if '?' in path else '?'}limit=500", friendly, *hostile.TEXTS)
    query = quote("SELECT * FROM spans UNION ALL BY NAME SELECT * FROM scores")
    looked_at(client, f"/sql?limit=700&q={query}", friendly, *hostile.TEXTS)
    run = served.archive.entries()[0].id
    looked_at(client, f"/experiments/{run}?limit=500&with={run}", friendly, *hostile.TEXTS)


@pytest.mark.torture
def test_each_as_what_is_asked_for(client: httpx2.Client) -> None:
    trace = client.get("/traces.json?limit=1").json()["traces"][0]["trace_id"]
    ways = (
        "/traces?q={}",
        f"/traces/{trace}?find={{}}",
        "/traces?user_id={}&limit=2",
        "/sql?q={}",
        "/sessions/{}",
        "/models?by={}",
        "/compare?a={}&b={}",
    )
    for number, text in torture.some(list(enumerate(hostile.TEXTS)), 5):
        said = quote(text, safe="", errors="replace")
        path = ways[number % len(ways)].format(said, said)
        answer = client.get(path)
        assert answer.status_code in (200, 400, 404), (path, answer.text[:300])
        assert markup.parse(answer.text).odd == [], path


@pytest.mark.parametrize("name", ["HUGE_LINE", "DEEP_JSON", "DEEP_OBJECT"])
def test_sizes_that_nobody_expects(tmp_path: Path, friendly: set[tuple[str, str]], name: str) -> None:
    text: str = getattr(hostile, name)
    trace = timed.trace_id()
    span = timed.llm(
        trace,
        at=time.time_ns(),
        ms=5,
        input_messages=[message("user", text)],
        output_messages=[message("assistant", text)],
        input=text,
        output=text,
        status="error",
        status_message=text,
        attributes={"said": text, **hostile.HUGE_NUMBERS},
    )
    paths = ("/traces?limit=5", "/errors", f"/traces/{trace}.json", f"/compare?a={trace}&b={trace}")
    with viewing.serve(tmp_path) as running, httpx2.Client(base_url=running.url, timeout=60) as client:
        running.add([span])
        page = looked_at(client, f"/traces/{trace}", friendly, text)
        assert len(page) < 3_000_000
        for path in paths:
            answer = client.get(path)
            assert answer.status_code == 200, (path, answer.text[:300])
            assert path.endswith(".json") or len(answer.text) < 1_000_000, path  # JSON has all of it


def test_names_of_millions_of_characters(tmp_path: Path, friendly: set[tuple[str, str]]) -> None:
    """What a program calls a user, a model or a tool stands in every row, title and link of some page."""
    huge = hostile.HUGE_LINE
    trace = timed.trace_id()
    span = timed.span(
        trace,
        huge,
        at=time.time_ns() - 1_000_000_000,
        ms=5,
        **dict.fromkeys(
            ("session_id", "user_id", "project", "model", "request_model", "provider", "tool_name", "error_type"), huge
        ),
        kind="llm",
        status="error",
        status_message=huge,
        tags=[huge],
    )
    paths = (
        "/traces",
        "/traces?facets=1",
        f"/traces/{trace}",
        f"/traces/{trace}?find=line",
        *(path for path in SUMS if path != "/experiments"),
        f"/review?trace={trace}",
        f"/compare?a={trace}&b={trace}",
        "/sql?q=SELECT+*+FROM+spans",
        "/dataset",
    )
    with viewing.serve(tmp_path) as running, httpx2.Client(base_url=running.url, timeout=60) as client:
        running.add([span])
        for path in paths:
            page = looked_at(client, path, friendly, huge)
            assert len(page) < 1_000_000, path
        assert "/too-long" in client.get("/traces").text
        told = client.get("/too-long")
        assert (told.status_code, "longer than the 16,000 characters" in told.text) == (414, True)
        markdown = client.get(f"/traces/{trace}.md")
        assert (markdown.status_code, len(markdown.text) < 1_000_000) == (200, True)
