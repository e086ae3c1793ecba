"""How long pages take in a real Chromium, and what they weigh, on a large store served by `tracekit up`.

Each page is opened by a browser that has never been there, some times in turn with the others, and beside them a bare
answer of the same server: what is left of its time is the browser's and the machine's. The time of the server alone is
asked of every page, by the first request to a server that has just started, and by some more.
"""

from __future__ import annotations

import http.client
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import quote

from benchmarks import processes
from benchmarks.chromium import Shown, chromium, show
from benchmarks.pagestore import HUGE, LONG, Seeded, seeded

SPANS = 1_000_000
ROUNDS = 5
ROW, LINE = "tbody [role=row] a[data-row]", "[role=treegrid] [role=row]"
BARE = "/health"
"""What is answered without a store, a template or a style."""
GOAL_FIRST_BYTES = 60_000
GOAL_PAINT_MS = 300.0
GOAL_ROWS_MS = 500.0
GOAL_LONG_MS, GOAL_HEAP_MB, GOAL_ELEMENTS = 400.0, 15.0, 1_500
GOAL_HUGE_MS, GOAL_HUGE_MB = 1_000.0, 1.0
_MB = 1_000_000


def run(*, count: int = SPANS, rounds: int = ROUNDS, store: Path | None = None, huge: bool = True) -> dict[str, Any]:
    """Fill a store or take the one that is there, serve it, look at it.

    Args:
        count: spans in the store, about, beside those of the two long traces.
        rounds: times that each page is opened, and asked for when the server is warm.
        store: where the store is kept, to be used again; else it is made anew and removed.
        huge: whether there is a trace of 100,000 spans.
    """
    with ExitStack() as stack:
        directory = store or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tracekit-bench-")))
        there = seeded(directory, count, huge=huge)
        served = {name: _served(directory, path, rounds) for name, path in pages(there).items()}
        up = stack.enter_context(processes.up(directory))
        browser = stack.enter_context(chromium())

        def opened(path: str, row: str | None) -> Shown:
            processes.rest(up.pid)  # what the page before has asked for may still be worked on
            return show(browser, f"http://{up.address}{path}", row=row)

        shown = _shown(opened, there, rounds)
    return {
        "benchmark": "page",
        "unit": "milliseconds; bytes",
        "spans": there.spans,
        "seeded_s": there.seconds,
        "on": processes.machine(),
        "figures": {"browser": shown, "server_ms": served},
        "results": _results(shown),
    }


def pages(there: Seeded) -> dict[str, str]:
    """Every page by a name, and its path in a seeded store."""
    listed = {
        "list": "",
        "slowest": "sort=slowest",
        "yesterday's slowest": "q=since:yesterday until:today&sort=slowest",
        "dearest": "sort=dearest",
        "errors": "q=status:error",
        "failed tools": "q=failed:tool",
        "one model": "q=model:claude-sonnet-4-5",
        "one tool": "q=tool:list_order",
        "one user": "q=user:u-17",
        "a common word": "q=step",
        "a phrase": 'q="what is step"',
        "an absent word": "q=xylophone",
        "cost above": "q=cost>0.01",
        "error and model": "q=status:error model:gpt-4o",
    }
    one, other = there.pair
    found = {name: "/traces" + (f"?{quote(query, safe='=&')}" if query else "") for name, query in listed.items()}
    for name in ("overview", "models", "errors", "tools", "sessions", "users"):
        label = f"{name} page" if name in found else name
        found |= {label: f"/{name}", f"{label}, 7 days": f"/{name}?range=7d", f"{label}, all": f"/{name}?range=all"}
    found |= {
        "models by tool, 7 days": "/models?by=tool&range=7d",
        "models by user, 7 days": "/models?by=user&range=7d",
        "session": f"/sessions/{there.session}",
        "trace": f"/traces/{one}",
        f"trace of {LONG:,}": f"/traces/{there.long}",
        "compare": f"/compare?a={one}&b={other}",
        "sql": "/sql?q=" + quote("SELECT model, sum(cost_usd) FROM spans GROUP BY model"),
        "experiments": "/experiments",
        "status": "/status",
    }
    return found | ({f"trace of {HUGE:,}": f"/traces/{there.huge}"} if there.huge else {})


