"""Batches: what their results say is recorded where they are read, one span a result, at the batch's price."""

from __future__ import annotations

from typing import Any

import anthropic
import pytest

from tests.integrations import anthropic_wire as wire
from tests.support import conventions
from tests.support.conventions import outcome
from tests.support.patched import Spans
from tests.support.provider import Provider, answer
from tracekit import semconv
from tracekit.dialects import canonical
from tracekit.model import RawSpan
from tracekit.store.pricing import Pricer

BATCH = f"{wire.MESSAGES}/batches/msgbatch_1"
MODEL = "claude-sonnet-4-6"


def replied(number: int) -> dict[str, Any]:
    usage = {"input_tokens": 1_000, "output_tokens": 100, "service_tier": "batch"}
    return wire.message(wire.text(f"Hello {number}"), id=f"msg_{number}", model=MODEL, usage=usage)


def queue(provider: Provider, *results: dict[str, Any], **other: Any) -> None:
    provider.queue(BATCH, answer(wire.batch(provider.url)), method="GET")
    provider.queue(f"{BATCH}/results", wire.results(*results, **other), method="GET")


def check(found: list[RawSpan]) -> None:
    """Two replies, one failure, and the reading of them: which all three are beneath."""
    first, second, failed, reading = found
    assert [span.name for span in found] == ["chat", "chat", "chat", "fetch_response"]
    assert {span.parent_span_id for span in (first, second, failed)} == {reading.span_id}
    for number, span in enumerate((first, second)):
        said = span.attributes
        conventions.check(said)
        assert (said[semconv.RESPONSE_ID], said[semconv.RESPONSE_MODEL]) == (f"msg_{number}", MODEL)
        assert said[semconv.ANTHROPIC_BATCH_CUSTOM_ID] == f"job-{number}"
        assert said[semconv.OUTPUT_MESSAGES][0]["parts"] == [{"type": "text", "content": f"Hello {number}"}]
        row = canonical(span)
        assert (row.counted, row.service_tier, row.input_tokens, row.output_tokens) == (True, "batch", 1_000, 100)
        assert Pricer().price(row) == pytest.approx((1_000 * 3 + 100 * 15) / 2 / 1e6)
    assert (failed.status_code, failed.attributes[semconv.ERROR_TYPE]) == (2, "invalid_request_error")
    assert semconv.USAGE_INPUT_TOKENS not in failed.attributes
    assert (outcome(reading.attributes), reading.attributes[semconv.ANTHROPIC_BATCH_ID]) == ("complete", "msgbatch_1")
    assert not canonical(reading).counted


@pytest.mark.parametrize("beta", [False, True], ids=["messages", "beta"])
def test_the_results_of_a_batch_are_calls(
    *, beta: bool, provider: Provider, bare_claude: anthropic.Anthropic, spans: Spans, claude: anthropic.Anthropic
) -> None:
    seen: list[Any] = []
    for client in (bare_claude, claude):
        queue(provider, replied(0), replied(1), error="invalid_request_error", canceled=True)
        resource: Any = client.beta.messages if beta else client.messages
        results = resource.batches.results("msgbatch_1")
        seen.append((type(results), [(type(each), each.model_dump()) for each in results]))
    assert seen[0] == seen[1]
    check(spans())


async def test_the_results_of_a_batch_are_calls_of_an_async_client(
    provider: Provider, spans: Spans, async_claude: anthropic.AsyncAnthropic
) -> None:
    queue(provider, replied(0), replied(1), error="invalid_request_error", canceled=True)
    results = await async_claude.messages.batches.results("msgbatch_1")
    assert [each.custom_id async for each in results] == ["job-0", "job-1", "job-2", "job-3"]
    check(spans())


@pytest.mark.parametrize("how", ["close", "drop"])
def test_results_that_are_left_tell_of_those_that_were_read(
    how: str, provider: Provider, spans: Spans, claude: anthropic.Anthropic
) -> None:
    queue(provider, *map(replied, range(200)))
    results = claude.messages.batches.results("msgbatch_1")
    assert next(results).custom_id == "job-0"
    if how == "close":
        results.close()
    del results
    told, reading = spans()
    assert told.attributes[semconv.RESPONSE_ID] == "msg_0"
    assert outcome(reading.attributes) == "abandoned"


def test_making_a_batch_is_no_call(provider: Provider, spans: Spans, claude: anthropic.Anthropic) -> None:
    provider.queue(f"{wire.MESSAGES}/batches", answer(wire.batch(provider.url)))
    params: Any = {"model": MODEL, "max_tokens": 9, "messages": wire.ASK["messages"]}
    assert claude.messages.batches.create(requests=[{"custom_id": "job-0", "params": params}]).id == "msgbatch_1"
    assert spans() == []
