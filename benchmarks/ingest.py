"""How fast spans become rows and words of the index: from a journal, and over HTTP through a running `tracekit up`."""

from __future__ import annotations

import contextlib
import http.client
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks import processes
from benchmarks.payload import journal_payload, otlp_request, spans
from tracekit.collector.ingest import Ingest
from tracekit.config import DATABASE
from tracekit.journal.records import SPAN_END
from tracekit.journal.writer import JournalWriter
from tracekit.query.source import Source, open_source
from tracekit.store.duckdb import open_store
from tracekit.store.search.following import facts
from tracekit.store.search.index import SearchIndex, beside

SPANS = 60_000
BATCH = 500
SENDERS = 4
GOAL_CPU_US, GOAL_INDEXED_US = 60.0, 80.0
GOAL_RATE = 15_000.0
GOAL_BYTES = 1000.0
GOAL_PEAK_MB = 600.0


def run(*, count: int = SPANS) -> dict[str, Any]:
    """Store so many spans twice, once from a journal and once over HTTP.

    Args:
        count: spans each way.
    """
    made = list(spans(count))
    size = sum(len(journal_payload(span)) for span in made) / count
    with tempfile.TemporaryDirectory(prefix="tracekit-bench-") as first:
        journal = _journal(Path(first), made)
    with tempfile.TemporaryDirectory(prefix="tracekit-bench-") as second:
        served = _http(Path(second), made)
    return {
        "benchmark": "ingest",
        "unit": "CPU microseconds a span; spans a second",
        "spans": count,
        "on": processes.machine(),
        "bytes_a_span": round(size),
        "figures": {"journal": journal, "http": served},
        "results": [
            {"name": "HTTP: CPU us a span", "value": served["cpu_us"], "goal": GOAL_CPU_US,
             "met": served["cpu_us"] <= GOAL_CPU_US},
            {"name": "HTTP: CPU us a span, with the index of words", "value": served["indexed_us"],
             "goal": GOAL_INDEXED_US, "met": served["indexed_us"] <= GOAL_INDEXED_US},
            {"name": "HTTP: spans stored a second", "value": served["rate"], "goal": GOAL_RATE,
             "met": served["rate"] >= GOAL_RATE},
            {"name": "HTTP: bytes on disk a span, with the index", "value": served["bytes_with_index"],
             "goal": GOAL_BYTES, "met": served["bytes_with_index"] <= GOAL_BYTES},
            {"name": "HTTP: peak memory of up, MB", "value": served["peak_mb"], "goal": GOAL_PEAK_MB,
             "met": served["peak_mb"] <= GOAL_PEAK_MB},
        ],
    }  # fmt: skip


def _journal(directory: Path, made: list[dict[str, Any]]) -> dict[str, float]:
    """Write a journal, then time reading it into a store in this process."""
    writer = JournalWriter(directory / "journal")
    for span in made:
        writer.append(SPAN_END, journal_payload(span))
    writer.close()
    store = open_store(directory / "traces.duckdb")
    ingest = Ingest(directory / "journal", store)
    wall, cpu = time.perf_counter(), time.process_time()
    stored = 0
    while True:
        progress = ingest.step()
        stored += progress.spans
        if not progress.more:
            break
    spent = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    store.close()
    if stored != len(made):
        sys.exit(f"ingest: {stored} of {len(made)} spans were stored; the figures would mean nothing.")
    return _figures(spent, stored, directory)


def _http(directory: Path, made: list[dict[str, Any]]) -> dict[str, float]:
    """Post to a `tracekit up` of its own; the time runs until every span can be queried.

    By then a part of them is in the index of words; `indexed_us` is what it has taken when all are.
    """
    remaining = iter(made)
    bodies = [otlp_request(batch) for batch in iter(lambda: list(islice(remaining, BATCH)), [])]
    with processes.up(directory) as up, open_source(directory) as source:
        source.sql("select count(*) from spans")
        cpu, wall = processes.cpu_seconds(up.pid), time.perf_counter()
        with ThreadPoolExecutor(SENDERS) as senders:
            list(senders.map(partial(send, up.address), [bodies[first::SENDERS] for first in range(SENDERS)]))
        while facts(source).last + 1 < len(made):  # costs next to nothing, as counting would not
            time.sleep(0.05)
        spent = {"wall": time.perf_counter() - wall, "cpu": processes.cpu_seconds(up.pid) - cpu}
        while _unindexed(source, directory):
            time.sleep(0.1)
        indexed = processes.cpu_seconds(up.pid) - cpu
        peak = processes.megabytes(up.pid, peak=True)
        stored = source.sql("select count(*) from spans").rows[0][0]
    if stored != len(made):
        sys.exit(f"ingest: {stored} of {len(made)} spans were stored; the figures would mean nothing.")
    found = _figures(spent, len(made), directory)
    index = sum(path.stat().st_size for path in beside(directory / DATABASE).glob("*"))
    return {
        **found,
        "indexed_us": round(indexed / len(made) * 1e6, 1),
        "bytes_with_index": found["bytes_on_disk"] + round(index / len(made)),
        "peak_mb": peak,
    }


def _unindexed(source: Source, directory: Path) -> int:
    stored = facts(source)
    with contextlib.closing(SearchIndex(beside(directory / DATABASE), writable=False)) as index:
        return stored.last - index.covers(stored)


def send(address: str, bodies: list[bytes]) -> None:
    """Post OTLP requests, one after the other, by one connection."""
    with contextlib.closing(http.client.HTTPConnection(address)) as connection:
        for body in bodies:
            connection.request("POST", "/v1/traces", body, {"content-type": "application/x-protobuf"})
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                sys.exit(f"ingest: the collector answered {answer.status}.")


def _figures(spent: dict[str, float], count: int, directory: Path) -> dict[str, float]:
    stored = sum(path.stat().st_size for path in directory.glob("traces.duckdb*"))
    return {
        "cpu_us": round(spent["cpu"] / count * 1e6, 1),
        "rate": round(count / spent["wall"]),
        "bytes_on_disk": round(stored / count),
    }
