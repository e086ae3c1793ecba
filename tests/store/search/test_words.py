from __future__ import annotations

import json
import random

import pytest

from tracekit.store.search.language import parse, tokens
from tracekit.store.search.memory import matching
from tracekit.store.search.words import attribute_word, attribute_words, document, folded, said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The quick-brown FOX, 42!", ("the", "quick", "brown", "fox", "42")),
        ("get_weather(city='Konstanz')", ("get_weather", "city", "konstanz")),
        ("Straße STRASSE ΟΔΟΣ", ("strasse", "strasse", "οδοσ")),
        ("ﬁne café cafe\u0301 \uff21\uff22\uff23", ("fine", "café", "café", "abc")),
        ("東京タワーへ行く", ("東", "京", "タ", "ワ", "ー", "へ", "行", "く")),
        ("서울 날씨", ("서울", "날씨")),
        ("हिन्दी में", ("हिन्दी", "में")),
        ("go 🚀now", ("go", "\ue0001f680", "now")),
        ("don\u2019t — stop", ("don", "t", "stop")),
        ("\ue000private", ("private",)),
        ("%*()", ()),
    ],
)
def test_words(text: str, words: tuple[str, ...]) -> None:
    assert tokens(folded(text)) == words


@pytest.mark.parametrize("text", ['C:\\new "quoted"\nline\ttab', "é 🚀 / \\ \\n", "\u2028 ascii only", "a/b \\/ c"])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_json_is_searched_as_what_it_says(text: str, *, ascii_only: bool) -> None:
    spelled = json.dumps(text, ensure_ascii=ascii_only)
    assert tokens(said(spelled)) == tokens(folded(text))
    assert tokens(said(spelled.replace("/", "\\/"))) == tokens(folded(text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{C:\\x }", ("c",)),
        ("[\\N{DASH}, \\q1", ("dash", "1")),
        ("{ends with \\", ("ends", "with")),
        ("{\\u12, \\U0001f680", ("12", "0001f680")),
        ('["\\ud800half", "\\ud83d\\ude80"]', ("\ue000fffd", "half", "\ue0001f680")),
        ('{"a":\n"line\\nend",\r\n"b": "\\\\n \\u00e9t\\u00e9"}', ("a", "line", "end", "b", "n", "été")),
    ],
)
def test_what_only_looks_like_json_is_read_as_far_as_that_goes(text: str, words: tuple[str, ...]) -> None:
    assert tokens(said(text)) == words


@pytest.mark.parametrize(
    ("attributes"),
    [
        {},
        {"a": 1, "b": "text", "c": None, "d": True, "e": 1.5},
        {"a": "ends with a comma,", "b": "x"},
        {"a": ',"', "b": '","c":"'},
        {"short": "chat", "cased": "Chat", "sixteen": "a" * 16, "more": "a" * 17, "signs": "s-17", "accent": "é"},
        {"zero": 0, "below": -4711, "large": 10**30, "long": "w" * 99},
        {"list": [1, "two"], "object": {"a": ',"b":1'}, "": ""},
    ],
)
def test_an_attribute_has_one_word_however_json_was_cut(attributes: dict[str, object]) -> None:
    spelled = json.dumps(attributes, separators=(",", ":"))
    expected = {
        attribute_word(key, value if isinstance(value, str) else json.dumps(value, separators=(",", ":")))
        for key, value in attributes.items()
    }
    assert set(attribute_words(spelled).split()) == expected


def test_no_two_values_have_one_word() -> None:
    values = ["", "chat", "Chat", "CHAT", "chat ", "cha", "42", "421", "-42", "4.2", "2", "²", "é", "e"]
    values += ["a" * 16, "a" * 17]
    values += [f"_{value}" for value in values]
    said = [attribute_words(json.dumps({"key": value})) for value in values]
    assert len(set(said)) == len(values)
    assert all(tokens(word) == (word,) and word.startswith(attribute_word("key")) for word in said)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("family", [2, 1]),
        ("FAMILY discount", [2, 1]),
        ('"family discount"', [1]),
        ('"family discount', [1]),
        ("disc*", [2, 1]),
        ("disc", []),
        ("gpt-4o-mini", [3]),
        ("gpt-4o-m*", [3]),
        ("mini-4o", []),
        ("'; DROP TABLE words; --", []),
        ("東京", [4]),
        ("京東", []),
        ("NEAR(family discount)", []),
        ("family -", [2, 1]),
    ],
)
def test_the_language(query: str, found: list[int]) -> None:
    texts = ["a family discount", "discount for the family", "model gpt-4o-mini", "東京タワー"]
    documents = [(number, document("", text, "{}", [])) for number, text in enumerate(texts, 1)]
    assert matching(documents, parse(query)) == found


def test_no_phrase_reaches_from_one_field_into_the_next() -> None:
    documents = [(1, document('["family"]', "discount _ gravel", "{}", []))]
    assert matching(documents, parse("family discount gravel")) == [1]
    assert matching(documents, parse('"family discount"')) == []
    assert matching(documents, parse('"discount gravel"')) == []


def test_a_text_of_ascii_is_read_as_the_tokenizer_reads_it() -> None:
    rng = random.Random(5)
    signs = [*map(chr, range(128)), *["a", "A", "b", "ab", "_", " ", "1", "\n"] * 12]
    plain = [(n, "".join(rng.choice(signs) for _ in range(rng.randrange(40)))) for n in range(2_000)]
    foreign = [(n, f"{text} é") for n, text in plain]  # which the tokenizer itself looks at
    words = ("a", "ab", "b", "_a", "a_", "1", "1a")
    queries = [*words, "a*", "_a*", "a b ab", 'ab "a b"', '"a b a"', '"a b*', "a-b*", "a-b-ab"]
    queries += [f'"{one} {other}"' for one in words for other in words]
    hits = 0
    for query in queries:
        found = matching(plain, parse(query))
        assert found == matching(foreign, parse(query)), query
        hits += len(found)
    assert hits > 1_000
