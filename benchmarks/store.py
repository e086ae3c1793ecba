"""A store of many spans to ask: agent traces of ten spans over four weeks, as ingest stores them, in their order.

Some thousands are made and decoded from a journal like any other; the rest are copies of those rows under other ids and
later times, each committed as a batch of its own. `python -m benchmarks.store DIRECTORY SPANS` leaves one on the disk.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import Any

import pyarrow as pa

from benchmarks.payload import KINDS, journal_payload, spans
from tracekit import config, semconv
from tracekit.collector.reading import Reading
from tracekit.journal.records import SPAN_END
from tracekit.journal.writer import JournalWriter
from tracekit.store import Packed, Table
from tracekit.store.cells import compute
from tracekit.store.duckdb import open_store

BASE = 12_000
"""Spans that are made; as many make a batch."""
WEEKS = 4
TIER, RARE = "app.customer.tier", "app.incident"
"""Attributes without a column: one of every span, and one of few."""

_MODELS = (
    "gpt-4o-mini-2024-07-18",
    "gpt-4o-2024-08-06",
    "claude-sonnet-4-5",
    "gemini-2.5-flash",
    "text-embedding-3-small",
)
_SHARES = (50, 20, 15, 10, 5)
_VOCABULARY = 8_000
_ERRORS = 0.02
_RARELY = 0.0005
_WEEK_NS = 7 * 24 * 3600 * 10**9


@dataclass(slots=True, frozen=True, kw_only=True)
class Filled:
    """A store on the disk: its data directory, its spans, the id of a trace in the midst of it."""

    directory: Path
    spans: int
    trace_id: str


Dress = Callable[[Packed, int], Packed]
"""What makes the rows of a copy, given with its number, more like something; the first is number 0."""


def _as_it_is(rows: Packed, number: int) -> Packed:
    del number
    return rows


def fill(directory: Path, count: int, *, dress: Dress = _as_it_is) -> Filled:
    """Make a store of at least so many spans in a data directory; the newest has just been stored."""
    batches = max(1, round(count / BASE))
    size = min(count, BASE)
    slot = WEEKS * _WEEK_NS // batches
    made = _decoded(size, slot)
    began = time.time_ns() - batches * slot
    store = open_store(config.database(directory))
    try:
        for number in range(batches):
            store.commit(dress(_copy(made, number, began + number * slot), number))
        [(trace_id,)] = store.sql(
            "SELECT trace_id FROM traces ORDER BY start_time LIMIT 1 OFFSET ?", [count // 20]
        ).rows
    finally:
        store.close()
    return Filled(directory=directory, spans=batches * size, trace_id=trace_id)


def _decoded(count: int, slot: int) -> Packed:
    """The rows of so many spans, whose times begin at 0 and are spread over `slot` nanoseconds."""
    with tempfile.TemporaryDirectory(prefix="tracekit-bench-") as folder:
        writer = JournalWriter(Path(folder))
        for span in _varied(count, slot):
            writer.append(SPAN_END, journal_payload(span))
        writer.close()
        written = sum(path.stat().st_size for path in Path(folder).iterdir())
        packed = Reading(Path(folder), dict, limit=written).take().packed
    assert packed is not None
    return replace(packed, journals=[])


def _varied(count: int, slot: int) -> Iterator[dict[str, Any]]:
    """Spans with words, models, errors and attributes of unequal frequency, in the order of their ends."""
    rng = random.Random(7)
    said = _Words(rng)
    starts = sorted(rng.randrange(slot) for _ in range(0, count, len(KINDS)))
    for index, span in enumerate(spans(count)):
        start = starts[index // len(KINDS)] + index % len(KINDS) * 50_000_000
        span["end_ns"] = start + round(rng.lognormvariate(20, 1))
        span["start_ns"] = start
        attributes = span["attributes"]
        attributes |= {TIER: rng.choice(("free", "team", "enterprise")), "app.route": f"/v1/route/{rng.randrange(40)}"}
        if rng.random() < _RARELY:
            attributes[RARE] = f"INC-{rng.randrange(1000)}"
        if rng.random() < _ERRORS:
            attributes[semconv.ERROR_TYPE] = rng.choice(("TimeoutError", "RateLimitError"))
        if semconv.RESPONSE_MODEL in attributes:
            [model] = rng.choices(_MODELS, _SHARES)
            attributes |= {semconv.REQUEST_MODEL: model, semconv.RESPONSE_MODEL: model}
        span["content"] = said.instead(span["content"])
        yield span


class _Words:
    """Text of made-up words, the n-th 1/n as frequent as the first: as in any language, most of them are rare."""

    def __init__(self, rng: random.Random) -> None:
        letters = "bcdfghklmnprstvw", "aeiou"
        self._rng = rng
        self._words = [
            "".join(rng.choice(letters[place % 2]) for place in range(rng.randrange(3, 10))) for _ in range(_VOCABULARY)
        ]
        self._weights = list(accumulate(1 / (rank + 1) for rank in range(_VOCABULARY)))

    def instead(self, content: Any) -> Any:
        """The same content with other words, as many of them."""
        if isinstance(content, dict):
            return {key: value if key in _KEPT else self.instead(value) for key, value in content.items()}
        if isinstance(content, list):
            return [self.instead(value) for value in content]
        return " ".join(self._rng.choices(self._words, cum_weights=self._weights, k=content.count(" ") + 1))


_KEPT = frozenset({"role", "type", "finish_reason"})


def _copy(made: Packed, number: int, start_ns: int) -> Packed:
    """The same rows under other ids, from another time on."""
    table = made.spans
    last = f"{number:06x}"
    for name in ("trace_id", "span_id", "parent_span_id", "response_id"):
        table = with_column(table, name, compute.utf8_replace_slice(table[name], -len(last), 1 << 30, last))
    for name in ("start_ns", "end_ns"):
        table = with_column(table, name, compute.add(table[name], start_ns))
    started = compute.divide(table["start_ns"], 1000).cast(pa.timestamp("us", tz="UTC"))
    return replace(made, spans=with_column(table, "start_time", started))


def with_column(table: Table, name: str, values: Any) -> Table:
    """The table with other values in one of its columns."""
    return table.set_column(table.column_names.index(name), name, values)


if __name__ == "__main__":
    print(fill(Path(sys.argv[1]), int(sys.argv[2])))
