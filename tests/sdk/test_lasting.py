"""Calls whose result has the work before it, methods of whole families of classes, and objects that call themselves."""

from __future__ import annotations

import asyncio
import gc
import inspect
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import context as otel

import tracekit
from tests.support.recorded import journaled
from tests.support.traced import Traced
from tracekit.model import Call, Invocation, Response
from tracekit.sdk import registry
from tracekit.sdk.integration import Integration, Method, Target


class Base:
    def count(self, upto: int) -> Any:
        raise LookupError(f"nothing counts up to {upto}")

    def walk(self) -> Iterator[int]:
        yield from self.count(2)

    async def later(self) -> AsyncIterator[int]:
        for number in range(2):
            with tracekit.span(f"inner {number}"):
                await asyncio.sleep(0)
            yield number


class Counter(Base):
    def count(self, upto: int) -> Iterator[int]:
        for number in range(upto):
            with tracekit.span(f"inner {number}"):
                pass
            yield number

    def soon(self, word: str) -> Any:
        async def answer() -> str:
            await asyncio.sleep(0)
            with tracekit.span("inner"):
                return word.upper()

        return answer()


class Twice(Counter):
    def count(self, upto: int) -> Iterator[int]:
        yield from super().count(upto)
        yield from super().count(upto)


class Other:
    """Its `__init_subclass__` must not be lost to one that stands before it."""

    made: list[str] = []  # noqa: RUF012 - what the test looks at

    def __init_subclass__(cls, **_: Any) -> None:
        Other.made.append(cls.__name__)


class Sum:
    def __init__(self) -> None:
        self.total = 0

    def add(self, chunk: int, /) -> None:
        self.total += chunk

    def response(self) -> Response:
        return Response(content={"tracekit.output": self.total})


def method(*, stream: bool = False, **options: Any) -> Method:
    def request(call: Call) -> Invocation:
        return Invocation(name=type(call.instance).__name__, stream=stream)

    def response(reply: Any) -> Response:
        return Response(content={"tracekit.output": reply})

    return Method(
        request=request, response=response, accumulator=Sum, nests=True, lasts=True, measured=False, **options
    )


COUNT, SOON, LATER = method(stream=True), method(), method()


@pytest.fixture
def traced(data_dir: Path) -> Iterator[Traced]:
    tracekit.autolog(directory=data_dir, instrument=[])
    targets = (
        Target(module=__name__, attribute="Base.count", method=COUNT, family=True),
        Target(module=__name__, attribute="Base.later", method=LATER),
        Target(module=__name__, attribute="Counter.soon", method=SOON),
    )
    made = Integration(name="counting", package=__name__, distribution="x", versions=">=1", targets=targets)
    registry.instrumentor(made)().instrument()
    yield Traced(data_dir)
    tracekit.uninstrument()
    journal = journaled(data_dir)
    assert {span.span_id for span in journal.started} == {span.span_id for span in journal.ended}


def test_a_generator_is_one_call_and_current_only_while_it_runs(traced: Traced) -> None:
    numbers = Counter().count(2)
    assert inspect.isgenerator(numbers)
    assert (numbers.__name__, numbers.__qualname__) == ("count", "Counter.count")
    for _ in numbers:
        assert not otel.get_current()
    assert traced.tree == [("Counter", ["inner 0", "inner 1"])]
    assert traced.said("Counter")["tracekit.output"] == 1
    assert traced.said("Counter")["gen_ai.response.time_to_first_chunk"] > 0


def test_a_generator_that_is_left_or_never_read_is_abandoned(traced: Traced) -> None:
    left = Counter().count(2)
    next(left)
    left.close()
    Counter().count(2)
    gc.collect()
    assert [span.attributes.get("tracekit.outcome") for span in traced.spans if span.name == "Counter"] == [
        "abandoned",
        "abandoned",
    ]


def test_an_error_is_the_generators_own(traced: Traced) -> None:
    with pytest.raises(LookupError, match="up to 1") as caught:
        Base().count(1)
    assert "tracekit" not in str(caught.traceback[-1].path)
    assert traced.one("Base").status_code == 2


async def test_an_async_generator_and_a_coroutine(traced: Traced) -> None:
    numbers, answer = Base().later(), Counter().soon("a")
    assert inspect.isasyncgen(numbers)
    assert inspect.iscoroutine(answer)
    assert (await answer, [number async for number in numbers]) == ("A", [0, 1])
    assert sorted(traced.tree) == [("Base", ["inner 0", "inner 1"]), ("Counter", ["inner"])]
    assert traced.said("Counter")["tracekit.output"] == "A"
    assert "gen_ai.response.time_to_first_chunk" not in traced.said("Base")
    assert not otel.get_current()


async def test_a_coroutine_that_is_cancelled(traced: Traced) -> None:
    task = asyncio.ensure_future(Counter().soon("a"))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert traced.outcomes == {"Counter": "cancelled"}


def test_an_object_that_goes_on_to_its_own_method_makes_one_call(traced: Traced) -> None:
    assert list(Twice().count(1)) == [0, 0]
    assert traced.tree == [("Twice", ["inner 0", "inner 0"])]


def test_classes_that_are_made_later_belong_to_the_family(traced: Traced) -> None:
    class Late(Base, Other):
        def count(self, upto: int) -> list[int]:
            return [upto]

    class Later(Late): ...

    assert Other.made == ["Late", "Later"]
    assert (Late().count(3), Later().count(3)) == ([3], [3])
    assert traced.tree == ["Late", "Later"]
    tracekit.uninstrument()
    assert "__init_subclass__" not in vars(Base)
    assert not any(hasattr(vars(cls)["count"], "__wrapped__") for cls in (Base, Counter, Twice, Late))
