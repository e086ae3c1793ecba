"""Foreign text: escaped, hidden characters shown, nothing cut in silence."""

from __future__ import annotations

import re

import pytest

from tracekit_viewer import text


def plain(markup: str) -> str:
    return re.sub(r"<[^>]*>", "", str(markup))


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("a\u202eb", "aRLOb"),
        ("a\u200bb", "aZWSPb"),
        ("\x1b[31mred", "ESC[31mred"),
        ("\x1bx", "ESCx"),
        ("\x00", "NUL"),
        ("\ufeffx", "BOMx"),
        ("\U000e0068\U000e0069!", "TAG hi!"),
        ("soft\u00adhyphen", "softSHYhyphen"),
        ("\ud800", "U+D800"),
        ("\u3164", "U+3164"),
        ("a\rb", "aCRb"),
    ],
)
def test_hidden_characters_are_shown(raw, shown):
    markup = text.visible(raw)
    assert plain(markup) == shown
    assert 'class="ctl"' in markup


@pytest.mark.parametrize("harmless", ["tab\tnew\nline", "naïve 日本語 العربية", "👩‍👧 👍🏽", "می‌خواهم", "a\r\nb"])
def test_what_people_write_stays_as_it_is(harmless):
    assert str(text.visible(harmless)) == harmless.replace("\r\n", "\n")


def test_a_joiner_that_joins_nothing_is_shown():
    assert plain(text.visible("pass\u200dword")) == "passZWJword"
    assert plain(text.visible("\u00e9\u200c\u200d\u200c\u00e9")) == "\u00e9ZWNJZWJZWNJ\u00e9"  # a row of them spells


def test_everything_is_escaped():
    assert text.visible("<b a='1'>&\"") == "&lt;b a=&#39;1&#39;&gt;&amp;&#34;"
    assert "<" not in plain(text.json_markup(text.json_text({"<k>": ["<v>"]})))


def test_json_is_told_apart_and_loses_nothing():
    source = text.json_text({"k": ["v", -1.5, None, True, 'quote " and \\']})
    markup = text.json_markup(source)
    assert plain(markup).replace("&#34;", '"') == source
    assert [f"j-{kind}" in markup for kind in ("key", "str", "num", "word")] == [True] * 4


def test_text_that_is_json_is_indented_and_other_text_is_not():
    assert text.readable('{"a": 1}') == ('{\n  "a": 1\n}', True)
    assert text.readable("{not json}") == ("{not json}", False)
    assert text.readable("42") == ("42", False)
    assert text.readable(42) == ("42", True)


@pytest.mark.parametrize(("depth", "shown"), [(3, "[\n"), (100_000, "(nested too deeply")])
def test_depth_does_not_break_a_page(depth, shown):
    value = []
    for _ in range(depth):
        value = [value]
    assert text.json_text(value).startswith(shown)


def test_a_short_text_is_not_folded():
    whole = text.folded("x" * text.FOLD)
    assert (len(whole.head), whole.rest, whole.folded) == (text.FOLD, None, 0)


def test_a_long_text_is_folded_and_whole():
    raw = "line of text\n" * 2_000
    found = text.folded(raw)
    assert found.head.endswith("\n")
    assert found.head + found.rest == raw
    assert found.folded == len(found.rest)
    assert found.left_out == 0


def test_what_a_page_does_not_carry_is_counted():
    found = text.folded("x" * (text.INLINE + 17))
    assert found.left_out == 17
    assert len(found.head) + found.folded + found.left_out == text.INLINE + 17
