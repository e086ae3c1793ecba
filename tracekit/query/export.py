"""Stored spans on their way out: OTLP batches in a dialect, to a file or an endpoint, and bundles.

Batch by batch, each let go before the next is fetched: memory is bounded by a batch, whatever the store holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import IO

from tracekit.collector import stored
from tracekit.model import RawLog, RawSpan, Span
from tracekit.otlp import encode
from tracekit.query import bundle
from tracekit.query.bundle import BundleWriter, Manifest
from tracekit.query.searching import Searchable
from tracekit.query.stored import Selection, log_pages, metric_pages, score_pages, span_pages

_PARTS = {
    bundle.SPANS: span_pages,
    bundle.SCORES: score_pages,
    bundle.LOGS: log_pages,
    bundle.METRICS: metric_pages,
}


def batches(source: Searchable, selection: Selection, write: Callable[[Span], RawSpan]) -> Iterator[list[RawSpan]]:
    """The selected spans in a dialect, some hundred at a time; those that have not ended have no end."""
    for group in selection.groups(source):
        for page in span_pages(source, group):
            yield [write(stored.span(line)[0]) for line in page]


def log_batches(source: Searchable, selection: Selection) -> Iterator[list[RawLog]]:
    """The log records of the selected traces, or all that there are, some hundred at a time."""
    for group in selection.groups(source):
        for page in log_pages(source, group):
            yield [stored.log(line.encode()) for line in page]


def to_file(file: IO[bytes], found: Iterator[list[RawSpan]], *, json: bool) -> int:
    """Write OTLP requests to a file; how many spans that were.

    As JSON each batch is one line, as OpenTelemetry's file exporter has it. In protobuf the batches lie behind each
    other, which makes all of them one request.
    """
    count = 0
    for batch in found:
        file.write(encode.traces(batch, json=json) + (b"\n" if json else b""))
        count += len(batch)
    return count


def logs_to_file(file: IO[bytes], found: Iterator[list[RawLog]]) -> int:
    """Write OTLP requests of log records to a file, as JSON, one a line; how many records that were."""
    count = 0
    for batch in found:
        file.write(encode.logs(batch, json=True) + b"\n")
        count += len(batch)
    return count


def to_bundle(file: IO[bytes], source: Searchable, selection: Selection) -> Manifest:
    """Write a bundle of the selected traces: spans, ended and open, scores and log records; of all, metrics too."""
    writer = BundleWriter(file)
    groups = list(selection.groups(source))
    for name, pages in _PARTS.items():
        writer.add(name, (page for group in groups for page in pages(source, group)))
    return writer.close()
