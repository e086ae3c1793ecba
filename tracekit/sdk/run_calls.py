"""Calls of the program's or the framework's within which a run works: it is current from their start to their end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from opentelemetry import context as otel
from opentelemetry.context import Context

from tracekit.sdk import stepwise
from tracekit.sdk.run import Run

CALL = otel.create_key("tracekit-run-call")
"""The key of the innermost call."""

Over = Callable[[Run, BaseException], None]
"""Ends a run, and all beneath it, with an error that the framework told nobody of."""


class RunCall:
    """A call within which a run works: one that is known, or the first that begins. Entered and left in one context."""

    __slots__ = ("_before", "_context", "_hands_on", "_over", "_reads", "_run", "_takes_any", "_thread")

    def __init__(
        self, over: Over, run: Run | None, *, takes_any: bool, reads: bool = False, hands_on: bool = False
    ) -> None:
        self._over = over
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
        """Make current what is known of it."""
        self._before = otel.get_current()
        self._thread = threading.get_ident()
        if self._context is None:
            self._context = Context({**self._before, CALL: self})
        otel.attach(self._context)

    def leave(self) -> None:
        """Bring back what was current."""
        before, self._before = self._before, None
        if before is not None and otel.get_current().get(CALL) is self:
            otel.attach(before)
            outer = before.get(CALL)
            if self._hands_on and self._run is not None and isinstance(outer, RunCall):
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
            self._over(self._run, error)

    def _work(self, run: Run) -> Context:
        self._run = run
        run.read_on = self._reads
        self._context = Context({**run.context, CALL: self})
        return self._context
