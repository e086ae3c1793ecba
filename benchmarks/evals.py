"""What a run of an evaluation costs: deterministic metrics over many rows, a judge that takes its time, and memory.

Each arm runs in a process of its own: `python -m benchmarks.evals ARM` prints its figures as JSON.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROWS = 10_000
JUDGED = 1_000
JUDGE_SECONDS = 0.05
CONCURRENCY = 32
GOAL_SECONDS = 10.0
GOAL_RATIO = 1.3
GOAL_KB = 4.0
"""Memory that one more row may take: its scores are kept, and nothing else of it."""
METRICS = ("exact_match", "token_f1", "contains", "levenshtein_ratio", "rouge_l")


def run() -> dict[str, Any]:
    """Run every arm, in turn."""
    found = {arm: _arm(arm) for arm in ("live", "stored", "judge", "few", "many")}
    growth = (found["many"]["kb"] - found["few"]["kb"]) / (ROWS - JUDGED)
    ratio = found["judge"]["run"] / (JUDGED * JUDGE_SECONDS / CONCURRENCY)
    return {
        "benchmark": "evals",
        "unit": "seconds",
        "figures": found,
        "results": [
            _result(f"{ROWS} rows x 5 metrics, of a program", found["live"]["seconds"], GOAL_SECONDS),
            _result(f"{ROWS} rows x 5 metrics, of answers", found["stored"]["seconds"], GOAL_SECONDS),
            _result(f"{JUDGED} judged rows over the ideal", ratio, GOAL_RATIO),
            _result("kB of memory for one more row", growth, GOAL_KB),
        ],
        "note": f"`run` is without the start of tracing. The judge takes {JUDGE_SECONDS * 1000:g} ms; "
        f"{CONCURRENCY} rows at a time; everything is recorded.",
    }


def _result(name: str, value: float, goal: float) -> dict[str, Any]:
    return {"name": name, "value": round(value, 2), "goal": goal, "met": value <= goal}


def _arm(name: str) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.evals", name, folder]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(said)


class Rows:
    """Rows that are made as they are asked for."""

    def __init__(self, count: int, *, answered: bool) -> None:
        self._count = count
        self._answered = answered

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for number in range(self._count):
            text = f"The answer to question {number} is that the lake is {number % 7} metres deep at the pier."
            row = {"id": f"q{number}", "question": f"How deep is it, {number}?", "expected": text}
            yield {**row, "output": text.replace("lake", "water")} if self._answered else row


def answer(row: Any) -> str:
    """The program: it answers at once."""
    return str(row["expected"]).replace("lake", "water")


def main(arm: str, folder: str) -> None:
    """Run one arm and print its figures."""
    from tracekit.evals.evaluate import evaluate
    from tracekit.evals.metric import Metric

    async def judged(_: Any) -> float:
        await asyncio.sleep(JUDGE_SECONDS)
        return 1.0

    count = JUDGED if arm in {"judge", "few"} else ROWS
    metrics: Any = METRICS
    if arm == "judge":
        metrics = [Metric(name="judged", function=judged, summary="", inputs=("output",), kind="judge", source="here")]
    rows: Any = Rows(count, answered=arm == "stored")
    function = None if arm == "stored" else answer
    begun = time.perf_counter()
    made = evaluate(rows, function, metrics=metrics, concurrency=CONCURRENCY, directory=Path(folder), quiet=True)
    seconds, used = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF)
    scored = sum(score.value is not None for result in made.results for score in result.scores.values())
    assert scored == count * (1 if arm == "judge" else len(METRICS)), scored
    figures = {
        "seconds": round(seconds, 3),
        "run": round(made.seconds or seconds, 3),
        "cpu": round(used.ru_utime + used.ru_stime, 3),
        "kb": used.ru_maxrss,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main(*sys.argv[1:])
