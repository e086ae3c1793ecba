"""What is current goes along into other processes, and a worker's tasks stand beneath whoever sent them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.recorded import journaled

PROGRAM = """
import multiprocessing, sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.pool import Pool, ThreadPool

import tracekit

tracekit.autolog(instrument=[])


def work(number):
    with tracekit.span(f"work {number}"):
        return number


def both(first, second):
    return work(first + second)


def main(method):
    processes = multiprocessing.get_context(method)
    with tracekit.context(session_id="s-1"), tracekit.span("sender") as sender:
        one = processes.Process(target=work, args=(0,))
        one.start()
        one.join()
        assert one.exitcode == 0
        assert not [name for name in one.__dict__ if "tracekit" in name]
        with ProcessPoolExecutor(2, mp_context=processes) as executor:
            assert list(executor.map(work, [1, 2])) == [1, 2]
            assert executor.submit(work, 3).result() == 3
            with processes.Pool(2) as pool:
                assert pool.map(work, [4, 5]) == [4, 5]
                assert pool.apply(work, (6,)) == 6
                assert pool.starmap(both, [(3, 4)]) == [7]
                assert list(pool.imap(work, [8])) == [8]
                assert list(pool.imap_unordered(func=work, iterable=[9])) == [9]
                with ThreadPool(1) as threads:
                    assert threads.map(work, [10]) == [10]
    with processes.Pool(1) as pool, ProcessPoolExecutor(1, mp_context=processes) as executor:
        with tracekit.span("second sender"):
            assert pool.apply(work, (11,)) == 11
            assert executor.submit(work, 12).result() == 12
        assert pool.apply(work, (13,)) == 13
        assert executor.submit(work, 14).result() == 14


if __name__ == "__main__":
    main(sys.argv[1])
"""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_spans_in_other_processes_stand_beneath_those_that_sent_the_work(method: str, data_dir: Path, tmp_path: Path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")
    ended = subprocess.run([sys.executable, str(program), method], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    spans = journaled(data_dir).ended
    by_name = {span.name: span for span in spans}
    assert len(by_name) == len(spans) == 17
    for number in range(15):
        span: Any = by_name[f"work {number}"]
        sender = by_name["sender"] if number < 11 else by_name["second sender"] if number < 13 else None
        assert span.parent_span_id == (sender.span_id if sender else None), number
        assert span.attributes.get("session.id") == ("s-1" if number < 11 else None), number
    assert len({by_name[f"work {number}"].trace_id for number in (*range(11), 11, 13, 14)}) == 4


def test_a_process_that_is_not_traced_takes_no_notice(tmp_path: Path):
    program = tmp_path / "program.py"
    lines = ["import multiprocessing", "def work(number):", "    print(number)", "if __name__ == '__main__':"]
    lines += ["    import tracekit", "    tracekit.autolog(instrument=[])", "    with tracekit.span('sender'):"]
    lines += ["        one = multiprocessing.get_context('spawn').Process(target=work, args=(7,))"]
    lines += ["        one.start(); one.join()", "    print(one.exitcode)"]
    program.write_text("\n".join(lines), encoding="utf-8")
    ended = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, check=True)
    assert (ended.stdout, ended.stderr) == ("7\n0\n", "")


def test_uninstrument_takes_the_carriers_out():
    import multiprocessing.pool
    import multiprocessing.process
    from concurrent.futures import process

    import tracekit

    held = [(multiprocessing.process.BaseProcess, "start"), (multiprocessing.process.BaseProcess, "_bootstrap")]
    held += [(multiprocessing.pool.Pool, "imap"), (process.ProcessPoolExecutor, "submit")]
    before = [vars(owner)[name] for owner, name in held]
    tracekit.autolog(instrument=[])
    assert all(vars(owner)[name] is not was for (owner, name), was in zip(held, before, strict=True))
    tracekit.uninstrument()
    assert [vars(owner)[name] for owner, name in held] == before
