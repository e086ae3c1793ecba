"""What an integration is: a table of targets with pure functions. `sdk` does everything else, once, for all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from tracekit.model import Accumulator, Call, Invocation, Outcome, Response
from tracekit.sdk.context import Activation


class Recording(Protocol):
    """A call that has been sent and whose span is open. Each method is safe to call at any time, from any thread."""

    @property
    def done(self) -> bool:
        """Whether the span has ended."""
        ...

    @property
    def activation(self) -> Activation | None:
        """What makes the call current: for what is sent only when the reply is first read."""
        ...

    def chunk(self, chunk: Any, /) -> None:
        """One more chunk of a streamed reply arrived."""
        ...

    def finish(self, outcome: Outcome = "complete", *, reply: Any = None) -> None:
        """The reply is over; the first to say so ends the span. `reply` is the whole reply where there is one."""
        ...

    def fail(self, error: BaseException) -> None:
        """The reply broke off with this error, which the caller sees too."""
        ...


@dataclass(slots=True, frozen=True, kw_only=True)
class Method:
    """How one method of a client is understood. Pure functions: a fault in one is counted, never the caller's.

    `request` says None of a call that is not to be recorded. `each` is for replies whose chunks are themselves replies
    to calls that were made elsewhere before: its `request` gets a chunk as the only argument, its `response` the same.
    """

    request: Callable[[Call], Invocation | None]
    response: Callable[[Any], Response]
    accumulator: Callable[[], Accumulator] | None = None
    tap: Callable[[Any, Recording], Any] | None = None
    """What stands in the place of the result, where that is an iterator which only the client itself reads."""
    stand_in: Callable[[Any, Recording], Any] | None = None
    """What a streamed call is made on instead of its object, where nothing but that object's own parts shows how the
    stream is read; it ends the recording."""
    nests: bool = False
    """Whether calls that happen inside are calls of their own: a function of the program's that the client runs."""
    each: Method | None = None


Choose = Callable[[Call], Method | None]
"""How a call is understood, where one method of a client makes calls of many kinds; None: it is none to be recorded."""


@dataclass(slots=True, frozen=True, kw_only=True)
class Target:
    """One method to patch: `Class.method` or a function of a module."""

    module: str
    attribute: str
    method: Method | Choose
    is_async: bool = False


Wrapper = Callable[[Callable[..., Any], Any, tuple[Any, ...], dict[str, Any]], Any]
"""`wrapper(wrapped, instance, args, kwargs)` calls `wrapped` exactly once and returns what it returned."""


@dataclass(slots=True, frozen=True, kw_only=True)
class Hook:
    """A patch that records no call of its own: it tells an open recording that its reply was closed, parsed or read.

    Where `everywhere` is false, some of the supported versions have no such place, and nothing is amiss without it.
    """

    module: str
    attribute: str
    wrapper: Wrapper
    everywhere: bool = True


class EventRuns(Protocol):
    """What records the runs of a framework that tells of them by events: `tracekit.sdk.runs.Runs`."""

    calls: Counter[str] | None
    """Counts the runs begun, by operation; None while the integration is not in place, and no run is to be recorded."""


Adapt = Callable[[Any, Recording], bool]
"""Looks at what a patched method returned. True: a stream or a lazy reply, which will end the recording itself."""


def whole_reply(_result: Any, _recording: Recording) -> bool:
    """The `Adapt` of a client whose methods return whole replies only."""
    return False


@dataclass(slots=True, frozen=True, kw_only=True)
class Integration:
    """One client library: which package, what is patched in it, and how its replies are seen.

    `versions` are those supported, `tested` those that tests have run with, oldest first. Of a `generic` one, a call
    made inside another integration's is that one's alone.
    """

    name: str
    package: str
    distribution: str
    versions: str
    tested: tuple[str, ...] = ()
    targets: tuple[Target, ...] = ()
    hooks: tuple[Hook, ...] = ()
    adapt: Adapt = whole_reply
    runs: EventRuns | None = None
    generic: bool = False
