"""Open runs of a framework that tells of its work by events: begun, said a piece, ended, failed. One object for each.

An integration gives pure functions that say what an event means, and gets listeners to hand to the framework. A run's
parent is the run that the framework names, by its key; what is current only refines it (a span of the program's own
between the two) or stands in for it. Listeners never make anything current for others to take back: the end of a run
may come in another task or thread than its beginning, or never. A run is current only within a call that is seen from
start to end (`within`, and its kinds), or in a copy of the context that the framework makes for the run's own work
(`entered`).
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Hashable
from typing import Any

from opentelemetry import context as otel
from opentelemetry.context import Context

from tracekit.model import Accumulator, Invocation, Response
from tracekit.sdk import guard, stepwise
from tracekit.sdk.context import beneath, context
from tracekit.sdk.integration import Wrapper
from tracekit.sdk.recording import LiveRecording
from tracekit.sdk.runtime import runtime

_RUN = otel.create_key("tracekit-run")
_CALL = otel.create_key("tracekit-run-call")

Listener = Callable[..., Any]
"""A method of the framework's handler: takes whatever the framework tells, returns nothing, and never raises."""

Find = Callable[..., Hashable]
"""Finds a run's key in what the framework tells; None where there is none."""


class Run:
    """A run that has begun: its recording, and the context that its work belongs in."""

    __slots__ = ("context", "key", "recording")

    def __init__(self, key: Hashable, recording: LiveRecording, current: Context) -> None:
        self.key = key
        self.recording = recording
        self.context = beneath(recording.span, current, **{_RUN: self})

    def break_off(self, error: BaseException) -> None:
        """An error ended it; one whose reader has left is abandoned."""
        if isinstance(error, GeneratorExit):
            self.recording.abandon()
        else:
            self.recording.fail(error)


