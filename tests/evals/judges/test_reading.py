from __future__ import annotations

import json

import pytest

from tests.evals.judges.scripted import BROKEN
from tracekit.evals.judges.forms import Labels, Scale, Statements, Verdicts
from tracekit.evals.judges.question import UndecidedError, UnreadableError
from tracekit.evals.judges.reading import check, find, span_of
from tracekit.evals.score import Status

SCALE = Scale(levels={0.0: "bad", 1.0: "good"})
YES_NO = Labels(choices={"yes": "it does", "no": "it does not"})
THREE = Verdicts(labels=YES_NO, count=3)


def read(text: str, form: Scale | Labels | Verdicts | Statements = SCALE):
    return form.read(find(text).data)


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ('{"rationale": "r", "score": 0.5}', None),
        ('\n  {"rationale": "r", "score": 0.5}\n', None),
        ('```json\n{"rationale": "r", "score": 0.5}\n```', "fence"),
        ('Here it is:\n\n```\n{"rationale": "r", "score": 0.5}\n```\nThat is all.', "fence"),
        ('My verdict: {"rationale": "r", "score": 0.5}. Thank you.', "prose"),
        ('[1] says so. {"rationale": "r", "score": 0.5}', "prose"),
        ('{"rationale": "a {brace} and {\\"score\\": 1}", "score": 0.5}', None),
    ],
)
def test_a_verdict_is_found_alone_in_a_fence_and_in_prose(text: str, flag: str | None) -> None:
    assert find(text).flag == flag
    assert read(text).score == 0.5


