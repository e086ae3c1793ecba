"""Markdown of models as HTML that can do nothing: on a toggle, made on the server, and cleaned twice.

markdown-it-py makes it without any HTML of the text's own; links are made of http, https and mailto only and say where
they lead; what would be an image is its description and its address as text, and nothing is ever fetched. nh3 then
lets through what this module makes and nothing else. Hidden characters are made visible as everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from tracekit_viewer.text import EXCERPT, FOLD, INLINE, Folded, folded, structured, visible

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

MOST = 20_000
"""Characters of one text that are read as Markdown; what follows is shown as it is."""
PAGE = 200_000
"""Characters of one page that are."""
_NESTED = 40
"""Depth of quotes and lists: markdown-it-py leaves out what is nested deeper, so such a text stays as it is."""
_ADDRESS = 300
"""Characters of an address that stand beside a link."""
_SCHEMES = frozenset({"http", "https", "mailto"})
_SCHEME = re.compile(r"\s*([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)
_TAGS = frozenset(
    {"p", "br", "hr", "h4", "h5", "h6", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "span",
     "table", "thead", "tbody", "tr", "th", "td"}
)  # fmt: skip
_CLASSES = {"span": {"ctl", "where", "picture"}}


@dataclass(slots=True)
class Marking:
    """Reads the texts of one page as Markdown, as long as they are not too many: brackets cost time by their square.

    Attributes:
        left: characters of the page that may still be read.
    """

    left: int = PAGE

    def __call__(self, value: Any) -> Folded:
        """Content for a page, text read as Markdown; everything else, and text that is JSON, as `folded` has it.

        Text that is nested too deeply, or beyond what a page reads, stands as it is, and says so.
        """
        if not isinstance(value, str) or structured(value) is not None:
            return folded(value)
        known = value[:MOST]
        self.left -= len(known)
        cut = _paragraph_end(known) if len(known) > FOLD else len(known)
        parts = [html(part) for part in (known[:cut], known[cut:]) if part] if self.left >= 0 else [None]
        if None in parts:
            return replace(folded(value), unmarked=True)
        rest = value[MOST:INLINE]
        return Folded(
            head=Markup(""),
            html=parts[0] if parts else Markup(""),
            more=parts[1] if len(parts) > 1 else None,
            rest=visible(rest) if rest else None,
            folded=len(value[cut:INLINE]),
            left_out=max(0, len(value) - INLINE),
            length=len(value),
        )


def html(text: str) -> Markup | None:
    """A text read as Markdown, as HTML without script, style, picture or any address that a browser fetches.

    None where it is nested so deeply that some of it would be lost.
    """
    import nh3  # noqa: PLC0415 - a page without Markdown needs neither of them

    renderer = _renderer()
    tokens = renderer.parse(text)
    if any(token.level >= _NESTED - 2 for token in tokens):
        return None
    clean = nh3.clean(
        renderer.renderer.render(tokens, renderer.options, {}),
        tags=set(_TAGS),
        attributes={"a": {"href"}, "span": {"title"}, "ol": {"start"}},
        allowed_classes={tag: set(names) for tag, names in _CLASSES.items()},
        url_schemes=set(_SCHEMES),
        link_rel="noopener noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
    return Markup(clean)  # noqa: S704 - the sanitiser's output


def _paragraph_end(text: str) -> int:
    """A cut between two paragraphs near the excerpt's length, outside of fences; the end where there is none."""
    at = text.find("\n\n", EXCERPT)
    while at >= 0 and len(_FENCE.findall(text, 0, at)) % 2:
        at = text.find("\n\n", at + 2)
    return at + 2 if 0 <= at < len(text) - 2 else len(text)


@cache
def _renderer() -> MarkdownIt:
    from markdown_it import MarkdownIt  # noqa: PLC0415 - see `html`

    made = MarkdownIt("commonmark", {"html": False, "linkify": False, "typographer": False, "maxNesting": _NESTED})
    made.enable(["table", "strikethrough"])
    # The method is what the library asks of every address; its own refuses less.
    made.validateLink = _leads_out
    made.normalizeLinkText = lambda link: link  # shown as it stands, not decoded into something else
    for name, rule in _RULES.items():
        made.add_render_rule(name, rule)
    return made


def _leads_out(url: str) -> bool:
    found = _SCHEME.match(url)
    return found is not None and found[1].lower() in _SCHEMES


def _text(_: Any, tokens: Sequence[Token], at: int, *_rest: Any) -> str:
    return str(visible(tokens[at].content))


def _code(_: Any, tokens: Sequence[Token], at: int, *_rest: Any) -> str:
    return f"<code>{visible(tokens[at].content)}</code>"


def _block(_: Any, tokens: Sequence[Token], at: int, *_rest: Any) -> str:
    return f"<pre><code>{visible(tokens[at].content)}</code></pre>\n"


def _heading_tag(token: Token) -> str:
    """A text's own headings stand below those of the page."""
    return f"h{min(int(token.tag[1]) + 3, 6)}"


def _heading_open(_: Any, tokens: Sequence[Token], at: int, *_rest: Any) -> str:
    return f"<{_heading_tag(tokens[at])}>"


def _heading_close(_: Any, tokens: Sequence[Token], at: int, *_rest: Any) -> str:
    return f"</{_heading_tag(tokens[at])}>\n"


def _link_open(_: Any, tokens: Sequence[Token], at: int, *_rest: Any) -> str:
    return f'<a href="{escape(tokens[at].attrGet("href") or "")}">'


def _link_close(_: Any, tokens: Sequence[Token], at: int, *_rest: Any) -> str:
    """The end of a link, and where it leads, unless it says so itself."""
    opened = _opening(tokens, at)
    address = str(tokens[opened].attrGet("href") or "")
    words = "".join(token.content for token in tokens[opened + 1 : at])
    return "</a>" if words == address else f"</a> {_where(address)}"


def _opening(tokens: Sequence[Token], at: int) -> int:
    """Links do not nest: the last beginning before an end is its own."""
    return next(place for place in range(at, -1, -1) if tokens[place].type == "link_open")


def _image(_: Any, tokens: Sequence[Token], at: int, *_rest: Any) -> str:
    """A picture that nobody fetches: what it is called, and where it would have come from."""
    token = tokens[at]
    name = token.content or "without a description"
    return f'<span class="picture">picture: {visible(name)}</span> {_where(str(token.attrGet("src") or ""))}'


def _where(address: str) -> str:
    left = len(address) - _ADDRESS
    more = f" … {left:,} more characters" if left > 0 else ""
    return f'<span class="where">({visible(address[:_ADDRESS])}{more})</span>'


_RULES: dict[str, Any] = {
    "text": _text,
    "code_inline": _code,
    "code_block": _block,
    "fence": _block,
    "heading_open": _heading_open,
    "heading_close": _heading_close,
    "link_open": _link_open,
    "link_close": _link_close,
    "image": _image,
}
