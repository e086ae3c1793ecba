"""One run of a framework that is open: its recording, the context that its work belongs in, what it stands beneath."""

from __future__ import annotations

import sys
from collections.abc import Hashable

from opentelemetry import context as otel
from opentelemetry.context import Context

from tracekit.model import Response
from tracekit.sdk.context import Activation, beneath
from tracekit.sdk.recording import LiveRecording

RUN = otel.create_key("tracekit-run")
"""The key of the run that is current."""
ENTERED = otel.create_key("tracekit-run-entered")
"""The key of what made it current, where the framework did."""


class Run:
    """A run that has begun: its recording, and the context that its work belongs in."""

    __slots__ = ("_before", "amid", "context", "key", "outer", "read_on", "recording")

    def __init__(self, key: Hashable, recording: LiveRecording, current: Context) -> None:
        self.key = key
        self.recording = recording
        self.outer: Run | None = current.get(RUN)  # type: ignore[assignment]
        """The run that it stands beneath."""
        self.context = beneath(recording.span, current, **{RUN: self})
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
        here = otel.get_current().get(RUN)
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


class Entered(Activation):
    """A run that the framework has made current."""

    __slots__ = ("key",)

    def __init__(self, run: Run) -> None:
        self.key = run.key
        super().__init__(Context({**run.context, ENTERED: self}))
