"""Nothing that a row, a dataset or a result file holds acts on whoever reads a report of it."""

from __future__ import annotations

import json
import re
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.evals.reports import samples
from tracekit import markup
from tracekit.evals.reports import html, jsonform, junit, markdown, notebook, terminal
from tracekit.evals.reports.markdown import COMMENT_LIMIT, SUMMARY_LIMIT
from tracekit.text import line, width

VIEWER = "http://127.0.0.1:4318"
DANGEROUS = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
JOINER = "\u2060"


def acting(text: str, *, but: str = "\n") -> set[str]:
    """The characters of a text that could act on a terminal or hide words."""
    return {character for character in text if unicodedata.category(character) in DANGEROUS and character not in but}


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_a_terminal_gets_nothing_that_acts_on_it(columns: int) -> None:
    text = terminal.text([samples.hostile()], columns=columns)
    assert acting(text) == set()
    assert "\\x1b[31mred" in text


@pytest.mark.parametrize("columns", [40, 60, 80, 132])
@pytest.mark.parametrize("name", samples.EVERY)
def test_no_line_is_wider_than_the_terminal(name: str, columns: int) -> None:
    for styled in terminal.lines([samples.EVERY[name]()], columns=columns):
        assert width("".join(piece for piece, _ in styled).rstrip()) <= columns


def test_junit_is_xml_whatever_the_rows_hold() -> None:
    made = junit.render([samples.hostile(), samples.regressed()])
    root = ET.fromstring(made.encode())
    assert acting(made) == set()
    suites = root.findall("testsuite")
    for name in ("tests", "failures", "errors", "skipped"):
        assert int(root.get(name, "")) == sum(int(suite.get(name, "")) for suite in suites)
    for suite in suites:
        cases = suite.findall("testcase")
        assert int(suite.get("tests", "")) == len(cases)
        assert all(
            len(case.findall("failure") + case.findall("error") + case.findall("skipped")) <= 1 for case in cases
        )
        names = [(case.get("classname"), case.get("name")) for case in cases]
        assert len(set(names)) == len(names)


def tokens(text: str) -> list[Token]:
    parser = MarkdownIt("gfm-like", {"linkify": False, "html": True})

    def every(found: list[Token]) -> Iterator[Token]:
        for token in found:
            yield token
            yield from every(token.children or [])

    return list(every(parser.parse(text)))


OWN_HTML = re.compile(
    r"<details><summary>(<code>[^<>]*</code>)?[^<>]*</summary>"
    r"|<!-- tracekit eval(: [\w.-]+)? -->|</?(details|summary|sub|code)>"
)
OWN_LINK = re.compile(rf"{VIEWER}/traces/[0-9a-f]{{32}}")


@pytest.mark.parametrize("name", samples.EVERY)
def test_markdown_has_no_link_picture_or_html_but_its_own(name: str) -> None:
    outcomes = [samples.EVERY[name]()]
    made = markdown.summary(outcomes, viewer=VIEWER)
    assert "<details>" in made or name not in {"regressed", "hostile"}
    for token in tokens(made) + tokens(markdown.comment(outcomes, key=samples.HOSTILE[0], viewer=VIEWER)):
        assert token.type not in {"image", "fence", "code_block", "hr", "ordered_list_open"}, token
        if token.type == "link_open":
            assert OWN_LINK.fullmatch(str(token.attrs["href"])), token
        if token.type in {"html_block", "html_inline"}:
            assert OWN_HTML.sub("", token.content).strip() == "", token
    assert acting(made, but=f"\n{JOINER}\ufe0f") == set()


def test_rows_of_markdown_tables_keep_their_cells() -> None:
    made = markdown.summary([samples.hostile()], viewer=VIEWER)
    count: int | None = None
    cells = 0
    for token in tokens(made):
        if token.type == "thead_open":
            count = None
        if token.type == "tr_open":
            cells = 0
        if token.type in {"th_open", "td_open"}:
            cells += 1
        if token.type == "tr_close":
            count = count or cells
            assert cells == count


@pytest.mark.parametrize("evil", samples.HOSTILE)
def test_text_in_markdown_reads_as_what_it_was(evil: str) -> None:
    """What a reader sees is the text itself, with what is hidden spelled out."""
    for made, limit in ((markup.code(evil), 120), (markup.prose(evil), 600)):
        inline = next(token for token in tokens(f"x {made} x") if token.type == "inline")
        seen = "".join(child.content for child in inline.children or [] if child.type != "html_inline")
        expected = line(evil, limit).strip() or ("(empty)" if limit == 120 else "")
        assert seen.replace(JOINER, "") == f"x {expected} x"
        assert {child.type for child in inline.children or []} <= {"text", "text_special", "code_inline", "html_inline"}


@pytest.mark.parametrize("evil", ["@octocat", "see #12", "GH-7", "a/b#3", "hi @org/team", "see https://e.example"])
def test_github_finds_nobody_to_notify_and_nothing_to_link(evil: str) -> None:
    """GitHub looks at the text nodes of what Markdown became: there, a joiner keeps the name from the sign."""
    inline = next(token for token in tokens(f"- {markup.prose(evil)}") if token.type == "inline")
    seen = "".join(child.content for child in inline.children or [])
    assert not re.search(r"@\w|#\d|GH-\d", seen)
    assert "://" not in markup.prose(evil)


def test_a_comment_fits_into_a_comment_and_says_what_is_left_out() -> None:
    assert len(markdown.comment([samples.hostile()]).encode()) <= COMMENT_LIMIT
    many = markdown.comment([samples.hostile()] * 2)
    assert len(many.encode()) <= COMMENT_LIMIT
    assert "does not fit here" in many
    summary = markdown.summary([samples.hostile()] * 9)
    assert SUMMARY_LIMIT // 2 < len(summary.encode()) <= SUMMARY_LIMIT


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses |= {value or "" for name, value in attrs if name in {"href", "src", "action"}}


@pytest.mark.parametrize("name", samples.EVERY)
def test_html_holds_no_element_or_attribute_of_a_rows(name: str) -> None:
    for made in (html.render([samples.EVERY[name]()], viewer=VIEWER), notebook.fragment(samples.EVERY[name]())):
        page = _Page()
        page.feed(made)
        assert page.tags.isdisjoint({"img", "iframe", "object", "embed", "form", "base", "svg"})
        assert not {attribute for attribute in page.attributes if attribute.startswith("on")}
        assert all(OWN_LINK.fullmatch(address) or re.fullmatch(r"#s\d+r\d+", address) for address in page.addresses)
        assert made.count("<script") == (1 if "<!doctype" in made else 0)
        assert acting(made) == set()


def test_json_comes_back_whole() -> None:
    made = jsonform.render([samples.hostile()])
    assert made.isascii()
    assert [row["id"] for row in json.loads(made)["suites"][0]["rows"]] == [
        f"{number} {evil}" for number, evil in enumerate(samples.HOSTILE)
    ]


@pytest.mark.parametrize(
    "viewer", ["javascript:alert(1)", "http://a.example/<b>", "http://a.example)(x", "//a.example", "data:text/html,x"]
)
def test_what_is_no_address_of_a_viewer_becomes_no_link(viewer: str) -> None:
    assert "](" not in markdown.comment([samples.regressed()], viewer=viewer)
    page = _Page()
    page.feed(html.render([samples.regressed()], viewer=viewer))
    assert all(address.startswith("#") for address in page.addresses)
