"""The critical path of a trace: of each moment, the one span that the end of the trace was waiting for. Pure.

The way of "CRISP: Critical Path Analysis of Large-Scale Microservice Architectures" (Zhang et al., USENIX ATC 2022):
from the end backwards, a span was waiting for whichever of its children ended last before the moment looked at, and
from that child's beginning on for the one that ended last before that. What no child explains is the span's own.
Children that outlive their parent count up to its end. Twins tell of a call twice and are left out.
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
        total_ns: the length of the path: from when the first span at the top began to when the last of these ended.
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
    starts = [stem.start_ns for stem in nesting.stems]
    ends = [max(until, stem.start_ns) if stem.end_ns is None else stem.end_ns for stem in nesting.stems]
    roots = list(nesting.below(-1))
    first, last = min(starts[root] for root in roots), max(ends[root] for root in roots)
    own: dict[int, list[Stretch]] = {}
    waiting = [(-1, first, last)]
    while waiting:
        place, begin, at = waiting.pop()
        found = _explain(nesting, place, (begin, at), times=(starts, ends), own=own, waiting=waiting)
        if place >= 0:
            own[place] = found
    return Critical(own=own, total_ns=max(0, last - first))


def _explain(
    nesting: Nesting,
    place: int,
    wait: Stretch,
    *,
    times: tuple[list[int], list[int]],
    own: dict[int, list[Stretch]],
    waiting: list[tuple[int, int, int]],
) -> list[Stretch]:
    """What of a wait for one span was its own; what was for spans beneath it goes to `own` or `waiting`."""
    (starts, ends), (begin, latest), beneath = times, wait, nesting.ends
    found: list[Stretch] = []
    at = latest
    for child in _latest_first(nesting, place, ends, latest):
        stop, start = ends[child], starts[child]
        stop = min(stop, latest)
        start = max(start, begin)
        if stop > at or start >= stop:
            continue
        if stop < at:
            found.append((stop, at))
        if beneath[child] == child + 1:
            own[child] = [(start, stop)]
        else:
            waiting.append((child, start, stop))
        at = start
    if at > begin:
        found.append((begin, at))
    return found


def _latest_first(nesting: Nesting, place: int, ends: list[int], latest: int) -> list[int]:
    """The spans directly beneath one by when they ended; of those that ended together, the one that began first."""
    stems = nesting.stems
    found = [child for child in nesting.below(place) if stems[child].twin_of is None or not nesting.is_twin(child)]
    stops = [ends[child] for child in found]
    # Most spans follow each other: then they are in order already, from the first to the last.
    if all(map(int.__lt__, stops, stops[1:])) and (not stops or stops[-1] <= latest):
        found.reverse()
    else:  # they stand in the order they began, and sorting keeps it among equals
        found.sort(key=lambda child: min(ends[child], latest), reverse=True)
    return found
