"""Timing of small operations: wall and CPU time of batches. Knows nothing of what is timed."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field


@dataclass(slots=True)
class Samples:
    """Microseconds per call, one entry a batch. CPU time is the whole process's, background threads included."""

    wall: list[float] = field(default_factory=list[float])
    cpu: list[float] = field(default_factory=list[float])

    def extend(self, other: Samples) -> None:
        """Take the batches of another round."""
        self.wall += other.wall
        self.cpu += other.cpu

    def summary(self) -> dict[str, float]:
        """Least and median of both clocks, in microseconds."""
        return {
            "wall_min": min(self.wall),
            "wall_median": statistics.median(self.wall),
            "cpu_min": min(self.cpu),
            "cpu_median": statistics.median(self.cpu),
        }


@dataclass(slots=True, frozen=True)
class Case:
    """One operation: what to call, how many calls make a batch, and what to do between batches, untimed."""

    call: Callable[[], object]
    calls: int
    between: Callable[[], object] = lambda: None
    before: Callable[[], object] = lambda: None
    """Untimed, right before each batch."""


def measure(cases: dict[str, Case], *, batches: int) -> dict[str, Samples]:
    """Time every case, one batch of each in turn, after a warm-up batch of each.

    Args:
        cases: operations by name.
        batches: timed batches of each.
    """
    samples = {name: Samples() for name in cases}
    for case in cases.values():
        _batch(case, Samples())
    gc.collect()
    gc.freeze()  # what start-up left behind is no cost of a call
    for _ in range(batches):
        for name, case in cases.items():
            _batch(case, samples[name])
    return samples


def _batch(case: Case, into: Samples) -> None:
    call = case.call
    case.before()
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(case.calls):
        call()
    wall_spent, cpu_spent = time.perf_counter() - wall, time.process_time() - cpu
    into.wall.append(wall_spent / case.calls * 1e6)
    into.cpu.append(cpu_spent / case.calls * 1e6)
    case.between()


def paired(with_it: Sequence[float], without: Sequence[float]) -> float:
    """The median of the differences of neighbouring batches: what a machine does for minutes on end drops out."""
    return statistics.median(one - other for one, other in zip(with_it, without, strict=True))


def as_json(samples: dict[str, Samples]) -> dict[str, dict[str, list[float]]]:
    """The samples as plain data, for the pipe between processes."""
    return {name: asdict(sample) for name, sample in samples.items()}


def merged(rounds: Sequence[dict[str, dict[str, list[float]]]]) -> dict[str, Samples]:
    """The batches of several rounds, by case."""
    total: dict[str, Samples] = {}
    for one in rounds:
        for name, clocks in one.items():
            total.setdefault(name, Samples()).extend(Samples(clocks["wall"], clocks["cpu"]))
    return total
