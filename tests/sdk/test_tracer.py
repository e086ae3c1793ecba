from __future__ import annotations

from collections.abc import Callable

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import tracekit
from tests.support.recorded import Journaled

Recorded = Callable[[], Journaled]


def own_provider() -> TracerProvider:
    provider = trace.get_tracer_provider()
    assert isinstance(provider, TracerProvider)
    return provider


def test_the_journal_has_every_attribute_whoever_looks_on(recorded: Recorded):
    def one(name: str) -> dict[str, object]:
        with tracekit.span(name, kind="tool") as span:
            span.set_attribute("shop", "bikes")
        return recorded().one(name).attributes

    alone = one("alone")
    seen = InMemorySpanExporter()
    own_provider().add_span_processor(SimpleSpanProcessor(seen))
    watched = one("watched")
    assert alone == {**watched, "gen_ai.tool.name": "alone"}
    assert alone["gen_ai.operation.name"] == "execute_tool"
    assert dict(seen.get_finished_spans()[0].attributes or {}) == watched


def test_who_looks_on_from_the_middle_of_a_span_sees_all_of_it(recorded: Recorded):
    seen = InMemorySpanExporter()
    with tracekit.span("search", kind="tool"):
        own_provider().add_span_processor(SimpleSpanProcessor(seen))
    attributes = dict(seen.get_finished_spans()[0].attributes or {})
    assert attributes["gen_ai.tool.name"] == "search"
    assert recorded().one("search").attributes == attributes


def test_an_attribute_set_later_wins(recorded: Recorded):
    with tracekit.span("search", kind="tool") as span:
        span.set_attribute("gen_ai.tool.name", "renamed")
    assert recorded().one("search").attributes["gen_ai.tool.name"] == "renamed"
