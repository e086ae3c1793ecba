"""Suites as tests: a test a row, which fails where the row has no score, and a gate, which holds all rows together.

A row that scores low fails nothing by itself: of an unchanged program some row flips in nearly every run. Whether the
program became worse is for statistics over all rows, and so for the gate. Where pytest spreads tests over workers, each
writes down the results of its rows, and the gate, wherever it runs, waits for them.
"""

from __future__ import annotations

import asyncio
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from tracekit.evals import results, services, session
from tracekit.evals.archive import safe
from tracekit.evals.dataset import Dataset, Facts
from tracekit.evals.journaled import Journals
from tracekit.evals.plan import Plan, empty_run
from tracekit.evals.results import Result, Run
from tracekit.evals.row import Row
from tracekit.evals.runner import execute
from tracekit.evals.score import Status
from tracekit.evals.starting import record
from tracekit.evals.suite import Suite
from tracekit.evals.tally import Tally
from tracekit.sdk.runtime import runtime
from tracekit.sdk.setup import uninstrument

_FINE = frozenset({Status.OK, Status.SKIPPED})
_LOOK_SECONDS = 0.05
_GRACE_SECONDS = 60.0
"""How long the gate waits for the next row of another worker, beyond the time that a row may take."""


class RowFailedError(Exception):
    """A row has no answer, or lacks a score; says which, and why."""


class GateFailedError(Exception):
    """The suite became worse, or that cannot be decided; holds the report."""


class SuiteCollector(pytest.Collector):
    """A suite: its rows and its gate."""

    def __init__(self, *, suite: Suite, **given: Any) -> None:
        super().__init__(**given)
        self.suite = suite
        self.done: dict[str, tuple[Result, ...]] = {}
        self.spent = Tally()
        self._began = False
        self._journals: Journals | None = None

    def collect(self) -> Iterator[pytest.Item]:
        """A test a row, then the gate."""
        for row in self.suite.dataset:
            yield RowTest.from_parent(self, name=row.id, row=row)
        yield Gate.from_parent(self, name="gate")

    def setup(self) -> None:
        """Record what the rows do, from the first of them on."""
        if runtime.writer is None:
            record(session.data_directory(None))
            self._began = runtime.writer is not None
        if runtime.writer is not None:
            self._journals = Journals(runtime.writer.directory)

    def teardown(self) -> None:
        """Leave tracing as it was: other tests have it as they want it."""
        if self._journals is not None:
            self._journals.close()
            self._journals = None
        if self._began:
            uninstrument()

    @cached_property
    def facts(self) -> Facts:
        """What the dataset is."""
        return self.suite.dataset.facts()

    @cached_property
    def plan(self) -> Plan:
        """The run that all rows are part of."""
        directory = session.data_directory(None)
        made = services.of(self.suite, directory=directory).plan(self.suite, keep_rows=True)
        return replace(made, after=None)  # connections stay open for the next row

    def answer(self, row: Row) -> tuple[Result, ...]:
        """Have one row answered and scored, as often as the suite has trials."""
        one = replace(self.plan.suite, dataset=Dataset([row]))

        def hear(_: Result, tally: Tally) -> None:
            self.spent = self.spent + tally

        plan = replace(self.plan, suite=one, journals=self._journals, hear=hear, spent=self.spent)
        run = asyncio.run_coroutine_threadsafe(execute(plan, self.facts), _loop()).result()
        self.done[row.id or ""] = run.results
        shared = _shared(self)
        if shared is not None:
            with shared.open("a", encoding="utf-8") as file:
                file.writelines(f"{results.dump_result(one, run.metrics)}\n" for one in run.results)
        return run.results


