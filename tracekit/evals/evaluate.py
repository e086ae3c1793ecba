"""`evaluate()`: a run from Python or a notebook, over a function, rows with answers, a file, or stored traces."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from tracekit import config
from tracekit.errors import UsageError
from tracekit.evals.asking import Askable, asked
from tracekit.evals.dataset import Dataset, Facts, Source
from tracekit.evals.metric import Services
from tracekit.evals.outputs import Outputs
from tracekit.evals.plan import Plan
from tracekit.evals.progress import Progress, progress
from tracekit.evals.results import Run
from tracekit.evals.runner import execute
from tracekit.evals.services import of
from tracekit.evals.starting import record, wait
from tracekit.evals.suite import CONCURRENCY, TIMEOUT, Cluster, Suite
from tracekit.evals.trust import trusted

MOST_TRACES = 1000


def evaluate(
    data: Suite | Source | Dataset | Callable[..., Any] | None = None,
    function: Callable[..., Any] | Source | Dataset | None = None,
    *,
    metrics: Askable | Iterable[Askable] = (),
    outputs: str | os.PathLike[str] | None = None,
    traces: str | None = None,
    trials: int = 1,
    judge: Any = None,
    embedder: Any = None,
    services: Services | None = None,
    cluster: Cluster | None = None,
    concurrency: int = CONCURRENCY,
    timeout: float = TIMEOUT,
    max_cost: float | None = None,
    name: str | None = None,
    limit: int = MOST_TRACES,
    directory: str | os.PathLike[str] | None = None,
    keep_rows: bool = False,
    quiet: bool = False,
) -> Run:
    """Score answers, row by row. Also where an event loop is already running, as in a notebook.

    Args:
        data: rows, a dataset, the path of one, or a suite.
        function: answers a row, as under `@suite`; without one the rows hold their answers. The two may be swapped.
        metrics: see `suite`; those of the suite where it is one.
        outputs: a file of answers by id (`{"id": ..., "output": ...}`), which stand for the function's.
        traces: answers of stored traces instead of data: a SQL condition on the columns of `traces`, or words.
        trials: how often each row is answered.
        judge: see `suite`.
        embedder: a function of texts, or the name of a model; see `tracekit.evals.judges`.
        services: a judge and an embedder, where they are made already.
        cluster: see `suite`.
        concurrency: rows at a time.
        timeout: seconds that a row may take.
        max_cost: USD that the run may spend.
        name: of the run; the function's by default.
        limit: of traces, the newest so many at the most.
        directory: the data directory.
        keep_rows: whether results hold their rows, with the answers, and the details of scores; without, memory holds
            the scores alone.
        quiet: show no progress.

    Returns:
        The run; a run that was interrupted by Ctrl-C holds what was done by then.

    Raises:
        UsageError: what is asked for cannot be; see `suite` and `Dataset`.

    Example:
        >>> run = evaluate([{"output": "4", "expected": "4"}], metrics=["exact_match"], quiet=True)  # doctest: +SKIP
    """
    if isinstance(data, Suite):
        made = data if not metrics else replace(data, asked=asked(metrics))
    else:
        rows, answering = _told_apart(data, function)
        if (rows is None) == (traces is None):
            raise UsageError("evaluate() needs rows, or traces=..., and not both.")
        made = Suite(
            name=name or _named(answering),
            function=answering,
            dataset=_dataset(rows) if traces is None else Dataset(_traces(traces, directory, limit), name="the traces"),
            asked=asked(metrics),
            trials=trials,
            judge=judge,
            cluster=cluster,
            concurrency=concurrency,
            timeout=timeout,
            max_cost=max_cost,
        )
    shown = progress(quiet=quiet)
    plan = (
        Plan(suite=trusted(made), services=services, judge=_name(services), keep_rows=keep_rows)
        if services is not None
        else of(made, embedder=embedder, directory=config.directory(directory)).plan(made, keep_rows=keep_rows)
    )
    if outputs is not None:
        plan = Outputs(Path(outputs)).instead_of(plan)
    return run(plan, shown=shown, directory=directory)


def run(plan: Plan, *, facts: Facts | None = None, shown: Progress | None = None, directory: Any = None) -> Run:
    """Run a plan to its end, or until it is interrupted, and show how it goes.

    Raises:
        UsageError: a row of the dataset cannot be read, or the data directory cannot be used.
    """
    facts = facts or plan.suite.dataset.facts()
    if plan.suite.function is not None:
        record(directory)
    if shown is None:
        return wait(execute(plan, facts))
    with shown.of(plan, facts) as watched:
        return wait(execute(watched, facts))


def _told_apart(one: Any, other: Any) -> tuple[Any, Callable[..., Any] | None]:
    """The rows and the function, whichever was said first."""
    return (other, one) if callable(one) else (one, other)


def _named(function: Callable[..., Any] | None) -> str:
    name = getattr(function, "__name__", "<lambda>")
    return "evaluate" if name == "<lambda>" else name


def _dataset(rows: Any) -> Dataset:
    return rows if isinstance(rows, Dataset) else Dataset(rows)


def _name(services: Services) -> str | None:
    return None if services.judge is None else str(getattr(services.judge, "name", type(services.judge).__name__))


def _traces(text: str | None, directory: Any, limit: int) -> list[Any]:
    from tracekit.evals import stored  # noqa: PLC0415 - the store is not needed for anything else here
    from tracekit.query.source import open_source  # noqa: PLC0415

    with open_source(config.directory(directory)) as source:
        found = stored.find(source, text or "true", limit=limit)
        if not found:
            raise UsageError(f"no trace matches {text!r:.200}.")
        return list(stored.rows(source, found))
