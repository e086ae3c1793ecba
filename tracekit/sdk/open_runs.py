"""The open runs of one integration, and where each is current: hooks around the functions in which it works."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from typing import Any

from opentelemetry import context as otel

from tracekit.sdk import guard, stepwise
from tracekit.sdk.integration import Wrapper
from tracekit.sdk.run import ENTERED, RUN, Entered, Run
from tracekit.sdk.run_calls import RunCall

Find = Callable[..., Hashable]
"""Finds a run's key in what the framework tells; None where there is none."""


class OpenRuns:
    """The open runs of one integration, by key.

    Args:
        name: the integration's.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._open: dict[Hashable, Run] = {}
        self._aside: dict[Hashable, Run] = {}
        """By the key of a run that is not recorded, the run that stands for it as a parent."""

    def at(self, key: Hashable) -> Run | None:
        """The open run of this key."""
        return self._open.get(key)

    def abandon(self, run: Run) -> None:
        """Nobody will hear how this run ends, nor those beneath it."""
        for each in [other for other in self._open.values() if other.outer is run]:
            self.abandon(each)
        if self._open.pop(run.key, None) is not None:
            run.recording.abandon()

    def close(self, run: Run, error: BaseException) -> None:
        """A run is over of which the framework has told nothing, and may never; and all that stands beneath it."""
        if self._open.get(run.key) is run:
            for each in [each for each in list(self._open.values()) if each.stands_in(run)]:
                self._open.pop(each.key, None)
                each.break_off(error)

    def entered(self, key: Callable[..., Hashable]) -> Wrapper:
        """A hook around a function that makes a run the framework's current one, in a copy of the context.

        The copy is made for the run's work and nothing else, so that the run stays current in it for good.
        """

        def hook(wrapped: Callable[..., Any], _instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            result = wrapped(*args, **kwargs)
            run = self._find(key, args, kwargs)
            if run is not None and otel.get_current().get(RUN) is not run:
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
                Entered(run).enter()
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
            entered = otel.get_current().get(ENTERED)
            if isinstance(entered, Entered) and entered.key == left:
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
            call = RunCall(self.close, None, takes_any=True, hands_on=True)
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
            call = RunCall(self.close, None, takes_any=True, hands_on=True)
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

    def _find(self, find: Find, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Run | None:
        key = guard.call(f"{self._name} key", find, *args, **kwargs)
        return None if key is None else self._open.get(key) or self._aside.get(key)

    def _call(self, key: Find | None, args: tuple[Any, ...], kwargs: dict[str, Any], *, reads: bool = False) -> RunCall:
        run = None if key is None else self._find(key, args, kwargs)
        return RunCall(self.close, run, takes_any=key is None, reads=reads)