class RowTest(pytest.Item):
    """One row: it fails where the program raises, or a metric that gates has no score."""

    parent: SuiteCollector

    def __init__(self, *, row: Row, **given: Any) -> None:
        super().__init__(**given)
        self.row = row

    def runtest(self) -> None:
        """Answer and score the row."""
        found = self.parent.answer(self.row)
        if not found:
            raise RowFailedError(f"row {self.row.id!r} is not answered: the budget was spent.")
        self.user_properties += [("tracekit_trace", one.trace_id) for one in found if one.trace_id]
        self.user_properties += [
            (label, score.value) for one in found for label, score in one.scores.items() if score.value is not None
        ]
        gated = {one.label for one in self.parent.plan.suite.asked if one.gated}
        wrong = [
            f"{label}: {score.status}: {score.rationale or 'no reason is given'}" + _trace(one)
            for one in found
            for label, score in one.scores.items()
            if label in gated and score.status not in _FINE
        ]
        if wrong:
            raise RowFailedError("\n".join([f"row {self.row.id!r} is not scored:", *dict.fromkeys(wrong)]))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The reasons, without a stack of ours."""
        return str(excinfo.value) if isinstance(excinfo.value, RowFailedError) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """What a listing shows."""
        return self.path, None, f"{self.parent.suite.name}[{self.name}]"


class Gate(pytest.Item):
    """All rows together, held against the baseline and the floors."""

    parent: SuiteCollector

    def runtest(self) -> None:
        """Decide, once every row has run."""
        chosen = [item.name for item in self.session.items if isinstance(item, RowTest) and item.parent is self.parent]
        rows = self.parent.facts.rows
        if len(chosen) < rows:
            pytest.skip(f"{len(chosen)} of {rows} rows were chosen; the gate needs all of them")
        found = self._results(chosen)
        missing = [name for name in chosen if name not in found]
        if missing:
            pytest.skip(
                f"{len(missing)} of {rows} rows have not run, {missing[0]!r} for one; the gate needs all of them"
            )
        run = self._run([result for name in chosen for result in found[name]])
        said: list[str] = []
        outcome = session.concluded(
            run,
            directory=session.data_directory(None),
            baselines=session.baselines(None),
            save=bool(self.config.getoption("--tracekit-save")),
            tell=said.append,
        )
        from tracekit.evals.reports import terminal  # noqa: PLC0415 - only the gate prints one

        text = terminal.text([outcome], columns=100) + "".join(f"{sentence}\n" for sentence in said)
        self.add_report_section("call", "tracekit", text)
        if outcome.exit:
            raise GateFailedError(text)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The report, without a stack of ours."""
        return (
            str(excinfo.value) if isinstance(excinfo.value, GateFailedError) else super().repr_failure(excinfo, style)
        )

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """What a listing shows."""
        return self.path, None, f"{self.parent.suite.name}: gate"

    def _run(self, found: list[Result]) -> Run:
        spent = self.parent.spent
        refused = any(score.status is Status.BUDGET for result in found for score in result.scores.values())
        run = replace(empty_run(self.parent.plan, self.parent.facts), results=tuple(found), budget_spent=refused)
        if hasattr(self.config, "workerinput"):
            return replace(run, judge_cost_usd=None)  # other workers have spent what they have spent
        return replace(
            run, app_cost_usd=spent.app_usd, judge_cost_usd=spent.judge_usd, judge_calls=spent.judge_calls,
            app_unpriced=spent.app_unpriced, judge_unpriced=spent.judge_unpriced,
        )  # fmt: skip

    def _results(self, chosen: Sequence[str]) -> dict[str, tuple[Result, ...]]:
        """The results of all rows, those of other workers once they are there."""
        shared = _shared(self.parent)
        if shared is None:
            return self.parent.done
        patience = self.parent.suite.timeout * self.parent.suite.trials + _GRACE_SECONDS
        found, news = _written(shared), time.monotonic()
        while not found.keys() >= set(chosen) and time.monotonic() - news < patience:
            time.sleep(_LOOK_SECONDS)
            before, found = len(found), _written(shared)
            news = time.monotonic() if len(found) > before else news
        if found.keys() >= set(chosen):
            shutil.rmtree(shared.parent, ignore_errors=True)
        return found


def _shared(collector: SuiteCollector) -> Path | None:
    """Where this worker writes results for the others to read; None where it is the only one."""
    worker: dict[str, Any] | None = getattr(collector.config, "workerinput", None)
    if worker is None:
        return None
    where = f"pytest-{worker['testrunuid']}-{safe(collector.nodeid)}"
    folder = session.data_directory(None) / "running" / where
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / f"{worker['workerid']}.jsonl"


def _written(shared: Path) -> dict[str, tuple[Result, ...]]:
    """The results that all workers have written so far, by row. A line that is just being written is left for later."""
    found: dict[str, list[Result]] = {}
    for path in sorted(shared.parent.glob("*.jsonl")):
        whole = path.read_text("utf-8").rpartition("\n")[0]
        for result in results.loads(whole, where=str(path)).results if whole else ():
            found.setdefault(result.id, []).append(result)
    return {name: tuple(some) for name, some in found.items()}


def _trace(result: Result) -> str:
    return f" (trace {result.trace_id})" if result.trace_id else ""


_running: asyncio.AbstractEventLoop | None = None


def _loop() -> asyncio.AbstractEventLoop:
    """One event loop for all rows of the process: clients of judges keep their connections."""
    global _running  # noqa: PLW0603 - once a process
    if _running is None:
        _running = asyncio.new_event_loop()
        threading.Thread(target=_running.run_forever, name="tracekit-eval-loop", daemon=True).start()
    return _running
