r"""Foreign text in GitHub's Markdown: it stays text, whatever it holds. Pure.

GitHub reads mentions, issue numbers and addresses even where a backslash stands before them, and links them after the
Markdown has become HTML. Code is the one place where it leaves text alone; in prose, a joiner keeps them apart.
"""

from __future__ import annotations

import re

from tracekit.text import line, visible

_TAME = re.compile(r"[\w /.,:;@#'\"()?!=+<>&%$*~{}\[\]-]*")
_NUMBER = re.compile(r"[-+$<\[\]\d.,% \u2192\u2013]*(?:(?:\u00b5s|ms|[smhdkMG])\b[-+$<\[\]\d.,% \u2192\u2013]*)*")
_JOINER = "\u2060"
_ACTIVE = re.compile(
    r"[\\`*_{}\[\]<>#|~$&!^]|^[-+=]|^\d+(?=[.)](?:\s|$))|(?<=www)\.|:(?=//)|(?<=:)\w+(?=:)", re.IGNORECASE
)
_LINKED = re.compile(r"@(?=\w)|(?<=GH)-(?=\d)|&#35;(?=\w)", re.IGNORECASE)
_TICKS = re.compile(r"`+")
_LIMIT = 120
_PROSE = 600


def code(text: str, limit: int = _LIMIT) -> str:
    r"""Text as inline code, in one line, in a table's cell too.

    >>> code("a|b"), code("q17")
    ('<code>a&#124;b</code>', '`q17`')
    """
    shown = line(text, limit).strip()
    if not shown:
        return "(empty)"
    if _TAME.fullmatch(shown):
        return f"`{shown}`"
    return f"<code>{entities(shown)}</code>"


def html_code(text: str, limit: int = _LIMIT) -> str:
    """Text as code where GitHub reads HTML and no Markdown, in a summary."""
    return f"<code>{entities(line(text, limit).strip()) or '(empty)'}</code>"


def number(text: str) -> str:
    """A quantity in a cell; one with a unit that somebody made up is prose."""
    return text if _NUMBER.fullmatch(text) else prose(text)


def entities(text: str) -> str:
    """Text with every character that could mean something written as its number."""
    return "".join(
        character if character.isalnum() or character in " ," or not character.isascii() else f"&#{ord(character)};"
        for character in text
    )


def prose(text: str, limit: int = _PROSE) -> str:
    """A sentence that may quote foreign text, as text in one line: no link, no mention, no markup."""
    shown = line(text, limit).strip()
    inert = _ACTIVE.sub(lambda found: "".join(f"&#{ord(character)};" for character in found[0]), shown)
    return _LINKED.sub(lambda found: found[0] + _JOINER, inert)


def fenced(text: str, language: str = "text") -> str:
    r"""Text as a block of code, on as many lines as it has; its fence is longer than any in it.

    >>> print(fenced("a ```` b"))
    `````text
    a ```` b
    `````
    """
    shown = "\n".join(visible(each.expandtabs(4)) for each in text.split("\n"))
    fence = "`" * max(3, 1 + max((len(found[0]) for found in _TICKS.finditer(shown)), default=0))
    return f"{fence}{language}\n{shown}\n{fence}"
