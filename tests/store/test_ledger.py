"""One owner for each provider response, whatever stack of instrumentors saw it and however its spans came."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.support.spans import BASE_NS, SECOND, call, span
from tests.support.stacks import STACKS, Build, Trace
from tests.support.stores import new_store
from tracekit.model import Span
from tracekit.store import Batch, Store

ROWS = "SELECT counted, twin_of, cost_usd, usage_fault FROM spans WHERE trace_id = ? ORDER BY span_id"
SUMS = """
    SELECT input_tokens, output_tokens, cost_usd, unpriced_spans, usage_faults FROM traces WHERE trace_id = ?
"""
_numbers = count(1)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One store for all these tests: each has traces of its own."""
    opened = new_store(tmp_path_factory.mktemp("ledger") / "traces.duckdb")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def stored(store: Store) -> dict[str, list[Trace]]:
    """Each stack in order, one by one, in reverse, and in random orders and cuts, all of them at the same time."""
    found = {build.__name__: [built(build) for _ in range(8)] for build in STACKS}
    rng = random.Random(1)
    plans: list[list[list[Span]]] = []
    for whole, single, backwards, *others in found.values():
        plans += [[whole.spans], [[made] for made in single.spans], [[made] for made in reversed(backwards.spans)]]
        plans += [list(cuts(other.spans, rng)) for other in others]
    for step in range(max(map(len, plans))):
        store.commit(Batch(spans=[made for plan in plans if step < len(plan) for made in plan[step]]))
    return found


def built(build: Build) -> Trace:
    trace = Trace(next(_numbers))
    build(trace)
    return trace


def cuts(spans: list[Span], rng: random.Random) -> Iterator[list[Span]]:
    """The spans in any order, cut into any batches, some of them sent again."""
    rest = rng.sample(spans, len(spans))
    while rest:
        size = rng.randint(1, len(rest))
        batch, rest = rest[:size], rest[size:]
        yield batch + rng.sample(spans[:1], rng.randint(0, 1)) if batch[0] is not spans[0] else batch


def check(store: Store, trace: Trace) -> None:
    ids = [made.span_id for made in trace.spans]
    rows = store.sql(ROWS, [trace.spans[0].trace_id]).rows
    assert [place for place, row in enumerate(rows) if row[0]] == sorted(trace.owners)
    assert {place: row[1] for place, row in enumerate(rows) if row[1]} == {
        twin: ids[owner] for twin, owner in trace.twins.items()
    }
    assert [row[2] for row in rows] == [
        made.cost_usd if place in trace.owners else None for place, made in enumerate(trace.spans)
    ]
    assert [place for place, row in enumerate(rows) if row[3]] == trace.faults
    owners = [trace.spans[place] for place in trace.owners]
    ((tokens_in, tokens_out, cost, unpriced, faults),) = store.sql(SUMS, [trace.spans[0].trace_id]).rows
    assert tokens_in == sum(owner.input_tokens or 0 for owner in owners)
    assert (tokens_out or 0) == sum(owner.output_tokens or 0 for owner in owners)
    assert cost == sum(owner.cost_usd or 0 for owner in owners)
    assert faults == len(trace.faults)
    assert unpriced == (
        1 if any(made.name == "agent" and place in trace.owners for place, made in enumerate(trace.spans)) else 0
    )


@pytest.mark.parametrize("build", STACKS)
def test_a_stack_of_instrumentors_counts_each_response_once(
    store: Store, stored: dict[str, list[Trace]], build: Build
) -> None:
    for variant in stored[build.__name__]:
        check(store, variant)


@pytest.mark.parametrize(("at", "says"), [(5, "3 s after that had ended"), (2, "0 s after that had ended")])
def test_what_is_folded_for_its_id_alone_says_so(store: Store, at: int, says: str) -> None:
    number = next(_numbers)
    root = span(trace=number, number=1, kind="chain")
    said: dict[str, Any] = {"trace": number, "parent": 1, "response_id": "r", "scope_name": "openai"}
    first = call(number=2, start_ns=BASE_NS, end_ns=BASE_NS + 2 * SECOND, **said)
    again = call(number=3, start_ns=BASE_NS + at * SECOND, end_ns=BASE_NS + (at + 1) * SECOND, **said)
    store.commit(Batch(spans=[root, again]))
    assert store.sql(ROWS, [root.trace_id]).rows[-1] == (True, None, None, None)
    store.commit(Batch(spans=[first]))
    *_, (counted, twin_of, _, fault) = store.sql(ROWS, [root.trace_id]).rows
    assert (counted, twin_of) == (False, first.span_id)
    assert fault == (
        f"has the response id and the usage of {first.span_id}, {says}: counted once, as an answer from a cache; "
        "a server that gives one id to two answers made them two"
    )


