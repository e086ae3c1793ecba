"""Ended spans of our own journals on their way into rows, gathered until there are enough to be read together.

The twin of `requests`, for spans of JSON. It takes a record only where msgspec reads it as strictly as it is written
here; any other, and what `columns` leaves, is read one by one, by the code that says what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from tracekit.collector import columns, spread
from tracekit.collector.columns import Sources
from tracekit.collector.requests import FAULTS, FEW, PASS, Taker
from tracekit.collector.tail import Tail
from tracekit.dialects.values import MAX_INTEGER
from tracekit.journal import records
from tracekit.journal.frame import Frame
from tracekit.otlp.bulk import Bulk
from tracekit.otlp.ids import SPAN_ID_BYTES, TRACE_ID_BYTES
from tracekit.otlp.protobuf import Origin
from tracekit.store.cells import Array, text

_TRACE_ID, _SPAN_ID = (re.compile(f"(?!0+$)[0-9a-f]{{{2 * size}}}") for size in (TRACE_ID_BYTES, SPAN_ID_BYTES))
_MAX_CODE = (1 << 31) - 1


class _Span(msgspec.Struct, forbid_unknown_fields=True):
    """The payload of a SPAN_END record; see `records.raw_span`."""

    trace_id: str
    span_id: str
    start_ns: int
    name: str = ""
    parent_span_id: str | None = None
    kind: int = 1
    end_ns: int | None = None
    status: tuple[int, str | None] | None = None
    attributes: dict[str, Any] | None = None
    content: dict[str, Any] | None = None
    events: list[Any] | None = None
    links: list[Any] | None = None
    resource: int | None = None
    scope: tuple[str | None, str | None] | None = None


_decode = msgspec.json.Decoder(_Span).decode


@dataclass(slots=True, frozen=True)
class _End:
    """A span, the record that says it, the record of its start where that is not read yet, its journal and resource."""

    said: _Span
    frame: Frame
    begun: Frame | None
    tail: Tail
    resource: Mapping[str, Any]


@dataclass(slots=True)
class Ends:
    """Records of ended spans that have been taken and not read."""

    _found: list[_End] = field(default_factory=list[_End])

    def take(self, frame: Frame, begun: Frame | None, tail: Tail, taker: Taker) -> bool:
        """Take a SPAN_END record, unless it is out of the ordinary; whether it was taken.

        Args:
            frame: the record.
            begun: the record of its start, where that is to be read if this one cannot be.
            tail: their journal.
            taker: whom it is read for.
        """
        try:
            said = _decode(frame.payload)
        except (ValueError, RecursionError):
            return False
        if not _is_plain(said):
            return False
        resource = {} if said.resource is None else tail.resources.get(said.resource, {})
        self._found.append(_End(said, frame, begun, tail, resource))
        if len(self._found) >= PASS:
            self.flush(taker)
        return True

    def flush(self, taker: Taker) -> None:
        """Read all that has been taken."""
        found, self._found = self._found, []
        for place in _together(found, taker):
            _alone(found[place], taker)


def _is_plain(said: _Span) -> bool:
    """Whether nothing is in it that only the other code can read."""
    if said.events or said.links or said.parent_span_id == "" or not 0 <= said.start_ns <= MAX_INTEGER:
        return False
    if said.end_ns is not None and not 0 < said.end_ns <= MAX_INTEGER:  # 0 stands for none in `Bulk`
        return False
    if not -_MAX_CODE <= said.kind <= _MAX_CODE or (said.status and not 0 <= said.status[0] <= _MAX_CODE):
        return False
    if said.attributes and said.content and not said.attributes.keys().isdisjoint(said.content):
        return False
    return bool(_TRACE_ID.fullmatch(said.trace_id) and _SPAN_ID.fullmatch(said.span_id))


def _together(found: list[_End], taker: Taker) -> Iterable[int]:
    """Read spans; the places of those that are left to be read one by one."""
    if len(found) < FEW:
        return range(len(found))
    spans = [end.said for end in found]
    try:
        attributes = spread.written((said.attributes or {}, said.content or {}) for said in spans)
        table, left = columns.rows(_bulk(spans), attributes, _sources(found), taker.charge)
    except (*FAULTS, pa.ArrowException):
        return range(len(found))
    taker.take_rows(table)
    return left.tolist()


def _alone(end: _End, taker: Taker) -> None:
    try:
        raw = records.raw_span(end.frame.payload, {end.said.resource: end.resource})
        taker.take_alone(raw, end.frame, end.tail)
    except FAULTS as error:
        taker.refuse(end.frame, end.tail, error)
        if end.begun is not None:
            taker.begin(end.begun, end.tail)


def _bulk(spans: list[_Span]) -> Bulk:
    every = np.ones(len(spans), bool)
    return Bulk(
        plain=every,
        usable=every.copy(),
        trace_ids=pa.array([said.trace_id for said in spans], pa.string()),
        span_ids=pa.array([said.span_id for said in spans], pa.string()),
        parents=text([said.parent_span_id for said in spans]),
        names=text([said.name for said in spans]).cast(pa.binary()),
        kinds=np.array([said.kind for said in spans], np.int64),
        starts=np.array([said.start_ns for said in spans], np.uint64),
        ends=np.array([said.end_ns or 0 for said in spans], np.uint64),
        statuses=_statuses(spans),
    )


def _statuses(spans: list[_Span]) -> Array:
    """OTLP's Status of each, null where it says nothing."""
    made = {
        status: Status(code=status[0], message=status[1] or "").SerializeToString()  # type: ignore[arg-type] - any number
        for status in {said.status for said in spans}
        if status is not None
    }
    return pa.array([None if said.status is None else made[said.status] for said in spans], pa.binary())


def _sources(found: list[_End]) -> Sources:
    """Where they come from: of few resources and scopes mostly."""
    places: dict[tuple[int, Any], int] = {}
    origins: list[Origin] = []
    come: list[int] = []
    for end in found:
        scope = end.said.scope or (None, None)
        place = places.setdefault((id(end.resource), scope), len(origins))
        if place == len(origins):
            origins.append(Origin(end.resource, *scope))
        come.append(place)
    told = [(end.tail.name, end.frame.sequence) for end in found]
    return Sources(origins=origins, come=np.array(come, np.int64), records=told, told=np.arange(len(found)))
