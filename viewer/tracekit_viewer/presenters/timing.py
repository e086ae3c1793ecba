"""How the time of one span went: its part of the critical path, and where inside it nothing was recorded. Pure.

Owns the words for it, and the shape it has in a JSON twin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tracekit import units
from tracekit.query.idle import Idle
from tracekit.units import Quantity
from tracekit_viewer.presenters.axis import MS
from tracekit_viewer.presenters.waterfall import Waterfall

TOLD = 10
"""Silences of one span that are told one by one, the longest of them."""
_LEAST_SHARE = 0.001


@dataclass(slots=True, frozen=True, kw_only=True)
class Silence:
    """A time in which nothing was recorded: how long, how long after the span began, and between which spans."""

    length: Quantity
    after: Quantity
    between: str


@dataclass(slots=True, frozen=True, kw_only=True)
class Timing:
    """How the time of a span went.

    Attributes:
        waited: how long the trace waited for this span itself; None where it is not on the critical path.
        share: the same as a share of the trace's time, in words; empty off the path.
        silences: the longest times in which nothing was recorded, in their order.
        more: how many others there are.
        silent: all of them together; None where there are none.
    """

    waited: Quantity | None
    share: str
    silences: list[Silence]
    more: int
    silent: Quantity | None


def timing(tree: Waterfall, span_id: str) -> Timing | None:
    """How the time of a span went; None where there is nothing to say of it, or it is not in the tree."""
    place = tree.known.get(span_id)
    if place is None:
        return None
    on_path = place in tree.critical.own
    found = tree.idle(place)
    if not on_path and not found:
        return None
    longest = sorted(sorted(found, key=lambda each: -each.ns)[:TOLD], key=lambda each: each.since)
    return Timing(
        waited=units.duration(tree.critical.waited_ns(place) / MS) if on_path else None,
        share=percent(tree.critical.share(place)) if on_path else "",
        silences=[_silence(tree, place, each) for each in longest],
        more=len(found) - len(longest),
        silent=units.duration(sum(each.ns for each in found) / MS) if found else None,
    )


def percent(share: float) -> str:
    """A share from 0 to 1 as people say it; what is almost nothing is not called nothing."""
    if 0 < share < _LEAST_SHARE:
        return "less than 0.1 %"
    return f"{100 * share:.1f} %" if share < 0.1 else f"{100 * share:.0f} %"  # noqa: PLR2004


def waits(tree: Waterfall) -> dict[str, Any]:
    """The critical path and every silence, in reading order, for a JSON twin; times in milliseconds."""
    stems = tree.nesting.stems
    path = [
        {
            "span_id": stems[place].span_id,
            "own_ms": tree.critical.waited_ns(place) / MS,
            "share": tree.critical.share(place),
        }
        for place in tree.critical_places
    ]
    idle = [
        {"span_id": stem.span_id, "after_ms": (each.since - stem.start_ns) / MS, "duration_ms": each.ns / MS}
        for place, stem in enumerate(stems)
        for each in tree.idle(place)
    ]
    return {"critical_path": path, "idle": idle}


def _silence(tree: Waterfall, place: int, silence: Idle) -> Silence:
    stems = tree.nesting.stems
    start = stems[place].start_ns
    first = "the beginning" if silence.after is None else stems[silence.after].name or "(unnamed)"
    last = "the end" if silence.before is None else stems[silence.before].name or "(unnamed)"
    return Silence(
        length=units.duration(silence.ns / MS),
        after=units.duration((silence.since - start) / MS, "time"),
        between=f"between {first} and {last}",
    )
