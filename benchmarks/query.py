"""How long questions to a large store take: in this process, over HTTP, by the command; at rest, and as spans come in.

What is asked, by name: the newest 50 traces, one trace by its id, the newest 50 traces with an attribute, cost by model
and day, the 95th percentile of latency by hour. Times are wall-clock milliseconds on a warm store; the CPU time of the
process that answers stands beside them, since a busy machine does not change it much.
"""

from __future__ import annotations

import http.client
import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from benchmarks import processes
from benchmarks.ingest import BATCH, SENDERS, send
from benchmarks.payload import otlp_request, spans
from benchmarks.processes import Up
from benchmarks.store import RARE, Filled, fill
from tracekit import config
from tracekit.query.filters import Filters
from tracekit.query.source import RemoteSource, StoreSource, hold, open_source
from tracekit.query.traces import get_trace, list_traces

SPANS = 100_000
ROUNDS = 15
COMMANDS = 3
SECONDS = 12.0
RATE = 10_000.0
"""Spans a second that are sent while questions are asked."""
GOALS_MS = {
    "newest 50": 20.0,
    "trace by id": 10.0,
    "attribute": 50.0,
    "cost by model and day": 30.0,
    "p95 by hour": 30.0,
}
GOAL_START_S = 1.5
GOAL_REST_MB = 150.0
GOAL_RATIO = 3.0
"""Largest p95 under ingest, as a multiple of the p95 at rest."""

COST = """
SELECT model, date_trunc('day', start_time) AS day, sum(cost_usd) AS cost
FROM spans WHERE counted GROUP BY ALL ORDER BY day, cost DESC
"""
LATENCY = """
SELECT date_trunc('hour', start_time) AS hour, quantile_cont(duration_ms, 0.95) AS p95
FROM spans WHERE kind = 'llm' GROUP BY ALL ORDER BY hour
"""
_VALUE = "INC-7"

Questions = dict[str, Callable[[], object]]


def run(*, count: int = SPANS, rounds: int = ROUNDS, seconds: float = SECONDS) -> dict[str, Any]:
    """Fill a store, ask it.

    Args:
        count: spans in the store, about.
        rounds: times that each question is asked.
        seconds: how long spans are sent while questions are asked.
    """
    with tempfile.TemporaryDirectory(prefix="tracekit-bench-") as folder:
        print(f"query: storing {count} spans ...", file=sys.stderr, flush=True)
        filled = fill(Path(folder), count)
        database = config.database(filled.directory)
        with hold(filled.directory, database) as source:
            source.index_words()
            here = _measured(_here(source, filled), rounds)
        with processes.up(filled.directory) as up, open_source(filled.directory) as source:
            asked = _over_http(up, source, filled)
            rest = processes.megabytes(up.pid)
            served = _measured(asked, rounds, pid=up.pid)
            after = processes.megabytes(up.pid)
            commands = _measured(_commands(filled), min(COMMANDS, rounds))
            with _ingest(up, seconds) as sending:
                loaded = _measured(asked, rounds, pid=up.pid, while_=sending.is_going)
            peak = processes.megabytes(up.pid, peak=True)
        figures = {
            "source": here,
            "http": served,
            "command": commands,
            "under_ingest": loaded,
            "sent_a_second": round(sending.rate()),
            "start_s": round(up.started, 2),
            "rest_mb": rest,
            "after_questions_mb": after,
            "peak_mb": peak,
            "bytes_a_span": round(database.stat().st_size / filled.spans),
        }
    return {
        "benchmark": "query",
        "unit": "milliseconds",
        "spans": filled.spans,
        "on": processes.machine(),
        "figures": figures,
        "results": _results(figures),
    }


def _here(source: StoreSource, filled: Filled) -> Questions:
    """The questions to a store in this process."""
    return {
        "newest 50": lambda: list_traces(source),
        "trace by id": lambda: get_trace(source, filled.trace_id),
        "attribute": lambda: list_traces(source, filters=Filters(attributes=((RARE, _VALUE),))),
        "cost by model and day": lambda: source.sql(COST),
        "p95 by hour": lambda: source.sql(LATENCY),
    }


def _over_http(up: Up, source: RemoteSource | StoreSource, filled: Filled) -> Questions:
    """The questions to a running `up`: pages' JSON, and SQL as other processes ask it."""

    def get(path: str) -> bytes:
        with closing(http.client.HTTPConnection(up.address)) as connection:
            connection.request("GET", path)
            answer = connection.getresponse()
            content = answer.read()
        if answer.status != http.client.OK:
            sys.exit(f"query: GET {path} was answered by {answer.status}: {content[:200]!r}.")
        return content

    return {
        "newest 50": lambda: get("/traces.json"),
        "trace by id": lambda: get(f"/traces/{filled.trace_id}.json"),
        "attribute": lambda: get(f"/traces.json?{urlencode({f'attribute.{RARE}': _VALUE})}"),
        "cost by model and day": lambda: source.sql(COST),
        "p95 by hour": lambda: source.sql(LATENCY),
    }


