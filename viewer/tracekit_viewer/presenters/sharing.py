"""A trace as a page of its own: its tree as nested folds, the panels beside it, attachments written into the page.

Owns what of a trace such a page shows, and what it says is left out: a page is opened by a browser in one piece.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tracekit import units
from tracekit.store.attachments import Attachments
from tracekit_viewer.presenters import media
from tracekit_viewer.presenters.media import Attached
from tracekit_viewer.presenters.waterfall import Line, Waterfall

MOST_LINES = 20_000
"""Spans in the tree of a page."""
MOST_PANELS = 32_000_000
"""Characters of panels in a page, as HTML."""
MOST_INLINE = 16 << 20
"""Bytes of attachments that a page shows or offers; the trace that it carries has its own limit."""
LARGEST_INLINE = 4 << 20
_DEEPEST = 100
"""Folds within folds: browsers stop nesting at some hundred elements."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A line of the tree; `opens` a fold around what is below it, and `closes` so many behind it."""

    line: Line
    opens: bool
    closes: int
    shown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Where a reader may go from a span's panel: the spans before and behind it, and the next that failed."""

    before: str | None
    behind: str | None
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inlined:
    """An attachment in a page: its bytes as a `data:` address, or where it stands already, or why it is not there."""

    item: Attached
    uri: str = ""
    anchor: str = ""
    elsewhere: str = ""
    why: str = ""


def branches(tree: Waterfall, shown: set[str]) -> Iterator[Branch]:
    """The lines of a page's tree, in reading order.

    Args:
        tree: the spans.
        shown: ids of the spans that have a panel.
    """
    lines = tree.lines(0, MOST_LINES)
    depth = 0
    for place, line in enumerate(lines):
        follower = lines[place + 1].level if place + 1 < len(lines) else 1
        opens = follower > line.level and line.level <= _DEEPEST
        depth += opens
        closes = max(0, depth - min(follower - 1, _DEEPEST))
        depth -= closes
        yield Branch(line=line, opens=opens, closes=closes, shown=line.id in shown)


def ways(lines: Sequence[Branch]) -> dict[str, Way]:
    """For each span with a panel, where to go from it."""
    ids = [each.line.id for each in lines if each.shown]
    failed = {each.line.id for each in lines if each.line.state.mark == "error"}
    found: dict[str, Way] = {}
    error: str | None = next((each for each in ids if each in failed), None)
    for place in range(len(ids) - 1, -1, -1):
        here = ids[place]
        found[here] = Way(
            before=ids[place - 1] if place else None,
            behind=ids[place + 1] if place + 1 < len(ids) else None,
            error=error if error != here else None,
        )
        error = here if here in failed else error
    return found


@dataclass(slots=True, kw_only=True)
class Inlining:
    """Writes attachments into a page, each once and as long as there is room.

    Attributes:
        attachments: where they are.
        refused: how many are not in the page, and their bytes are unknown to it.
    """

    attachments: Attachments
    refused: set[str] = field(default_factory=set[str])
    _left: int = MOST_INLINE
    _anchors: dict[str, str] = field(default_factory=dict[str, str])

    def of(self, items: Sequence[Attached]) -> list[Inlined]:
        """The attachments of a part."""
        return [self._one(item) for item in items]

    def _one(self, item: Attached) -> Inlined:
        if item.form == "missing":
            return Inlined(item=item, why="The bytes of this attachment are not here.")
        if item.sha256 in self._anchors:
            return Inlined(item=item, elsewhere=self._anchors[item.sha256])
        content = self.attachments.read(item.sha256)
        if content is None or len(content) > min(self._left, LARGEST_INLINE):
            self.refused.add(item.sha256)
            size = units.size(len(content)).text if content is not None else "its bytes are gone"
            return Inlined(item=item, why=f"Not shown in this page ({size}).")
        self._left -= len(content)
        kind = media.sniffed(content[: media.HEAD]) if item.form != "file" else media.UNKNOWN_TYPE
        anchor = self._anchors[item.sha256] = f"a-{item.sha256[:16]}"
        return Inlined(item=item, anchor=anchor, uri=f"data:{kind};base64,{base64.b64encode(content).decode()}")
