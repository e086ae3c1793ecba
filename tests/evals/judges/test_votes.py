from __future__ import annotations

from typing import Any

import pytest

from tests.evals.judges.scripted import Played, labels, statements
from tests.evals.judges.scripted import score as scored
from tracekit.errors import UsageError
from tracekit.evals.judges import FunctionJudge, Judge, Question, UndecidedError
from tracekit.evals.judges.forms import Labels, Scale, Verdict, Verdicts
from tracekit.evals.judges.votes import combine
from tracekit.evals.metrics.judge_claims import faithfulness
from tracekit.evals.metrics.judge_general import correctness, equivalence
from tracekit.evals.row import Row
from tracekit.evals.score import Status

YES_NO = Labels(choices={"yes": "", "no": ""})
SCALE = Scale(levels={0.0: "", 1.0: ""})
ROW = Row(input="q", output="a", expected="b", contexts=("c",))
LOST = UndecidedError(Status.PARSE_ERROR, "cut")
LATE = UndecidedError(Status.TIMEOUT, "late")


def half(_: Question) -> float:
    return 0.5


def vote(given: str) -> Verdict | UndecidedError:
    return {"y": Verdict(label="yes"), "n": Verdict(label="no"), "x": LOST, "t": LATE}[given]


@pytest.mark.parametrize(
    ("votes", "outcome"),
    [
        ("y", "yes"), ("yy", "yes"), ("yyn", "yes"), ("ynn", "no"), ("yyx", "yes"), ("yyynn", "yes"), ("yyyxx", "yes"),
        ("yn", Status.INCONCLUSIVE), ("yyxx", Status.INCONCLUSIVE), ("yx", Status.INCONCLUSIVE),
        ("yxx", Status.INCONCLUSIVE), ("yynn", Status.INCONCLUSIVE), ("yynxx", Status.INCONCLUSIVE),
        ("x", Status.PARSE_ERROR), ("xt", Status.PARSE_ERROR), ("tx", Status.TIMEOUT),
    ],
)  # fmt: skip
def test_a_label_needs_more_than_half_of_all_seats(votes: str, outcome: str | Status) -> None:
    given = [vote(each) for each in votes]
    if isinstance(outcome, Status):
        with pytest.raises(UndecidedError) as caught:
            combine(given, YES_NO)
        assert caught.value.status is outcome
    else:
        assert combine(given, YES_NO).label == outcome


def test_the_order_of_the_seats_decides_nothing() -> None:
    for votes in ("yn", "ny", "xyy", "yxy", "yyx"):
        try:
            outcome: Any = combine([vote(each) for each in votes], YES_NO).label
        except UndecidedError as error:
            outcome = error.status
        assert outcome == ("yes" if "x" in votes else Status.INCONCLUSIVE)


def test_a_score_is_the_mean_of_all_and_lacks_nobody() -> None:
    assert combine([Verdict(score=0.25), Verdict(score=0.75), Verdict(score=1.0)], SCALE).score == pytest.approx(2 / 3)
    with pytest.raises(UndecidedError, match="1 of 3 gave no verdict") as caught:
        combine([Verdict(score=0.25), LATE, Verdict(score=1.0)], SCALE)
    assert caught.value.status is Status.TIMEOUT


def test_each_item_has_a_majority_of_its_own() -> None:
    form = Verdicts(labels=YES_NO, count=2)

    def both(one: str, two: str) -> Verdict:
        return Verdict(items=(Verdict(label=one), Verdict(label=two)))

    found = combine([both("yes", "no"), both("yes", "yes"), both("no", "no")], form)
    assert [item.label for item in found.items] == ["yes", "no"]
    with pytest.raises(UndecidedError, match="item 2"):
        combine([both("yes", "no"), both("yes", "yes"), LOST], form)


def test_a_spent_budget_ends_the_vote() -> None:
    with pytest.raises(UndecidedError) as caught:
        combine([vote("y"), vote("y"), UndecidedError(Status.BUDGET, "spent")], YES_NO)
    assert caught.value.status is Status.BUDGET


async def test_a_panel_keeps_the_seats_of_those_who_fail() -> None:
    def fails(_: Question) -> Any:
        raise ValueError("out of order")

    def says(label: str) -> FunctionJudge:
        return FunctionJudge(lambda _: {"label": label})

    assert (await scored(equivalence, ROW, Judge([says("same"), says("same"), fails]))).value == 1.0
    found = await scored(equivalence, ROW, Judge([says("same"), fails, fails]))
    assert (found.status, found.value) == (Status.INCONCLUSIVE, None)
    assert "1 same, 2 none" in (found.rationale or "")
    tied = await scored(equivalence, ROW, Judge([says("same"), says("different")]))
    assert tied.status is Status.INCONCLUSIVE


async def test_samples_are_different_replies_to_one_question() -> None:
    asked: list[Question] = []

    def judge(question: Question) -> dict[str, float]:
        asked.append(question)
        return {"score": [0.25, 0.5, 0.75][question.sample]}

    found = await scored(correctness, ROW, Judge(judge, samples=3))
    assert found.value == pytest.approx(0.5)
    assert sorted(found.details["scores"]) == [0.25, 0.5, 0.75]
    assert found.judge_calls == 3
    assert {question.sampling.temperature for question in asked} == {1.0}
    again = await scored(correctness, ROW, judge, samples=2)
    assert again.value == pytest.approx(0.375)
    assert [(await scored(correctness, ROW, judge)).value, asked[-1].sampling.temperature] == [0.25, 0.0]


async def test_claims_are_written_once_and_judged_by_all() -> None:
    first = Played(statements("one", "two"), labels("supported", "unsupported"))
    second, third = Played(labels("supported", "supported")), Played(labels("unsupported", "supported"))
    found = await scored(faithfulness, ROW, Judge([FunctionJudge(each) for each in (first, second, third)]))
    assert found.value == 1.0
    assert found.judge_calls == 4


def test_a_judge_is_somebody_and_is_asked() -> None:
    with pytest.raises(UsageError, match="at least one model"):
        Judge([])
    with pytest.raises(UsageError, match="at least once"):
        Judge(half, samples=0)
    with pytest.raises(UsageError, match="cannot judge"):
        Judge("gpt")  # pyright: ignore[reportArgumentType]
    assert Judge([FunctionJudge(half, name="a"), FunctionJudge(half, name="b")], samples=3).name == "a + b x 3"
