"""What the records of journals amount to: rows for one transaction, gathered frame by frame. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from tracekit.collector import stored
from tracekit.collector.ends import Ends
from tracekit.collector.quarantine import Refused
from tracekit.collector.requests import FAULTS, Requests
from tracekit.collector.sequences import missing
from tracekit.collector.signals import LOGS, METRICS, TRACES, usable
from tracekit.collector.tail import Tail
from tracekit.dialects import canonical, reports
from tracekit.errors import DecodeError
from tracekit.journal import records
from tracekit.journal.frame import Frame
from tracekit.model import RawLog, RawMetricPoint, RawSpan, Score, Span
from tracekit.otlp import decode
from tracekit.store import JournalState, Packed, Table
from tracekit.store.extraction import Blobs, extract, extract_log
from tracekit.store.packing import Packer

_Key = tuple[str, str]
_SPANS = (records.SPAN_START, records.SPAN_END)


@dataclass(slots=True)
class Rows:
    """Rows on their way into the store. A span that starts and ends in one of these is never an open one.

    `charge` sets what a span has cost, where that is known. `blobs` are to be kept before the rows are stored.
    """

    charge: Callable[[Span], None]
    ended: Packer = field(default_factory=Packer)
    scores: list[Score] = field(default_factory=list[Score])
    refused: list[Refused] = field(default_factory=list[Refused])
    blobs: Blobs = field(default_factory=Blobs)
    _logs: list[RawLog] = field(default_factory=list[RawLog])
    _metrics: list[RawMetricPoint] = field(default_factory=list[RawMetricPoint])
    _opened: dict[str, dict[_Key, RawSpan | Span]] = field(default_factory=dict[str, dict[_Key, RawSpan | Span]])
    _requests: Requests = field(default_factory=Requests)
    _ends: Ends = field(default_factory=Ends)
    _origin: tuple[str | None, int | None] = None, None
    """Journal and number of the record that is being read."""

    def take(self, frames: Sequence[Frame], tail: Tail) -> None:
        """Add what records of one journal say.

        One that cannot be understood is a fault of its journal, and among the `refused`. The start of a span whose end
        is here too says nothing that the end does not, so it is not even parsed, unless that end cannot be understood.
        """
        ends = {records.span_key(frame.payload) for frame in frames if frame.kind == records.SPAN_END} - {None}
        begun: dict[bytes | None, Frame] = {}
        for frame in frames:
            tail.frames += 1
            tail.sequences.see(frame.sequence)
            key = records.span_key(frame.payload) if frame.kind in _SPANS else None
            if key in ends and frame.kind == records.SPAN_START:
                begun[key] = frame
            elif self._handle(frame, tail, begun.get(key)):
                begun.pop(key, None)
        for frame in begun.values():
            self._handle(frame, tail)

    def _handle(self, frame: Frame, tail: Tail, begun: Frame | None = None) -> bool:
        """Add what a record says; whether it could be understood. One of an ended span comes with that of its start."""
        if frame.kind == records.SPAN_END and self._ends.take(frame, begun, tail, self):
            return True
        handler = _HANDLERS.get(frame.kind, _unknown)
        self._origin = tail.name, frame.sequence
        try:
            if frame.kind == records.OTLP_TRACES:
                tail.received[TRACES.name] += 1
                self._requests.request(frame, tail, self)
            else:
                handler(self, frame.payload, tail)
        except FAULTS as error:
            self.refuse(frame, tail, error)
            return False
        return True

    def refuse(self, frame: Frame, tail: Tail, error: Exception) -> None:
        """Set a record aside."""
        why = str(error) if isinstance(error, DecodeError) else repr(error)
        tail.fault(f"record {frame.sequence}: {why}")
        self.refused.append(
            Refused(
                journal=tail.name,
                sequence=frame.sequence,
                kind=frame.kind,
                payload=frame.payload,
                error=why,
                resources=dict(tail.resources) if frame.kind in _SPANS else {},
            )
        )

    def begin(self, frame: Frame, tail: Tail) -> None:
        """Add the start of a span whose end cannot be read."""
        self._handle(frame, tail)

    def take_rows(self, rows: Table) -> None:
        """Add rows of spans."""
        self.ended.take(rows)

    def take_alone(self, raw: RawSpan, frame: Frame, tail: Tail) -> None:
        """Add a span of a record that was taken before."""
        self._origin = tail.name, frame.sequence
        self._take(raw)

    def packed(self, tails: list[Tail], known: Iterable[Tail] = ()) -> Packed:
        """All of it as one transaction.

        Args:
            tails: the journals it was read from.
            known: all that have been read before: what a process left open in one of its files ends with the last.
        """
        self._requests.flush(self)
        self._ends.flush(self)
        families = _families(tails, known)
        return self.ended.packed(
            opened=[
                (name, self._detached(_canonical(span)))
                for name, spans in self._opened.items()
                for key, span in spans.items()
                if key not in self.ended
            ],
            scores=self.scores,
            interrupted=[part.name for family in families if any(map(_died, family)) for part in family],
            journals=[state for family in families for state in _states(family)],
            logs=self._logs,
            metrics=self._metrics,
        )

    def start(self, payload: bytes, tail: Tail) -> None:
        """A span has begun."""
        raw = _checked(records.raw_span(payload, tail.resources))
        key = raw.trace_id, raw.span_id
        if key not in self.ended:
            self._opened.setdefault(tail.name, {})[key] = raw

    def end(self, payload: bytes, tail: Tail) -> None:
        """A span has ended."""
        span = canonical(_checked(records.raw_span(payload, tail.resources)))
        key = span.trace_id, span.span_id
        self._opened.get(tail.name, {}).pop(key, None)
        self._add(span)

    def stored(self, payload: bytes, tail: Tail) -> None:
        """A span comes from another store, as it was there: neither read by a dialect nor priced again."""
        span, is_open = stored.span(payload)
        key = span.trace_id, span.span_id
        if not is_open:
            self._keep(span)
        elif key not in self.ended:
            self._opened.setdefault(tail.name, {})[key] = span

    def stored_log(self, payload: bytes, _: Tail) -> None:
        """A log record comes from another store."""
        self._logs.append(self._detached_log(stored.log(payload)))

    def stored_point(self, payload: bytes, _: Tail) -> None:
        """A data point of a metric comes from another store."""
        self._metrics.append(stored.point(payload))

    def score(self, payload: bytes, _: Tail) -> None:
        """A judgement was made."""
        self.scores.append(stored.score(payload))

    def traces_json(self, payload: bytes, tail: Tail) -> None:
        """A request with spans came in as JSON."""
        tail.received[TRACES.name] += 1
        for raw in decode.traces(payload, json=True):
            self._take(raw)

    def logs(self, payload: bytes, tail: Tail, *, is_json: bool) -> None:
        """A request with log records came in."""
        tail.received[LOGS.name] += 1
        self._logs += map(self._detached_log, decode.logs(payload, json=is_json))

    def metrics(self, payload: bytes, tail: Tail, *, is_json: bool) -> None:
        """A request with data points came in."""
        tail.received[METRICS.name] += 1
        self._metrics += decode.metrics(payload, json=is_json)

    def _take(self, raw: RawSpan) -> None:
        """Add a span of a request. Those without usable ids were refused to their sender then."""
        if usable(raw.trace_id, raw.span_id):
            self._add(canonical(raw))

    def _add(self, span: Span) -> None:
        if reports(span):
            self.charge(span)
        self._keep(span)

    def _keep(self, span: Span) -> None:
        span.journal, span.record = self._origin
        self.ended.add(self._detached(span))

    def _detached(self, span: Span) -> Span:
        """The span without the bytes of its attachments, which are among the `blobs` then."""
        span, blobs = extract(span)
        self.blobs.update(blobs)
        return span

    def _detached_log(self, log: RawLog) -> RawLog:
        log, blobs = extract_log(log)
        self.blobs.update(blobs)
        return log


def _canonical(span: RawSpan | Span) -> Span:
    return canonical(span) if isinstance(span, RawSpan) else span


def _families(tails: list[Tail], known: Iterable[Tail]) -> list[list[Tail]]:
    """The files that were read, each with the others of its process, in the order they were begun."""
    read = {tail.name for tail in tails}
    families: dict[str, list[Tail]] = {tail.family: [] for tail in tails}
    for tail in [*tails, *(tail for tail in known if tail.name not in read)]:
        family = families.get(tail.family)
        if family is not None:
            family.append(tail)
    return [sorted(family, key=lambda tail: tail.name) for family in families.values()]


def _died(tail: Tail) -> bool:
    return tail.ended and not tail.continued


def _states(family: list[Tail]) -> list[JournalState]:
    """The states of one process's files; what is missing from all of them stands with the last."""
    if len(family) == 1:
        return [family[0].state()]
    lost = missing(tail.sequences for tail in family)
    return [*(tail.state(()) for tail in family[:-1]), family[-1].state(lost)]


