"""One metric on one row, asked of a judge: the questions that metrics are made of, and the decorator that makes them.

A metric that asks a judge is a coroutine function of a row and an `Evaluation`; it returns what other metrics return.
Where there is no verdict it ends with the status that says why, and what was paid until then is in the score.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tracekit.evals.judges import tracing
from tracekit.evals.judges.draft import Draft, Judged
from tracekit.evals.judges.forms import Form, Labels, Scale, Statements, Verdict, Verdicts
from tracekit.evals.judges.judge import Judge, as_judge
from tracekit.evals.judges.member import Tally
from tracekit.evals.judges.question import UndecidedError
from tracekit.evals.metric import Direction, InvalidRowError, Metric, metric
from tracekit.evals.row import Row
from tracekit.evals.score import Score, Status, failed

TOP_LOGPROBS = 20
"""As many alternatives as providers give."""


class Evaluation:
    """What a metric asks its judge through.

    Args:
        judge: that is asked.
        metric: name of the metric.
        version: of the metric.
        samples: how often each model is asked each question, where not as often as usual.
    """

    def __init__(self, judge: Judge, *, metric: str, version: int = 1, samples: int | None = None) -> None:
        self.tally = Tally()
        self._judge, self._metric, self._version, self._samples = judge, metric, version, samples

    async def rate(
        self,
        task: str,
        levels: Mapping[float, str],
        parts: Sequence[Judged],
        *,
        between: bool = True,
        weighted: bool = False,
    ) -> Verdict:
        """A score on a scale.

        Args:
            task: what is rated, and by what.
            levels: what some of the scores mean; the least and the greatest are the ends of the scale.
            parts: what is judged.
            between: whether the judge is told that it may choose scores between the levels.
            weighted: read the score by log-probabilities where the judge gives them; see `Verdict.mode`.
        """
        form = Scale(levels=dict(levels), between=between)
        return await self._decide(task, form, parts, top_logprobs=TOP_LOGPROBS if weighted else 0)

    async def choose(self, task: str, choices: Mapping[str, str], parts: Sequence[Judged]) -> Verdict:
        """One of a few labels, each with what it means."""
        return await self._decide(task, Labels(choices=dict(choices)), parts)

    async def each(
        self, task: str, choices: Mapping[str, str], items: Sequence[str], parts: Sequence[Judged] = ()
    ) -> tuple[Verdict, ...]:
        """A label for each item, in order; all of them, or none. Nothing is asked where there is no item."""
        if not items:
            return ()
        form = Verdicts(labels=Labels(choices=dict(choices)), count=len(items))
        return (await self._decide(task, form, parts, items=tuple(items))).items

    async def statements(self, task: str, parts: Sequence[Judged] = (), *, shared: bool = False) -> tuple[str, ...]:
        """Texts that the judge writes by its task. `shared`: once for the whole run."""
        form = Statements(what="Write each as one sentence that can be understood by itself.")
        return (await self._decide(task, form, parts, shared=shared)).statements

    async def _decide(self, task: str, form: Form, parts: Sequence[Judged], **more: Any) -> Verdict:
        draft = Draft(metric=self._metric, version=self._version, task=task, form=form, parts=tuple(parts), **more)
        return await self._judge.decide(draft, tally=self.tally, samples=self._samples)


def judged(
    *,
    inputs: Sequence[str],
    source: str,
    better: Direction = "higher",
    binary: bool = False,
    version: int = 1,
    name: str | None = None,
) -> Callable[[Callable[..., Awaitable[Any]]], Metric]:
    """Make a metric of a coroutine function of a row and an `Evaluation`; see `tracekit.evals.metric`.

    The function names its second parameter `judge`. The metric has one option more than it: `samples`, how often the
    judge is asked each question.

    Example:
        >>> @judged(inputs=["output"], source="house rule")
        ... async def formal(row, judge):
        ...     '''Whether the answer is formal.'''
        ...     verdict = await judge.choose("Is it formal?", {"yes": "no slang", "no": "else"}, parts(row, "output"))
        ...     return verdict.label == "yes"
    """

    def decorate(function: Callable[..., Awaitable[Any]]) -> Metric:
        called = name or function.__name__

        @functools.wraps(function)
        async def scored(row: Row, *, judge: Any, samples: int | None = None, **options: Any) -> Score:
            asked = as_judge(judge)
            evaluation = Evaluation(asked, metric=called, version=version, samples=samples)
            try:
                with tracing.evaluation(called, row) as span:
                    score = await _outcome(function, row, evaluation, options)
                    tracing.result(span, called, score, response_ids=evaluation.tally.response_ids)
                    return score
            finally:
                asked.tally.take(evaluation.tally)

        own = inspect.signature(function)
        samples = inspect.Parameter("samples", inspect.Parameter.KEYWORD_ONLY, default=None, annotation="int | None")
        scored.__signature__ = own.replace(parameters=[*own.parameters.values(), samples])  # type: ignore[attr-defined]
        made = metric(
            inputs=inputs, source=source, better=better, binary=binary, kind="judge", version=version, name=called
        )
        return made(scored)

    return decorate


async def _outcome(
    function: Callable[..., Awaitable[Any]], row: Row, evaluation: Evaluation, options: Mapping[str, Any]
) -> Score:
    try:
        answer = await function(row, evaluation, **options)
    except UndecidedError as error:
        answer = failed(error.status, str(error))
    except InvalidRowError as error:
        answer = failed(Status.INVALID, str(error))
    score = answer if isinstance(answer, Score) else _plain(answer)
    tally = evaluation.tally
    told: dict[str, Any] = {"flags": dict(tally.flags)} if tally.flags else {}
    if tally.cached:
        told["cached"] = tally.cached
    return replace(score, judge_calls=tally.calls, cost_usd=tally.cost_usd, details={**score.details, **told})


def _plain(answer: float) -> Score:
    return Score(value=float(answer), passed=answer if isinstance(answer, bool) else None)
