"""What tracing costs the program: tracekit beside bare OpenTelemetry and the OpenTelemetry OpenAI instrumentation.

Every arm runs in fresh processes, in turn over several rounds, so that a busy minute of the machine hits them all.
Overhead is the median, over neighbouring batches of one process, of the instrumented call less the uninstrumented one;
for spans the least batch counts. The ratios are of CPU time; the wall-clock ratios stand beside them.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from typing import Any

from benchmarks.arms import ARMS
from benchmarks.client import CHUNKS
from benchmarks.timing import Samples, merged, paired

ROUNDS = 5
BATCHES = 40
GOALS = {"plain": 0.8, "chunk": 0.5, "span": 2.5}
"""Largest ratio allowed: to the peer's plain call, to its cost per chunk, to a bare OpenTelemetry span."""

PEER = "opentelemetry.instrumentation.genai.openai"


def run(*, rounds: int = ROUNDS, batches: int = BATCHES, arms: tuple[str, ...] = tuple(ARMS)) -> dict[str, Any]:
    """Measure, and compare with the goals.

    Args:
        rounds: times every arm gets a fresh process.
        batches: timed batches of each case in a process.
        arms: which arms to run; a ratio whose arms did not run is left out.
    """
    if "peer" in arms and importlib.util.find_spec("opentelemetry.instrumentation.genai") is None:
        sys.exit(f"{PEER} is not installed; `make bench` installs it (pip install --group bench).")
    collected: dict[str, list[dict[str, Any]]] = {arm: [] for arm in arms}
    for number in range(rounds):
        for arm in arms if number % 2 == 0 else reversed(arms):
            collected[arm].append(_round(arm, batches))
    samples = {arm: merged(found) for arm, found in collected.items()}
    figures = {
        arm: {case: _rounded(sample.summary()) for case, sample in cases.items()} for arm, cases in samples.items()
    }
    return {
        "benchmark": "overhead",
        "unit": "microseconds per call",
        "rounds": rounds,
        "chunks": CHUNKS,
        "figures": figures,
        "overhead": {arm: _overheads(samples[arm]) for arm in ("peer", "tracekit") if arm in samples},
        "results": _results(samples),
    }


def _round(arm: str, batches: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.arms", arm, str(batches)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def _least(samples: Samples, clock: str) -> float:
    return min(getattr(samples, clock))


def _overhead(samples: dict[str, Samples], *, case: str, clock: str) -> float:
    return paired(getattr(samples[case], clock), getattr(samples[f"bare {case}"], clock))


def _overheads(samples: dict[str, Samples]) -> dict[str, float]:
    return _rounded(
        {
            f"{name}_{clock}": _overhead(samples, case=case, clock=clock) / parts
            for name, case, parts in (("plain", "plain", 1), ("chunk", "stream", CHUNKS))
            for clock in ("cpu", "wall")
        }
    )


def _results(samples: dict[str, dict[str, Samples]]) -> list[dict[str, Any]]:
    """Each goal with the ratio found; only those whose arms ran."""
    if "tracekit" not in samples:
        return []
    found: list[dict[str, Any]] = []
    if "peer" in samples:
        for name, case in (("plain", "plain"), ("chunk", "stream")):
            ratio = {
                clock: _overhead(samples["tracekit"], case=case, clock=clock)
                / _overhead(samples["peer"], case=case, clock=clock)
                for clock in ("cpu", "wall")
            }
            found.append(_result(name, ratio))
    if "otel" in samples:
        pair = samples["tracekit"]["span"], samples["otel"]["span"]
        found.append(
            _result("span", {clock: _least(pair[0], clock) / _least(pair[1], clock) for clock in ("cpu", "wall")})
        )
    return found


def _result(name: str, ratio: dict[str, float]) -> dict[str, Any]:
    goal = GOALS[name]
    return {
        "name": name,
        "ratio": round(ratio["cpu"], 3),
        "ratio_wall": round(ratio["wall"], 3),
        "goal": goal,
        "met": ratio["cpu"] <= goal,
    }


def _rounded(figures: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 2) for name, value in figures.items()}
