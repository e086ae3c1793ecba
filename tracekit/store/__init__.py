"""The store: what is committed to it, and what it answers. Owns no engine: `duckdb/` is the first.

A `Batch` goes in, in one transaction; queries see the views `spans`, `traces`, `messages`, `scores`, `gaps`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from tracekit.model import RawLog, RawMetricPoint, RawSpan, Score, Span
from tracekit.store.result import Result
from tracekit.store.retention import Retention
from tracekit.store.search.index import SearchIndex

if TYPE_CHECKING:
    from tracekit.store.search.handover import Handover

__all__ = [
    "Batch",
    "Committed",
    "Compacted",
    "Forgotten",
    "Gap",
    "JournalState",
    "Packed",
    "Parameters",
    "Position",
    "Result",
    "Retention",
    "Store",
    "Table",
]

Table = Any
"""An Arrow table; pyarrow ships no types."""

Parameters = Sequence[Any] | Mapping[str, Any]
"""Values for the `?` or the `$name` of a query."""


@dataclass(slots=True, frozen=True, kw_only=True)
class Gap:
    """Records that a process numbered and that never came: sequence numbers, both ends included."""

    first_missing: int
    last_missing: int

    @property
    def count(self) -> int:
        """How many records are missing."""
        return self.last_missing - self.first_missing + 1


@dataclass(slots=True, kw_only=True)
class JournalState:
    """How far a journal file has been read: one row a file, committed with the rows read from it.

    `state` is JSON text that belongs to the ingest loop. `gaps` are all that are known now: they replace the
    stored ones.
    """

    name: str
    process: str | None
    offset: int
    state: str
    faults: int
    skipped_bytes: int
    ended: bool
    gaps: list[Gap] = field(default_factory=list[Gap])


@dataclass(slots=True, frozen=True, kw_only=True)
class Position:
    """A place among stored spans in the order of their start; of this form it is before them all."""

    start_ns: int = -1
    trace_id: str = ""
    span_id: str = ""


@dataclass(slots=True, kw_only=True)
class Batch:
    """What one transaction stores.

    Attributes:
        spans: spans that have ended.
        opened: spans that have started and whose end is not known, by the name of the journal that says so.
        scores: judgements on traces and spans.
        interrupted: journals whose writer died: what they left open becomes a row of outcome "interrupted"
            with no end time. Should the real end arrive later, it takes that row's place.
        journals: how far each journal has been read.
        logs: log records. Of spans that some speak of, `Store.unread` tells until they are among `rederived`.
        metrics: data points.
        rederived: stored spans as they read now, whose rows these replace where they differ.
    """

    spans: list[Span] = field(default_factory=list[Span])
    opened: dict[str, list[Span]] = field(default_factory=dict[str, list[Span]])
    scores: list[Score] = field(default_factory=list[Score])
    interrupted: list[str] = field(default_factory=list[str])
    journals: list[JournalState] = field(default_factory=list[JournalState])
    logs: list[RawLog] = field(default_factory=list[RawLog])
    metrics: list[RawMetricPoint] = field(default_factory=list[RawMetricPoint])
    rederived: list[Span] = field(default_factory=list[Span])


@dataclass(slots=True, kw_only=True)
class Packed:
    """A batch as Arrow tables, made by `packing.pack`: what another process has prepared can be stored as it is.

    Attributes:
        spans: ended spans, none of them twice.
        duplicates: how many were left out because they were there twice.
        opened: spans that have started, each with its journal, and that are not among `spans`.
        scores: see `Batch`.
        interrupted: see `Batch`.
        journals: see `Batch`.
        logs: log records, none of them twice.
        metrics: data points, none of them twice.
        rederived: see `Batch`.
    """

    spans: Table
    duplicates: int
    opened: Table
    scores: Table
    interrupted: list[str]
    journals: list[JournalState]
    logs: Table
    metrics: Table
    rederived: Table


@dataclass(slots=True, frozen=True, kw_only=True)
class Committed:
    """What a commit did.

    Attributes:
        spans: ended spans stored.
        duplicates: ended spans left out because they were there already.
        logs: log records stored.
        metrics: data points stored.
        changed: rows of stored spans that were replaced.
    """

    spans: int
    duplicates: int
    logs: int = 0
    metrics: int = 0
    changed: int = 0


@dataclass(slots=True, frozen=True, kw_only=True)
class Forgotten:
    """What was deleted because it is not kept any longer: traces, their spans, log records and data points."""

    traces: int = 0
    spans: int = 0
    records: int = 0

    def __add__(self, other: Forgotten) -> Forgotten:
        return Forgotten(
            traces=self.traces + other.traces, spans=self.spans + other.spans, records=self.records + other.records
        )


@dataclass(slots=True, frozen=True, kw_only=True)
class Compacted:
    """What the database takes on disk, in bytes, before and after it was written anew."""

    before: int
    after: int


class Store(Protocol):
    """A database of spans with one writer and any number of readers, in one process. Safe in any thread."""

    @property
    def index(self) -> SearchIndex:
        """The index of the words in it; behind it by as much as nobody has caught up. See `search.following`."""
        ...

    @property
    def handover(self) -> Handover:
        """What was stored just now, for whoever brings the index up; keeps nothing unless that asks for it."""
        ...

    @property
    def version(self) -> int:
        """Grows with each commit that changed a row; the same number, the same answers."""
        ...

    def commit(self, batch: Batch | Packed) -> Committed:
        """Store a batch in one transaction: all of it or none.

        Raises:
            RefusedRowsError: the database refuses a value in it; nothing was stored.
            StoreError: the database cannot take it now (a full disk); nothing was stored.
        """
        ...

    def journals(self) -> dict[str, JournalState]:
        """How far each journal has been read, by name."""
        ...

    def unread(self, limit: int) -> list[RawSpan]:
        """At most `limit` stored spans that were not derived with all their log records; as they came, and with these.

        They are told again until a commit has them in `rederived`.
        """
        ...

    def raw_spans(self, after: Position, *, dialect: str | None = None, limit: int) -> list[RawSpan]:
        """At most `limit` stored spans as they came and with their log records, in the order of their start.

        Args:
            after: where to go on.
            dialect: only spans that were understood by this one.
            limit: how many at most.
        """
        ...

    def forget(self, policy: Retention, *, now_ns: int) -> Forgotten:
        """Delete what `policy` does not keep. The space is used again; the file gets smaller by `compact` only.

        Raises:
            StoreError: the database refused; nothing was deleted.
        """
        ...

    def compact(self) -> Compacted:
        """Write the database anew, without the space that nothing uses. Questions and commits wait meanwhile.

        Raises:
            StoreError: it cannot be (too little space for a second copy); the database is as it was.
        """
        ...

    def sql(self, query: str, parameters: Parameters = (), *, limit: int | None = None) -> Result:
        """Answer one read-only statement.

        Args:
            query: SELECT, WITH, FROM, VALUES, DESCRIBE, SHOW, SUMMARIZE or EXPLAIN.
            parameters: values for its placeholders.
            limit: at most so many rows; `Result.truncated` tells whether there were more.

        Raises:
            QueryError: it does not parse, does not run, or would change something.
        """
        ...

    def ask(self, query: str, *, limit: int, seconds: float) -> Result:
        """Answer one read-only statement of a person, within a time.

        Args:
            query: as of `sql`.
            limit: at most so many rows.
            seconds: how long it may take.

        Raises:
            QueryError: see `sql`; or it took longer, and was ended.
        """
        ...

    def rest(self) -> None:
        """Let go of the memory that questions and commits have left, unless a question is under way."""
        ...

    def interrupt(self) -> None:
        """End every read that is under way, each with an error; for a server that must not wait for them."""
        ...

    def close(self) -> None:
        """Let the database go. Safe to call twice."""
        ...
