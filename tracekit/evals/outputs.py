"""Answers that are there already: in a file of outputs, or in what an earlier run has left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tracekit.errors import UsageError
from tracekit.evals.answering import Answer
from tracekit.evals.datafiles import records
from tracekit.evals.plan import Job, Key, Plan
from tracekit.evals.results import Result
from tracekit.evals.row import FIELDS, Row, read_row

_TAKEN = tuple(name for name in FIELDS if name not in {"id", "input", "expected", "relevant", "expected_tool_calls"})
"""What an answer brings; what was asked, and what is right, is the dataset's."""


class Outputs:
    """A file of answers by id: rows as of a dataset, each with an `output`, and a `trial` where there are several.

    Raises:
        UsageError: it cannot be read, a row has no id, or two have the same.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._rows: dict[Key, Row] = {}
        for where, data in records(path):
            row = read_row({name: value for name, value in data.items() if name != "trial"}, where=where)
            trial = data.get("trial", 0)
            if row.id is None:
                raise UsageError(f"{where} has no id; it says which row of the dataset the output is of.")
            if isinstance(trial, bool) or not isinstance(trial, int) or trial < 0:
                raise UsageError(f"{where}: trial is {trial!r}; it is a whole number from 0.")
            if (row.id, trial) in self._rows:
                raise UsageError(f"{where}: id {row.id!r}, trial {trial}, has an output already.")
            self._rows[row.id, trial] = row
        if not self._rows:
            raise UsageError(f"{path} holds no output.")

    def instead_of(self, plan: Plan) -> Plan:
        """The plan, with these answers for those of its function: as many trials as the file has.

        Raises:
            UsageError: an output is of no row of the dataset.
        """
        known = {row.id for row in plan.suite.dataset}
        strange = [identity for identity, _ in self._rows if identity not in known]
        if strange:
            raise UsageError(
                f"{self.path}: {len(strange)} outputs are of no row of {plan.suite.dataset.name}, "
                f"that of {strange[0]!r} for one."
            )
        trials = 1 + max(trial for _, trial in self._rows)
        return replace(plan, suite=replace(plan.suite, trials=trials), earlier=self._answer)

    def _answer(self, job: Job) -> Answer:
        """The answer of the file; without one, metrics that need an output say that it is missing."""
        return Answer(row=_joined(job.row, self._rows.get(job.key)), done=True)


class Reused:
    """The answers of an earlier run, for rows that have not changed since.

    Args:
        results: of that run, with their rows.
        spans: the spans of traces by trace id, for metrics that need them.
    """

    def __init__(self, results: Mapping[Key, Result], spans: Mapping[str, Any]) -> None:
        self._results = results
        self._spans = spans

    def answer(self, job: Job) -> Answer | None:
        """The earlier answer; None where the row is new, has changed, or had none."""
        found = self._results.get(job.key)
        if found is None or found.row is None or found.error is not None or found.hash != job.hash:
            return None
        row = replace(_joined(job.row, found.row), spans=self._spans.get(found.trace_id or ""), trace_id=found.trace_id)
        return Answer(row=row, trace_id=found.trace_id, seconds=found.seconds, done=True)


def _joined(row: Row, answer: Row | None) -> Row:
    if answer is None:
        return row
    given = {name: getattr(answer, name) for name in _TAKEN if getattr(answer, name) not in (None, {})}
    return replace(row, **given)
