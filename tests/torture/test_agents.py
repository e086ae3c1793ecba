"""A running agent, its collector, both, or the collector's decoder are killed: what had ended is stored once.

The agent writes down each span's id when its block begins and when it has ended, as a program would see it.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.commands import up
from tests.support.torture import rounds
from tracekit.query.source import open_source

POINTS = rounds(4, all_of_them=100)
VICTIMS = ("app", "collector", "both", "decoder")
AGENT = """
import os, sys, threading, time, tracekit

tracekit.autolog(instrument=[])
log = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT)

def say(word, span):
    os.write(log, f"{word} {span.span_id}\\n".encode())

def work():
    while True:
        with tracekit.span("turn", kind="agent", input="what next?" * 20) as turn:
            say("begun", turn)
            for _ in range(3):
                with tracekit.span("tool", kind="tool") as tool:
                    say("begun", tool)
                say("ended", tool)
            time.sleep(0.004)
        say("ended", turn)

threading.Thread(target=work, daemon=True).start()
work()
"""


def marks(log: Path) -> list[str]:
    """The whole lines of the agent's log: a kill may cut the last."""
    return log.read_text().rpartition("\n")[0].splitlines() if log.exists() else []


def kill_children(pid: int) -> None:
    """Kill what a process has started: it decodes in a process of its own while there is something to decode."""
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in listed.read_text(encoding="ascii").split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)


class Agents:
    """Starts agents on one data directory and kills them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.logs: list[Path] = []

    @contextlib.contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        """An agent that has ended a few spans, until the context ends: killed then."""
        log = self.directory / f"agent-{len(self.logs)}.log"
        self.logs.append(log)
        environment = {**os.environ, "TRACEKIT_DIR": str(self.directory)}
        with subprocess.Popen([sys.executable, "-c", AGENT, str(log)], env=environment) as process:
            try:
                while len(marks(log)) < 20:
                    assert process.poll() is None
                    time.sleep(0.005)
                yield process
            finally:
                process.kill()


@pytest.mark.torture
def test_what_had_ended_is_stored_once_wherever_the_kill_hits(tmp_path: Path) -> None:
    draw = random.Random(3)
    agents = Agents(tmp_path)
    with contextlib.ExitStack() as serving:
        _, collector = serving.enter_context(up("--dir", str(tmp_path), cwd=tmp_path))
        for point in range(POINTS):
            victim = VICTIMS[point % len(VICTIMS)]
            with agents.running() as app:
                time.sleep(draw.random() * 0.2)
                if victim == "decoder":
                    kill_children(collector.pid)
                if victim in {"app", "both"}:
                    app.kill()
                if victim in {"collector", "both"}:
                    collector.kill()
                    _, collector = serving.enter_context(up("--dir", str(tmp_path), cwd=tmp_path))
    begun, ended = Counter[str](), Counter[str]()
    for log in agents.logs:
        for mark in marks(log):
            word, span_id = mark.split()
            (ended if word == "ended" else begun)[span_id] += 1
    with open_source(tmp_path) as source:
        rows = source.sql("SELECT span_id, end_time IS NOT NULL AND outcome = 'complete', outcome FROM spans").rows
        gaps = source.sql("SELECT process, count FROM gaps").rows
        assert source.sql("SELECT sum(span_count) FROM traces").rows == [(len(rows),)]
    stored = {span_id: (complete, outcome) for span_id, complete, outcome in rows}
    assert len(rows) == len(stored), "a span is there twice"
    # One of the two threads may have numbered a record and died before it wrote it, which the other then did.
    assert all(count == 1 for _, count in gaps)
    assert len({process for process, _ in gaps}) == len(gaps) <= POINTS
    print(f"{POINTS} kills: {len(ended):,} spans had ended, {len(rows):,} are stored")
    assert len(ended) > 10 * POINTS
    assert [span_id for span_id in ended if not stored.get(span_id, (False, None))[0]] == []
    cut = begun.keys() - ended.keys()
    assert {stored[span_id][1] for span_id in cut} <= {"interrupted", "complete"}  # some ended just before the kill
    interrupted = {span_id for span_id, (_, outcome) in stored.items() if outcome == "interrupted"}
    assert interrupted
    assert not interrupted & ended.keys()
    assert {outcome for _, outcome in stored.values()} == {"complete", "interrupted"}
