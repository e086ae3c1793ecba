"""Who stands beneath whom among the spans of a trace, flattened in reading order. Pure.

Works on whatever came in: orphans stand as roots, a circle of parents is cut open at its earliest span, a twin stands
beneath the span that owns the call. No span is ever left out. The places of lines stand in parallel lists and not in
objects: a hundred thousand of them are laid out in a quarter of a second.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tracekit.query.outline import Stem


@dataclass(slots=True, frozen=True, kw_only=True)
class Nesting:
    """Spans in reading order. A span's line is known by its place, counted from 0.

    Attributes:
        stems: the spans.
        levels: depth of each line; 1 at the top.
        above: the place of the line that each stands beneath; -1 at the top.
        ends: the place after the last line beneath each.
        failed_below: how many spans beneath each failed.
        orphans: the places of spans whose parent never came.
    """

    stems: list[Stem]
    levels: list[int]
    above: list[int]
    ends: list[int]
    failed_below: list[int]
    orphans: frozenset[int]

    def below(self, place: int) -> Iterator[int]:
        """The places directly beneath one, in the order they started; beneath -1 stands what is at the top."""
        at, end = place + 1, len(self.stems) if place < 0 else self.ends[place]
        while at < end:
            yield at
            at = self.ends[at]

    def path(self, place: int) -> Iterator[int]:
        """The places that one stands beneath, the nearest first."""
        at = self.above[place]
        while at >= 0:
            yield at
            at = self.above[at]

    def is_twin(self, place: int) -> bool:
        """Whether a line tells of the same call as the line that it stands beneath."""
        above, owner = self.above[place], self.stems[place].twin_of
        return owner is not None and above >= 0 and self.stems[above].span_id == owner


def nest(stems: Sequence[Stem]) -> Nesting:
    """Lay out the spans of one trace.

    Args:
        stems: in the order they started, those that started together by their ids.
    """
    parents = {stem.span_id: stem.parent_span_id for stem in stems}
    _adopt_twins(stems, parents)
    below: dict[str, list[Stem]] = {}
    roots: list[Stem] = []
    for stem in stems:
        parent = parents[stem.span_id]
        if parent is None or parent not in parents or parent == stem.span_id:
            roots.append(stem)
        elif parent in below:
            below[parent].append(stem)
        else:
            below[parent] = [stem]
    return _flattened(stems, roots, below)


def _flattened(stems: Sequence[Stem], roots: Sequence[Stem], below: Mapping[str, list[Stem]]) -> Nesting:
    """Depth-first, without recursion: depth is the sender's choice and not ours."""
    found: list[Stem] = []
    levels: list[int] = []
    above: list[int] = []
    seen: set[str] = set()
    # What waits for its line, the next one last; None says that all beneath the line above are done.
    waiting: list[Stem | None] = list(reversed(roots))
    rest = iter(stems)
    parent, level = -1, 1
    while True:
        if not waiting:
            # What hangs in a circle is cut open at its earliest span.
            circle = next((stem for stem in rest if stem.span_id not in seen), None)
            if circle is None:
                break
            waiting.append(circle)
        stem = waiting.pop()
        if stem is None:
            parent, level = above[parent], level - 1
        elif stem.span_id not in seen:
            seen.add(stem.span_id)
            found.append(stem)
            levels.append(level)
            above.append(parent)
            children = below.get(stem.span_id)
            if children is not None:
                parent, level = len(found) - 1, level + 1
                waiting.append(None)
                waiting += children[::-1]
    ends, failed = _counted(found, above)
    orphans = frozenset(
        place for place, level in enumerate(levels) if level == 1 and found[place].parent_span_id is not None
    )
    return Nesting(stems=found, levels=levels, above=above, ends=ends, failed_below=failed, orphans=orphans)


def _counted(stems: Sequence[Stem], above: Sequence[int]) -> tuple[list[int], list[int]]:
    """Where what is beneath each line ends, and how much of it failed, summed up from the last line to the first."""
    ends = list(range(1, len(stems) + 1))
    failed = [0] * len(stems)
    for place in range(len(stems) - 1, -1, -1):
        parent = above[place]
        if parent < 0:
            continue
        ends[parent] = max(ends[parent], ends[place])
        if failed[place] or stems[place].status == "error":
            failed[parent] += failed[place] + (stems[place].status == "error")
    return ends, failed


def _adopt_twins(stems: Sequence[Stem], parents: dict[str, str | None]) -> None:
    """Have each twin stand under the span that owns the call, unless that is below it."""
    for stem in stems:
        owner = stem.twin_of
        if owner is not None and owner in parents and stem.span_id not in _up(owner, parents):
            parents[stem.span_id] = owner


def _up(span_id: str, parents: Mapping[str, str | None]) -> set[str]:
    """A span and all that it stands under."""
    found: set[str] = set()
    at: str | None = span_id
    while at is not None and at not in found:
        found.add(at)
        at = parents.get(at)
    return found
