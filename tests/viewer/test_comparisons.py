"""Comparisons that are kept: the same for the same version, made anew for another, and never more than their bytes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import stories, viewing
from tracekit.query.comparing import Compared, compare
from tracekit_viewer import comparisons
from tracekit_viewer.comparisons import Comparisons


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The comparisons that were made, by the ids of their traces."""
    found: list[tuple[str, ...]] = []

    def counted(source: Any, trace_ids: Any) -> Compared | str:
        found.append(tuple(trace_ids))
        return compare(source, trace_ids)

    monkeypatch.setattr(comparisons, "compare", counted)
    return found


def traces(served: viewing.Served, count: int) -> list[str]:
    spans = [stories.agent(1_800_000_000_000_000_000 + n, question="q", answer="a") for n in range(count)]
    served.add(*spans)
    return [trace[0].trace_id for trace in spans]


def test_a_step_through_the_calls_makes_nothing_anew(served: viewing.Served, made: list[tuple[str, ...]]) -> None:
    a, b = traces(served, 2)
    kept = Comparisons(served.store, lambda: served.store.version)
    first = kept.find((a, b))
    assert kept.find((a, b)) is first
    assert kept.find((b, a)) is not first
    served.add(stories.agent(1_800_000_000_000_000_000, question="q", answer="a"))
    assert kept.find((a, b)) is not first
    assert made == [(a, b), (b, a), (a, b)]


def test_what_was_asked_for_longest_ago_goes_first(served: viewing.Served, made: list[tuple[str, ...]]) -> None:
    a, b, c, d = traces(served, 4)
    one = sum(2_048 + 300 for _ in range(10))  # two traces of five spans, with their texts
    kept = Comparisons(served.store, lambda: 1, most=int(2.5 * one))
    for pair in ((a, b), (b, c), (a, b), (c, d), (a, b), (b, c)):
        kept.find(pair)
    assert made == [(a, b), (b, c), (c, d), (b, c)]
    small = Comparisons(served.store, lambda: 1, most=100)
    assert small.find((a, b)) is not small.find((a, b))


def test_what_is_not_there_is_not_kept(served: viewing.Served, made: list[tuple[str, ...]]) -> None:
    [a] = traces(served, 1)
    kept = Comparisons(served.store, lambda: 1)
    assert kept.find((a, "f" * 32)) == kept.find((a, "f" * 32)) == "f" * 32
    assert len(made) == 2
