"""A run and what it was held against: what goes into every form of a report."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tracekit.evals.comparison import Comparison, Verdict
from tracekit.evals.results import MetricInfo, Result, Run

_TRACE_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A run, and what it was held against.

    Attributes:
        run: the candidate.
        comparison: the statistics; None where nothing was compared.
        base: the run that it was compared with, for what is told row by row.
        code: the exit code where it is not the comparison's: 4 for a spent budget, 130 for an interrupted run.
    """

    run: Run
    comparison: Comparison | None = None
    base: Run | None = None
    code: int | None = None

    @property
    def exit(self) -> int:
        """The exit code of this suite."""
        if self.code is not None:
            return self.code
        return self.comparison.exit if self.comparison else 0

    @property
    def verdict(self) -> Verdict | None:
        """The verdict of this suite; None where nothing was compared."""
        return self.comparison.verdict if self.comparison else None

    def info(self, label: str) -> MetricInfo:
        """What is known of a metric; of one that neither run describes, its name."""
        found = self.run.metrics.get(label) or (self.base.metrics.get(label) if self.base else None)
        return found or MetricInfo(name=label)


def exit_code(codes: Iterable[int]) -> int:
    """The exit code of several suites: 1 where one became worse, else the gravest of the rest; 130 over all."""
    found = set(codes)
    return next((code for code in _GRAVEST if code in found), max(found, default=0))


_GRAVEST = (130, 1, 5, 4, 3)  # interrupted: whatever else was found is not all of it


def results_by_id(run: Run) -> dict[str, list[Result]]:
    """The results of each row, a trial each."""
    found: defaultdict[str, list[Result]] = defaultdict(list)
    for result in run.results:
        found[result.id].append(result)
    return dict(found)


def trace_of(results: Sequence[Result], label: str, info: MetricInfo) -> str | None:
    """The trace of that trial of a row that scored worst, so that whoever looks sees what went wrong."""
    traced = [result for result in results if trace_id(result)]

    def rank(result: Result) -> tuple[bool, float]:
        score = result.scores.get(label)
        value = None if score is None else score.value
        return value is None, 0.0 if value is None else value if info.better == "higher" else -value

    return trace_id(min(traced, key=rank)) if traced else None


def trace_id(result: Result) -> str | None:
    """The trace of a result. What is no trace id is none: people paste it into a shell, and links are made of it."""
    return result.trace_id if result.trace_id and _TRACE_ID.fullmatch(result.trace_id) else None
