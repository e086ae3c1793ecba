"""Foreign text on its way to a terminal: everything that hides or acts in it is spelled out. Pure.

Trace content is hostile: control sequences repaint a terminal, bidirectional overrides reorder a line, invisible
characters hide words in it. All of these become escapes here; nothing is dropped without a mark.
"""

from __future__ import annotations

import unicodedata

CELL = 80
"""Characters of a text shown on one line, unless asked otherwise."""

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