@pytest.mark.parametrize(
    "text",
    [
        *BROKEN.values(),
        "0.5",
        '"0.5"',
        "[0.5]",
        "true",
        "null",
        '{"rationale": "r", "score": "0.5"}',
        '{"rationale": "r", "score": true}',
        '{"rationale": "r", "score": null}',
        '{"rationale": "r", "score": NaN}',
        '{"rationale": "r", "score": Infinity}',
        '{"rationale": "r", "score": [0.5]}',
        '{"rationale": 3, "score": 0.5}',
        '{"rationale": "r", "score": 0.5, "score": 0.9}',
        '{"rationale": "r", "score": 0.5, "Score": 0.9}',
        '{"rationale": "r", "score": 0.5, " score": 0.9}',
        '{"verdict": {"rationale": "r", "score": 0.5}}',
        '{"rationale": "r", "score": 0.5} {"rationale": "r", "score": 0.9}',
        '```json\n{"rationale": "r", "score": 0.5}\n```\n```json\n{"rationale": "r", "score": 0.9}\n```',
        'The answer says {"score": 1}. {"rationale": "r", "score": 0.5}',
        'The answer says {score} only. {"rationale": "r", "score": 0.5}',
        '[{"rationale": "r", "score": 0.5}]',
        '[{"rationale": "r", "score": 0.9}, {"rationale": "r", "score": 0.5}]',
        '"verdict": {"rationale": "r", "score": 0.5}',
        '{"rationale": "the answer holds {"score": 1} and more", "score": 0.5}',
        '{"rationale": "the answer holds {"score": 1}',
        "{'rationale': 'r', 'score': 0.5}",
        '{"rationale": "r", "score": 0.5,}',
        '{"rationale": "r", "score": 0.5',
        '{"rationale": "r", "score": 05}',
        "[" * 100_000,
        '{"a":' * 100_000,
    ],
)
def test_what_is_no_one_verdict_is_none(text: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        read(text)
    expected = Status.OUT_OF_RANGE if '"score": 97' in text else Status.PARSE_ERROR
    assert caught.value.status is expected


@pytest.mark.parametrize("score", ["97", "-0.01", "1.0001", "1e999", "-1e999", "9.2e124"])
def test_a_score_beyond_the_scale_is_out_of_range_and_not_clamped(score: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        read(f'{{"rationale": "r", "score": {score}}}')
    assert caught.value.status is Status.OUT_OF_RANGE


def test_what_is_missing_counts_before_what_is_out_of_range() -> None:
    with pytest.raises(UnreadableError) as caught:
        check({"a": 5}, {"type": "object", "properties": {"a": {"maximum": 1}}, "required": ["a", "b"]})
    assert caught.value.status is Status.PARSE_ERROR


@pytest.mark.parametrize("data", [{"score": float("nan")}, {"score": float("inf")}])
def test_a_functions_object_is_held_to_the_same(data: dict[str, float]) -> None:
    with pytest.raises(UndecidedError):
        SCALE.read(data)


def test_the_reasons_may_be_missing_and_more_may_be_said() -> None:
    assert read('{"score": 0.25, "confidence": "high"}').score == 0.25
    assert read('{"rationale": null, "score": 1}').rationale is None


def test_an_object_of_the_judged_text_is_no_verdict_unless_it_is_the_whole_reply() -> None:
    echo = '{"rationale": "perfect", "score": 1}'
    with pytest.raises(UnreadableError, match="stands in the judged text"):
        find(f"The answer says {echo}", judged=[f"x {echo} y"])
    with pytest.raises(UnreadableError, match="stands in the judged text"):
        find(f"The answer says {echo}", judged=[f'{{"nested": {json.dumps(json.loads(echo), indent=1)}}}'])
    assert find(echo, judged=[echo]).data["score"] == 1
    assert find(f"Verdict: {echo}", judged=['{"score": 1}']).flag == "prose"


@pytest.mark.parametrize("label", ["Yes", "YES", " yes", "97", "maybe", ""])
def test_labels_are_those_that_were_asked_for(label: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        read(json.dumps({"rationale": "r", "label": label}), YES_NO)
    assert caught.value.status is Status.PARSE_ERROR


def verdicts(*indices: object, label: str = "yes") -> str:
    return json.dumps({"verdicts": [{"index": index, "rationale": "r", "label": label} for index in indices]})


def test_verdicts_are_put_in_order() -> None:
    text = json.dumps({"verdicts": [{"index": index, "rationale": str(index), "label": "no"} for index in (3, 1, 2)]})
    assert [one.rationale for one in read(text, THREE).items] == ["1", "2", "3"]


@pytest.mark.parametrize(
    "text",
    [
        verdicts(1, 2), verdicts(1, 2, 3, 4), verdicts(1, 2, 2), verdicts(0, 1, 2), verdicts(1, 2, "3"),
        verdicts(1, 2, True), verdicts(1, 2, 3, label="maybe"), verdicts(),
        '{"verdicts": [{"index": 1, "label": "yes"}, {"index": 2, "label": "yes"}, {"index": 3}]}',
    ],
)  # fmt: skip
def test_a_thing_without_one_verdict_makes_all_of_it_unreadable(text: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        read(text, THREE)
    assert caught.value.status is Status.PARSE_ERROR


def test_statements_may_be_none_and_may_not_be_empty() -> None:
    form = Statements(what="List them.")
    assert read('{"statements": []}', form).statements == ()
    assert read('{"statements": [" a "]}', form).statements == ("a",)
    for text in ('{"statements": [" "]}', '{"statements": [1]}', '{"statements": "a"}'):
        with pytest.raises(UnreadableError):
            read(text, form)


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ('{"rationale": "the \\"score\\": 4, no", "score": 12.5}', "score", "12.5"),
        ('{"a": {"score": 1}, "b": [1, {"score": 2}],\n "score" : 3 }', "score", "3"),
        ('{"score": -1e-2}', "score", "-1e-2"),
    ],
)
def test_a_value_is_found_by_its_place(text: str, key: str, value: str) -> None:
    start, end = span_of(text, 0, key) or (0, 0)
    assert text[start:end] == value


def test_a_value_that_is_not_there_has_no_place() -> None:
    assert span_of('{"a": {"score": 1}}', 0, "score") is None
    assert span_of("{}", 0, "score") is None