def _header(_: Rows, payload: bytes, tail: Tail) -> None:
    header = records.load(payload)
    if not isinstance(header.get("process"), str):
        raise DecodeError(f"a header names its process {header.get('process')!r:.80}, not with a text")
    tail.header = header


def _resource(_: Rows, payload: bytes, tail: Tail) -> None:
    data = records.load(payload)
    try:
        tail.resources[int(data["id"])] = dict(data["attributes"])
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise DecodeError(f"a resource record lacks or misstates a field: {error!r}") from error


def _unknown(_: Rows, __: bytes, ___: Tail) -> None:
    raise DecodeError("its kind is unknown: a newer tracekit wrote it, or it is damaged")


def _health(_: Rows, payload: bytes, tail: Tail) -> None:
    said = records.load(payload)
    if not isinstance(said.get("id"), str) or not isinstance(said.get("clients"), list):
        raise DecodeError("a report on a process's tracing lacks its id or its clients")
    tail.health = said


def _continued(_: Rows, __: bytes, tail: Tail) -> None:
    tail.continued = True


def _close(_: Rows, payload: bytes, tail: Tail) -> None:
    dropped = records.load(payload).get("dropped", 0)
    if not isinstance(dropped, int):
        raise DecodeError(f"a close record counts {dropped!r} records as dropped, not a number of them")
    tail.dropped = dropped


