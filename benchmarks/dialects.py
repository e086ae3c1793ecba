"""What the meaning of a span costs: dialects, prices and the ledger, in CPU time, on the spans that `ingest` sends.

Each is timed where ingest does it: the choice of a dialect and its fields where spans are read together, content by
the dialect's own functions, prices in the same passes, the ledger by its statements in the commits of a store.
"""

from __future__ import annotations

import gc
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import numpy as np

from benchmarks import processes
from benchmarks.ingest import BATCH
from benchmarks.payload import otlp_request, spans
from tracekit.collector import columns, spread
from tracekit.collector.charges import Charges
from tracekit.collector.requests import PASS
from tracekit.collector.spread import Attributes
from tracekit.dialects.values import said
from tracekit.otlp import bulk, protobuf
from tracekit.store import Table
from tracekit.store.duckdb import ledger, open_store
from tracekit.store.packing import Packer

SPANS = 12_288
ROUNDS = 9
GOAL_US = 15.0
_PASSES: dict[str, list[tuple[Any, str]]] = {
    "choice": [(columns, "_conventional"), (columns, "_taken")],
    "fields": [(columns.Chosen, name) for name in ("_said", "_kinds", "_usage", "_unreadable")],
    "prices": [(columns, "_charged")],
}


def run(*, count: int = SPANS) -> dict[str, Any]:
    """Read so many spans several times, and store them once a round; the least of each part counts.

    Args:
        count: spans.
    """
    sent = _sent(count)
    rounds = [_round(sent, count) for _ in range(ROUNDS)]
    figures = {part: round(min(one[part] for one in rounds), 2) for part in rounds[0]}
    total = round(sum(figures.values()), 1)
    return {
        "benchmark": "dialects",
        "unit": "CPU microseconds a span",
        "spans": count,
        "on": processes.machine(),
        "figures": figures,
        "results": [
            {"name": "dialects, prices and ledger", "value": total, "goal": GOAL_US, "met": total <= GOAL_US},
        ],
    }


class _Sent(NamedTuple):
    """Spans that ingest reads together: the bytes of each, and where they come from."""

    spans: list[bytes]
    sources: columns.Sources


def _sent(count: int) -> list[_Sent]:
    """The spans as ingest reads them together."""
    made, found = spans(count), list[tuple[protobuf.Origin, bytes]]()
    while batch := list(islice(made, BATCH)):
        found += [(origin, one) for origin, some in protobuf.divided(otlp_request(batch)) for one in some]
    passes = [found[low : low + PASS] for low in range(0, len(found), PASS)]
    return [_Sent([one for _, one in part], _sources(part[0][0], len(part))) for part in passes]


def _sources(origin: protobuf.Origin, count: int) -> columns.Sources:
    return columns.Sources([origin], np.zeros(count, np.int64), [("bench", 0)], np.zeros(count, np.int64))


def _round(sent: list[_Sent], count: int) -> dict[str, float]:
    spent: Counter[str] = Counter()
    charge, packer = Charges(None), Packer()
    with _collected(), ExitStack() as patches:
        for part, places in _PASSES.items():
            for owner, name in places:
                timed = _timed(getattr(owner, name), part, spent)
                patches.enter_context(mock.patch.object(owner, name, timed))
        for one in sent:
            read, pairs = bulk.read(one.spans)
            attributes = spread.sent(pairs)
            table, _ = columns.rows(read, attributes, one.sources, charge)
            packer.take(table)
            _content(attributes, spent)
    _ledger(packer.packed().spans, spent)
    return {part: nanoseconds / count / 1000 for part, nanoseconds in spent.items()}


def _content(attributes: Attributes, spent: Counter[str]) -> None:
    """What the dialect makes of content, without the cells and previews that are made of it."""
    found = attributes.by_name()
    values = [
        (value, columns.CONTENT[name][1])
        for name, attribute in found.items()
        if name in columns.CONTENT
        for value in attribute.values
    ]
    began = time.process_time_ns()
    for value, read in values:
        said(value, read)
    spent["content"] += time.process_time_ns() - began


def _ledger(rows: Table, spent: Counter[str]) -> None:
    packer = Packer()
    packer.take(rows)
    with tempfile.TemporaryDirectory(prefix="tracekit-bench-") as folder:
        store = open_store(Path(folder) / "traces.duckdb")
        with mock.patch.object(ledger, "verdicts", _timed(ledger.verdicts, "ledger", spent)):
            store.commit(packer.packed())
        store.close()


def _timed(function: Callable[..., Any], part: str, spent: Counter[str]) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        began = time.process_time_ns()
        try:
            return function(*args, **kwargs)
        finally:
            spent[part] += time.process_time_ns() - began

    return call


@contextmanager
def _collected() -> Any:
    """As ingest reads: without a search for cycles meanwhile."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
