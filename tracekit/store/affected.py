"""Which spans of a trace new ones can change the ledger's verdicts on, and what the others bring to sums. Pure.

It judges nothing. What it leaves out has been judged before, and would be judged the same: it stands in no call with
what is new, has no response id in common with it, and is no sibling that may be the same call.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tracekit.store.ledger import Owned, Sum


@dataclass(slots=True, kw_only=True)
class Outline:
    """The spans of one trace, each once: what stands at one place of these lists is of one span.

    Attributes:
        calls: which are requests to a provider.
        passed: which may stand between an agent and the calls that it sums up.
        paired: which have siblings with which they may be one call.
        fresh: which are new.
    """

    span_ids: Sequence[str]
    parents: Sequence[str | None]
    calls: Sequence[bool]
    passed: Sequence[bool]
    paired: Sequence[bool]
    response_ids: Sequence[str | None]
    fresh: Sequence[bool]


def told_apart(calls: Iterable[tuple[str | None, str | None]]) -> bool:
    """Whether instrumentations may tell of one call in trees of their own, so that all of a trace is to be judged.

    Args:
        calls: of each request to a provider, who tells of it and its response id.
    """
    tellers, names = set[str | None](), set[str | None]()
    for scope, response_id in calls:
        tellers.add(scope)
        names.add(response_id)
    return len(tellers) > 1 and None in names


@dataclass(slots=True)
class Affected:
    """What is to be judged anew.

    Attributes:
        places: of these spans in the outline. With a span all that it stands beneath is there, and with a call all
            beneath it.
        sums: by span id, what the spans that are left out bring to the sums of the one of these that they are beneath.
    """

    places: set[int]
    sums: dict[str, Sum] = field(default_factory=dict[str, Sum])


class _CircleError(Exception):
    """Parents that are their own ancestors."""


def affected(spans: Outline, counted: Mapping[int, Owned]) -> Affected | None:
    """What new spans can change.

    Args:
        spans: all that the ledger needs of the trace.
        counted: the usage of spans that own it, by place, as judged before.

    Returns:
        None where that cannot be told, and all of the trace is to be judged.
    """
    tree = _Tree(spans)
    try:
        tree.take(place for place, is_new in enumerate(spans.fresh) if is_new)
        return Affected(tree.found, tree.sums(counted))
    except _CircleError:
        return None


class _Tree:
    def __init__(self, spans: Outline) -> None:
        self._spans = spans
        self._place = {span_id: place for place, span_id in enumerate(spans.span_ids)}
        self._children: dict[str | None, list[int]] = {}
        for place, parent in enumerate(spans.parents):
            self._children.setdefault(parent, []).append(place)
        self.found: set[int] = set()

    def take(self, places: Iterable[int]) -> None:
        """Find these spans, and whatever they can change, until nothing more is."""
        spans = self._spans
        pending = list(places)
        while pending:
            taken = [place for start in pending for place in self._reach(start)]
            families = {spans.parents[place] for place in taken if spans.paired[place]} - {None}
            names = {spans.response_ids[place] for place in taken} - {None}
            pending = [place for parent in families for place in self._children[parent] if spans.calls[place]]
            if names:
                pending += [place for place, name in enumerate(spans.response_ids) if name in names]

    def sums(self, counted: Mapping[int, Owned]) -> dict[str, Sum]:
        """What spans that are not found add to the sums of those found, by span id."""
        made: dict[str, Sum] = {}
        homes: dict[int | None, tuple[int | None, bool]] = {}
        for place, owned in counted.items():
            if place not in self.found:
                home, is_near = self._home(self._above(place), homes)
                if home is not None:
                    made.setdefault(self._spans.span_ids[home], Sum()).add(owned, near=is_near)
        return made

    def _above(self, place: int) -> int | None:
        parent = self._spans.parents[place]
        return None if parent is None else self._place.get(parent)

    def _reach(self, place: int) -> list[int]:
        """A span that was not found yet, all above it, and all beneath the outermost call among these."""
        path = self._path(place)
        taken: list[int] = []
        for at in reversed(path):
            taken.append(at)
            if self._spans.calls[at]:
                taken += self._beneath(at)
                break
        self.found.update(taken)
        return taken

    def _beneath(self, place: int) -> list[int]:
        found = list(self._children.get(self._spans.span_ids[place], ()))
        for at in found:
            found += self._children.get(self._spans.span_ids[at], ())
            if len(found) > len(self._spans.span_ids):
                raise _CircleError
        return found

    def _path(self, place: int | None, known: Container[int | None] = ()) -> list[int]:
        """From a span upwards, up to the first that is found or known."""
        path: list[int] = []
        while place is not None and place not in self.found and place not in known:
            path.append(place)
            if len(path) > len(self._spans.span_ids):
                raise _CircleError
            place = self._above(place)
        return path

    def _home(self, place: int | None, homes: dict[int | None, tuple[int | None, bool]]) -> tuple[int | None, bool]:
        """The nearest span found that this one is or is beneath, and whether only calls and steps stand between."""
        path = self._path(place, homes)
        end = self._above(path[-1]) if path else place
        home, is_near = homes.get(end, (end, True))
        for at in reversed(path):
            is_near = is_near and (self._spans.calls[at] or self._spans.passed[at])
            homes[at] = home, is_near
        return home, is_near
