from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.evals.judges.scripted import Given, serving
from tests.evals.judges.test_served import GOOD, error, in_turn
from tests.integrations.wire import completion
from tracekit.evals.judges import Budget, Judge, Question, Reply, UndecidedError
from tracekit.evals.judges.budget import Prices
from tracekit.evals.metrics.judge_claims import faithfulness
from tracekit.evals.metrics.judge_general import correctness
from tracekit.evals.row import Row
from tracekit.evals.score import Status
from tracekit.model import Usage

PRICES = {"judge-1": {"input_per_million": 1000, "output_per_million": 10_000}}
COST = (30 * 1000 + 9 * 10_000) / 1e6
"""Of a reply of 30 tokens in and 9 out; cached ones have no price of their own here."""


def row(number: int) -> Row:
    return Row(input="q", output=str(number), expected="b", contexts=("c",))


def priced() -> Any:
    return {**completion(GOOD), "model": "judge-1"}


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    path = tmp_path / "prices.json"
    path.write_text(json.dumps(PRICES), encoding="utf-8")
    return path


async def test_what_a_judge_costs_is_on_the_score(prices: Path) -> None:
    with serving(in_turn("prose", priced())) as server:
        judge = Judge(server.model(), prices=prices)
        found = await correctness.score(row(0), services=Given(judge=judge))
        await judge.aclose()
    assert (found.judge_calls, judge.calls) == (2, 2)
    assert found.cost_usd == pytest.approx(2 * COST)
    assert judge.cost_usd == pytest.approx(2 * COST)


async def test_what_is_not_priced_is_unknown_and_not_nothing() -> None:
    with serving(lambda _: GOOD) as server:
        judge = Judge(server.model("no-such-model"))
        found = await correctness.score(row(0), services=Given(judge=judge))
        await judge.aclose()
    assert (found.value, found.cost_usd, judge.cost_usd) == (0.5, None, None)


async def test_known_models_have_the_lists_price() -> None:
    reply = Reply(usage=Usage(input_tokens=1_000_000, output_tokens=0), model="gpt-4o-mini")
    assert Prices().cost(reply, provider="openai", model="gpt-4o-mini") == pytest.approx(0.15)
    assert Prices().cost(Reply(cost_usd=0.5), provider=None, model=None) == 0.5
    assert Prices().cost(Reply(), provider="openai", model="gpt-4o-mini") is None


async def test_a_budget_stops_before_it_is_overspent(prices: Path) -> None:
    with serving(lambda _: priced()) as server:
        judge = Judge(server.model(), prices=prices, cache="off", budget=Budget(3.5 * COST))
        found = [await correctness.score(row(number), services=Given(judge=judge)) for number in range(6)]
        await judge.aclose()
    assert [each.status for each in found] == [Status.OK] * 3 + [Status.BUDGET] * 3
    assert [each.value for each in found[3:]] == [None] * 3
    assert len(server.asked) == 3
    assert judge.budget.exhausted
    assert judge.budget.spent == pytest.approx(3 * COST)


async def test_calls_under_way_are_counted(prices: Path) -> None:
    with serving(lambda _: priced()) as server:
        judge = Judge(server.model(), prices=prices, cache="off", budget=Budget(4.5 * COST))
        await correctness.score(row(0), services=Given(judge=judge))
        found = await asyncio.gather(*(correctness.score(row(n), services=Given(judge=judge)) for n in range(8)))
        await judge.aclose()
    assert sorted(str(each.status) for each in found) == ["budget"] * 5 + ["ok"] * 3
    assert judge.budget.spent == pytest.approx(4 * COST)


async def test_a_budget_with_an_unknown_price_cannot_be_kept() -> None:
    with serving(lambda _: GOOD) as server:
        judge = Judge(server.model("no-such-model"), cache="off", budget=Budget(1.0))
        first = await correctness.score(row(0), services=Given(judge=judge))
        second = await correctness.score(row(1), services=Given(judge=judge))
        await judge.aclose()
    assert (first.status, second.status) == (Status.OK, Status.BUDGET)
    assert "no price is known of no-such-model" in (second.rationale or "")


async def test_what_was_paid_before_a_failure_is_counted(prices: Path) -> None:
    claims = {**completion('{"statements": ["one"]}'), "model": "judge-1"}
    with serving(in_turn(claims, error(401, "no key"))) as server:
        judge = Judge(server.model(), prices=prices)
        found = await faithfulness.score(row(0), services=Given(judge=judge))
        await judge.aclose()
    assert (found.status, found.judge_calls) == (Status.PROVIDER_ERROR, 1)
    assert found.cost_usd == pytest.approx(COST)


async def test_the_cache_costs_nothing(prices: Path) -> None:
    with serving(lambda _: priced()) as server:
        for expected in (COST, 0.0):
            judge = Judge(server.model(), prices=prices)
            found = await correctness.score(row(0), services=Given(judge=judge))
            await judge.aclose()
            assert found.cost_usd == pytest.approx(expected)


async def test_others_may_spend_too() -> None:
    budget = Budget(1.0)
    budget.spend(2.0, what="the app")

    def asked(_: Question) -> float:
        raise AssertionError("it must not be asked")

    judge = Judge(asked, budget=budget)
    assert (await correctness.score(row(0), services=Given(judge=judge))).status is Status.BUDGET
    with pytest.raises(UndecidedError, match="are spent"):
        budget.reserve()
