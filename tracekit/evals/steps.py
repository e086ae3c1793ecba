"""One job on its way: answered, observed, scored, told. Each part by itself, so that a loop or a thread may do it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

from tracekit.evals import scoring
from tracekit.evals.answering import Answer
from tracekit.evals.journaled import Journals
from tracekit.evals.observed import with_trace
from tracekit.evals.plan import Job, Plan
from tracekit.evals.results import Result
from tracekit.evals.row import Row
from tracekit.evals.score import Score, Status
from tracekit.evals.spans import Spent, spent
from tracekit.evals.suite import Suite
from tracekit.evals.tally import Tally
from tracekit.sdk.scores import score


@dataclass(slots=True)
class Step:
    """A job and what has come of it so far; `fresh` says that its answer is new, and not of an earlier run."""

    job: Job
    answer: Answer
    fresh: bool
    begun: scoring.Begun = field(default_factory=dict[str, Any])
    spent: Spent = field(default_factory=Spent)
    began: float = field(default_factory=perf_counter)
    _claimed: threading.Lock = field(default_factory=threading.Lock)

    def claim(self) -> bool:
        """Whether whoever asks is the first: the thread that has an answer, or the time that is over."""
        return self._claimed.acquire(blocking=False)


class Steps:
    """What is done with the jobs of a plan."""

    def __init__(self, plan: Plan, journals: Journals | None) -> None:
        self._plan = plan
        self._suite = plan.suite
        self._journals = journals

    def begin(self, job: Job) -> Step:
        """A job, with the answer of an earlier run where that is to be used."""
        earlier = None if self._plan.earlier is None else self._plan.earlier(job)
        return Step(job, earlier or Answer(row=job.row, trace_id=job.row.trace_id), fresh=earlier is None)

    def overdue(self, step: Step) -> None:
        """The program has not answered in time. What it says later is not heard: it has the answer that was."""
        step.answer = replace(
            step.answer,
            error=f"TimeoutError: no answer within {self._suite.timeout:g} s",
            seconds=self._suite.timeout,
        )

    def observe(self, step: Step) -> None:
        """Read the row's trace, and score what can be scored at once. Blocks."""
        answer = step.answer
        if step.fresh and answer.trace_id is not None and self._journals is not None:
            spans = self._journals.take(answer.trace_id)
            step.spent = spent(spans)
            answer.row = _observed(answer, spans)
        if answer.error is not None:
            why = f"{self._suite.name} raised {answer.error}"
            step.begun = dict(scoring.without(self._suite.asked, Status.APP_ERROR, why))
        else:
            step.begun = scoring.begin(answer.row, self._suite.asked, self._plan.services)

    def told(self, step: Step, scores: Mapping[str, Score]) -> tuple[Result, Tally]:
        """The result, and what it cost. Scores of a new answer are written to its trace."""
        answer, job = step.answer, step.job
        if answer.trace_id is not None and step.fresh and self._suite.function is not None:
            self._write(answer.trace_id, scores)
        result = Result(
            id=job.row.id or "",
            trial=job.trial,
            cluster=_cluster(self._suite, job.row),
            scores=scores,
            trace_id=answer.trace_id,
            hash=job.hash,
            row=answer.row if answer.row.spans is None else replace(answer.row, spans=None),
            seconds=answer.seconds,
            error=answer.error,
            metadata=job.row.metadata,
        )
        return result, Tally.of(scores.values(), app=step.spent)

    def _write(self, trace_id: str, scores: Mapping[str, Score]) -> None:
        """Put the scores on the row's trace, beside what people say of it."""
        for one in self._suite.asked:
            value = scores[one.label].value
            if value is not None:
                source = "judge" if one.metric.kind == "judge" else "code"
                score(one.label, value, trace_id=trace_id, comment=scores[one.label].rationale, source=source)


def _observed(answer: Answer, spans: tuple[Mapping[str, Any], ...]) -> Row:
    """The row with its trace; what the function returned itself stands."""
    told = with_trace(answer.row, spans)
    kept = {name: getattr(answer.row, name) for name in answer.given}
    return replace(told, trace_id=answer.trace_id, **kept)


def _cluster(suite: Suite, row: Row) -> str | None:
    if suite.cluster is None:
        return None
    found = row.get(suite.cluster) if isinstance(suite.cluster, str) else suite.cluster(row)
    return None if found is None else str(found)
