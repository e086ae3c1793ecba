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


def calls(between: Callable[[], object] = lambda: None) -> dict[str, Case]:
    """A plain and a streamed chat completion, through whatever has been patched."""
    completions = client().chat.completions

    def stream() -> None:
        for _ in completions.create(model=MODEL, messages=MESSAGES, stream=True):
            pass

    return {
        "plain": Case(lambda: completions.create(model=MODEL, messages=MESSAGES), PLAIN_CALLS, between),
        "stream": Case(stream, STREAM_CALLS, between),
    }


def none() -> dict[str, Case]:
    """Nothing is patched."""
    return calls()


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

    made = provider()
    OpenAIInstrumentor().instrument(tracer_provider=made)
    return calls(made.force_flush)


def tracekit() -> dict[str, Case]:
    """tracekit: the journal on a real file system, content in it."""
    import tracekit as kit

    kit.autolog(directory=Path(os.environ["BENCH_DIR"]))
    return {"span": Case(kit.trace(empty), SPAN_CALLS), **calls()}


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
