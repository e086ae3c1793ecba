"""A program with a tracer provider of its own; arguments: MODULE URL untraced|before|after SETTINGS.

Prints what its exporter saw: scope, name, attributes (of ours by name only) and events of each span.
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

VARYING = ("time", "id", "address", "duration", "latency", "fingerprint")
"""Attributes whose name has one of these words are other ones with each run."""


def main(module: str, url: str, order: str, settings: str) -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    if order == "after":
        _autolog(settings)
    trace.set_tracer_provider(provider)
    if order == "before":
        _autolog(settings)
    importlib.import_module(module).ask(url)
    assert trace.get_tracer_provider() is provider
    print(json.dumps([_seen(span) for span in exporter.get_finished_spans()]))


def _autolog(settings: str) -> None:
    import tracekit

    tracekit.autolog(**json.loads(settings))


def _seen(span: Any) -> Any:
    events = [[event.name, _fixed(event.attributes)] for event in span.events]
    return [span.instrumentation_scope.name, span.name, _fixed(span.attributes), events]


def _fixed(attributes: Any) -> dict[str, str]:
    return {
        str(name): "" if any(word in name for word in VARYING) else str(value)
        for name, value in sorted(attributes.items())
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
