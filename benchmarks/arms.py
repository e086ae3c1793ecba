"""The arms of the overhead benchmark: `python -m benchmarks.arms ARM BATCHES` measures one in a fresh process."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from benchmarks.client import MESSAGES, MODEL, client
from benchmarks.timing import Case, as_json, measure

PLAIN_CALLS = 8
STREAM_CALLS = 1
SPAN_CALLS = 200
"""Calls of a batch: about 10 ms, short enough for some to meet a quiet machine. Fewer spans than the 512 at which the
batch processor exports, so that it does so between our batches and not in them."""


class Dropping(SpanExporter):
    """Takes spans and forgets them: the cheapest exporter there can be."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:  # noqa: ARG002 - the base's signature
        return SpanExportResult.SUCCESS


def provider() -> TracerProvider:
    """OpenTelemetry's own SDK as its documentation sets it up, with an exporter that costs nothing."""
    made = TracerProvider()
    made.add_span_processor(BatchSpanProcessor(Dropping()))
    return made


def empty() -> None:
    """What is traced: nothing."""


def plain_and_stream() -> dict[str, tuple[Callable[[], object], int]]:
    """A plain and a streamed chat completion, and how many of each make a batch."""
    completions = client().chat.completions

    def stream() -> None:
        for _ in completions.create(model=MODEL, messages=MESSAGES, stream=True):
            pass

    return {
        "plain": (lambda: completions.create(model=MODEL, messages=MESSAGES), PLAIN_CALLS),
        "stream": (stream, STREAM_CALLS),
    }


def calls(
    on: Callable[[], object], off: Callable[[], object], between: Callable[[], object] = lambda: None
) -> dict[str, Case]:
    """Each call without and with the instrumentation, batch by batch in turn, each batch after one call to warm up."""

    def then(switch: Callable[[], object], call: Callable[[], object]) -> Callable[[], object]:
        def before() -> None:
            switch()
            call()

        return before

    cases: dict[str, Case] = {}
    for name, (call, count) in plain_and_stream().items():
        cases[f"bare {name}"] = Case(call, count, between, then(off, call))
        cases[name] = Case(call, count, between, then(on, call))
    return cases


def none() -> dict[str, Case]:
    """Nothing is patched."""
    return {name: Case(call, count) for name, (call, count) in plain_and_stream().items()}


def otel() -> dict[str, Case]:
    """A bare OpenTelemetry span around the empty function."""
    made = provider()
    tracer = made.get_tracer("benchmarks")

    def span() -> None:
        with tracer.start_as_current_span("empty"):
            empty()

    return {"span": Case(span, SPAN_CALLS, made.force_flush)}


def peer() -> dict[str, Case]:
    """opentelemetry-instrumentation-genai-openai, content on the spans."""
    os.environ["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "span_only"
    from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor

    made, instrumentor = provider(), OpenAIInstrumentor()
    instrumentor.instrument(tracer_provider=made)  # it warns when it is taken out before it was in
    return calls(
        lambda: instrumentor.instrument(tracer_provider=made), instrumentor.uninstrument, between=made.force_flush
    )


def tracekit() -> dict[str, Case]:
    """tracekit: the journal on a real file system, content in it."""
    import tracekit as kit
    from tracekit_integrations.openai import OpenAIInstrumentor

    kit.autolog(directory=Path(os.environ["BENCH_DIR"]), instrument=[])
    instrumentor = OpenAIInstrumentor()
    return {"span": Case(kit.trace(empty), SPAN_CALLS), **calls(instrumentor.instrument, instrumentor.uninstrument)}


ARMS: dict[str, Callable[[], dict[str, Case]]] = {
    "none": none,
    "otel": otel,
    "peer": peer,
    "tracekit": tracekit,
}


def main(name: str, batches: int) -> None:
    """Measure one arm and print its samples as JSON."""
    with tempfile.TemporaryDirectory(prefix="tracekit-bench-") as directory:
        os.environ["BENCH_DIR"] = directory
        print(json.dumps(as_json(measure(ARMS[name](), batches=batches))))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
