"""Six lines on a real program: first run, baseline, a regression, exit 1, and a report whose rows lead to traces."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.evals import rag
from tests.support.commands import tracekit

pytestmark = pytest.mark.openai
WORSE = ("child-seat", "deposit")


@pytest.fixture
def here(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    rag.project(folder)
    return folder


@pytest.fixture
def settings(here: Path) -> Iterator[dict[str, str]]:
    with rag.model() as url:
        yield {"MODEL_URL": url, "TRACEKIT_DIR": str(here / ".tracekit"), "TRACEKIT_JUDGE": "grader:strict"}


def test_six_lines_from_the_first_run_to_a_regression(here: Path, settings: dict[str, str]) -> None:
    first = tracekit("eval", "evals/", cwd=here, **settings)
    assert first.returncode == 0, first.stderr
    assert "there is no baseline in .tracekit/baseline/rag.jsonl; --save makes this run it" in first.stderr

    saved = tracekit("eval", "evals/", "--save", cwd=here, **settings)
    assert saved.returncode == 0, saved.stderr
    baseline = (here / ".tracekit" / "baseline" / "rag.jsonl").read_text()
    lines = [json.loads(line) for line in baseline.splitlines()]
    assert [(line["id"], line.get("trial", 0)) for line in lines[1:]] == sorted(
        (f"{key.replace(' ', '-')}-{number}", trial)
        for key in rag.QUESTIONS
        for number in range(5)
        for trial in range(3)
    )
    assert all(line["scores"].keys() == {"faithfulness", "correctness", "latency"} for line in lines[1:])
    assert not any(text in baseline for text in (*rag.QUESTIONS.values(), "guest"))  # scores and hashes only

    unchanged = tracekit("eval", "evals/rag.py", cwd=here, **settings)
    assert unchanged.returncode == 0, unchanged.stdout

    worse = {**settings, "PROMPT": "Sell, sell, sell."}
    files = ("--json", "--junit", "junit.xml", "--markdown", "comment.md", "--html", "report.html")
    regressed = tracekit("eval", "evals/", *files, cwd=here, **worse, GITHUB_STEP_SUMMARY=str(here / "summary.md"))
    assert regressed.returncode == 1, regressed.stderr
    said = json.loads(regressed.stdout)
    assert (said["verdict"], said["exit"]) == ("REGRESSED", 1)
    for metric in ("faithfulness", "correctness"):
        assert said["metrics"][metric]["verdict"] == "REGRESSED"
        named = {change["id"] for change in said["metrics"][metric]["changes"]}
        assert named == {f"{key}-{number}" for key in WORSE for number in range(5)}
    assert said["metrics"]["latency"]["verdict"] != "REGRESSED"
    for name in ("junit.xml", "comment.md", "report.html", "summary.md"):
        assert "deposit-0" in (here / name).read_text(), name

    shown = tracekit("eval", "evals/", cwd=here, **worse)
    assert shown.returncode == 1
    traces = dict(re.findall(r"^ +(\S+)  .*tracekit show (\w+)", shown.stdout, re.MULTILINE))
    assert set(traces) >= {f"deposit-{number}" for number in range(5)}
    opened = tracekit("show", traces["deposit-0"], cwd=here, **settings)
    assert opened.returncode == 0
    assert all(word in opened.stdout for word in ("rag", "search", "chat gpt-4o-mini"))


def test_what_the_metrics_read_comes_from_the_trace(here: Path, settings: dict[str, str]) -> None:
    ran = tracekit("eval", "evals/", "--trials", "1", "--output", "rag.jsonl", cwd=here, **settings)
    assert ran.returncode == 0, ran.stderr
    head, *results = (json.loads(line) for line in (here / "rag.jsonl").read_text().splitlines())

    assert head["run"]["app_cost_usd"] == pytest.approx(20 * (40 * 0.15 + 9 * 0.60) / 1e6)
    assert head["run"]["judge_calls"] == 20 * 3
    row: dict[str, Any] = results[0]["row"]
    assert row["contexts"] == [row["output"]]
    assert row["retrieved"] == ["child seat"]
    assert len({result["trace_id"] for result in results}) == 20
    asked = "select count(*) from scores where name = 'correctness' and value = 1 and source = 'judge'"
    assert "20" in tracekit("sql", asked, cwd=here, **settings).stdout


def test_a_row_of_the_program_that_raises_is_named_in_the_table_and_the_exit_code(
    here: Path, settings: dict[str, str]
) -> None:
    lines = (here / "evals" / "qa.jsonl").read_text().splitlines()
    broken = [json.dumps({"id": f"broken-{number}", "expected": "x"}) for number in range(2)]
    (here / "evals" / "qa.jsonl").write_text("\n".join([*lines, *broken]))

    ran = tracekit("eval", "evals/", "--trials", "1", cwd=here, **settings)

    assert ran.returncode == 3, ran.stdout
    assert "app_error" in ran.stdout
    assert "broken-0" in ran.stdout
    assert "has no column 'question'" in ran.stdout
