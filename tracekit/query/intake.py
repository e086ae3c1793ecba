"""Files taken into a data directory: bundles, pages with one in them, and OTLP as JSON, JSON lines or protobuf.

What a file holds is checked and written to a journal that appears only when all of it is there; from then on it is
stored as everything is, by whichever process keeps the store. A file that is not whole leaves nothing behind.
"""

from __future__ import annotations

import binascii
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Literal

from tracekit import config
from tracekit.collector import signals, stored
from tracekit.collector.signals import LOGS, METRICS, TRACES, Signal
from tracekit.errors import DecodeError, UsageError
from tracekit.journal import records
from tracekit.journal.whole import WholeJournal, whole_journal
from tracekit.query import bundle, shared
from tracekit.query.source import open_source
from tracekit.store.attachments import Attachments
from tracekit.store.sqlfiles import statement

Form = Literal["bundle", "html", "otlp-json", "otlp-proto"]
_HEAD = 64
_ZIP = b"PK\x03\x04"
_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype|!--|html|head|script)", re.IGNORECASE)
"""How a page begins; protobuf may begin with white space and `<`, but not go on like this."""
_FIELD = 0x0A
"""The tag of the one field of an OTLP request: number 1, with a length before it."""
_VARINT_BYTES = 10
MAX_DOCUMENT = 256 << 20
"""One JSON document, or one resource's spans in protobuf."""
_REQUEST_BYTES = 4 << 20
_SIGNALS: dict[str, Signal] = {
    **{signal.field: signal for signal in (TRACES, LOGS, METRICS)},
    "resource_spans": TRACES,
    "resource_logs": LOGS,
    "resource_metrics": METRICS,
}
_PARTS: dict[str, tuple[bytes, Callable[[bytes], object]]] = {
    bundle.SPANS: (records.STORED_SPAN, stored.span),
    bundle.SCORES: (records.SCORE, stored.score),
    bundle.LOGS: (records.STORED_LOG, stored.log),
    bundle.METRICS: (records.STORED_POINT, stored.point),
}
"""The parts of a bundle: the kind of record that a line becomes, and what checks it."""
_QUERIES = Path(__file__).parent / "sql"


@dataclass(slots=True, kw_only=True)
class Imported:
    """What a file held, and what of it is new.

    Attributes:
        form: what the file is.
        requests: OTLP requests in it.
        spans: spans in a bundle, also in that of a page.
        scores: scores in a bundle.
        logs: log records in a bundle.
        metrics: data points of metrics in a bundle.
        attachments: contents in a bundle.
        rejected: spans without usable ids, which no store takes.
        new_spans: spans that the store has more than before. Others may store some meanwhile.
        new_scores: the same of scores.
    """

    form: Form
    requests: int = 0
    spans: int = 0
    scores: int = 0
    logs: int = 0
    metrics: int = 0
    attachments: int = 0
    rejected: int = 0
    new_spans: int = 0
    new_scores: int = 0


def import_file(path: Path, directory: Path, database: Path) -> Imported:
    """Take a file into a data directory, and store what it holds; a running `tracekit up` does that where there is one.

    Raises:
        DecodeError: the file is damaged, of a newer version, or nothing that is known here; nothing was taken in.
        UsageError: it cannot be read.
        StoreError: the journal or the database cannot be written.
    """
    with open_source(directory, db=database) as source:
        before = source.sql(statement(_QUERIES, "row_counts")).rows[0]
    try:
        with path.open("rb") as file, whole_journal(directory / config.JOURNAL) as journal:
            done = _take(file, journal, Attachments(directory))
    except DecodeError as error:
        raise DecodeError(f"{path} was not imported: {error}") from error
    with open_source(directory, db=database) as source:
        after = source.sql(statement(_QUERIES, "row_counts")).rows[0]
    done.new_spans, done.new_scores = after[0] - before[0], after[1] - before[1]
    return done


def readable(path: Path) -> None:
    """See that a file can be read, before anything is begun.

    Raises:
        UsageError: it cannot.
    """
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error


