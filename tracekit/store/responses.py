"""Which spans of a trace tell of one and the same provider response. Pure.

By response id first. Else by structure: a model call within a model call, through steps but not through agents or tools, is
the same call seen by another instrumentor; so is a sibling that another instrumentor, or the end of a stream, made of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

CALLS = frozenset({"llm", "embedding"})
"""Kinds of spans that are a request to a provider."""
PASSED = frozenset({"chain", "other", "prompt"})
"""Kinds of spans that may stand between two views of one call. What an agent or a tool calls is a call of its own."""

Tokens = tuple[int | None, int | None]


@dataclass(slots=True, frozen=True, kw_only=True, eq=False)
class Entry:
    """What the ledger needs of a span. `details` are cache read, cache write and reasoning tokens."""

    span_id: str
    parent_span_id: str | None = None
    kind: str
    start_ns: int
    end_ns: int | None
    failed: bool = False
    scope: str | None = None
    model: str | None = None
    response_id: str | None = None
    fetched: bool = False
    tokens: Tokens = (None, None)
    details: tuple[int | None, int | None, int | None] = (None, None, None)

    @property
    def is_call(self) -> bool:
        """Whether it is a request to a provider that makes a response."""
        return self.kind in CALLS and not self.fetched

    @property
    def reports(self) -> bool:
        """Whether it tells of tokens; fetching a response was paid for when it was made."""
        return self.tokens != (None, None) and not self.fetched

    @property
    def order(self) -> tuple[int, int, str]:
        """By start; what goes on for longer comes first, since it may hold the other."""
        return self.start_ns, -(self.end_ns or self.start_ns), self.span_id


@dataclass(slots=True, eq=False)
class Response:
    """One response: the spans that tell of it, each with the number of calls it stands within, and its ids."""

    levels: dict[Entry, int]
    ids: set[str] = field(default_factory=set[str])

    @property
    def owner(self) -> Entry:
        """The span that tells most of the usage; of several the outermost, then the first, which has the content too."""
        return min(self.levels, key=self._rank)

    @property
    def tokens(self) -> Tokens:
        """What its owner tells."""
        return self.owner.tokens

    @property
    def reports(self) -> bool:
        """Whether any of its spans tells of its usage."""
        return any(entry.reports for entry in self.levels)

    def take(self, other: Response) -> None:
        """Make the spans of another response this one's."""
        self.levels |= other.levels
        self.ids |= other.ids

    def _rank(self, entry: Entry) -> tuple[int, int, int, tuple[int, int, str]]:
        unknown = entry.tokens.count(None)
        details = sum(bool(tokens) for tokens in entry.details)
        return unknown, -details, self.levels[entry], entry.order


def descent(trace: Mapping[str, Entry]) -> list[Entry]:
    """The spans of a trace, each after the one it stands beneath; those in a circle of parents last."""
    children: dict[str, list[Entry]] = {}
    found: list[Entry] = []
    for entry in trace.values():
        if entry.parent_span_id in trace:
            children.setdefault(entry.parent_span_id, []).append(entry)
        else:
            found.append(entry)
    for entry in found:
        found += children.pop(entry.span_id, ())
    return [*found, *(entry for circle in children.values() for entry in circle)]


def responses(descending: Sequence[Entry]) -> list[Response]:
    """The responses that the calls of a trace tell of. A call that sums up several others is in none of them.

    Args:
        descending: the spans, in the order of `descent`.
    """
    above = _outer_calls(descending)
    levels: dict[Entry, int] = {}
    for entry in descending:
        if entry.is_call:
            outer = above[entry.span_id]
            levels[entry] = levels[outer] + 1 if outer is not None else 0
    beneath: dict[Entry | None, list[Response]] = {}
    for entry in reversed(levels):
        own = Response({entry: levels[entry]}, {entry.response_id} if entry.response_id else set())
        beneath.setdefault(above[entry.span_id], []).extend(_merged(own, beneath.pop(entry, [])))
    found = sorted(beneath.get(None, ()), key=_start)
    return _joined_by_id(_joined_siblings(found))


def _start(response: Response) -> tuple[int, int, str]:
    return min(entry.order for entry in response.levels)


def _outer_calls(descending: Iterable[Entry]) -> dict[str, Entry | None]:
    """For every span the call that it stands within, if that is one of the same kind or the span is no call."""
    nearest: dict[str, Entry | None] = {}
    seen: dict[str, Entry] = {}
    for entry in descending:
        parent = seen.get(entry.parent_span_id or "")
        if parent is None:
            outer = None
        elif parent.is_call:
            outer = parent
        else:
            outer = nearest[parent.span_id] if parent.kind in PASSED else None
        nearest[entry.span_id] = None if outer and entry.is_call and outer.kind != entry.kind else outer
        seen[entry.span_id] = entry
    return nearest