def _served(directory: Path, path: str, rounds: int) -> dict[str, float]:
    """Milliseconds of one page: of the first request to a server, and the median and the most of some more."""
    with processes.up(directory) as up:
        print(f"page: {path}", file=sys.stderr, flush=True)
        cold, size = _timed(up.address, path)
        warm = sorted(_timed(up.address, path)[0] for _ in range(rounds))
    figures = {"cold": cold, "warm": statistics.median(warm), "most": warm[-1]}
    return {**{name: round(value, 1) for name, value in figures.items()}, "bytes": size}


def _timed(address: str, path: str) -> tuple[float, int]:
    began = time.perf_counter()
    with closing(http.client.HTTPConnection(address)) as connection:
        connection.request("GET", path, headers={"Accept": "text/html", "Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        size = len(answer.read())
    if answer.status != http.client.OK:
        sys.exit(f"page: GET {path} was answered by {answer.status}.")
    return (time.perf_counter() - began) * 1e3, size


def _shown(opened: Callable[[str, str | None], Shown], there: Seeded, rounds: int) -> dict[str, dict[str, float]]:
    """The medians of what opening pages takes, each opened once in each round; the first round warms up the server."""
    wanted: dict[str, tuple[str, str | None]] = {
        "bare": (BARE, None),
        "list": ("/traces", ROW),
        "long": (f"/traces/{there.long}", LINE),
    }
    if there.huge:
        wanted["huge"] = (f"/traces/{there.huge}", LINE)
    taken: dict[str, list[Shown]] = {name: [] for name in wanted}
    for number in range(rounds + 1):
        for name, (path, row) in wanted.items():
            found = opened(path, row)
            if number:
                taken[name].append(found)
    return {name: _medians(found) for name, found in taken.items()}


def _medians(found: list[Shown]) -> dict[str, float]:
    rows = [{name: value for name, value in asdict(each).items() if value is not None} for each in found]
    return {name: round(statistics.median(row[name] for row in rows), 1) for name in rows[0]}


def _results(shown: dict[str, dict[str, float]]) -> list[dict[str, Any]]:
    listed, long, bare = shown["list"], shown["long"], shown["bare"]
    found = [
        _result("first page with all assets, bytes", listed["sent"], GOAL_FIRST_BYTES),
        _result("list: first contentful paint, ms", listed["painted"], GOAL_PAINT_MS, bare["painted"]),
        _result("list with rows, ms", listed["rows"], GOAL_ROWS_MS, bare["painted"]),
        _result(f"{LONG:,}-span trace: first rows, ms", long["rows"], GOAL_LONG_MS, bare["painted"]),
        _result(f"{LONG:,}-span trace: JavaScript heap, MB", round(long["heap"] / _MB, 2), GOAL_HEAP_MB),
        _result(f"{LONG:,}-span trace: elements", long["elements"], GOAL_ELEMENTS),
    ]
    if "huge" in shown:
        huge = shown["huge"]
        found += [
            _result(f"{HUGE:,}-span trace: first rows, ms", huge["rows"], GOAL_HUGE_MS, bare["painted"]),
            _result(f"{HUGE:,}-span trace: MB sent", round(huge["sent"] / _MB, 3), GOAL_HUGE_MB),
        ]
    return found


def _result(name: str, value: float, goal: float, bare: float | None = None) -> dict[str, Any]:
    """A figure beside its goal; and, of a time, how many times it is that of a bare answer."""
    beside = {} if bare is None else {"bare": bare, "times_bare": round(value / bare, 2)}
    return {"name": name, "value": value, "goal": goal, "met": value <= goal, **beside}


if __name__ == "__main__":
    print(json.dumps(run(count=int(sys.argv[1]) if len(sys.argv) > 1 else SPANS), indent=2))
