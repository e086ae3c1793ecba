"""What a page consists of, and what in it no template of ours would write."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser

_ADDRESSES = frozenset(
    {"href", "src", "action", "formaction", "poster", "data", "background", "srcset", "ping", "xlink:href"}
)
_SAID = frozenset({"title", "aria-label"})
_NEVER = frozenset({"style", "srcdoc", "http-equiv", "ping"})
_VOID = frozenset({"meta", "link", "img", "input", "br", "hr", "source"})


@dataclass(slots=True)
class Markup:
    """A parsed page.

    Attributes:
        vocabulary: the pairs of element and attribute; of an element without any, with "".
        tags: how often each element is there.
        words: what a person reads or hears of it: texts, titles and labels.
        odd: what runs, leaves this origin, or is not closed where it was opened.
    """

    vocabulary: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    tags: Counter[str] = field(default_factory=Counter[str])
    words: list[str] = field(default_factory=list[str])
    odd: list[str] = field(default_factory=list[str])


def parse(html: str) -> Markup:
    """Read a page."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    if reader.open:
        reader.found.odd.append(f"never closed: {reader.open}")
    return reader.found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found = Markup()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._see(tag, attrs)
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._see(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.found.odd.append(f"</{tag}> closes something else")

    def handle_data(self, data: str) -> None:
        self.found.words.append(data)

    def handle_comment(self, data: str) -> None:
        self.found.odd.append(f"a comment: {data[:80]}")

    def _see(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.tags[tag] += 1
        self.found.vocabulary |= {(tag, name) for name, _ in attrs} or {(tag, "")}
        self.found.words += [value for name, value in attrs if name in _SAID and value]
        for name, value in attrs:
            runs = name.startswith("on") or name in _NEVER
            leaves = name in _ADDRESSES and not _is_ours(value or "")
            if runs or leaves:
                self.found.odd.append(f"<{tag} {name}={(value or '')[:80]!r}>")


def _is_ours(address: str) -> bool:
    """Whether a browser takes it for an address of this origin."""
    plain = address.startswith(("/", "#", "?")) and not address.startswith(("//", "/\\"))
    return plain and not any(sign < "!" for sign in address)