def _take(file: IO[bytes], journal: WholeJournal, attachments: Attachments) -> Imported:
    head = file.read(_HEAD)
    file.seek(0)
    if not head:
        raise DecodeError("it is empty.")
    if head.startswith(_ZIP):
        return _take_bundle(file, journal, attachments)
    if _PAGE.match(head):
        with shared.opened(file) as found:
            return replace(_take_bundle(found, journal, attachments), form="html")
    if head[:1] == b"{":
        return _take_requests(_documents(file), journal, form="otlp-json")
    return _take_requests(((TRACES, body) for body in _messages(file)), journal, form="otlp-proto")


def _take_bundle(file: IO[bytes], journal: WholeJournal, attachments: Attachments) -> Imported:
    done = Imported(form="bundle")
    with bundle.reading(file) as found:
        for line in found.lines(bundle.ATTACHMENTS):  # first: they are there before a row refers to them
            sha256, content = _attachment(line)
            attachments.keep({sha256: content})
            done.attachments += 1
        for name, (kind, read) in _PARTS.items():
            for line in found.lines(name):
                read(line)
                journal.append(kind, line)
            setattr(done, name.partition(".")[0], found.manifest.parts[name].lines)
    return done


def _attachment(line: bytes) -> tuple[str, bytes]:
    """The name and the bytes of one attachment; the name is made of the bytes, whatever the line says."""
    try:
        said = json.loads(line)
        content = binascii.a2b_base64(said["content"], strict_mode=True)
        claimed = said["sha256"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DecodeError(f"an attachment cannot be read: {error!r:.200}") from error
    sha256 = hashlib.sha256(content).hexdigest()
    if claimed != sha256:
        raise DecodeError(f"an attachment is said to have the SHA-256 {claimed!r:.80}, and has {sha256}")
    return sha256, content


def _take_requests(bodies: Iterator[tuple[Signal, bytes]], journal: WholeJournal, *, form: Form) -> Imported:
    done = Imported(form=form)
    is_json = form == "otlp-json"
    for signal, body in bodies:
        done.rejected += signals.rejected(signal, body, is_json=is_json)
        journal.append(signal.record(is_json=is_json), body)
        done.requests += 1
    return done


def _documents(file: IO[bytes]) -> Iterator[tuple[Signal, bytes]]:
    """The JSON documents of a file: one a line, or one over many lines."""
    number = 0
    while line := file.readline(MAX_DOCUMENT + 1):
        number += 1
        if number == 1 and not line.rstrip().endswith(b"}"):
            line += file.read(MAX_DOCUMENT + 1)
        if line.strip():
            yield _signal(_loaded(line, number)), line


def _loaded(text: bytes, number: int) -> Any:
    if len(text) > MAX_DOCUMENT:
        raise DecodeError(f"a JSON document is larger than {MAX_DOCUMENT} bytes. Write it as JSON lines.")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DecodeError(f"what begins in line {number} is not JSON: {error}.") from error


def _signal(data: Any) -> Signal:
    names = [name for name in data if name in _SIGNALS] if isinstance(data, dict) else []
    if len(names) != 1:
        raise DecodeError(f"a JSON document is no OTLP request: none, or more than one, of {', '.join(_SIGNALS)}.")
    return _SIGNALS[names[0]]


def _messages(file: IO[bytes]) -> Iterator[bytes]:
    """A protobuf request as requests of a few megabytes: its one field is repeated, so that it may be cut between."""
    gathered = bytearray()
    while tag := file.read(1):
        size, head = _varint(file)
        if tag[0] != _FIELD or size > MAX_DOCUMENT:
            raise DecodeError("it is neither a bundle nor OTLP, as JSON or protobuf, of spans.")
        body = file.read(size)
        if len(body) != size:
            raise DecodeError("it ends in the middle of a resource's spans. Copy it again.")
        gathered += tag + head + body
        if len(gathered) >= _REQUEST_BYTES:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)


def _varint(file: IO[bytes]) -> tuple[int, bytes]:
    """A number of protobuf's, and the bytes it stands in."""
    value, head = 0, b""
    for shift in range(0, 7 * _VARINT_BYTES, 7):
        byte = file.read(1)
        if not byte:
            break
        head += byte
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:  # noqa: PLR2004 - the bit that says more follows
            return value, head
    raise DecodeError("it is neither a bundle nor OTLP, as JSON or protobuf, of spans.")
