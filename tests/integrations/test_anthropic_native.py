"""The client traces itself where there is a tracer provider: no call may be told twice, and no setting changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import tracekit
from tests.integrations import anthropic_wire as wire
from tests.support.provider import Provider, answer, events
from tests.support.recorded import journaled
from tracekit import semconv
from tracekit.sdk.setup import _forget_global_provider

ASK = wire.ASK
CONTENT: Any = {"traces": {"content_mode": "content"}}


@pytest.fixture
def exported() -> Iterator[InMemorySpanExporter]:
    """The program's own provider, set before us, and what it exports."""
    exporter = InMemorySpanExporter()
    own = TracerProvider()
    own.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(own)
    yield exporter
    _forget_global_provider()


@pytest.fixture
def recording(exported: InMemorySpanExporter, data_dir: Path) -> Iterator[Path]:
    tracekit.autolog(directory=data_dir)
    yield data_dir
    tracekit.uninstrument()


def asks_twice(provider: Provider, client: anthropic.Anthropic) -> None:
    """A whole reply and a streamed one."""
    provider.queue(wire.MESSAGES, answer(wire.message()), events(wire.stream(), done=False))
    client.messages.create(**ASK)
    with client.messages.stream(**ASK) as stream:
        stream.until_done()


@pytest.mark.parametrize("option", [None, {}, CONTENT], ids=["by itself", "asked for", "with content"])
def test_on_the_programs_provider_ours_is_the_one_span_of_a_call(
    option: Any, exported: InMemorySpanExporter, recording: Path, provider: Provider, claude: anthropic.Anthropic
) -> None:
    client = claude.with_options(open_telemetry=option)
    settings = client.open_telemetry
    asks_twice(provider, client)
    spans = exported.get_finished_spans()
    assert [span.name for span in spans] == ["chat claude-9"] * 2
    assert [span.name for span in journaled(recording).ended] == ["chat claude-9"] * 2
    assert client.open_telemetry == settings
    carried = [asked.headers["traceparent"].split("-")[1:3] for asked in provider.asked]
    contexts = [span.context for span in spans if span.context is not None]
    assert carried == [[f"{each.trace_id:032x}", f"{each.span_id:016x}"] for each in contexts]


def test_what_we_do_not_record_the_client_goes_on_recording(
    exported: InMemorySpanExporter, recording: Path, provider: Provider, claude: anthropic.Anthropic
) -> None:
    provider.queue("/v1/messages/count_tokens", answer({"input_tokens": 9}))
    claude.messages.count_tokens(model="claude-9", messages=ASK["messages"])
    assert [span.name for span in exported.get_finished_spans()] == ["anthropic.messages.count_tokens"]
    assert [span.name for span in journaled(recording).ended] == ["anthropic.messages.count_tokens"]


def test_a_client_with_a_provider_of_its_own_keeps_its_spans(
    provider: Provider, claude: anthropic.Anthropic, data_dir: Path
) -> None:
    exporter = InMemorySpanExporter()
    apart = TracerProvider()
    apart.add_span_processor(SimpleSpanProcessor(exporter))
    tracekit.autolog(directory=data_dir)
    try:
        asks_twice(provider, claude.with_options(open_telemetry={"tracer_provider": apart}))
    finally:
        tracekit.uninstrument()
    assert [span.name for span in exporter.get_finished_spans()] == ["anthropic.messages.create"] * 2
    assert [span.name for span in journaled(data_dir).ended] == ["chat claude-9"] * 2


def test_without_a_provider_the_client_sends_what_it_sends_without_us(
    provider: Provider, bare_claude: anthropic.Anthropic, claude: anthropic.Anthropic, data_dir: Path
) -> None:
    asks_twice(provider, bare_claude)
    tracekit.autolog(directory=data_dir)
    try:
        asks_twice(provider, claude)
    finally:
        tracekit.uninstrument()
    sent = [{**asked.headers, "user-agent": ""} for asked in provider.asked]
    assert sent[:2] == sent[2:]
    assert len(journaled(data_dir).ended) == 2


def test_left_out_the_client_traces_itself(
    exported: InMemorySpanExporter, provider: Provider, claude: anthropic.Anthropic, data_dir: Path
) -> None:
    tracekit.autolog(directory=data_dir, exclude=["anthropic"])
    try:
        asks_twice(provider, claude)
    finally:
        tracekit.uninstrument()
    asks_twice(provider, claude)
    assert [span.name for span in exported.get_finished_spans()] == ["anthropic.messages.create"] * 4
    journal = journaled(data_dir).ended
    assert [span.scope_name for span in journal] == ["com.anthropic.sdk.python"] * 2
    assert journal[0].attributes[semconv.USAGE_INPUT_TOKENS] == 32


def test_the_spans_of_tool_runs_stay_and_hold_ours(
    exported: InMemorySpanExporter, recording: Path, provider: Provider, claude: anthropic.Anthropic
) -> None:
    @anthropic.beta_tool
    def now() -> str:
        """Tells the time."""
        return "noon"

    wants = wire.message(wire.tool_use(name="now"), stop_reason="tool_use")
    provider.queue(wire.MESSAGES, answer(wants), answer(wire.message()))
    claude.beta.messages.tool_runner(**ASK, tools=[now]).until_done()
    found = journaled(recording).ended
    assert sorted(span.name for span in found) == [
        "anthropic.custom_tool_use now",
        "anthropic.messages.tool_runner",
        "chat claude-9",
        "chat claude-9",
    ]
    (runner,) = [span for span in found if span.name.endswith("tool_runner")]
    assert {span.parent_span_id for span in found if span is not runner} == {runner.span_id}
    assert len(exported.get_finished_spans()) == 4