class Runs:
    """The open runs of one integration.

    Args:
        name: the integration's.
        key: finds the key of the run that an event is about, in the event's arguments.
        parent: finds the key of the run that a beginning run stands beneath.
        is_failure: whether an error that ended a run means that it failed; frameworks raise some to steer.
    """

    def __init__(self, name: str, *, key: Find, parent: Find, is_failure: Callable[[BaseException], bool]) -> None:
        self.calls: Counter[str] | None = None
        self._name = name
        self._key = key
        self._parent = parent
        self._is_failure = is_failure
        self._open: dict[Hashable, Run] = {}

    @property
    def active(self) -> bool:
        """Whether runs that begin are recorded. Those that are open are recorded to their end all the same."""
        return self.calls is not None and not runtime.disabled

    def begin(
        self, describe: Callable[..., Invocation], accumulator: Callable[[], Accumulator] | None = None
    ) -> Listener:
        """A listener to the beginning of runs.

        Args:
            describe: what the event says of the run.
            accumulator: collects the pieces of runs whose output comes in pieces, for those that break off.
        """

        def begun(_handler: Any, *args: Any, **kwargs: Any) -> None:
            if self.active:
                guard.call(f"{self._name} begin", self._begin, describe, accumulator, args, kwargs)

        return begun

    def piece(self, describe: Callable[..., Any]) -> Listener:
        """A listener to pieces of a run's output; `describe` gives what the accumulator takes."""

        def said(_handler: Any, *args: Any, **kwargs: Any) -> None:
            run = self._find(self._key, args, kwargs)
            if run is not None:
                piece = guard.call(f"{self._name} piece", describe, *args, **kwargs)
                run.recording.chunk(piece)

        return said

    def end(self, describe: Callable[..., Response]) -> Listener:
        """A listener to the end of runs; a fault in `describe` ends the run all the same."""

        def ended(_handler: Any, *args: Any, **kwargs: Any) -> None:
            run = self._take(args, kwargs)
            if run is not None:
                run.recording.finish(reply=guard.call(f"{self._name} end", describe, *args, **kwargs))

        return ended

    def fail(self, describe: Callable[..., Response]) -> Listener:
        """A listener to runs that end by an error, the first argument of the event.

        Args:
            describe: what is said of a run that the framework ended so to steer.
        """

        def failed(_handler: Any, error: BaseException, *args: Any, **kwargs: Any) -> None:
            run = self._take((error, *args), kwargs)
            if run is None:
                return
            if guard.call(f"{self._name} is_failure", self._is_failure, error) is False:
                run.recording.finish(reply=guard.call(f"{self._name} end", describe, error, *args, **kwargs))
            else:
                run.break_off(error)

        return failed

    def after(self, act: Callable[[Any], None]) -> Wrapper:
        """A hook that shows `act` the object, when a method of it has returned."""

        def hook(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            result = wrapped(*args, **kwargs)
            guard.call(f"{self._name} hook", act, instance)
            return result

        return hook

    def entered(self, key: Callable[..., Hashable]) -> Wrapper:
        """A hook around a function that makes a run the framework's current one, in a copy of the context.

        The copy is made for the run's work and nothing else, so that the run stays current in it for good.
        """

        def hook(wrapped: Callable[..., Any], _instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            result = wrapped(*args, **kwargs)
            run = self._find(key, args, kwargs)
            if run is not None and otel.get_current().get(_RUN) is not run:
                otel.attach(run.context)
            return result

        return hook

    def within(self, key: Find | None = None) -> Wrapper:
        """A hook around a function in which the run of this key works, or one begins: it is current until that is over.

        If the call ends by an exception that the framework tells nobody of, the run fails with it.
        """

        def hook(wrapped: Callable[..., Any], _instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            call = self._call(key, args, kwargs)
            call.enter()
            try:
                result = wrapped(*args, **kwargs)
            except BaseException as error:
                call.leave()
                call.close(error)
                raise
            call.leave()
            return result

        return hook

    def within_async(self, key: Find | None = None) -> Wrapper:
        """The same around a coroutine function."""

        async def hook(
            wrapped: Callable[..., Awaitable[Any]], _instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
        ) -> Any:
            call = self._call(key, args, kwargs)
            call.enter()
            try:
                result = await wrapped(*args, **kwargs)
            except BaseException as error:
                call.leave()
                call.close(error)
                raise
            call.leave()
            return result

        return hook

    def within_steps(self, key: Find | None = None) -> Wrapper:
        """The same around a generator function: current while it runs, never while its consumer does."""

        def hook(wrapped: Callable[..., Any], _instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            return stepwise.generator(wrapped, lambda a, k: self._call(key, a, k))(*args, **kwargs)

        return hook

    def within_async_steps(self, key: Find | None = None) -> Wrapper:
        """The same around an async generator function."""

        def hook(wrapped: Callable[..., Any], _instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            return stepwise.async_generator(wrapped, lambda a, k: self._call(key, a, k))(*args, **kwargs)

        return hook

    def close(self, run: Run, error: BaseException) -> None:
        """A run is over of which the framework has told nothing, and may never."""
        if self._open.pop(run.key, None) is not None:
            run.break_off(error)

    def _begin(
        self,
        describe: Callable[..., Invocation],
        accumulator: Callable[[], Accumulator] | None,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> None:
        here = current = otel.get_current()
        parent = self._find(self._parent, args, kwargs)
        if parent is not None and current.get(_RUN) is not parent:
            current = Context({**current, **parent.context})
        key, invocation = self._key(*args, **kwargs), describe(*args, **kwargs)
        with context(tags=invocation.tags):
            recording = LiveRecording(
                runtime,
                invocation,
                response=_as_described,
                accumulator=accumulator,
                integration=self._name,
                context=current,
                measured=False,  # the client's own call in it is
            )
        recording.defer()
        run = self._open[key] = Run(key, recording, current)
        if self.calls is not None:
            self.calls[invocation.operation or "step"] += 1
        call = here.get(_CALL)
        if isinstance(call, _Call):
            call.claim(run)

    def _find(self, find: Find, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Run | None:
        key = guard.call(f"{self._name} key", find, *args, **kwargs)
        return None if key is None else self._open.get(key)

    def _take(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Run | None:
        key = guard.call(f"{self._name} key", self._key, *args, **kwargs)
        return None if key is None else self._open.pop(key, None)

    def _call(self, key: Find | None, args: tuple[Any, ...], kwargs: dict[str, Any]) -> _Call:
        return _Call(self, None if key is None else self._find(key, args, kwargs), takes_any=key is None)


class _Call:
    """A call within which a run works: one that is known, or the first that begins. Entered and left in one context."""

    __slots__ = ("_before", "_context", "_run", "_runs", "_takes_any", "_thread")

    def __init__(self, runs: Runs, run: Run | None, *, takes_any: bool) -> None:
        self._runs = runs
        self._takes_any = takes_any
        self._before: Context | None = None
        self._context: Context | None = None
        self._run: Run | None = None
        self._thread = 0
        if run is not None:
            self._work(run)

    def enter(self) -> None:
        self._before = otel.get_current()
        self._thread = threading.get_ident()
        if self._context is None:
            self._context = Context({**self._before, _CALL: self})
        otel.attach(self._context)

    def leave(self) -> None:
        before, self._before = self._before, None
        if before is not None and otel.get_current().get(_CALL) is self:
            otel.attach(before)

    def claim(self, run: Run) -> None:
        """A run begins. The first is the call's own, if it begins right here and not in another thread."""
        here = otel.get_current() is self._context and threading.get_ident() == self._thread
        if self._takes_any and self._run is None and here:
            otel.attach(self._work(run))

    def item(self, _value: Any, /) -> None:
        """Pieces are told by events."""

    def close(self, error: BaseException | None = None, /) -> None:
        """The call is over. What is no `Exception`, such as a cancellation, many a framework tells nobody of."""
        if error is not None and not isinstance(error, Exception) and self._run is not None:
            self._runs.close(self._run, error)

    def _work(self, run: Run) -> Context:
        self._run = run
        self._context = Context({**run.context, _CALL: self})
        return self._context


def _as_described(reply: Any) -> Response:
    return reply
