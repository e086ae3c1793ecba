from __future__ import annotations

import asyncio
import contextvars
import logging
import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

import tracekit
from tests.support.recorded import Journaled

Recorded = Callable[[], Journaled]


@tracekit.trace(name="child")
def child(number: int) -> int:
    return number


@pytest.mark.parametrize("hop", ["submit", "map", "run_in_executor", "to_thread", "thread", "subclass"])
def test_children_in_threads_belong_to_the_trace(recorded: Recorded, hop: str, caplog: pytest.LogCaptureFixture):
    class Worker(threading.Thread):
        def run(self) -> None:
            child(0)

    async def in_loop() -> None:
        loop = asyncio.get_running_loop()
        if hop == "to_thread":
            await asyncio.gather(*(asyncio.to_thread(child, number) for number in range(3)))
        else:
            await asyncio.gather(*(loop.run_in_executor(None, child, number) for number in range(3)))

    with tracekit.span("parent") as parent, caplog.at_level(logging.DEBUG):
        if hop in ("submit", "map"):
            with ThreadPoolExecutor() as pool:
                if hop == "map":
                    assert list(pool.map(child, range(3))) == [0, 1, 2]
                else:
                    assert [future.result() for future in [pool.submit(child, number) for number in range(3)]] == [
                        0,
                        1,
                        2,
                    ]
        elif hop in ("thread", "subclass"):
            threads = [Worker() if hop == "subclass" else threading.Thread(target=child, args=(n,)) for n in range(3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
                assert "run" not in vars(thread)
        else:
            asyncio.run(in_loop())
    seen = recorded()
    assert seen.names == ["child"] * 3 + ["parent"]
    assert {span.parent_span_id for span in seen.ended} == {parent.span_id, None}
    assert not [record for record in caplog.records if "Context" in record.message]


def test_the_hosts_own_context_variables_stay_as_its_executor_has_them(recorded: Recorded):
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")
    variable.set("submitter")
    with ThreadPoolExecutor(1) as pool, tracekit.span("parent"):
        assert pool.submit(variable.get).result() == "unset"
        pool.submit(variable.set, "kept by the worker").result()
        assert pool.submit(variable.get).result() == "kept by the worker"


def test_a_worker_is_clean_after_the_task(recorded: Recorded):
    with ThreadPoolExecutor(1) as pool:
        with tracekit.span("parent"), tracekit.context(user_id="u"):
            pool.submit(child, 1).result()
        assert pool.submit(tracekit.current_trace_id).result() is None
        pool.submit(child, 2).result()
    spans = recorded().ended
    assert [span.attributes.get("user.id") for span in spans if span.name == "child"] == ["u", None]
    assert spans[-1].parent_span_id is None


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_fork_writes_its_own_spans_and_leaves_the_parents_alone(recorded: Recorded):
    with tracekit.span("parent") as parent:
        pid = os.fork()
        if pid == 0:
            child(1)
            parent.end()
            os._exit(0)
        os.waitpid(pid, 0)
    seen = recorded()
    assert seen.files == 2
    assert sorted(seen.names) == ["child", "parent"]
    assert seen.one("child").parent_span_id == parent.span_id


def _in_child() -> None:
    child(1)


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_multiprocessing_by_fork(recorded: Recorded):
    process = multiprocessing.get_context("fork").Process(target=_in_child)
    process.start()
    process.join()
    assert process.exitcode == 0
    assert recorded().names == ["child"]
