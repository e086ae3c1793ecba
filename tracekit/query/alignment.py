"""Traces side by side: their calls aligned by the path that leads to them, and what differs in each. Pure.

Two calls are the same call where their parents are, and where their kind and what they call are: a chat is a chat
with whichever model, so that a change of model is a change and not one call removed and another added. Among the
calls of one parent the longest common sequence decides, so order counts. More than two traces are merged one after
another.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any, Literal

Row = Mapping[str, Any]
Key = tuple[str, str]
Change = Literal["same", "changed", "added", "removed", "partly"]

MOST_PAIRS = 250_000
"""Pairs of calls of one parent up to which the longest common sequence is looked for; beyond it the n-th call of a key
is the n-th one of the other trace."""


@dataclass(slots=True)
class Call:
    """One call in as many of the traces as have it.

    Attributes:
        key: its kind and what it calls.
        level: how deep it stands; 1 at the top.
        spans: its span in each trace that has it, by the trace's number.
        calls: what it calls, in order.
    """

    key: Key
    level: int
    spans: dict[int, Row] = field(default_factory=dict[int, Row])
    calls: list[Call] = field(default_factory=list["Call"])


def key(span: Row) -> Key:
    """What makes a span the same call in another trace.

    >>> key({"kind": "llm", "name": "chat gpt-4o", "model": "gpt-4o", "request_model": None, "operation": None})
    ('llm', 'chat')
    """
    kind = str(span["kind"] or "other")
    if kind == "tool" and span.get("tool_name"):
        return kind, str(span["tool_name"])
    name = str(span["name"] or "")
    if span.get("operation") and kind in ("llm", "embedding"):
        return kind, str(span["operation"])
    for model in (span.get("request_model"), span.get("response_model"), span.get("model")):
        if model and name.endswith(f" {model}"):
            return kind, name.removesuffix(f" {model}")
    return kind, name


def align(traces: Sequence[Sequence[Row]]) -> list[Call]:
    """The calls of traces, in reading order, each with its span in every trace that has it.

    Args:
        traces: the spans of each, in any order; rows of the `spans` view.
    """
    top = Call(("", ""), 0)
    for number, spans in enumerate(traces):
        _merge(top, number, _children(spans))
    return list(_walk(top))


def change(call: Call, total: int, digests: Sequence[Mapping[str, tuple[str, str]]]) -> Change:
    """What has become of a call: in the second of two traces, or in some of more.

    Args:
        call: from `align`.
        total: how many traces there are.
        digests: for each, what was asked and answered in each span.
    """
    if len(call.spans) < total:
        if total > 2:  # noqa: PLR2004 - of two, the second is what has become of the first
            return "partly"
        return "removed" if 0 in call.spans else "added"
    seen = {
        (
            span["status"] == "error",
            span["outcome"],
            span["model"],
            span["name"],
            digests[number].get(span["span_id"]),
        )
        for number, span in call.spans.items()
    }
    return "same" if len(seen) == 1 else "changed"


def _children(spans: Sequence[Row]) -> dict[str | None, list[Row]]:
    """The spans under each; those without a parent here, and one of each circle, under None."""
    ordered = sorted(spans, key=lambda span: (span["start_time"], span["span_id"]))
    known = {span["span_id"] for span in ordered}
    below: dict[str | None, list[Row]] = defaultdict(list)
    for span in ordered:
        parent = span["parent_span_id"]
        below[parent if parent in known and parent != span["span_id"] else None].append(span)
    reached: set[str] = set()
    for root in [*below[None], *ordered]:
        stack = [root]
        if root["span_id"] not in reached and root not in below[None]:
            below[None].append(root)  # a circle of parents is cut open at its earliest span
            siblings = below[root["parent_span_id"]]
            siblings.remove(root)
        while stack:
            span = stack.pop()
            if span["span_id"] not in reached:
                reached.add(span["span_id"])
                stack += below.get(span["span_id"], ())
    return below


def _merge(top: Call, number: int, below: Mapping[str | None, Sequence[Row]]) -> None:
    stack: list[tuple[Call, str | None]] = [(top, None)]
    while stack:
        call, span_id = stack.pop()
        spans = below.get(span_id, ())
        call.calls = _merged(call, number, spans)
        stack += [(child, child.spans[number]["span_id"]) for child in call.calls if number in child.spans]


def _merged(call: Call, number: int, spans: Sequence[Row]) -> list[Call]:
    keys = [key(span) for span in spans]
    out: list[Call] = []
    at, end = 0, 0
    for mine, theirs in [*_pairs([each.key for each in call.calls], keys), (len(call.calls), len(spans))]:
        out += call.calls[at:mine]
        out += [Call(keys[place], call.level + 1, {number: spans[place]}) for place in range(end, theirs)]
        if mine < len(call.calls):
            call.calls[mine].spans[number] = spans[theirs]
            out.append(call.calls[mine])
        at, end = mine + 1, theirs + 1
    return out


def _pairs(mine: Sequence[Key], theirs: Sequence[Key]) -> list[tuple[int, int]]:
    """The places of the same calls, rising in both."""
    start = 0
    while start < min(len(mine), len(theirs)) and mine[start] == theirs[start]:
        start += 1
    pairs = [(place, place) for place in range(start)]
    left, right = mine[start:], theirs[start:]
    if len(left) * len(right) <= MOST_PAIRS:
        blocks = SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks()
        return pairs + [
            (start + block.a + step, start + block.b + step) for block in blocks for step in range(block.size)
        ]
    return pairs + [(start + one, start + other) for one, other in _by_occurrence(left, right)]


def _by_occurrence(left: Sequence[Key], right: Sequence[Key]) -> Iterator[tuple[int, int]]:
    places: dict[Key, list[int]] = defaultdict(list)
    for place, each in enumerate(right):
        places[each].append(place)
    used: dict[Key, int] = defaultdict(int)
    last = -1
    for place, each in enumerate(left):
        nth = used[each]
        if nth < len(places[each]):
            used[each] += 1
            if places[each][nth] > last:
                last = places[each][nth]
                yield place, last


def _walk(top: Call) -> Iterator[Call]:
    stack = list(reversed(top.calls))
    while stack:
        call = stack.pop()
        yield call
        stack += reversed(call.calls)
