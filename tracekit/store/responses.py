"""Which spans of a trace tell of one and the same provider response. Pure.

By response id first. Else by structure: a model call within a model call, through steps but not through agents or
tools, is the same call seen by another instrumentor; so is a sibling that the end of a stream made, and what another
instrumentor, in a tree of its own, tells of the same time and usage.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

CALLS = frozenset({"llm", "embedding"})
"""Kinds of spans that are a request to a provider."""
PASSED = frozenset({"chain", "other", "prompt"})
"""Kinds of spans that may stand between two views of one call. What an agent or a tool calls is a call of its own."""

Tokens = tuple[int | None, int | None]
_UNKNOWN: Tokens = (None, None)


@dataclass(slots=True, kw_only=True, eq=False)
class Entry:
    """What the ledger needs of a span. Never changed once made.

    Attributes:
        fetched: it fetches a response that was made, and paid for, before.
        tokens: input and output.
        details: cache read, cache write and reasoning tokens.
        is_call: it is a request to a provider that makes a response.
        cost: of its tokens, in USD, by the price list.
        given_cost: what its emitter says that it cost, in USD.
        reports: it tells of tokens that were paid for.
        tells: there is something to judge: it is a call, or reports, or names a cost.
        order: by start; what goes on for longer comes first, since it may hold the other.
    """

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
    cost: float | None = None
    given_cost: float | None = None
    is_call: bool = field(init=False)
    reports: bool = field(init=False)
    tells: bool = field(init=False)
    order: tuple[int, int, str] = field(init=False)

    def __post_init__(self) -> None:
        self.is_call = self.kind in CALLS and not self.fetched
        self.reports = self.tokens != _UNKNOWN and not self.fetched
        self.tells = self.is_call or self.reports or self.given_cost is not None
        self.order = self.start_ns, -(self.end_ns or self.start_ns), self.span_id


class Response:
    """One response: the spans that tell of it, and its ids.

    Its owner is the span that tells most of the usage; of several one whose price is known, then the outermost, then
    the first: it has content too.
    """

    __slots__ = ("_rank", "by_id", "ids", "members", "owner", "reports")

    def __init__(self, entry: Entry, level: int) -> None:
        """One that is known by one span, which stands within so many other calls."""
        self.members = [entry]
        self.owner = entry
        self.ids = {entry.response_id} if entry.response_id else set[str]()
        self.reports = entry.reports
        self.by_id = False
        """Whether some of its spans are here for their id alone: neither structure nor time says so."""
        details = sum(map(bool, entry.details))
        self._rank = entry.tokens.count(None), -details, entry.cost is None, level, entry.order

    @property
    def scopes(self) -> frozenset[str | None]:
        """The instrumentations that tell of it."""
        return frozenset(entry.scope for entry in self.members)

    def take(self, other: Response) -> None:
        """Make the spans of another response this one's."""
        self.members += other.members
        self.ids |= other.ids
        self.reports |= other.reports
        self.by_id |= other.by_id
        if other._rank < self._rank:
            self.owner, self._rank = other.owner, other._rank


def descent(trace: Mapping[str, Entry]) -> list[Entry]:
    """The spans of a trace, each after the one it stands beneath; those in a circle of parents last."""
    children: dict[str, list[Entry]] = {}
    found: list[Entry] = []
    for entry in trace.values():
        parent = entry.parent_span_id
        if parent is not None and parent in trace:
            children.setdefault(parent, []).append(entry)
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
    own: dict[Entry, Response] = {}
    levels: dict[Entry | None, int] = {None: -1}
    for entry in descending:
        if entry.is_call:
            levels[entry] = levels[above[entry.span_id]] + 1
            own[entry] = Response(entry, levels[entry])
    beneath: dict[Entry | None, list[Response]] = {}
    for entry, response in reversed(own.items()):
        held = beneath.pop(entry, None)
        beneath.setdefault(above[entry.span_id], []).extend(_merged(response, held) if held else (response,))
    found = sorted(beneath.get(None, ()), key=_start)
    if len(found) > 1:
        found = _joined_by_id(_joined_by_time(_joined_streams(found)))
    return found


def _start(response: Response) -> tuple[int, int, str]:
    return min(entry.order for entry in response.members)


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
    if len(told) > 1 and (not outer.ids or outer.owner.tokens == _total(told)):
        return beneath
    same = [response for response in beneath if response.ids & outer.ids]
    alone = told or beneath
    if not same and len(alone) == 1 and not (alone[0].ids and outer.ids):
        same = alone
    if not same:
        return [*beneath, outer]
    same[0].take(outer)
    return beneath


def _total(told: Iterable[Response]) -> Tokens:
    """Input and output tokens of several responses; None where none of them tells."""
    columns = zip(*(response.owner.tokens for response in told), strict=True)
    sums = [
        sum(known) if (known := [tokens for tokens in column if tokens is not None]) else None for column in columns
    ]
    return sums[0], sums[1]


