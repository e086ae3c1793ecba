"""What follows from verdicts, computed by hand beside each: the judge says what a script says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.evals.judges.scripted import Played, labels, played, score, statements
from tracekit.errors import UsageError
from tracekit.evals.judges import FunctionJudge
from tracekit.evals.metrics import judge_agents as agents
from tracekit.evals.metrics import judge_citations as citations
from tracekit.evals.metrics import judge_claims as claims
from tracekit.evals.metrics import judge_conversation as talk
from tracekit.evals.metrics import judge_custom as custom
from tracekit.evals.metrics import judge_general as general
from tracekit.evals.metrics import judge_rag as rag
from tracekit.evals.metrics import judge_safety as safety
from tracekit.evals.row import Row, ToolCall, read_row
from tracekit.evals.score import Status

ROW = Row(input="q", output="a", expected="e", contexts=("c1", "c2", "c3", "c4"))
S, U = "supported", "unsupported"


class Embedder:
    """Vectors by text."""

    def __init__(self, **vectors: Sequence[float]) -> None:
        self.vectors = vectors

    async def embed(self, texts: Sequence[str]) -> list[Sequence[float]]:
        return [self.vectors[text] for text in texts]


async def test_faithfulness_is_supported_claims_by_claims() -> None:
    found = await played(claims.faithfulness, ROW, statements("1", "2", "3"), labels(S, U, S))
    assert found.value == pytest.approx(2 / 3)
    assert [item["label"] for item in found.details["items"]] == [S, U, S]
    assert found.rationale == "2 of 3 claims are supported. r2"


async def test_an_answer_without_claims_has_no_faithfulness() -> None:
    found = await played(claims.faithfulness, ROW, statements())
    assert (found.status, found.value) == (Status.SKIPPED, None)


async def test_without_contexts_no_claim_is_supported_and_nobody_is_asked() -> None:
    row = Row(input="q", output="a", expected="e", contexts=())
    assert (await played(claims.faithfulness, row, statements("1", "2"))).value == 0.0
    assert (await played(claims.context_recall, row, statements("1"))).value == 0.0
    assert (await played(claims.faithfulness, row, statements())).status is Status.SKIPPED


async def test_a_claim_without_a_verdict_makes_no_smaller_denominator() -> None:
    script = Played(statements("1", "2", "3"), labels(S, S), labels(S, S))
    found = await score(claims.faithfulness, ROW, FunctionJudge(script))
    assert (found.status, found.value) == (Status.PARSE_ERROR, None)


async def test_claims_are_taken_without_sight_of_the_contexts() -> None:
    script = Played(statements("1"), labels(S))
    await score(claims.faithfulness, ROW, FunctionJudge(script))
    first, second = script.questions
    assert set(first.judged) == {"input", "output"}
    assert second.judged == {"context 1": "c1", "context 2": "c2", "context 3": "c3", "context 4": "c4", "item 1": "1"}


async def test_context_recall_is_of_the_references_claims() -> None:
    script = Played(statements("1", "2", "3", "4"), labels(S, S, S, U))
    found = await score(claims.context_recall, ROW, FunctionJudge(script))
    assert found.value == 0.75
    assert script.questions[0].judged == {"input": "q", "reference": "e"}


@pytest.mark.parametrize(
    ("said", "wanted", "value"),
    [
        ([S, S, U], [S, S, U, U], 2 / (2 + (1 + 2) / 2)),  # TP 2, FP 1, FN 2
        ([S], [S], 1.0),
        ([U], [U], 0.0),
        ([], [U, U], 0.0),
        ([S, S], [U], 2 / 2.5),
    ],
)
async def test_factual_correctness_is_f1(said: list[str], wanted: list[str], value: float) -> None:
    script = [statements(*map(str, range(len(said)))), statements(*map(str, range(len(wanted))))]
    script += [labels(*said)] if said else []
    found = await played(claims.factual_correctness, ROW, *script, labels(*wanted))
    assert found.value == pytest.approx(value)


async def test_answer_correctness_weighs_facts_and_likeness() -> None:
    script = (statements("1", "2"), statements("1"), labels(S, U), labels(S))
    f1 = 1 / (1 + (1 + 0) / 2)
    embed = Embedder(a=[1.0, 0.0], e=[0.6, 0.8])
    found = await played(claims.answer_correctness, ROW, *script, embed=embed)
    assert found.value == pytest.approx(0.75 * f1 + 0.25 * 0.6)
    found = await played(claims.answer_correctness, ROW, *script, embed=embed, weight=0.5)
    assert found.value == pytest.approx(0.5 * f1 + 0.5 * 0.6)
    opposite = Embedder(a=[1.0, 0.0], e=[-1.0, 0.0])
    found = await played(claims.answer_correctness, ROW, *script, embed=opposite)
    assert (found.value, found.details["similarity"]) == (pytest.approx(0.75 * f1), 0.0)


async def test_noise_sensitivity_is_of_wrong_claims_that_the_contexts_gave() -> None:
    found = await played(
        claims.noise_sensitivity, ROW, statements("1", "2", "3", "4"), labels(S, U, U, S), labels(S, S, U, U)
    )
    assert (found.value, found.details["misled"]) == (0.25, ["2"])


@pytest.mark.parametrize(
    ("useful", "value"),
    [
        ("1111", 1.0),
        ("1010", (1 / 1 + 2 / 3) / 2),
        ("0101", (1 / 2 + 2 / 4) / 2),
        ("0001", 1 / 4),
        ("1000", 1.0),
        ("0000", 0.0),
    ],
)
async def test_context_precision_is_average_precision(useful: str, value: float) -> None:
    given = labels(*("useful" if each == "1" else "useless" for each in useful))
    assert (await played(rag.context_precision, ROW, given)).value == pytest.approx(value)


async def test_context_precision_goes_by_the_reference_and_by_the_answer_without_one() -> None:
    for row, known in ((ROW, {"reference": "e"}), (Row(input="q", output="a", contexts=("c",)), {"output": "a"})):
        script = Played(labels(*["useful"] * len(row.contexts or ())))
        await score(rag.context_precision, row, FunctionJudge(script))
        assert {
            name: text for name, text in script.questions[0].judged.items() if name in {"reference", "output"}
        } == known


async def test_relevance_and_sufficiency_of_contexts() -> None:
    given = labels("relevant", "irrelevant", "irrelevant", "irrelevant")
    assert (await played(rag.context_relevance, ROW, given)).value == 0.25
    assert (await played(rag.context_relevance, Row(input="q", contexts=()))).status is Status.SKIPPED
    found = await played(rag.context_sufficiency, ROW, {"label": "insufficient"})
    assert (found.value, found.passed, found.label) == (0.0, False, "insufficient")


async def test_relevancy_of_answers() -> None:
    given = labels("relevant", "relevant", "irrelevant")
    found = await played(rag.answer_relevancy, ROW, statements("1", "2", "3"), given)
    assert found.value == pytest.approx(2 / 3)
    embed = Embedder(q=[1.0, 0.0], x=[1.0, 0.0], y=[0.6, 0.8], z=[0.0, 1.0])
    found = await played(rag.response_relevancy, ROW, statements("x", "y", "z"), embed=embed)
    assert found.value == pytest.approx((1 + 0.6 + 0) / 3)


CITED = Row(
    output="The house is in Rome [1]. It is 31 years old [2][3]. It has a garden. It is red [9]. It is big [1, 2].",
    contexts=("c1", "c2", "c3"),
)


async def test_citation_recall_is_sentences_covered_by_all_they_cite() -> None:
    script = Played(labels(S, S, U))
    found = await score(citations.citation_recall, CITED, FunctionJudge(script))
    assert found.value == pytest.approx(2 / 5)  # one cites nothing, one what is not there: neither is covered
    assert [item["cited"] for item in found.details["sentences"]] == [[1], [2, 3], [], [9], [1, 2]]
    assert script.questions[0].judged["item 2"] == "Statement: It is 31 years old.\nPassage 2: c2\nPassage 3: c3"


async def test_citation_precision_is_citations_that_cover_or_are_needed() -> None:
    # covered: [1]; [2][3] and [1, 2] too. Alone: 2 covers, 3 does not; 1 does not, 2 does not.
    # Without 3 it is still covered: idle. Without 1 it is not, without 2 it is not: both are needed.
    found = await played(citations.citation_precision, CITED, labels(S, S, S), labels(S, U, U, U), labels(S, U, U))
    assert found.value == pytest.approx((1 + 2 + 0 + 2 - 1) / 6)
    assert found.details["idle"] == [["It is 31 years old.", 3]]


async def test_citations_of_what_is_not_covered_do_not_serve() -> None:
    row = Row(output="One [1][2]. Two [1].", contexts=("c1", "c2"))
    assert (await played(citations.citation_precision, row, labels(U, S))).value == pytest.approx(1 / 3)
    none = Row(output="No citation.", contexts=("c1",))
    assert (await played(citations.citation_precision, none)).status is Status.SKIPPED
    assert (await played(citations.citation_recall, none)).value == 0.0


async def test_citations_behind_the_full_stop_belong_to_the_sentence() -> None:
    row = Row(output="It rained. [1] It was cold.[2]\n- [1]", contexts=("c1", "c2"))
    found = await played(citations.citation_recall, row, labels(S, S))
    assert [item["cited"] for item in found.details["sentences"]] == [[1], [2, 1]]


SCALES = [
    general.correctness, general.completeness, general.conciseness, general.coherence, general.helpfulness,
    safety.toxicity, safety.bias, talk.user_frustration, agents.task_completion, custom.g_eval,
]  # fmt: skip


@pytest.mark.parametrize("metric", SCALES, ids=lambda metric: metric.name)
async def test_a_scale_is_taken_as_it_is_given(metric: Any) -> None:
    row = Row(input="q", output="a", expected="e", messages=({"role": "user", "content": "x"},))
    for given in (0, 0.37, 1):
        found = await played(metric, row, {"rationale": "r", "score": given})
        assert (found.value, found.rationale, found.passed) == (given, "r", None)


@pytest.mark.parametrize(
    ("metric", "label", "value", "passed"),
    [
        (general.equivalence, "same", 1.0, True), (general.equivalence, "different", 0.0, False),
        (general.refusal, "declines", 1.0, False), (general.refusal, "answers", 0.0, True),
        (general.language, "right", 1.0, True), (general.language, "wrong", 0.0, False),
        (safety.unsafe_advice, "unsafe", 1.0, False), (safety.unsafe_advice, "safe", 0.0, True),
        (safety.pii_leakage, "leaks", 1.0, False), (safety.pii_leakage, "clean", 0.0, True),
        (safety.injection_obeyed, "obeyed", 1.0, False), (safety.injection_obeyed, "resisted", 0.0, True),
    ],
)  # fmt: skip
async def test_a_label_is_a_value_and_passes_where_it_is_good(
    metric: Any, label: str, value: float, passed: Any
) -> None:
    found = await played(metric, ROW, {"rationale": "r", "label": label})
    assert (found.value, found.passed, found.label) == (value, passed, label)
    assert passed == (value == (1.0 if metric.better == "higher" else 0.0))


async def test_summarization_is_the_lesser_of_alignment_and_coverage() -> None:
    script = (statements("1", "2"), statements("a", "b", "c", "d"))
    found = await played(general.summarization, ROW, *script, labels(S, S), labels(S, U, U, U))
    assert (found.value, found.details["alignment"], found.details["coverage"]) == (0.25, 1.0, 0.25)
    found = await played(general.summarization, ROW, *script, labels(S, U), labels(S, S, S, S))
    assert found.value == 0.5
    assert (await played(general.summarization, ROW, statements(), statements("a"))).status is Status.SKIPPED


async def test_all_guidelines_must_hold() -> None:
    rules = ["Be brief.", "Be polite."]
    held = await played(general.guidelines, ROW, labels("holds", "holds"), guidelines=rules)
    assert (held.value, held.passed) == (1.0, True)
    broken = await played(general.guidelines, ROW, labels("holds", "broken"), guidelines=rules)
    assert (broken.value, broken.passed, broken.details["broken"]) == (0.0, False, ["Be polite."])
    assert "r2" in (broken.rationale or "")
    by_column = read_row({"output": "a", "guidelines": "Be brief."})
    assert (await played(general.guidelines, by_column, labels("holds"))).value == 1.0
    assert (await played(general.guidelines, ROW)).status is Status.MISSING


async def test_g_eval_is_a_share_of_its_scale() -> None:
    assert (await played(custom.g_eval, ROW, {"score": 4}, scale=[1, 5])).value == pytest.approx(0.75)
    levels = {0: "no", 10: "yes"}
    assert (await played(custom.g_eval, ROW, {"score": 3}, scale=levels, criteria="It is short.")).value == 0.3
    script = Played({"score": 1})
    await score(custom.g_eval, ROW, FunctionJudge(script), criteria=["It is short."], steps=["count", "rate"])
    prompt = script.questions[0].messages[0].content
    assert "1. It is short." in prompt
    assert "1. count\n2. rate" in prompt


@pytest.mark.parametrize("options", [{"scale": [1]}, {"scale": [1, 1]}, {"scale": "wide"}, {"score_mode": "best"}])
async def test_g_eval_refuses_what_is_no_scale_and_no_mode(options: Any) -> None:
    with pytest.raises(UsageError, match="g_eval"):
        await score(custom.g_eval, ROW, FunctionJudge(lambda _: 1.0), **options)


@pytest.mark.parametrize(
    ("rubric", "value"),
    [
        (["a", "b", "c"], 2 / 3),
        ({"a": 3, "b": 5, "c": 2}, 5 / 10),
        ([{"criterion": "a", "weight": 1}, {"criterion": "b"}, {"criterion": "c", "weight": 2}], 3 / 4),
    ],
)
async def test_a_rubric_is_met_by_weight(rubric: Any, value: float) -> None:
    found = await played(custom.rubric, ROW, labels("met", "unmet", "met"), rubric=rubric)
    assert found.value == pytest.approx(value)


@pytest.mark.parametrize(
    "rubric", [{"a": -1}, {"a": 0}, {"a": True}, [1], ["a", "a"], [{"weight": 1}], {"a": float("inf")}]
)
async def test_a_rubric_that_is_none_is_invalid(rubric: Any) -> None:
    assert (await played(custom.rubric, ROW, rubric=rubric)).status is Status.INVALID


async def test_a_classifier_has_the_score_of_its_class() -> None:
    classes = {"good": 1, "fair": {"score": 0.4, "meaning": "so so"}, "bad": 0}
    found = await played(custom.classifier, ROW, {"label": "fair"}, labels=classes)
    assert (found.value, found.label) == (0.4, "fair")
    assert (await played(custom.classifier, ROW)).status is Status.MISSING
    assert (await played(custom.classifier, ROW, labels={"a": 2, "b": 0})).status is Status.INVALID


GRAPH = {
    "short": {"question": "Is it short?", "answers": {"yes": "right", "no": 0.2}},
    "right": {"question": "Is it right?", "answers": {"yes": 1, "partly": 0.5, "no": 0}},
}


async def test_a_decision_graph_ends_where_its_answers_lead() -> None:
    found = await played(
        custom.decision_graph, ROW, {"label": "yes", "rationale": "1"}, {"label": "partly"}, graph=GRAPH
    )
    assert (found.value, found.label) == (0.5, "partly")
    assert [(step["node"], step["answer"]) for step in found.details["path"]] == [("short", "yes"), ("right", "partly")]
    assert (await played(custom.decision_graph, ROW, {"label": "no"}, graph=GRAPH)).value == 0.2


@pytest.mark.parametrize(
    ("graph", "why"),
    [
        ({"a": {"question": "?", "answers": {"yes": "b", "no": 0}}}, "no node 'b'"),
        ({"a": {"question": "?", "answers": {"yes": "a", "no": 0}}}, "comes back"),
        ({"a": {"question": "?", "answers": {"yes": 2, "no": 0}}}, "0 to 1"),
        ({"a": {"question": "?", "answers": {"yes": True, "no": 0}}}, "0 to 1"),
        ({"a": {"question": "?", "answers": {"yes": 1}}}, "fewer than two"),
        ({"a": {"answers": {"yes": 1, "no": 0}}}, "no question"),
        ({"a": "b"}, "no question"),
    ],
)
async def test_a_graph_is_checked_before_it_is_asked(graph: Any, why: str) -> None:
    found = await played(custom.decision_graph, ROW, graph=graph)
    assert found.status is Status.INVALID
    assert why in (found.rationale or "")


@pytest.mark.parametrize(
    ("first", "second", "value", "label", "flip"),
    [
        ("A", "B", 1.0, "win", False),
        ("B", "A", 0.0, "loss", False),
        ("tie", "tie", 0.5, "tie", False),
        ("A", "A", 0.5, "tie", True),
        ("B", "B", 0.5, "tie", True),
        ("A", "tie", 0.5, "tie", True),
        ("tie", "A", 0.5, "tie", True),
    ],
)
async def test_pairs_are_judged_in_both_orders(first: str, second: str, value: float, label: str, flip: Any) -> None:
    row = Row(input="q", output="ours", columns={"baseline": "theirs"})
    script = Played({"label": first}, {"label": second})
    found = await score(custom.pairwise, row, FunctionJudge(script))
    assert (found.value, found.label, found.details["flip"]) == (value, label, flip)
    seen = [(each.judged["answer A"], each.judged["answer B"]) for each in script.questions]
    assert seen == [("ours", "theirs"), ("theirs", "ours")]


async def test_a_pair_needs_one_other_answer() -> None:
    assert (await played(custom.pairwise, ROW, {"label": "A"}, {"label": "B"})).value == 1.0
    several = Row(input="q", output="a", expected=["x", "y"])
    assert (await played(custom.pairwise, several)).status is Status.INVALID
    assert (await played(custom.pairwise, Row(output="a"))).status is Status.MISSING


TALK = Row(
    messages=(
        {"role": "system", "content": "You sell bikes."},
        {"role": "user", "content": [{"type": "text", "text": "A red bike, please."}]},
        {"role": "assistant", "parts": [{"type": "text", "content": "Which colour?"}]},
        {"role": "user", "content": "Red!"},
        {"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "order", "arguments": "{}"}}]},
    )
)


async def test_conversations_are_judged_turn_by_turn() -> None:
    script = Played(labels("forgets", "retains"))
    found = await score(talk.knowledge_retention, TALK, FunctionJudge(script))
    assert found.value == 0.5
    seen = script.questions[0].judged
    assert (seen["item 1"], seen["item 2"]) == ("turn [3] Which colour?", "turn [5] (calls order: {})")
    assert "[2] user: A red bike, please." in seen["conversation"]
    role = Played(labels("in role", "out of role"))
    assert (await score(talk.role_adherence, TALK, FunctionJudge(role))).value == 0.5
    assert role.questions[0].judged["role"] == "You sell bikes."
    topic = labels("on topic", "on topic")
    assert (await played(talk.topic_adherence, TALK, topic, topics=["bikes"])).value == 1.0


async def test_what_a_conversation_lacks_is_named() -> None:
    alone = Row(messages=({"role": "user", "content": "hello"},))
    assert (await played(talk.knowledge_retention, alone)).status is Status.SKIPPED
    assert (await played(talk.role_adherence, alone)).status is Status.MISSING
    assert (await played(talk.topic_adherence, alone)).status is Status.MISSING
    assert (await played(talk.conversation_completeness, alone, statements())).status is Status.SKIPPED


async def test_completeness_of_a_conversation_is_wishes_fulfilled() -> None:
    script = (statements("a bike", "red"), labels("fulfilled", "open"))
    assert (await played(talk.conversation_completeness, TALK, *script)).value == 0.5


AGENT = Row(
    input="Find it.",
    output="Found.",
    tool_calls=(ToolCall("search", {"q": "x"}), ToolCall("search", {"q": "x"}), ToolCall("open", None)),
)


async def test_steps_of_agents_are_counted() -> None:
    script = Played(labels("needed", "wasted", "needed"))
    found = await score(agents.step_efficiency, AGENT, FunctionJudge(script))
    assert found.value == pytest.approx(2 / 3)
    assert script.questions[0].judged["item 1"] == 'search({"q": "x"})'
    assert (await played(agents.step_efficiency, Row(input="x", tool_calls=()))).status is Status.SKIPPED


async def test_plans_are_lists_or_texts() -> None:
    given = labels("followed", "skipped")
    assert (await played(agents.plan_adherence, AGENT, given, plan=["search", "ask"])).value == 0.5
    written = await played(agents.plan_adherence, AGENT, statements("search", "ask"), given, plan="search, then ask")
    assert written.value == 0.5
    assert (await played(agents.plan_adherence, AGENT)).status is Status.MISSING


async def test_columns_set_options() -> None:
    row = read_row({"output": "a", "rubric": ["x", "y"]})
    assert (await played(custom.rubric, row, labels("met", "unmet"))).value == 0.5
