"""`tracekit eval` as a command: suites found, baselines, parts, ends by hand, and where answers come from."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import forks
from tests.support.commands import PROGRAM, tracekit

SUITE = '''
import os, sys, time
from tracekit.evals import metric, suite

@metric(inputs=["output"], source="a test", high=None)
def length(row):
    """How long it is."""
    return len(row.output)

@suite("qa.jsonl", metrics=["exact_match", "!length"], concurrency=1)
def shout(row):
    print("answering", row["id"])
    with open("answered", "a") as file:
        file.write(row["id"] + "\\n")
    if row["id"] == os.environ.get("WAIT_AT"):
        time.sleep(60)
    return row["question"].upper() if "WRONG" not in os.environ else "wrong"
'''
ROWS = [{"id": f"q{number}", "question": f"why {number}", "expected": f"WHY {number}"} for number in range(8)]
Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def here(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "evals").mkdir(parents=True)
    (folder / "evals" / "shouting.py").write_text(SUITE)
    (folder / "evals" / "qa.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in ROWS))
    return folder


@pytest.fixture
def run(here: Path) -> Command:
    def ran(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return tracekit("eval", *arguments, cwd=here, TRACEKIT_DIR="", TRACEKIT_INSTRUMENT="openai", **environment)

    return ran


def answered(here: Path) -> list[str]:
    path = here / "answered"
    found = path.read_text().split() if path.exists() else []
    path.unlink(missing_ok=True)
    return found


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_without_a_word_the_folder_evals_is_run_into_a_data_directory_here(here: Path, run: Command) -> None:
    ran = run("--json")

    assert ran.returncode == 0, ran.stderr
    report = json.loads(ran.stdout)
    assert report["metrics"]["exact_match"]["mean"] == 1.0
    assert "answering q3" in ran.stderr  # what the program prints is no part of the report
    assert sorted(path.name for path in (here / ".tracekit").iterdir()) == ["journal", "running", "runs"]
    assert list((here / ".tracekit" / "running").iterdir()) == []


def test_a_baseline_that_git_ignores_is_said_to_be(here: Path, run: Command) -> None:
    subprocess.run(["git", "init", "-q"], cwd=here, check=True)
    (here / ".gitignore").write_text(".tracekit/\n")
    assert "git ignores .tracekit/baseline/shout.jsonl" in run("--save").stderr

    (here / ".gitignore").write_text(".tracekit/*\n!.tracekit/baseline/\n")
    saved = run("--save")
    assert "the baseline is saved in .tracekit/baseline/shout.jsonl. Commit it." in saved.stderr
    assert "git ignores" not in saved.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["missing.py"], "missing.py is not there"),
        (["evals", "-k", "nothing"], "has 'nothing' in its name; there are shout"),
        (["evals/shouting.py::other"], "no suite in evals/shouting.py::other"),
        (["evals", "--shard", "9/4"], "shard '9/4' cannot be read"),
        (["evals", "--trials", "0"], "trials is 0"),
        (["evals", "--metric", "exact_match"], "--metric is for stored traces"),
        (["broken.py"], "broken.py cannot be imported: ZeroDivisionError: division by zero (broken.py, line 2)"),
        (["unknown.py"], "there is no metric 'exact_matsch'; did you mean exact_match"),
        (["twice.py"], "qa2.jsonl, line 2: id '1' is that of qa2.jsonl, line 1"),
    ],
)  # fmt: skip
def test_what_cannot_be_run_is_exit_2_and_named(here: Path, run: Command, words: list[str], said: str) -> None:
    (here / "broken.py").write_text("from tracekit.evals import suite\n1 / 0\n")
    unknown = 'from tracekit.evals import suite\n@suite("evals/qa.jsonl", metrics=["exact_matsch"])\ndef f(row): ...\n'
    (here / "unknown.py").write_text(unknown)
    (here / "twice.py").write_text(unknown.replace("matsch", "match").replace("evals/qa", "qa2"))
    (here / "qa2.jsonl").write_text('{"id": 1, "x": 1}\n{"id": 1, "x": 2}\n')

    ran = run(*words)
    assert ran.returncode == 2, ran.stderr
    assert said in ran.stderr
    assert answered(here) == []


def test_parts_are_put_together_and_only_then_compared(here: Path, run: Command) -> None:
    assert run("--save").returncode == 0
    answered(here)
    ids: list[str] = []
    for number in (1, 2, 3):
        part = run("--shard", f"{number}/3", "--output", f"part{number}.jsonl", WRONG="1")
        assert part.returncode == 0, part.stderr
        ids += answered(here)
    assert sorted(ids) == [row["id"] for row in ROWS]

    merged = run("merge", "part1.jsonl", "part2.jsonl", "part3.jsonl", "--json")
    assert merged.returncode == 1, merged.stderr
    assert json.loads(merged.stdout)["verdict"] == "REGRESSED"
    whole = [path for path in (here / ".tracekit" / "runs" / "shout").iterdir() if "shard" not in path.name]
    assert max(len(lines(path)) for path in whole) == 1 + len(ROWS)

    twice = run("merge", "part1.jsonl", "part1.jsonl")
    assert twice.returncode == 2
    assert "is in two of the shards" in twice.stderr


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_an_end_by_hand_keeps_what_is_done_and_resume_goes_on(here: Path, run: Command, how: signal.Signals) -> None:
    environment = {**os.environ, "TRACEKIT_DIR": "", "WAIT_AT": "q5"}
    process = forks.start(
        [*PROGRAM, "eval"], cwd=here, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    while not (here / "answered").exists() or "q5" not in (here / "answered").read_text():
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(how)
    out, _ = process.communicate(timeout=30)
    if how is signal.SIGINT:
        assert process.returncode == 130
        assert "INTERRUPTED" in out.upper()
    first = answered(here)
    assert first == [f"q{number}" for number in range(6)]

    resumed = run("--resume", "--json")
    assert resumed.returncode == 0, resumed.stderr
    assert "5 results are there" in resumed.stderr
    assert answered(here) == ["q5", "q6", "q7"]
    assert json.loads(resumed.stdout)["metrics"]["exact_match"]["mean"] == 1.0
    assert list((here / ".tracekit" / "running").iterdir()) == []

    again = run("--resume")
    assert "no run was left unfinished; it begins anew" in again.stderr
    assert len(answered(here)) == len(ROWS)


def test_outputs_in_a_file_stand_for_the_function(here: Path, run: Command) -> None:
    rows = [{"id": row["id"], "output": row["expected"]} for row in ROWS]
    (here / "out.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows[1:]))

    ran = run("--outputs", "out.jsonl", "--json")
    assert ran.returncode == 3  # one of eight rows has no output
    assert json.loads(ran.stdout)["metrics"]["exact_match"]["statuses"] == {"missing": 1}
    assert answered(here) == []

    (here / "out.jsonl").write_text('{"id": "strange", "output": "x"}')
    strange = run("--outputs", "out.jsonl")
    assert (strange.returncode, "'strange'" in strange.stderr) == (2, True)


def test_answers_of_the_last_run_are_used_again_for_rows_that_have_not_changed(here: Path, run: Command) -> None:
    run()
    answered(here)
    changed = [{**ROWS[0], "expected": "other"}, *ROWS[1:]]
    (here / "evals" / "qa.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in changed))
    text = (here / "evals" / "shouting.py").read_text().replace('"!length"', '"!length", "!latency"')
    (here / "evals" / "shouting.py").write_text(text)

    ran = run("--reuse-outputs", "--json", "--no-compare")
    assert answered(here) == ["q0"]
    metrics = json.loads(ran.stdout)["metrics"]
    assert metrics["exact_match"]["mean"] == pytest.approx(7 / 8)
    assert metrics["latency"]["scored"] == len(ROWS)


def test_stored_traces_are_scored_and_become_a_dataset(here: Path, run: Command) -> None:
    assert run().returncode == 0
    note = (
        "import tracekit; tracekit.autolog(instrument=[]);"
        "found = {row['input_preview']: row['trace_id'] for row in tracekit.connect().traces().dicts()};"
        "tracekit.score('correction', 'Because.', trace_id=found['why 1'], source='human');"
        "tracekit.score('correct', True, trace_id=found['why 2'], source='human');"
        "tracekit.score('helpful', False, trace_id=found['why 3'], source='human', comment='no')"
    )
    forks.run([PROGRAM[0], "-c", note], cwd=here, env={**os.environ, "TRACEKIT_DIR": ".tracekit"}, check=True)

    made = run("from-traces", "name = 'shout'", "--output", "data.jsonl")
    assert made.returncode == 0, made.stderr
    assert "8 rows, 2 of them with what a person expected" in made.stderr
    rows = {row["input"]: row for row in lines(here / "data.jsonl")}
    assert rows["why 0"].keys() >= {"id", "input", "output", "trace_id", "metadata"}
    assert rows["why 0"].get("expected") is None
    assert rows["why 1"]["expected"] == "Because."
    assert rows["why 2"]["expected"] == rows["why 2"]["output"] == "WHY 2"
    assert rows["why 3"]["metadata"]["scores"] == {"helpful": 0.0}

    scored = run("--traces", "name = 'shout'", "--metric", "latency", "--metric", "distinct_n(n=1)", "--json")
    assert scored.returncode == 0, scored.stderr
    assert {label: found["scored"] for label, found in json.loads(scored.stdout)["metrics"].items()} == {
        "latency": 8, "distinct_n(n=1)": 8,
    }  # fmt: skip
    by_word = run("--traces", "why", "--metric", "latency", "--limit", "3", "--json")
    assert json.loads(by_word.stdout)["metrics"]["latency"]["scored"] == 3

    wrong = run("--traces", "nme = 3", "--metric", "latency")
    assert (wrong.returncode, "no condition on the columns" in wrong.stderr) == (2, True)
    asked = run("from-traces", "--search", "name:shout has:review -score.helpful<1")
    assert (asked.returncode, len(asked.stdout.splitlines())) == (0, 2), asked.stderr
    none = run("from-traces", "name = 'nobody'")
    assert (none.returncode, none.stdout) == (2, "")