def _joined_streams(found: list[Response]) -> list[Response]:
    """Responses, those joined of which siblings tell: one began a stream, another is what came of it."""
    of = {entry: response for response in found for entry in response.members}
    families: dict[tuple[str, str], list[Entry]] = {}
    for entry in of:
        if entry.parent_span_id is not None:
            families.setdefault((entry.parent_span_id, entry.kind), []).append(entry)
    for family in families.values():
        if len(family) > 1:
            for first, second in _streams(sorted(family, key=lambda entry: entry.order), of):
                kept, joined = of[first], of[second]
                if kept is not joined:
                    kept.take(joined)
                    of |= dict.fromkeys(joined.members, kept)
    return list(dict.fromkeys(of.values()))


def _streams(family: list[Entry], of: Mapping[Entry, Response]) -> Iterable[tuple[Entry, Entry]]:
    """The beginnings of streams, without usage, and their ends, which take no time and are of the same instrumentation.

    Each span is in one pair at most.
    """
    begun: dict[tuple[str | None, str | None, Tokens], list[Entry]] = {}
    for entry in family:
        if not entry.reports:
            if not entry.failed or of[entry].reports:  # what failed before it told anything began no stream
                begun.setdefault((entry.scope, entry.model, of[entry].owner.tokens), []).append(entry)
        elif entry.end_ns == entry.start_ns:
            usages = entry.tokens, (entry.tokens[0], None), _UNKNOWN  # one that broke off has told its input only
            stream = [(entry.scope, entry.model, tokens) for tokens in usages]
            waiting = next((begun[key] for key in stream if begun.get(key)), None)
            if waiting:
                yield waiting.pop(), entry


def _joined_by_time(found: list[Response]) -> list[Response]:
    """Responses, those joined of which other instrumentations tell at the same time, with the same usage.

    Each instrumentation may have a tree of its own. Not where both have an id, which decides.
    """
    kept: dict[Response, None] = {}
    told: dict[tuple[str, Tokens], dict[frozenset[str | None], list[Response]]] = {}
    for response in sorted(found, key=_start):
        if not response.reports:
            kept[response] = None
            continue
        tellers = told.setdefault((response.owner.kind, response.owner.tokens), {})
        scopes = response.scopes
        twins = (same for others, same in tellers.items() if same and not others & scopes)
        home = next((same.pop() for same in twins if _at_once(same[-1], response)), None)
        if home is None:
            home = response
            kept[response] = None
        else:
            home.take(response)
        tellers.setdefault(home.scopes, []).append(home)
    return list(kept)


def _at_once(first: Response, second: Response) -> bool:
    """Whether one was still going on when the other began, and not both have an id."""
    end = first.owner.end_ns
    return end is not None and second.owner.start_ns < end and not (first.ids and second.ids)


def _joined_by_id(found: list[Response]) -> list[Response]:
    """Responses, those joined that have an id in common.

    Two at different times that tell different usage are not: some servers give one id to all that they answer. Where
    that shows, two requests that one instrumentation saw at different times are not either, whatever they tell.
    """
    reused = _reused(found)
    kept: dict[Response, None] = {}
    by_usage: dict[tuple[str, Tokens], Response] = {}
    latest: dict[str, Response] = {}
    for response in found:
        tokens = response.owner.tokens
        names = sorted(response.ids)
        near = [(name, by_usage[name, tokens]) for name in names if (name, tokens) in by_usage]
        near += [(name, latest[name]) for name in names if name in latest and _may_be_one(latest[name], response)]
        home = next((one for name, one in near if name not in reused or not _asked_again(one, response)), None)
        if home is None:
            home = response
            kept[response] = None
        else:
            home.take(response)
            home.by_id = True
        for name in home.ids:
            by_usage[name, home.owner.tokens] = latest[name] = home
    return list(kept)


def _reused(found: Iterable[Response]) -> set[str]:
    """The ids that two of these responses have that cannot be one: they name no response."""
    reused: set[str] = set()
    latest: dict[str, Response] = {}
    for response in found:
        for name in response.ids:
            if name in latest and not _may_be_one(latest[name], response):
                reused.add(name)
            latest[name] = response
    return reused


def _asked_again(first: Response, second: Response) -> bool:
    """Whether one instrumentation saw two requests, the second after the first had been answered."""
    return any(one.scope == other.scope and apart(one, other) for one in first.members for other in second.members)


def apart(one: Entry, other: Entry) -> bool:
    """Whether one of them had ended when the other began."""
    first, second = sorted((one, other), key=lambda entry: entry.order)
    return first.end_ns is not None and first.end_ns <= second.start_ns


def _agree(first: Tokens, second: Tokens) -> bool:
    """Whether two counts of one usage differ only in what one of them does not tell: a stream that broke off."""
    pairs = list(zip(first, second, strict=True))
    return any(one == other for one, other in pairs) and all(
        one is None or other is None or one == other for one, other in pairs
    )


def _may_be_one(first: Response, second: Response) -> bool:
    if not (first.reports and second.reports) or _agree(first.owner.tokens, second.owner.tokens):
        return True
    ends = max(entry.end_ns or entry.start_ns for entry in first.members)
    return min(entry.start_ns for entry in second.members) < ends
