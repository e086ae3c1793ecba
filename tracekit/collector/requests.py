"""Spans of OTLP protobuf requests on their way into rows, gathered until there are enough to be read together.

It decides who reads a span: `columns` all the plain ones at once, `Rows` each of the others. It loses none: where
reading together fails, each is read by itself, and a request with a span that nothing can read is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import pyarrow as pa

from tracekit.collector import columns, spread
from tracekit.collector.columns import Sources
from tracekit.collector.tail import Tail
from tracekit.errors import DecodeError
from tracekit.journal.frame import Frame
from tracekit.model import RawSpan, Span
from tracekit.otlp import bulk, protobuf
from tracekit.otlp.protobuf import Origin
from tracekit.store import Table

PASS = 2048
"""Spans that are read together: what they make of memory stays in the processor's cache, mostly."""
FEW = 32
"""So many are read one by one as quickly as together."""

FAULTS = (ArithmeticError, AttributeError, DecodeError, LookupError, RecursionError, TypeError, ValueError)
"""What may come of reading a record that is not as it should be."""

_LEAST = 28
"""Bytes that two ids take: a span of fewer has none, was refused to its sender, and is not worth a look."""

_Source = tuple[Frame, Tail]


class Taker(Protocol):
    """Whom spans are read for.

    It is named at each call and not kept: who held it and were held by it would stay in memory, with all the rows of a
    batch, until somebody looks for circles.
    """

    @property
    def charge(self) -> Callable[[Span], None]:
        """Sets what a span has cost."""
        ...

    def take_rows(self, rows: Table) -> None:
        """Take rows of `internal.spans`."""
        ...

    def take_alone(self, raw: RawSpan, frame: Frame, tail: Tail) -> None:
        """Take a span to be read by itself, with its record's frame and journal."""
        ...

    def begin(self, frame: Frame, tail: Tail) -> None:
        """Take the record of a start whose end cannot be read."""
        ...

    def refuse(self, frame: Frame, tail: Tail, error: Exception) -> None:
        """Take a record's frame, its journal, and why a span in it cannot be read."""
        ...


@dataclass(slots=True)
class Requests:
    """Requests that have been taken and not read."""

    _spans: list[bytes] = field(default_factory=list[bytes])
    _origins: list[Origin] = field(default_factory=list[Origin])
    _come: list[int] = field(default_factory=list[int])
    _sources: list[_Source] = field(default_factory=list[_Source])

    def request(self, frame: Frame, tail: Tail, taker: Taker) -> None:
        """Take one request.

        Raises:
            DecodeError: it is none.
        """
        for origin, every in list(protobuf.divided(frame.payload)):
            found = [data for data in every if len(data) >= _LEAST]
            self._come += [len(self._origins)] * len(found)
            self._origins.append(origin)
            self._sources.append((frame, tail))
            self._spans += found
        if len(self._spans) >= PASS:
            self.flush(taker)

    def flush(self, taker: Taker) -> None:
        """Read all that has been taken."""
        refused: set[int] = set()
        for low in range(0, len(self._spans), PASS):
            for place in self._together(low, min(low + PASS, len(self._spans)), taker):
                self._alone(place, refused, taker)
        self._spans, self._origins, self._come, self._sources = [], [], [], []

    def _together(self, low: int, high: int, taker: Taker) -> Iterable[int]:
        """Read spans of these places; those that are left to be read one by one."""
        if high - low < FEW:
            return range(low, high)
        come = np.array(self._come[low:high])
        first = come[0]
        part = slice(first, come[-1] + 1)
        named = [(tail.name, frame.sequence) for frame, tail in self._sources[part]]
        places = come - first
        sources = Sources(origins=self._origins[part], come=places, records=named, told=places)
        try:
            read, pairs = bulk.read(self._spans[low:high])
            table, left = columns.rows(read, spread.sent(pairs), sources, taker.charge)
        except (*FAULTS, pa.ArrowException):
            return range(low, high)
        taker.take_rows(table)
        return (left + low).tolist()

    def _alone(self, place: int, refused: set[int], taker: Taker) -> None:
        come = self._come[place]
        frame, tail = self._sources[come]
        try:
            taker.take_alone(protobuf.span(self._spans[place], self._origins[come]), frame, tail)
        except FAULTS as error:
            if id(frame) not in refused:
                refused.add(id(frame))
                taker.refuse(frame, tail, error)
