"""Foreign text on its way to a reader's line: what hides or acts in it is spelled out, what is too long is cut. Pure.

Trace content is hostile: control sequences repaint a terminal, bidirectional overrides reorder a line, invisible
characters hide words in it. All of these become escapes here; nothing is dropped without a mark.
"""

from __future__ import annotations

import re
import unicodedata

CELL = 80
"""Characters of a text shown on one line, unless asked otherwise."""

_SNAPSHOT = re.compile(r"[-@](?:20\d\d-\d\d-\d\d|20\d{6})$")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def visible(text: str) -> str:
    r"""Text with every character that is not plainly itself written as its escape.

    >>> visible("red \x1b[31m, then \u202eback")
    'red \\x1b[31m, then \\u202eback'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character.encode("unicode_escape").decode() if unicodedata.category(character) in _HIDDEN else character
        for character in text
    )


def line(text: str, limit: int = CELL) -> str:
    r"""Text on one line, `visible`, white space folded; what is beyond `limit` characters leaves an ellipsis.

    >>> line("two\n lines", 20), line("far too long", 8)
    ('two lines', 'far too…')
    """
    head = text[: 8 * limit]  # a message may be megabytes long
    flat = visible(" ".join(head.split()))
    if len(flat) <= limit and len(head) == len(text):
        return flat
    return flat[: limit - 1] + "…"


def width(text: str) -> int:
    """Columns of a terminal that text takes: East Asian wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(character) else 1 + (unicodedata.east_asian_width(character) in "WF")
        for character in text
    )


def fit(text: str, columns: int) -> str:
    """One line of text in at most that many columns; what is beyond leaves an ellipsis.

    >>> fit("far too long", 8), fit("\u6771\u4eac\u90fd", 5)
    ('far too\u2026', '\u6771\u4eac\u2026')
    """
    if len(text) <= columns and width(text) <= columns:
        return text
    room = columns - 1
    kept = 0
    for character in text:
        room -= width(character)
        if room < 0:
            break
        kept += 1
    return text[:kept] + "\u2026"


def undated(model: str) -> str:
    """A model's name as people say it: without where it is kept and without the date of its snapshot.

    >>> undated("gpt-4o-mini-2024-07-18"), undated("meta-llama/Llama-3.3-70B-Instruct")
    ('gpt-4o-mini', 'Llama-3.3-70B-Instruct')
    """
    return _SNAPSHOT.sub("", model.rstrip("/").rsplit("/", 1)[-1]) or model
