from __future__ import annotations

from typing import Any

import pytest
from scipy import stats

from tests.evals.judges.scripted import score, serving
from tests.evals.judges.test_served import GOOD
from tracekit.evals.judges import FunctionJudge, Judge, Question
from tracekit.evals.judges.canary import drift, rows, sing
from tracekit.evals.judges.validity import flip_rate, orders, repeat
from tracekit.evals.metrics.judge_general import equivalence
from tracekit.evals.row import Row
from tracekit.evals.score import Status

PAIRS = [Row(id=str(number), input="q", output=f"ours {number}", columns={"baseline": "theirs"}) for number in range(4)]
ROWS = [Row(id=str(number), output=str(number), expected="e") for number in range(4)]


async def test_asking_again_shows_who_changes_their_mind() -> None:
    def judge(question: Question) -> Any:
        if question.judged["output"] == "3":
            return {"score": "none"}
        moody = question.judged["output"] == "1" and question.sample == 1
        return {"label": "different" if moody else "same"}

    found = await repeat(equivalence, ROWS, judge=Judge(FunctionJudge(judge, name="moody")))
    assert [each.flipped for each in found] == [False, True, False, None]
    assert [each.id for each in found] == ["0", "1", "2", "3"]
    assert flip_rate([each.flipped for each in found]) == pytest.approx(1 / 3)
    assert flip_rate([None]) is None


async def test_asking_again_asks_and_does_not_look_it_up() -> None:
    with serving(lambda _: '{"label": "same"}') as server:
        judge = Judge(server.model())
        await score(equivalence, ROWS[0], judge)
        await repeat(equivalence, ROWS[:1], judge=judge, times=3)
        await judge.aclose()
    assert len(server.asked) == 4


async def test_asking_the_other_way_round_shows_who_likes_the_first() -> None:
    def judge(question: Question) -> Any:
        ours = question.judged["answer A"] if "ours" in question.judged["answer A"] else question.judged["answer B"]
        number = int(ours.split()[1])
        if number == 0:
            return {"label": "A"}
        if number == 3:
            return {"label": "neither"}
        return {"label": "A" if question.judged["answer A"] == ours else "B"}

    found = await orders(PAIRS, judge=Judge(judge))
    assert found == {"0": True, "1": False, "2": False, "3": None}


def test_the_frozen_set_is_of_every_quality() -> None:
    frozen = rows()
    assert len({row.id for row in frozen}) == len(frozen) == 20
    assert all(row.input and row.output and row.expected for row in frozen)


async def test_the_canary_is_never_answered_from_the_cache() -> None:
    with serving(lambda _: GOOD) as server:
        await sing(first := Judge(server.model()))
        canary = await sing(judge := Judge(server.model()))
        await first.aclose()
        await judge.aclose()
    assert len(server.asked) == 2 * len(rows())
    assert canary.scores == {row.id: 0.5 for row in rows()}
    assert canary.failed == {}
    assert judge.calls == len(rows())


async def test_rows_that_fail_are_told_apart() -> None:
    def judge(question: Question) -> float:
        return 97 if "Sydney is" in question.judged["output"] else 0.5

    canary = await sing(Judge(judge))
    assert canary.failed["capital-wrong"].status is Status.OUT_OF_RANGE
    assert len(canary.scores) == len(rows()) - 1


def ttest(differences: Any) -> float:
    found: Any = stats.ttest_1samp(differences, 0)
    return float(found.pvalue)


def test_drift_is_a_paired_difference() -> None:
    before = {str(number): number / 20 for number in range(20)}
    same = drift(before, before, test=ttest)
    assert (same.moved, same.p, same.mean, same.n) == (False, 1.0, 0.0, 20)
    jitter = {name: value + (0.01 if int(name) % 2 else -0.01) for name, value in before.items()}
    assert drift(before, jitter, test=ttest).moved is False
    milder = {name: value + 0.1 + (0.01 if int(name) % 2 else -0.01) for name, value in before.items()}
    moved = drift(before, milder, test=ttest)
    assert moved.moved
    assert moved.mean == pytest.approx(0.1)
    assert "+0.100" in moved.why


def test_a_canary_that_mostly_failed_speaks_for_nobody() -> None:
    before = {str(number): 0.5 for number in range(20)}
    after = {name: value for name, value in before.items() if int(name) < 10}
    found = drift(before, after, test=ttest)
    assert (found.moved, found.p) == (True, None)
    assert "only 10 of 20" in found.why
