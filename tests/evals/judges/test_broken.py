"""Judges that answer with something else than a verdict, against every metric that asks one: errors, and no number."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.evals.judges.scripted import BROKEN, WHOLE, filled, schema_of, score, serving
from tracekit.evals import registry
from tracekit.evals.judges import Judge
from tracekit.evals.metric import Metric
from tracekit.evals.row import ToolCall
from tracekit.evals.score import Status

METRICS = [each for each in registry.every().values() if each.kind == "judge"]
SCALES = {
    "bias", "coherence", "completeness", "conciseness", "correctness", "g_eval", "helpfulness", "task_completion",
    "toxicity", "user_frustration",
}  # fmt: skip


class Embedder:
    async def embed(self, texts: list[str]) -> list[list[float]]:
        return [[1.0, float(len(text))] for text in texts]


def fenced(body: Any) -> str:
    """A valid verdict in a fence, with prose around it: half of everything."""
    data = filled(schema_of(body))
    for place, one in enumerate(data.get("verdicts", ())):
        one["label"] = schema_of(body)["properties"]["verdicts"]["items"]["properties"]["label"]["enum"][place % 2]
    return f"Here is my verdict.\n```json\n{json.dumps(data)}\n```"


def row_for(metric: Metric) -> Any:
    calls = (ToolCall("search", {"q": "house"}), ToolCall("search", {"q": "house"}))
    return (
        WHOLE
        if metric.name != "step_efficiency"
        else type(WHOLE)(id="1", input=WHOLE.input, output=WHOLE.output, tool_calls=calls)
    )


def test_there_are_metrics_of_every_family() -> None:
    assert len(METRICS) >= 30
    assert {metric.name for metric in METRICS} >= SCALES


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
@pytest.mark.parametrize("api", ["openai", "anthropic"])
async def test_five_broken_replies_are_errors_and_the_fenced_verdict_is_read(metric: Metric, api: str) -> None:
    row = row_for(metric)
    for kind, text in BROKEN.items():
        with serving(lambda _, text=text: text) as server:
            model = server.model() if api == "openai" else server.claude()
            found = await score(metric, row, Judge(model), embed=Embedder())
        scale = metric.name in SCALES
        expected = Status.OUT_OF_RANGE if kind == "97" and scale else Status.PARSE_ERROR
        assert (found.status, found.value, found.passed) == (expected, None, None), (kind, found)
        assert found.rationale, kind
        assert found.judge_calls >= 2, f"{kind}: the judge is asked once more"
    with serving(fenced) as server:
        model = server.model() if api == "openai" else server.claude()
        found = await score(metric, row, Judge(model), embed=Embedder())
    assert found.status is Status.OK, found
    assert found.details["flags"]["fence"] >= 1
    if metric.name in SCALES:
        assert found.value == 0.5


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
async def test_a_judge_that_is_not_there_refuses_or_stays_away_is_named(metric: Metric) -> None:
    from tracekit.evals.judges import UndecidedError

    for status in (Status.REFUSED, Status.PROVIDER_ERROR, Status.TIMEOUT, Status.BUDGET):

        def fails(_: Any, status: Status = status) -> Any:
            raise UndecidedError(status, "for a reason")

        found = await score(metric, row_for(metric), fails, embed=Embedder())
        assert (found.status, found.value) == (status, None)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
async def test_every_score_is_in_the_metrics_range_whatever_the_labels(metric: Metric) -> None:
    for at_best in (True, False):
        found = await score(
            metric, row_for(metric), lambda q, best=at_best: filled(q.schema, at_best=best), embed=Embedder()
        )
        assert found.status is Status.OK, found
        assert metric.covers(found.value or 0.0)
        if metric.binary:
            assert found.value in {0.0, 1.0}
            assert found.passed is not None


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
async def test_without_a_judge_nothing_is_scored(metric: Metric) -> None:
    assert (await metric.score(row_for(metric))).status is Status.SKIPPED


def test_every_metric_says_what_it_is() -> None:
    for metric in METRICS:
        assert metric.summary.endswith("."), metric.name
        assert metric.source, metric.name
        assert "samples" in metric.options, metric.name
