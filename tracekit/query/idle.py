"""Where nothing was recorded: time inside a span in which none of the spans beneath it ran. Pure.

A span without others beneath it has none: what it did itself is what was recorded. What is shorter than `threshold_ns`
is not told: between any two calls there is some time.
"""

from __future__ import annotations

from dataclasses import dataclass

from tracekit.query.nesting import Nesting

_LEAST_NS = 1_000_000
_LONG_NS = 1_000_000_000
_PART = 20


@dataclass(slots=True, frozen=True, kw_only=True)
class Idle:
    """A time in which nothing was recorded, in nanoseconds since 1970.

    Attributes:
        since: when it began.
        until: when it ended.
        after: the place of the span that ended then; None at the beginning.
        before: the place of the span that began then; None at the end.
    """

    since: int
    until: int
    after: int | None
    before: int | None

    @property
    def ns(self) -> int:
        """How long."""
        return self.until - self.since


def threshold_ns(total_ns: int) -> int:
    """The shortest time that is told, of a trace that took `total_ns`: a twentieth of it, from 1 ms to 1 s."""
    return max(_LEAST_NS, min(_LONG_NS, total_ns // _PART))


def idle(nesting: Nesting, place: int, *, threshold: int) -> list[Idle]:
    """The times inside one span in which nothing beneath it ran, in their order.

    Args:
        nesting: the spans of its trace.
        place: its place.
        threshold: the shortest that counts, in nanoseconds.
    """
    stems, span = nesting.stems, nesting.stems[place]
    at, after = span.start_ns, None
    found: list[Idle] = []
    children = [child for child in nesting.below(place) if not nesting.is_twin(child)]
    if not children:
        return found
    for child in children:
        start = stems[child].start_ns if span.end_ns is None else min(stems[child].start_ns, span.end_ns)
        if start - at >= threshold:
            found.append(Idle(since=at, until=start, after=after, before=child))
        end = stems[child].end_ns
        if end is None:
            return found  # it may still run
        if end > at:
            at, after = end, child
    if span.end_ns is not None and span.end_ns - at >= threshold:
        found.append(Idle(since=at, until=span.end_ns, after=after, before=None))
    return found
