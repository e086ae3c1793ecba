"""What of a span can be found: its text as SQLite's tokenizer is to see it, and one word for each attribute. Pure.

The tokenizer (unicode61) takes runs of letters, digits, marks and `_` as words, in lower case. It refuses to know
JSON's escapes, compatibility forms, writing without spaces and signs such as emoji: those are spelled out for it here.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import msgspec

from tracekit.jsontext import encoder

TOKENIZER = "unicode61 remove_diacritics 0 categories 'L* N* M* Co' tokenchars '_'"
BARRIER = " _ "
"""A word that no query has: it stands between two fields, so that no phrase reaches from one into the other."""

_SIGN = "\ue000"  # from the area for private use: a word character to the tokenizer, and never in a folded text
_ATTRIBUTE = "__"
_PRIVATE = re.compile("[\ue000-\uf8ff]")
_ESCAPED = re.compile(r"\\(u[0-9a-fA-F]{4}(?:\\u[dD][c-fC-F][0-9a-fA-F]{2})?|.)", re.DOTALL)
_FOREIGN = re.compile(r"([^\x00-\x7f]+)")
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
)
_LARGEST_BMP = 0xFFFF
_CACHED = 1 << 14
_SHORT = 64
_PLAIN = 16
"""Characters of a value that stands in its attribute's word as it is: as many as the hash of any other takes."""

_json = encoder(str, ascii_only=False)
_read = msgspec.json.Decoder().decode
_string = msgspec.json.Decoder(str).decode


def folded(text: str) -> str:
    """Text in the one form that is indexed and asked for.

    NFKC, case folded, a space around each sign of a script without spaces; emoji and all beyond the basic plane as
    words of their own.
    """
    if text.isascii():
        return text
    pieces = _FOREIGN.split(text)
    for at in range(1, len(pieces), 2):
        before = pieces[at - 1]
        pieces[at - 1] = before[:-1]  # a combining mark may belong to the letter before it
        pieces[at] = _fold(before[-1:] + pieces[at])
    return "".join(pieces)


def said(document: str) -> str:
    """JSON text, its escapes decoded; quotes and line ends, which divide words anyway, become other signs that do.

    Text that only looks like JSON is read the same way as far as that goes.
    """
    if "\\" not in document:
        return folded(document)
    try:
        # Decoded as one string: `/` divides words as quotes do, and may be escaped as they may.
        return folded(_string('"' + document.replace('"', "/") + '"'))
    except ValueError:  # halves of surrogate pairs, line ends between members, and what is no JSON at all
        return folded(_ESCAPED.sub(_decoded, document))


def attribute_words(attributes: str, carried: Iterable[str] = ()) -> str:
    """One word for each attribute: it begins with the key, and goes on with the value unless a column carries that.

    Args:
        attributes: a JSON object, compact.
        carried: names of attributes whose values are in columns.
    """
    try:
        found: dict[str, Any] = _read(attributes)
    except ValueError:  # halves of surrogate pairs, and numbers beyond all bounds, which Python's own decoder takes
        found = json.loads(attributes)
    words = [*map(_key_word, carried)]
    for key, value in found.items():
        if isinstance(value, str):
            words.append(_usual_word(key, value) if len(value) <= _SHORT else _item_word(key, value))
        else:  # most are numbers, which seldom come again
            words.append(_item_word(key, str(value) if type(value) is int else _json(value)))
    return " ".join(words)


def attribute_word(key: str, value: str | None = None) -> str:
    """The word of an attribute and its value, which is text or JSON; without a value the beginning of its words."""
    return _key_word(key) if value is None else _item_word(key, value)


def document(json_texts: str | None, texts: str | None, attributes: str | None, carried: Iterable[str] | None) -> str:
    """All that is indexed of one span.

    Args:
        json_texts: its JSON columns, joined by `BARRIER`.
        texts: its columns of plain text, joined by `BARRIER`.
        attributes: a JSON object, compact.
        carried: names of attributes whose values are in columns.
    """
    described = attribute_words(attributes or "{}", carried or ())
    return BARRIER.join((said(json_texts or ""), folded(texts or ""), described))


def _item_word(key: str, value: str) -> str:
    # What the tokenizer takes as it is, needs no hash; `_` is in none.
    if len(value) <= _PLAIN and value.isascii() and value.isalnum() and value == value.lower():
        return f"{_key_word(key)}_{value}"
    return _key_word(key) + _digest(value, 8)


@lru_cache(_CACHED)
def _usual_word(key: str, value: str) -> str:
    """The word of an attribute whose value is a short text: most come again and again."""
    return _item_word(key, value)


@lru_cache(_CACHED)
def _key_word(key: str) -> str:
    return _ATTRIBUTE + _digest(key, 5)


def _digest(text: str, size: int) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=size).hexdigest()


def _decoded(match: re.Match[str]) -> str:
    code = match[1]
    if not code.startswith("u") or len(code) == 1:
        return " "
    return _joined(json.loads(f'"\\{code}"'))


def _joined(text: str) -> str:
    """Text whose surrogates, which JSON writes in pairs, are the characters that they stand for."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@lru_cache(_CACHED)
def _fold(run: str) -> str:
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", _PRIVATE.sub(" ", run)).casefold())
    return "".join(map(_spelled, text)) if not text.isascii() else text


@lru_cache(_CACHED)
def _spelled(sign: str) -> str:
    """One character as the tokenizer is to see it."""
    if sign.isascii():
        return sign
    if ord(sign) > _LARGEST_BMP or unicodedata.category(sign) == "So":
        return f" {_SIGN}{ord(sign):x} "
    return f" {sign} " if _UNSPACED.match(sign) else sign
