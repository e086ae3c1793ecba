"""How foreign text reaches a page: escaped, with what hides in it made visible, and folded where it is long.

Trace content is hostile: bidirectional overrides reorder it, zero-width and tag characters hide words in it,
ANSI codes recolour terminals. All of these become marked tokens here. Nothing is dropped: what is folded away
says how much it is.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

EXCERPT = 2_400
"""Characters of a long text that are shown before the fold."""
FOLD = 3_600
"""Length from which a text is folded: an excerpt that hides three lines helps nobody."""
INLINE = 200_000
"""Characters of one text that a page carries; the JSON twin carries the rest, and the page says so."""

_SHORT = {
    0x00: "NUL", 0x07: "BEL", 0x08: "BS", 0x0B: "VT", 0x0C: "FF", 0x0D: "CR", 0x1B: "ESC", 0x7F: "DEL",
    0xAD: "SHY", 0x61C: "ALM",
    0x200B: "ZWSP", 0x200C: "ZWNJ", 0x200D: "ZWJ", 0x200E: "LRM", 0x200F: "RLM", 0x2028: "LSEP",
    0x2029: "PSEP", 0x202A: "LRE", 0x202B: "RLE", 0x202C: "PDF", 0x202D: "LRO", 0x202E: "RLO", 0x2060: "WJ",
    0x2066: "LRI", 0x2067: "RLI", 0x2068: "FSI", 0x2069: "PDI", 0xFEFF: "BOM",
}  # fmt: skip
_FILLERS = frozenset({0x115F, 0x1160, 0x3164, 0xFFA0, 0x2800})
_JOINERS = frozenset({0x200C, 0x200D})
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_TAGS = range(0xE0000, 0xE0080)
_ASCII = 0x80

# One alternation: an ANSI sequence, a run of tag characters, or any single character that might hide
# something.
_SUSPECT = re.compile("\x1b\\[[0-9;?]*[ -/]*[@-~]|[\U000e0000-\U000e007f]+|[^\\n\\t -~]")
_TOKEN = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*")(?=:)|(?P<str>"(?:[^"\\]|\\.)*")'
    r"|(?P<num>-?\b\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b)|(?P<word>\b(?:true|false|null|NaN|Infinity)\b)"
)


def visible(text: str) -> Markup:
    """Text as safe HTML in which hidden characters stand as marked tokens with their name as title."""
    text = text.replace("\r\n", "\n")
    out: list[str] = []
    done = 0
    for match in _SUSPECT.finditer(text):
        token = _marker(text, match)
        if token is not None:
            out.append(str(escape(text[done : match.start()])))
            out.append(token)
            done = match.end()
    out.append(str(escape(text[done:])))
    return Markup("".join(out))  # noqa: S704 - every piece was escaped above


def _marker(text: str, match: re.Match[str]) -> str | None:
    found = match.group()
    code = ord(found[0])
    if len(found) > 1 and code == 0x1B:  # noqa: PLR2004
        return _mark("ESC" + found[1:], "ANSI escape sequence")
    if code in _TAGS:
        hidden = "".join(chr(ord(c) - 0xE0000) for c in found if 0x20 <= ord(c) - 0xE0000 < 0x7F)  # noqa: PLR2004
        return _mark(f"TAG {hidden}", f"{len(found)} invisible tag characters")
    if code in _JOINERS and _joins(text, match.start()):
        return None
    if not _hides(found):
        return None
    name = unicodedata.name(found, "control character")
    return _mark(_SHORT.get(code, f"U+{code:04X}"), f"U+{code:04X} {name}")


def _joins(text: str, at: int) -> bool:
    """Between two signs that are seen, beyond ASCII, joiners belong to emoji and to scripts that need them."""
    return 0 < at < len(text) - 1 and all(
        ord(sign) >= _ASCII and not _hides(sign) for sign in text[at - 1 : at + 2 : 2]
    )


def _hides(sign: str) -> bool:
    return unicodedata.category(sign) in _HIDDEN_CATEGORIES or ord(sign) in _FILLERS


def _mark(label: str, title: str) -> str:
    return f'<span class="ctl" title="{escape(title)}">{escape(label)}</span>'


def json_text(value: Any) -> str:
    """A JSON value as people read it: indented, in its own script."""
    try:
        return json.dumps(value, indent=2, ensure_ascii=False, default=str)
    except RecursionError:
        return "(nested too deeply to be written out here)"


def json_markup(text: str) -> Markup:
    """Indented JSON text as safe HTML with its keys, strings, numbers and words told apart."""
    out: list[str] = []
    done = 0
    for match in _TOKEN.finditer(text):
        out.append(str(visible(text[done : match.start()])))
        out.append(f'<span class="j-{match.lastgroup}">{visible(match.group())}</span>')
        done = match.end()
    out.append(str(visible(text[done:])))
    return Markup("".join(out))  # noqa: S704 - every piece went through `visible`


@dataclass(slots=True, frozen=True, kw_only=True)
class Folded:
    """A text for a page: what stands there at once, what is folded, and how much only the JSON twin has.

    Of a text that was read as Markdown, `html` stands in place of `head`, and `more` before `rest`; one that was to be
    and could not is `unmarked`.
    """

    head: Markup
    rest: Markup | None = None
    html: Markup | None = None
    more: Markup | None = None
    unmarked: bool = False
    folded: int = 0
    left_out: int = 0
    code: bool = False
    length: int = 0


def folded(value: Any) -> Folded:
    """Any content for a page: text as it is, everything else (and text that is JSON) as indented JSON."""
    text, code = readable(value)
    paint = json_markup if code else visible
    if len(text) <= FOLD:
        return Folded(head=paint(text), code=code, length=len(text))
    cut = _line_end(text, EXCERPT)
    rest = text[cut:INLINE]
    return Folded(
        head=paint(text[:cut]),
        rest=paint(rest),
        folded=len(rest),
        left_out=max(0, len(text) - INLINE),
        code=code,
        length=len(text),
    )


def readable(value: Any) -> tuple[str, bool]:
    """The text of a value, and whether it is JSON rather than prose."""
    if isinstance(value, str):
        decoded = structured(value)
        return (value, False) if decoded is None else (json_text(decoded), True)
    return json_text(value), True


def structured(text: str) -> dict[str, Any] | list[Any] | None:
    """The object or array that a text spells in JSON; None for every other text."""
    stripped = text.strip()
    if not stripped or len(stripped) > INLINE or stripped[0] + stripped[-1] not in ("{}", "[]"):
        return None
    try:
        return json.loads(stripped)
    except (ValueError, RecursionError):
        return None


def _line_end(text: str, near: int) -> int:
    """A cut at the end of a line where there is one close by, so that a fold does not split a sentence."""
    newline = text.find("\n", near, near + 400)
    return newline + 1 if newline >= 0 else near
