"""Many processes, and every way to become one or to end: what each ended is stored once, without a complaint."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections import Counter
from pathlib import Path

import pytest

from tests.support.recorded import journaled
from tests.support.torture import rounds
from tracekit.query.source import open_source

PROCESSES = rounds(16, all_of_them=64)
SPANS = rounds(100, all_of_them=1_000)
START = "import os, sys, threading, time, tracekit\ntracekit.autolog(instrument=[])\n"


def program(code: str, directory: Path, *, before: str = "") -> subprocess.CompletedProcess[str]:
    """Run a program that traces into a data directory; it must say nothing on stderr."""
    script = directory / "program.py"
    script.write_text(before + START + textwrap.dedent(code))
    done = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "TRACEKIT_DIR": str(directory)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.stderr == ""
    return done


def stored(directory: Path) -> tuple[Counter[str], Counter[str]]:
    """Names of the spans that are complete, and of all others with their outcome; nothing may be missing or damaged."""
    with open_source(directory, tell=pytest.fail) as source:
        rows = source.sql("SELECT name, outcome, end_time IS NOT NULL FROM spans").rows
        assert source.sql("SELECT count(*) FROM gaps").rows == [(0,)]
    complete = Counter(name for name, outcome, ended in rows if ended and outcome == "complete")
    return complete, Counter(f"{name} {outcome}" for name, outcome, ended in rows if not ended or outcome != "complete")


@pytest.mark.torture
def test_many_processes_at_once_after_a_fork_between_autolog_and_the_first_call(tmp_path: Path) -> None:
    done = program(
        f"""
        reading, writing = os.pipe()
        for number in range({PROCESSES}):
            if os.fork() == 0:
                os.close(writing)
                os.read(reading, 1)  # all begin at once, when the last end of the pipe is closed
                for _ in range({SPANS}):
                    with tracekit.span(f"process {{number}}", input="a question" * 10):
                        pass
                result = tracekit.shutdown()
                os._exit(result.dropped and 1)
        os.close(writing)
        print(sum(os.waitpid(-1, 0)[1] != 0 for _ in range({PROCESSES})))
        """,
        tmp_path,
    )
    assert (done.returncode, done.stdout) == (0, "0\n")
    assert stored(tmp_path) == (Counter({f"process {number}": SPANS for number in range(PROCESSES)}), Counter())
    print(f"{PROCESSES} processes: {PROCESSES * SPANS:,} spans stored")


ENDINGS = {
    "a fork within a span, which ends in the parent alone": (
        """
        with tracekit.span("outer"):
            with tracekit.span("before"): pass
            child = os.fork()
            with tracekit.span("child" if child == 0 else "parent"): pass
            if child == 0: os._exit(0)
            os.waitpid(child, 0)
        """,
        {"outer": 1, "before": 1, "child": 1, "parent": 1},
        {},
    ),
    "a child that leaves the parent's block by an exception": (
        """
        child = None
        try:
            with tracekit.span("outer"):
                child = os.fork()
                if child == 0: raise SystemExit
        except SystemExit:
            with tracekit.span("child"): pass
            sys.exit()
        os.waitpid(child, 0)
        """,
        {"outer": 1, "child": 1},
        {},
    ),
    "a double fork, as daemons do it": (
        """
        reading, writing = os.pipe()
        if os.fork() == 0:
            with tracekit.span("between"): pass
            os.setsid()
            if os.fork() == 0:
                os.close(reading)
                with tracekit.span("daemon"): pass
                os._exit(0)
            os._exit(0)
        os.close(writing)
        os.read(reading, 1)
        os.wait()
        with tracekit.span("parent"): pass
        """,
        {"between": 1, "daemon": 1, "parent": 1},
        {},
    ),
    "a fork while other threads trace": (
        """
        import warnings
        warnings.simplefilter("ignore")
        def trace():
            for _ in range(300):
                with tracekit.span("thread"): pass
        threads = [threading.Thread(target=trace) for _ in range(4)]
        for thread in threads: thread.start()
        for _ in range(10):
            if os.fork() == 0:
                with tracekit.span("child"): pass
                tracekit.shutdown()
                os._exit(0)
        for thread in threads: thread.join()
        for _ in range(10): assert os.wait()[1] == 0
        """,
        {"thread": 1200, "child": 10},
        {},
    ),
    "os._exit": (
        """
        with tracekit.span("ended"): pass
        with tracekit.span("open"):
            os._exit(0)
        """,
        {"ended": 1},
        {"open interrupted": 1},
    ),
    "an exception that nobody catches": (
        """
        sys.excepthook = lambda *_: None
        with tracekit.span("failed"):
            raise ValueError
        """,
        {"failed": 1},
        {},
    ),
    "functions at exit, which trace": (
        """
        import atexit
        def last():
            with tracekit.span("last"): pass
        atexit.register(last)
        tracekit.shutdown()
        with tracekit.span("after shutdown"): pass
        """,
        {"last": 1, "after shutdown": 1},
        {},
    ),
    "an object that traces when it is finalised with its module": (
        """
        class Last:
            def __del__(self):
                with tracekit.span("finalised"): pass
        kept = Last()
        with tracekit.span("ended"): pass
        """,
        {"finalised": 1, "ended": 1},
        {},
    ),
}


@pytest.mark.parametrize(("code", "complete", "others"), ENDINGS.values(), ids=ENDINGS)
def test_forks_and_ends(tmp_path: Path, code: str, complete: dict[str, int], others: dict[str, int]) -> None:
    program(code, tmp_path)
    assert stored(tmp_path) == (Counter(complete), Counter(others))
    assert Counter(journaled(tmp_path).names) == Counter(complete), "a span's end is its own process's to tell"


def test_daemon_threads_that_trace_until_the_interpreter_is_gone(tmp_path: Path) -> None:
    program(
        """
        log = os.open(os.environ["TRACEKIT_DIR"] + "/log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        def trace():
            while True:
                with tracekit.span("thread") as span: pass
                os.write(log, span.span_id.encode() + b"\\n")
        for _ in range(3):
            threading.Thread(target=trace, daemon=True).start()
        time.sleep(0.1)
        """,
        tmp_path,
    )
    ended = (tmp_path / "log").read_text().splitlines()
    with open_source(tmp_path) as source:
        rows = source.sql("SELECT span_id, outcome FROM spans").rows
    assert len(rows) == len({span_id for span_id, _ in rows})
    assert len(ended) > 10
    assert set(ended) <= {span_id for span_id, outcome in rows if outcome == "complete"}


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing(tmp_path: Path, method: str) -> None:
    program(
        f"""
        import multiprocessing
        def work(number):
            with tracekit.span(f"work {{number}}"): pass
        if __name__ == "__main__":
            context = multiprocessing.get_context("{method}")
            with tracekit.span("main"):
                with context.Pool(2) as pool:
                    pool.map(work, range(6), chunksize=1)
                    pool.close()
                    pool.join()
        """,
        tmp_path,
    )
    assert stored(tmp_path) == (Counter({"main": 1, **{f"work {number}": 1 for number in range(6)}}), Counter())


def test_tests_in_several_workers(tmp_path: Path) -> None:
    """pytest-xdist starts its workers through execnet: neither a fork nor multiprocessing."""
    suite = tmp_path / "test_suite.py"
    suite.write_text(
        START + "import pytest\n@pytest.mark.parametrize('number', range(6))\ndef test(number):\n"
        "    with tracekit.span(f'test {number}'): pass\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "xdist", "-n", "2", "-c", os.devnull, str(suite)],
        env={**os.environ, "TRACEKIT_DIR": str(tmp_path), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert stored(tmp_path) == (Counter({f"test {number}": 1 for number in range(6)}), Counter())


def test_a_clock_set_back_loses_nothing(tmp_path: Path) -> None:
    """Also in a child, whose own spans then begin before the fork did."""
    program(
        """
        with tracekit.span("across"):
            shift = 3_600 * 10**9
        with tracekit.span("after"): pass
        child = os.fork()
        if child == 0:
            shift = 2 * 3_600 * 10**9
            with tracekit.span("child"): pass
            tracekit.shutdown()
            os._exit(0)
        os.waitpid(child, 0)
        shift = 10**9 * 10**9
        tracekit.shutdown()
        with tracekit.span("in the nineties"): pass
        """,
        tmp_path,
        before="import time\nreal, shift = time.time_ns, 0\ntime.time_ns = lambda: real() - shift\n",
    )
    assert stored(tmp_path) == (Counter(["across", "after", "child", "in the nineties"]), Counter())
    with open_source(tmp_path) as source:
        [(duration,)] = source.sql("SELECT duration_ms FROM spans WHERE name = 'across'").rows
    print(json.dumps({"duration across the step": duration}))
