from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.evals.judges.scripted import Given, serving
from tests.evals.judges.test_logprobs import WEIGHTED
from tests.evals.judges.test_served import GOOD, error, in_turn
from tracekit.errors import UsageError
from tracekit.evals.judges import FunctionJudge, Judge
from tracekit.evals.judges.cache import FILE
from tracekit.evals.metric import Metric
from tracekit.evals.metrics.judge_custom import g_eval
from tracekit.evals.metrics.judge_general import coherence, correctness
from tracekit.evals.row import Row
from tracekit.evals.score import Score, Status

ROW = Row(input="q", output="a", expected="b")


async def scored(judge: Judge, row: Row = ROW, metric: Metric = correctness, **options: Any) -> Score:
    try:
        return await metric.score(row, services=Given(judge=judge), options=options)
    finally:
        await judge.aclose()


async def test_the_same_question_is_asked_once_over_all_runs(data_dir: Path) -> None:
    with serving(lambda _: GOOD) as server:
        first = await scored(Judge(server.model()))
        second = await scored(Judge(server.model()))
    assert (first.value, first.judge_calls) == (0.5, 1)
    assert (second.value, second.rationale, second.judge_calls, second.cost_usd) == (0.5, "r", 0, 0.0)
    assert second.details["cached"] == 1
    assert len(server.asked) == 1
    assert (data_dir / FILE).stat().st_mode & 0o777 == 0o600


async def test_another_question_is_asked() -> None:
    with serving(lambda _: GOOD) as server, serving(lambda _: GOOD) as other:
        await scored(Judge(server.model()))
        await scored(Judge(server.model()), Row(input="q", output="A", expected="b"))
        await scored(Judge(server.model()), metric=coherence)
        await scored(Judge(server.model("judge-2")))
        await scored(Judge(server.model()), samples=2)  # the second sample alone is new, but for the temperature
        await scored(Judge(server.model(), temperature=0.5))
        await scored(Judge(other.model()))
    assert (len(server.asked), len(other.asked)) == (7, 1)


async def test_errors_are_asked_again() -> None:
    with serving(in_turn("", "prose", error(401, "no key"), '{"score": 97}', '{"score": 98}', GOOD)) as server:
        found = [await scored(Judge(server.model())) for _ in range(5)]
    statuses = [Status.PARSE_ERROR, Status.PROVIDER_ERROR, Status.OUT_OF_RANGE, Status.OK, Status.OK]
    assert [each.status for each in found] == statuses
    assert [each.judge_calls for each in found] == [2, 0, 2, 1, 0]


async def test_a_repaired_reply_is_kept_as_what_it_is() -> None:
    with serving(in_turn("prose", GOOD)) as server:
        await scored(Judge(server.model()))
        again = await scored(Judge(server.model()))
    assert (again.value, again.judge_calls, again.details["flags"]) == (0.5, 0, {"repaired": 1})


async def test_log_probabilities_are_kept_too() -> None:
    with serving(lambda _: WEIGHTED) as server:
        first = await scored(Judge(server.model()), metric=g_eval, scale=[1, 5])
        second = await scored(Judge(server.model()), metric=g_eval, scale=[1, 5])
    assert (second.value, second.details["score_mode"], len(server.asked)) == (first.value, "weighted", 1)


async def test_it_can_be_left_alone_and_it_can_be_all_there_is() -> None:
    with serving(lambda _: GOOD) as server:
        missing = await scored(Judge(server.model(), cache="only"))
        assert (missing.status, server.asked) == (Status.SKIPPED, [])
        for _ in range(2):
            await scored(Judge(server.model(), cache="off"))
        assert len(server.asked) == 2
        await scored(Judge(server.model()))
        assert (await scored(Judge(server.model(), cache="only"))).value == 0.5
        assert len(server.asked) == 3
        await scored(Judge(server.model()).anew())
        assert len(server.asked) == 4


async def test_a_function_is_kept_only_under_a_name() -> None:
    asked: list[int] = []

    def judge(_: Any) -> float:
        asked.append(1)
        return 0.5

    for _ in range(2):
        await scored(Judge(judge))
    assert len(asked) == 2
    for _ in range(2):
        assert (await scored(Judge(FunctionJudge(judge, name="half, version 1")))).value == 0.5
    assert len(asked) == 3
    await scored(Judge(FunctionJudge(judge, name="half, version 2")))
    assert len(asked) == 4


async def test_a_reply_that_cannot_be_kept_counts_and_stands() -> None:
    judge = Judge(FunctionJudge(lambda _: {"score": 0.5, "more": object()}, name="odd"))
    assert (await scored(judge)).value == 0.5
    assert judge.cache.unkept == 1


async def test_a_damaged_reply_is_asked_for_again(data_dir: Path) -> None:
    with serving(lambda _: GOOD) as server:
        await scored(Judge(server.model()))
        with sqlite3.connect(data_dir / FILE) as connection:
            connection.execute("update replies set reply = '{'")
        connection.close()
        assert (await scored(Judge(server.model()))).value == 0.5
    assert len(server.asked) == 2


async def test_a_file_that_is_no_cache_is_named(data_dir: Path) -> None:
    data_dir.mkdir()  # noqa: ASYNC240 - a test waits for nobody
    (data_dir / FILE).write_bytes(b"no database" * 100)
    with serving(lambda _: GOOD) as server:
        with pytest.raises(UsageError, match="--no-cache"):
            await scored(Judge(server.model()))
        assert (await scored(Judge(server.model(), cache="off"))).value == 0.5


async def test_steps_are_asked_for_once_in_a_run_even_without_the_cache() -> None:
    import asyncio

    def say(body: Any) -> str:
        steps = "Write the steps" in body["messages"][0]["content"]
        return '{"statements": ["look", "compare"]}' if steps else GOOD

    with serving(say) as server:
        judge = Judge(server.model(), cache="off")
        rows = [Row(input="q", output=str(number)) for number in range(6)]
        found = await asyncio.gather(
            *(g_eval.score(row, services=Given(judge=judge), options={"steps": "auto"}) for row in rows)
        )
        await judge.aclose()
    assert [each.details["steps"] for each in found] == [["look", "compare"]] * 6
    assert len(server.asked) == 7
    assert "1. look\n2. compare" in server.bodies[-1]["messages"][0]["content"]
