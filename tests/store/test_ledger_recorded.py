"""Every recorded emitter's requests, spans in any order and cut anywhere: each case's tokens and cost count once."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import corpus
from tests.support.stores import new_store
from tracekit.dialects import canonical, reports
from tracekit.model import Span
from tracekit.otlp import decode
from tracekit.store import Batch, Store
from tracekit.store.pricing import Pricer

CASES = sorted({path.parent for path in corpus.files("otlp-samples/*/*/traces-*.pb")})
MINI = (0.15, 0.075, 0.60)
FLASH = (0.30, 0.03, 2.50)
SONNET = (3.0, 0.30, 15.0)
"""USD a million of plain input, cached input and output."""
TOTALS = {
    "chat": (13, 0, 7),
    "stream_tool": (82, 32, 18),
    "rag": (73, 0, 12),
    "agent": (196, 32, 29),
    "error": (None, 0, None),
    "tool": (None, 0, None),
    "anthropic_chat": (13, 0, 7),
    "anthropic_stream_tool": (82, 32, 18),
}
"""Input, cached, and output tokens by case."""
OTHERS = {
    ("google-adk", "stream_tool"): (196, 32, 29),  # they run the tool and go on
    ("pydantic-ai", "stream_tool"): (196, 32, 29),
    ("otel-openai-v2", "stream_tool"): (82, 0, 18),  # drops the cached tokens
    ("openllmetry-legacy", "stream_tool"): (None, 0, None),  # tells no usage of a stream
    ("langsmith", "rag"): (65, 0, 12),  # make no span of an embedding's usage
    ("openinference-langchain", "rag"): (65, 0, 12),
    ("pydantic-ai", "rag"): (65, 0, 12),
}


def spans_of(case: Path) -> list[Span]:
    pricer = Pricer()
    found: list[Span] = []
    for path in sorted(case.glob("traces-*.pb")):
        corpus.ran(path)
        found += [canonical(raw) for raw in decode.traces(path.read_bytes(), json=False)]
    for span in found:
        if reports(span):
            pricer.charge(span)
    return found


@pytest.fixture(scope="module", params=[1, 2, 3])
def stored(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Store, dict[Path, set[str]]]]:
    """All cases in one store, and the traces of each."""
    store = new_store(tmp_path_factory.mktemp("recorded") / "traces.duckdb")
    cases = {case: spans_of(case) for case in CASES}
    rng = random.Random(request.param)
    spans = [span for case in cases.values() for span in case]
    spans += rng.sample(spans, len(spans) // 4)  # retries
    rng.shuffle(spans)
    while spans:
        size = rng.randint(1, 120)
        store.commit(Batch(spans=spans[:size]))
        spans = spans[size:]
    yield store, {case: {span.trace_id for span in found} for case, found in cases.items()}
    store.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_a_recorded_case_counts_once(stored: tuple[Store, dict[Path, set[str]]], case: Path) -> None:
    store, traces = stored
    ((tokens, output, cost, unpriced, faults),) = store.sql(
        "SELECT sum(input_tokens), sum(output_tokens), sum(cost_usd), sum(unpriced_spans), sum(usage_faults) "
        "FROM traces WHERE list_contains($ids, trace_id)",
        {"ids": sorted(traces[case])},
    ).rows
    expected = OTHERS.get((case.parent.name, case.name), TOTALS[case.name])
    assert (tokens, output, faults) == (expected[0], expected[2], 0)
    assert unpriced == (1 if (case.parent.name, case.name) == ("openllmetry-legacy", "stream_tool") else 0)
    if tokens is not None and case.name != "rag":
        prices = FLASH if case.parent.name == "google-adk" else SONNET if case.name.startswith("anthropic") else MINI
        plain = tokens - expected[1]
        assert cost == pytest.approx((plain * prices[0] + expected[1] * prices[1] + output * prices[2]) / 1e6, abs=1e-9)


def test_a_twin_shows_its_owner_wherever_the_clients_own_span_ended_up(
    stored: tuple[Store, dict[Path, set[str]]],
) -> None:
    store, _ = stored
    rows = store.sql(
        "SELECT counted, twin_of IS NOT NULL FROM spans WHERE dialect = 'anthropic_sdk' AND kind = 'llm'"
    ).rows
    assert set(rows) <= {(False, True)}
