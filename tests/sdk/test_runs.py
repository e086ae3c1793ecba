"""Runs that a framework tells of by events: a small framework, with all the ways in which real ones tell badly."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextvars import copy_context
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from opentelemetry import context as otel

import tracekit
from tests.support.recorded import Journaled, journaled
from tracekit import semconv
from tracekit.model import Invocation, Response
from tracekit.sdk import guard
from tracekit.sdk.installed import Installed
from tracekit.sdk.integration import Hook, Integration
from tracekit.sdk.runs import Runs
from tracekit.sdk.runtime import runtime


class Steering(Exception):  # noqa: N818 - it is no error
    """What a framework raises to go on elsewhere."""


def make_runs() -> Runs:
    return Runs(
        "frame",
        key=lambda *_, key, **__: key,
        parent=lambda *_, parent=None, **__: parent,
        is_failure=lambda error: not isinstance(error, Steering),
    )


class Pieces:
    def __init__(self) -> None:
        self.seen = ""

    def add(self, piece: str) -> None:
        self.seen += piece

    def response(self) -> Response:
        return Response(content={semconv.OUTPUT: self.seen})


class Framework:
    """Listeners, and functions with hooks around them."""

    def __init__(self, runs: Runs) -> None:
        begin = runs.begin(lambda name, **_: Invocation(name=name, content={semconv.INPUT: name}), Pieces)
        piece = runs.piece(lambda piece, **_: piece)
        end = runs.end(lambda result, **_: Response(content={semconv.OUTPUT: result}))
        fail = runs.fail(lambda error, **_: Response(content={semconv.OUTPUT: str(error)}))
        self.runs = runs
        self.begin: Callable[..., Any] = lambda *args, **kwargs: begin(self, *args, **kwargs)
        self.piece: Callable[..., Any] = lambda *args, **kwargs: piece(self, *args, **kwargs)
        self.end: Callable[..., Any] = lambda *args, **kwargs: end(self, *args, **kwargs)
        self.fail: Callable[..., Any] = lambda *args, **kwargs: fail(self, *args, **kwargs)


@pytest.fixture
def framework(data_dir: Path) -> Iterator[Framework]:
    before, current = guard.faults(), otel.get_current()
    tracekit.autolog(directory=data_dir, instrument=[])
    runs = make_runs()
    installed = Installed(Integration(name="frame", package="frame", distribution="frame", versions=">=0", runs=runs))
    yield Framework(runs)
    installed.uninstall()
    tracekit.uninstrument()
    assert otel.get_current() == current
    assert guard.faults() == before


@pytest.fixture
def seen(data_dir: Path) -> Callable[[], Journaled]:
    return lambda: journaled(data_dir)


def beneath(found: Journaled, name: str) -> str | None:
    """The name of the span that this one stands beneath."""
    names = {span.span_id: span.name for span in found.ended}
    return names.get(found.one(name).parent_span_id or "")


def test_a_run_is_a_span(framework: Framework, seen: Callable[[], Journaled]) -> None:
    framework.begin("outer", key=1)
    framework.begin("inner", key=2, parent=1)
    assert tracekit.current_trace_id() is None
    framework.end("found", key=2)
    framework.end("done", key=1)
    framework.end("again", key=1)
    assert framework.runs.calls == {"step": 2}
    found = seen()
    assert found.names == ["inner", "outer"]
    assert beneath(found, "inner") == "outer"
    assert found.one("outer").attributes == {semconv.INPUT: "outer", semconv.OUTPUT: "done"}


def test_a_parent_nobody_knows_leaves_what_is_current(framework: Framework, seen: Callable[[], Journaled]) -> None:
    with tracekit.span("mine"):
        framework.begin("lost", key=1, parent=99)
        framework.end("", key=1)
    assert beneath(seen(), "lost") == "mine"


def test_the_end_may_come_from_anywhere(framework: Framework, seen: Callable[[], Journaled]) -> None:
    framework.begin("outer", key=1)
    thread = threading.Thread(target=lambda: framework.end("done", key=1))
    thread.start()
    thread.join()
    assert seen().names == ["outer"]


def test_a_run_that_fails_and_one_that_steers(framework: Framework, seen: Callable[[], Journaled]) -> None:
    framework.begin("fails", key=1)
    framework.begin("steers", key=2)
    framework.fail(ValueError("no"), key=1)
    framework.fail(Steering("left"), key=2)
    framework.fail(ValueError("never begun"), key=3)
    fails, steers = seen().one("fails"), seen().one("steers")
    assert (fails.status_code, fails.status_message) == (2, "no")
    assert (steers.status_code, steers.attributes[semconv.OUTPUT]) == (0, "left")


def test_pieces_of_a_run_that_breaks_off(framework: Framework, seen: Callable[[], Journaled]) -> None:
    framework.begin("left", key=1)
    framework.begin("cut", key=2)
    for key in (1, 2, 3):
        framework.piece("Hel", key=key)
        framework.piece("lo", key=key)
    framework.fail(GeneratorExit(), key=1)
    framework.fail(ValueError("cut"), key=2)
    left, cut = seen().one("left"), seen().one("cut")
    assert left.attributes[semconv.OUTCOME] == "abandoned"
    assert cut.attributes[semconv.OUTCOME] == "partial"
    assert left.attributes[semconv.OUTPUT] == cut.attributes[semconv.OUTPUT] == "Hello"


def test_a_run_nobody_ends_is_ended_with_the_process(framework: Framework, seen: Callable[[], Journaled]) -> None:
    framework.begin("left", key=1)
    runtime.abandon_unread()
    assert seen().one("left").attributes[semconv.OUTCOME] == "abandoned"


def test_a_fault_in_a_description_ends_the_run_all_the_same(
    data_dir: Path, seen: Callable[[], Journaled], capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("a fault")

    tracekit.autolog(directory=data_dir, instrument=[])
    runs = make_runs()
    installed = Installed(Integration(name="frame", package="frame", distribution="frame", versions=">=0", runs=runs))
    framework = Framework(runs)
    framework.begin("one", key=1)
    framework.begin("two", key=2)
    runs.end(broken)(None, "", key=1)
    runs.fail(broken)(None, Steering(), key=2)
    runs.begin(broken)(None, "three", key=3)
    framework.end(key=3, result="")
    framework.end("without a key")
    installed.uninstall()
    tracekit.uninstrument()
    assert seen().names == ["one", "two"]
    assert {"frame begin", "frame end", "frame key"} <= guard.faults().keys()
    assert "a fault of tracekit's own in frame" in capfd.readouterr().err


def test_nothing_begins_once_it_is_uninstalled(data_dir: Path, seen: Callable[[], Journaled]) -> None:
    tracekit.autolog(directory=data_dir, instrument=[])
    runs = make_runs()
    framework = Framework(runs)
    framework.begin("early", key=1)
    installed = Installed(Integration(name="frame", package="frame", distribution="frame", versions=">=0", runs=runs))
    framework.begin("open", key=2)
    installed.uninstall()
    framework.begin("late", key=3)
    framework.end("done", key=2)
    tracekit.uninstrument()
    assert [span.name for span in seen().started] == seen().names == ["open"]


def hooked(wrapper: Any, function: Any) -> Callable[..., Any]:
    """The function with the hook around it, as it is patched."""
    module = ModuleType("frame")
    module.__dict__["work"] = function
    import sys

    sys.modules["frame"] = module
    hook = Hook(module="frame", attribute="work", wrapper=wrapper)
    Installed(Integration(name="frame", package="frame", distribution="frame", versions=">=0", hooks=(hook,)))
    del sys.modules["frame"]
    return module.__dict__["work"]


def test_a_call_in_which_a_run_begins(framework: Framework, seen: Callable[[], Journaled]) -> None:
    def work(answer: str) -> str:
        framework.begin("run", key=1)
        with tracekit.span("inside"):
            framework.begin("child", key=2, parent=1)
            framework.end("", key=2)
        framework.end(answer, key=1)
        return answer

    with tracekit.span("mine"):
        assert hooked(framework.runs.within(), work)("done") == "done"
        with tracekit.span("after"):
            pass
    found = seen()
    assert [beneath(found, name) for name in ("run", "inside", "child", "after")] == ["mine", "run", "inside", "mine"]


def test_a_call_of_a_run_that_is_known(framework: Framework, seen: Callable[[], Journaled]) -> None:
    def work(key: int) -> None:
        with tracekit.span(f"inside {key}"):
            pass

    framework.begin("one", key=1)
    framework.begin("two", key=2)
    call = hooked(framework.runs.within(lambda key: key), work)
    for key in (1, 2, 3):
        call(key)
    framework.end("", key=2)
    framework.end("", key=1)
    found = seen()
    assert [beneath(found, f"inside {key}") for key in (1, 2, 3)] == ["one", "two", None]


def test_a_run_in_another_thread_is_not_the_calls(framework: Framework, seen: Callable[[], Journaled]) -> None:
    def work() -> None:
        thread = threading.Thread(target=lambda: framework.begin("elsewhere", key=1))
        thread.start()
        thread.join()
        with tracekit.span("inside"):
            framework.end("", key=1)

    hooked(framework.runs.within(), work)()
    assert beneath(seen(), "inside") is None


@pytest.mark.parametrize("error", [KeyboardInterrupt(), asyncio.CancelledError(), GeneratorExit()])
def test_what_a_framework_tells_nobody_of_ends_the_run(
    framework: Framework, seen: Callable[[], Journaled], error: BaseException
) -> None:
    def work() -> None:
        framework.begin("run", key=1)
        raise error

    with pytest.raises(type(error)) as raised:
        hooked(framework.runs.within(), work)()
    assert raised.value is error
    framework.end("too late", key=1)
    (run,) = seen().ended
    outcome = {"CancelledError": "cancelled", "GeneratorExit": "abandoned"}.get(type(error).__name__)
    assert run.attributes.get(semconv.OUTCOME) == outcome
    assert run.status_code == (0 if outcome else 2)


def test_an_error_is_the_frameworks_to_tell(framework: Framework, seen: Callable[[], Journaled]) -> None:
    def work() -> None:
        framework.begin("run", key=1)
        framework.end("handled", key=1)
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - it has no message
        hooked(framework.runs.within(), work)()
    assert seen().one("run").status_code == 0


def test_an_error_that_the_framework_never_told_of(framework: Framework, seen: Callable[[], Journaled]) -> None:
    def work() -> None:
        framework.begin("run", key=1)
        raise ValueError("untold")

    with pytest.raises(ValueError, match="untold"):
        hooked(framework.runs.within(), work)()
    run = seen().one("run")
    assert run.status_code == 2
    assert run.attributes[semconv.ERROR_TYPE] == "ValueError"
    framework.end("too late", key=1)
    assert len(seen().ended) == 1


def test_an_error_in_a_call_that_a_run_goes_on_after(framework: Framework, seen: Callable[[], Journaled]) -> None:
    def work(_key: int) -> None:
        raise ValueError

    framework.begin("run", key=1)
    with pytest.raises(ValueError):  # noqa: PT011 - it has no message
        hooked(framework.runs.within(lambda key: key), work)(1)
    assert seen().ended == []
    framework.end("handled", key=1)
    assert seen().one("run").status_code == 0


async def test_coroutines(framework: Framework, seen: Callable[[], Journaled]) -> None:
    async def work(key: int) -> int:
        framework.begin(f"run {key}", key=key)
        await asyncio.sleep(0)
        with tracekit.span(f"inside {key}"):
            await asyncio.sleep(0)
        await asyncio.shield(_ended(framework, key))
        return key

    call = hooked(framework.runs.within_async(), work)
    assert await asyncio.gather(call(1), call(2)) == [1, 2]
    assert await call(3) == 3
    assert tracekit.current_trace_id() is None
    found = seen()
    assert [beneath(found, f"inside {key}") for key in (1, 2, 3)] == ["run 1", "run 2", "run 3"]


async def _ended(framework: Framework, key: int) -> None:
    framework.end("done", key=key)


async def test_a_cancelled_coroutine(framework: Framework, seen: Callable[[], Journaled]) -> None:
    async def work() -> None:
        framework.begin("run", key=1)
        await asyncio.sleep(5)

    task = asyncio.create_task(hooked(framework.runs.within_async(), work)())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert seen().one("run").attributes[semconv.OUTCOME] == "cancelled"


def test_steps(framework: Framework, seen: Callable[[], Journaled]) -> None:
    def work() -> Iterator[str]:
        framework.begin("run", key=1)
        try:
            for number in range(3):
                with tracekit.span(f"inside {number}"):
                    pass
                yield str(number)
        finally:
            framework.end("done", key=1)

    stream = hooked(framework.runs.within_steps(), work)()
    for number in range(2):
        assert next(stream) == str(number)
        assert tracekit.current_trace_id() is None
    stream.close()
    found = seen()
    assert [beneath(found, f"inside {number}") for number in range(2)] == ["run", "run"]


async def test_steps_of_a_coroutine_closed_by_another_task(
    framework: Framework, seen: Callable[[], Journaled], caplog: pytest.LogCaptureFixture
) -> None:
    async def work() -> AsyncIterator[int]:
        framework.begin("run", key=1)
        for number in range(3):
            with tracekit.span(f"inside {number}"):
                await asyncio.sleep(0)
            yield number

    stream = hooked(framework.runs.within_async_steps(), work)()
    for number in range(2):
        assert await asyncio.create_task(anext(stream)) == number
        assert tracekit.current_trace_id() is None
    await asyncio.create_task(stream.aclose())
    found = seen()
    assert [beneath(found, f"inside {number}") for number in range(2)] == ["run", "run"]
    assert found.one("run").attributes[semconv.OUTCOME] == "abandoned"
    assert not caplog.records


def test_the_frameworks_own_copy_of_the_context(framework: Framework, seen: Callable[[], Journaled]) -> None:
    def inside() -> None:
        enter(SimpleNamespace(key=1))
        with tracekit.span("inside"):
            enter(SimpleNamespace(key=1))
            with tracekit.span("deeper"):
                pass

    enter = hooked(framework.runs.entered(lambda config: config.key), lambda _config: None)
    framework.begin("run", key=1)
    copy_context().run(inside)
    assert tracekit.current_trace_id() is None
    framework.end("", key=1)
    found = seen()
    assert (beneath(found, "inside"), beneath(found, "deeper")) == ("run", "inside")


def test_tags_are_added_to_those_in_force(framework: Framework, seen: Callable[[], Journaled]) -> None:
    begin = framework.runs.begin(lambda **_: Invocation(name="run", tags=["inner"]))
    with tracekit.context(tags=["outer"]):
        begin(None, key=1)
    framework.end("", key=1)
    assert seen().one("run").attributes[semconv.TAGS] == ["outer", "inner"]
