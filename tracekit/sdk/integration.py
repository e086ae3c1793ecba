"""What an integration is: a table of targets with pure functions. `sdk` does everything else, once, for all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from tracekit.model import Accumulator, Call, Invocation, Outcome, Response
from tracekit.sdk.context import Activation

Arguments = tuple[tuple[Any, ...], dict[str, Any]]
"""Arguments of a call, by place and by name."""


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
    """Whether calls that happen inside are calls of their own: those of a function of the program's that the client
    runs, or the attempts of a call that tries again. An object that goes on to this `Method` of its own, under this
    name or another, makes one call all the same."""
    lasts: bool = False
    """Whether the result may be a generator or a coroutine that has the work before it: see `sdk/lasting.py`."""
    measured: bool = True
    """Whether the call counts among the metrics; a framework's does not, where the client beneath counts it."""
    each: Method | None = None
    fills: bool = False
    """Whether the reply is in the object that the method was called on, and what it returns says nothing."""
    carry: Callable[[Call, Mapping[str, str]], Arguments] | None = None
    """The arguments with a trace context written into them, for whoever does the work elsewhere."""
    carrier: Callable[[Call], Mapping[str, Any] | None] | None = None
    """Where the one who asked for this work wrote a trace context."""


Choose = Callable[[Call], Method | None]
"""Says which method a call is of, where a client makes all its calls through one function; None: not to be recorded."""


@dataclass(slots=True, frozen=True, kw_only=True)
class Target:
    """One method to patch: `Class.method` or a function of a module.

    `beneath` patches what the client's own decorator decorates: the calls by names that the program imported before
    are seen too, and what the decorator answers by itself (from a cache) is no call. Where `everywhere` is false, some
    of the supported versions have no such place.
    With `family`, the method is patched in every class beneath that one that has it itself, also in those that the
    program makes.
    """

    module: str
    attribute: str
    method: Method | Choose
    is_async: bool = False
    beneath: bool = False
    family: bool = False
    everywhere: bool = True


Wrapper = Callable[[Callable[..., Any], Any, tuple[Any, ...], dict[str, Any]], Any]
"""`wrapper(wrapped, instance, args, kwargs)` calls `wrapped` exactly once and returns what it returned."""


@dataclass(slots=True, frozen=True, kw_only=True)
class Hook:
    """A patch that records no call of its own: it tells an open recording that its reply was closed, parsed or read.

    Where `everywhere` is false, some of the supported versions have no such place, and nothing is amiss without it.
    Where `kin` is true, the method is patched in the classes derived from the one named, now or later, that have their
    own: a base class whose method is abstract gives no place to stand.
    """

    module: str
    attribute: str
    wrapper: Wrapper
    everywhere: bool = True
    kin: bool = False


@dataclass(slots=True, frozen=True, kw_only=True)
class Answer:
    """What a client says when it asks itself whether to trace, or whether its spans hold content: ours in its place.

    It is a function, a property, or a plain value. `change` gets what the client says and whether content is recorded;
    what the program has decided, it gives back. Where `everywhere` is false, some versions have no such place.
    """

    module: str
    attribute: str
    change: Callable[[Any, bool], Any]
    everywhere: bool = True


@dataclass(slots=True, frozen=True, kw_only=True)
class Adoption:
    """The spans that a client makes by itself, taken into our traces.

    `scopes` are the instrumentation scopes of what it makes on any provider that it finds, each with whatever follows
    it after a dot: left out of a provider of ours with the integration. `answers` switch on what it makes when asked.
    """

    scopes: tuple[str, ...] = ()
    answers: tuple[Answer, ...] = ()


@dataclass(slots=True, frozen=True, kw_only=True)
class StandIn:
    """A patch of a name in a module that is no function: `make` gives what stands there instead."""

    module: str
    attribute: str
    make: Callable[[Any], Any]


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
    stand_ins: tuple[StandIn, ...] = ()
    adapt: Adapt = whole_reply
    runs: EventRuns | None = None
    adoption: Adoption = Adoption()
    generic: bool = False