def test_an_earlier_choice_is_taken_back_when_the_owner_comes(store: Store) -> None:
    trace = built(STACKS[1])
    outer, inner = trace.spans
    store.commit(Batch(spans=[inner]))
    assert store.sql(ROWS, [outer.trace_id]).rows == [(True, None, 0.25, None)]
    store.commit(Batch(spans=[outer]))
    check(store, trace)


def test_the_same_batch_again_changes_nothing(store: Store) -> None:
    trace = built(STACKS[6])
    for _ in range(3):
        store.commit(Batch(spans=trace.spans))
    check(store, trace)


def test_a_span_that_will_never_end_links_what_ended_within_it(store: Store) -> None:
    number = next(_numbers)
    outer = call(trace=number, number=1, scope_name="patch")
    step = span(trace=number, number=2, parent=1, kind="chain", end_ns=None)
    inner = call(trace=number, number=3, parent=2, scope_name="native")
    store.commit(Batch(spans=[outer, inner], opened={"dead": [step]}))
    store.commit(Batch(interrupted=["dead"]))
    assert [row[0] for row in store.sql(ROWS, [outer.trace_id]).rows] == [True, False, False]


def stray(number: int, *, late: int = 1, **fields: Any) -> tuple[Span, Span]:
    """A patch's call, and the client's own span of it as the root of a trace of its own, `late` seconds later."""
    patch = call(trace=number, scope_name="patch", start_ns=BASE_NS + number * 1000 * SECOND, service="shop")
    patch.end_ns = patch.start_ns + 60 * SECOND
    said = {"scope_name": "native", "dialect": "anthropic_sdk", "response_id": "r", "service": "shop"} | fields
    return patch, call(trace=number + 50_000, start_ns=patch.start_ns + late * SECOND, **said)


@pytest.mark.parametrize("plan", [[(0, 1)], [(1, 0)], [(0,), (1,)], [(1,), (0,)], [(1,), (0,), (1,), (0, 1)]])
def test_a_clients_own_span_in_a_trace_of_its_own_is_a_twin_too(store: Store, plan: list[tuple[int, ...]]) -> None:
    spans = stray(next(_numbers))
    patch, native = spans
    for batch in plan:
        store.commit(Batch(spans=[spans[place] for place in batch]))
    assert store.sql(ROWS, [patch.trace_id]).rows == [(True, None, None, None)]
    assert store.sql(ROWS, [native.trace_id]).rows == [(False, patch.span_id, None, None)]
    assert [row[0] for row in store.sql(SUMS, [native.trace_id]).rows] == [None]
    later = span(trace=int(native.trace_id, 16), parent=int(native.span_id, 16), start_ns=native.start_ns + 30 * SECOND)
    store.commit(Batch(spans=[later]))
    assert store.sql(ROWS, [native.trace_id]).rows[-1][1] in {patch.span_id, None}
    assert [row[0] for row in store.sql(SUMS, [native.trace_id]).rows] == [None]


def test_a_clients_own_span_of_a_stream_that_broke_off_is_a_twin_too(store: Store) -> None:
    patch, native = stray(next(_numbers), output_tokens=None)
    patch.response_id = "r"
    store.commit(Batch(spans=[native, patch]))
    assert [row[:2] for row in store.sql(ROWS, [native.trace_id]).rows] == [(False, patch.span_id)]


@pytest.mark.parametrize(
    "fields", [{"service": "other"}, {"input_tokens": 99}, {"dialect": "otel_genai"}, {"parent": 7}, {"late": 11}]
)
def test_what_only_looks_alike_in_another_trace_is_a_call_of_its_own(store: Store, fields: dict[str, Any]) -> None:
    patch, native = stray(next(_numbers), **fields)
    store.commit(Batch(spans=[native, patch]))
    assert [row[0] for row in store.sql(ROWS, [native.trace_id]).rows] == [True]


@pytest.mark.parametrize(
    ("fields", "unpriced"),
    [
        ({"cost_usd": 0.5}, 0),
        ({"cost_usd": None}, 1),
        ({"input_tokens": None, "output_tokens": None, "counted": False}, 1),
        ({"input_tokens": None, "output_tokens": None, "counted": False, "status": "error"}, 0),
        ({"input_tokens": None, "output_tokens": None, "counted": False, "operation": "fetch_response"}, 0),
        ({"kind": "tool", "input_tokens": None, "output_tokens": None, "counted": False}, 0),
    ],
)
def test_a_trace_says_that_its_cost_is_a_lower_bound(store: Store, fields: dict[str, Any], unpriced: int) -> None:
    made = call(trace=next(_numbers), **fields)
    store.commit(Batch(spans=[made]))
    assert store.sql("SELECT unpriced_spans FROM traces WHERE trace_id = ?", [made.trace_id]).rows == [(unpriced,)]


