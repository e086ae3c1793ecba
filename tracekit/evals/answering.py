"""One answer of the evaluated function to one row, in a trace of its own, whatever the function is and however it ends.

It may be a plain function (which runs in a worker thread), a coroutine function, or one that yields its answer. What it
raises is the row's, and named; it never ends the run.
"""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

from opentelemetry import context as otel

from tracekit import semconv
from tracekit.errors import UsageError
from tracekit.evals.row import FIELDS, Row, read_row
from tracekit.sdk.context import context
from tracekit.sdk.runtime import runtime
from tracekit.sdk.spans import SpanHandle

_GIVEN = frozenset(FIELDS) - {"id", "input", "trace_id"}
"""Fields that a function may return beside its output."""


class UnusableAnswerError(TypeError):
    """The function returned what no row can hold."""


@dataclass(slots=True, kw_only=True)
class Answer:
    """What became of a row: known bit by bit while the function runs, so that a time-out finds what there is.

    Attributes:
        row: the row, with the answer where there is one.
        trace_id: of the trace, where it is recorded.
        error: what the function raised.
        seconds: how long it took.
        given: fields that the function itself returned.
        done: the function has returned or raised.
    """

    row: Row
    trace_id: str | None = None
    error: str | None = None
    seconds: float | None = None
    given: frozenset[str] = frozenset()
    done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How rows are given to a function.

    Attributes:
        name: the suite's: names the spans.
        function: what answers.
        tags: put on every span.
        loop: the run's event loop.
        watch: told the id of each trace before it begins.
        waits: whether the function is a coroutine function.
    """

    name: str
    function: Callable[..., Any]
    tags: tuple[str, ...] = ()
    loop: asyncio.AbstractEventLoop
    watch: Callable[[str], None] | None = None
    waits: bool = field(init=False)

    def __post_init__(self) -> None:
        called = getattr(self.function, "__call__", None)  # noqa: B004 - of an object, what calling it calls
        waits = inspect.iscoroutinefunction(self.function) or inspect.iscoroutinefunction(called)
        object.__setattr__(self, "waits", waits)

    def answer(self, answer: Answer, trial: int) -> None:
        """Ask for one row, in this thread; what comes is put into `answer`."""
        with context(tags=self.tags or None):
            otel.attach(otel.Context())  # this thread's context is a copy: nothing is current that the trace could join
            span = self._begin(answer, trial)
            began = perf_counter()
            try:
                with span:
                    found = self.function(answer.row)
                    if isinstance(found, Awaitable | AsyncIterator):
                        found = asyncio.run_coroutine_threadsafe(_awaited(found), self.loop).result()
                    elif isinstance(found, Iterator):
                        found = _joined(list(found))
                    self._end(answer, found, span)
            except (Exception, SystemExit) as error:  # noqa: BLE001 - what the program raises is the row's, and named
                answer.error = said(error)
            answer.seconds, answer.done = perf_counter() - began, True

    async def answer_waiting(self, answer: Answer, trial: int) -> None:
        """Ask for one row, on the event loop; see `answer`."""
        before = otel.get_current()
        with context(tags=self.tags or None):
            otel.attach(otel.Context())
            span = self._begin(answer, trial)
            began = perf_counter()
            try:
                with span:
                    found = self.function(answer.row)
                    self._end(answer, await _awaited(found), span)
            except (Exception, SystemExit) as error:  # noqa: BLE001 - as above
                answer.error = said(error)
            finally:
                otel.attach(before)
            answer.seconds, answer.done = perf_counter() - began, True

    def _begin(self, answer: Answer, trial: int) -> SpanHandle:
        span = SpanHandle(self.name, input=answer.row.input)
        if runtime.writer is not None and span.span.get_span_context().is_valid and span.span.is_recording():
            answer.trace_id = span.trace_id
            if self.watch is not None:
                self.watch(span.trace_id)
        span.set_attribute(semconv.EVAL_SUITE, self.name)
        span.set_attribute(semconv.EVAL_ROW, answer.row.id or "")
        span.set_attribute(semconv.EVAL_TRIAL, trial)
        return span

    def _end(self, answer: Answer, found: Any, span: SpanHandle) -> None:
        answer.row, answer.given = _filled(answer.row, found, self.name)
        if answer.row.output is not None:
            span.set_output(answer.row.output)


def said(error: BaseException) -> str:
    """An error in one line: its type, and what it says."""
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _filled(row: Row, found: Any, name: str) -> tuple[Row, frozenset[str]]:
    """The row with what the function returned, and which fields that was."""
    if isinstance(found, Row):
        given = frozenset(field for field in _GIVEN if getattr(found, field) not in (None, {}))
        return replace(row, **{field: getattr(found, field) for field in given}), given
    plain = _plain(found, name)
    if isinstance(plain, Mapping) and "output" in plain and plain.keys() <= _GIVEN:
        try:
            read = read_row(plain, where=f"what {name} returned")
        except UsageError as error:
            raise UnusableAnswerError(str(error)) from None
        given = frozenset(plain)
        return replace(row, **{field: getattr(read, field) for field in given}), given
    return replace(row, output=plain), frozenset({"output"})


def _plain(found: Any, name: str) -> Any:
    if found is None or isinstance(found, str | int | float | bool | Mapping | list | tuple):
        return found
    if hasattr(found, "model_dump"):
        return found.model_dump(mode="json")  # a pydantic model
    if dataclasses.is_dataclass(found) and not isinstance(found, type):
        return dataclasses.asdict(found)
    raise UnusableAnswerError(
        f"{name} returned {found!r:.80} ({type(found).__name__}); it returns text, JSON, fields or a Row."
    )


async def _awaited(found: Any) -> Any:
    if isinstance(found, Awaitable):
        found = await found
    if isinstance(found, AsyncIterator):
        return _joined([item async for item in found])
    return _joined(list(found)) if isinstance(found, Iterator) else found


def _joined(items: list[Any]) -> Any:
    """What a function yielded: one text where it is pieces of text."""
    return "".join(items) if items and all(isinstance(item, str) for item in items) else items
