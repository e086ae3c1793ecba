from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from tests.evals.judges.scripted import Given, serving
from tests.evals.judges.test_served import GOOD
from tracekit.cli.judging import add_judging, services
from tracekit.evals.judges import Budget
from tracekit.evals.judges.cache import FILE
from tracekit.evals.metrics.judge_general import correctness
from tracekit.evals.row import Row
from tracekit.evals.score import Score, Status

ROW = Row(input="q", output="a", expected="b")


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_judging(parser)
    return parser.parse_args(words)


async def scored(*words: str, directory: Path | None = None, budget: Budget | None = None) -> Score:
    judging = services(parsed(*words), directory=directory, budget=budget)
    try:
        return await correctness.score(ROW, services=Given(judge=judging.judge, embed=judging.embed))
    finally:
        await judging.aclose()


async def test_without_a_flag_or_a_setting_there_is_no_judge() -> None:
    judging = services(parsed())
    assert (judging.judge, judging.embed, judging.name) == (None, None, None)
    assert (await scored()).status is Status.SKIPPED


async def test_flags_name_the_judge_the_panel_and_the_cache(tmp_path: Path) -> None:
    with serving(lambda _: GOOD) as server:
        name = f"{server.url}/v1#one"
        assert (await scored("--judge", name, "--no-cache", directory=tmp_path)).value == 0.5
        assert not (tmp_path / FILE).exists()
        assert (await scored("--judge", name, "--cache-only", directory=tmp_path)).status is Status.SKIPPED
        assert (await scored("--judge", name, directory=tmp_path)).value == 0.5
        assert (await scored("--judge", name, "--cache-only", directory=tmp_path)).value == 0.5
        assert len(server.asked) == 2
        panel = services(parsed("--judge", name, "--judge", f"{server.url}/v1#two", "--judge-samples", "2"))
        assert panel.name == "one + two x 2"


async def test_a_suite_names_one_and_a_flag_comes_before_it() -> None:
    with serving(lambda _: GOOD) as server:
        suites = f"{server.url}/v1#suite"
        assert services(parsed(), judge=suites).name == "suite"
        assert services(parsed("--judge", f"{server.url}/v1#flag"), judge=suites).name == "flag"


async def test_the_budget_is_the_callers() -> None:
    budget = Budget(0.0)
    budget.spend(1.0, what="the app")
    with serving(lambda _: GOOD) as server:
        assert (await scored("--judge", f"{server.url}/v1#one", budget=budget)).status is Status.BUDGET


def test_the_cache_is_used_one_way() -> None:
    with pytest.raises(SystemExit):
        parsed("--no-cache", "--cache-only")
