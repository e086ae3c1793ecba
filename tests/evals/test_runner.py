"""Running a suite: every kind of function, trials, concurrency, time limits, budgets, and what an early end leaves."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

import tracekit
from tests.evals.asking import LENGTH, SAME, Answer, metric, rows
from tracekit.errors import UsageError
from tracekit.evals import Dataset, evaluate
from tracekit.evals.asking import asked
from tracekit.evals.plan import Plan
from tracekit.evals.results import Result, Run
from tracekit.evals.row import Row
from tracekit.evals.runner import execute
from tracekit.evals.score import Score, Status
from tracekit.evals.suite import Suite
from tracekit.evals.tally import Tally
from tracekit.sdk import uninstrument


@pytest.fixture(autouse=True)
def untraced() -> Iterator[None]:
    yield
    uninstrument()


def ran(
    data: Any, function: Answer | None = None, *, metrics: Any = SAME, cluster: str | Answer | None = None, **more: Any
) -> Run:
    return evaluate(data, function, metrics=metrics, cluster=cluster, quiet=True, keep_rows=True, **more)


def shout(row: Row) -> str:
    return str(row["question"]).upper()


async def shout_waiting(row: Row) -> str:
    await asyncio.sleep(0.001)
    return shout(row)


def in_pieces(row: Row) -> Iterator[str]:
    yield from shout(row)


async def in_pieces_waiting(row: Row) -> AsyncIterator[str]:
    for letter in shout(row):
        yield letter


@dataclass
class Answered:
    output: str


class Callable:
    async def __call__(self, row: Row) -> str:
        return await shout_waiting(row)


def hands_on(row: Row) -> Awaitable[str]:
    return shout_waiting(row)


FUNCTIONS: dict[str, Answer] = {
    "plain": shout,
    "coroutine": shout_waiting,
    "plain that gives a coroutine": hands_on,
    "generator": in_pieces,
    "async generator": in_pieces_waiting,
    "object": Callable(),
    "dictionary of fields": lambda row: {"output": shout(row), "contexts": ["c"]},
    "row": lambda row: replace(row, output=shout(row), retrieved=("d",)),
    "dataclass": lambda row: Answered(shout(row)),
}


@pytest.mark.parametrize("kind", FUNCTIONS)
def test_every_kind_of_function_answers(kind: str) -> None:
    run = ran(rows(5), FUNCTIONS[kind])

    assert [result.id for result in run.results] == [f"q{number}" for number in range(5)]
    assert [result.scores["same"].value for result in run.results] == [1.0] * 5
    assert len({result.trace_id for result in run.results}) == 5
    assert all(result.seconds is not None and result.error is None for result in run.results)


def test_rows_that_hold_answers_need_no_function_and_no_trace(data_dir: Path) -> None:
    run = ran([{**row, "output": row["expected"]} for row in rows(3)])
    assert [result.scores["same"].value for result in run.results] == [1.0] * 3
    assert {result.trace_id for result in run.results} == {None}
    assert not (data_dir / "journal").exists()


def test_a_function_may_come_first_and_a_lone_metric_needs_no_list() -> None:
    assert len(evaluate(shout, rows(2), metrics=SAME, quiet=True).results) == 2


def test_what_the_function_returns_goes_before_the_trace_and_that_before_the_dataset() -> None:
    def searching(row: Row) -> Any:
        with tracekit.span("search", kind="retriever") as span:
            span.set_documents([{"id": "d1", "content": "found"}])
        return {"output": "x", "contexts": ["mine"]} if row["question"] == "own" else "x"

    given = [{"question": "own", "contexts": ["old"]}, {"question": "other", "contexts": ["old"], "retrieved": ["r"]}]
    own, other = (result.row for result in ran(given, searching, metrics=LENGTH).results)
    assert own is not None
    assert other is not None
    assert (own.contexts, own.retrieved) == (("mine",), ("d1",))
    assert (other.contexts, other.retrieved) == (("found",), ("d1",))


def test_spans_of_threads_that_the_program_starts_are_the_rows() -> None:
    def searching(row: Row) -> str:
        def search() -> None:
            with tracekit.span("search", kind="retriever") as span:
                span.set_documents([{"content": row["question"]}])

        with ThreadPoolExecutor() as pool:
            pool.submit(search).result()
        return "x"

    run = ran(rows(6), searching, metrics=LENGTH, concurrency=3)
    assert [result.row.contexts for result in run.results if result.row] == [(f"why {number}?",) for number in range(6)]


def test_every_trial_is_an_answer_of_its_own() -> None:
    numbers = iter(range(100))
    run = ran(rows(3), lambda _: str(next(numbers)), metrics=LENGTH, trials=4)
    assert [(result.id, result.trial) for result in run.results] == [
        (f"q{row}", trial) for row in range(3) for trial in range(4)
    ]
    assert len({result.row.output for result in run.results if result.row}) == 12


def failing(row: Row) -> str:
    if row["question"] == "why 1?":
        raise KeyError("context")
    if row["question"] == "why 2?":
        raise SystemExit(3)
    return shout(row)


async def failing_waiting(row: Row) -> str:
    return failing(row)


@pytest.mark.parametrize("function", [failing, failing_waiting])
def test_what_the_program_raises_is_that_rows_on_every_metric(function: Any) -> None:
    run = ran(rows(4), function, metrics=[SAME, LENGTH])

    assert [result.error for result in run.results] == [None, "KeyError: 'context'", "SystemExit: 3", None]
    for result in run.results[1:3]:
        assert {score.status for score in result.scores.values()} == {Status.APP_ERROR}
        assert {score.value for score in result.scores.values()} == {None}
    assert f"raised {run.results[1].error}" in str(run.results[1].scores["length"].rationale)


def test_what_no_row_can_hold_is_an_error_of_the_program() -> None:
    odd, wrong = ran(rows(2), lambda row: object() if row["id"] == "q0" else {"output": "x", "contexts": 3}).results
    assert "UnusableAnswerError" in str(odd.error)
    assert "contexts is 3" in str(wrong.error)


def test_an_answer_that_is_none_is_missing() -> None:
    (result,) = ran(rows(1), lambda _: None).results
    assert result.scores["same"].status is Status.MISSING


def test_a_column_that_lacks_is_missing_on_that_row() -> None:
    whole, lacking = ran([{"id": "1", "output": "a", "expected": "a"}, {"id": "2", "output": "a"}]).results
    assert (whole.scores["same"].value, lacking.scores["same"].status) == (1.0, Status.MISSING)
    assert "needs expected" in str(lacking.scores["same"].rationale)


def test_a_metric_that_raises_or_takes_too_long_is_named_and_the_others_stand() -> None:
    async def slow(row: Row) -> float:
        await asyncio.sleep(10)
        return 1.0

    def wrong(row: Row) -> float:
        raise ZeroDivisionError("by zero")

    (result,) = ran(
        [{"output": "a", "expected": "a"}], metrics=[SAME, metric(slow), metric(wrong)], timeout=1.0
    ).results
    assert {label: score.status for label, score in result.scores.items()} == {
        "same": Status.OK, "slow": Status.TIMEOUT, "wrong": Status.ERROR,
    }  # fmt: skip
    assert "ZeroDivisionError: by zero" in str(result.scores["wrong"].rationale)


@pytest.mark.parametrize("waits", [False, True])
def test_an_answer_that_does_not_come_is_given_up_and_holds_up_nobody(*, waits: bool) -> None:
    never = threading.Event()

    def stuck(row: Row) -> str:
        if row["question"] == "why 0?":
            never.wait()
        return shout(row)

    async def stuck_waiting(row: Row) -> str:
        if row["question"] == "why 0?":
            await asyncio.sleep(3600)
        return shout(row)

    run = ran(rows(6), stuck_waiting if waits else stuck, timeout=1.0, concurrency=1)
    never.set()

    assert run.results[0].error == "TimeoutError: no answer within 1 s"
    assert run.results[0].scores["same"].status is Status.APP_ERROR
    assert run.results[0].trace_id is not None
    assert [result.scores["same"].value for result in run.results[1:]] == [1.0] * 5


@pytest.mark.parametrize("waits", [False, True])
def test_as_many_rows_as_asked_for_are_under_way_and_no_more(*, waits: bool) -> None:
    lock, counts = threading.Lock(), {"now": 0, "most": 0}
    six, six_waiting = threading.Barrier(6, timeout=60), asyncio.Barrier(6)

    def enter(step: int) -> None:
        with lock:
            counts["now"] += step
            counts["most"] = max(counts["most"], counts["now"])

    def slow(row: Row) -> str:
        enter(1)
        six.wait()
        time.sleep(0.02)
        enter(-1)
        return shout(row)

    async def slow_waiting(row: Row) -> str:
        enter(1)
        await asyncio.wait_for(six_waiting.wait(), 60)
        await asyncio.sleep(0.02)
        enter(-1)
        return shout(row)

    run = ran(rows(24), slow_waiting if waits else slow, concurrency=6)
    assert [result.error for result in run.results] == [None] * 24
    assert counts["most"] == 6


def test_context_variables_of_a_row_are_its_own() -> None:
    seen = contextvars.ContextVar("seen", default="nothing")
    before: list[str] = []

    def setting(row: Row) -> str:
        before.append(seen.get())
        seen.set(row["id"])
        return "x"

    ran(rows(10), setting, metrics=LENGTH)
    assert set(before) == {"nothing"}


def test_it_runs_where_an_event_loop_is_running() -> None:
    async def notebook() -> Run:
        return ran(rows(3), shout_waiting)

    assert len(asyncio.run(notebook()).results) == 3


def test_a_trace_is_a_root_also_within_a_span() -> None:
    tracekit.autolog()
    with tracekit.span("notebook") as outer:
        run = ran(rows(2), shout)
        assert outer.trace_id not in {result.trace_id for result in run.results}


def test_the_trace_says_which_row_it_answers_and_holds_the_scores(data_dir: Path) -> None:
    run = ran(rows(2), shout, metrics=[SAME, LENGTH])

    with_scores = "select trace_id, name, value, source from scores order by trace_id, name"
    assert tracekit.connect(data_dir).sql(with_scores).rows == sorted(
        (result.trace_id, label, score.value, "code")
        for result in run.results
        for label, score in result.scores.items()
    )
    (first,) = tracekit.connect(data_dir).traces("name = 'shout' and input_preview = 'why 0?'").dicts()
    assert first["trace_id"] == run.results[0].trace_id
    assert first["output_preview"] == "WHY 0?"


def test_clusters_are_a_column_or_a_function() -> None:
    given = [{"id": "1", "output": "a", "doc": "x"}, {"id": "2", "output": "a"}]
    assert [result.cluster for result in ran(given, metrics=LENGTH, cluster="doc").results] == ["x", None]
    by_length = ran(given, metrics=LENGTH, cluster=lambda row: len(row.output))
    assert [result.cluster for result in by_length.results] == ["1", "1"]


def paid(cost: float | None) -> Any:
    return metric(lambda row: Score(value=1.0, judge_calls=1, cost_usd=cost), name="paid", kind="judge")


def test_a_spent_budget_stops_the_run_and_says_so() -> None:
    given = [{"id": str(number), "output": "a"} for number in range(50)]
    run = ran(given, metrics=paid(0.125), max_cost=1.0, concurrency=1)
    assert (run.budget_spent, len(run.results), run.judge_calls, run.judge_cost_usd) == (True, 8, 8, 1.0)

    whole = ran(given, metrics=paid(0.125), max_cost=6.25, concurrency=1)
    assert (whole.budget_spent, len(whole.results)) == (False, 50)


def test_a_cost_that_is_not_known_is_null_and_never_zero() -> None:
    run = ran([{"output": "a"}], metrics=paid(None))
    assert (run.judge_cost_usd, run.app_cost_usd) == (None, None)


def test_calls_without_a_price_are_told_once_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    free = metric(lambda row: Score(value=1.0, judge_calls=1, cost_usd=None), name="free", kind="judge")
    run = ran([{"id": str(n), "output": "x"} for n in range(9)], metrics=free, max_cost=2.0)
    assert (run.judge_unpriced, run.judge_cost_usd, run.budget_spent) == (9, None, False)
    assert capsys.readouterr().err.count("price is not known") == 1
    assert "The price of 9 scores of the judge is not known, so the budget of $2.00 may be exceeded." in (
        " ".join(str(run).split())
    )
    assert "9 scores without a price" in str(run)
    assert "price is not known" not in str(replace(run, max_cost=None))
    ran([{"output": "x"}], metrics=free)
    assert capsys.readouterr().err == ""


def test_a_judge_whose_budget_is_spent_ends_the_run() -> None:
    refusing = metric(lambda row: Score(status=Status.BUDGET), name="refusing", kind="judge")
    run = ran([{"id": str(number), "output": "a"} for number in range(9)], metrics=refusing, concurrency=1)
    assert (run.budget_spent, len(run.results)) == (True, 1)


def test_two_rows_of_one_id_are_refused_before_anything_is_answered() -> None:
    asked_for: list[str] = []
    with pytest.raises(UsageError, match="id 'q0' is that of the dataset, row 1"):
        ran([*rows(2), *rows(1)], lambda row: asked_for.append(row["id"]))
    assert asked_for == []


def suite_of(function: Any, count: int, **more: Any) -> Suite:
    return Suite(name="s", function=function, dataset=Dataset(rows(count)), asked=asked(SAME), **more)


@pytest.mark.parametrize("waits", [False, True])
def test_a_run_that_is_cancelled_holds_what_is_done(*, waits: bool) -> None:
    heard: list[str] = []
    reached = threading.Event()
    release = threading.Event()

    def some(row: Row) -> str:
        if row["id"] == "q5":
            reached.set()
            release.wait(20)
        return shout(row)

    async def some_waiting(row: Row) -> str:
        if row["id"] == "q5":
            reached.set()
            await asyncio.sleep(20)
        return shout(row)

    def hear(result: Result, _: Tally) -> None:
        heard.append(result.id)

    async def main() -> Run:
        suite = suite_of(some_waiting if waits else some, 20, concurrency=1)
        task = asyncio.ensure_future(execute(Plan(suite=suite, hear=hear), suite.dataset.facts()))
        await asyncio.to_thread(reached.wait)
        task.cancel()
        return await task

    run = asyncio.run(main())
    release.set()
    assert run.interrupted
    assert [result.id for result in run.results] == heard == [f"q{number}" for number in range(5)]
    assert run.rows == 20


def test_what_is_done_is_not_done_again_unless_the_row_has_changed() -> None:
    answered: list[str] = []

    def counting(row: Row) -> str:
        answered.append(row["id"])
        return shout(row)

    suite = suite_of(counting, 4)
    first = asyncio.run(execute(Plan(suite=suite), suite.dataset.facts()))
    done = {(result.id, result.trial): result for result in first.results[:3]}
    done["q1", 0] = replace(done["q1", 0], hash="another")
    answered.clear()

    again = asyncio.run(execute(Plan(suite=suite, done=done), suite.dataset.facts()))
    assert sorted(answered) == ["q1", "q3"]
    assert [result.id for result in again.results] == ["q0", "q1", "q2", "q3"]


def test_a_row_that_cannot_be_read_while_it_runs_ends_it() -> None:
    class Changing:
        def __init__(self) -> None:
            self.read = 0

        def __iter__(self) -> Iterator[Any]:
            self.read += 1
            yield from rows(3)
            if self.read > 1:
                yield {"id": True}

    for function in (shout, shout_waiting):
        with pytest.raises(UsageError, match="id is True"):
            ran(Changing(), function)