def _commands(filled: Filled) -> Questions:
    """`tracekit sql`, from its start to its end."""

    def sql(query: str) -> Callable[[], object]:
        command = [sys.executable, "-m", "tracekit", "sql", "--dir", str(filled.directory), "--format", "json", query]
        return lambda: subprocess.run(command, check=True, capture_output=True)

    return {"cost by model and day": sql(COST), "p95 by hour": sql(LATENCY)}


def _measured(
    questions: Questions, rounds: int, *, pid: int | None = None, while_: Callable[[], bool] = lambda: True
) -> dict[str, dict[str, float]]:
    """Milliseconds of each question, asked in turn, so that a busy moment hits them all; at least once each."""
    taken: dict[str, list[float]] = {name: [] for name in questions}
    cpu: dict[str, list[float]] = {name: [] for name in questions}
    for number in range(rounds + 1):
        if number > 1 and not while_():
            break
        for name, ask in questions.items():
            spent, began = _cpu(pid), time.perf_counter()
            ask()
            if number:  # the first one warms up
                taken[name].append((time.perf_counter() - began) * 1e3)
                cpu[name].append((_cpu(pid) - spent) * 1e3)
    return {name: _summary(times, cpu[name]) for name, times in taken.items()}


def _cpu(pid: int | None) -> float:
    """CPU time of a process tree; without a process id, of this process and those that it has waited for."""
    if pid is not None:
        return processes.cpu_seconds(pid)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _summary(times: list[float], cpu: list[float]) -> dict[str, float]:
    times.sort()
    figures = {
        "p50": _quantile(times, 0.5),
        "p95": _quantile(times, 0.95),
        "least": times[0],
        "cpu": sum(cpu) / len(cpu),
    }
    return {name: round(value, 1) for name, value in figures.items()}


def _quantile(ordered: list[float], part: float) -> float:
    """The nearest rank: a time that was taken."""
    return ordered[min(int(part * len(ordered)), len(ordered) - 1)]


class _Sending:
    """Spans on their way to an `up`, `RATE` a second for some seconds, or as many as it takes."""

    def __init__(self, up: Up, seconds: float) -> None:
        self._up = up
        self._bodies = [otlp_request(batch) for batch in _batches(round(seconds * RATE))]
        self._sent: list[float] = []
        self._ending = threading.Event()
        self._began = time.perf_counter()
        self._threads = [threading.Thread(target=self._send, args=(first,)) for first in range(SENDERS)]
        for thread in self._threads:
            thread.start()

    def is_going(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def rate(self) -> float:
        """Spans a second, so far."""
        return len(self._sent) * BATCH / (max(self._sent) - self._began) if self._sent else 0.0

    def end(self) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join()

    def _send(self, first: int) -> None:
        for index in range(first, len(self._bodies), SENDERS):
            due = self._began + index * BATCH / RATE
            if self._ending.wait(max(0.0, due - time.perf_counter())):
                return
            send(self._up.address, [self._bodies[index]])
            self._sent.append(time.perf_counter())


@contextmanager
def _ingest(up: Up, seconds: float) -> Generator[_Sending]:
    sending = _Sending(up, seconds)
    try:
        yield sending
    finally:
        sending.end()


def _batches(count: int) -> Generator[list[dict[str, Any]]]:
    made = list(spans(count))
    for start in range(0, count, BATCH):
        yield made[start : start + BATCH]


def _results(figures: dict[str, Any]) -> list[dict[str, Any]]:
    found = [
        _result(f"{name}: p50 ms, {how}", figures[how][name]["p50"], goal)
        for name, goal in GOALS_MS.items()
        for how in ("source", "http")
    ]
    found += [
        _result(
            f"{name}: p95 under ingest / idle",
            round(figures["under_ingest"][name]["p95"] / figures["http"][name]["p95"], 2),
            GOAL_RATIO,
        )
        for name in GOALS_MS
    ]
    found.append(_result("start of up to first 200, s", figures["start_s"], GOAL_START_S))
    found.append(_result("memory of up at rest, MB", figures["rest_mb"], GOAL_REST_MB))
    return found


def _result(name: str, value: float, goal: float) -> dict[str, Any]:
    return {"name": name, "value": value, "goal": goal, "met": value <= goal}


if __name__ == "__main__":
    print(json.dumps(run(count=int(sys.argv[1]) if len(sys.argv) > 1 else SPANS), indent=2))
