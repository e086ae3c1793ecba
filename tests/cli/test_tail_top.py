"""`tracekit tail` and `tracekit top`: what they tell of, how wide they are, and how they end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import HOSTILE, Ran
from tests.support import journals
from tests.support.commands import PROGRAM
from tracekit.cli import tail, top
from tracekit.journal.writer import JournalWriter
from tracekit.text import width

Run = Callable[..., Ran]


def record(directory: Path, number: int, **more: object) -> None:
    writer = JournalWriter(directory / "journal")
    now = time.time_ns()
    fields = {"start_ns": now - 10**9, "end_ns": now, **more}
    journals.end(writer, number, trace=f"{number:032x}", **fields)
    writer.close()


def lately(directory: Path) -> None:
    record(directory, 1, **journals.chat(1, model="gpt-4o"))
    record(directory, 2, name=HOSTILE, status=[2, HOSTILE], attributes={"error.type": "TimeoutError"})


def test_those_of_before_oldest_first(run: Run, data_dir: Path) -> None:
    lately(data_dir)
    ran = run("tail", "--no-follow")
    assert (ran.code, ran.err) == (0, "")
    first, second = ran.out.splitlines()
    assert first.startswith(f"{1:032x}"[:12])
    assert "question 1" in first
    assert "error" in second
    assert not set(ran.out) & set("\x1b\x07\u202e")
    assert len(run("tail", "--no-follow", "-n", "1").out.splitlines()) == 1
    assert run("tail", "--no-follow", "-n", "0").out == ""


def test_the_same_words_choose(run: Run, data_dir: Path) -> None:
    lately(data_dir)
    [line] = run("tail", "--no-follow", "--ndjson", "status:error", "-question").out.splitlines()
    assert json.loads(line)["name"] == HOSTILE
    assert run("tail", "--no-follow", "modle:x").code == 2


def test_a_trace_is_told_of_when_it_comes_and_when_it_stands_otherwise() -> None:
    def trace(number: int, *, end: str | None = "x", errors: int = 0) -> dict[str, object]:
        return {"trace_id": str(number), "end_time": end, "error_count": errors, "status": "unset", "span_count": 1,
                "interrupted_spans": 0, "missing_spans": 0, "complete": end is not None}  # fmt: skip

    def told(traces: list[dict[str, object]], **more: int) -> list[object]:
        return [each["trace_id"] for each in seen.news(traces, **more)]

    seen = tail.Seen()
    assert told([trace(3), trace(2, end=None), trace(1)], first=2) == ["2", "3"]
    assert told([trace(4), trace(3), trace(2, end=None), trace(1)]) == ["4"]
    assert told([trace(4), trace(3), trace(2), trace(1)]) == ["2"]
    assert told([trace(4), trace(3, errors=1), trace(2)]) == ["3"]
    assert told([trace(4), trace(3, errors=1), trace(2)]) == []


@pytest.mark.parametrize("verb", [("tail", "--interval", "0.1"), ("top", "--interval", "0.1")])
def test_it_follows_until_ctrl_c_and_ends_well(data_dir: Path, verb: tuple[str, ...]) -> None:
    record(data_dir, 1, **journals.chat(1, model="gpt-4o"))
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [*PROGRAM, *verb],
        cwd=data_dir,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None

        def until(said: str) -> None:
            assert process.stdout is not None
            late = time.monotonic() + 60
            while said not in process.stdout.readline():
                assert process.poll() is None
                assert time.monotonic() < late

        until("question 1" if verb[0] == "tail" else "gpt-4o ")
        record(data_dir, 2, **journals.chat(2, model="o1"))
        until("question 2" if verb[0] == "tail" else "o1 ")
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        assert (process.wait(20), process.stderr.read()) == (0, "")


def test_top_once_as_a_table_and_for_programs(run: Run, data_dir: Path) -> None:
    lately(data_dir)
    table = run("top", "--once").out
    assert "1 call, " in table
    assert "gpt-4o" in table
    found = json.loads(run("top", "--once", "--json", "--by", "name", "--window", "100s").out)
    rows = {row["group"]: row for row in found["rows"]}
    assert set(rows) == {"work 1", HOSTILE}
    assert (rows[HOSTILE]["errors"], rows[HOSTILE]["calls_per_second"], rows[HOSTILE]["cost_usd"]) == (1, 0.01, None)
    assert (rows["work 1"]["input_tokens"], rows["work 1"]["errors"]) == (1_000, 0)
    assert not set(run("top", "--once", "--by", "name").out) & set("\x1b\x07\u202e")
    [row] = json.loads(run("top", "--once", "--json", "--by", "name", "status:error").out)["rows"]
    assert row["group"] == HOSTILE
    assert "nothing was called." in run("top", "--once", "--by", "tool").out


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_a_table_fits_the_terminal(columns: int) -> None:
    row = {"group": "\u6771\u4eac" * 30, "calls": 12_345, "running": 1, "errors": 2, "calls_per_second": 41.15,
           "p50_ms": 1_240.0, "p95_ms": 125_000.0, "input_tokens": 1_200_000, "output_tokens": None, "cost_usd": 12.5,
           "unpriced": 1}  # fmt: skip
    lines = top.table("name", [row], columns=columns, title="t" * 200).splitlines()
    assert all(width(line) <= columns for line in lines), lines
    assert "$12.50+" in lines[-1]


@pytest.mark.parametrize(
    "arguments",
    [("top", "--window", "soon"), ("top", "--window", "0s"), ("top", "--by", "mood"), ("tail", "--interval", "0"),
     ("top", "cost>cheap")],
)  # fmt: skip
def test_what_cannot_be_asked(run: Run, data_dir: Path, arguments: tuple[str, ...]) -> None:
    data_dir.mkdir()
    assert run(*arguments).code == 2
