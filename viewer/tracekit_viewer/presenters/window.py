"""The rows of a trace that a page brings: a part of those that no fold hides, and the outline of all. Pure.

A page of a hundred thousand rows is no page. What a script needs to know of the rows that are not there (depth,
failure, folds) stands in one text; without scripts links lead to the parts before and behind.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from tracekit_viewer.presenters.waterfall import Line, Show, Waterfall, visible

ROWS = 36
"""Rows that a page brings: those in sight, and some around them."""
PART = 500
"""Rows that a link to a further part asks for: who follows it has no script that fetches them in view."""
_BEFORE = 12
"""Rows above the chosen one."""

Hits = frozenset[int] | None


@dataclass(slots=True, frozen=True, kw_only=True)
class Asked:
    """How somebody wants to see a trace.

    Attributes:
        span: the chosen span.
        show: which spans.
        find: what is looked for in the trace; the rows are then the spans that hold it and all above these.
        text: `markdown`, or nothing.
        fold: ids of spans that were folded.
        open: ids of spans that were unfolded.
        start: how many rows come before the page's first; None: the chosen span decides.
        rows: how many rows the page brings.
    """

    span: str | None = None
    show: Show = "all"
    find: str = ""
    text: str = ""
    fold: Sequence[str] = ()
    open: Sequence[str] = ()
    start: int | None = None
    rows: int = ROWS

    def query(self, **changed: str | int | None) -> str:
        """The same as an address, with some of it changed; None takes a parameter off."""
        given: dict[str, str | int | None] = {
            "span": self.span,
            "show": None if self.show == "all" else self.show,
            "find": self.find or None,
            "text": self.text or None,
            **changed,
        }
        pairs = [(name, value) for name, value in given.items() if value is not None]
        pairs += [("fold", each) for each in self.fold] + [("open", each) for each in self.open]
        return "?" + urlencode(pairs)


@dataclass(slots=True, frozen=True, kw_only=True)
class Shown:
    """A row.

    Attributes:
        line: its line.
        index: its place among the rows of this view, counted from 0.
        folds: whether there are rows beneath it.
        closed: whether these are folded.
        hit: whether its span holds what is looked for.
    """

    line: Line
    index: int
    folds: bool
    closed: bool
    hit: bool


@dataclass(slots=True, frozen=True, kw_only=True)
class Window:
    """The rows of a page.

    Attributes:
        rows: those it brings.
        count: how many this view of the trace has, those in folds included.
        start: how many rows in sight come before the first.
        behind: how many come after the last.
        outline: of each row of the view its depth, with `!` where the next error is looked for, or the next span that
            holds what is looked for, and `~` where it is folded.
        picked: the place of the chosen row among those of the view; None where it is not among them.
        asked: what was asked.
    """

    rows: list[Shown]
    count: int
    start: int
    behind: int
    outline: str
    picked: int | None
    asked: Asked
    indices: Sequence[int] = field(repr=False)

    def index(self, place: int) -> int:
        """The row of this view at a place of the tree, or the one that follows."""
        return min(bisect_left(self.indices, place), max(self.count - 1, 0))

    @property
    def before_query(self) -> str:
        """The address of the part before."""
        return self.asked.query(**{"from": max(0, self.start - PART), "rows": min(PART, self.start)})

    @property
    def behind_query(self) -> str:
        """The address of the part behind."""
        return self.asked.query(**{"from": self.start + len(self.rows), "rows": PART})

    def fold_query(self, row: Shown) -> str:
        """The address at which a row is folded, or unfolded."""
        changed = Asked(
            span=self.asked.span,
            show=self.asked.show,
            find=self.asked.find,
            text=self.asked.text,
            fold=[each for each in self.asked.fold if each != row.line.id] + ([] if row.closed else [row.line.id]),
            open=[each for each in self.asked.open if each != row.line.id] + ([row.line.id] if row.closed else []),
        )
        return changed.query(**{"from": self.start or None})


def window(tree: Waterfall, asked: Asked, *, picked: str, hits: Hits = None) -> Window:
    """The rows of a page.

    Args:
        tree: the trace.
        asked: how it is to be seen.
        picked: the span whose row is chosen.
        hits: the places of the spans that hold what is looked for; None where nothing is.
    """
    places = _places(tree, asked.show, hits)
    folded = _folded(tree, asked, picked, hits)
    sight = visible(tree, places, folded)
    at = tree.known.get(picked)
    chosen = bisect_left(places, at) if at is not None else None
    if chosen is not None and (chosen >= len(places) or places[chosen] != at):
        chosen = None
    start = _start(sight, at, asked)
    brought = sight[start : start + asked.rows]
    return Window(
        rows=_rows(tree, places, [bisect_left(places, place) for place in brought], folded, hits),
        count=len(places),
        start=start,
        behind=max(0, len(sight) - start - len(brought)),
        outline=_outline(tree, places, folded, hits),
        picked=chosen,
        asked=asked,
        indices=places,
    )


def rows_at(tree: Waterfall, show: Show, indices: Iterable[int], *, hits: Hits = None) -> list[Shown]:
    """Some rows of a view by their places in it; those that it does not have are left out."""
    places = _places(tree, show, hits)
    known = [index for index in indices if index < len(places)]
    return _rows(tree, places, known, _folded_at_first(tree, hits), hits)


def _places(tree: Waterfall, show: Show, hits: Hits) -> Sequence[int]:
    """The places of the rows of a view: of spans that hold what is looked for, all above them come along."""
    places = tree.places(show)
    if hits is None:
        return places
    wanted = set(hits)
    for place in range(tree.total - 1, 0, -1):  # what a line stands beneath comes before it
        if place in wanted:
            wanted.add(tree.nesting.above[place])
    return [place for place in places if place in wanted]


def _folded_at_first(tree: Waterfall, hits: Hits) -> frozenset[int]:
    """What is looked for must not be hidden by a fold that nobody made."""
    return tree.folded_at_first if hits is None else frozenset()


def _rows(
    tree: Waterfall, places: Sequence[int], indices: Sequence[int], folded: Iterable[int], hits: Hits
) -> list[Shown]:
    closed, levels = frozenset(folded), tree.nesting.levels
    lines = tree.at([places[index] for index in indices])
    return [
        Shown(
            line=line,
            index=index,
            folds=index + 1 < len(places) and levels[places[index + 1]] > line.level,
            closed=line.place in closed,
            hit=hits is not None and line.place in hits,
        )
        for line, index in zip(lines, indices, strict=True)
    ]


def _folded(tree: Waterfall, asked: Asked, picked: str, hits: Hits) -> set[int]:
    """The places of the rows that are folded: the chosen one is never inside."""
    known: Mapping[str, int] = tree.known
    folded = _folded_at_first(tree, hits) | {known[each] for each in asked.fold if each in known}
    opened = {known[each] for each in asked.open if each in known}
    if picked in known:
        opened |= set(tree.nesting.path(known[picked]))
    return set(folded - opened)


def _start(sight: Sequence[int], at: int | None, asked: Asked) -> int:
    if asked.start is not None:
        return min(asked.start, len(sight))
    place = bisect_left(sight, at) if at is not None else 0
    if place < asked.rows - _BEFORE:
        return 0
    return max(0, min(place - _BEFORE, len(sight) - asked.rows))


def _outline(tree: Waterfall, places: Sequence[int], folded: set[int], hits: Hits) -> str:
    levels, stems = tree.nesting.levels, tree.nesting.stems
    said = [str(levels[place]) for place in places]
    for index, place in enumerate(places):
        if stems[place].status == "error" if hits is None else place in hits:
            said[index] += "!"
    for place in folded:
        index = bisect_left(places, place)
        if index < len(places) and places[index] == place:
            said[index] += "~"
    return " ".join(said)
