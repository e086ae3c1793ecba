"""Judging only what new spans can change gives what judging the whole trace gives, whatever comes when."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tracekit.store.affected import Affected, Outline, affected, told_apart
from tracekit.store.ledger import Verdict, judge
from tracekit.store.responses import PASSED, Entry

KINDS = ("llm", "llm", "llm", "embedding", "agent", "tool", "chain", "chain", "other")


def forest(rng: random.Random) -> list[Entry]:
    """Spans in trees, some of whose inner ones never come, with few different ids, usages, scopes and times."""
    found: list[Entry] = []
    ids = rng.choice((3, 30))
    scopes, named = rng.choice((("a", 0.4), ("ab", 0.4), ("ab", 1.0)))
    for number in range(rng.randint(2, 70)):
        kind = rng.choice(KINDS)
        parent = f"{rng.randrange(number):04}" if number and rng.random() < 0.93 else None
        start = number // rng.choice((1, 4))
        tells = rng.random() < (0.8 if kind in {"llm", "embedding"} else 0.3)
        found.append(
            Entry(
                span_id=f"{number:04}",
                parent_span_id=parent,
                kind=kind,
                start_ns=start,
                end_ns=start + rng.choice((0, 0, 3, 50)),
                failed=rng.random() < 0.1,
                scope=rng.choice(scopes),
                model=rng.choice("mn"),
                response_id=f"r{rng.randrange(ids)}" if rng.random() < named else None,
                fetched=rng.random() < 0.05,
                tokens=(rng.choice((5, 7, 12)), rng.choice((1, None))) if tells else (None, None),
                cost=rng.choice((0.5, 0.5, None)) if tells else None,
                given_cost=rng.choice((None, 0.5, 1.0, 1.5)),
                details=(rng.choice((None, 2)), None, None),
            )
        )
    return [entry for entry in found if rng.random() < 0.95]


def cuts(entries: list[Entry], rng: random.Random) -> Iterator[list[Entry]]:
    rest = rng.sample(entries, len(entries)) if rng.random() < 0.7 else entries
    while rest:
        size = rng.randint(1, max(1, len(rest) // 2))
        yield rest[:size]
        rest = rest[size:]


def paired(entries: list[Entry]) -> set[str]:
    """Calls among whose siblings, as the database tells, may be another view of them."""
    found: set[str] = set()
    for entry in entries:
        family = [one for one in entries if one.kind in {"llm", "embedding"} and one.parent_span_id is not None
                  and one.parent_span_id == entry.parent_span_id]  # fmt: skip
        scopes = {one.scope for one in family}
        told = [one.tokens != (None, None) for one in family]
        if len(scopes) > 1 or (not all(told) and any(one.start_ns == one.end_ns for one in family)):
            found.add(entry.span_id)
    return found


def reach(entries: list[Entry], fresh: set[str], verdicts: dict[str, Verdict]) -> Affected | None:
    if told_apart((entry.scope, entry.response_id) for entry in entries if entry.is_call):
        return Affected(set(range(len(entries))))
    pairs = paired(entries)
    outline = Outline(
        span_ids=[entry.span_id for entry in entries],
        parents=[entry.parent_span_id for entry in entries],
        calls=[entry.is_call for entry in entries],
        passed=[entry.kind in PASSED for entry in entries],
        paired=[entry.span_id in pairs for entry in entries],
        response_ids=[entry.response_id for entry in entries],
        fresh=[entry.span_id in fresh for entry in entries],
    )
    owners = {place: (*entry.tokens, entry.cost) for place, entry in enumerate(entries)
              if entry.span_id in verdicts and verdicts[entry.span_id].counted}  # fmt: skip
    return affected(outline, owners)


@pytest.mark.parametrize("seed", range(40))
def test_judging_what_new_spans_can_change_is_judging_all(seed: int) -> None:
    rng = random.Random(seed)
    spared = 0
    for _ in range(10):
        stored: list[Entry] = []
        verdicts: dict[str, Verdict] = {}
        for batch in cuts(forest(rng), rng):
            stored += batch
            part = reach(stored, {entry.span_id for entry in batch}, verdicts)
            assert part is not None
            verdicts |= judge([stored[place] for place in part.places], part.sums)
            spared += len(stored) - len(part.places)
            assert verdicts == judge(stored)
    assert spared


def test_a_circle_of_parents_is_judged_whole() -> None:
    first, second = (
        Entry(span_id=own, parent_span_id=other, kind="llm", start_ns=1, end_ns=2, tokens=(1, 1))
        for own, other in (("a", "b"), ("b", "a"))
    )
    assert reach([first, second], {"b"}, judge([first])) is None
