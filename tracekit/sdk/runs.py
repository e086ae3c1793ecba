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
from collections import Counter
from collections.abc import Callable
from typing import Any

from opentelemetry import context as otel
from opentelemetry.context import Context

from tracekit.model import Accumulator, Invocation, Response
from tracekit.sdk import guard
from tracekit.sdk.context import context
from tracekit.sdk.integration import Wrapper
from tracekit.sdk.open_runs import Find, OpenRuns
from tracekit.sdk.recording import LiveRecording
from tracekit.sdk.run import RUN, Run
from tracekit.sdk.run_calls import CALL, RunCall
from tracekit.sdk.runtime import runtime

Listener = Callable[..., Any]
"""A method of the framework's handler: takes whatever the framework tells, returns nothing, and never raises."""


class Runs(OpenRuns):
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
        super().__init__(name)
        self._key = key
        self._parent = parent
        self._is_failure = is_failure
        self._ends = ends

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

    def _read_on(self, run: Run, owner: Any, attribute: str) -> bool:
        """Watch what is left to be read of a run's result, in the place where it stands."""
        call = RunCall(self.close, run, takes_any=False, reads=True)
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
        if parent is not None and current.get(RUN) is not parent:
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
        run = self._open[key] = Run(key, recording, current)
        if self.calls is not None:
            self.calls[invocation.operation or "step"] += 1
        call = here.get(CALL)
        if not (isinstance(call, RunCall) and call.claim(run)) and holds is not None and holds(*args, **kwargs):
            run.hold()

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
        here: Any = otel.get_current().get(RUN)
        run: Run | None = named or here
        if named is not None and not ends(named.key, *args, **kwargs):
            run = here
        while run is not None and not (run.key in self._open and ends(run.key, *args, **kwargs)):
            run = run.outer
        return run


def _as_described(reply: Any) -> Response:
    return reply
