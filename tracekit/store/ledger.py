"""Who owns the usage of a provider's response, of all the spans of one trace that tell of it. Pure.

Takes what spans say of themselves and gives a verdict for each; keeps nothing, so that the same spans give the same
verdicts in whatever order they came. How spans are recognised as one response is in `responses`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from tracekit.store.responses import PASSED, Entry, descent, responses


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


@dataclass(slots=True)
class Sum:
    """Tokens of the owners beneath a span: all of them, and those that are not beneath a further agent or tool."""

    whole: list[int] = field(default_factory=lambda: [0, 0])
    near: list[int] = field(default_factory=lambda: [0, 0])

    def add(self, tokens: Iterable[int | None], *, near: bool = True) -> None:
        """Add input and output of one owner."""
        for index, amount in enumerate(tokens):
            self.whole[index] += amount or 0
            self.near[index] += (amount or 0) if near else 0

    def include(self, other: Sum, *, near: bool) -> None:
        """Add what stands beneath a child, which no agent or tool is if it is `near`."""
        for index, amount in enumerate(other.whole):
            self.whole[index] += amount
            self.near[index] += other.near[index] if near else 0


def judge(entries: Iterable[Entry], settled: Mapping[str, Sum] = MappingProxyType({})) -> dict[str, Verdict]:
    """A verdict for every span that is a model call or reports usage.

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
                verdicts[entry.span_id] = _twin(entry, response.owner)
    if not any(entry.span_id not in verdicts and (entry.reports or entry.is_call) for entry in descending):
        return verdicts
    named = {name: response.owner for response in found if response.reports for name in response.ids}
    held = _within_calls(descending)
    sums: dict[str | None, Sum] = {**settled}
    for entry in reversed(descending):
        beneath = sums.pop(entry.span_id, None)
        if entry.span_id not in verdicts and (entry.reports or entry.is_call):
            twin = named.get(entry.response_id or "") if not entry.is_call else None
            verdicts[entry.span_id] = _of_other(entry, twin, beneath, held=entry.span_id in held)
        owns = entry.span_id in verdicts and verdicts[entry.span_id].counted
        if beneath is not None or owns:
            above = sums.setdefault(entry.parent_span_id, Sum())
            if beneath is not None:
                above.include(beneath, near=entry.is_call or entry.kind in PASSED)
            if owns:
                above.add(entry.tokens)
    return verdicts


def _of_other(entry: Entry, twin: Entry | None, beneath: Sum | None, *, held: bool) -> Verdict:
    """Of a span that is no view of a response: it sums up those beneath it, or is the only one to tell of any."""
    if twin is not None:
        return _twin(entry, twin)
    if beneath is not None:
        return Verdict(told=entry.is_call, fault=_contradiction(entry, beneath))
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


def _twin(entry: Entry, owner: Entry) -> Verdict:
    """Of a second view. What only one of the two tells is no contradiction."""
    if entry.tokens == owner.tokens and entry.details == owner.details:
        return Verdict(twin_of=owner.span_id, told=entry.is_call)
    pairs = zip(_NAMES, (*entry.tokens, *entry.details), (*owner.tokens, *owner.details), strict=True)
    differences = [
        f"{own} {name} tokens, not {its}" for name, own, its in pairs if None not in {own, its} and own != its
    ]
    fault = f"tells of the same response as {owner.span_id}, but {', '.join(differences)}" if differences else None
    return Verdict(twin_of=owner.span_id, told=entry.is_call, fault=fault)


def _contradiction(entry: Entry, beneath: Sum) -> str | None:
    """What a roll-up says that the calls beneath do not add up to, those of further agents and tools in or out."""
    for sums in (beneath.whole, beneath.near):
        if all(tokens in {None, added} for tokens, added in zip(entry.tokens, sums, strict=True)):
            return None
    claims = [
        f"{tokens} {name} tokens, but the calls beneath it add up to {added}"
        for name, tokens, added in zip(_NAMES, entry.tokens, beneath.whole, strict=False)
        if tokens not in {None, added}
    ]
    return f"sums up {'; '.join(claims)}"


_NAMES = ("input", "output", "cache read", "cache write", "reasoning")
