"""Suites as tests: a test a row, a gate; chosen, stopped, spread over workers, saved; nothing where there is none."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import forks

SUITE = """
import os
from tracekit.evals import suite

@suite("qa.jsonl", metrics=["exact_match"])
def shout(row):
    if row["id"] == os.environ.get("FAIL_AT"):
        raise RuntimeError("no answer today")
    return row["question"].upper() if "WRONG" not in os.environ else "wrong"

def test_beside():
    assert shout({"id": "x", "question": "a"}) == "A"
"""
COUNT = 8
Pytest = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def here(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "test_shouting.py").write_text(SUITE)
    rows = [{"id": f"q{number}", "question": f"why {number}", "expected": f"WHY {number}"} for number in range(COUNT)]
    (folder / "qa.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return folder


@pytest.fixture
def run(here: Path) -> Pytest:
    def ran(*arguments: str, seed: int | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        """Pytest with this plugin alone, which starts faster; with a seed, with every plugin that is installed."""
        plugins = (
            ("-p", "tracekit.testing") if seed is None else (f"--randomly-seed={seed}", "-p", "no:langsmith_plugin")
        )
        words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *plugins, *arguments]
        if seed is None:
            environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        variables = {**os.environ, "TRACEKIT_DIR": "", "TRACEKIT_INSTRUMENT": "openai", **environment}
        variables.pop("PYTEST_CURRENT_TEST", None)
        return forks.run(words, cwd=here, env=variables, capture_output=True, text=True, timeout=120)

    return ran


def outcomes(ran: subprocess.CompletedProcess[str]) -> dict[str, int]:
    return {word: int(count) for count, word in re.findall(r"(\d+) (passed|failed|skipped|deselected)", ran.stdout)}


def test_a_suite_is_a_test_a_row_and_a_gate_that_comes_last(run: Pytest, here: Path) -> None:
    listed = run("--collect-only", "-q").stdout.splitlines()
    named = [line for line in listed if "::" in line]
    assert named == [
        *(f"test_shouting.py::shout::q{number}" for number in range(COUNT)),
        "test_shouting.py::test_beside",
        "test_shouting.py::shout::gate",
    ]

    first = run("-rA")
    assert outcomes(first) == {"passed": COUNT + 2}
    assert "there is no baseline" in first.stdout
    assert (here / ".tracekit" / "journal").is_dir()


def test_the_gate_decides_over_all_rows_and_rows_only_whether_they_were_scored(run: Pytest, here: Path) -> None:
    assert outcomes(run("--tracekit-save")) == {"passed": COUNT + 2}
    assert (here / ".tracekit" / "baseline" / "shout.jsonl").is_file()

    worse = run("--junitxml=out.xml", WRONG="1")
    assert outcomes(worse) == {"failed": 2, "passed": COUNT}  # the gate, and the test beside it
    assert "REGRESSED" in worse.stdout
    assert "exact_match" in worse.stdout
    assert (here / "out.xml").read_text().count('name="tracekit_trace"') == COUNT

    broken = run(FAIL_AT="q3")
    assert outcomes(broken)["failed"] == 2
    assert "app_error: shout raised RuntimeError: no answer today (trace " in broken.stdout
    assert "Traceback" not in broken.stdout


def test_the_gate_is_skipped_where_rows_are_not_chosen(run: Pytest) -> None:
    some = run("-k", "q1 or gate", "-rs")
    assert outcomes(some) == {"passed": 1, "skipped": 1, "deselected": COUNT}
    assert f"1 of {COUNT} rows were chosen; the gate needs all of them" in some.stdout
    assert outcomes(run("-x", "-k", "shout", FAIL_AT="q2")) == {"failed": 1, "passed": 2}


def test_rows_may_be_spread_over_workers_and_in_any_order(run: Pytest, here: Path) -> None:
    spread = run("-n", "2", seed=7)

    assert outcomes(spread) == {"passed": COUNT + 2}, spread.stdout + spread.stderr
    assert list((here / ".tracekit" / "running").iterdir()) == []
    (kept,) = (here / ".tracekit" / "runs" / "shout").glob("*.jsonl")
    assert len(kept.read_text().splitlines()) == COUNT + 1


def test_a_run_without_a_suite_loads_nothing_of_it(here: Path, run: Pytest) -> None:
    (here / "test_shouting.py").write_text(
        "import sys\n\ndef test_nothing_is_loaded():\n"
        "    loaded = [name for name in sys.modules if name.startswith('tracekit')]\n"
        "    assert set(loaded) == {'tracekit', 'tracekit._version', 'tracekit.testing'}, loaded\n"
    )
    plain = run(seed=1, **{forks.NEW: "1"})
    assert outcomes(plain) == {"passed": 1}, plain.stdout
