"""Text search and attribute filters: what the index costs a span, and how long questions take.

`python -m benchmarks.search [SPANS]` measures another number than the default; 1000000 is that of the goals.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.payload import journal_payload, spans
from tracekit import semconv
from tracekit.collector.ingest import Ingest
from tracekit.journal.records import SPAN_END
from tracekit.journal.writer import JournalWriter
from tracekit.query.filters import Filters
from tracekit.query.traces import list_traces
from tracekit.store import Store
from tracekit.store.duckdb import open_store
from tracekit.store.search.following import catch_up

SPANS = 100_000
BASE = 20_000
"""Spans that are made and ingested; the rest are copies of them under other ids and later times."""
HOUR_NS = 3_600_000_000_000
ROUNDS = 15
GOAL_INDEX_US = 20.0
GOAL_BYTES = 1000.0
GOAL_TEXT_MS = 20.0
GOAL_ATTRIBUTE_MS = 50.0

_COPY = """
INSERT INTO internal.spans BY NAME
SELECT * REPLACE (
    seq + $first AS seq, md5(trace_id || $copy) AS trace_id, start_ns + $shift AS start_ns, end_ns + $shift AS end_ns,
    start_time + to_microseconds($shift // 1000) AS start_time,
    CASE WHEN seq % 10000 = 17 THEN name || ' quagga zebra' || $copy ELSE name END AS name
)
FROM internal.spans WHERE seq < $base ORDER BY seq;
"""
_COPY_TRACES = """
INSERT INTO internal.traces BY NAME
SELECT * REPLACE (
    md5(trace_id || $copy) AS trace_id, start_time + to_microseconds($shift // 1000) AS start_time,
    end_time + to_microseconds($shift // 1000) AS end_time
)
FROM internal.traces WHERE start_time < make_timestamptz($began // 1000) + INTERVAL 1 HOUR;
"""


def questions(copies: int) -> dict[str, tuple[Filters, float]]:
    """What is asked, by name, and the goal in milliseconds."""
    text: dict[str, str] = {
        "common word": "harbour",
        "rare word": f"zebra{max(copies // 2, 1)}",
        "absent word": "xylophone",
        "two words": "ferry quagga",
        "prefix": "wea*",
        "rare prefix": "quag*",
        "phrase": '"family discount"',
        "rare phrase": '"llm 2 quagga"',
    }
    attributes: dict[str, tuple[str, str | None]] = {
        "attribute = value": (semconv.SESSION_ID, "s-17"),
        "attribute = absent value": (semconv.SESSION_ID, "s-none"),
        "attribute present": (semconv.RESPONSE_ID, None),
        "attribute of no span": ("example.absent", None),
    }
    asked = {name: (Filters(text=query), GOAL_TEXT_MS) for name, query in text.items()}
    return asked | {
        name: (Filters(attributes=(attribute,)), GOAL_ATTRIBUTE_MS) for name, attribute in attributes.items()
    }


def run(*, count: int = SPANS) -> dict[str, Any]:
    """Fill a store, index it, ask."""
    with tempfile.TemporaryDirectory(prefix="tracekit-bench-") as folder:
        at_hand = _at_hand(Path(folder) / "at-hand")
        database = Path(folder) / "traces.duckdb"
        fill(database, count)
        store = open_store(database)
        read_back = _indexing(store, count)
        store.index.close()
        size = round(sum(path.stat().st_size for path in store.index.directory.iterdir()) / count)
        stored = round(database.stat().st_size / count)
        figures = {name: _ask(store, filters) for name, (filters, _) in questions(count // BASE).items()}
        store.close()
    results: list[dict[str, Any]] = [
        _result("index: CPU us a span", at_hand, GOAL_INDEX_US),
        _result("index, read back from the store: CPU us a span", read_back, GOAL_INDEX_US),
        _result("store and index: bytes a span", stored + size, GOAL_BYTES),
    ]
    results += [
        _result(f"{name}: p50 ms", figures[name]["p50"], goal) for name, (_, goal) in questions(count // BASE).items()
    ]
    return {
        "benchmark": "search",
        "unit": "milliseconds; CPU microseconds and bytes a span",
        "spans": count,
        "figures": {
            "index_cpu_us": at_hand,
            "read_back_cpu_us": read_back,
            "index_bytes": size,
            "store_bytes": stored,
            "questions": figures,
        },
        "results": results,
    }


def fill(database: Path, count: int) -> None:
    """A store of so many spans in traces of ten."""
    store = open_store(database)
    began = time.time_ns()
    _ingest(store, database.parent / "journal", min(count, BASE))
    store.close()
    connection = duckdb.connect(":memory:")
    connection.execute(f"ATTACH '{database}' AS traces (ROW_GROUP_SIZE 8192)")
    connection.execute("USE traces")
    for copy in range(1, count // BASE):
        bound = {"copy": str(copy), "shift": copy * HOUR_NS}
        connection.execute(_COPY, {**bound, "first": copy * BASE, "base": BASE})
        connection.execute(_COPY_TRACES, {**bound, "began": began})
    connection.execute("UPDATE internal.numbers SET last = (SELECT max(seq) FROM internal.spans)")
    connection.execute("CHECKPOINT")
    connection.close()


def _at_hand(folder: Path) -> float:
    """What indexing costs as `tracekit up` does it, of spans that were stored just now: CPU microseconds a span."""
    folder.mkdir()
    store = open_store(folder / "traces.duckdb")
    store.handover.open(room=sys.maxsize)
    _ingest(store, folder / "journal", BASE)
    cost = _indexing(store, BASE)
    store.close()
    return cost


def _indexing(store: Store, count: int) -> float:
    cpu = time.process_time()
    catch_up(store.index, store)
    return round((time.process_time() - cpu) / count * 1e6, 1)


def _ingest(store: Store, journal: Path, count: int) -> None:
    writer = JournalWriter(journal)
    for span in spans(count):
        writer.append(SPAN_END, journal_payload(span))
    writer.close()
    Ingest(journal, store).fold()


def _ask(store: Store, filters: Filters) -> dict[str, float]:
    """Milliseconds until the newest 50 traces are there, and how many there are."""
    found = list_traces(store, filters=filters)
    taken = sorted(_milliseconds(lambda: list_traces(store, filters=filters)) for _ in range(ROUNDS))
    return {
        "p50": round(statistics.median(taken), 1),
        "p95": round(taken[int(0.95 * (ROUNDS - 1))], 1),
        "traces": len(found.traces),
    }


def _milliseconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1e3


def _result(name: str, value: float, goal: float) -> dict[str, Any]:
    return {"name": name, "value": value, "goal": goal, "met": value <= goal}


if __name__ == "__main__":
    print(json.dumps(run(count=int(sys.argv[1]) if len(sys.argv) > 1 else SPANS), indent=2))
