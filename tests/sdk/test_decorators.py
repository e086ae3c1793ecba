from __future__ import annotations

import asyncio
import gc
import inspect
import logging
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

import tracekit
from tests.support.recorded import Journaled, journaled

Recorded = Callable[[], Journaled]


@tracekit.trace
def add(a: int, b: int = 2) -> int:
    return a + b


@tracekit.trace
def count(n: int) -> Iterator[int]:
    for number in range(n):
        time.sleep(0.01)
        yield number


@tracekit.trace
async def count_slowly(n: int) -> AsyncIterator[int]:
    for number in range(n):
        await asyncio.sleep(0.01)
        yield number


def milliseconds(span) -> float:
    return (span.end_ns - span.start_ns) / 1e6


def test_a_function_gives_its_result_and_one_span(recorded: Recorded):
    assert add(1) == 3
    span = recorded().one("add")
    assert span.attributes["tracekit.input"] == {"a": 1}
    assert span.attributes["tracekit.output"] == 3


def test_decorated_functions_keep_their_kind_and_signature():
    async def coroutine() -> None: ...

    assert inspect.isgeneratorfunction(count)
    assert inspect.isasyncgenfunction(count_slowly)
    assert inspect.iscoroutinefunction(tracekit.trace(coroutine))
    assert str(inspect.signature(add)) == "(a: 'int', b: 'int' = 2) -> 'int'"
    assert add.__name__ == "add"


def test_an_exception_passes_and_is_recorded(recorded: Recorded):
    error = ValueError("no such city")

    @tracekit.trace(name="look up", kind="tool")
    def fail() -> None:
        raise error

    with pytest.raises(ValueError, match="no such city") as caught:
        fail()
    assert caught.value is error
    span = recorded().one("look up")
    assert (span.status_code, span.status_message) == (2, "no such city")
    assert span.attributes["error.type"] == "ValueError"
    assert span.attributes["gen_ai.tool.name"] == "look up"
    assert "no such city" in span.events[0]["attributes"]["exception.stacktrace"]


def test_methods_leave_self_out(recorded: Recorded):
    class Shop:
        @tracekit.trace
        def price(self, item: str) -> int:
            return len(item)

        @staticmethod
        @tracekit.trace
        def tax(rate: float) -> float:
            return rate

        @tracekit.trace
        @classmethod
        def name(cls) -> str:
            return cls.__name__

    assert (Shop().price("bike"), Shop.tax(0.2), Shop.name()) == (4, 0.2, "Shop")
    seen = recorded()
    assert seen.names == [f"test_methods_leave_self_out.Shop.{name}" for name in ("price", "tax", "name")]
    assert seen.ended[0].attributes["tracekit.input"] == {"item": "bike"}


def test_a_coroutine_is_one_span_whose_children_know_it(recorded: Recorded):
    @tracekit.trace
    async def child(number: int) -> int:
        await asyncio.sleep(0.001)
        return number

    @tracekit.trace
    async def parent() -> list[int]:
        return await asyncio.gather(*(child(number) for number in range(3)))

    assert asyncio.run(parent()) == [0, 1, 2]
    seen = recorded()
    root = next(span for span in seen.ended if span.name.endswith("parent"))
    assert {span.parent_span_id for span in seen.ended if span is not root} == {root.span_id}
    assert len({span.trace_id for span in seen.ended}) == 1


def test_a_generator_read_to_its_end(recorded: Recorded):
    assert list(count(3)) == [0, 1, 2]
    span = recorded().one("count")
    assert span.attributes["tracekit.output"] == [0, 1, 2]
    assert "tracekit.outcome" not in span.attributes
    assert milliseconds(span) >= 30


@pytest.mark.parametrize("end", ["break", "close", "del"])
def test_an_abandoned_generator_ends_once_with_its_true_length(recorded: Recorded, end: str):
    began = time.time_ns()
    numbers = count(100)
    for number in numbers:
        if number == 1:
            break
    time.sleep(0.02)
    if end == "close":
        numbers.close()
    del numbers
    gc.collect()
    let_go = time.time_ns()
    time.sleep(0.05)
    seen = recorded()
    assert seen.names == ["count"]
    assert seen.ended[0].attributes["tracekit.outcome"] == "abandoned"
    assert milliseconds(seen.ended[0]) >= 40
    assert began <= seen.ended[0].start_ns < seen.ended[0].end_ns <= let_go


