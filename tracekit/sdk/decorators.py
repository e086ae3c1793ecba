"""`@trace`: a function's calls as spans. Functions, coroutines, generators and async generators keep their kind.

A generator's span is current only while the generator runs: nothing is held across a yield, so that it may be closed
from any task or thread. It ends when the generator is exhausted, fails, is closed, or is collected.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, overload

from tracekit import semconv
from tracekit.errors import UsageError
from tracekit.model import KINDS, Kind
from tracekit.sdk import guard, stepwise
from tracekit.sdk.runtime import NO_CONTENT, runtime
from tracekit.sdk.spans import SpanHandle

P = ParamSpec("P")
T = TypeVar("T")

MAX_ITEMS = 1000
"""So many yielded items are kept as a generator's output; how many more there were stands on the span."""


@overload
def trace(function: Callable[P, T], /) -> Callable[P, T]: ...
@overload
def trace(
    *, name: str | None = None, kind: Kind = "chain", capture: bool = True
) -> Callable[[Callable[P, T]], Callable[P, T]]: ...


def trace(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    kind: Kind = "chain",
    capture: bool = True,
) -> Any:
    """Record each call of a function as a span with its arguments and its result.

    Args:
        function: a function, coroutine function, generator function or async generator function.
        name: the span's name; the function's qualified name where it is not given.
        kind: what the function is: "tool", "agent", "retriever", ...; "chain" where it is just a step.
        capture: whether arguments and results are kept, where content is captured at all.

    Raises:
        UsageError: the kind is unknown, or what is decorated is not a function.

    Example:
        >>> @trace
        ... def add(a: int, b: int) -> int:
        ...     return a + b
        >>> add(1, 2)
        3
    """
    if kind not in KINDS:
        raise UsageError(f"@trace: kind {kind!r} is unknown; use one of {', '.join(KINDS)}.")
    if function is None:

        def decorator(decorated: Any) -> Any:
            return _decorate(decorated, name, kind, capture=capture)

        return decorator
    return _decorate(function, name, kind, capture=capture)


def _decorate(function: Any, name: str | None, kind: Kind, *, capture: bool) -> Any:
    if isinstance(function, (staticmethod, classmethod)):
        return type(function)(_decorate(function.__func__, name, kind, capture=capture))
    if not callable(function) or isinstance(function, type):
        raise UsageError(f"@trace: {function!r} is not a function; decorate the methods of a class instead.")
    opener = _Opener(function, name or function.__qualname__, kind, capture=capture)
    if inspect.isasyncgenfunction(function):
        return _async_generator(function, opener)
    if inspect.isgeneratorfunction(function):
        return _generator(function, opener)
    if inspect.iscoroutinefunction(function):
        return _coroutine(function, opener)
    return _function(function, opener)


class _Opener:
    """Opens the span of one call, under the guard."""

    __slots__ = ("_capture", "_has_self", "_kind", "_name", "_parameters")

    def __init__(self, function: Callable[..., Any], name: str, kind: Kind, *, capture: bool) -> None:
        self._name = name.replace("<locals>.", "")
        self._kind: Kind = kind
        self._capture = capture
        code = getattr(inspect.unwrap(function), "__code__", None)
        self._parameters: tuple[str, ...] = code.co_varnames[: code.co_argcount] if code else ()
        self._has_self = self._parameters[:1] in (("self",), ("cls",))

    def __call__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> SpanHandle | None:
        if runtime.disabled:
            return None
        return guard.call("@trace", self._open, args, kwargs)

    def output(self, handle: SpanHandle | None, value: Any) -> None:
        """Keep the result."""
        if handle is not None and self._capture and value is not None:
            handle.set_output(value)

    def _open(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> SpanHandle:
        given = None
        if self._capture and runtime.capturing() != NO_CONTENT:
            given = self._arguments(args, kwargs) or None
        return SpanHandle(self._name, kind=self._kind, input=given)

    def _arguments(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        bound = dict(zip(self._parameters, args, strict=False))
        if self._has_self and args:
            del bound[self._parameters[0]]
        if len(args) > len(self._parameters):
            bound["*args"] = args[len(self._parameters) :]
        return {**bound, **kwargs}


def _function(function: Callable[..., Any], opener: _Opener) -> Any:
    @functools.wraps(function)
    def traced(*args: Any, **kwargs: Any) -> Any:
        handle = opener(args, kwargs)
        if handle is None:
            return function(*args, **kwargs)
        handle.enter()
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            handle.__exit__(type(error), error, None)
            raise
        handle.leave()
        opener.output(handle, result)
        handle.end()
        return result

    return traced


def _coroutine(function: Callable[..., Any], opener: _Opener) -> Any:
    @functools.wraps(function)
    async def traced(*args: Any, **kwargs: Any) -> Any:
        handle = opener(args, kwargs)
        if handle is None:
            return await function(*args, **kwargs)
        handle.enter()
        try:
            result = await function(*args, **kwargs)
        except BaseException as error:
            handle.__exit__(type(error), error, None)
            raise
        handle.leave()
        opener.output(handle, result)
        handle.end()
        return result

    return traced


class _Yielding:
    """The span of a running generator: current during a step only, ended by the first of its closers."""

    __slots__ = ("_items", "_opener", "_seen", "handle")

    def __init__(self, opener: _Opener, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._opener = opener
        self._items: list[Any] = []
        self._seen = 0
        self.handle = opener(args, kwargs)
        if self.handle is not None:
            runtime.unread.add(self.handle)

    def enter(self) -> None:
        if self.handle is not None:
            self.handle.enter()

    def leave(self) -> None:
        if self.handle is not None:
            self.handle.leave()

    def item(self, value: Any, /) -> None:
        self._seen += 1
        if self._seen <= MAX_ITEMS:
            self._items.append(value)

    def close(self, error: BaseException | None = None, /) -> None:
        handle = self.handle
        if handle is None:
            return
        runtime.unread.discard(handle)
        items, self._items = self._items, []
        if items:
            self._opener.output(handle, _joined(items))
        if self._seen > MAX_ITEMS:
            handle.set_attribute(semconv.OUTPUT_OMITTED, self._seen - MAX_ITEMS)
        handle.close(error)
        self.handle = None

    def __del__(self) -> None:
        # A generator that is collected without being closed: an async one with no loop left to close it.
        if getattr(self, "handle", None) is not None:
            self.close(GeneratorExit())


def _joined(items: list[Any]) -> Any:
    """Pieces of text as one text, anything else as the list it is."""
    return "".join(items) if all(isinstance(item, str) for item in items) else items


def _generator(function: Callable[..., Any], opener: _Opener) -> Any:
    return functools.wraps(function)(stepwise.generator(function, functools.partial(_Yielding, opener)))


def _async_generator(function: Callable[..., Any], opener: _Opener) -> Any:
    return functools.wraps(function)(stepwise.async_generator(function, functools.partial(_Yielding, opener)))
