"""Result files: what is written comes back as it was, whatever the texts hold."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.evals.asking import metric
from tracekit.errors import UsageError
from tracekit.evals.results import MetricInfo, Result, Run, dumps, loads
from tracekit.evals.row import Row, ToolCall
from tracekit.evals.score import Score, Status, failed

TEXTS = ["plain", "two\nlines", "a\u2028b\u2029c\x85d\x1cE", "nul \x00", "\U0001f600", '{"run": 1}', ""]


def a_run(text: str = "plain") -> Run:
    return Run(
        suite="rag",
        created="2026-11-22T10:15:00+00:00",
        rows=2,
        trials=2,
        app_cost_usd=0.0,
        metrics={
            "correctness": MetricInfo(name="correctness", low=0.0, high=1.0, judged=True, specs=("correctness",)),
            "exact_match": MetricInfo(name="exact_match", binary=True, low=0.0, high=1.0, gated=False),
        },
        results=(
            Result(
                id="a",
                cluster=text,
                scores={
                    "correctness": Score(value=0.5, rationale=text or None, label="half"),
                    "exact_match": Score(value=1.0, passed=True),
                },
                trace_id="0" * 32,
                seconds=0.0,
                row=Row(id="a", input=text, output={"answer": text}, tool_calls=(ToolCall("f", {"x": 1}),)),
            ),
            Result(
                id="a",
                trial=1,
                scores={"correctness": failed(Status.TIMEOUT, "took 30 s")},
                error=f"ValueError: {text}",
            ),
        ),
    )


@pytest.mark.parametrize("text", TEXTS)
def test_a_whole_run_comes_back_as_it_was(text: str) -> None:
    run = a_run(text)
    assert loads(dumps(run), where="here") == run


def test_half_a_character_can_be_written_and_read() -> None:
    run = a_run("cut \ud83d")
    text = dumps(run)
    assert loads(text.encode().decode(), where="here") == run


def test_bounds_of_zero_and_metrics_that_do_not_gate_stay_what_they_are() -> None:
    """A reader fills what is not there with defaults, so what differs from one must be written."""
    found = loads(dumps(a_run(), whole=False), where="here").metrics
    assert found["correctness"].low == 0.0
    assert found["exact_match"].gated is False


def test_a_cost_of_nothing_is_not_an_unknown_cost() -> None:
    assert loads(dumps(a_run()), where="here").app_cost_usd == 0.0
    assert loads(dumps(replace(a_run(), app_cost_usd=None)), where="here").app_cost_usd is None


def test_a_baseline_holds_no_texts_and_no_times() -> None:
    text = dumps(a_run("secret"), whole=False)
    assert "ValueError" not in text
    assert "half" not in text
    assert "2026" not in text
    assert json.loads(text.splitlines()[2])["statuses"] == {"correctness": "timeout"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"id": "a", "scores": {}, "trace_id": 7}', "trace_id is 7"),
        ('{"id": "a", "scores": {}, "seconds": "long"}', "seconds is 'long'"),
        ('{"id": "a", "scores": {}, "rationales": []}', "rationales is []"),
        ('{"id": "a", "scores": {}, "row": 3}', "row is 3"),
        ('{"run": 5}', "run is 5"),
        ('{"run": {"metrics": {"m": 3}}}', "m is 3"),
        ('{"run": {"trials": "many"}}', "trials is 'many'; it is a whole number"),
        ('{"run": {"app_cost_usd": "$3"}}', "app_cost_usd is '$3'; it is a number"),
        ('{"run": {"metrics": {"m": {"better": "up"}}}}', "better is 'up'; it is higher or lower"),
        ('{"run": {"metrics": {"m": {"specs": "m"}}}}', "specs is 'm'; it is a list of texts"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(line: str, said: str) -> None:
    with pytest.raises(UsageError, match="here") as caught:
        loads(line, where="here")
    assert said in str(caught.value)


@pytest.mark.parametrize("value", ["1e308", "-1e101", "9" * 400, "NaN", "1e999"])
def test_numbers_that_cannot_be_computed_with_are_no_scores(value: str) -> None:
    with pytest.raises(UsageError, match=r"line 1: m is .* a score is a number up to 1e\+100"):
        loads(f'{{"id": "1", "scores": {{"m": {value}}}}}', where="f.jsonl")
    huge = metric(lambda row: 1e200, name="huge", low=None, high=None)
    assert huge.begin(Row(output="x")) == failed(Status.OUT_OF_RANGE, "huge gave 1e+200, beyond its range any number.")


def test_a_line_nested_without_end_is_an_error() -> None:
    with pytest.raises(UsageError, match="nested deeper"):
        loads("[" * 100_000, where="f.jsonl")