def test_a_generator_that_was_never_started_is_no_span(recorded: Recorded):
    count(3)
    gc.collect()
    assert recorded().started == []


def test_send_throw_and_return_reach_the_generator(recorded: Recorded):
    @tracekit.trace(name="dialogue")
    def dialogue() -> Iterator[str]:
        got = yield "first"
        try:
            yield f"got {got}"
        except KeyError:
            yield "caught"
        return "done"

    running = dialogue()
    assert next(running) == "first"
    assert running.send("this") == "got this"
    assert running.throw(KeyError("x")) == "caught"
    with pytest.raises(StopIteration) as stop:
        next(running)
    assert stop.value.value == "done"
    assert recorded().one("dialogue").attributes["tracekit.output"] == "firstgot thiscaught"


def test_a_generator_holds_nothing_current_between_steps(recorded: Recorded):
    numbers = count(2)
    next(numbers)
    assert tracekit.current_trace_id() is None
    add(1)
    list(numbers)
    seen = recorded()
    assert seen.one("add").trace_id != seen.one("count").trace_id


def test_an_async_generator_closed_from_another_task_leaves_no_log(
    recorded: Recorded, caplog: pytest.LogCaptureFixture
):
    async def main() -> None:
        numbers = count_slowly(100)
        await anext(numbers)
        await asyncio.create_task(numbers.aclose())
        other = count_slowly(100)
        await anext(other)
        del other
        gc.collect()
        await asyncio.sleep(0.01)

    with caplog.at_level(logging.DEBUG, logger="opentelemetry"):
        asyncio.run(main())
    assert [record.message for record in caplog.records if "ontext" in record.message] == []
    seen = recorded()
    assert seen.names == ["count_slowly"] * 2
    assert {span.attributes["tracekit.outcome"] for span in seen.ended} == {"abandoned"}


def test_a_cancelled_coroutine_says_so(recorded: Recorded):
    @tracekit.trace(name="slow")
    async def slow() -> None:
        await asyncio.sleep(30)

    async def main() -> None:
        task = asyncio.create_task(slow())
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    span = recorded().one("slow")
    assert span.attributes["tracekit.outcome"] == "cancelled"
    assert span.status_code == 0


def test_more_items_than_are_kept_are_counted(recorded: Recorded):
    @tracekit.trace(name="many")
    def many() -> Iterator[int]:
        yield from range(1_500)

    assert sum(many()) == sum(range(1_500))
    span = recorded().one("many")
    assert len(span.attributes["tracekit.output"]) == 1_000
    assert span.attributes["tracekit.output.omitted"] == 500


def test_what_json_cannot_hold_costs_only_itself(recorded: Recorded):
    loop: list[object] = []
    loop.append(loop)

    class Odd:
        def __repr__(self) -> str:
            raise RuntimeError("no repr")

    @tracekit.trace(name="odd")
    def odd(**values: object) -> object:
        return values["good"]

    assert odd(good=1, odd=Odd(), loop=loop, text="\ud800", number=float("nan")) == 1
    span = recorded().one("odd")
    assert span.attributes["tracekit.output"] == 1
    assert "not recorded" in span.attributes["tracekit.input"]


def test_a_decorator_on_the_wrong_thing_says_so():
    with pytest.raises(tracekit.TracekitError, match="is not a function"):
        tracekit.trace(3)  # type: ignore[call-overload]
    with pytest.raises(tracekit.TracekitError, match="kind 'toll' is unknown"):
        tracekit.trace(kind="toll")  # type: ignore[call-overload]


def test_without_autolog_functions_just_run():
    assert add(1) == 3
    assert list(count(2)) == [0, 1]


def test_a_generator_that_outlives_the_program_is_abandoned(data_dir: Path):
    code = (
        "import tracekit\ntracekit.autolog(instrument=[])\n@tracekit.trace\ndef count():\n    yield 1\n    yield 2\n"
        "numbers = count()\nnext(numbers)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert journaled(data_dir).one("count").attributes["tracekit.outcome"] == "abandoned"


def test_a_key_that_json_cannot_have_becomes_text(recorded: Recorded):
    @tracekit.trace(name="prices")
    def prices() -> dict[object, object]:
        return {("Konstanz", 3): 24, "note": [{(1, 2): "x"}]}

    prices()
    assert recorded().one("prices").attributes["tracekit.output"] == {
        "('Konstanz', 3)": 24,
        "note": [{"(1, 2)": "x"}],
    }
