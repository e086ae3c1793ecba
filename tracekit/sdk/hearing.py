"""Hearing what an agent says, message by message, as its program reads: which of the messages mean what, runs decide.

A turn begins when the program asks and ends with a message; who leaves before that has abandoned it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from opentelemetry import context as otel

from tracekit.sdk import guard, stepwise
from tracekit.sdk.context import Activation
from tracekit.sdk.integration import Wrapper
from tracekit.sdk.runs import Listener, Runs

Hear = Callable[[Hashable, Any], None]
"""Takes the key of a turn and a message: tells listeners of it. Under the guard."""


class _Reader:
    """Who reads an agent's messages: a watch of the generator that gives them."""

    def __init__(self, runs: Runs, key: Hashable, hear: Hear) -> None:
        self._runs = runs
        self._key = key
        self._hear = hear
        self._turn = runs.at(key)
        """The turn that it reads; another may begin before this reader is closed."""
        self._activation = Activation(otel.get_current())

    def enter(self) -> None:
        turn = self._runs.at(self._key)
        self._activation = Activation(otel.get_current() if turn is None else turn.context)
        self._activation.enter()

    def leave(self) -> None:
        self._activation.leave()

    def item(self, value: Any, /) -> None:
        self._turn = self._runs.at(self._key)
        if self._turn is not None:
            guard.call("message", self._hear, self._key, value)

    def close(self, error: BaseException | None = None, /) -> None:
        turn = self._turn
        if turn is None or self._runs.at(self._key) is not turn:
            return
        if error is not None:
            self._runs.close(turn, error)
        self._runs.abandon(turn)


def asked(runs: Runs, begin: Listener) -> Wrapper:
    """A hook around the method that asks: a turn begins, unless what is asked goes into one that is open."""

    def hook(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if runs.at(id(instance)) is None:
            begin(None, instance, *args, **kwargs)
        return wrapped(*args, **kwargs)

    return hook


def read(runs: Runs, hear: Hear) -> Wrapper:
    """A hook around the async generator method that gives an agent's messages."""

    def hook(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return stepwise.async_generator(wrapped, lambda _a, _k: _Reader(runs, id(instance), hear))(*args, **kwargs)

    return hook


def asked_and_read(runs: Runs, begin: Listener, hear: Hear) -> Wrapper:
    """A hook around an async generator method that asks when it is first read, and gives the messages."""

    def hook(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        def start(given: tuple[Any, ...], named: dict[str, Any]) -> _Reader:
            begin(None, instance, *given, **named)
            return _Reader(runs, id(instance), hear)

        return stepwise.async_generator(wrapped, start)(*args, **kwargs)

    return hook


def left(runs: Runs) -> Wrapper:
    """A hook around the method by which a program leaves an agent for good."""

    def hook(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        turn = runs.at(id(instance))
        if turn is not None:
            runs.abandon(turn)
        return wrapped(*args, **kwargs)

    return hook
