"""Who owns the usage of a provider's response, of all the spans of one trace that tell of it. Pure.

Takes what spans say of themselves and gives a verdict for each; keeps nothing, so that the same spans give the same
verdicts in whatever order they came. How spans are recognised as one response is in `responses`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from tracekit.store.responses import PASSED, Entry, apart, descent, responses


class Verdict(NamedTuple):
    """What the ledger says of a span.

    Attributes:
        counted: it owns its usage: sums over counted spans have every response once.
        twin_of: the span that tells of the same response and stands for it.
        told: it is a call, and other spans tell of its usage: its owner, or the calls that it sums up.
        fault: what it says that the owner, or the calls beneath it, contradict.
    """

    counted: bool = False
    twin_of: str | None = None
    told: bool = False
    fault: str | None = None


_OWNS = Verdict(counted=True)
_SAYS_NOTHING = Verdict()


TOLERANCE = 0.01
"""The share by which the cost that an emitter names may differ from ours before that is noted."""
Owned = tuple[int | None, int | None, float | None]
"""What an owner used: input and output tokens, and their cost in USD."""


@dataclass(slots=True)
class Sum:
    """Input, output and USD of the owners beneath a span: of all, and of those not beneath a further agent or tool.

    What one of them cost may not be known: it is `unpriced`, and the USD are no sum.
    """

    whole: list[float] = field(default_factory=lambda: [0, 0, 0.0])
    near: list[float] = field(default_factory=lambda: [0, 0, 0.0])
    unpriced: bool = False

    def add(self, owned: Owned, *, near: bool = True) -> None:
        """Add what one owner used."""
        self.unpriced |= owned[2] is None
        for index, amount in enumerate(owned):
            self.whole[index] += amount or 0
            self.near[index] += (amount or 0) if near else 0

    def include(self, other: Sum, *, near: bool) -> None:
        """Add what stands beneath a child, which no agent or tool is if it is `near`."""
        self.unpriced |= other.unpriced
        for index, amount in enumerate(other.whole):
            self.whole[index] += amount
            self.near[index] += other.near[index] if near else 0


def agree(given: float, cost: float) -> bool:
    """Whether the cost that an emitter names is ours, as far as roundings and old prices go."""
    return abs(given - cost) <= TOLERANCE * max(given, cost)


def judge(entries: Iterable[Entry], settled: Mapping[str, Sum] = MappingProxyType({})) -> dict[str, Verdict]:
    """A verdict for every span that is a model call, or reports usage, or names a cost.

    Args:
        entries: the spans of one trace, in any order. What is neither, nor the parent of another, may be left out.
        settled: by span id, what spans beneath it that are no entries, because they are judged already, add to its sum.
    """
    trace = {entry.span_id: entry for entry in sorted(entries, key=lambda entry: entry.order)}
    descending = descent(trace)
    found = responses(descending)
    verdicts: dict[str, Verdict] = {}
    for response in found:
        verdicts[response.owner.span_id] = _OWNS if response.reports else _SAYS_NOTHING
        for entry in response.members:
            if entry is not response.owner:
                verdicts[entry.span_id] = _twin(entry, response.owner, by_id=response.by_id)
    others = {entry.span_id for entry in descending if entry.tells and entry.span_id not in verdicts}
    if not others:
        return verdicts
    named = {name: response.owner for response in found if response.reports for name in response.ids}
    held = _within_calls(descending)
    sums: dict[str | None, Sum] = {**settled}
    for entry in reversed(descending):
        beneath = sums.pop(entry.span_id, None)
        if entry.span_id in others:
            twin = named.get(entry.response_id or "") if not entry.is_call else None
            verdicts[entry.span_id] = _of_other(entry, twin, beneath, held=entry.span_id in held)
        owns = entry.span_id in verdicts and verdicts[entry.span_id].counted
        if beneath is not None or owns:
            above = sums.setdefault(entry.parent_span_id, Sum())
            if beneath is not None:
                above.include(beneath, near=entry.is_call or entry.kind in PASSED)
            if owns:
                above.add((*entry.tokens, entry.cost))
    return verdicts


def _of_other(entry: Entry, twin: Entry | None, beneath: Sum | None, *, held: bool) -> Verdict:
    """Of a span that is no view of a response: it sums up those beneath it, or is the only one to tell of any."""
    if twin is not None:
        return _twin(entry, twin)
    if beneath is not None:
        faults = [fault for fault in (_contradiction(entry, beneath), _overcharge(entry, beneath)) if fault]
        return Verdict(told=entry.is_call, fault="; ".join(faults) or None)
    return Verdict(counted=entry.reports and not held, told=entry.is_call)


def _within_calls(descending: Iterable[Entry]) -> set[str]:
    """The spans beneath a call that reports: what they tell is a part of that."""
    held: set[str] = set()
    calls: set[str] = set()
    for entry in descending:
        if entry.parent_span_id in held or entry.parent_span_id in calls:
            held.add(entry.span_id)
        if entry.is_call and entry.reports:
            calls.add(entry.span_id)
    return held


def _twin(entry: Entry, owner: Entry, *, by_id: bool = False) -> Verdict:
    """Of a second view. What only one of the two tells is no contradiction."""
    if by_id and entry.reports and entry.scope == owner.scope and apart(entry, owner):
        return Verdict(twin_of=owner.span_id, told=entry.is_call, fault=_said_again(entry, owner))
    if entry.tokens == owner.tokens and entry.details == owner.details:
        return Verdict(twin_of=owner.span_id, told=entry.is_call)
    pairs = zip(_NAMES, (*entry.tokens, *entry.details), (*owner.tokens, *owner.details), strict=True)
    differences = [
        f"{own} {name} tokens, not {its}" for name, own, its in pairs if None not in {own, its} and own != its
    ]
    fault = f"tells of the same response as {owner.span_id}, but {', '.join(differences)}" if differences else None
    return Verdict(twin_of=owner.span_id, told=entry.is_call, fault=fault)


def _said_again(entry: Entry, owner: Entry) -> str:
    """Of a request that another one of the same instrumentation had the response of."""
    first, second = sorted((entry, owner), key=lambda one: one.order)
    seconds = (second.start_ns - (first.end_ns or first.start_ns)) / 1e9
    when = "after that had ended" if second is entry else "before that began"
    return (
        f"has the response id and the usage of {owner.span_id}, {seconds:.3g} s {when}: counted once, as an answer "
        "from a cache; a server that gives one id to two answers made them two"
    )


def _contradiction(entry: Entry, beneath: Sum) -> str | None:
    """What a roll-up says that the calls beneath do not add up to, those of further agents and tools in or out."""
    for sums in (beneath.whole, beneath.near):
        if all(tokens in {None, added} for tokens, added in zip(entry.tokens, sums, strict=False)):
            return None
    claims = [
        f"{tokens} {name} tokens, but the calls beneath it add up to {added}"
        for name, tokens, added in zip(_NAMES, entry.tokens, beneath.whole, strict=False)
        if tokens not in {None, added}
    ]
    return f"sums up {'; '.join(claims)}"


def _overcharge(entry: Entry, beneath: Sum) -> str | None:
    """The cost that a roll-up names, where the calls beneath cost something else."""
    given, costs = entry.given_cost, (beneath.whole[2], beneath.near[2])
    if given is None or beneath.unpriced or any(agree(given, cost) for cost in costs):
        return None
    return f"the emitter says {given:.6g} USD, but the calls beneath it cost {costs[0]:.6g}"


_NAMES = ("input", "output", "cache read", "cache write", "reasoning")
