"""What is recorded of judging: spans of kind evaluator in traces of their own, results as the conventions' event."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import tracekit
from tests.evals.judges.scripted import score, serving
from tests.evals.judges.test_served import in_turn
from tests.integrations.wire import completion
from tests.support.recorded import journaled
from tracekit import semconv as sc
from tracekit.evals.judges import Judge
from tracekit.evals.metrics.judge_claims import faithfulness
from tracekit.evals.metrics.judge_general import correctness, equivalence
from tracekit.evals.row import Row
from tracekit.sdk.setup import uninstrument

ROW = Row(input="q", output="a", expected="b", contexts=("c",))
GOOD = '{"rationale": "the reasons", "score": 0.5}'


@pytest.fixture
def recording(data_dir: Path) -> Iterator[Path]:
    tracekit.autolog(directory=data_dir, instrument=[])
    yield data_dir
    uninstrument()


def ended(directory: Path) -> list[Any]:
    return sorted(journaled(directory).ended, key=lambda span: span.start_ns)


def events(span: Any) -> list[Any]:
    return [event for event in span.events if event["name"] == sc.EVENT_EVALUATION]


async def test_a_metric_is_a_span_with_its_result_and_a_call_one_beneath(recording: Path) -> None:
    with serving(lambda _: GOOD) as server, tracekit.span("the suite") as outer:
        await score(correctness, ROW, Judge(server.model()))
    tracekit.flush()
    spans = {span.name: span for span in ended(recording)}
    whole, call = spans["evaluate correctness"], spans["judge judge-1"]
    assert (whole.attributes[sc.KIND], call.attributes[sc.KIND]) == ("evaluator", "evaluator")
    assert whole.parent_span_id is None
    assert whole.trace_id != outer.trace_id
    assert call.parent_span_id == whole.span_id
    (event,) = events(whole)
    assert event["attributes"] == {
        sc.EVALUATION_NAME: "correctness", sc.EVALUATION_SCORE: 0.5, sc.RESPONSE_ID: "chatcmpl-1"
    }  # fmt: skip
    assert call.attributes[sc.REQUEST_MODEL] == "judge-1"
    assert call.attributes[sc.RESPONSE_MODEL] == "gpt-9-2026"
    assert (call.attributes[sc.USAGE_INPUT_TOKENS], call.attributes[sc.USAGE_OUTPUT_TOKENS]) == (30, 9)


async def test_a_judges_cost_is_in_a_trace_of_its_own(recording: Path) -> None:
    priced = {**completion(GOOD), "model": "gpt-4o-mini"}
    with serving(lambda _: priced) as server, tracekit.span("app"):
        await score(correctness, ROW, Judge(server.model("gpt-4o-mini", provider="openai")))
    tracekit.flush()
    store = tracekit.connect(recording)
    assert store.sql("select kind, counted, cost_usd > 0 from spans where model = 'gpt-4o-mini'").rows == [
        ("evaluator", True, True)
    ]
    asked = "select name, span_count, cost_usd > 0 from traces order by name"
    assert store.sql(asked).rows == [("app", 1, None), ("evaluate correctness", 2, True)]


async def test_what_failed_says_with_which_status(recording: Path) -> None:
    with serving(lambda _: "prose") as server:
        await score(correctness, ROW, Judge(server.model()))
    tracekit.flush()
    whole = next(span for span in ended(recording) if span.name == "evaluate correctness")
    (event,) = events(whole)
    assert event["attributes"] == {sc.EVALUATION_NAME: "correctness", sc.ERROR_TYPE: "parse_error"}
    assert whole.attributes[sc.ERROR_TYPE] == "parse_error"


async def test_labels_are_told_and_reasons_stay_in_the_journal(recording: Path) -> None:
    with serving(lambda _: '{"rationale": "the reasons", "label": "same"}') as server:
        await score(equivalence, ROW, Judge(server.model()))
    tracekit.flush()
    whole = next(span for span in ended(recording) if span.name == "evaluate equivalence")
    (event,) = events(whole)
    assert event["attributes"][sc.EVALUATION_LABEL] == "same"
    assert sc.EVALUATION_EXPLANATION not in event["attributes"]
    store = tracekit.connect(recording)
    ((output,),) = store.sql("select output from spans where name = 'evaluate equivalence'").rows
    assert json.loads(output)["rationale"] == "the reasons"


async def test_reasons_are_told_where_content_may_be(data_dir: Path) -> None:
    tracekit.autolog(directory=data_dir, instrument=[], capture_content=True)
    try:
        with serving(lambda _: GOOD) as server:
            await score(correctness, ROW, Judge(server.model()))
        tracekit.flush()
    finally:
        uninstrument()
    whole = next(span for span in ended(data_dir) if span.name == "evaluate correctness")
    assert events(whole)[0]["attributes"][sc.EVALUATION_EXPLANATION] == "the reasons"


async def test_several_calls_stand_beneath_one_metric_and_the_judged_trace_is_named(recording: Path) -> None:
    with tracekit.span("app") as app:
        pass
    root = {"span_id": app.span_id, "parent_span_id": None}
    row = replace(ROW, trace_id=app.trace_id, spans=(root,))
    replies = in_turn('{"statements": ["one"]}', '{"verdicts": [{"index": 1, "rationale": "r", "label": "supported"}]}')
    with serving(replies) as server:
        await score(faithfulness, row, Judge(server.model()))
    tracekit.flush()
    spans = ended(recording)
    whole = next(span for span in spans if span.name == "evaluate faithfulness")
    assert len([span for span in spans if span.parent_span_id == whole.span_id]) == 2
    assert whole.attributes[sc.EVALUATED_TRACE] == app.trace_id
    assert [(link["trace_id"], link["span_id"]) for link in whole.links] == [(app.trace_id, app.span_id)]


@pytest.mark.parametrize("trace_id", ["", "x", "0" * 32, "G" * 32, "\u0661" * 32])
async def test_a_trace_id_that_is_none_is_no_fault(recording: Path, trace_id: str) -> None:
    with serving(lambda _: GOOD) as server:
        found = await score(correctness, replace(ROW, trace_id=trace_id), Judge(server.model()))
    assert found.value == 0.5


async def test_where_nothing_is_recorded_nothing_is_written(data_dir: Path) -> None:
    with serving(lambda _: GOOD) as server:
        assert (await score(correctness, ROW, Judge(server.model()))).value == 0.5
    assert not (data_dir / "journal").exists()
