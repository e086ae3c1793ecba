"""Watching a generator step by step: what it yields, takes, returns and raises stays its own. Knows nothing of spans.

Something may be current while the generator runs; nothing is held across a yield, so that it may be closed from any
task or thread.
"""

from __future__ import annotations

import types
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any, Protocol, cast


class Watch(Protocol):
    """Who is told of a generator's steps. Nothing here may raise."""

    def enter(self) -> None:
        """A step begins."""
        ...

    def leave(self) -> None:
        """A step is over."""
        ...

    def item(self, value: Any, /) -> None:
        """It yields this."""
        ...

    def close(self, error: BaseException | None = None, /) -> None:
        """It is over; with an error, or with `GeneratorExit` when its consumer closed it."""
        ...


Start = Callable[[tuple[Any, ...], dict[str, Any]], Watch]
"""Makes the watch of one run of a generator function, of its arguments: when the first step is asked for."""


def generator(function: Callable[..., Any], start: Start) -> Callable[..., Generator[Any, Any, Any]]:
    """A generator function that does what `function` does, watched."""

    def steps(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        watch = start(args, kwargs)
        inner = function(*args, **kwargs)
        step, value = inner.send, None
        try:
            while True:
                watch.enter()
                try:
                    item = step(value)
                finally:
                    watch.leave()
                watch.item(item)
                try:
                    value = yield item
                    step = inner.send
                except GeneratorExit:
                    watch.enter()
                    try:
                        inner.close()
                    finally:
                        watch.leave()
                    raise
                except BaseException as error:  # noqa: BLE001 - thrown in by the consumer: the generator's own to handle
                    step, value = inner.throw, error
        except StopIteration as stop:
            watch.close()
            return stop.value
        except BaseException as error:
            watch.close(error)
            raise

    return steps


def async_generator(function: Callable[..., Any], start: Start) -> Callable[..., AsyncGenerator[Any, Any]]:
    """The same of an async generator function."""

    async def steps(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        watch = start(args, kwargs)
        inner = function(*args, **kwargs)
        step, value = inner.asend, None
        try:
            while True:
                watch.enter()
                try:
                    item = await step(value)
                finally:
                    watch.leave()
                watch.item(item)
                try:
                    value = yield item
                    step = inner.asend
                except GeneratorExit:
                    watch.enter()
                    try:
                        await inner.aclose()
                    finally:
                        watch.leave()
                    raise
                except BaseException as error:  # noqa: BLE001 - thrown in by the consumer: the generator's own to handle
                    step, value = inner.athrow, error
        except StopAsyncIteration:
            watch.close()
        except BaseException as error:
            watch.close(error)
            raise

    return steps


def watched(made: Any, watch: Watch) -> Any:
    """A generator that was made already, sync or async, watched; None of anything else."""

    def start(_args: tuple[Any, ...], _kwargs: dict[str, Any]) -> Watch:
        return watch

    if isinstance(made, types.GeneratorType):
        return generator(lambda: cast("Any", made), start)()
    if isinstance(made, types.AsyncGeneratorType):
        return async_generator(lambda: cast("Any", made), start)()
    return None
