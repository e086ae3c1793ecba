"""What OpenTelemetry's own instrumentations say of recorded calls, and what we say: each difference has its reason."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.instrumentation.genai.anthropic import AnthropicInstrumentor
from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import tracekit
from tests.clients.conformance import compared
from tests.clients.conformance.compared import Difference, Said
from tests.clients.conformance.explained import EXPLAINED, Explained
from tests.integrations import anthropic_replay, openai_replay
from tests.integrations.replaying import GOLDEN, name_of, recordings
from tests.support import corpus
from tests.support.provider import Exchange, Provider, recorded
from tests.support.recorded import journaled
from tracekit import semconv

pytestmark = [  # the client warns of models that it knows to be old
    pytest.mark.filterwarnings("ignore:The model:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Using Claude with:UserWarning"),
]

Replay = Callable[[], Awaitable[Any]]
INSTRUMENTORS: dict[str, type] = {"openai": OpenAIInstrumentor, "anthropic": AnthropicInstrumentor}
CONTENT = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"


@pytest.mark.parametrize("client", INSTRUMENTORS)
async def test_each_difference_is_explained_and_each_explanation_has_one(
    client: str, provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unexplained: dict[str, str] = {}
    used: set[Explained] = set()
    for path in recordings(client, client):
        for number, exchange in enumerate(recorded(path)):
            call = f"{name_of(path)}-{number}"
            replay = partial(replayed, client, path, exchange, provider)
            ours, seen = await by_us(replay, client, tmp_path / call)
            theirs, seen_with_them = await by_them(replay, client, monkeypatch)
            assert provider.left == 0
            assert ours, f"no span of {call}"
            apart = [Difference("result", seen, seen_with_them)] if seen != seen_with_them else []
            for found in [*apart, *compared.spans(ours, theirs)]:
                reasons = [each for each in EXPLAINED if each.of(client, found)]
                used.update(reasons)
                if not reasons:
                    said = f"{call}: ours {found.ours!r}, theirs {found.theirs!r}"
                    unexplained.setdefault(f"{found.place} ({found.side})", said)
        if GOLDEN not in path.parents:
            corpus.ran(path)
    assert unexplained == {}
    assert [f"{each.place} ({each.side})" for each in expected(client) if each not in used] == []


def expected(client: str) -> list[Explained]:
    """What must be found: without the corpus, what our own recordings show."""
    whole = bool(corpus.files("cassettes/*"))
    return [each for each in EXPLAINED if client in each.clients and (whole or client not in each.corpus)]


async def replayed(client: str, path: Path, exchange: Exchange, provider: Provider) -> list[Any]:
    """What a program sees of one recorded exchange, by a synchronous and an asynchronous client."""
    if client == "openai":
        provider.play([exchange, exchange])
        return await openai_replay.seen([exchange], path, provider)
    provider.play([exchange for _ in anthropic_replay.calls(exchange) for _ in range(2)])
    return await anthropic_replay.seen([exchange], provider)


async def by_us(replay: Replay, client: str, directory: Path) -> tuple[list[Said], Any]:
    tracekit.autolog(directory=directory, instrument=[client])
    try:
        seen = await replay()
    finally:
        tracekit.uninstrument()
    said = [
        Said(
            name=span.name,
            kind=span.kind,
            status=span.status_code,
            status_message=span.status_message or "",
            attributes=span.attributes,
            events=[[event["name"], event["attributes"]] for event in span.events],
        )
        for span in journaled(directory).ended
    ]
    return said, seen


async def by_them(replay: Replay, client: str, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Said], Any]:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    instrumentor = INSTRUMENTORS[client]()
    with monkeypatch.context() as patch:
        patch.setenv(CONTENT, "SPAN_AND_EVENT")
        patch.setenv("OTEL_SEMCONV_STABILITY_OPT_IN", "gen_ai_latest_experimental")
        instrumentor.instrument(tracer_provider=provider)
        try:
            seen = await replay()
        finally:
            instrumentor.uninstrument()
    said = [
        Said(
            name=span.name,
            kind=span.kind.value + 1,  # OTLP's numbers begin with unspecified
            status={"UNSET": 0, "OK": 1, "ERROR": 2}[span.status.status_code.name],
            status_message=span.status.description or "",
            attributes={name: compared.decoded(value) for name, value in (span.attributes or {}).items()},
            events=[[event.name, dict(event.attributes or {})] for event in span.events],
        )
        for span in exporter.get_finished_spans()
    ]
    assert not said or {semconv.OPERATION, semconv.REQUEST_MODEL} <= said[0].attributes.keys()
    return said, seen
