"""The critical path and the times without any record, against what they mean, looked at moment by moment."""

from __future__ import annotations

import random

import pytest

from tracekit.query.critical import critical
from tracekit.query.idle import idle, threshold_ns
from tracekit.query.nesting import nest
from tracekit.query.outline import Stem


def stem(span_id, parent=None, start=0, end=0, **more):
    return Stem(**{**dict.fromkeys(Stem._fields), "status": "unset", "outcome": "complete", **more} | {
        "span_id": span_id, "parent_span_id": parent, "name": span_id, "start_ns": start, "end_ns": end,
    })  # fmt: skip


def laid(*stems):
    return nest(sorted(stems, key=lambda each: (each.start_ns, each.span_id)))


def path(nesting, until=0):
    found = critical(nesting, until=until)
    return {nesting.stems[place].span_id: stretches for place, stretches in found.own.items()}


def test_the_end_waited_for_whoever_ended_last():
    tree = laid(
        stem("root", None, 0, 100),
        stem("quick", "root", 10, 30),
        stem("slow", "root", 10, 60),
        stem("after", "root", 70, 90),
        stem("inner", "slow", 20, 50),
    )
    assert path(tree) == {
        "root": [(90, 100), (60, 70), (0, 10)],
        "after": [(70, 90)],
        "slow": [(50, 60), (10, 20)],
        "inner": [(20, 50)],
    }
    found = critical(tree, until=0)
    assert found.total_ns == 100
    assert sum(found.waited_ns(place) for place in found.own) == 100
    assert found.share(0) == 0.3
    assert found.share(99) == 0.0


@pytest.mark.parametrize(
    ("spans", "wanted"),
    [
        # A child that outlives its parent counts up to the parent's end.
        ([stem("a", None, 0, 50), stem("b", "a", 10, 80)], {"a": [(0, 10)], "b": [(10, 50)]}),
        # One that began before its parent counts from the parent's beginning.
        ([stem("a", None, 10, 50), stem("b", "a", 0, 40)], {"a": [(40, 50)], "b": [(10, 40)]}),
        # Of those that ended together, the one that began first.
        ([stem("a", None, 0, 9), stem("b", "a", 1, 9), stem("c", "a", 3, 9)], {"a": [(0, 1)], "b": [(1, 9)]}),
        # Twins tell of a call twice.
        ([stem("a", None, 0, 9), stem("b", "a", 1, 8, twin_of="a")], {"a": [(0, 9)]}),
        # What took no time explains none.
        ([stem("a", None, 0, 9), stem("b", "a", 5, 5)], {"a": [(0, 9)]}),
        ([stem("a", None, 7, 7)], {}),
    ],
)
def test_odd_spans(spans, wanted):
    assert path(laid(*spans)) == wanted


def reference(spans, until):
    """Each moment by itself: down from the whole, to the child that the moment was waiting for."""
    ends = {each.span_id: until if each.end_ns is None else each.end_ns for each in spans}
    roots = [each for each in spans if each.parent_span_id is None]
    first, last = min(each.start_ns for each in roots), max(ends[each.span_id] for each in roots)
    waited: dict[str, int] = {}

    def owner(parent, moment, begin, latest):
        at = latest
        while True:
            ready = [
                (min(ends[each.span_id], latest), -each.start_ns, each)
                for each in spans
                if each.parent_span_id == parent
                and min(ends[each.span_id], latest) <= at
                and max(each.start_ns, begin) < min(ends[each.span_id], latest)
            ]
            if not ready:
                return parent
            stop, _, child = max(ready, key=lambda one: one[:2])
            if moment >= stop:
                return parent
            start = max(child.start_ns, begin)
            if moment >= start:
                return owner(child.span_id, moment, start, stop)
            at = start

    for moment in range(first, last):
        found = owner(None, moment, first, last)
        waited[found] = waited.get(found, 0) + 1
    return waited


@pytest.mark.parametrize("seed", range(60))
def test_against_every_moment_by_itself(seed):
    chance = random.Random(seed)
    spans = [stem("s0", None, chance.randint(0, 5), chance.randint(20, 60))]
    for number in range(1, chance.randint(2, 12)):
        parent = chance.choice(spans) if chance.random() < 0.9 else stem(None)
        start = chance.randint(0, 55)
        end = None if chance.random() < 0.1 else start + chance.randint(0, 30)
        spans.append(stem(f"s{number}", parent.span_id, start, end))
    tree = laid(*spans)
    found = critical(tree, until=60)
    wanted = reference(spans, 60)
    nobody = wanted.pop(None, 0)
    got = {tree.stems[place].span_id: found.waited_ns(place) for place in found.own if found.waited_ns(place)}
    assert got == wanted
    assert sum(got.values()) + nobody == found.total_ns


def test_a_thousand_deep_and_a_thousand_wide():
    deep = laid(*(stem(f"{n:05}", f"{n - 1:05}" if n else None, n, 20_000 - n) for n in range(5_000)))
    assert len(critical(deep, until=0).own) == 5_000
    wide = laid(stem("root", None, 0, 10_000), *(stem(f"{n:05}", "root", n, n + 1) for n in range(5_000)))
    assert critical(wide, until=0).waited_ns(0) == 5_000


def silences(tree, place=0, threshold=10):
    return [(each.since, each.until, each.after, each.before) for each in idle(tree, place, threshold=threshold)]


def test_times_in_which_nothing_ran():
    tree = laid(
        stem("root", None, 0, 100),
        stem("a", "root", 15, 40),
        stem("b", "root", 20, 30),
        stem("c", "root", 45, 60),
        stem("d", "root", 70, 85),
    )
    assert silences(tree) == [(0, 15, None, 1), (60, 70, 3, 4), (85, 100, 4, None)]
    assert silences(tree, threshold=11) == [(0, 15, None, 1), (85, 100, 4, None)]
    assert silences(tree, 1) == []


def test_a_span_that_has_not_ended_is_not_silent_yet():
    tree = laid(stem("root", None, 0, None), stem("a", "root", 20, 30))
    assert silences(tree) == [(0, 20, None, 1)]
    tree = laid(stem("root", None, 0, 100), stem("a", "root", 0, None), stem("b", "root", 60, 70))
    assert silences(tree) == []


def test_twins_and_children_outside_make_no_silence():
    assert silences(laid(stem("a", None, 0, 90), stem("b", "a", 40, 50, twin_of="a"))) == []
    assert silences(laid(stem("a", None, 0, 30), stem("b", "a", 50, 90))) == [(0, 30, None, 1)]


@pytest.mark.parametrize(
    ("total", "least"), [(0, 1_000_000), (10**8, 5_000_000), (10**10, 500_000_000), (10**12, 10**9)]
)
def test_what_is_told_is_a_twentieth_from_a_millisecond_to_a_second(total, least):
    assert threshold_ns(total) == least


def test_many_circles_are_cut_open_one_after_another():
    pairs = [
        each
        for n in range(20_000)
        for each in (stem(f"{n:05}a", f"{n:05}b", n, n + 1), stem(f"{n:05}b", f"{n:05}a", n, n + 1))
    ]
    tree = nest(pairs)
    assert len(tree.stems) == 40_000
    assert tree.levels[:4] == [1, 2, 1, 2]