def test_what_is_left_and_what_is_given_stand_beside_the_totals(store: Store) -> None:
    made = call(
        trace=next(_numbers), input_tokens=100, cache_read_tokens=30, cache_write_tokens=20, output_tokens=10,
        reasoning_tokens=4, usage_details={"input_audio_tokens": 5}, service_tier="flex", given_cost_usd=0.3,
        cost_usd=0.2, price_source="list 1",
    )  # fmt: skip
    wrong = call(trace=next(_numbers), input_tokens=10, cache_read_tokens=30)
    store.commit(Batch(spans=[made, wrong]))
    columns = (
        "uncached_input_tokens, visible_output_tokens, usage_details ->> '$.input_audio_tokens', service_tier, "
        "given_cost_usd, price_source"
    )
    assert store.sql(f"SELECT {columns} FROM spans WHERE trace_id = ?", [made.trace_id]).rows == [
        (50, 6, "5", "flex", 0.3, "list 1")
    ]
    assert store.sql("SELECT uncached_input_tokens FROM spans WHERE trace_id = ?", [wrong.trace_id]).rows == [(None,)]


def test_a_large_trace_is_judged_in_time_that_grows_with_its_size(tmp_path: Path) -> None:
    """5,000 calls in a chain of 5,000 steps, each with a twin: nothing is walked again for each of them."""
    number, made = next(_numbers), []
    for step in range(1, 5001):
        at = BASE_NS + step * 1000
        parent = step - 1 or None
        made.append(span(trace=number, number=step, parent=parent, kind="chain", start_ns=at, end_ns=BASE_NS + SECOND))
        made.append(call(trace=number, number=10_000 + step, parent=step, start_ns=at, response_id=f"r{step}"))
        made.append(
            call(trace=number, number=20_000 + step, parent=10_000 + step, start_ns=at + 1, response_id=f"r{step}")
        )
    opened = new_store(tmp_path / "traces.duckdb")
    opened.commit(Batch(spans=made))
    assert opened.sql("SELECT count_if(counted), count(twin_of) FROM spans").rows == [(5000, 5000)]
    opened.close()


@pytest.mark.parametrize(
    ("given", "costs", "fault"),
    [
        (0.501, (0.25, 0.25), None),
        (0.25, (0.25, 0.25), "the emitter says 0.25 USD, but the calls beneath it cost 0.5"),
        (0.25, (0.25, None), None),
    ],
)
def test_the_cost_that_an_agent_names_is_compared_with_its_calls(
    store: Store, given: float, costs: tuple[float | None, ...], fault: str | None
) -> None:
    number = next(_numbers)
    agent = span("agent", trace=number, number=1, kind="agent", given_cost_usd=given)
    calls = [call(trace=number, number=place, parent=1, cost_usd=cost) for place, cost in enumerate(costs, 2)]
    store.commit(Batch(spans=calls[:1]))
    store.commit(Batch(spans=[agent, *calls[1:]]))
    rows = store.sql(ROWS, [agent.trace_id]).rows
    assert rows == [(False, None, None, fault), *((True, None, cost, None) for cost in costs)]


def test_a_large_trace_in_many_batches_is_judged_as_at_once(tmp_path: Path) -> None:
    """Agents that sum up rightly or wrongly, calls seen twice, siblings, links that come before what they hang on."""
    opened = new_store(tmp_path / "traces.duckdb")
    rng = random.Random(7)
    spans = [large_trace(number, random.Random(5)) for number in (1, 2)]
    opened.commit(Batch(spans=spans[0]))
    for batch in cuts(spans[1], rng):
        for start in range(0, len(batch), 150):
            opened.commit(Batch(spans=batch[start : start + 150]))
    rows = [opened.sql(ROWS, [f"{number:032x}"]).rows for number in (1, 2)]
    assert rows[0] == rows[1]
    assert sum(row[1] is not None for row in rows[0]) > 100
    assert sum(row[3] is not None for row in rows[0]) > 10
    opened.close()


def large_trace(number: int, rng: random.Random) -> list[Span]:
    made = [span("root", trace=number, number=1, kind="agent", input_tokens=1, output_tokens=1)]
    for place in range(2, 1200):
        at = BASE_NS + place * 1000
        parent = rng.randint(max(1, place - 40), place - 1)
        said: dict[str, Any] = {"trace": number, "number": place, "parent": parent, "start_ns": at}
        if rng.random() < 0.5:
            said |= {"scope_name": rng.choice("ab"), "response_id": rng.choice((None, f"r{place // 3}"))}
            made.append(call(**said, end_ns=at + rng.choice((0, SECOND))))
        else:
            said |= {"input_tokens": 200, "output_tokens": 20} if rng.random() < 0.2 else {}
            made.append(span(**said, kind=rng.choice(("agent", "tool", "chain", "chain"))))
    return made
