from __future__ import annotations

from typing import Any

import pytest

from tests.evals.judges.scripted import Played, score
from tracekit.evals.judges import FunctionJudge, Question, Reply
from tracekit.evals.judges.forms import Labels, Scale
from tracekit.evals.metrics.judge_claims import faithfulness
from tracekit.evals.metrics.judge_custom import classifier
from tracekit.evals.metrics.judge_general import correctness, equivalence, refusal
from tracekit.evals.metrics.judge_rag import context_precision
from tracekit.evals.row import Row
from tracekit.evals.score import Status

ROW = Row(input="q", output="It rained. It was cold.", expected="e", contexts=("a", "b", "c"))


@pytest.mark.parametrize(
    ("value", "label", "shares"),
    [
        (0.8, "same", {"same": 0.8, "different": 0.2}),
        (0.2, "different", {"same": 0.2, "different": 0.8}),
        (True, "same", {"same": 1.0, "different": 0.0}),
        (False, "different", {"same": 0.0, "different": 1.0}),
        (0, "different", {"same": 0.0, "different": 1.0}),
        ({"different": 0.9}, "different", {"same": 0.1, "different": 0.9}),
        ({"same": 0.6, "different": 0.4}, "same", {"same": 0.6, "different": 0.4}),
        (Reply(probabilities={"same": 0.7}), "same", {"same": 0.7, "different": 0.3}),
    ],
)
async def test_a_probability_is_a_verdict_without_reasons(value: Any, label: str, shares: dict[str, float]) -> None:
    found = await score(equivalence, ROW, Played(value))
    assert (found.status, found.label, found.value) == (Status.OK, label, float(label == "same"))
    assert found.rationale is None
    assert found.details["probabilities"] == pytest.approx(shares)


@pytest.mark.parametrize(
    ("value", "status"),
    [
        (0.5, Status.INCONCLUSIVE),
        (1.01, Status.OUT_OF_RANGE),
        (-0.1, Status.OUT_OF_RANGE),
        (97, Status.OUT_OF_RANGE),
        (float("nan"), Status.PARSE_ERROR),
        ({"same": 0.5, "different": 0.4}, Status.OUT_OF_RANGE),
        ({"same": "0.5"}, Status.PARSE_ERROR),
        ({"same": True}, Status.PARSE_ERROR),
        (Reply(probabilities={"other": 1.0}), Status.PARSE_ERROR),
        (Reply(probabilities={}), Status.PARSE_ERROR),
        (None, Status.PARSE_ERROR),
        ([0.5], Status.PARSE_ERROR),
        ("same", Status.PARSE_ERROR),
    ],
)
async def test_what_is_no_probability_is_no_verdict(value: Any, status: Status) -> None:
    found = await score(equivalence, ROW, FunctionJudge(lambda _: value))
    assert (found.status, found.value, found.label) == (status, None, None)


async def test_a_number_is_a_score_where_a_score_is_asked_for() -> None:
    assert (await score(correctness, ROW, Played(0.25))).value == 0.25
    assert (await score(correctness, ROW, FunctionJudge(lambda _: 97))).status is Status.OUT_OF_RANGE
    assert (await score(correctness, ROW, FunctionJudge(lambda _: True))).status is Status.PARSE_ERROR
    assert (await score(correctness, ROW, FunctionJudge(lambda _: "0.25"))).status is Status.PARSE_ERROR


async def test_a_distribution_over_scores_is_their_mean() -> None:
    reply = Reply(probabilities={"0": 0.25, "0.5": 0.25, "1": 0.5})
    assert (await score(correctness, ROW, Played(reply))).value == pytest.approx(0.625)
    with pytest.raises(Exception, match="no scores"):
        Scale(levels={0.0: "", 1.0: ""}).likely({"good": 1.0})


async def test_several_labels_need_probabilities_by_name() -> None:
    classes = {"good": 1, "fair": 0.5, "bad": 0}
    found = await score(classifier, ROW, Played({"good": 0.2, "fair": 0.5, "bad": 0.3}), labels=classes)
    assert (found.value, found.label) == (0.5, "fair")
    found = await score(classifier, ROW, FunctionJudge(lambda _: 0.9), labels=classes)
    assert found.status is Status.PARSE_ERROR
    tied = await score(classifier, ROW, FunctionJudge(lambda _: {"good": 0.4, "fair": 0.4, "bad": 0.2}), labels=classes)
    assert tied.status is Status.INCONCLUSIVE


async def test_a_judge_that_writes_nothing_is_asked_one_thing_at_a_time() -> None:
    asked: list[Question] = []

    def useful(question: Question) -> float:
        assert isinstance(question.form, Labels)
        asked.append(question)
        return 0.9 if question.judged["item 1"] in {"a", "c"} else 0.1

    found = await score(context_precision, ROW, FunctionJudge(useful, writes=False))
    assert sorted(question.judged["item 1"] for question in asked) == ["a", "b", "c"]
    assert found.value == pytest.approx((1 / 1 + 2 / 3) / 2)
    assert found.judge_calls == 3


async def test_where_it_cannot_write_claims_they_are_the_sentences_and_that_is_told() -> None:
    found = await score(faithfulness, ROW, FunctionJudge(lambda q: "rained" in q.judged["item 1"], writes=False))
    assert found.value == 0.5
    assert found.details["flags"] == {"sentences": 1}
    assert [item["text"] for item in found.details["items"]] == ["It rained.", "It was cold."]


async def test_one_item_without_a_verdict_leaves_none_to_the_others() -> None:
    found = await score(
        faithfulness, ROW, FunctionJudge(lambda q: 97 if "cold" in q.judged["item 1"] else 1, writes=False)
    )
    assert (found.status, found.value) == (Status.OUT_OF_RANGE, None)


async def test_a_verdict_may_be_an_object_of_a_sync_or_async_function() -> None:
    async def waits(_: Question) -> dict[str, str]:
        return {"rationale": "it says no", "label": "declines"}

    found = await score(refusal, ROW, waits)
    assert (found.value, found.passed, found.rationale) == (1.0, False, "it says no")
    found = await score(refusal, ROW, lambda _: {"label": "answers"})
    assert (found.value, found.passed) == (0.0, True)