def _checked(span: RawSpan) -> RawSpan:
    if not usable(span.trace_id, span.span_id):
        raise DecodeError(f"a span's ids are unusable: trace {span.trace_id!r}, span {span.span_id!r}")
    return span


_Handler = Callable[[Rows, bytes, Tail], None]

_HANDLERS: dict[bytes, _Handler] = {
    records.HEADER: _header,
    records.RESOURCE: _resource,
    records.SPAN_START: Rows.start,
    records.SPAN_END: Rows.end,
    records.SCORE: Rows.score,
    records.HEALTH: _health,
    records.STORED_SPAN: Rows.stored,
    records.STORED_LOG: Rows.stored_log,
    records.STORED_POINT: Rows.stored_point,
    records.OTLP_TRACES_JSON: Rows.traces_json,
    records.OTLP_LOGS: lambda rows, payload, tail: rows.logs(payload, tail, is_json=False),
    records.OTLP_LOGS_JSON: lambda rows, payload, tail: rows.logs(payload, tail, is_json=True),
    records.OTLP_METRICS: lambda rows, payload, tail: rows.metrics(payload, tail, is_json=False),
    records.OTLP_METRICS_JSON: lambda rows, payload, tail: rows.metrics(payload, tail, is_json=True),
    records.CONTINUED: _continued,
    records.CLOSE: _close,
}
