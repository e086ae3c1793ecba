"""Open runs of a framework that tells of its work by events: begun, said a piece, ended, failed. One object for each.

An integration gives pure functions that say what an event means, and gets listeners to hand to the framework. A run's
parent is the run that the framework names, by its key; what is current only refines it (a span of the program's own
between the two) or stands in for it. Listeners never make anything current for others to take back: the end of a run
may come in another task or thread than its beginning, or never. A run is current only within a call that is seen from
start to end (`within`, and its kinds), in a copy of the context that the framework makes for the run's own work
(`entered`), for as long as the framework itself makes it current (`entering` and `leaving`), or where the framework
promises to tell of its end in the context of its beginning (`holds`).
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Hashable
from typing import Any

from opentelemetry import context as otel
from opentelemetry.context import Context

from tracekit.model import Accumulator, Invocation, Response
from tracekit.sdk import guard, stepwise
from tracekit.sdk.context import Activation, beneath, context
from tracekit.sdk.integration import Wrapper
from tracekit.sdk.recording import LiveRecording
from tracekit.sdk.runtime import runtime

_RUN = otel.create_key("tracekit-run")
_CALL = otel.create_key("tracekit-run-call")
_ENTERED = otel.create_key("tracekit-run-entered")

Listener = Callable[..., Any]
"""A method of the framework's handler: takes whatever the framework tells, returns nothing, and never raises."""

Find = Callable[..., Hashable]
"""Finds a run's key in what the framework tells; None where there is none."""


class Run:
    """A run that has begun: its recording, and the context that its work belongs in."""

    __slots__ = ("_before", "above", "amid", "context", "key", "outer", "read_on", "recording")

    def __init__(self, key: Hashable, recording: LiveRecording, current: Context, above: Run | None = None) -> None:
        self.key = key
        self.above = above
        self.recording = recording
        self.outer: Run | None = current.get(_RUN)  # type: ignore[assignment]
        """The run that it stands beneath."""
        self.context = beneath(recording.span, current, **{_RUN: self})
        self.read_on = False
        """Whether its output is a stream that somebody watches, who will end it."""
        self._before: Context | None = None
        self.amid = sys.exception()
        """The exception that the program was handling when it began."""

    def hold(self) -> None:
        """Make it current until it is told to be over."""
        self._before = otel.get_current()
        otel.attach(self.context)

    def release(self) -> None:
        """It is over, here or elsewhere, and with it what is current beneath it and was never told to be over."""
        before, self._before = self._before, None
        here = otel.get_current().get(_RUN)
        if before is not None and isinstance(here, Run) and here.stands_in(self):
            otel.attach(before)

    def stands_in(self, run: Run) -> bool:
        """Whether it is that run, or stands beneath it at any remove."""
        each: Run | None = self
        while each is not None and each is not run:
            each = each.outer
        return each is run

    def break_off(self, error: BaseException, reply: Response | None = None) -> None:
        """An error ended it; one whose reader has left is abandoned. `reply` is what is known of it all the same."""
        if isinstance(error, GeneratorExit):
            self.recording.abandon(reply=reply)
        else:
            self.recording.fail(error, reply=reply)


class _Entered(Activation):
    """A run that the framework has made current."""

    __slots__ = ("key",)

    def __init__(self, run: Run) -> None:
        self.key = run.key
        super().__init__(Context({**run.context, _ENTERED: self}))


