"""The critical path of a trace: of each moment, the one span that the end of the trace was waiting for. Pure.

The way of "CRISP: Critical Path Analysis of Large-Scale Microservice Architectures" (Zhang et al., USENIX ATC 2022): from
the end backwards, a span was waiting for whichever of its children ended last before the moment looked at, and from that
child's beginning on for the one that ended last before that. What no child explains is the span's own. Children that
outlive their parent count up to its end. Twins tell of a call twice and are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

from tracekit.query.nesting import Nesting

Stretch = tuple[int, int]
"""From when to when, in nanoseconds since 1970."""


@dataclass(slots=True, frozen=True, kw_only=True)
class Critical:
    """The critical path.

    Attributes:
        own: by place, the stretches in which the trace waited for that span itself, latest first; empty where it waited
            for spans beneath it all the time that it waited for this one. A place that is not here is not on the path.
        total_ns: the length of the path: from the first start to the last end.
    """

    own: dict[int, list[Stretch]]
    total_ns: int

    def waited_ns(self, place: int) -> int:
        """How long the trace waited for this span itself."""
        return sum(until - since for since, until in self.own.get(place, ()))

    def share(self, place: int) -> float:
        """The same as a share of the whole, from 0 to 1."""
        return self.waited_ns(place) / self.total_ns if self.total_ns else 0.0


def critical(nesting: Nesting, *, until: int) -> Critical:
    """The critical path of a trace.

    Args:
        nesting: its spans; at least one.
        until: where spans without an end are taken to end, in nanoseconds since 1970.
    """
    stems, beneath = nesting.stems, nesting.ends
    starts = [stem.start_ns for stem in stems]
    ends = [stem.end_ns if stem.end_ns is not None else max(until, stem.start_ns) for stem in stems]
    first, last = min(starts), max(ends)
    own: dict[int, list[Stretch]] = {}
    waiting = [(-1, first, last)]
    while waiting:
        place, begin, at = waiting.pop()
        if place >= 0 and beneath[place] == place + 1:
            own[place] = [(begin, at)]
            continue
        found, parts = _explained(nesting, place, (begin, at), (starts, ends))
        waiting += parts
        if place >= 0:
            own[place] = found
    return Critical(own=own, total_ns=last - first)


def _explained(
    nesting: Nesting, place: int, wait: Stretch, times: tuple[list[int], list[int]]
) -> tuple[list[Stretch], list[tuple[int, int, int]]]:
    """Of a wait for one span, what was its own, and what was for each span directly beneath it."""
    starts, ends = times
    begin, latest = wait
    own: list[Stretch] = []
    parts: list[tuple[int, int, int]] = []
    children = [child for child in nesting.below(place) if nesting.stems[child].twin_of is None or not nesting.is_twin(child)]
    # Of children that end together, the one that began first explains most of the wait.
    children.sort(key=starts.__getitem__)
    children.sort(key=lambda child: ends[child] if ends[child] < latest else latest, reverse=True)
    at = latest
    for child in children:
        stop, start = min(ends[child], latest), max(starts[child], begin)
        if stop > at or start >= stop:
            continue
        if stop < at:
            own.append((stop, at))
        parts.append((child, start, stop))
        at = start
    if at > begin:
        own.append((begin, at))
    return own, parts