def _merged(outer: Response, beneath: list[Response]) -> list[Response]:
    """A call, and the responses within it: it is one of them, or their sum, or one more."""
    told = [response for response in beneath if response.reports]
    if len(told) > 1 and (not outer.ids or outer.tokens == total(response.owner for response in told)):
        return beneath
    same = [response for response in beneath if response.ids & outer.ids]
    alone = told or beneath
    if not same and len(alone) == 1 and not (alone[0].ids and outer.ids):
        same = alone
    if not same:
        return [*beneath, outer]
    same[0].take(outer)
    return beneath


def total(entries: Iterable[Entry]) -> Tokens:
    """Input and output tokens of several spans; None where none of them tells."""
    columns = zip(*(entry.tokens for entry in entries), strict=True)
    sums = [[tokens for tokens in column if tokens is not None] for column in columns]
    return sum(sums[0]) if sums[0] else None, sum(sums[1]) if sums[1] else None


def _joined_siblings(found: list[Response]) -> list[Response]:
    """Responses, those joined of which two spans beneath one parent tell, though no id says so."""
    of = {entry: response for response in found for entry in response.levels}
    families: dict[tuple[str, str], list[Entry]] = {}
    for entry in of:
        if entry.parent_span_id is not None:
            families.setdefault((entry.parent_span_id, entry.kind), []).append(entry)
    for family in families.values():
        if len(family) > 1:
            for first, second in _pairs(sorted(family, key=lambda entry: entry.order), of):
                kept, joined = of[first], of[second]
                if kept is not joined:
                    kept.take(joined)
                    of |= dict.fromkeys(joined.levels, kept)
    return list(dict.fromkeys(of[entry] for response in found for entry in response.levels))


def _pairs(family: list[Entry], of: Mapping[Entry, Response]) -> Iterable[tuple[Entry, Entry]]:
    """Siblings that are one call seen twice, each span in one pair at most.

    One is the end of a stream that another, without usage, began: it takes no time and comes from the same
    instrumentation. Or two instrumentations tell the same usage at the same time, and not both have an id.
    """
    begun: dict[tuple[str | None, str | None, Tokens], list[Entry]] = {}
    told: dict[Tokens, dict[str | None, list[Entry]]] = {}
    for entry in family:
        if not entry.reports:
            if not entry.failed:
                begun.setdefault((entry.scope, entry.model, of[entry].tokens), []).append(entry)
            continue
        if entry.end_ns == entry.start_ns:
            stream = [(entry.scope, entry.model, tokens) for tokens in (entry.tokens, (None, None))]
            waiting = next((begun[key] for key in stream if begun.get(key)), None)
            if waiting:
                yield waiting.pop(), entry
                continue
        scopes = told.setdefault(entry.tokens, {})
        for scope, earlier in scopes.items():
            if scope != entry.scope and earlier and _one_call(earlier[-1], entry):
                yield earlier.pop(), entry
                break
        else:
            scopes.setdefault(entry.scope, []).append(entry)


def _one_call(first: Entry, second: Entry) -> bool:
    overlap = first.end_ns is not None and second.start_ns < first.end_ns
    return overlap and not (first.response_id and second.response_id)


def _joined_by_id(found: list[Response]) -> list[Response]:
    """Responses, those joined that have an id in common.

    Two at different times that tell different usage are not: some servers give one id to all that they answer.
    """
    kept: dict[Response, None] = {}
    by_usage: dict[tuple[str, Tokens], Response] = {}
    latest: dict[str, Response] = {}
    for response in found:
        home = next((by_usage[name, response.tokens] for name in response.ids if (name, response.tokens) in by_usage), None)
        if home is None:
            near = (latest[name] for name in sorted(response.ids) if name in latest)
            home = next((one for one in near if _may_be_one(one, response)), None)
        if home is None:
            home = response
            kept[response] = None
        else:
            home.take(response)
        for name in home.ids:
            by_usage[name, home.tokens] = latest[name] = home
    return list(kept)


def _may_be_one(first: Response, second: Response) -> bool:
    if not (first.reports and second.reports):
        return True
    ends = max(entry.end_ns or entry.start_ns for entry in first.levels)
    return min(entry.start_ns for entry in second.levels) < ends