class Runs:
    """The open runs of one integration.

    Args:
        name: the integration's.
        key: finds the key of the run that an event is about, in the event's arguments.
        parent: finds the key of the run that a beginning run stands beneath.
        is_failure: whether an error that ended a run means that it failed; frameworks raise some to steer.
        ends: whether the run of a key is one that the event can end. Where a framework gets the keys of ends wrong, the
            innermost current run that the event can end is the one that it means.
    """

    def __init__(
        self,
        name: str,
        *,
        key: Find,
        parent: Find,
        is_failure: Callable[[BaseException], bool] = lambda _error: True,
        ends: Callable[..., bool] | None = None,
    ) -> None:
        self.calls: Counter[str] | None = None
        self._name = name
        self._key = key
        self._parent = parent
        self._is_failure = is_failure
        self._ends = ends
        self._open: dict[Hashable, Run] = {}
        self._aside: dict[Hashable, Run] = {}
        """By the key of a run that is not recorded, the run that stands for it as a parent."""

    @property
    def active(self) -> bool:
        """Whether runs that begin are recorded. Those that are open are recorded to their end all the same."""
        return self.calls is not None and not runtime.disabled

    def begin(
        self,
        describe: Callable[..., Invocation | None],
        accumulator: Callable[[], Accumulator] | None = None,
        holds: Callable[..., bool] | None = None,
    ) -> Listener:
        """A listener to the beginning of runs.

        Args:
            describe: what the event says of the run; None of one that is not to be recorded, whose children stand
                beneath its parent.
            accumulator: collects the pieces of runs whose output comes in pieces, for those that break off.
            holds: whether the framework will tell of the end in the same context: the run is current until then.
        """

        def begun(_handler: Any, *args: Any, **kwargs: Any) -> None:
            if self.active:
                guard.call(f"{self._name} begin", self._begin, describe, accumulator, holds, args, kwargs)

        return begun

    def piece(self, describe: Callable[..., Any]) -> Listener:
        """A listener to pieces of a run's output; `describe` gives what the accumulator takes."""

        def said(_handler: Any, *args: Any, **kwargs: Any) -> None:
            run = self._find(self._key, args, kwargs)
            if run is not None:
                piece = guard.call(f"{self._name} piece", describe, *args, **kwargs)
                run.recording.chunk(piece)

        return said

    def end(
        self, describe: Callable[..., Response | None], rest: Callable[..., tuple[Any, str] | None] | None = None
    ) -> Listener:
        """A listener to the end of runs; a fault in `describe` ends the run all the same.

        Args:
            describe: what came of it; None where the pieces before it have said all.
            rest: of a result that is still to be read, the object and the name of the attribute that holds the
                generator. It is watched from then on, and its end is the run's.
        """

        def ended(_handler: Any, *args: Any, **kwargs: Any) -> None:
            run = self._take(args, kwargs)
            if run is None or run.read_on:
                return
            place = None if rest is None else guard.call(f"{self._name} rest", rest, *args, **kwargs)
            if place is None or not guard.call(f"{self._name} rest", self._read_on, run, *place):
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

    def told(self, say: Callable[..., Callable[[], Any] | None], *, after: bool = False) -> Wrapper:
        """A hook on a function by which the framework tells of its work.

        Args:
            say: makes of the function's arguments a listener with what it is to be told.
            after: once the function has returned; else before it is called.
        """

        def tell(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            listen = guard.call(f"{self._name} told", say, *args, **kwargs)
            if listen is not None:
                listen()

        def hook(wrapped: Callable[..., Any], _instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            if not after:
                tell(args, kwargs)
            result = wrapped(*args, **kwargs)
            if after:
                tell(args, kwargs)
            return result

        return hook

    def over(self, describe: Callable[..., Response]) -> Listener:
        """A listener to the end of runs, of a framework that tells so also while an exception passes through them."""

        def ended(_handler: Any, *args: Any, **kwargs: Any) -> None:
            passing = sys.exception()
            run = self._take(args, kwargs)
            if run is None:
                return
            reply = guard.call(f"{self._name} end", describe, *args, **kwargs)
            if passing is None or passing is run.amid:
                run.recording.finish(reply=reply)
            else:
                run.break_off(passing, reply)

        return ended

    def relaying(self, listener: Listener) -> Wrapper:
        """A hook around a function of the framework's that is called with what the listener wants to know."""

        def hook(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            listener(instance, *args, **kwargs)
            return wrapped(*args, **kwargs)

        return hook

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

    def entering(self, key: Callable[..., Hashable]) -> Wrapper:
        """A hook around the function by which the framework makes a run current, in the context that it is called in.

        Args:
            key: finds the run's key in the function's arguments.
        """

        def hook(wrapped: Callable[..., Any], _instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            result = wrapped(*args, **kwargs)
            run = self._find(key, args, kwargs)
            if run is not None:
                _Entered(run).enter()
            return result

        return hook

    def leaving(self, key: Callable[[Any], Hashable]) -> Wrapper:
        """A hook around the function that takes back what `entering` is around; where that fails, nothing is taken.

        Args:
            key: finds the key of the run that is current until then, in the object that the function belongs to.
        """

        def hook(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            left = guard.call(f"{self._name} key", key, instance)
            result = wrapped(*args, **kwargs)
            entered = otel.get_current().get(_ENTERED)
            if isinstance(entered, _Entered) and entered.key == left:
                entered.leave()
            return result

        return hook

    def within(self, key: Find | None = None, *, reads: bool = False) -> Wrapper:
        """A hook around a function in which the run of this key works, or one begins: it is current until that is over.

        If the call ends by an exception that the framework tells nobody of, the run fails with it.

        Args:
            key: finds the key of the run; None for the first run that begins in the call.
            reads: the function gives a generator, sync or async, that goes on with the run: its pieces are the run's,
                and its end is the run's.
        """

        def hook(wrapped: Callable[..., Any], _instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            call = self._call(key, args, kwargs, reads=reads)
            call.enter()
            try:
                result = wrapped(*args, **kwargs)
            except BaseException as error:
                call.leave()
                call.close(error)
                raise
            call.leave()
            return call.read(result)

        return hook

    def within_async(self, key: Find | None = None, *, reads: bool = False) -> Wrapper:
        """The same around a coroutine function."""

        async def hook(
            wrapped: Callable[..., Awaitable[Any]], _instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
        ) -> Any:
            call = self._call(key, args, kwargs, reads=reads)
            call.enter()
            try:
                result = await wrapped(*args, **kwargs)
            except BaseException as error:
                call.leave()
                call.close(error)
                raise
            call.leave()
            return call.read(result)

        return hook

    def telling(self) -> Wrapper:
        """A hook around a function that tells listeners of a run that begins: it is current until all are told."""

        def hook(wrapped: Callable[..., Any], _instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            call = _Call(self, None, takes_any=True, hands_on=True)
            call.enter()
            try:
                return wrapped(*args, **kwargs)
            finally:
                call.leave()

        return hook

    def telling_async(self) -> Wrapper:
        """The same around a coroutine function."""

        async def hook(
            wrapped: Callable[..., Awaitable[Any]], _instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
        ) -> Any:
            call = _Call(self, None, takes_any=True, hands_on=True)
            call.enter()
            try:
                return await wrapped(*args, **kwargs)
            finally:
                call.leave()

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

    def at(self, key: Hashable) -> Run | None:
        """The open run of this key."""
        return self._open.get(key)

    def abandon(self, run: Run) -> None:
        """Nobody will hear how this run ends, nor those beneath it."""
        for each in [other for other in self._open.values() if other.above is run]:
            self.abandon(each)
        if self._open.pop(run.key, None) is not None:
            run.recording.abandon()

    def close(self, run: Run, error: BaseException) -> None:
        """A run is over of which the framework has told nothing, and may never; and all that stands beneath it."""
        if self._open.get(run.key) is run:
            for each in [each for each in list(self._open.values()) if each.stands_in(run)]:
                self._open.pop(each.key, None)
                each.break_off(error)

    def _read_on(self, run: Run, owner: Any, attribute: str) -> bool:
        """Watch what is left to be read of a run's result, in the place where it stands."""
        call = _Call(self, run, takes_any=False, reads=True)
        setattr(owner, attribute, call.read(getattr(owner, attribute)))
        return True

    def _begin(
        self,
        describe: Callable[..., Invocation | None],
        accumulator: Callable[[], Accumulator] | None,
        holds: Callable[..., bool] | None,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> None:
        here = current = otel.get_current()
        parent = self._find(self._parent, args, kwargs)
        if parent is not None and current.get(_RUN) is not parent:
            current = Context({**current, **parent.context})
        key, invocation = self._key(*args, **kwargs), describe(*args, **kwargs)
        if invocation is None:
            if parent is not None:
                self._aside[key] = parent
            return
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
        run = self._open[key] = Run(key, recording, current, parent)
        if self.calls is not None:
            self.calls[invocation.operation or "step"] += 1
        call = here.get(_CALL)
        if not (isinstance(call, _Call) and call.claim(run)) and holds is not None and holds(*args, **kwargs):
            run.hold()

    def _find(self, find: Find, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Run | None:
        key = guard.call(f"{self._name} key", find, *args, **kwargs)
        return None if key is None else self._open.get(key) or self._aside.get(key)

    def _take(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Run | None:
        key = guard.call(f"{self._name} key", self._key, *args, **kwargs)
        if key is None or self._aside.pop(key, None) is not None:
            return None
        run = self._open.get(key)
        if self._ends is not None:
            run = guard.call(f"{self._name} ends", self._ended_by, self._ends, run, args, kwargs)
        if run is not None:
            self._open.pop(run.key, None)
            run.release()
        return run

    def _ended_by(
        self, ends: Callable[..., bool], named: Run | None, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Run | None:
        here: Any = otel.get_current().get(_RUN)
        run: Run | None = named or here
        if named is not None and not ends(named.key, *args, **kwargs):
            run = here
        while run is not None and not (run.key in self._open and ends(run.key, *args, **kwargs)):
            run = run.outer
        return run

    def _call(self, key: Find | None, args: tuple[Any, ...], kwargs: dict[str, Any], *, reads: bool = False) -> _Call:
        run = None if key is None else self._find(key, args, kwargs)
        return _Call(self, run, takes_any=key is None, reads=reads)


class _Call:
    """A call within which a run works: one that is known, or the first that begins. Entered and left in one context."""

    __slots__ = ("_before", "_context", "_hands_on", "_reads", "_run", "_runs", "_takes_any", "_thread")

    def __init__(
        self, runs: Runs, run: Run | None, *, takes_any: bool, reads: bool = False, hands_on: bool = False
    ) -> None:
        self._runs = runs
        self._takes_any = takes_any
        self._reads = reads
        self._hands_on = hands_on
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
            outer = before.get(_CALL)
            if self._hands_on and self._run is not None and isinstance(outer, _Call):
                outer.claim(self._run)  # it began there, and works on when all have been told

    def claim(self, run: Run) -> bool:
        """A run begins. The first is the call's own, if it begins right here and not in another thread."""
        here = otel.get_current() is self._context and threading.get_ident() == self._thread
        mine = self._takes_any and self._run is None and here
        if mine:
            otel.attach(self._work(run))
        return mine

    def read(self, result: Any) -> Any:
        """What the program gets: the result, watched where it is a generator that is the run's. Any other ends that."""
        watched = stepwise.watched(result, self) if self._reads and self._run is not None else None
        if watched is None:
            self.item(result)
            self.close()
        return result if watched is None else watched

    def item(self, value: Any, /) -> None:
        """A piece of what is read; others are told by events."""
        if self._reads and self._run is not None:
            self._run.recording.chunk(value)

    def close(self, error: BaseException | None = None, /) -> None:
        """The call is over. What is no `Exception`, such as a cancellation, many a framework tells nobody of.

        An `Exception` it has told of by now, or never will, where the run began within the call.
        """
        if self._reads and self._run is not None:
            if error is None:
                self._run.recording.finish()
            else:
                self._run.break_off(error)
        elif error is not None and self._run is not None and (self._takes_any or not isinstance(error, Exception)):
            self._runs.close(self._run, error)

    def _work(self, run: Run) -> Context:
        self._run = run
        run.read_on = self._reads
        self._context = Context({**run.context, _CALL: self})
        return self._context


def _as_described(reply: Any) -> Response:
    return reply
