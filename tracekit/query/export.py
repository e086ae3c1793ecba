"""Stored spans on their way out: OTLP batches in a dialect, to a file or an endpoint, and bundles.

Batch by batch, each let go before the next is fetched: memory is bounded by a batch, whatever the store holds.
"""

from __future__ import annotations

import binascii
import json as jsontext
from collections.abc import Callable, Iterable, Iterator
from typing import IO

from tracekit.collector import stored
from tracekit.model import RawLog, RawSpan, Span
from tracekit.otlp import encode
from tracekit.query import bundle
from tracekit.query.bundle import BundleWriter, Manifest
from tracekit.query.searching import Searchable
from tracekit.query.stored import Selection, log_pages, metric_pages, score_pages, span_pages
from tracekit.store.attachments import Attachments
from tracekit.store.extraction import references

_PARTS = {
    bundle.SPANS: span_pages,
    bundle.SCORES: score_pages,
    bundle.LOGS: log_pages,
    bundle.METRICS: metric_pages,
}


def batches(
    source: Searchable, selection: Selection, write: Callable[[Span], RawSpan], attachments: Attachments
) -> Iterator[list[RawSpan]]:
    """The selected spans in a dialect, some hundred at a time; those that have not ended have no end.

    They hold what they came with, base64 included.
    """
    for group in selection.groups(source):
        for page in span_pages(source, group):
            yield [write(stored.span(attachments.restored(line))[0]) for line in page]


def log_batches(source: Searchable, selection: Selection, attachments: Attachments) -> Iterator[list[RawLog]]:
    """The log records of the selected traces, or all that there are, some hundred at a time."""
    for group in selection.groups(source):
        for page in log_pages(source, group):
            yield [stored.log(attachments.restored(line).encode()) for line in page]


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


def to_bundle(
    file: IO[bytes],
    source: Searchable,
    selection: Selection,
    attachments: Attachments,
    *,
    rewrite: Callable[[str, str], str | None] | None = None,
    fits: Callable[[int], bool] | None = None,
) -> Manifest:
    """Write a bundle of the selected traces: spans, scores, log records and attachments; of all, metrics too.

    Args:
        file: where it goes.
        source: what answers.
        selection: which traces.
        attachments: the files that rows refer to.
        rewrite: makes of a part's name and one of its lines the line that is written; None leaves it out.
        fits: whether an attachment of so many bytes is written.
    """
    writer = BundleWriter(file)
    groups = list(selection.groups(source))
    referred: dict[str, None] = {}
    for name, pages in _PARTS.items():
        found = (page for group in groups for page in pages(source, group))
        if rewrite is not None:
            found = _rewritten(found, name, rewrite)
        writer.add(name, _noting(found, referred))
    writer.add(bundle.ATTACHMENTS, _attachment_pages(attachments, referred, fits))
    return writer.close()


def _rewritten(pages: Iterable[list[str]], name: str, rewrite: Callable[[str, str], str | None]) -> Iterator[list[str]]:
    for page in pages:
        made = (rewrite(name, line) for line in page)
        yield [line for line in made if line is not None]


def _noting(pages: Iterable[list[str]], referred: dict[str, None]) -> Iterator[list[str]]:
    """The same pages; notes the attachments that their lines refer to."""
    for page in pages:
        referred.update((found.sha256, None) for line in page for found in references(line))
        yield page


def _attachment_pages(
    attachments: Attachments, referred: Iterable[str], fits: Callable[[int], bool] | None
) -> Iterator[list[str]]:
    """The contents that are here, one at a time: each may be large."""
    for sha256 in referred:
        content = attachments.read(sha256)
        if content is not None and (fits is None or fits(len(content))):
            said = {"sha256": sha256, "content": binascii.b2a_base64(content, newline=False).decode()}
            yield [jsontext.dumps(said)]
